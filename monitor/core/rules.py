"""The one table of rules: how grave a change is before anything is known of who uses the thing. Pure.

It is total over the facts table: a canonical fact without a rule fails a test, never a poll. A vendor's own facts
(`x_…`) share one generic rule per kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

import msgspec

from probes.kit.contract import Kind
from probes.kit.facts import FACTS, Form, Narrower

from . import ruletable, ruletable_across, ruletable_rest, ruletable_rights, ruletable_wire, wire
from .model import Action, Address, Level, Source
from .ruletable import GENERIC, Row


class Rule(msgspec.Struct, frozen=True):
    """`level` is for a thing nothing is known about; `writers` and `readers` are the levels when a flow is known to
    write into it or to read from it. `reason` and `question` are whole sentences. `security`: never under warning."""

    id: str
    source: Source
    kind: Kind | None  # None: any
    fact: str
    action: Action
    level: Level
    reason: str
    question: str
    runbook: str
    security: bool = False
    writers: Level | None = None
    readers: Level | None = None


Place = tuple[Source, Kind | None, str, Action]

_ASK: Final[Mapping[Action, str]] = {
    Action.ADDED: "Is it meant to be there? If so, approve it; if not, ask for it to be taken out again.",
    Action.REMOVED: "Was it meant to go? If so, approve it and mend what used it; if not, ask for it to be put back.",
    Action.CHANGED: "Is the new value meant? If so, approve it; if not, ask for the old one to be put back.",
    Action.NARROWED: "Is the narrower setting meant? If so, approve it after those it hurts agree; if not, reject it.",
    Action.WIDENED: "Is the wider setting meant? If so, approve it; if not, ask for the old one to be put back.",
    Action.REORDERED: "Does anything rely on the order? If not, approve it.",
    Action.RENAMED: "Does everything that used the old name know the new one? If so, approve it.",
}


def possible(kind: Kind) -> Iterator[tuple[str, Action]]:
    """Every (fact, action) that a comparison can bring up for a kind; fact "" is the resource itself."""
    yield from (("", action) for action in (Action.ADDED, Action.REMOVED, Action.RENAMED))
    for entry in FACTS[kind].values():
        if entry.shown:
            continue  # told beside a thing, never compared
        yield from ((entry.name, action) for action in _moves(entry.narrower))
        if entry.form in (Form.SET, Form.MAP):
            yield from ((entry.name, action) for action in (Action.ADDED, Action.REMOVED))
        if entry.form is Form.MAP:
            yield entry.name, Action.REORDERED
        for attr, narrower in entry.attrs.items():
            yield from ((f"{entry.name}.{attr}", action) for action in _moves(narrower))


def _moves(narrower: Narrower) -> tuple[Action, ...]:
    if narrower is Narrower.NONE:
        return (Action.CHANGED,)
    return (Action.CHANGED, Action.NARROWED, Action.WIDENED)


def _rule(row: Row, fact: str, action: Action) -> Rule:
    area = row.kind.value if row.source is Source.DRIFT and row.kind is not None else row.source.value
    name = f"{area}.{fact.strip('()') or 'resource'}.{action}".replace("x_", "own")
    return Rule(
        id=name,
        source=row.source,
        kind=row.kind,
        fact=fact,
        action=action,
        level=row.level,
        reason=row.reason,
        question=row.question or _ASK[action],
        runbook=name.replace(".", "-").replace("_", "-"),
        security=row.security,
        writers=row.writers,
        readers=row.readers,
    )


def _table() -> dict[Place, Rule]:
    out: dict[Place, Rule] = {}
    tables = (ruletable, ruletable_wire, ruletable_rights, ruletable_rest, ruletable_across)
    for row in chain.from_iterable(table.ROWS for table in tables):
        for fact in row.facts:
            for action in row.actions:
                place = (row.source, row.kind, fact, action)
                if place in out:
                    raise ValueError(f"two rules for {out[place].id}")
                out[place] = _rule(row, fact, action)
    return out


_BY_PLACE: Final = _table()
RULES: Final[tuple[Rule, ...]] = tuple(_BY_PLACE.values())

_VARIANTS: Final[Mapping[str, str]] = {
    "groups": "(group)",
    "assignments": "(grant)",
    "access": "(grant)",
    "permissions": "(grant)",
    "object-permissions": "(grant)",
    "field-permissions": "(field-right)",
    "connected-apps": "(app)",
    "external-client-apps": "(app)",
    "definitions": "(definition)",
}


def find(address: Address, action: Action) -> Rule:
    """The rule for a claim. A fact of an older release, still in an old finding, falls under the generic rule."""
    if address.source is not Source.DRIFT:
        return (
            _BY_PLACE.get((address.source, None, address.fact, action))
            or _BY_PLACE[address.source, None, GENERIC, Action.CHANGED]
        )
    fact = address.fact
    if address.scope == "vantage":
        fact = f"(vantage-{fact})"
    elif side := wire.way(address):
        fact = f"({side}-{fact})" if fact else f"({side})"
    elif not fact:
        fact = _VARIANTS.get(address.scope.rpartition(".")[2], "")
    for place in ((address.kind, fact, action), (address.kind, address.fact, action)):
        if (rule := _BY_PLACE.get((Source.DRIFT, *place))) is not None:
            return rule
    return _BY_PLACE[Source.DRIFT, address.kind, GENERIC, Action.CHANGED]
