"""Plays one case of cases/*.yaml on the shop: what is done at the vendor and by people, and what must then be so.

Expectations are plain data, parsed here and held against the ledger; no level or rule is worked out from the code.
A finding is written `level [source] kind scope key [fact [item]] action [under kind scope key [fact]]`; the source is
drift where none stands, `-` is an empty part, `person:x` the pseudonym of x. `expect` names all that is open, no more.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import shutil
from collections.abc import Mapping
from contextlib import AsyncExitStack
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import yaml

from monitor.adapters.layout import encode_planned
from monitor.core.model import Finding, Phase, PlannedChange
from monitor.engine import views
from monitor.engine.core import Engine
from monitor.engine.request import Decide, Refused
from monitor.engine.tick import tick
from probes.kit.clock import ManualClock
from tests.probes.kit.server import serving

from .account import Shop
from .stack import START, capture, git, lay_out, opened

HERE = Path(__file__).parent
NAME = "shop"
SOURCES = frozenset({"drift", "health", "mapping", "definition", "policy", "fault", "upkeep"})
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
TOKEN = "shop-token-7f3a91"
FIELDS, RIGHTS = "/objects/{}/fields", "/objects/{}/rights"


@cache
def shop() -> Any:
    return yaml.safe_load((HERE / "given" / "shop.yaml").read_text())


def seconds(text: str) -> float:
    return float(text[:-1]) * UNITS[text[-1]]


def merged(base: Any, more: Any) -> Any:
    """Mappings are joined, at any depth; all else is replaced."""
    if isinstance(base, Mapping) and isinstance(more, Mapping):
        return {**base, **{key: merged(base.get(key), value) for key, value in more.items()}}
    return more


def path_of(name: str) -> str:
    """`card` is the list of that object's fields, `card-rights` that of its rights, `/x` is what it says."""
    if name.startswith("/"):
        return name
    if name.endswith("-rights"):
        return RIGHTS.format(name.removesuffix("-rights"))
    lists = ("objects", "people", "sets", "grants", "jobs", "automations", "forms", "plan", "me")
    return f"/{name}" if name in lists else FIELDS.format(name)


class Play:
    """One case under way. `shown`: rules whose findings stood open when an `expect` was held."""

    def __init__(self, case: Mapping[str, Any], folder: Path) -> None:
        self.case, self.folder = case, folder
        self.given = deepcopy(merged(shop(), case.get("given", {})))
        for name, count in self.given.get("many", {}).items():
            self.given["rows"][path_of(name)] += [
                {"name": f"extra{n:02}", "id": f"x{n}", "type": "text", "length": 40} for n in range(count)
            ]
        for place, count in self.given.get("long", {}).items():
            path, _, name = place.partition(".")
            row = next(row for row in self.given["rows"][path_of(path)] if row["name"] == name)
            row["options"] = [{"value": f"o{n:03}", "active": True} for n in range(count)]
        self.shop = Shop(self.given["me"], self.given["rows"], self.given["page"])
        self.clock = ManualClock(START, leap=True)
        self.shown: set[str] = set()
        self.confirm: frozenset[str] = frozenset()
        self.mark = 0
        self.engine: Engine

    async def run(self, models: Path) -> None:
        """`models`: a folder in which stacks that cases begin with are kept, so that each is captured once."""
        async with serving(self.shop.script) as server:
            self.shop.requests = server.requests
            await self._begin(server.base, models)
            try:
                self.mark = await self._newest()
                self.shop.asked.clear()
                for step in [*self.case["steps"], {"expect": self.case["expect"]}]:
                    await self.step(step)
            finally:
                await self.exit.aclose()

    async def _begin(self, base: str, models: Path) -> None:
        """A stack as the case wants it, captured unless it says otherwise, at the same moment for all cases."""
        wanted = json.dumps([self.given, self.case.get("uncaptured", False)], sort_keys=True)
        model = models / hashlib.sha256(wanted.encode()).hexdigest()[:16]
        if not model.exists():
            self._lay_out(base)
            await self.open()
            if not self.case.get("uncaptured"):
                await capture(self.engine)
                await self.engine.poll(NAME)
                await self._said("nothing may be open at the start", [])
            await self.exit.aclose()
            shutil.move(self.folder, model)
        shutil.copytree(model, self.folder)
        self.config = self.folder / "config"
        file = self.config / "integrations" / f"{NAME}.yaml"
        text = re.sub(r"(?m)^base: .*$", f"base: {base}", file.read_text())
        file.write_text(text)
        self.clock = ManualClock(START + 3600.0, leap=True)
        await self.open()

    def _lay_out(self, base: str) -> None:
        own = {"base": base, **self.given["integration"]}
        service = self.given.get("driftline", {})
        if self.given.get("remote"):
            service = {**service, "baselines": {"repository": "hub.git"}}
        config = lay_out(self.folder, {NAME: own}, {**self.given["files"], "driftline": service})
        if self.given.get("remote"):
            git(self.folder, "clone", "-q", "--bare", ".", "hub.git")
        key = self.folder / "shop.key"
        key.touch(0o600)
        key.write_text(TOKEN)
        for plan in self.given.get("planned", []):
            path = self.folder / "planned" / f"{plan['id']}.json"
            path.parent.mkdir(exist_ok=True)
            start, end = (START + seconds(plan[name]) for name in ("from", "to"))
            path.write_bytes(encode_planned(PlannedChange(plan["id"], "T-1", tuple(plan["patterns"]), start, end)))
            git(self.folder, "add", "planned")
            git(self.folder, "commit", "-q", "-m", "Announce a change")
        self.config = config

    async def open(self) -> None:
        self.exit = AsyncExitStack()
        self.engine = await self.exit.enter_async_context(opened(self.config, self.clock))
        await self.engine.fetch()

    async def step(self, step: Any) -> None:
        if isinstance(step, str):
            step = {step: None}
        ((verb, value),) = step.items()
        name = f"do_{verb.replace(' ', '_')}"
        done = getattr(self, name)(value)
        if done is not None:
            await done

    # -- at the vendor ------------------------------------------------------------------------------------------------

    def do_set(self, value: Mapping[str, Any]) -> None:
        for place, values in value.items():
            path, _, name = place.partition(".")
            self.shop.set(path_of(path), name, values)

    def do_add(self, value: Mapping[str, Any]) -> None:
        for path, row in value.items():
            self.shop.rows.setdefault(path_of(path), [])
            for one in row if isinstance(row, list) else [row]:
                self.shop.add(path_of(path), one)

    def do_drop(self, value: Any) -> None:
        for place in value if isinstance(value, list) else [value]:
            path, _, name = place.partition(".")
            self.shop.drop(path_of(path), name)

    def do_options(self, value: Mapping[str, Mapping[str, Any]]) -> None:
        """Options of a field: `drop` and `add` values, or put one `first`."""
        for place, change in value.items():
            path, _, name = place.partition(".")
            row = self.shop.row(path_of(path), name)
            kept = [one for one in row["options"] if one["value"] not in change.get("drop", [])]
            kept += [{"value": one, "active": True} for one in change.get("add", [])]
            row["options"] = sorted(kept, key=lambda one: one["value"] != change.get("first", one["value"]))

    def do_drop_list(self, value: str) -> None:
        del self.shop.rows[path_of(value)]

    def do_me(self, value: Mapping[str, Any]) -> None:
        self.shop.me.update(value)

    def do_break(self, value: Mapping[str, Any]) -> None:
        for place, fault in value.items():
            self.shop.faults.append({"path": path_of(place) if place != "all" else "*", **fault})

    def do_mend(self, _: None) -> None:
        self.shop.faults.clear()

    def do_shuffle(self, value: bool | None) -> None:
        self.shop.shuffled = value is not False

    # -- time and readings --------------------------------------------------------------------------------------------

    def do_wait(self, value: str) -> None:
        self.clock.advance(seconds(value))

    async def do_poll(self, value: int | None) -> None:
        for _ in range(value or 1):
            self.clock.advance(60.0)
            self.confirm = (await self.engine.poll(NAME)).confirm

    async def do_look(self, _: None) -> None:
        """The second look at what was gone."""
        assert self.confirm, "nothing wants a second look"
        self.clock.advance(self.engine.config.service.poll.confirm_after)
        self.confirm = (await self.engine.poll(NAME, ids=self.confirm, fresh=True)).confirm

    async def do_round(self, value: int | None) -> None:
        """What a quarter of an hour of the daemon brings, so often."""
        for _ in range(value or 1):
            await self.do_poll(None)
            if self.confirm:
                await self.do_look(None)
            self.clock.advance(600.0)
            await self.do_poll(None)
            await tick(self.engine)

    async def do_tick(self, _: None) -> None:
        await tick(self.engine)

    async def do_restart(self, _: None) -> None:
        await self.exit.aclose()
        await self.open()

    # -- people -------------------------------------------------------------------------------------------------------

    async def do_decide(self, value: Mapping[str, Any]) -> None:
        """`kind`, `what` (findings; none for a capture), and what the decision takes. `refused`: words of the refusal;
        `commit: false` leaves it queued."""
        asked = dict(value)
        found = [self._at(text) for text in asked.pop("what", [])]
        refused, commit = asked.pop("refused", ""), asked.pop("commit", True)
        if asked["kind"] == "capture":
            asked |= {"integration": NAME, "scopes": tuple(asked.get("scopes", ()))}
        request = Decide(uuid=str(uuid4()), findings={one.id: one.claim.fingerprint for one in found}, **asked)
        try:
            await self.engine.decide(request, "local:tester", "test")
        except Refused as error:
            assert refused and refused in str(error), error
            return
        assert not refused, f"{request.kind} was not refused"
        if commit:
            await self.do_commit(None)

    async def do_commit(self, _: None) -> None:
        await self.engine.commit_decisions()
        await self.engine.push()

    async def do_fetch(self, _: None) -> None:
        await self.engine.fetch()

    def do_remote(self, value: str) -> None:
        hub, away = self.folder / "hub.git", self.folder / "away.git"
        (hub if value == "gone" else away).rename(away if value == "gone" else hub)

    def do_headers(self, value: Mapping[str, str]) -> None:
        """Headers of all answers from now on."""
        self.shop.headers = {name.replace("-", "_"): str(text) for name, text in value.items()}

    async def do_push(self, value: Mapping[str, Any]) -> None:
        """Somebody else's commit: in a file of the baselines, one text is replaced by another."""
        clone = self._clone()
        file = clone / "baselines" / NAME / f"{value['file']}.json"
        text = file.read_text()
        assert text.count(value["old"]) == 1, text
        file.write_text(text.replace(value["old"], value["new"]))
        await self._pushed(clone)

    async def do_push_file(self, value: Mapping[str, Any]) -> None:
        """Somebody else's commit: files as they are given."""
        clone = self._clone()
        for name, content in value.items():
            (clone / name).parent.mkdir(exist_ok=True)
            (clone / name).write_text(json.dumps({"driftline": 1, **content}))
        await self._pushed(clone)

    def _clone(self) -> Path:
        clone = self.folder.parent / "clone"
        git(self.folder, "clone", "-q", str(self.engine.config.state / "baselines.git"), str(clone))
        return clone

    async def _pushed(self, clone: Path) -> None:
        git(clone, "add", ".")
        git(clone, "commit", "-q", "-m", "Agreed in a meeting")
        git(clone, "push", "-q")
        await self.engine.fetch()

    async def do_config(self, value: Mapping[str, Any]) -> None:
        """Changes to the integration's file, taken in by a reload."""
        file = self.config / "integrations" / f"{NAME}.yaml"
        file.write_text(yaml.safe_dump(merged(yaml.safe_load(file.read_text()), deepcopy(value)), sort_keys=False))
        assert await self.engine.reload() == ()

    async def do_read_more(self, value: Mapping[str, str]) -> None:
        """A release, or a person, has one more fact read: listing -> fact."""
        own = yaml.safe_load((self.config / "integrations" / f"{NAME}.yaml").read_text())
        listings = own["rest"]["listings"]
        for listing in listings:
            if listing["name"] in value:
                listing["facts"] = [*listing["facts"], value[listing["name"]]]
        await self.do_config({"rest": {"listings": listings}})

    # -- what must be so ----------------------------------------------------------------------------------------------

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
        return [one for one in self.engine.ledger.findings.values() if one.phase is phase]

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
