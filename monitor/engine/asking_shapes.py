"""Asking the maker, as plain values. Times are epoch seconds UTC."""

from __future__ import annotations

from typing import Final

import msgspec

ANSWERS: Final = ("mine", "not mine")


class AskLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link, shown once. `text` is ready to be sent; `mailto` opens it as a mail where the name is an address."""

    finding: str
    who: str
    url: str
    text: str
    mailto: str
    expires: float


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """All that somebody with the link sees. `open`: whether an answer is still of use."""

    system: str
    thing: str
    says: str
    expires: float
    open: bool
    answer: str
    ticket: str


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """How far a question is. `at` None: nobody was asked yet, and somebody can be."""

    who: str = ""
    by: str = ""
    at: float | None = None
    expires: float | None = None
