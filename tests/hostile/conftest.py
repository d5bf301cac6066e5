"""One stack for all of these tests: read, named by hostile people at its vendors, decided on by hostile people here. It
is made once; no test changes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
import yaml

from monitor.config import load
from monitor.demo.stage import served, stage
from monitor.engine import asking, auditing, describing, planning, standing
from monitor.engine.catalogue import follow
from monitor.engine.describing import Describe
from monitor.engine.opening import open_engine
from monitor.engine.plan_shapes import Plan
from monitor.engine.request import Decide
from monitor.engine.standing_shapes import Asked
from monitor.web.app import create_app
from probes.kit.clock import ManualClock
from tests.e2e.serving import free_port
from tests.engine.conftest import START, World

from . import house
from .corpus import LABELS

DAY = 86_400.0
TEAM = "marketing-operations"


class Hostile(World):
    """`app` are the pages and the API, `url` where they are served."""

    house: house.House
    app: Any
    url: str

    async def named(self) -> None:
        """People at the vendors name fields, options, objects and themselves, link where they like, and a server
        refuses in words of theirs."""
        org = self.salesforce.org
        for name, label in zip(sorted(org.thing("Lead")["fields"]), LABELS, strict=False):
            self.salesforce.alter_field(object="Lead", name=name, label=label)
        for label in LABELS:
            self.salesforce.add_picklist_value(object="Lead", name="LeadSource", value=label)
        self.house.round, self.house.refuses = 1, True
        await self.player.round()

    async def decided(self) -> None:
        """Somebody whose name, reason and ticket are all of that kind decides, asks, plans and describes."""
        renamed = self.open(source="drift", subject=house.NAME, kind="field")
        options = self.open(source="drift", subject="salesforce-prod", key="LeadSource")
        assert len(renamed) == len(LABELS) and len(options) > len(LABELS) / 2
        for finding in renamed[::8]:
            await asking.ask(self.engine, finding, finding.address.key)
        for number, (label, finding) in enumerate(zip(LABELS, renamed, strict=True)):
            kind = ("approve", "reject", "comment", "acknowledge")[number % 4]
            await self._decide(kind, finding, f"page:{label[:200]}", reason=label, ticket=label[:60])
        for label, finding in zip(LABELS[::4], options, strict=False):
            until = self.clock.now() + 9 * DAY
            await self._decide("ignore", finding, "ops", reason=label, owner=TEAM, until=until)
        for number, label in enumerate(LABELS):
            await self._described(number, label)
        await self.engine.commit_decisions()

    async def _decide(self, kind: Any, finding: Any, by: str, **more: Any) -> Any:
        asked = {finding.id: finding.claim.fingerprint}
        return await self.engine.decide(Decide(uuid=str(uuid4()), kind=kind, findings=asked, **more), by, "page")

    async def _described(self, number: int, label: str) -> None:
        """Plans, standing approvals, flows and definitions in turn: each is a commit."""
        now, own = self.clock.now(), str(uuid4())
        match number % 8:
            case 0:
                plan = Plan(ticket=label[:60], patterns=(f"{house.NAME}/field/*/{label[:80]}",), actor=label[:80],
                            reason=label, start=now, end=now + DAY, uuid=own)  # fmt: skip
                await planning.add(self.engine, plan, label[:60], "page")
            case 1 | 4:
                taken = Asked(id=f"s-{own}", owner=TEAM, reason=label, until=now + DAY, cap=1, actor=label[:80],
                              patterns=(f"*/{label[:80]}",), uuid=own)  # fmt: skip
                await standing.add(self.engine, taken, "ops", "page")
            case 2 | 6:
                meaning = {
                    "name": label,
                    "meaning": label,
                    "values": [label],
                    "kept": [{"integration": house.NAME, "scope": label, "field": label, "value": label}],
                }
                made = Describe(uuid=own, entry=meaning, reason=label)
                await describing.write(self.engine, "definitions", made, "ops", "page")
            case _:
                flow = {
                    "id": f"f-{own}",
                    "from": {"integration": house.NAME, "scope": label},
                    "owner": TEAM,
                    "to": {"integration": "salesforce-prod", "scope": LABELS[number - 1]},
                    "writer": label,
                    "reader": label,
                    "purpose": label,
                    "fields": [{"from": label, "to": label, "values": {label: label}}],
                }
                made = Describe(uuid=own, entry=flow, reason=label)
                await describing.write(self.engine, "flows", made, "ops", "page")


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Hostile]:
    clock, own, port = ManualClock(START, leap=True), house.House(), free_port()
    url = f"http://127.0.0.1:{port}"
    service = {"server": {"listen": f"127.0.0.1:{port}", "external_url": url}}
    async with served(own) as base, stage(folder, clock, service) as set_up:
        secret = set_up.config.root / "house.key"
        secret.touch(0o600)
        secret.write_text("house-key\n")
        entry = {"vendor": "rest", "title": "House", "owner": TEAM, "base": base, "allow_private": True,
                 "credentials": {"scheme": "header", "token": "${file:house.key}"}, "rest": house.SPEC,
                 "hook": {"secret": "${file:house.key}", "scheme": "asana"}}  # fmt: skip
        (set_up.config.folder / "integrations" / f"{house.NAME}.yaml").write_text(yaml.safe_dump(entry))
        driftline = set_up.config.folder / "driftline.yaml"
        one = {"token": "${file:house.key}", "allow_private": True}
        fleet = [{"name": f"Stack {at}", "url": f"{base}/fleet/{at}", **one} for at in range(len(LABELS))]
        driftline.write_text(yaml.safe_dump({**yaml.safe_load(driftline.read_text()), "fleet": {"stacks": fleet}}))
        set_up.config = load(set_up.config.folder)
        async with open_engine(set_up.config, clock) as engine:
            world = Hostile(engine, set_up, clock)
            world.house, world.url = own, url
            await world.player.capture()
            await world.named()
            await world.decided()
            await auditing.verify(engine)
            await follow(engine)
            await engine.fleet.look(engine)
            world.app = create_app(engine)
            yield world


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hostile]:
    async with opened(tmp_path_factory.mktemp("hostile")) as made:
        yield made


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def client(world: Hostile) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without sockets."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(world.app), base_url=world.url, headers={"accept": "text/html"},
        follow_redirects=True,
    ) as made:  # fmt: skip
        yield made


async def in_a_terminal(*arguments: str) -> int:
    """A command as a person gives it, through the API of what is served."""
    from monitor import cli

    return await asyncio.to_thread(cli.run, arguments)
