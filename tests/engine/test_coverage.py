"""What could not be read is a state of its own on every surface, from the first reading on, and never in step."""

from __future__ import annotations

from pathlib import Path

import httpx

from monitor.engine import views
from monitor.engine.gauges import snapshot
from monitor.engine.opening import open_engine
from monitor.engine.systems import system
from monitor.web.app import create_app
from probes.kit.contract import Coverage, Kind, State

from .conftest import World, opened

HUB = "hubspot-prod"


def reads(world: World, state: str) -> float:
    (series,) = [one for one in snapshot(world.engine).series if one.name == "driftline_probe_coverage_reads"]
    return sum(value for labels, value in series.values.items() if HUB in labels and labels[-1] == state)


async def test_partial_is_said_with_its_age_by_views_pages_and_metrics_and_is_never_in_step(world: World) -> None:
    assert system(world.engine, HUB).mark == "ok"
    world.clock.advance(2400)
    world.hubspot.cut(path="/crm/properties", at_byte=2000, times=1000)
    await world.engine.poll(HUB)
    row = system(world.engine, HUB)
    fields = next(kind for kind in row.kinds if kind.kind == "field")
    assert row.mark not in ("ok", "none") and fields.mark == row.mark
    assert "last complete 40 min ago" in fields.words
    (bad, *_) = views.coverage(world.engine, HUB)
    assert bad.state != "complete" and "last complete 40 min ago" in bad.words
    assert reads(world, bad.state) >= 1
    transport = httpx.ASGITransport(app=create_app(world.engine))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9731") as client:
        for page in ("/coverage", f"/systems/{HUB}"):
            assert "last complete 40 min ago" in (await client.get(page)).text


async def test_a_read_that_never_gave_anything_says_which_kinds_are_missing(world: World) -> None:
    live = world.engine.integrations[HUB]
    for ref in [ref for ref, known in live.known.items() if known.read == "forms"]:
        del live.known[ref]
    world.hubspot.cut(path="/marketing/v3/forms", at_byte=5, times=1000)
    await world.engine.poll(HUB)
    assert live.kinds["forms"] == (Kind.TEMPLATE,)
    templates = next(kind for kind in system(world.engine, HUB).kinds if kind.kind == "template")
    assert templates.mark not in ("ok", "none") and "never complete" in templates.words


async def test_a_listing_that_failed_whole_is_forgotten_once_its_reads_are_told_again(world: World) -> None:
    live = world.engine.integrations[HUB]
    live.reads["properties/*"] = (Coverage(State.FAILED, "Unreachable: no answer"), world.clock.now())
    assert system(world.engine, HUB).mark == "blind"
    await world.engine.poll(HUB)
    assert system(world.engine, HUB).mark == "ok"


async def test_what_never_could_be_read_is_as_blind_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        world.hubspot.revoke(scope="forms")
        await world.player.capture()
        before = [(row.read, row.state) for row in views.coverage(world.engine, HUB) if row.state != "complete"]
        assert ("forms", "denied") in before
        await world.engine.close()
        await world.engine.store.close()
        async with open_engine(world.stage.config, world.clock) as again:
            assert [(row.read, row.state) for row in views.coverage(again, HUB) if row.state != "complete"] == before
            assert system(again, HUB).mark == "denied"
            world.hubspot.grant(scope="forms")
            await again.poll(HUB)
            assert {row.state for row in views.coverage(again, HUB)} == {"complete"}
