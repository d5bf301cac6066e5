"""undo: a commit of ours is taken back by another that does the reverse. What it approved is asked of people again.

A person's decision can be undone for ten minutes: a slip of the hand is noticed at once, and later others have built
on it. What a policy approved nobody has looked at, so it can be undone whenever somebody does. Facts get back the
origin that they had.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

import msgspec

from monitor.adapters.layout import decode_standing, encode_standing, standing_path
from monitor.adapters.records import NOTHING_DONE, Capture, Decision, DecisionState, FileWrite, Work
from monitor.core.accept import Edit
from monitor.core.policy import RECORD
from probes.kit.contract import digest

from .filing import decision, file
from .repeated import earlier, in_turn, mark
from .request import UNDO_SECONDS, Refused, Uuid, decided_at
from .surface import Engine as Surface

if TYPE_CHECKING:
    from .core import Engine

_WRITTEN: Final = (DecisionState.COMMITTED, DecisionState.PROPOSED, DecisionState.PUSHED)
_LOOKED: Final = 400  # decisions looked through for one that was taken back already


class Undo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`decision`: what to take back; `findings`: these of a policy's day alone, none means all. `uuid` is made by the
    client, so that asking twice undoes once."""

    uuid: Uuid
    decision: str
    reason: str = ""
    findings: tuple[str, ...] = ()


async def undone(engine: Surface) -> frozenset[str]:
    """Decisions, of the newest ones, that another has taken back."""
    listed = await engine.store.decisions(newest_first=True, limit=_LOOKED)
    return frozenset(one.undoes for one in listed if one.undoes and one.state not in NOTHING_DONE)


@in_turn
async def undo(engine: Engine, asked: Undo, by: str, via: str) -> Decision:
    """Stores the decision, or gives the first one of the same uuid. Raises Refused with every problem."""
    if (first := await earlier(engine, asked.uuid, mark(asked))) is not None:
        return first
    done = await engine.store.decision(asked.decision)
    if done is not None and done.state is DecisionState.QUEUED:
        await engine.commit_decisions()
        done = await engine.store.decision(asked.decision)
    if done is None:
        raise Refused(f"There is no decision {asked.decision!r}; `driftline decisions` lists them.")
    chosen = frozenset(asked.findings or done.findings)
    if problems := [*_unwritten(done), *await _refusals(engine, asked, done, chosen)]:
        raise Refused(*problems)
    whole = chosen == done.findings.keys()
    files = tuple(FileWrite(path=one.path, before=one.after, after=one.before) for one in done.work.files)
    work = Work(
        edits=reverse(done.work.edits if whole else edits_of(engine, done, chosen)),
        captures=await _uncaptured(engine, done),
        files=(*(files if whole else ()), *await _excepted(engine, done, chosen)),
    )
    title = _title(done, chosen)
    made = decision(engine, asked.uuid, "undo", done.integration, work, by, via, asked.reason, title, mark(asked))
    kept = {id: done.findings[id] for id in sorted(chosen)}
    return await file(engine, msgspec.structs.replace(made, undoes=done.uuid, findings=kept), {"undoes": done.uuid})


def _unwritten(done: Decision) -> list[str]:
    if done.state in _WRITTEN:
        return []
    if done.state is DecisionState.WAITING:
        return [f"{done.uuid} waits for a second person, so nothing is done yet; withdraw it instead."]
    if done.state is DecisionState.QUEUED:
        return [f"{done.uuid} is still on its way into git; ask again in a moment."]
    return [f"{done.uuid} is {done.state}: there is no commit to undo."]


async def _refusals(engine: Engine, asked: Undo, done: Decision, chosen: Collection[str]) -> list[str]:
    out = [f"{id} is not in {done.uuid}." for id in sorted(chosen) if id not in done.findings]
    if done.how == "policy":
        if not asked.reason.strip():
            out.append("Say why: undoing what a policy approved needs a reason.")
        return out + _recorded(engine, done, chosen)
    if asked.findings and chosen != done.findings.keys():
        out.append("A person's decision is undone as a whole; leave the findings out.")
    if done.uuid in await undone(engine):
        out.append(f"{done.uuid} was undone already.")
    elif engine.clock.now() > (decided := decided_at(done)) + UNDO_SECONDS:
        minutes = int((engine.clock.now() - decided) // 60)
        out.append(
            f"{done.uuid} was decided {minutes} minutes ago, and a decision can be undone for "
            f"{UNDO_SECONDS / 60:.0f}. Revert its commit in the repository, or capture what is to be the baseline."
        )
    return out


def _recorded(engine: Engine, done: Decision, chosen: Collection[str]) -> list[str]:
    """Why some of a policy's day cannot be undone: it would be approved again tomorrow."""
    out = []
    live = engine.integrations.get(done.integration)
    for id in sorted(chosen):
        finding = engine.ledger.findings.get(id)
        if finding is None or live is None or done.policies.get(id) != RECORD:
            continue
        scope = finding.address.scope
        if live.config.level(finding.address.kind.value, scope) == "record":
            out.append(f"{id} is in {scope}, which is watched at the level record: set its watch to review first.")
    return out


def edits_of(engine: Engine, done: Decision, chosen: Collection[str]) -> tuple[Edit, ...]:
    """The edits of these findings alone."""
    addresses = [engine.ledger.findings[id].address for id in chosen if id in engine.ledger.findings]
    places = {(a.ref, a.key, a.fact.partition(".")[0] if a.item else a.fact) for a in addresses}
    return tuple(edit for edit in done.work.edits if (edit.ref, edit.key, edit.fact) in places)


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


async def _uncaptured(engine: Engine, done: Decision) -> tuple[Capture, ...]:
    """Scopes go back to the baseline that they had, or to none. A body that is not kept any more comes out of git."""
    captures = done.work.captures
    kept = await engine.store.have_content(bytes.fromhex(one.before) for one in captures if one.before)
    for one in captures:
        if one.before and bytes.fromhex(one.before) not in kept:
            raw = await engine.baselines.before(
                done.sha, engine.view(done.integration).path_of(done.integration, one.ref)
            )
            await engine.store.stage([(digest(raw), raw)])
    return tuple(Capture(ref=one.ref, digest=one.before, before=one.digest) for one in captures)


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


def _title(done: Decision, chosen: Collection[str]) -> str:
    if done.how == "policy":
        return f"Undo {len(chosen)} changes of {done.integration} that a policy approved"
    return f"Undo: {done.message.partition(chr(10))[0]}"[:120]
