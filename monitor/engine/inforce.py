"""What is in force: the branch, but for what was pushed there, takes two people, and nobody has agreed to here.

The author of a commit is nobody's authority, so a push is one person at most. The files in force are a tree of their
own beside the branch (ADR 17): what each reading is compared with, and every file that hides or announces something.
Nothing of the history is walked. What differs between the two is either ours, by decisions that were carried out, or
takes one person, or waits. So a rewritten history, a merge and a restart are nothing special.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from monitor.adapters import described
from monitor.adapters.baselines import FORCE
from monitor.adapters.baselines_tree import Snapshot
from monitor.adapters.failpoints import reach
from monitor.adapters.layout import IGNORES, PLANNED, VANTAGE, LayoutError
from monitor.adapters.lease import GIT
from monitor.adapters.recording import AGREED, carried_out
from monitor.adapters.records import Decision, FileWrite, TrailEntry
from monitor.core import body as bodies
from monitor.core import sight
from monitor.core.accept import Edit, amend, edits
from monitor.core.body import BodyError
from monitor.core.compare import compare
from monitor.core.eyes import Watched, may_take_two
from monitor.core.judge import judge
from monitor.core.model import Body, Change, Claim
from probes.kit.contract import Kind, Ref

from . import eyes
from .undoing import reverse

if TYPE_CHECKING:
    from .core import Engine

KEPT: Final = "baselines.force"  # flag of the store
NONE: Final = "[]"  # nothing takes two people
TITLE: Final = "In force: the branch without what was pushed there and takes two people\n"


class Kept(msgspec.Struct, frozen=True):
    """`sha`: the commit whose files are in force; `tip`: where the branch was when that was made; `rules`: what took
    two people then."""

    sha: str
    tip: str
    rules: str


def rules_of(engine: Engine) -> tuple[Watched, ...]:
    """None where the branch itself takes nothing that two people have not reviewed."""
    return () if engine.config.service.git.protected else eyes.watched(engine)


async def load(engine: Engine) -> None:
    """At the start, before anything is compared or carried out: what was in force last."""
    kept = await _kept(engine)
    if kept is not None and rules_of(engine) and await _there(engine, kept):
        await engine.baselines.hold(kept.sha)
        _note(engine)


async def settle(engine: Engine) -> None:
    """The branch was read again: brings what is in force up to it. The caller holds `git`."""
    if not engine.leases.holds(GIT):
        await load(engine)
        return
    rules, tip, kept = rules_of(engine), engine.baselines.seen, await _kept(engine)
    agreed = await engine.store.flags(AGREED)
    now = Kept(tip, tip, msgspec.json.encode(rules).decode()) if rules else Kept("", "", NONE)
    changes: dict[str, bytes | None] = {}
    if rules and kept is not None and await _there(engine, kept):
        await engine.baselines.hold(kept.sha)
        if (kept.tip, kept.rules) == (tip, now.rules) and not agreed:
            return
        done = [await engine.store.decision(uuid) for uuid in carried_out(agreed)]
        ours = [one for one in done if one is not None and await engine.committer.arrived(one)]
        agreed = {one.uuid: agreed[one.uuid] for one in ours}
        changes = await _Kept(engine, rules, ours).back()
    if changes:
        sha = await engine.baselines.write(TITLE, changes, tip, [tip])
        await engine.baselines.git.run("update-ref", FORCE, sha)
        now = msgspec.structs.replace(now, sha=sha)
    before = dict(engine.pushed)
    await engine.baselines.hold(now.sha)
    _note(engine)
    if now != (kept or Kept("", "", NONE)) or agreed:
        await _keep(engine, now, agreed, before)


async def _there(engine: Engine, kept: Kept) -> bool:
    """Whether it can be gone on from: something took two people then, and the clone still has the commit. Otherwise
    what is on the branch is taken as it is, as it is for a new store."""
    return kept.rules != NONE and (not kept.sha or await engine.baselines.resolve(kept.sha) == kept.sha)


def _note(engine: Engine) -> None:
    """Which files of the branch are not in force, and since when that is known."""
    force, tip = engine.baselines.force.files, engine.baselines.snapshot.files
    differ = (
        () if force is tip else sorted(path for path in force.keys() | tip.keys() if force.get(path) != tip.get(path))
    )
    engine.pushed = {path: engine.pushed.get(path, engine.clock.now()) for path in differ}


async def _kept(engine: Engine) -> Kept | None:
    text = await engine.store.flag(KEPT)
    return msgspec.json.decode(text, type=Kept) if text else None


async def _keep(engine: Engine, now: Kept, agreed: Iterable[str], before: Collection[str]) -> None:
    at, paths = engine.clock.now(), engine.pushed
    told = {"pushed, waits": [one for one in paths if one not in before],
            "in force": [one for one in before if one not in paths]}  # fmt: skip
    reach("force.before")
    async with engine.leases.keeping(GIT) as tx:
        await tx.set_flag(KEPT, msgspec.json.encode(now).decode())
        for flag in agreed:
            await tx.set_flag(AGREED + flag, None)
        for what, which in told.items():
            if which:
                data = {"sha": engine.baselines.seen, "paths": which}
                await tx.add_trail(TrailEntry(at=at, who="driftline", what=what, data=data))
    reach("force.after")


class _Kept:
    """What of the branch is not in force: files as they are to stay instead."""

    def __init__(self, engine: Engine, rules: Iterable[Watched], ours: list[Decision]) -> None:
        self._engine, self._rules, self._ours = engine, tuple(rules), ours
        self._force, self._tip = engine.baselines.force, engine.baselines.snapshot

    async def back(self) -> dict[str, bytes | None]:
        out: dict[str, bytes | None] = {}
        for path in sorted(self._force.files.keys() | self._tip.files.keys()):
            if self._force.files.get(path) != self._tip.files.get(path):
                mine, theirs = await self._agreed(path), await self._read(self._tip, path)
                if mine != theirs and (stays := await self._stays(path, mine, theirs)) != theirs:
                    out[path] = stays
        return out

    async def _read(self, snapshot: Snapshot, path: str) -> bytes | None:
        blob = snapshot.files.get(path)
        return None if blob is None else await self._engine.baselines.git.run("cat-file", "blob", blob)

    async def _agreed(self, path: str) -> bytes | None:
        """A file in force, with what was decided here and carried out since."""
        text = await self._read(self._force, path)
        for decision in self._ours:
            for file in decision.work.files:
                if file.path == path:
                    text = None if file.after is None else file.after.encode()
            for capture in decision.work.captures:
                if path == self._path(decision.integration, capture.ref):
                    text = await self._engine.store.content(bytes.fromhex(capture.digest)) if capture.digest else None
            mine = [one for one in decision.work.edits if path == self._path(decision.integration, one.ref)]
            if mine and text is not None:
                text = bodies.encode(_made(bodies.decode(text), mine))
        return text

    def _path(self, integration: str, ref: Ref) -> str:
        for entries in (
            self._engine.baselines.branch_entries(integration),
            self._engine.baselines.entries(integration),
        ):
            if ref in entries:
                return entries[ref].path
        return ""

    async def _stays(self, path: str, mine: bytes | None, theirs: bytes | None) -> bytes | None:
        """What of a file is in force: the branch's, or what was, or the branch's but for some facts."""
        top, integration = path.partition("/")[0], eyes.folder(self._engine, path)
        if top in (IGNORES, PLANNED, *described.FOLDERS):
            return mine if self._hides(path, mine, theirs) else theirs
        if not integration or not path.endswith(".json"):
            return theirs
        if path.endswith(f"/{VANTAGE}"):
            return mine if self._whole(integration, Ref(Kind.PERMISSION, sight.SCOPE)) else theirs
        before, after = _body(mine), _body(theirs)
        known = before or after
        if known is None:
            return mine if any(self._whole(integration, Ref(kind, "*")) for kind in Kind) else theirs
        if before is None or after is None or before.ref != after.ref or before.facts != after.facts:
            return mine if self._whole(integration, known.ref) else theirs
        held = [one for one in compare(before, after, None) if self._two(integration, one)]
        if not held:
            return theirs
        back = amend(after, reverse(edits(before, after, held)))
        return mine if back.conflicted else bodies.encode(back.body)

    def _whole(self, integration: str, ref: Ref) -> bool:
        return may_take_two(self._rules, integration, ref)

    def _two(self, integration: str, change: Change) -> bool:
        claim = Claim(change.address(integration), change.action, change.before, change.after)
        live = self._engine.integrations.get(integration)
        if live is None:
            return self._whole(integration, change.ref)
        return eyes.of_claim(self._rules, judge(claim, self._engine.context(live), self._engine.clock.now()))

    def _hides(self, path: str, mine: bytes | None, theirs: bytes | None) -> bool:
        if theirs is None and path.partition("/")[0] in eyes.BESIDE:
            return False  # less is hidden than before
        before = mine.decode(errors="replace") if mine is not None else None
        after = theirs.decode(errors="replace") if theirs is not None else None
        write = FileWrite(path=path, before=before, after=after)
        try:
            return bool(eyes.of_file(self._engine, self._rules, write))
        except LayoutError:
            return False  # it cannot be read, so it hides nothing


def _body(raw: bytes | None) -> Body | None:
    try:
        return None if raw is None else bodies.decode(raw)
    except BodyError:
        return None


def _made(body: Body, done: list[Edit]) -> Body:
    """With these facts as they were written, whatever was there."""
    now: list[Edit] = []
    for edit in done:
        row = body.rows.get(edit.key)
        there = None if row is None else dict(row.facts) if not edit.fact else row.facts.get(edit.fact)
        now.append(edit if edit.rename_to else msgspec.structs.replace(edit, before=there))
    return amend(body, now).body


async def held(engine: Engine) -> Mapping[str, FileWrite]:
    """What waits on the branch, by path: `before` is in force, `after` was pushed."""
    out: dict[str, FileWrite] = {}
    force, tip = engine.baselines.force, engine.baselines.snapshot
    for path in sorted(force.files.keys() | tip.files.keys()) if force is not tip else ():
        if force.files.get(path) != tip.files.get(path):
            texts = [await _text(engine, one.files.get(path)) for one in (force, tip)]
            out[path] = FileWrite(path=path, before=texts[0], after=texts[1])
    return out


async def _text(engine: Engine, blob: str | None) -> str | None:
    return None if blob is None else (await engine.baselines.git.run("cat-file", "blob", blob)).decode(errors="replace")
