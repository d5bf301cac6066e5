"""Status pages of vendors over real HTTP: asked modestly, said on pages and in alerts, and never taken for fine."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson

from monitor.config.pushes import Status
from monitor.engine.measure import Measure
from monitor.engine.pushes import pushes
from monitor.engine.statuses import Statuses, address, link, status_of, told
from monitor.engine.timeline import Asked, timeline
from monitor.web.app import create_app
from tests.core.test_vendor_status import broken, incident, page
from tests.probes.kit.server import Server, answer, serving

from .conftest import World

NAME = "hubspot-prod"


class Page:
    """A vendor's status page that honours If-None-Match."""

    def __init__(self) -> None:
        self.body: Any = page()
        self.status = "200 OK"
        self.seen: list[str] = []
        self.server: Server | None = None

    async def __call__(self, path: str, writer: asyncio.StreamWriter) -> None:
        assert self.server is not None
        raw = orjson.dumps(self.body)
        tag = f'"{hash(raw)}"'
        self.seen.append(path)
        if self.status == "200 OK" and f"if-none-match: {tag}".lower() in self.server.requests[-1].lower():
            self.seen[-1] = "304"
            writer.write(answer(b"", "304 Not Modified", etag=tag))
        else:
            writer.write(answer(self.body, self.status, etag=tag))


def configure(world: World, name: str, status: Status | None) -> None:
    live = world.engine.integrations[name]
    live.config = live.config.model_copy(update={"status": status})


async def test_a_status_page_is_asked_modestly_and_said_where_people_look(world: World) -> None:
    engine, vendor, found = world.engine, Page(), Statuses()
    assert status_of(engine, NAME) is None and pushes(engine, NAME).status is None and told(engine) == {}
    async with serving(vendor) as server:
        vendor.server = server
        own = Status(page=server.base, components=("CRM API",), allow_private=True)
        configure(world, NAME, own)
        configure(world, "salesforce-prod", own)
        assert told(engine) == {}, "nothing is said before it was asked"
        await found.look(engine)
        assert vendor.seen == ["/api/v2/summary.json"], "two that name the same page ask once"
        await found.look(engine)
        assert len(vendor.seen) == 1
        world.clock.advance(300)
        await found.look(engine)
        assert vendor.seen[1:] == ["304"]
        assert told(engine) == {NAME: "all is well", "salesforce-prod": "all is well"}
        configure(world, "salesforce-prod", None)
        vendor.body = broken(k1="major_outage") | {"incidents": [incident("Nothing answers", "k1")]}
        world.clock.advance(300)
        await found.look(engine)
        assert told(engine)[NAME] == "major outage, since 21 Sep 03:00 UTC: Nothing answers"
        await _shown(world, "HubSpot reports: major outage (Nothing answers)")
        vendor.status = "503 Service Unavailable"
        world.clock.advance(300)
        await found.look(engine)
        assert told(engine) == {} and not engine.integrations[NAME].status.trouble  # type: ignore[union-attr]
        await _shown(world, "own status is not known: it could not be asked: the page answers 503")
        begun = world.clock.now() - 300
        (lasting,) = (await timeline(engine, Asked(what="incidents", system=NAME))).items
        assert (lasting.at, lasting.until) == (begun, None), "what is not known ends nothing"
        assert lasting.says == "HubSpot reports: major outage (Nothing answers)"
        vendor.status, vendor.body = "200 OK", page()
        world.clock.advance(300)
        await found.look(engine)
        (over,) = (await timeline(engine, Asked(what="incidents"))).items
        assert (over.at, over.until, over.seconds) == (begun, begun + 600, 600)
        assert (await timeline(engine, Asked(what="incidents", system="salesforce-prod"))).items == ()
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(engine)), base_url="http://127.0.0.1:9731"
        ) as client:
            said = (await client.get("/timeline?what=incidents", headers={"accept": "text/html"})).text
            assert "HubSpot reports: major outage (Nothing answers)" in said and "for 10 m, by its own status" in said
    world.clock.advance(300)
    await found.look(engine)  # nobody is there at all
    assert "cannot be reached" in status_of(engine, NAME).why  # type: ignore[union-attr]
    world.clock.advance(1000)
    assert "not asked for a while" in status_of(engine, NAME).why  # type: ignore[union-attr]
    configure(world, NAME, Status(page=server.base, allow_private=True))
    assert "not asked yet" in status_of(engine, NAME).why  # type: ignore[union-attr]
    configure(world, NAME, Status(page=server.base))
    await found.look(engine)
    assert "private" in status_of(engine, NAME).why  # type: ignore[union-attr]


async def _shown(world: World, words: str) -> None:
    """On the page of the system, in the API, in the metrics; and that nothing is found because of it."""
    engine = world.engine
    app = create_app(engine)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:9731") as client:
        text = (await client.get(f"/systems/{NAME}", headers={"accept": "text/html"})).text.replace("&#39;", "'")
        assert words in text
        said = (await client.get(f"/api/v1/integrations/{NAME}/pushes")).json()["status"]
        assert words in said["said"]
        assert (await client.get("/api/v1/integrations/nothing/pushes")).status_code == 404
    measure = Measure()
    await measure.start(engine)
    (series,) = [one for one in (await measure.snapshot()).series if one.name == "driftline_vendor_status"]
    assert [labels[-1] for labels, value in series.values.items() if value] == [said["state"]]
    assert world.open() == []


def test_where_salesforce_trust_is_asked_and_looked_at() -> None:
    own = Status(instance="DEU46")
    assert address(own) == "https://api.status.salesforce.com/v1/instances/DEU46/status"
    assert link(own) == "https://status.salesforce.com/instances/DEU46"
    assert address(Status(page="https://status.hubspot.com")) == "https://status.hubspot.com/api/v2/summary.json"
