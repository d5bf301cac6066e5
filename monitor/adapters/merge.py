"""Brings two versions of baseline files together, fact by fact. Pure.

Where both sides changed the same fact, theirs stands: what people pushed is never overwritten by what we wrote. What
of ours was left out is said, and shows as drift again.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from monitor.core.body import BodyError, decode, encode
from monitor.core.model import Body
from monitor.core.row import Row

_T = TypeVar("_T")
_GONE: Any = object()


class Merged(msgspec.Struct, frozen=True):
    """`lost` names what of ours was left out: "" the whole file, else "<key>" or "<key> <fact>"."""

    content: bytes | None
    lost: tuple[str, ...] = ()


def merge(base: bytes | None, ours: bytes | None, theirs: bytes | None) -> Merged:
    """Three versions of one file; None where it is absent."""
    if ours in (theirs, base):
        return Merged(theirs)
    if theirs == base:
        return Merged(ours)
    if ours is None or theirs is None:
        return Merged(theirs, ("",))
    try:
        here, there = decode(ours), decode(theirs)
        before = decode(base) if base is not None else msgspec.structs.replace(here, rows={}, facts=())
    except BodyError:
        return Merged(theirs, ("",))
    if not before.ref == here.ref == there.ref:
        return Merged(theirs, ("",))
    lost: list[str] = []
    merged = _bodies(before, here, there, lost)
    return Merged(theirs if merged == there else encode(merged), tuple(lost))


def _bodies(base: Body, ours: Body, theirs: Body, lost: list[str]) -> Body:
    rows: dict[str, Row] = {}
    for key in sorted(base.rows.keys() | ours.rows.keys() | theirs.rows.keys()):
        row = _row(key, base.rows.get(key), ours.rows.get(key), theirs.rows.get(key), lost)
        if row is not None:
            rows[key] = row
    before, here, there = set(base.facts), set(ours.facts), set(theirs.facts)
    return Body(
        ref=theirs.ref,
        read=_pick(base.read, ours.read, theirs.read),
        facts=tuple(sorted(before & here & there | (here - before) | (there - before))),
        rows=rows,
        parent=_pick(base.parent, ours.parent, theirs.parent),
        api_version=_pick(base.api_version, ours.api_version, theirs.api_version),
    )


def _row(key: str, base: Row | None, ours: Row | None, theirs: Row | None, lost: list[str]) -> Row | None:
    if ours in (theirs, base):
        return theirs
    if theirs == base:
        return ours
    if ours is None or theirs is None:
        lost.append(key)
        return theirs
    old = base.facts if base is not None else {}
    facts: dict[str, Any] = {}
    for name in sorted(old.keys() | ours.facts.keys() | theirs.facts.keys()):
        values = [side.get(name, _GONE) for side in (old, ours.facts, theirs.facts)]
        value = _pick(*values)
        if value != values[1] and values[1] != values[0]:
            lost.append(f"{key} {name}")
        if value is not _GONE:
            facts[name] = value
    return Row(facts, _pick(base.id if base is not None else "", ours.id, theirs.id))


def _pick(base: _T, ours: _T, theirs: _T) -> _T:
    return ours if theirs == base else theirs
