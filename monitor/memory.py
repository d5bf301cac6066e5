"""How the process keeps its memory. Both are called once, by whoever runs for days."""

from __future__ import annotations

import ctypes
import gc
from typing import Final

ARENA_MAX: Final = -8  # M_ARENA_MAX of glibc's malloc.h


def one_heap() -> None:
    """Before any thread begins. glibc gives each thread a heap of its own, and what a thread of the database once
    needed stays with it: megabytes for each, which nobody else can use. Elsewhere there is nothing to say."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(ARENA_MAX, 1)


def settle() -> None:
    """Once all is loaded. What is there by now stays as long as the process: the garbage collector need not walk it
    again with each full round, in which the loop would stand still for a tenth of a second."""
    gc.collect()
    gc.freeze()
