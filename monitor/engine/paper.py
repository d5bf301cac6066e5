"""The report that an auditor asks for: who approved what between two days, what went past approval, and how long each
system was watched in that time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from monitor.adapters import store_gaps, store_trail
from monitor.adapters.poller import vendor_for
from monitor.adapters.pseudonyms import SERVICE
from monitor.adapters.records import Decision, DecisionState, TrailEntry
from monitor.core.observing import allowed, gaps

from .author import author
from .polling import intervals
from .request import Refused
from .rows import who
from .trail_shapes import DecidedRow, Observed, Partly, Report
from .trailing import GIT, GROUPS, OTHER, namer, rows, span, verified
from .words import plain, sentence

if TYPE_CHECKING:
    from .core import Engine

WORK: Final = ("acknowledge", "assign", "comment", "correct", "reject")  # what changes nothing that is approved
NOT_KNOWN, YES, NO, POLICY = "not known", "yes", "no", "policy"
_CHANGES: Final = 50  # of one decision, that are named
_NAMED: Final = 5  # scopes and files of one


async def report(engine: Engine, first: str, last: str) -> Report:
    """Of these days (YYYY-MM-DD in the stack's time zone), both included. Raises Refused."""
    since, until = span(first, last, engine.config.zone)
    if since is None or until is None:
        raise Refused("Say from which day and to which day, such as from 2026-01-01 to 2026-03-31.")
    entries = await store_trail.between(engine.store, since, until)
    name = await namer(engine, entries)
    told = await rows(engine, [one for one in entries if one.what in OTHER and one.what not in GIT])
    decided = [await _decided(engine, one, name) for one in entries if one.decision and one.what not in (*GIT, *OTHER)]
    signs: dict[str, Counter[str]] = {}
    for one in told:
        if one.what in GROUPS["sign-ins"]:
            signs.setdefault(one.who or NOT_KNOWN, Counter())[one.what] += 1
    of = {group: tuple(one for one in told if one.what in words) for group, words in GROUPS.items()}
    now = engine.clock.now()
    watched = [await _observed(engine, one, since, min(until, now)) for one in await _systems(engine, since, until)]
    return Report(
        stack=engine.config.stack, first=first, last=last, zone=engine.config.service.stack.timezone or "UTC",
        since=since, until=until, at=now,
        decisions=tuple(one for one in decided if one.kind not in (*WORK, "release")),
        releases=tuple(one for one in decided if one.kind == "release"),
        others=tuple(one for one in decided if one.kind in WORK),
        overrides=of["overrides"], outside=of["outside"], reloads=of["reloads"], tokens=of["tokens"], sign_ins=signs,
        observed=tuple(watched), verified=await verified(engine),
    )  # fmt: skip


async def _decided(engine: Engine, entry: TrailEntry, name: Callable[[str], str]) -> DecidedRow:
    row = await engine.store.decision(entry.decision)
    ids = tuple(str(id) for id in entry.data.get("findings", ()))
    makers = _makers(engine, ids)
    return DecidedRow(
        number=entry.seq,
        at=entry.at,
        kind=entry.what,
        system=entry.subject,
        changes=_changes(engine, ids, row),
        findings=ids,
        makers=tuple(dict.fromkeys(maker for maker in makers.values() if maker)),
        by=name(entry.who),
        via=str(entry.data.get("via", "")),
        apart=YES if _two(row) else _apart(entry.who, name(entry.who), list(makers.values())),
        second=name(row.answered_by) if row is not None else "",
        ticket=str(entry.data.get("ticket", "")),
        reason=name(str(entry.data.get("reason", ""))),
        state=str(row.state) if row is not None else NOT_KNOWN,
        commit=row.sha if row is not None else "",
    )


def _two(row: Decision | None) -> bool:
    """Whether two different people agreed, so that at least one of them is not who made the change."""
    answered = row is not None and row.waits is not None and row.answered_by
    return bool(answered) and row is not None and row.state not in (DecisionState.DECLINED, DecisionState.WITHDRAWN,
                                                                    DecisionState.LAPSED)  # fmt: skip


def _changes(engine: Engine, ids: Sequence[str], row: Decision | None) -> tuple[str, ...]:
    known = [engine.ledger.findings[id] for id in ids if id in engine.ledger.findings]
    said = [f"{one.address.subject}: {plain(sentence(one.claim, who(engine)))}" for one in known[:_CHANGES]]
    if ids or row is None:
        return (*said, f"and {len(ids) - len(said)} more") if len(ids) > len(said) else tuple(said)
    if row.work.captures:
        names = [f"{one.ref.kind}/{one.ref.name}" for one in row.work.captures]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        said.append(f"taken as found: {', '.join(names[:_NAMED])}{more}")
    files = row.work.files
    said += [f"{one.path} {'goes' if one.after is None else 'is written'}" for one in files[:_NAMED]]
    return (*said, f"and {len(files) - _NAMED} more files") if len(files) > _NAMED else tuple(said)


def _makers(engine: Engine, ids: Sequence[str]) -> dict[str, str]:
    """Finding -> who made the change at the vendor; "" where nobody can tell."""
    found: dict[str, str] = {}
    for id in ids:
        finding = engine.ledger.findings.get(id)
        made = author(engine, finding) if finding is not None else None
        found[id] = made.by if made is not None else ""
    return found


def _apart(by: str, name: str, makers: Sequence[str]) -> str:
    """Whether who made it is another than who decided. A name before the @ of an address counts as that person."""
    if by.partition(":")[0] in SERVICE:
        return POLICY
    approver = {by.rpartition(":")[2], name.rpartition(":")[2].casefold()}
    if any({maker, maker.casefold(), maker.casefold().partition("@")[0]} & approver for maker in makers if maker):
        return NO
    return YES if makers and all(makers) else NOT_KNOWN


async def _systems(engine: Engine, since: float, until: float) -> list[str]:
    return sorted({*engine.config.integrations, *await store_gaps.systems(engine.store, since, until)})


async def _observed(engine: Engine, name: str, since: float, until: float) -> Observed:
    own, every = engine.config.integrations.get(name), engine.config.service.poll.every
    if own is not None:
        every = min(intervals(own, vendor_for(own).listings, every).values(), default=every)
    limit = allowed(every)
    read = await store_gaps.read(engine.store, name, since, until, limit)
    start, note = since, ""
    if read.before is None and read.first is not None:
        start, note = read.first, f"watched since {_when(engine, read.first)}, when it was read first"
        if since < engine.clock.now() - engine.config.service.retention.readings:
            note = f"readings before {_when(engine, read.first)} are not kept any more (retention.readings)"
    if own is None:
        note = "; ".join(part for part in (note, "it is not configured any more") if part)
    holes = [*read.holes]
    if read.before is not None and read.first is not None and read.first - read.before > limit:
        holes.insert(0, (read.before, read.first))
    newest = read.last if read.last is not None else read.before
    if newest is None:
        holes.append((since - every, until))  # it was never read
    elif until - newest > limit:
        holes.append((newest, until))
    found = gaps(holes, read.failed, every, start, until)
    return Observed(
        system=name, since=start, until=max(start, until), gaps=found, note=note, readings=_readings(read.counts),
        observed=max(0.0, until - start - sum(gap.seconds for gap in found)),
        partly=tuple(Partly(*one) for one in read.partly),
    )  # fmt: skip


def _readings(counts: Mapping[str, int]) -> dict[str, int]:
    return {outcome: counts.get(outcome, 0) for outcome in ("ok", "partial", "failed")}


def _when(engine: Engine, at: float) -> str:
    return datetime.fromtimestamp(at, engine.config.zone).strftime("%Y-%m-%d %H:%M")
