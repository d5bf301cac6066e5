"""Plays one case of cases/*.yaml on the shop: what is done at the vendor and by people, and time. What must then be so
is looked at by hold.py."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from contextlib import AsyncExitStack
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from monitor.adapters.layout import encode_planned
from monitor.core.planned import PlannedChange
from monitor.engine.core import Engine
from monitor.engine.request import Decide, Refused
from monitor.engine.tick import tick
from probes.kit.clock import ManualClock
from tests.probes.kit.server import serving

from .account import Shop
from .hold import ACROSS, NAME, Held, path_of
from .stack import START, capture, git, lay_out, opened

HERE = Path(__file__).parent
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
TOKEN = "shop-token-7f3a91"


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


class Play(Held):
    """One case under way."""

    def __init__(self, case: Mapping[str, Any], folder: Path) -> None:
        self.case, self.folder = case, folder
        self.given = deepcopy(merged(shop(), case.get("given", {})))
        self.given["integration"]["rest"]["listings"] += self.given.get("listings", [])
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
        self.unseen = frozenset() if case.get("across") else ACROSS
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

    def do_run(self, value: Mapping[str, Mapping[str, Any]]) -> None:
        """Newest runs of jobs: what the system says of each, with its times as so long ago (`ok_at`, `failed_at`) or
        ahead (`due`)."""
        for name, said in value.items():
            now = self.clock.now()
            times = {key: now - seconds(said[key]) for key in ("ok_at", "failed_at") if key in said}
            ahead = {key: now + seconds(said[key]) for key in ("due",) if key in said}
            self.shop.set("/jobs", name, {"run": {"state": "done", "bad": 0, "errors": [], **said, **times, **ahead}})

    def do_add(self, value: Mapping[str, Any]) -> None:
        for path, row in value.items():
            self.shop.rows.setdefault(path_of(path), [])
            for one in row if isinstance(row, list) else [row]:
                self.shop.add(path_of(path), one)

    async def do_churn(self, value: Mapping[str, Any]) -> None:
        """So many `polls`, at each of which these places have another value: `card.number: colour`."""
        for number in range(value["polls"]):
            for place, key in value["of"].items():
                self.do_set({place: {key: f"{key} {number}"}})
            await self.do_poll(None)

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
        if asked["kind"] == "approve":
            asked = {"reason": "meant", "ticket": "OPS-1"} | asked
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
