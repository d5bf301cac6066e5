"""Holds what a case expects against the ledger and the repository. Expectations are plain data, parsed here; no level
or rule is worked out from the code.

A finding is written `level [source] kind scope key [fact [item]] action [under kind scope key [fact]]`; the source is
drift where none stands, `-` is an empty part, `person:x` the pseudonym of x. `expect` names all that is open, no more.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import msgspec

from monitor.core.model import Finding, Phase
from monitor.engine import views
from monitor.engine.core import Engine
from monitor.engine.restless import proposed

from .account import Shop

NAME = "shop"
ACROSS = frozenset({"mapping", "definition"})
SOURCES = frozenset({"drift", "health", "mapping", "definition", "policy", "fault", "upkeep"})
FIELDS, RIGHTS, HOLDERS = "/objects/{}/fields", "/objects/{}/rights", "/objects/{}/holders"


def path_of(name: str) -> str:
    """`card` is the list of that object's fields, `card-rights` that of its rights, `card-holders` of who may use it,
    `/x` is what it says."""
    if name.startswith("/"):
        return name
    if name.endswith("-holders"):
        return HOLDERS.format(name.removesuffix("-holders"))
    if name.endswith("-rights"):
        return RIGHTS.format(name.removesuffix("-rights"))
    lists = ("objects", "people", "sets", "grants", "jobs", "automations", "forms", "plan", "me")
    return f"/{name}" if name in lists else FIELDS.format(name)


class Held:
    """The half of a case under way that looks. `shown`: rules whose findings stood open when an `expect` was held."""

    engine: Engine
    shop: Shop
    shown: set[str]
    unseen: frozenset[str]
    mark: int

    async def do_expect(self, value: list[str] | None) -> None:
        await self._said("open", value or [])

    async def _said(self, what: str, texts: list[str]) -> None:
        open_ = [one for one in self._findings(Phase.OPEN)]
        found, wanted = (
            [" ".join(self._written(one)) for one in open_],
            [" ".join(self._parsed(text)) for text in texts],
        )
        extra, missing = sorted(set(found) - set(wanted)), sorted(set(wanted) - set(found))
        assert not extra and not missing and len(found) == len(wanted), (
            f"{what}: not expected {extra}, missing {missing}"
        )
        self.shown |= {one.claim.verdict.rule for one in open_ if one.claim.verdict is not None}

    def do_standing(self, value: Mapping[str, list[str]]) -> None:
        """Findings that are told to nobody yet: `suspected`, `held`; `kind scope key` each."""
        for phase, places in value.items():
            found = [one for one in self._findings(Phase(phase)) if not one.address.fact]
            assert sorted(" ".join(self._place(one)[1:4]) for one in found) == sorted(places), phase

    def do_held(self, value: int) -> None:
        assert len(self._findings(Phase.HELD)) == value

    async def do_told(self, value: int) -> None:
        """How often people heard of something since the last `told`, or since the start."""
        events = await self.engine.store.events(after=self.mark, told=True)
        events = [(seq, event) for seq, event in events if event.address.source not in self.unseen]
        assert len(events) == value, [(event.type, event.address) for _, event in events]
        self.mark = await self._newest()

    async def _newest(self) -> int:
        return max((seq for seq, _ in await self.engine.store.events()), default=0)

    def do_coverage(self, value: Mapping[str, str]) -> None:
        reads = self.engine.integrations[NAME].reads
        assert {id: str(reads[id][0].state) for id in value} == dict(value)

    def do_kept(self, value: Mapping[str, int]) -> None:
        """Scopes whose last good facts stand, with how many rows."""
        known = {f"{ref.kind} {ref.name}": one.rows for ref, one in self.engine.integrations[NAME].known.items()}
        assert {name: known[name] for name in value} == dict(value)

    def do_proposals(self, value: list[str]) -> None:
        found = {f"{ref.kind} {ref.name}" for ref in self.engine.integrations[NAME].proposals}
        assert found == set(value)

    async def do_says(self, value: Mapping[str, str]) -> None:
        """Words on a finding's page."""
        for text, words in value.items():
            page = msgspec.json.encode(await views.detail(self.engine, self._at(text).id)).decode()
            assert words in page, page

    def do_closed(self, value: Mapping[str, str]) -> None:
        """Findings that are closed, each with why."""
        closed = self._findings(Phase.CLOSED)
        for text, why in value.items():
            found = [one for one in closed if self._place(one) == self._split(text)]
            assert found and str(found[-1].closing) == why, [self._place(one) for one in closed]

    def do_flapping(self, value: list[str]) -> None:
        found = [self._place(one) for one in self.engine.ledger.findings.values() if one.flapping]
        assert sorted(found) == sorted(map(self._split, value))

    def do_asked(self, value: Mapping[str, int]) -> None:
        """How often a list was asked for since the last `asked`."""
        assert {name: self.shop.asked.count(path_of(name)) for name in value} == dict(value)
        self.shop.asked.clear()

    async def do_proposed(self, value: Mapping[str, str]) -> None:
        """Facts that change in most polls, as patterns: in how many, and the last value."""
        rows = await proposed(self.engine)
        assert {one.pattern: f"{one.changed} of {one.polls}, {one.values[0]}" for one in rows} == value

    async def do_git(self, value: Mapping[str, Any]) -> None:
        """`lacks`, `has`: texts of all files of the branch; `commits`: how many the branch has; `paths`."""
        run, ref = self.engine.baselines.git.run, self.engine.baselines.ref
        paths = (await run("ls-tree", "-r", "--name-only", ref)).decode().split("\n")
        every = "".join([(await run("show", f"{ref}:{path}")).decode() for path in paths if "baselines" in path])
        every += (await run("log", "--format=%B%an%ae", ref)).decode()
        assert not [text for text in value.get("lacks", []) if text in every]
        assert [text for text in value.get("has", []) if text not in every] == []
        if "commits" in value:
            count = await run("rev-list", "--count", ref, "--grep=Driftline-Decision")
            assert int(count) == value["commits"]

    # -- names --------------------------------------------------------------------------------------------------------

    def _findings(self, phase: Phase) -> list[Finding]:
        """But for what looks across systems, where a case is not about that."""
        every = self.engine.ledger.findings.values()
        return [one for one in every if one.phase is phase and one.address.source not in self.unseen]

    def _at(self, text: str) -> Finding:
        found = [one for one in self._findings(Phase.OPEN) if self._place(one) == self._split(text)]
        assert len(found) == 1, f"{text}: {[self._place(one) for one in self._findings(Phase.OPEN)]}"
        return found[0]

    @staticmethod
    def _place(one: Finding) -> list[str]:
        """Of an ignore the key is an id that is made of the finding's; a case does not know it."""
        a = one.address
        return [str(a.source), str(a.kind), a.scope, "id" if a.scope == "ignores" else a.key, a.fact, a.item]

    def _split(self, text: str) -> list[str]:
        """`[source] kind scope key [fact [item]]` in six parts."""
        words = ["" if word == "-" else self._person(word) for word in shlex.split(text)]
        if words[0] not in SOURCES:
            words.insert(0, "drift")
        return [*words, "", "", ""][:6]

    def _person(self, word: str) -> str:
        head, mark, rest = word.partition("person:")
        who, slash, more = rest.partition("/")
        return f"{head}{self.engine.people.pseudonym(who)}{slash}{more}" if mark else word

    def _parsed(self, text: str) -> list[str]:
        said, _, under = text.partition(" under ")
        level, *words, action = shlex.split(said)
        cause = self._split(under) if under else []
        return [level, *self._split(shlex.join(words)), action, *cause]

    def _written(self, one: Finding) -> list[str]:
        root = self.engine.ledger.findings.get(one.cause)
        return [one.level.word, *self._place(one), str(one.claim.action), *(self._place(root) if root else [])]
