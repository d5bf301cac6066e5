"""Plays a week of changes on the example stack, as the daemon would read it: polls through the day, second looks, the
ticks of time, the policies' hour at night, and what the committer brings into git."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from monitor.core.model import Finding, Phase
from monitor.demo.play import Player
from monitor.engine.rows import waits_for
from monitor.engine.tick import tick

DAY, HOUR = 86_400.0, 3_600.0
FILE = Path(__file__).with_name("week.yaml")


class Seen(msgspec.Struct, frozen=True):
    """Where a person must be told of a harmful change; `key` names a mailbox where the monitor has a pseudonym."""

    integration: str
    kind: str
    scope: str
    key: str
    fact: str


class Step(msgspec.Struct, frozen=True):
    """One change: the account, its control method, and that method's arguments."""

    on: str
    do: str
    args: Mapping[str, Any] = msgspec.field(name="with", default_factory=dict)
    seen: Seen | None = None


class Day(msgspec.Struct, frozen=True):
    day: str
    harmless: tuple[Step, ...] = ()
    harmful: tuple[Step, ...] = ()


class Week(msgspec.Struct, frozen=True):
    most: int
    days: tuple[Day, ...]

    @property
    def harmless(self) -> list[Step]:
        return [step for day in self.days for step in day.harmless]

    @property
    def harmful(self) -> list[Step]:
        return [step for day in self.days for step in day.harmful]


def week() -> Week:
    text = FILE.read_text("utf-8")
    return msgspec.convert(yaml.load(text, Loader=Plain), Week)  # noqa: S506  a safe loader


class Plain(yaml.SafeLoader):
    """`on` is a word here, not a truth value."""


Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Queue:
    """Plays the week. `reached`: what was a person's to decide at any time; `urgent`: what was a page."""

    def __init__(self, player: Player) -> None:
        self.player, self.engine, self.clock = player, player.engine, player.clock
        self.reached: dict[str, Finding] = {}
        self.urgent: set[str] = set()

    async def play(self, days: Sequence[Day]) -> None:
        """Each day: its changes one after the other, a look at the end of the day, and the night."""
        for day in days:
            for step in (*day.harmless, *day.harmful):
                getattr(getattr(self.player.stage.accounts, step.on), step.do)(**step.args)
                self.clock.advance(60.0)
            await self.look()
            self.clock.advance(DAY - self.clock.now() % DAY + 5 * HOUR)  # five in the morning: past the policies' hour
            await self.look()
            await self.engine.commit_decisions()
            await self.engine.push()
            self._note()

    async def look(self) -> None:
        """A poll of everything, with the second look at what is gone."""
        await self.player.round()
        await tick(self.engine)
        self._note()

    def _note(self) -> None:
        for finding in self.engine.ledger.findings.values():
            if finding.phase is not Phase.OPEN or finding.cause:
                continue
            if not waits_for(self.engine, finding):
                self.reached[finding.id] = finding
            if finding.claim.verdict is not None and finding.claim.verdict.urgency == "page":
                self.urgent.add(finding.id)

    def at(self, seen: Seen) -> Finding | None:
        """The finding of a harmful change, or what it hangs under."""
        key = self.engine.people.pseudonym(seen.key) if "@" in seen.key else seen.key
        for finding in self.engine.ledger.findings.values():
            a = finding.address
            if (a.subject, a.kind, a.scope, a.key, a.fact) == (seen.integration, seen.kind, seen.scope, key, seen.fact):
                return self.engine.ledger.findings.get(finding.cause, finding)
        return None
