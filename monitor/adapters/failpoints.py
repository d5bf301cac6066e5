"""Named places where a test kills the process, to prove that nothing is lost or doubled there.

`DRIFTLINE_FAILPOINT` names the one place that is armed; without it, reaching a place does nothing.
"""

from __future__ import annotations

import os
import signal
from typing import Final

VARIABLE: Final = "DRIFTLINE_FAILPOINT"


def reach(place: str) -> None:
    """`place` is "<step>.before" or "<step>.after"; dies there as by kill -9 when it is the one that is armed."""
    if place == os.environ.get(VARIABLE):
        os.kill(os.getpid(), signal.SIGKILL)
