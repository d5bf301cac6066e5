"""Which changes of state are told to whom: what stands is held against what was told of it.

A change is told once, however often it is looked at: what was told is kept in the same transaction as the messages
about it. Where several changes come at once, the state that they led to is what is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from monitor.adapters.notified import Message
from monitor.adapters.store_outbox import Out, Told, add, take_back
from monitor.adapters.store_tx import Tx
from monitor.config.notifying import Notify, Route
from monitor.core.model import Finding, Urgency

from . import alert_facts, hours, messages
from .rows import proposed
from .statuses import told as vendors_told
from .statuses import urgency

if TYPE_CHECKING:
    from .core import Engine

MANY: Final = 10  # more changes than that at once are one message for a target; what pages is always told alone
WEIGHT: Final = {Urgency.PAGE: 2, Urgency.TICKET: 1, Urgency.DIGEST: 0}
_WORDS: Final = {weight: str(word) for word, weight in WEIGHT.items()}
_PAGE: Final = WEIGHT[Urgency.PAGE]


class Change(NamedTuple):
    """One change of state: the row as it is from now on, to whom it is told, and how urgently."""

    what: str
    row: Told
    to: tuple[str, ...]
    urgency: str


def changes(engine: Engine, rows: Mapping[str, Told], now: float) -> tuple[list[Change], list[Told]]:
    """What is to be told, and rows that change without a word."""
    roots, _ = alert_facts.roots(engine)
    found: list[Change] = []
    silent: list[Told] = []
    for root in roots:
        before = rows.get(root.id)
        what, row = _standing(engine, root, before)
        told = list(_told(engine, root, before, what, row, now))
        if told:
            row = told[-1].row
        elif row != before:
            silent.append(row)
        found += told
        found += _escalated(engine, root, row, now)
    here = {root.id for root in roots}
    for id, before in rows.items():
        finding = engine.ledger.findings.get(id)
        if before.open and id not in here and finding is not None and messages.ended(engine, finding):
            row = replace(before, open=False, to=(), escalated=(), number=before.number + bool(before.to))
            if before.to:
                found.append(Change("closed", row, before.to, _WORDS[before.urgency]))
            else:
                silent.append(row)
    return found, silent


def seeds(engine: Engine) -> list[Told]:
    """What is open when there is somebody to tell for the first time: it is in the digests, and is not news."""
    return [_standing(engine, root, None)[1] for root in alert_facts.roots(engine)[0]]


def _standing(engine: Engine, root: Finding, before: Told | None) -> tuple[str, Told]:
    """What changed of one that is open, or "", and its row."""
    weight = WEIGHT[urgency(engine, alert_facts.worst(engine, root))]
    level, rejected = int(root.level), bool(root.rejected_by)
    row = replace(before or Told(finding=root.id), open=True, urgency=weight, level=level, rejected=rejected)
    if before is None or not before.open:
        return ("opened" if before is None else "reopened"), row
    if (weight, level) > (before.urgency, before.level):
        return "worse", row
    if before.urgency == _PAGE > weight:
        return "eased", row
    return ("decided" if rejected and not before.rejected else ""), row


def _told(engine: Engine, root: Finding, before: Told | None, what: str, row: Told, now: float) -> Iterator[Change]:
    """Who was told is told of what follows too. What is worse begins to be waited for anew."""
    level = _WORDS[row.urgency]
    if what in ("eased", "decided") and before is not None and row.to:
        level = _WORDS[before.urgency] if what == "eased" else level
        yield Change(what, replace(row, number=row.number + 1), row.to, level)
    elif what in ("opened", "reopened", "worse"):
        to = tuple(dict.fromkeys(target for route in _routes(engine, root, row) for target in route.to))
        if to:
            since = hours.due(engine.config.service.notify.quiet, level, now, engine.config.zone)
            heard = tuple(dict.fromkeys((*row.to, *to)))
            row = replace(row, number=row.number + 1, to=heard, since=since, escalated=())
            yield Change(what, row, to, level)


def _routes(engine: Engine, root: Finding, row: Told, owner: str = "") -> Iterator[Route]:
    """Those that fit it; with `owner`, as if it was that team's."""
    notify: Notify = engine.config.service.notify
    labels = alert_facts.labels(engine, root)
    for route in notify.routes:
        fits = _WORDS[row.urgency] in route.urgency
        fits &= not route.owners or (owner or labels.get("owner", "")) in route.owners
        fits &= not route.tiers or labels.get("tier", "") in map(str, route.tiers)
        if fits and (route.beside_alertmanager or not engine.alerting.on):
            yield route


def _escalated(engine: Engine, root: Finding, row: Told, now: float) -> Iterator[Change]:
    """Further targets, as long as nobody acknowledged it, or decided on it."""
    if not row.to or root.acknowledged_by or root.rejected_by or proposed(engine, root) is not None:
        return
    if not any(route.escalate for route in engine.config.service.notify.routes):
        return
    labels = alert_facts.labels(engine, root)
    tier = int(labels.get("tier", "0"))
    for route in _routes(engine, root, row):
        teams = 0
        for step in route.escalate:
            after, to = step.after.of(tier), step.to
            if not to:
                teams += 1
                team = engine.config.people.next(labels.get("owner", ""), teams)
                routes = _routes(engine, root, row, team) if team else ()
                to = tuple(one for other in routes for one in other.to if one not in row.to)
            new = tuple(dict.fromkeys(one for one in to if one not in row.escalated))
            if after is not None and new and now - row.since >= after:
                heard, further = tuple(dict.fromkeys((*row.to, *new))), (*row.escalated, *new)
                row = replace(row, number=row.number + 1, escalated=further, to=heard)
                yield Change("escalated", row, new, _WORDS[row.urgency])


async def write(engine: Engine, tx: Tx, found: Sequence[Change], now: float) -> None:
    """The messages of these changes into the outbox."""
    vendors = vendors_told(engine)
    by: dict[str, list[Message]] = defaultdict(list)
    for change in found:
        finding = engine.ledger.findings[change.row.finding]
        id = f"{finding.id}.{change.row.number}"
        message = messages.stated(engine, finding, change.what, id, change.urgency, vendors)
        for target in change.to:
            held = await take_back(tx, finding.id, target, now)
            if held & {"opened", "reopened"} and change.what in ("closed", "eased", "decided"):
                if change.what == "closed":
                    continue  # it came and went while nobody was to be woken
                by[target].append(messages.stated(engine, finding, "opened", id, change.urgency, vendors))
            else:
                by[target].append(message)
    for target, told in by.items():
        await add(tx, _outs(engine, target, told, now))


def _outs(engine: Engine, target: str, told: list[Message], now: float) -> Iterable[Out]:
    calm = [one for one in told if one.urgency != "page"]
    if len(calm) > MANY:
        told = [one for one in told if one.urgency == "page"]
        told.append(messages.many(engine, calm, f"{calm[0].id}+{len(calm)}"))
    return [out(engine, target, one, now) for one in told]


def out(engine: Engine, target: str, message: Message, now: float) -> Out:
    """A message for one target, to be sent once it may."""
    quiet = engine.config.service.notify.quiet
    return Out(
        key=f"{message.id}/{target}", target=target, subject=message.finding,
        what=message.type.removeprefix("finding."), at=now,
        due=hours.due(quiet, message.urgency, now, engine.config.zone), body=msgspec.json.encode(message),
    )  # fmt: skip
