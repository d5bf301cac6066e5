"""Standing approvals for people: what stands, what each has taken, and how one is made, ended, or its work undone.

Each of these is a decision like any other: stored first, written into the baselines repository by the committer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

import msgspec

from monitor.adapters.layout import TIMES, decode_standing, encode_standing, standing_path
from monitor.adapters.records import Decision, DecisionState, FileWrite, Work
from monitor.core.accept import Edit
from monitor.core.ignores import day_of, end_of
from monitor.core.policy import RECORD
from monitor.core.rules import RULES
from monitor.core.standing import Standing

from .filing import decision, file
from .request import Refused
from .rows import rows, waits_for
from .standing_shapes import Asked, Day, End, StandingRow, Taken, Undo

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
    undone = {id for one in listed if one.undoes and one.state != DecisionState.CONFLICTED for id in one.findings}
    days = [one for one in listed if one.how == "policy"][:limit]
    return tuple(_day(engine, one, undone) for one in days)


def _day(engine: Engine, done: Decision, undone: Collection[str]) -> Day:
    known = [engine.ledger.findings[id] for id in done.findings if id in engine.ledger.findings]
    taken = [Taken(row.id, done.policies.get(row.id, ""), row.says, row.id in undone) for row in rows(engine, known)]
    return Day(
        decision=done.uuid, integration=done.integration, at=done.at, state=str(done.state), sha=done.sha,
        taken=tuple(sorted(taken, key=lambda one: (one.policy, one.says))),
    )  # fmt: skip


async def add(engine: Engine, asked: Asked, by: str, via: str) -> Decision:
    """Make one, or change the one of that name. Raises Refused with every problem."""
    given = {name: getattr(asked, name) for name in asked.__struct_fields__ if name != "uuid"}
    given |= _instants(engine, asked)
    given["actor"] = engine.people.pseudonym(asked.actor) if "@" in asked.actor else asked.actor
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
    return await _write(engine, asked.uuid, "standing", made.id, made, title, made.reason, by, via)


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


async def end(engine: Engine, id: str, asked: End, by: str, via: str) -> Decision:
    """From now on it takes nothing; its file goes. Raises Refused."""
    if (earlier := await engine.store.decision(asked.uuid)) is not None:
        return earlier
    if _named(engine, id) is None:
        known = ", ".join(one.id for one in engine.baselines.standing) or "none"
        raise Refused(f"There is no standing approval {id!r}; there are: {known}.")
    if not asked.reason.strip():
        raise Refused("Say why: ending a standing approval needs a reason.")
    return await _write(engine, asked.uuid, "end", id, None, f"End the standing approval {id}", asked.reason, by, via)


async def undo(engine: Engine, asked: Undo, by: str, via: str) -> Decision:
    """Put the baseline back to what it was before a policy approved something: the reverse of that commit, by another.
    The same change is then asked of people. Raises Refused."""
    if (earlier := await engine.store.decision(asked.uuid)) is not None:
        return earlier
    done = await engine.store.decision(asked.decision)
    if done is None or done.how != "policy":
        raise Refused(f"{asked.decision!r} is no day of a policy; `driftline standing digest` lists them.")
    if done.state not in (DecisionState.COMMITTED, DecisionState.PUSHED):
        raise Refused(f"{asked.decision} is {done.state}: there is no commit to undo.")
    if not asked.reason.strip():
        raise Refused("Say why: undoing needs a reason.")
    chosen = frozenset(asked.findings or done.findings)
    if problems := [*_unwanted(engine, done, chosen)]:
        raise Refused(*problems)
    addresses = [engine.ledger.findings[id].address for id in chosen if id in engine.ledger.findings]
    places = {(a.ref, a.key, a.fact.partition(".")[0] if a.item else a.fact) for a in addresses}
    whole = chosen == done.findings.keys()
    picked = [edit for edit in done.work.edits if whole or (edit.ref, edit.key, edit.fact) in places]
    work = Work(edits=reverse(picked), files=await _excepted(engine, done, chosen))
    title = f"Undo {len(chosen)} changes of {done.integration} that a policy approved"
    made = decision(engine, asked.uuid, "undo", done.integration, work, by, via, asked.reason, title)
    kept = {id: done.findings[id] for id in sorted(chosen)}
    return await file(engine, msgspec.structs.replace(made, undoes=done.uuid, findings=kept), {"undoes": done.uuid})


def _unwanted(engine: Engine, done: Decision, chosen: Collection[str]) -> list[str]:
    """Why some of it cannot be undone: it was not in it, or would be approved again tomorrow."""
    out = [f"{id} is not in {done.uuid}." for id in sorted(chosen) if id not in done.findings]
    live = engine.integrations.get(done.integration)
    for id in sorted(chosen):
        finding = engine.ledger.findings.get(id)
        if finding is None or live is None or done.policies.get(id) != RECORD:
            continue
        scope = finding.address.scope
        if live.config.level(finding.address.kind.value, scope) == "record":
            out.append(f"{id} is in {scope}, which is watched at the level record: set its watch to review first.")
    return out


def reverse(edits: Collection[Edit]) -> tuple[Edit, ...]:
    """What takes these edits back. Edits of a renamed resource stand under its old key; by now it has the new one."""
    moved = {(edit.ref, edit.key): edit.rename_to for edit in edits if edit.rename_to}
    out = []
    for edit in edits:
        if edit.rename_to:
            out.append(msgspec.structs.replace(edit, key=edit.rename_to, rename_to=edit.key))
        else:
            key = moved.get((edit.ref, edit.key), edit.key)
            out.append(msgspec.structs.replace(edit, key=key, before=edit.after, after=edit.before))
    return tuple(out)


async def _excepted(engine: Engine, done: Decision, chosen: Collection[str]) -> tuple[FileWrite, ...]:
    """The standing approvals that took them, with an exception for each: else they would take them again tomorrow."""
    files = []
    for id in sorted({done.policies[finding] for finding in chosen if finding in done.policies} - {RECORD}):
        path = standing_path(id)
        text = await engine.baselines.text(path)
        if text is None:
            continue  # it was ended meanwhile
        held = decode_standing(text.encode())
        new = {done.findings[finding] for finding in chosen if done.policies.get(finding) == id}
        wider = msgspec.structs.replace(held, but=tuple(sorted({*held.but, *new})))
        files.append(FileWrite(path=path, before=text, after=encode_standing(wider).decode()))
    return tuple(files)


def _named(engine: Engine, id: str) -> Standing | None:
    return next((one for one in engine.baselines.standing if one.id == id), None)


async def _write(
    engine: Engine, uuid: str, kind: str, id: str, made: Standing | None, title: str, reason: str, by: str, via: str
) -> Decision:
    if (earlier := await engine.store.decision(uuid)) is not None:
        return earlier
    path = standing_path(id)
    after = encode_standing(made).decode() if made is not None else None
    work = Work(files=(FileWrite(path=path, before=await engine.baselines.text(path), after=after),))
    return await file(engine, decision(engine, uuid, kind, "", work, by, via, reason, title), {"standing": id})
