"""What a vendor pushes, through the application and into the scheduler: it brings one reading forward, and no more."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from monitor.adapters.scheduler import Job, Outcome, Scheduler, Why
from monitor.adapters.store_deliveries import KEPT, delivered
from monitor.adapters.store_prune import prune
from monitor.config.pushes import Hook
from monitor.config.types import Reference
from monitor.engine.hooks import APART, affords
from monitor.engine.live import Live
from monitor.engine.measure import Measure
from monitor.web.app import create_app
from monitor.web.settings import Settings
from probes.kit.contract import Signals

from .conftest import World

OUTSIDE = "https://ops.example.com/driftline"
NAME = "hubspot-prod"
SECRET = "a-client-secret-of-the-app"


class Plant:
    """An application behind a proxy at OUTSIDE, a scheduler that only notes what it would read, and a vendor."""

    def __init__(self, world: World) -> None:
        self.world, self.clock = world, world.clock
        self.clock._leap = False  # from here on the test moves it
        self.jobs: list[Job] = []
        self.scheduler = Scheduler(self.clock, self._run, lambda job, error: None)
        world.engine.bind(self.scheduler)
        settings = Settings(external_url=OUTSIDE, hosts=frozenset({"ops.example.com"}), mode="tokens", loopback=False)
        transport = httpx.ASGITransport(create_app(world.engine, given=settings))
        self.client = httpx.AsyncClient(transport=transport, base_url=OUTSIDE)

    async def _run(self, job: Job) -> Outcome:
        self.jobs.append(job)
        return Outcome(ok=True)

    @property
    def live(self) -> Live:
        return self.world.engine.integrations[NAME]

    def configure(self, name: str, hook: Hook | None) -> None:
        live = self.world.engine.integrations[name]
        live.config = live.config.model_copy(update={"hook": hook})

    def signed(self, body: bytes, secret: str = SECRET, uri: str = f"{OUTSIDE}/hooks/{NAME}") -> dict[str, str]:
        """Headers as HubSpot documents them, version 3 of its signature."""
        time = str(int(self.clock.now() * 1000))
        text = f"POST{uri}".encode() + body + time.encode()
        signature = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
        return {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": time}

    async def push(self, body: bytes = b"[]", headers: Mapping[str, str] | None = None, to: str = NAME) -> int:
        found = self.signed(body) if headers is None else headers
        return (await self.client.post(f"/hooks/{to}", content=body, headers=found)).status_code

    async def moved(self, seconds: float) -> list[Job]:
        """What the scheduler began within the next seconds because of pushes."""
        self.jobs.clear()
        while seconds > 0:
            self.clock.advance(min(5.0, seconds))
            seconds -= 5.0
            for _ in range(30):  # lets everything that can go on go on
                await asyncio.sleep(0)
        return [job for job in self.jobs if job.why is Why.PUSH]

    def counts(self) -> dict[str, int]:
        return dict(self.live.pushed.counts)


@pytest.fixture
async def plant(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Plant]:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    made = Plant(world)
    made.configure(NAME, Hook(secret=Reference("env", "HOOK_SECRET")))
    serving = asyncio.create_task(made.scheduler.serve())
    yield made
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    await made.client.aclose()


async def test_a_signed_delivery_brings_one_reading_a_minute_forward_and_a_copy_nothing(plant: Plant) -> None:
    first = plant.signed(b"[1]")
    assert await plant.push(b"[1]", first) == 202
    assert [(job.integration, job.listings) for job in await plant.moved(5)] == [(NAME, None)]
    assert await plant.push(b"[1]", first) == 202, "a vendor that hears no sends it again, or gives up"
    assert await plant.moved(5) == []
    for number in range(5):
        assert await plant.push(b"[%d]" % (number + 2)) == 202
    assert await plant.moved(APART - 15) == [], "at most one a minute"
    assert len(await plant.moved(APART * 3)) == 1, "what came meanwhile is not lost"
    assert plant.counts() == {"accepted": 6, "repeated": 1}
    plant.live.pushed.marks.clear()  # as after a new start
    assert await plant.push(b"[2]", plant.signed(b"[2]")) == 202
    github = Hook(secret=Reference("env", "HOOK_SECRET"), scheme="github")
    plant.configure(NAME, github)
    body = {"x-hub-signature-256": f"sha256={hmac.new(SECRET.encode(), b'[]', hashlib.sha256).hexdigest()}"}
    await plant.moved(APART)
    assert await plant.push(b"[]", body) == 202
    assert len(await plant.moved(APART * 2)) == 1
    plant.live.pushed.marks.clear()
    assert await plant.push(b"[]", body | {"x-github-delivery": "another"}) == 202
    assert await plant.moved(APART * 2) == [], "the store knows it, under whatever id it comes"
    assert plant.counts()["repeated"] == 2


async def test_what_is_not_signed_for_this_address_is_refused_without_a_reason_and_counted(plant: Plant) -> None:
    engine, measure = plant.world.engine, Measure()
    await measure.start(engine)
    old = plant.signed(b"[]")
    plant.clock.advance(301)
    inside = plant.signed(b"[]", uri=f"http://127.0.0.1:9731/hooks/{NAME}")
    answers = [
        await plant.client.post(f"/hooks/{NAME}", content=b"[]", headers=headers)
        for headers in ({}, plant.signed(b"[]", "another secret"), inside, old)
    ]
    assert {answer.status_code for answer in answers} == {403}
    bodies = {answer.text.replace(answer.headers["x-request-id"], "") for answer in answers}
    assert len(bodies) == 1 and "HubSpot" not in bodies.pop()
    assert plant.counts() == {"signature": 3, "stale": 1} and await plant.moved(120) == []
    (line,) = await plant.world.trail(what="push refused")
    assert NAME in str(line) and SECRET not in str(line)
    counted = [line for line in (await _scraped(measure)).splitlines() if "hook_deliveries_total{" in line]
    assert sorted((line.split('outcome="')[1].split('"')[0], line.split()[-1]) for line in counted) == [
        ("signature", "3.0"), ("stale", "1.0"),
    ]  # fmt: skip
    for _ in range(20):
        await plant.push(b"[]", {})
    answer = await plant.client.post(f"/hooks/{NAME}", content=b"[]", headers=plant.signed(b"[]"))
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) <= 60
    plant.clock.advance(61)
    assert await plant.push() == 202


async def _scraped(measure: Measure) -> str:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(measure.app), base_url="http://m") as client:
        return (await client.get("/metrics")).text


async def test_who_has_no_hook_is_not_there_and_what_a_browser_adds_neither_opens_nor_shuts_it(plant: Plant) -> None:
    plant.configure(NAME, Hook(secret=Reference("env", "HOOK_SECRET"), scheme="asana"))
    handshake = await plant.client.post(f"/hooks/{NAME}", headers={"x-hook-secret": "b537207f20cb"})
    assert (handshake.status_code, handshake.headers["x-hook-secret"]) == (200, "b537207f20cb")
    assert await plant.push(b"", {"x-hook-secret": "x" * 300}) == 403
    assert await plant.moved(120) == []
    plant.configure(NAME, Hook(secret=Reference("env", "HOOK_SECRET")))
    plant.live.pushed.counts.clear()
    assert await plant.push(to="salesforce-prod") == await plant.push(to="nothing") == 404
    assert (await plant.client.get(f"/hooks/{NAME}")).status_code == 405
    headers = plant.signed(b"[]") | {"origin": "https://elsewhere.example", "cookie": "driftline_session=x"}
    assert await plant.push(b"[]", headers) == 202, "what a browser adds neither opens nor shuts it"
    plant.configure(NAME, Hook(secret=Reference("env", "NOT_SET")))
    assert await plant.push(b"[1]") == 403 and plant.counts()["secret"] == 1
    plant.configure(NAME, None)
    assert await plant.push(b"[1]") == 404
    plant.configure(NAME, Hook(secret=Reference("env", "HOOK_SECRET")))
    assert await plant.push(bytes(256 << 10)) == 202
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 100 << 20:
            read += 64 << 10
            yield bytes(64 << 10)

    answer = await plant.client.post(f"/hooks/{NAME}", content=endless(), headers=plant.signed(b"[]"))
    assert answer.status_code == 413 and plant.counts()["too_large"] == 1
    plant.world.engine.state = "draining"
    assert await plant.push(b"[9]") == 503


async def test_the_quota_goes_to_the_schedule_first_and_one_that_is_not_kept_brings_nothing(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, engine = plant.clock.now(), plant.world.engine
    plant.live.signals = Signals(requests={"2xx": 10}, budget_left=50, quota_resets_at=now + 86_400)
    assert await plant.push(b"[1]") == 202 and plant.counts() == {"budget": 1}
    assert await plant.moved(120) == []
    plant.live.signals = None

    async def full(*args: object) -> None:
        raise OSError("no space left")

    headers = plant.signed(b"[2]")
    with monkeypatch.context() as broken:
        broken.setattr("monitor.engine.hooks.put_deliveries", full)
        assert await plant.push(b"[2]", headers) == 500
    assert await plant.moved(10) == []
    assert await plant.push(b"[2]", headers) == 202
    assert len(await plant.moved(10)) == 1
    mark = list(plant.live.pushed.marks)[-1]
    assert await delivered(engine.store, [mark]) and not await delivered(engine.store, [b"x"])
    gone = await prune(engine.store, plant.clock.now() + KEPT + 1, engine.config.service.retention)
    assert gone["delivery"] == 1 and not await delivered(engine.store, [mark])


def test_what_the_quota_carries() -> None:
    now = 1_790_000_000.0
    signals: dict[str, Any] = {"requests": {"2xx": 10}, "quota_resets_at": now + 9000}
    assert affords(Signals(budget_left=110, **signals), 900.0, now)
    assert not affords(Signals(budget_left=109, **signals), 900.0, now)
    assert affords(None, 900.0, now) and affords(Signals(), 900.0, now)
