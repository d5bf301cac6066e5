"""Plays the story: changes a simulated vendor, reads it as the daemon would, and holds what was said against what must
be said. The expectations are the story's own; nothing here knows what the monitor would like them to be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final
from uuid import uuid4

import msgspec

from monitor.core.model import Finding, Phase, Source
from monitor.engine import views
from monitor.engine.core import Engine
from monitor.engine.request import Decide
from monitor.engine.tick import tick
from probes.kit.clock import ManualClock
from probes.simulated.story import SALESFORCE, Expect, Step
from probes.simulated.story_full import WHOLE

from .stage import PLANNED_ENDS, Stage, attest, attest_again

BETWEEN: Final = 25 * 3600.0  # seconds between two lines of the story: longer than the window in which flapping shows
TURN: Final = 3600.0  # seconds between two turns of one line
STILL: Final = 3 * 3600.0  # what changed several times is over when it was still for two hours
NEVER_CAME: Final = Expect(SALESFORCE, "platform", "planned", "*", "missing", source="upkeep", words=("never came",))


class Found(msgspec.Struct, frozen=True):
    """A finding that an expectation met."""

    expected: str
    finding: str
    level: str
    says: str


class Played(msgspec.Struct, frozen=True):
    """One line of the story. It went well when nothing is missing and nothing was said that nobody expected."""

    number: str
    title: str
    says: str
    found: tuple[Found, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole run, as `driftline demo --once --json` prints it."""

    ok: bool
    integrations: tuple[str, ...]
    resources: Mapping[str, int]
    scopes: int
    story: tuple[Played, ...]
    unexpected: tuple[str, ...]
    requests: int


class Player:
    """Plays on an engine whose clock is in our hands: waiting costs nothing."""

    def __init__(self, engine: Engine, stage: Stage, clock: ManualClock) -> None:
        self.engine, self.stage, self.clock = engine, stage, clock
        self.story = lines(engine)
        self.standing: dict[str, Step] = {}  # steps that are done and not undone

    async def capture(self) -> None:
        """The first baselines: everything as found."""
        await capture(self.engine)
        await self.round()

    async def round(self, step: Step | None = None, alone: bool = False) -> None:
        """What a few minutes of the daemon bring: a poll, what is asked on demand about it, the second look at what
        vanished, and the next poll: of the systems of a line only, where one is given. `alone`: all of it only of them,
        since more is to come."""
        await attest_again(self.engine)
        for name in self._of(step if alone else None):
            seen = await self.engine.poll(name)
            await self.engine.demand.settled()
            self.clock.advance(self.engine.config.service.poll.confirm_after)
            if seen.confirm:
                await self.engine.poll(name, ids=seen.confirm, fresh=True)
        self.clock.advance(60.0)
        for name in self._of(step):
            await self.engine.poll(name)
        await self.engine.demand.settled()
        await tick(self.engine)

    def _of(self, step: Step | None) -> list[str]:
        wanted = {one.integration for one in step.expect} if step is not None else self.engine.integrations.keys()
        return [name for name in self.engine.integrations if name in wanted]

    async def do(self, step: Step) -> None:
        self.standing[step.number] = step
        step.do(self.stage.accounts)
        await self._reread(step)
        await self.round(step, alone=bool(step.turns))
        for at, turn in enumerate(step.turns, 1):
            self.clock.advance(TURN)
            turn(self.stage.accounts)
            await self.round(step, alone=at < len(step.turns))

    async def undo(self, step: Step) -> None:
        self.clock.advance(TURN if step.turns else 0.0)
        step.undo(self.stage.accounts)
        self.standing.pop(step.number, None)
        await self._reread(step)
        quiet = max(step.fades, STILL if step.turns else 0.0)
        await self.round(step, alone=quiet > 0)
        if quiet:
            self.clock.advance(quiet)
            await self.round(step)

    async def _reread(self, step: Step) -> None:
        if step.configures and (problems := await self.engine.reload()):
            raise RuntimeError(f"line {step.number}: {'; '.join(problems)}")

    async def everything(self) -> Report:
        """The whole story, each line by itself, put back after it was told."""
        await self.capture()
        quiet = await self.unasked()
        played = [await self.line(step) for step in self.story]
        resources = await self._resources()
        return Report(
            ok=not quiet and all(not one.missing and not one.unexpected for one in played),
            integrations=tuple(self.engine.integrations),
            resources=resources,
            scopes=sum(len(live.known) for live in self.engine.integrations.values()),
            story=tuple(played),
            unexpected=quiet,
            requests=self.stage.requests,
        )

    async def unasked(self) -> tuple[str, ...]:
        """What is told though nothing was changed."""
        return tuple([await self._says(one) for one in self._open() if not self._known(one)])

    async def line(self, step: Step) -> Played:
        """One line on a day of its own, so that what it changes there and back is not taken for flapping."""
        self.clock.advance(BETWEEN)
        needed = [one for one in self.story if one.number in step.needs]
        for one in needed:
            await self.do(one)
        before = {finding.id for finding in self._open()}
        await self.do(step)
        played = await self.check(step, step.expect, before)
        if step.number == "15":
            played = await self._never_came(played)
        if step.number == "16":
            played = await self._approve(played)
        if needed:  # what this line did was to put the others right
            for one in (*needed, step):
                self.standing.pop(one.number)
        else:
            await self.undo(step)
        left = await self.unasked()
        return msgspec.structs.replace(played, unexpected=(*played.unexpected, *(f"left open: {one}" for one in left)))

    async def _never_came(self, played: Played) -> Played:
        """The window of the announced change ends: what of it never came is told, what came is not."""
        self.clock.advance(max(0.0, self.engine.started_at + PLANNED_ENDS - self.clock.now()))
        await self.round()
        told = [one for one in self._all(NEVER_CAME) if one.phase is Phase.OPEN]
        says = [await self._says(one) for one in told]
        found = [
            Found("told at the window's end", one.id, one.level.word, said)
            for one, said in zip(told, says, strict=True)
        ]
        good = len(told) == 1 and "Campaign_Topic__c" in says[0]
        missing = () if good else (f"Campaign_Topic__c alone never came; said was: {says}",)
        return msgspec.structs.replace(played, found=(*played.found, *found), missing=(*played.missing, *missing))

    async def check(self, step: Step, expect: Iterable[Expect], before: set[str]) -> Played:
        """Holds what is open now against the expectations of the steps that stand."""
        found: list[Found] = []
        missing: list[str] = []
        first = ""
        for one in expect:
            name = _name(one)
            hits = [finding for finding in self._all(one) if self._meets(one, finding, first)]
            if one.silent:
                missing += [f"{name}: must be silent, but: {await self._says(hit)}" for hit in hits]
                continue
            told = [hit for hit in hits if await self._tells(one, hit)]
            if not told:
                missing.append(name)
                continue
            first = first or told[0].id
            found += [Found(name, hit.id, hit.level.word, await self._says(hit)) for hit in told]
        known = {one.finding for one in found}
        allowed = [one for standing in self.standing.values() for one in (*standing.expect, *standing.may)]
        extra = [
            finding
            for finding in self._open()
            if finding.id not in known | before
            and not any(self._at(one, finding) for one in (*allowed, *expect))
            and not self._announced(finding)
        ]
        return Played(
            step.number, step.title, step.says, tuple(found), tuple(missing),
            tuple([await self._says(finding) for finding in extra]),
        )  # fmt: skip

    async def _approve(self, played: Played) -> Played:
        """What the agency leaves as it is gets approved, and closes by the commit alone. The mapping that waits for
        what is gone is told then, until flows.yaml no longer says that it comes."""
        option = step_of("1")
        await self.do(option)
        finding = next((f for f in self._all(option.expect[0]) if f.phase is Phase.OPEN), None)
        if finding is None:
            return msgspec.structs.replace(played, missing=(*played.missing, "the option of line 1 to approve"))
        asked = Decide(
            uuid=str(uuid4()), kind="approve", findings={finding.id: finding.claim.fingerprint},
            reason="The stage was retired with its mapping", ticket="MOPS-214",
        )  # fmt: skip
        sent = self.stage.requests
        await self.engine.decide(asked, "demo", "demo")
        await self.engine.commit_decisions()
        closed = self.engine.ledger.findings[finding.id]
        if closed.phase is not Phase.CLOSED or closed.closing != "approved" or self.stage.requests != sent:
            return msgspec.structs.replace(played, missing=(*played.missing, "closing by the commit, without a call"))
        said = Found("closed by the approval's commit", finding.id, finding.level.word, await self._says(finding))
        self.standing.pop("1", None)
        broken = [one for expected in option.expect[1:] for one in self._all(expected)]
        if not all(one.phase is Phase.OPEN and not one.cause for one in broken):
            return msgspec.structs.replace(played, missing=(*played.missing, "what the approval did not mend, told"))
        told = [Found("not hidden by the approval", one.id, one.level.word, await self._says(one)) for one in broken]
        await asyncio.to_thread(self.stage.without_stage, option.expect[0].item)
        problems = await self.engine.reload()
        left = [await self._says(one) for one in broken if one.phase is not Phase.CLOSED]
        return msgspec.structs.replace(
            played, found=(*played.found, said, *told), missing=(*played.missing, *problems, *left)
        )

    # -- looking ------------------------------------------------------------------------------------------------------

    def _open(self) -> list[Finding]:
        return [f for f in self.engine.ledger.findings.values() if f.phase is Phase.OPEN]

    def _known(self, finding: Finding) -> bool:
        """What stands whatever is played."""
        return self._at(NEVER_CAME, finding) or self._announced(finding)

    def _announced(self, finding: Finding) -> bool:
        """An end that a vendor announced for a version: it comes near by the calendar alone."""
        asked = (one for step in self.story for one in step.expect)
        end = finding.address.source is Source.UPKEEP and finding.address.fact == "sunset_on"
        return end and not any(self._at(one, finding) for one in asked)

    def _all(self, one: Expect) -> list[Finding]:
        return [f for f in self.engine.ledger.findings.values() if self._at(one, f)]

    def _at(self, one: Expect, finding: Finding) -> bool:
        address = finding.address
        key = self.engine.people.pseudonym(one.key) if one.person else one.key
        parts = ((address.scope, one.scope), (address.key, key), (address.item, one.item or "*"))
        return (
            address.subject == (one.flow or one.integration)
            and address.source.value == one.source
            and one.kind in ("*", address.kind.value)
            and fnmatchcase(address.fact, one.fact or ("*" if one.silent else ""))
            and all(fnmatchcase(value, pattern) for value, pattern in parts)
        )

    def _meets(self, one: Expect, finding: Finding, first: str) -> bool:
        if one.closes:
            return finding.phase is Phase.CLOSED and finding.closing == "agreed"
        if finding.phase is not Phase.OPEN:
            return False
        if one.folded and finding.cause != first:
            return False
        return one.action in ("", finding.claim.action.value) and one.level in ("", finding.level.word)

    async def _tells(self, one: Expect, finding: Finding) -> bool:
        """Whether all the words that must be said are on the finding's page."""
        page = msgspec.json.encode(await views.detail(self.engine, finding.id)).decode()
        return all(word in page for word in one.words)

    async def _says(self, finding: Finding) -> str:
        row = (await views.detail(self.engine, finding.id)).row
        return f"{row.level}: {row.says} ({row.technical})"

    async def _resources(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for live in self.engine.integrations.values():
            for ref, known in live.known.items():
                counts[ref.kind.value] = counts.get(ref.kind.value, 0) + known.rows
        return dict(sorted(counts.items()))


def _name(one: Expect) -> str:
    parts = [one.integration, one.kind, one.scope, one.key, one.fact, one.item]
    return "/".join(part for part in parts if part) + (f" {one.action}" if one.action else "")


def step_of(number: str) -> Step:
    """Raises KeyError for a number the story does not have."""
    for step in WHOLE:
        if step.number == number:
            return step
    raise KeyError(f"the story has no line {number}; it has {', '.join(step.number for step in WHOLE)}")


def lines(engine: Engine) -> tuple[Step, ...]:
    """The lines whose systems are all in this stack."""
    there = engine.config.integrations.keys()
    return tuple(step for step in WHOLE if {one.integration for one in step.expect} <= there)


async def capture(engine: Engine) -> None:
    """The first baselines: everything as found."""
    await attest(engine)
    for name in engine.integrations:
        await engine.poll(name)
        await engine.decide(Decide(uuid=str(uuid4()), kind="capture", integration=name), "demo", "demo")
    await engine.commit_decisions()


def as_document(report: Report) -> Any:
    return msgspec.to_builtins(report)
