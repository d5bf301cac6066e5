"""The sink for text that vendors and people wrote, on its way into HTML: what cannot be seen is shown as an escape.

Escaping for HTML is the template engine's work (autoescape is on for every template); this makes characters visible
that would hide, reorder or forge what a reviewer decides on.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_HIDDEN: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_KEPT: Final = {"\n", "\t"}
# Letters that look like a Latin one in most typefaces.
_ALIKE: Final = str.maketrans(
    "аеорсухіјѕԁһԛԝАВЕКМНОРСТУХІЈЅαονρτυκΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcyxijsdhqwABEKMHOPCTYXIJSaovptukABEZHIKMNOPTYX"
)


def visible(text: str) -> str:
    """Control, bidirectional, zero-width and unassigned characters as `\\u202e`; unusual spaces too."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in _KEPT:
        return character
    category = unicodedata.category(character)
    if category in _HIDDEN or (category == "Zs" and character != " "):
        return _escape(character)
    return character


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def pair(before: str, after: str) -> tuple[str, str]:
    """Two values side by side. Where they differ but look the same, what is not ASCII is shown as escapes."""
    if before != after and _looks(before) == _looks(after):
        return _ascii(before), _ascii(after)
    return visible(before), visible(after)


def _looks(text: str) -> str:
    seen = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in _HIDDEN)
    return "".join(seen).translate(_ALIKE)


def _ascii(text: str) -> str:
    return "".join(c if c.isascii() and (c.isprintable() or c in _KEPT) else _escape(c) for c in text)
