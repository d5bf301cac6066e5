"""Standing approvals for people: what stands, what each has taken, and how one is made or ended; `undoing` undoes.

Each of these is a decision like any other: stored first, written into the baselines repository by the committer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from monitor.adapters.layout import TIMES, encode_standing, standing_path
from monitor.adapters.records import NOTHING_DONE, Decision, FileWrite, Work
from monitor.core.ignores import day_of, end_of
from monitor.core.rules import RULES
from monitor.core.standing import Standing

from .author import actor
from .filing import decision, file
from .repeated import earlier, in_turn, mark
from .request import Refused
from .rows import rows, waits_for
from .standing_shapes import Asked, Day, End, StandingRow, Taken

if TYPE_CHECKING:
    from .core import Engine

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
DIGEST: Final = 400  # decisions looked through for those of policies


def standing(engine: Engine) -> tuple[StandingRow, ...]:
    """Those in force first, by name."""
    now = engine.clock.now()
    waiting = Counter(waits_for(engine, finding) for finding in engine.ledger.findings.values())
    holds = {id for live in engine.integrations.values() for id in live.over}
    out = []
    for one in engine.baselines.standing:
        state = "ended" if one.until <= now else "holds" if one.id in holds else "in force"
        given = {name: getattr(one, name) for name in StandingRow.__struct_fields__ if hasattr(one, name)}
        given["actor"] = engine.people.name(one.actor) or one.actor
        last = day_of(one.until, engine.config.zone)
        out.append(StandingRow(**given, state=state, last_day=last, waiting=waiting[one.id]))
    return tuple(sorted(out, key=lambda row: (row.state == "ended", row.id)))


async def digest(engine: Engine, limit: int = 14) -> tuple[Day, ...]:
    """The newest days first."""
    listed = await engine.store.decisions(newest_first=True, limit=DIGEST)
    undone = {id for one in listed if one.undoes and one.state not in NOTHING_DONE for id in one.findings}
    days = [one for one in listed if one.how == "policy"][:limit]
    return tuple(_day(engine, one, undone) for one in days)


def _day(engine: Engine, done: Decision, undone: Collection[str]) -> Day:
    known = [engine.ledger.findings[id] for id in done.findings if id in engine.ledger.findings]
    taken = [Taken(row.id, done.policies.get(row.id, ""), row.says, row.id in undone) for row in rows(engine, known)]
    return Day(
        decision=done.uuid, integration=done.integration, at=done.at, state=str(done.state), sha=done.sha,
        taken=tuple(sorted(taken, key=lambda one: (one.policy, one.says))),
    )  # fmt: skip


@in_turn
async def add(engine: Engine, asked: Asked, by: str, via: str) -> Decision:
    """Make one, or change the one of that name. Raises Refused with every problem."""
    if (first := await earlier(engine, asked.uuid, mark(asked))) is not None:
        return first
    given = {name: getattr(asked, name) for name in asked.__struct_fields__ if name != "uuid"}
    given |= _instants(engine, asked)
    given["actor"] = actor(engine, asked.actor)
    there = _named(engine, asked.id)
    made = Standing(**given, but=there.but if there is not None else ())
    problems = [*made.problems()]
    if not _NAME.fullmatch(asked.id):
        problems.append("id: expected lower-case letters, digits and dashes, at most 63")
    if made.until <= engine.clock.now():
        problems.append("until: expected a day that is still to come")
    if asked.owner not in engine.config.people.teams:
        problems.append(
            f"owner: expected one of {', '.join(sorted(engine.config.people.teams))}, found {asked.owner!r}"
        )
    for pattern in asked.rules:
        if not any(fnmatchcase(rule.id, pattern) for rule in RULES):
            problems.append(f"rules: no rule is called {pattern!r}; `driftline rules` lists them")
    if problems:
        raise Refused(*problems)
    title = f"{'Change' if there is not None else 'Make'} the standing approval {asked.id}"
    return await _write(engine, asked.uuid, "standing", made.id, made, title, made.reason, by, via, mark(asked))


def _instants(engine: Engine, asked: Asked) -> dict[str, float]:
    """Its times in epoch seconds; a day is meant up to its end, where the stack is. Raises Refused for no day."""
    out, problems = {}, []
    for name in TIMES:
        value = getattr(asked, name)
        instant = end_of(value, engine.config.zone) if isinstance(value, str) else value
        if instant is not None:
            out[name] = instant
        elif value is not None:
            problems.append(f"{name}: expected a day such as 2026-12-31, found {value!r}")
    if problems:
        raise Refused(*problems)
    return out


@in_turn
async def end(engine: Engine, id: str, asked: End, by: str, via: str) -> Decision:
    """From now on it takes nothing; its file goes. Raises Refused."""
    if (first := await earlier(engine, asked.uuid, mark(asked, "end", id))) is not None:
        return first
    if _named(engine, id) is None:
        known = ", ".join(one.id for one in engine.baselines.standing) or "none"
        raise Refused(f"There is no standing approval {id!r}; there are: {known}.")
    if not asked.reason.strip():
        raise Refused("Say why: ending a standing approval needs a reason.")
    title, said = f"End the standing approval {id}", mark(asked, "end", id)
    return await _write(engine, asked.uuid, "end", id, None, title, asked.reason, by, via, said)


def _named(engine: Engine, id: str) -> Standing | None:
    return next((one for one in engine.baselines.standing if one.id == id), None)


async def _write(
    engine: Engine, uuid: str, kind: str, id: str, made: Standing | None, title: str, reason: str, by: str, via: str,
    said: str,
) -> Decision:  # fmt: skip
    path = standing_path(id)
    after = encode_standing(made).decode() if made is not None else None
    work = Work(files=(FileWrite(path=path, before=await engine.baselines.text(path), after=after),))
    return await file(engine, decision(engine, uuid, kind, "", work, by, via, reason, title, said), {"standing": id})
