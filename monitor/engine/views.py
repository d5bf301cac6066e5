"""Engine state as plain values for people: pages, API and terminal show the same words, order and ids.

Nothing here writes, and nothing here knows of the web. All but `detail`
and `events` read memory only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from heapq import nsmallest
from itertools import islice
from typing import NamedTuple

import msgspec

from monitor.core.book import ACCOUNT
from monitor.core.graph import home
from monitor.core.model import Action, Event, Finding, Source

from . import describing
from .alert_facts import silenced
from .asking import asking
from .author import author
from .choosing import choose, narrowing, over
from .diff import diff
from .flowlist import partly
from .merging import capturing, held_back
from .place import place
from .register import Drawer
from .rows import filed, grave, rows, who, worst_first
from .seeing import seen
from .shapes import (
    Choice,
    Counts,
    Detail,
    Filter,
    FindingRow,
    Happened,
    Hurt,
    Listed,
    Origin,
    Overview,
    Page,
    Proposal,
    ReadFrom,
    Step,
    SystemRow,
)
from .surface import Engine
from .systems import every
from .words import CALLED, named, plain, sentence

LEVELS = ("breaking", "warning", "info")
CHILDREN_SHOWN = 200
ELSEWHERE = {"link", "by", "at", "how", "action", "who", CALLED}  # evidence that has its own place in a detail
NEEDS_SHOWN = 8


class Queue(NamedTuple):
    """A page of findings, and how many of all that fit are of each integration."""

    page: Page
    of: Callable[[str], Counts]


class NotFound(LookupError):
    """No finding, or more than one, has this id: the message says which."""


def overview(engine: Engine) -> Overview:
    now = engine.clock.now()
    found = choose(engine, Filter(children=True))
    register = filed(engine)
    roots = [drawer for shelf in register.shelves.values() if shelf.root for drawer in shelf.every()]
    stands = Counter[str]()
    for drawer in roots:
        stands[drawer.stand] += drawer.count
    waiting, merges = urgent(engine), held_back(engine)
    asks = (engine.ledger.findings[card.id] for card in register.cards(waiting) if card.id not in merges)
    worst = list(islice(asks, NEEDS_SHOWN))
    systems = tuple(sorted(every(engine), key=_production_first))
    lives = list(engine.integrations.values())
    return Overview(
        stack=engine.config.stack,
        state=engine.state,
        at=now,
        started_at=engine.started_at,
        cycle_at=max((x.last_poll_at for x in lives if x.last_poll_at is not None), default=None),
        next_at=min((x.next_due_at for x in lives if x.next_due_at is not None), default=None),
        scopes=sum(s.scopes for s in systems),
        complete=sum(s.complete for s in systems),
        proposals=sum(s.proposals for s in systems),
        counts=found.counts,
        needs_you=rows(engine, worst),
        waiting=sum(drawer.count for drawer in waiting) - sum(one in waiting for one in merges.values()),
        systems=systems,
        suspected=stands["suspected"],
        held=stands["held"],
        ignored=stands["ignored"],
        policy=sum(one.count for one in roots if one.policy and not over(engine, one)),
        fresh=sum(s.fresh for s in systems),
        partly=partly(engine),
        problems=(*map(str, engine.baselines.problems), *describing.problems(engine)),
    )


def urgent(engine: Engine) -> list[Drawer]:
    """What needs somebody: open roots from warning on of which nobody said anything yet."""
    shelves = [shelf for shelf in filed(engine).shelves.values() if shelf.root and shelf.stand == "open"]
    open_ = narrowing(engine, Filter())(drawer for shelf in shelves for drawer in shelf.every())
    return [one for one in open_ if one.level >= 2 and not one.acknowledged]


def _production_first(row: SystemRow) -> tuple[int, str]:
    """A fixed order, so that nothing jumps when a state changes."""
    return (("production", "restricted", "sunset", "laboratory").index(row.class_), row.name)


def findings(engine: Engine, filter: Filter | None = None, number: int = 1, size: int = 50) -> Page:
    """Worst first, then newest; never more than 200 a page. Roots only, unless the filter asks for children."""
    return queue(engine, filter or Filter(), number, size).page


def queue(engine: Engine, wanted: Filter, number: int = 1, size: int = 50) -> Queue:
    """The same, with how many fit of each integration."""
    number, size = max(1, number), max(1, min(size, 200))
    found = choose(engine, wanted)
    cut = islice(found.cards, (number - 1) * size, number * size)
    page = [engine.ledger.findings[card.id] for card in cut]
    return Queue(Page(rows(engine, page), found.total, number, size, found.counts), found.of)


def find(engine: Engine, prefix: str) -> Finding:
    """The finding whose id starts with `prefix`. Raises NotFound when none or several do."""
    exact: Finding | None = engine.ledger.findings.get(prefix)
    if exact is not None:
        return exact
    some: list[Finding] = [f for id_, f in engine.ledger.findings.items() if prefix and id_.startswith(prefix)]
    if len(some) == 1:
        return some[0]
    if not some:
        raise NotFound(f'no finding has an id that starts with "{prefix}"; the list of findings shows all ids')
    ids = ", ".join(sorted(f.id for f in some)[:5])
    raise NotFound(f'{len(some)} findings have an id that starts with "{prefix}" ({ids}); give more characters')


def row(engine: Engine, id: str) -> FindingRow:
    """Raises NotFound."""
    return rows(engine, [find(engine, id)])[0]


async def detail(engine: Engine, prefix: str) -> Detail:
    """One finding in full. Raises NotFound."""
    finding = find(engine, prefix)
    claim, verdict, name = finding.claim, finding.claim.verdict, who(engine)
    before, after = await engine.finding_bodies(finding.id)
    children = nsmallest(CHILDREN_SHOWN, engine.ledger.under(finding.id), key=worst_first)
    parent = engine.ledger.findings.get(finding.cause) if finding.cause else None
    row = rows(engine, [finding])[0]
    return Detail(
        row=row,
        before=before,
        after=after,
        diff=tuple(diff(claim.address, before, after)),
        chain=tuple(Step(r.step, named(r.words, name), r.effect.word) for r in verdict.chain) if verdict else (),
        question=verdict.question if verdict else "",
        steps=tuple(named(step, name) for step in verdict.steps) if verdict else (),
        reach=tuple(Hurt(r.via, r.target, r.words) for r in verdict.reach) if verdict else (),
        who=author(engine, finding),
        evidence={k: named(v, name) for k, v in claim.evidence.items() if k not in ELSEWHERE},
        link=_link(engine, finding),
        read_from=_read_from(engine, finding),
        origin=await _origin(engine, finding),
        choices=choices(row, verdict.planned if verdict else ""),
        children=rows(engine, children),
        parent=rows(engine, [parent])[0] if parent else None,
        history=await events(engine, finding=finding.id, limit=200, newest_first=True),
        place=await place(engine, claim.address),
        silenced=silenced(engine, finding),
        asking=await asking(engine, finding),
    )


def _read_from(engine: Engine, finding: Finding) -> ReadFrom | None:
    live = engine.integrations.get(finding.address.subject)
    known = live.known.get(finding.address.ref) if live else None
    if known is None:
        return None
    c = known.coverage
    words = seen(c.state, known.good_at, engine.clock.now())
    return ReadFrom(
        known.read, str(c.state), c.reason, known.read_at, known.good_at, c.pages, c.rows, known.needs, words
    )


def _link(engine: Engine, finding: Finding) -> str:
    """The deep link of the row, else of its scope. An answer may hold the first: what is no address of the web is
    none."""
    live = engine.integrations.get(finding.address.subject)
    known = live.known.get(finding.address.ref) if live else None
    own = finding.claim.evidence.get("link", "")
    return own if own.startswith(("https://", "http://")) else (known.link if known else "")


async def _origin(engine: Engine, finding: Finding) -> Origin | None:
    a = finding.address
    if a.source is not Source.DRIFT:
        return None
    row = await engine.store.origin(a.subject, a.ref, a.key, a.fact.partition(".")[0])
    return Origin(str(row.how), row.by, row.at, row.sha) if row else None


def choices(row: FindingRow, planned: str = "") -> tuple[Choice, ...]:
    """What a person may decide on a finding, best first, each with what it will do."""
    if row.stand == "closed":
        return ()
    thing = row.key or row.scope or row.integration
    ignore = Choice(
        "ignore", "Ignore until", "Says nothing more of it until that day; it stays listed under ignored.", True, True
    )
    more = (
        Choice("acknowledge", "Acknowledge", "Says that somebody looks at it; reminders stop, nothing else changes."),
        Choice("assign", "Assign", "Makes it another team's to decide.", needs_assignee=True),
        Choice(
            "correct",
            "Correct the level",
            "Counts that the rule made too much or too little of it; nothing else changes.",
            needs_reason=True,
            needs_correction=True,
        ),
        Choice("comment", "Comment", "Adds to its history; nothing else changes.", True),
    )
    if row.fact == ACCOUNT and row.stand == "open":
        will = f"Reads all of {row.title} again and makes it the baseline as it is found, by one commit."
        return (Choice("recapture", "Capture this account anew", will, True), ignore, *more)
    if row.stand == "held":
        return (
            Choice("release", "Release", f"Believes the removals in {row.scope} and opens them as drift.", True),
            *more,
        )
    if row.source != Source.DRIFT or row.stand == "suspected":
        return (ignore, *more)
    if row.pull:
        return more
    if row.scope == "vantage":
        keep = Choice(
            "approve",
            "Approve",
            f"Makes this the approved view of {row.title}: what it cannot see is no longer compared.",
        )
    elif row.action == Action.REMOVED:
        keep = Choice("approve", "Approve", f"Takes it out of the baseline of {thing} by a commit; this closes.")
    else:
        keep = Choice(
            "approve", "Approve", f"Makes what is there now the baseline of {thing} by a commit; this closes."
        )
    if grave(row.level, row.security):
        keep = msgspec.structs.replace(keep, needs_reason=True, needs_ticket=True)
    back = Choice(
        "reject",
        "Reject",
        f"Asks {row.owner or 'the owner'} to put it back at the vendor; stays open until it is back.",
        True,
    )
    return (keep, back, ignore, *more)


async def events(
    engine: Engine, *, finding: str | None = None, after: int = 0, limit: int = 100, newest_first: bool = False
) -> tuple[Happened, ...]:
    """Entries of the event log, oldest first unless said otherwise; each `number` only grows."""
    rows = await engine.store.events(after=after, finding=finding, limit=limit, newest_first=newest_first)
    return tuple(as_happened(engine, number, event) for number, event in rows)


def as_happened(engine: Engine, number: int, event: Event) -> Happened:
    name = who(engine)
    finding = engine.ledger.findings.get(event.finding)
    claim = event.claim or (finding.claim if finding else None)
    return Happened(
        number=number,
        type=str(event.type),
        at=event.at,
        finding=event.finding,
        integration=home(event.address),
        by=event.by,
        words=named(event.words, name),
        says=plain(sentence(claim, name)) if claim else "",
        level=claim.verdict.level.word if claim and claim.verdict else "",
        told=event.told,
        closing=str(event.closing or ""),
        until=event.until,
    )


async def newest(engine: Engine) -> int:
    """The number of the newest event; 0 where nothing ever happened."""
    rows = await engine.store.events(limit=1, newest_first=True)
    return int(rows[0][0]) if rows else 0


def proposals(engine: Engine, integration: str = "") -> tuple[Proposal, ...]:
    """What no baseline covers yet, by integration and scope."""
    out = []
    for name, live in sorted(engine.integrations.items()):
        if integration and name != integration:
            continue
        for ref, words in sorted(live.proposals.items()):
            known, held = live.known.get(ref), capturing(engine, live, ref)
            good_at, state = (known.good_at, str(known.coverage.state)) if known else (None, "")
            pull, url = (held.label or "a pull request", held.url) if held else ("", "")
            title = live.config.title or name
            out.append(Proposal(name, title, str(ref.kind), ref.name, words, good_at, state, pull, url))
    return tuple(out)


def coverage(engine: Engine, integration: str = "") -> tuple[Listed, ...]:
    """Every read, least complete first."""
    now = engine.clock.now()
    good: dict[tuple[str, str], float | None] = {}
    for name, live in engine.integrations.items():
        for known in live.known.values():
            ages = [known.good_at, good.get((name, known.read), known.good_at)]
            good[name, known.read] = None if None in ages else min(age for age in ages if age is not None)
    out = [
        Listed(
            integration=name,
            read=read,
            state=str(c.state),
            reason=c.reason,
            code=c.code,
            at=at,
            pages=c.pages,
            rows=c.rows,
            claimed=c.claimed,
            good_at=good.get((name, read)),
            words=seen(c.state, good.get((name, read)), now),
        )
        for name, live in engine.integrations.items()
        if not integration or name == integration
        for read, (c, at) in live.reads.items()
    ]
    return tuple(sorted(out, key=lambda row: (row.state == "complete", row.integration, row.read)))
