"""Systems without an API: what is uploaded is read like any answer, under the same laws, and refused whole or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from monitor.adapters.scheduler import Outcome, Scheduler
from monitor.config import load
from monitor.core.model import Phase
from monitor.demo.stage import stage
from monitor.engine import attesting
from monitor.engine.opening import open_engine
from monitor.engine.request import Decide, Refused
from monitor.web.app import create_app
from probes.kit.clock import ManualClock

from .conftest import START, World

YAML = """\
vendor: attested
owner: marketing-operations
credentials: {scheme: none}
attested:
  within: 2d
  lists:
    - {name: templates, kind: template, key: id, facts: {label: label, x_status: status}, always: [x_status]}
"""
ROWS = [{"id": f"t{n}", "label": f"Mail {n}", "status": "live"} for n in range(4)]
BY = "token:stensul"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The example stack with a system that people keep by hand."""
    clock = ManualClock(START, leap=True)
    async with stage(tmp_path, clock, {}) as set_up:
        (set_up.config.folder / "integrations" / "stensul.yaml").write_text(YAML, "utf-8")
        async with open_engine(load(set_up.config.folder), clock) as engine:
            yield World(engine, set_up, clock)


async def upload(world: World, rows: Any, **more: Any) -> attesting.Taken:
    world.clock.advance(60)
    return await attesting.upload(world.engine, "stensul", orjson.dumps(rows), by=BY, **more)


def drift(world: World) -> list[str]:
    return sorted(one.address.key for one in world.open(source="drift", subject="stensul"))


async def captured(world: World) -> None:
    assert (await upload(world, ROWS)).rows == {"templates": 4}
    await world.engine.decide(Decide(uuid=uuid4().hex, kind="capture", integration="stensul"), "local:tester", "test")
    await world.engine.commit_decisions()
    assert drift(world) == []


async def test_what_is_uploaded_is_compared_and_what_is_missing_is_gone_after_the_second_upload(world: World) -> None:
    await captured(world)
    changed = [ROWS[0] | {"label": "Another name"}, *ROWS[1:]]
    assert (await upload(world, changed)).again == 0
    assert drift(world) == [], "nothing depends on what a template is called"
    short = [ROWS[0], ROWS[1], ROWS[2] | {"status": "paused"}]
    assert (await upload(world, short)).again == 1
    assert "t3" not in drift(world)
    assert [one.address.key for one in world.standing(Phase.SUSPECTED, subject="stensul")] == ["t3"]
    world.clock.advance(900)
    seen = await world.engine.poll("stensul")
    assert "t3" not in drift(world), "the same upload read again proves nothing"
    scheduler = Scheduler(world.clock, lambda job: asyncio.sleep(0, Outcome(ok=True)), lambda job, error: None)
    world.engine.bind(scheduler)
    await world.engine.poll("stensul")
    assert not scheduler._lines["stensul"].confirms and seen.confirm
    world.engine.scheduler = None
    assert (await upload(world, short)).again == 0, "in equal bytes, said a second time"
    assert "t3" in drift(world) and "t2" in drift(world)
    (finding,) = world.open(key="t3")
    assert finding.address.scope == "templates"
    await upload(world, ROWS)
    assert drift(world) == []
    lines = await world.trail(what="attested")
    assert len(lines) == 5 and {line.who for line in lines} == {BY}


async def test_an_upload_that_is_sent_twice_by_mistake_confirms_nothing(world: World) -> None:
    await captured(world)
    short = orjson.dumps(ROWS[:3])
    twice = [attesting.upload(world.engine, "stensul", short, by=BY) for _ in range(2)]
    assert [one.again for one in await asyncio.gather(*twice)] == [1, 1]
    assert drift(world) == []
    assert (await upload(world, ROWS[:3])).again == 0 and drift(world) == ["t3"]


async def test_a_mass_removal_is_held(world: World) -> None:
    many = [{"id": f"t{n}", "label": f"Mail {n}", "status": "live"} for n in range(40)]
    await upload(world, many)
    await world.engine.decide(Decide(uuid=uuid4().hex, kind="capture", integration="stensul"), "local:tester", "test")
    await world.engine.commit_decisions()
    for _ in range(3):
        await upload(world, many[:20])
    assert not [key for key in drift(world) if key.startswith("t")]
    assert world.engine.ledger and [one for one in world.engine.ledger.of("stensul") if one.phase is Phase.HELD]


async def test_what_nobody_attests_within_its_time_is_a_finding_until_somebody_does(world: World) -> None:
    seen = await world.engine.poll("stensul")
    assert seen.reading.outcome == "failed" and "nobody has attested anything yet" in seen.reading.reason
    await captured(world)
    world.clock.advance(2 * 86_400 + 60)
    before = world.clock.now()
    await world.engine.poll("stensul")
    assert world.clock.now() == before, "asking again would bring nothing"
    live = world.engine.integrations["stensul"]
    assert "nobody has attested it for 2 days; the last was token:stensul" in live.fault
    await attesting.heartbeat(world.engine, "stensul", by="token:zapier")
    assert not live.fault and drift(world) == []
    world.clock.advance(86_400)
    await attesting.heartbeat(world.engine, "stensul", by="token:zapier")
    world.clock.advance(86_400 + 3600)
    assert (await world.engine.poll("stensul")).reading.outcome == "ok"
    with pytest.raises(Refused, match="no integration that is attested"):
        await attesting.heartbeat(world.engine, "hubspot-prod", by=BY)


async def test_the_api_takes_json_and_csv_and_says_where_it_is_wrong(world: World) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(world.engine)), base_url="http://127.0.0.1:9731"
    ) as client:
        to = "/api/v1/attested/stensul"
        assert (await client.post(f"{to}/heartbeat")).status_code == 409
        csv = b"id,label,status\nt0,Mail 0,live\nt1,Mail 1,live\n"
        answer = await client.post(to, content=csv, headers={"content-type": "text/csv"})
        assert (answer.status_code, answer.json()["rows"]) == (202, {"templates": 2})
        number = world.engine.integrations["stensul"].reading
        rows = [{"id": "t0", "label": ["x"], "status": "live"}, {"id": "t0", "label": "y", "colour": "red"}]
        wrong = await client.post(to, json={"templates": rows})
        assert wrong.status_code == 409
        assert wrong.json()["problems"] == [
            "templates[0].label: expected text, a number, true or false, found a list",
            "templates[1].id: 't0' is templates[0] already",
            "templates[1]: the column 'colour' is not declared; declared are id, label, status",
            "templates[1].status: is missing",
        ]
        half = await client.post(to, content=b"id,label,status\nt0,x\n", headers={"content-type": "text/csv"})
        assert half.json()["problems"] == ["line 2: expected 3 cells, found 2"]
        broken = await client.post(to, content=b'{"templates": [', headers={"content-type": "application/json"})
        assert "line 1: expected JSON" in broken.json()["problems"][0]
        other = await client.post(to, json={"templates": [], "zaps": []})
        assert other.json()["problems"] == ["zaps: is not declared; declared are templates"]
        assert world.engine.integrations["stensul"].reading == number, "nothing was read, so nothing changed"
        assert (await client.post(to, content=b"x", headers={"content-type": "text/plain"})).status_code == 415
        assert (await client.post("/api/v1/attested/hubspot-prod", json={})).status_code == 404
        assert (await client.post(f"{to}/heartbeat")).status_code == 202
        page = (await client.get("/systems/stensul", headers={"accept": "text/html"})).text
        assert "Attested" in page
