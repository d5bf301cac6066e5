"""The sink for text that vendors and people wrote, on its way into HTML: what cannot be seen is shown as an escape.

Escaping for HTML is the template engine's work (autoescape is on for every template); this makes characters visible
that would hide, reorder or forge what a reviewer decides on.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from monitor.core.visible import HIDDEN, KEPT, escape, visible

__all__ = ["pair", "visible"]

# Letters that look like a Latin one in most typefaces.
_ALIKE: Final = str.maketrans(
    "аеорсухіјѕԁһԛԝАВЕКМНОРСТУХІЈЅαονρτυκΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcyxijsdhqwABEKMHOPCTYXIJSaovptukABEZHIKMNOPTYX"
)


def drawn(text: str, room: int) -> str:
    """The sink for text in a picture: one line of at most so many characters. The whole of it belongs in a title."""
    line = visible(text).replace("\n", "\\u000a").replace("\t", "\\u0009")
    return line if len(line) <= room else f"{line[: room - 1]}…"


def pair(before: str, after: str) -> tuple[str, str]:
    """Two values side by side. Where they differ but look the same, what is not ASCII is shown as escapes."""
    if before != after and _looks(before) == _looks(after):
        return _ascii(before), _ascii(after)
    return visible(before), visible(after)


def _looks(text: str) -> str:
    seen = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in HIDDEN)
    return "".join(seen).translate(_ALIKE)


def _ascii(text: str) -> str:
    return "".join(c if c.isascii() and (c.isprintable() or c in KEPT) else escape(c) for c in text)
