"""What a decision makes of a branch as it is: the files to write, and what stands against it. Writes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

import msgspec

from monitor.core.accept import Edit, amend
from monitor.core.body import decode, encode
from monitor.core.model import Body
from probes.kit.contract import Ref

from .baselines import Baselines
from .layout import Places
from .records import Capture, Decision, FileWrite
from .store import Store


class Plan(msgspec.Struct):
    """What a decision makes of the branch as it is: files to write, and what stands against it."""

    changes: dict[str, bytes | Callable[[], Awaitable[bytes]] | None] = {}
    conflicts: list[str] = []


class Planner:
    """Plans on a branch. `seen` is the branch that people decide on: where a proposal of ours has moved a whole scope
    or file on from what they saw there, the newer decision stands."""

    def __init__(self, store: Store, seen: Baselines) -> None:
        self._store, self._seen = store, seen

    async def plan(self, decision: Decision, branch: Baselines) -> Plan:
        plan = Plan()
        by_ref = _by_ref(decision.work.edits)
        await self._amend(decision.integration, by_ref, branch, plan)
        taken = [bytes.fromhex(capture.digest) for capture in decision.work.captures if capture.digest]
        kept = await self._store.have_content(taken)
        places = branch.places()
        for capture in decision.work.captures:
            self._capture(decision.integration, capture, kept, places, branch, plan)
        for file in decision.work.files:
            await self._file(file, branch, plan)
        return plan

    async def holds(self, decision: Decision, branch: Baselines) -> bool:
        """Whether the branch says all that was decided, whoever wrote it there."""
        entries = branch.branch_entries(decision.integration)
        for capture in decision.work.captures:
            entry = entries.get(capture.ref)
            if (entry.digest.hex() if entry else "") != capture.digest:
                return False
        for file in decision.work.files:
            if await branch.text(file.path) != file.after:
                return False
        for ref, edits in _by_ref(decision.work.edits).items():
            raw = await branch.branch_raw(decision.integration, ref)
            if raw is None or len(amend(decode(raw), edits).already) != len(edits):
                return False
        return True

    def paths(self, decision: Decision, branch: Baselines) -> list[str]:
        """The files that it is about."""
        refs = {*(one.ref for one in decision.work.edits), *(one.ref for one in decision.work.captures)}
        scopes = (branch.path_of(decision.integration, ref) for ref in sorted(refs))
        return [*scopes, *(file.path for file in decision.work.files)]

    async def _amend(self, integration: str, by_ref: Mapping[Ref, list[Edit]], branch: Baselines, plan: Plan) -> None:
        gone = by_ref.keys() - branch.branch_entries(integration).keys()
        plan.conflicts += [f"{ref.kind}/{ref.name} has no baseline any more" for ref in sorted(gone)]
        async with aclosing(branch.bodies(integration, by_ref, branch=True)) as bodies:
            async for ref, body in bodies:
                amended = amend(body, await self._over(integration, body, by_ref[ref]))
                name = f"{ref.kind}/{ref.name}"
                for edit in amended.conflicted:
                    what = " ".join(part for part in (edit.key, edit.fact) if part)
                    plan.conflicts.append(f"{name}: the baseline of {what} is neither what you saw nor the new")
                if amended.done:
                    plan.changes[branch.path_of(integration, ref)] = encode(amended.body)

    async def _over(self, integration: str, body: Body, edits: list[Edit]) -> list[Edit]:
        """Edits as they are to be made on what a branch has: where what is in force is what a person saw, and the
        branch has what was pushed there and takes two people, that is what the edit takes the place of."""
        mine, theirs = self._seen.entries(integration), self._seen.branch_entries(integration)
        if body.ref not in mine or body.ref not in theirs or mine[body.ref].digest == theirs[body.ref].digest:
            return edits
        force = await self._seen.body(integration, body.ref)
        assert force is not None  # noqa: S101 - it is among the entries
        stale = {id(edit) for edit in amend(body, edits).conflicted}
        sound = {id(edit) for edit in amend(force, edits).done}
        return [
            msgspec.structs.replace(edit, before=_there(body, edit.key, edit.fact))
            if id(edit) in stale & sound and not edit.rename_to
            else edit
            for edit in edits
        ]

    def _capture(
        self, integration: str, capture: Capture, kept: Collection[bytes], places: Places, branch: Baselines, plan: Plan
    ) -> None:
        there, shown, force = (
            entry.digest.hex() if (entry := entries.get(capture.ref)) else ""
            for entries in (
                branch.branch_entries(integration), self._seen.branch_entries(integration),
                self._seen.entries(integration),
            )
        )  # fmt: skip
        if there == capture.digest:
            return
        name = f"{capture.ref.kind}/{capture.ref.name}"
        if capture.before not in (there, shown, force):
            plan.conflicts.append(f"{name}: its baseline is not the one you saw")
            return
        if not capture.digest:
            plan.changes[branch.path_of(integration, capture.ref)] = None
            return
        mark = bytes.fromhex(capture.digest)
        if mark not in kept:
            plan.conflicts.append(f"{name}: what was read then is not kept any more")
            return
        path = branch.path_of(integration, capture.ref, places)
        plan.changes[path] = partial(self._content, mark)

    async def _content(self, mark: bytes) -> bytes:
        """A body as it was read, only when its turn comes: a first capture may be of a thousand."""
        content = await self._store.content(mark)
        if content is None:
            raise LookupError(f"content {mark.hex()} was pruned while a decision waited for it")
        return content

    async def _file(self, file: FileWrite, branch: Baselines, plan: Plan) -> None:
        there = await branch.text(file.path)
        if there == file.after:
            return
        if file.before not in (there, await self._seen.text(file.path)):
            plan.conflicts.append(f"{file.path} is neither what you saw nor the new")
        else:
            plan.changes[file.path] = None if file.after is None else file.after.encode()


def _there(body: Body, key: str, fact: str) -> Any:
    row = body.rows.get(key)
    if row is None or not fact:
        return None if row is None else dict(row.facts)
    return row.facts.get(fact)


def _by_ref(edits: Collection[Edit]) -> dict[Ref, list[Edit]]:
    found: dict[Ref, list[Edit]] = {}
    for edit in edits:
        found.setdefault(edit.ref, []).append(edit)
    return found
