"""Every rule of drift both ways: its example is told at the level that stands in the table, and its twin is silent.

All examples of a kind are rows of one in-house system, read twice over a real socket: as they were, and, shuffled, as
they are. What is said in the end is exactly what the tables expect.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from monitor.core.model import Phase, Source
from probes.kit.clock import ManualClock
from tests.probes.kit.server import serving

from .account import Shop
from .stack import START, capture, lay_out, opened, settle
from .vectors import Vector, vectors

ALL = vectors()
ME = {"org": "o-1", "login": "driftline", "scopes": ["read"]}
Finding = tuple[str, ...]


def paths(kind: str) -> dict[str, list[Vector]]:
    found = defaultdict(list)
    for one in ALL:
        if one.kind == kind:
            found[f"/{one.scope}"].append(one)
    return found


def rest(kind: str) -> dict[str, Any]:
    """The declaration that reads the tables of a kind: one list a scope, each row's facts by their own names."""
    listings = [
        {
            "name": f"list-{number}", "kind": kind, "path": path, "scope": path[1:], "records": "data", "key": "name",
            "id": "id", "facts": sorted({one.fact.partition(".")[0] or "label" for one in found}),
            "paging": {"style": "cursor", "next": "next", "into": "page", "total": "total"},
        }
        for number, (path, found) in enumerate(paths(kind).items())
    ]  # fmt: skip
    return {"identity": {"path": "/me", "account": "org", "subject": "login", "grants": "scopes"}, "listings": listings}


def flows(kind: str) -> list[dict[str, Any]]:
    """Flows into what is written and out of what is read: by field, or for an object by any field of it."""
    here: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in ALL:
        if one.kind == kind and one.use != "plain":
            key = one.key.rpartition("/")[2]
            here[one.use, one.scope.partition(".")[0] if one.scope.startswith(one.use) else key].add(key)
    found = []
    for number, ((use, scope), keys) in enumerate(sorted(here.items())):
        mine, theirs = {"integration": kind, "scope": scope}, {"integration": "elsewhere", "scope": "things"}
        ends = {"from": theirs, "to": mine} if use == "written" else {"from": mine, "to": theirs}
        fields = [{"from": key, "to": key} for key in sorted(keys)]
        found.append({"id": f"flow-{number}", "owner": "ops", **ends, "fields": fields})
    return found


async def play(kind: str, folder: Path) -> dict[str, set[Finding]]:
    """Findings by key: all drift that is open after the change. What it breaks in a flow is held elsewhere."""
    here = paths(kind)
    shop = Shop(ME, {path: rows(found, first=True) for path, found in here.items()})
    async with serving(shop.script) as server:
        own = {"base": server.base, "credentials": {"scheme": "none"}, "rest": rest(kind)}
        others = {"flows": {"elsewhere": {"elsewhere": "A system that is not watched"}, "flows": flows(kind)}}
        clock = ManualClock(START, leap=True)
        async with opened(lay_out(folder, {kind: own}, others), clock) as engine:
            await capture(engine)
            await settle(engine, clock, kind)
            assert not _drift(engine), "a system that stands still says nothing"
            shop.rows = {path: rows(found, first=False) for path, found in here.items()}
            shop.shuffled = True
            await settle(engine, clock, kind)
            said: dict[str, set[Finding]] = defaultdict(set)
            for one in _drift(engine):
                assert one.phase is Phase.OPEN and one.claim.verdict is not None, one
                a = one.address
                said[f"{a.scope} {a.key}"].add(
                    (a.scope, a.key, a.fact, a.item, str(one.claim.action), one.level.word, one.claim.verdict.rule)
                )
            return said


def _drift(engine: Any) -> list[Any]:
    return [one for one in engine.ledger.findings.values() if one.address.source is not Source.MAPPING]


def rows(found: Iterable[Vector], first: bool) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for one in found:
        row = one.before if first else one.after
        out += [row] if row is not None else []
        # The twin of what came or went is there all along.
        before = {**(one.before or one.after or {}), "name": one.twin, "id": f"id {one.twin}"}
        out.append(before if first else one.resent)
    return out


@cache
def told(kind: str) -> Mapping[str, set[Finding]]:
    with TemporaryDirectory() as folder:
        return asyncio.run(play(kind, Path(folder) / "stack"))


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.rule}-{one.use}")
def test_the_example_is_told_and_its_twin_is_not(one: Vector) -> None:
    said = told(one.kind)
    assert said.get(f"{one.scope} {one.key}", set()) == {one.finding}, one.because
    assert f"{one.scope} {one.twin}" not in said, "the same value in another form is no change"


@pytest.mark.parametrize("kind", sorted({one.kind for one in ALL}))
def test_nothing_else_is_said(kind: str) -> None:
    assert told(kind).keys() == {f"{one.scope} {one.key}" for one in ALL if one.kind == kind}


def test_no_two_examples_are_the_same_row() -> None:
    places = [(one.kind, one.scope, one.key) for one in ALL]
    assert len(set(places)) == len(places)
