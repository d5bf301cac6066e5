"""What a vendor file may stumble over in an answer, and what is said of it: where, never the values."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
import orjson

from .contract import Malformed, Vantage

# What parsing raises on bytes that are not JSON: cut, no UTF-8, or nested so deep that a parser gives up.
UNREADABLE: Final = (msgspec.DecodeError, orjson.JSONDecodeError, UnicodeDecodeError, RecursionError)
VENDOR_ERRORS: Final = (KeyError, TypeError, IndexError, ValueError, AttributeError, OverflowError,
                       RecursionError, msgspec.MsgspecError)  # fmt: skip

_SPELLED: Final = re.compile(r"(None|True|False|[\[{].*)(/.*)?", re.DOTALL)


def named(value: Any) -> bool:
    """Whether it names somebody: a number, or a text that is more than blanks and not how Python writes what is none,
    which a vendor file that turns everything into text makes of null."""
    if isinstance(value, str):
        return bool(value.strip()) and not _SPELLED.fullmatch(value)
    return isinstance(value, int) and not isinstance(value, bool)


def sound(vantage: Vantage) -> Vantage:
    """The same. Raises Malformed where the answer named no account, or a grant that is no text: an account that is
    called "None" would be another one than the approved, and all accounts whose answer lacks it would be one."""
    if vantage.coverage.complete and not named(vantage.account):
        raise Malformed("the answer of who asks names no account")
    if not all(isinstance(grant, str) for grant in vantage.grants):
        raise Malformed("a grant of who asks is no text")
    return vantage


def unread(error: Exception) -> Malformed:
    """A vendor file stumbled over an answer: where, without the values, which may be secrets or people."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{frame.tb_frame.f_code.co_name}:{frame.tb_lineno}" if frame else "?"
    what = f" {error.args[0]!r}" if isinstance(error, KeyError) else ""
    return Malformed(f"the answer is not of the shape the vendor file reads ({type(error).__name__}{what} in {where})")
