"""Planned changes for people and pipelines: made, moved, closed and withdrawn.

Each is a decision like any other: stored first with who asked, written into the baselines repository by the committer.
What is open already is judged again once that is in git, so that a change can be announced after the fact.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, tzinfo
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import msgspec
import xxhash

from monitor.adapters.layout import encode_planned, planned_path
from monitor.adapters.records import Decision, DecisionState, FileWrite, Work
from monitor.core.ignores import end_of, last_day
from monitor.core.planned import PlannedChange
from probes.kit.contract import canonical

from .author import actor
from .filing import decision, file
from .plan_shapes import Announced, Close, Move, Plan
from .repeated import earlier, in_turn, mark
from .request import Refused, as_decided
from .standing_shapes import End

if TYPE_CHECKING:
    from .core import Engine

OPEN_FOR: Final = 4 * 3600.0  # seconds that a deployment is open where nobody said how long
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


@in_turn
async def add(engine: Engine, asked: Plan, by: str, via: str) -> Announced:
    """Announce one. The same again changes nothing. Raises Refused with every problem."""
    said, made = mark(asked), _made(engine, asked)
    await earlier(engine, asked.uuid, said)
    there = await _there(engine, made.id)
    if there is not None:
        if _same(there, made, asked):
            return _announced(there, await engine.store.decision(asked.uuid) if asked.uuid else None)
        raise Refused(f"There is a planned change {there.id} already, and it says something else; choose another id.")
    if problems := [*made.problems(), *_problems(engine, made)]:
        raise Refused(*problems)
    uuid = asked.uuid or _own("add", made.id, msgspec.to_builtins(asked))
    if (first := await engine.store.decision(uuid)) is not None:
        if asked.uuid or first.state is DecisionState.WAITING:
            return _announced(made, first)
        uuid = uuid4().hex  # it was withdrawn, undone or declined since
    title = f"{'Open the deployment' if made.deployment else 'Announce the planned change'} {made.id}"
    return await _write(engine, uuid, "planned", made, made, title, made.reason, by, via, said)


@in_turn
async def move(engine: Engine, id: str, asked: Move, by: str, via: str) -> Announced:
    """Another time for one. Raises Refused with every problem."""
    said = mark(asked, "move", id)
    if (again := await _again(engine, id, asked.uuid, said)) is not None:
        return again
    plan = await _known(engine, id)
    given = {name: _instant(engine, name, getattr(asked, name)) for name in ("start", "end")}
    moved = msgspec.structs.replace(plan, **{name: value for name, value in given.items() if value is not None})
    if moved == plan:
        return _announced(plan, None)
    if problems := [*moved.problems(), *_problems(engine, moved)]:
        raise Refused(*problems)
    title = f"Move the planned change {id}"
    return await _write(engine, asked.uuid, "planned", plan, moved, title, asked.reason, by, via, said)


@in_turn
async def close(engine: Engine, id: str, asked: Close, by: str, via: str) -> Announced:
    """It is over now; the systems are read at once. One that is closed already stays as it is. Raises Refused."""
    said = mark(asked, "close", id)
    if (again := await _again(engine, id, asked.uuid, said)) is not None:
        return again
    plan, now = await _known(engine, id), engine.clock.now()
    if plan.closed is not None or (plan.end <= now and not plan.deployment):
        return _announced(plan, None)
    if plan.start > now:
        raise Refused(f"{id} has not begun, so there is nothing to close; withdraw it, or move it.")
    shut = msgspec.structs.replace(plan, end=min(plan.end, max(now, plan.start + 1.0)), closed=now)
    title = f"Close the {'deployment' if plan.deployment else 'planned change'} {id}"
    done = await _write(engine, asked.uuid, "close", plan, shut, title, asked.reason, by, via, said)
    for name in plan.systems:
        if engine.scheduler is not None and name in engine.integrations:
            engine.scheduler.ask(name)
    return done


@in_turn
async def withdraw(engine: Engine, id: str, asked: End, by: str, via: str) -> Announced:
    """It is not planned any more: its file goes, and what was part of it is judged without it. Raises Refused."""
    said = mark(asked, "withdraw", id)
    if (first := await earlier(engine, asked.uuid, said)) is not None:
        return Announced(id=id, start=first.at, end=first.at, deployment=False, decision=as_decided(first))
    plan = await _known(engine, id)
    if not asked.reason.strip():
        raise Refused("Say why: withdrawing a planned change needs a reason.")
    title = f"Withdraw the planned change {id}"
    return await _write(engine, asked.uuid, "withdraw", plan, None, title, asked.reason, by, via, said)


# -- what was asked ---------------------------------------------------------------------------------------------------


def _made(engine: Engine, asked: Plan) -> PlannedChange:
    """Raises Refused for what is no time, or two ways of saying when it ends."""
    now = engine.clock.now()
    times = {name: _instant(engine, name, getattr(asked, name)) for name in ("start", "end", "expected_end")}
    if times["end"] is not None and times["expected_end"] is not None:
        raise Refused("end: expected an end, or the expected_end of a deployment that will be closed; found both.")
    start = now if times["start"] is None else times["start"]
    deployment = times["end"] is None
    end = times["end"] or times["expected_end"] or start + OPEN_FOR
    id = asked.id.strip() or f"change-{xxhash.xxh3_64_hexdigest((asked.uuid or uuid4().hex).encode())[:8]}"
    return PlannedChange(
        id, asked.ticket.strip(), tuple(dict.fromkeys(asked.patterns)), start, end, asked.owner,
        actor(engine, asked.actor), tuple(dict.fromkeys(asked.integrations)), asked.reason.strip(), deployment,
    )  # fmt: skip


def _instant(engine: Engine, name: str, value: float | str | None) -> float | None:
    """A day begins or ends by the stack's clocks, and so does a time without an offset. Raises Refused."""
    if value is None or isinstance(value, float | int):
        return value
    found = instant(value, engine.config.zone, last=name != "start")
    if found is None:
        raise Refused(f"{name}: expected a day or a time such as 2026-12-31T14:00, found {value[:40]!r}.")
    return found


def instant(text: str, zone: tzinfo, *, last: bool) -> float | None:
    """`last`: a day is meant up to its end."""
    day = last_day(text)
    if day is not None:
        return end_of(text, zone) if last else datetime.combine(day, time(), zone).timestamp()
    try:
        told = datetime.fromisoformat(text)
        return (told if told.tzinfo is not None else told.replace(tzinfo=zone)).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def _problems(engine: Engine, made: PlannedChange) -> list[str]:
    found = []
    if not _NAME.fullmatch(made.id):
        found.append(f"id: expected letters, digits, dots and dashes, at most 63, found {made.id[:80]!r}")
    there, teams = sorted(engine.integrations), sorted(engine.config.people.teams)
    for name in made.systems:
        if name and "*" not in name and name not in engine.integrations:
            found.append(f"integrations: expected one of {', '.join(there) or '(there are none)'}, found {name!r}")
    if made.owner and made.owner not in teams:
        found.append(f"owner: expected one of {', '.join(teams)}, found {made.owner!r}")
    return found


def _same(there: PlannedChange, made: PlannedChange, asked: Plan) -> bool:
    """Whether what is asked for is what there is; times count where they were named."""
    names = ("ticket", "patterns", "actor", "integrations", "owner", "reason", "deployment")
    times = (asked.start is None or made.start == there.start) and (asked.end is None or made.end == there.end)
    return times and all(getattr(there, name) == getattr(made, name) for name in names)


# -- what there is ----------------------------------------------------------------------------------------------------


async def _there(engine: Engine, id: str) -> PlannedChange | None:
    """One of that id, in whatever case, since some disks tell none apart; one that is on its way into git counts."""
    if _named(engine, id) is None and await engine.store.decisions(DecisionState.QUEUED, limit=1):
        await engine.commit_decisions()
    return _named(engine, id)


def _named(engine: Engine, id: str) -> PlannedChange | None:
    return next((one for one in engine.baselines.announced if one.id.casefold() == id.casefold()), None)


async def _known(engine: Engine, id: str) -> PlannedChange:
    """Raises Refused for none, and for one that a person keeps in a file of another name."""
    found = await _there(engine, id)
    if found is None:
        raise Refused(f"There is no planned change {id!r}; `driftline planned list` shows them.")
    if await engine.baselines.text(planned_path(found.id)) is None:
        raise Refused(f"{id} was written by hand, into another file than {planned_path(found.id)}: change it there.")
    return found


async def _again(engine: Engine, id: str, uuid: str, said: str) -> Announced | None:
    """The answer of a request that was carried out already."""
    first = await earlier(engine, uuid, said)
    return None if first is None else _announced(await _known(engine, id), first)


async def _write(
    engine: Engine, uuid: str, kind: str, plan: PlannedChange, after: PlannedChange | None, title: str, reason: str,
    by: str, via: str, said: str,
) -> Announced:  # fmt: skip
    """Stores the decision that makes `after` of it; None takes its file away."""
    path = planned_path(plan.id)
    write = FileWrite(path=path, before=await engine.baselines.text(path), after=_text(after))
    of = plan.systems[0] if len(plan.systems) == 1 else ""
    uuid = uuid or _own(kind, plan.id, write.before, write.after)
    asked = decision(engine, uuid, kind, of, Work(files=(write,)), by, via, reason or plan.ticket, title, said)
    done = await file(engine, msgspec.structs.replace(asked, ticket=plan.ticket), {"planned": plan.id})
    return _announced(after or plan, done)


def _text(made: PlannedChange | None) -> str | None:
    return encode_planned(made).decode() if made is not None else None


def _own(*about: Any) -> str:
    """The uuid of one who brought none: the same for the same, so that two requests at once write one file."""
    return f"plan-{xxhash.xxh3_128_hexdigest(canonical(list(about)))}"


def _announced(plan: PlannedChange, done: Decision | None) -> Announced:
    return Announced(
        id=plan.id, start=plan.start, end=plan.end, deployment=plan.deployment, closed=plan.closed,
        decision=as_decided(done) if done is not None else None,
    )  # fmt: skip
