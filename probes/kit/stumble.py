"""What a vendor file may stumble over in an answer, and what is said of it: where, never the values."""

from __future__ import annotations

from typing import Final

import msgspec
import orjson

from .contract import Malformed

# What parsing raises on bytes that are not JSON: cut, no UTF-8, or nested so deep that a parser gives up.
UNREADABLE: Final = (msgspec.DecodeError, orjson.JSONDecodeError, UnicodeDecodeError, RecursionError)
VENDOR_ERRORS: Final = (KeyError, TypeError, IndexError, ValueError, AttributeError, OverflowError,
                       RecursionError, msgspec.MsgspecError)  # fmt: skip


def unread(error: Exception) -> Malformed:
    """A vendor file stumbled over an answer: where, without the values, which may be secrets or people."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{frame.tb_frame.f_code.co_name}:{frame.tb_lineno}" if frame else "?"
    what = f" {error.args[0]!r}" if isinstance(error, KeyError) else ""
    return Malformed(f"the answer is not of the shape the vendor file reads ({type(error).__name__}{what} in {where})")
