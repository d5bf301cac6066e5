"""What cannot be seen in text from outside is shown as an escape. Every sink begins here. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Final

HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
KEPT: Final = frozenset({"\n", "\t"})
# A word in which no forge reads more: letters and digits, joined by single signs, in quotes or brackets.
_WORD: Final = re.compile(r"(?!GH-)[(“\"']*[A-Za-z0-9%]+(?:[-'’/][A-Za-z0-9]+)*[)”\"'.,;:!?]*|[→…–]|")
_TICKS: Final = re.compile(r"`+")
# What a forge reads in a commit's message: names of people, issues, and words that close these.
_CALLS: Final = re.compile(r"@|(?<=:)//|#(?=\d)|(?<=GH)-(?=\d)")
_CALMED: Final = {"@": "(at)", "//": " //", "#": "no. ", "-": " "}
_ODD: Final = re.compile(r"[^\x20-\x7e\n]")
_TRAILER: Final = re.compile(r"^(?=driftline-)", re.IGNORECASE | re.MULTILINE)


def visible(text: str) -> str:
    """Control, bidirectional, zero-width and unassigned characters as `\\u202e`; unusual spaces too."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def flat(text: str) -> str:
    """The same on one line."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def code(text: str) -> str:
    """Text from outside on its way into Markdown, as a code span: a forge finds no markup, link, mention or issue in
    one (CommonMark 0.31, 6.1; GitHub and GitLab leave code alone)."""
    said = flat(text)
    fence = "`" * (max((len(run) for run in _TICKS.findall(said)), default=0) + 1)
    space = " " if said[:1] in ("`", " ") or said[-1:] in ("`", " ") else ""
    return f"{fence}{space}{said}{space}{fence}" if said else "(nothing)"


def prose(text: str) -> str:
    """Words on their way into Markdown: each as it is where nothing in it can be read as more, else as a code span."""
    return " ".join(word if _WORD.fullmatch(word) else code(word) for word in text.split(" "))


def uncalled(text: str) -> str:
    """Text of vendors on its way into a title or a commit's message, on one line: a forge closes no issue for it, and
    calls nobody."""
    return _CALLS.sub(lambda found: _CALMED[found[0]], flat(text))


def committed(text: str) -> str:
    """A commit's message but for our trailers: no line of it can be taken for one of them (git-interpret-trailers(1): a
    line that begins with a blank is none)."""
    return _TRAILER.sub("  ", visible(text.replace("\r\n", "\n")))


def escaped(document: str) -> str:
    """JSON that may be looked at: the same value, with escapes for what a terminal would obey or hide."""
    return _ODD.sub(lambda found: json.dumps(found[0])[1:-1] if _hides(found[0]) else found[0], document)


def _hides(character: str) -> bool:
    return unicodedata.category(character) in HIDDEN


def _shown(character: str) -> str:
    if character in KEPT:
        return character
    if _hides(character) or (unicodedata.category(character) == "Zs" and character != " "):
        return escape(character)
    return character
