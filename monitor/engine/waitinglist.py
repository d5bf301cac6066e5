"""What waits for a second person, as everybody sees it: pages, API and terminal say the same words of it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from monitor.adapters.records import Decision, Work

from .rows import who
from .second import refusal
from .surface import Engine
from .words import plain, sentence

NAMED = 50  # changes of one decision, that are named


class WaitingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One decision that waits. `says`: what it would do; `two`: ids of the findings because of which it takes two
    people, `places` what else; `owners`: teams whose members alone may decide it, none: any reviewer. Of whoever asks
    for the list: `mine` says that they asked for it, `not_you` why they cannot confirm or decline it; "": they can."""

    uuid: str
    kind: str
    integration: str
    by: str
    at: float
    until: float
    reason: str
    ticket: str
    says: tuple[str, ...]
    findings: dict[str, str]
    two: tuple[str, ...]
    places: tuple[str, ...]
    owners: tuple[str, ...]
    mine: bool
    not_you: str


def waiting(engine: Engine, by: str) -> tuple[WaitingRow, ...]:
    """As the one called `by` sees it, the oldest first."""
    return tuple(row_of(engine, one, by) for one in sorted(engine.waiting.values(), key=lambda one: (one.at, one.uuid)))


def row_of(engine: Engine, held: Decision, by: str) -> WaitingRow:
    waits, me = held.waits, engine.people.pseudonym(by.rpartition(":")[2])
    return WaitingRow(
        uuid=held.uuid,
        kind=held.kind,
        integration=held.integration,
        by=held.by,
        at=held.at,
        until=waits.until if waits is not None else held.at,
        reason=held.reason,
        ticket=held.ticket,
        says=says(engine, held),
        findings=dict(held.findings),
        two=waits.findings if waits is not None else (),
        places=waits.places if waits is not None else (),
        owners=waits.owners if waits is not None else (),
        mine=waits is not None and me == waits.one[0],
        not_you=refusal(engine, held, by),
    )


def says(engine: Engine, held: Decision) -> tuple[str, ...]:
    name: Callable[[str], str] = who(engine)
    known = [engine.ledger.findings[id] for id in held.findings if id in engine.ledger.findings]
    said = [plain(sentence(one.claim, name)) for one in known]
    if not said or held.work == Work():
        said += [f"{one.ref.kind}/{one.ref.name} is taken as found" for one in held.work.captures if one.digest]
    said += [f"{one.path} {'goes' if one.after is None else 'is written'}" for one in held.work.files]
    more = len(said) - NAMED
    return (*said[:NAMED], f"and {more} more") if more > 0 else tuple(said)
