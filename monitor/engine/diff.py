"""Two values side by side: aligned by the keys of items, never by position, with long unchanged stretches folded.

Pure. A row's `sign` is "=" kept, "-" only before, "+" only after, "~" on both sides and different, "…" folded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

import msgspec

from monitor.core.model import Address
from probes.kit.facts import FACTS, Form

from .words import form

MUCH = 2000  # lines from which those that come again and again are no longer matched: it would take seconds
AROUND = 2  # unchanged rows kept on both sides of a difference


class DiffRow(msgspec.Struct, frozen=True):
    """`hit`: the row that this finding is about, where others changed beside it."""

    sign: str
    before: str = ""
    after: str = ""
    hit: bool = False


def diff(address: Address, before: Any, after: Any) -> tuple[DiffRow, ...]:
    """Rows for a fact's whole value before and after, or for a resource's facts where the address names no fact."""
    whole = address.fact.partition(".")[0]
    if not whole:
        rows = _mapping(before if isinstance(before, Mapping) else {}, after if isinstance(after, Mapping) else {})
    elif (shape := form(address.kind, whole)) is Form.MAP:
        rows = _items(before or [], after or [], FACTS[address.kind][whole].item_key, address.item)
    elif shape is Form.SET:
        rows = _set(before or [], after or [], address.item)
    else:
        rows = _lines(_text(before), _text(after))
    return tuple(_folded(list(rows)))


def _text(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return value.splitlines() or ["(empty)"]
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode().splitlines()


def _lines(before: Sequence[str], after: Sequence[str]) -> Iterator[DiffRow]:
    much = len(before) + len(after) > MUCH
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=much).get_opcodes():
        if tag == "equal":
            yield from (DiffRow("=", line, line) for line in before[a:b])
            continue
        for i in range(max(b - a, d - c)):
            left, right = (before[a + i] if a + i < b else None), (after[c + i] if c + i < d else None)
            yield _row(left, right)


def _row(left: str | None, right: str | None, hit: bool = False) -> DiffRow:
    if left is None:
        return DiffRow("+", "", right or "", hit)
    if right is None:
        return DiffRow("-", left, "", hit)
    return DiffRow("=" if left == right else "~", left, right, hit and left != right)


def _one(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _mapping(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[DiffRow]:
    """Facts by name. Of a resource that came or went, what is off or empty is only counted."""
    whole = bool(before) and bool(after)
    names = [name for name in sorted({*before, *after}) if whole or before.get(name) or after.get(name)]
    for name in names:
        left = f"{name}: {_one(before[name])}" if name in before else None
        right = f"{name}: {_one(after[name])}" if name in after else None
        yield _row(left, right)
    if quiet := len({*before, *after}) - len(names):
        yield DiffRow("…", f"and {quiet} that are off or empty", f"and {quiet} that are off or empty")


def _set(before: Sequence[Any], after: Sequence[Any], item: str) -> Iterator[DiffRow]:
    left, right = {_one(v) for v in before}, {_one(v) for v in after}
    for value in sorted(left | right):
        yield _row(value if value in left else None, value if value in right else None, value == item)


def _items(before: Sequence[Any], after: Sequence[Any], key: str, item: str) -> Iterator[DiffRow]:
    left, right = ({str(entry[key]): entry for entry in side} for side in (before, after))
    keys = list(left), list(right)
    for tag, a, b, c, d in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (_row(_entry(left[k], key), _entry(right[k], key), k == item) for k in keys[0][a:b])
            continue
        yield from (DiffRow("-", _entry(left[k], key), "", k == item) for k in keys[0][a:b])
        yield from (DiffRow("+", "", _entry(right[k], key), k == item) for k in keys[1][c:d])


def _entry(entry: Mapping[str, Any], key: str) -> str:
    """`value  Label  (active: no)`: what differs by default is said, the rest is left out."""
    rest = {
        k: v
        for k, v in entry.items()
        if k not in (key, "label") and (k, v) not in (("active", True), ("hidden", False), ("default", False))
    }
    label = f"  {entry['label']}" if entry.get("label") not in (None, entry[key]) else ""
    tail = ", ".join(f"{k}: {_one(v)}" for k, v in sorted(rest.items()))
    return f"{entry[key]}{label}{f'  ({tail})' if tail else ''}"


def _folded(rows: list[DiffRow]) -> Iterator[DiffRow]:
    """Only what is far from any difference, and only where that saves lines."""
    near = {j for i, row in enumerate(rows) if row.sign not in "=…" for j in range(i - AROUND, i + AROUND + 1)}
    if not near:
        yield from rows
        return
    for is_near, group in groupby(enumerate(rows), key=lambda pair: pair[0] in near):
        run = [row for _, row in group]
        if is_near or len(run) < 3:
            yield from run
        else:
            yield DiffRow("…", f"{len(run)} unchanged", f"{len(run)} unchanged")
