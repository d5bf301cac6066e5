"""What the rows of a scope can be found by, as one piece of text, and finding in it. Pure.

A page of the dictionary is made of a body, and holds for as long as its digest does. It is text without a structure
that would have to be parsed: half a million rows are gone through in the time in which a page is drawn, and none of
them is in memory afterwards. docs/adr/0015 has what else was measured.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import compress, repeat
from operator import contains
from typing import Any, Final, NamedTuple

import msgspec

from probes.kit.contract import Kind
from probes.kit.facts import FACTS, Form

from .model import Body

EXACT, PREFIX, LABEL, VALUE, PART = range(5)
RANKS: Final = (EXACT, PREFIX, LABEL, VALUE, PART)
WORDS: Final = ("called so", "begins so", "labelled so", "has this value", "has it in its name")
SHORTEST: Final = 2  # characters; with fewer everything fits
_LINE: Final = b"\n"
_CUT: Final = "\x1f"
_CUT_BYTE: Final = b"\x1f"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_BETWEEN: Final = re.compile(r"[./]")
_RIGHTS: Final = ("field-permissions", "object-permissions")  # one row for each holder and field: these say "who may"


class Page(NamedTuple):
    """Of one scope. `folded`: a line for each row, of its name, its label and its values, in the form in which they
    are compared; `shown`: the same lines as JSON, as the vendor spells them."""

    folded: bytes
    shown: bytes


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A line of `shown`."""

    key: str
    label: str
    values: tuple[str, ...]


class Query(msgspec.Struct, frozen=True):
    """What is looked for. `needle` must be in a line, and all of `rest`; `whole` is what a name may be or begin with;
    `scope` and `key`: the same as a name in a scope, of "Lead.Status"; `people`: pseudonyms that count as well."""

    whole: bytes
    needle: bytes
    rest: tuple[bytes, ...] = ()
    scope: bytes = b""
    key: bytes = b""
    people: tuple[bytes, ...] = ()


class Hit(NamedTuple):
    """A row that fits: how well, and which line of its page it is."""

    rank: int
    line: int


def fold(text: str) -> str:
    """Alike in whatever case, width or accent form it is written."""
    return _CONTROL.sub(" ", unicodedata.normalize("NFKC", text).casefold())


def written(folded: str) -> bytes:
    """As it stands in a page. Half a character, which no vendor's JSON has and an argument may, fits nothing."""
    return folded.encode("utf-8", "replace")


def query(text: str, people: tuple[str, ...] = ()) -> Query | None:
    """None where too little is asked for."""
    whole = " ".join(fold(text).split())
    if len(whole) < SHORTEST:
        return None
    longest, *rest = sorted(whole.split(), key=len, reverse=True)
    *above, key = _BETWEEN.split(whole)
    scope = above[-1] if above and key else ""
    return Query(
        written(whole), written(longest), tuple(map(written, rest)), written(scope), written(key if scope else ""),
        tuple(map(written, people)),
    )  # fmt: skip


def page(body: Body, called: Mapping[str, str]) -> Page:
    """`called`: what people call its rows, where that is no fact of them."""
    if body.ref.kind is Kind.PERMISSION and body.ref.name.rpartition(".")[2] in _RIGHTS:
        return Page(b"", b"")
    rows = [_row(body.ref.kind, key, row.facts, called.get(key, "")) for key, row in sorted(body.rows.items())]
    lines = (_CUT.join(map(fold, (row.key, row.label, *row.values))) + _CUT for row in rows)
    return Page(written("\n".join(lines)), _LINE.join(map(msgspec.json.encode, rows)))


def _row(kind: Kind, key: str, facts: Mapping[str, Any], called: str) -> Row:
    label = facts.get("label") or called
    return Row(key, str(label), tuple(dict.fromkeys(_values(kind, facts))))


def _values(kind: Kind, facts: Mapping[str, Any]) -> Iterator[str]:
    """What a row may hold or may do: options with their labels, members of sets, rights that are given."""
    for name, value in facts.items():
        known = FACTS[kind].get(name)
        if isinstance(value, list) and known is not None:
            for item in value:
                if known.form is Form.MAP:
                    yield str(item[known.item_key])
                    if item.get("label"):
                        yield str(item["label"])
                else:
                    yield str(item)
        elif value is True and kind is Kind.PERMISSION:
            yield name


def rows(shown: bytes, lines: list[int]) -> list[Row]:
    """Those lines of a page, as the vendor spells them."""
    all_ = shown.split(_LINE)
    return [msgspec.json.decode(all_[line], type=Row) for line in lines]


def look(asked: Query, folded: bytes, scope: bytes, enough: int) -> tuple[int, list[Hit]]:
    """How many rows of a page fit, and which, in their order. `scope`: the folded name of the scope. A row whose rank
    is `enough` or worse is only counted: what cannot be shown anyway need not be told apart."""
    here = bool(asked.scope) and asked.scope == scope
    if asked.needle not in folded and not here and not any(one in folded for one in asked.people):
        return 0, []
    plain = not (here or asked.people)
    if plain and not all(map(partial(contains, folded), asked.rest)):
        return 0, []
    if plain and enough <= LABEL:
        count = len(_having(asked, folded.split(_LINE))) if asked.rest else _counted(asked, folded)
        return count, [hit for hit in _called(asked.whole, folded, enough) if hit.rank < enough]
    lines = folded.split(_LINE)
    fits = _having(asked, lines)
    if plain:
        return len(fits), [hit for hit in _ranked(asked, lines, fits, enough) if hit.rank < enough]
    more = (n for n, line in enumerate(lines) if (here and line.startswith(asked.key)) or _any(asked.people, line))
    fits = sorted({*fits, *more})
    ranks = [(_rank(asked, lines[n], here), n) for n in fits] if enough > EXACT else []
    return len(fits), [Hit(rank, number) for rank, number in ranks if rank < enough]


def _having(asked: Query, lines: list[bytes]) -> list[int]:
    """The numbers of the lines that have all words. Nothing is done line by line in Python: a common word is in half a
    million of them."""
    fits = list(compress(range(len(lines)), map(contains, lines, repeat(asked.needle))))
    for word in asked.rest:
        fits = list(compress(fits, map(contains, map(lines.__getitem__, fits), repeat(word))))
    return fits


def _ranked(asked: Query, lines: list[bytes], fits: list[int], enough: int) -> Iterator[Hit]:
    """Most of what fits has the word in its name and nowhere else; only the others are told apart."""
    for number in fits:
        line = lines[number]
        if asked.needle in line[line.index(_CUT_BYTE) :] or line.startswith(asked.whole):
            yield Hit(_rank(asked, line, here=False), number)
        elif enough > PART:
            yield Hit(PART, number)


def _counted(asked: Query, folded: bytes) -> int:
    """Lines that have the needle: between two of them that are in different lines, a line ends."""
    return 1 + sum(map(contains, folded.split(asked.needle)[1:-1], repeat(_LINE)))


def _called(name: bytes, folded: bytes, enough: int) -> Iterator[Hit]:
    """Lines that begin with a name; only those that are it where no others are wanted."""
    wanted = _LINE + name + (_CUT_BYTE if enough == PREFIX else b"")
    page = _LINE + folded if enough > EXACT else b""
    at = page.find(wanted)
    while at >= 0:
        yield Hit(_exact(page, name, at + 1), page.count(_LINE, 0, at))
        at = page.find(wanted, at + 1)


def _any(words: tuple[bytes, ...], line: bytes) -> bool:
    return any(word in line for word in words)


def value(asked: Query, row: Row) -> str:
    """The value of a row by which it was found."""
    return next((one for one in row.values if asked.needle in written(fold(one))), "")


def _exact(text: bytes, name: bytes, start: int = 0) -> int:
    """Of a line that begins with a name, there."""
    return EXACT if text.startswith(_CUT_BYTE, start + len(name)) else PREFIX


def _rank(asked: Query, line: bytes, here: bool) -> int:
    """`here`: in the scope that was named, where the rest is the name."""
    for name in (asked.whole, asked.key) if here else (asked.whole,):
        if line.startswith(name):
            return _exact(line, name)
    _, label, values = line.split(_CUT_BYTE, 2)
    if asked.needle in label:
        return LABEL
    return VALUE if asked.needle in values or _any(asked.people, values) else PART
