"""Ignores end to end: git says what is ignored, whoever wrote it; values, days, hits and a new name are minded."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.core.ignores import Use, day_of
from monitor.core.model import EventType, Finding, Phase
from monitor.engine import views
from monitor.engine.gauges import health, snapshot
from monitor.engine.ignorelist import ignores
from monitor.engine.request import Refused
from monitor.engine.shapes import Filter
from monitor.engine.standing_shapes import End
from monitor.engine.tick import tick
from monitor.engine.unignore import unignore
from monitor.web.app import create_app

from .conftest import World, captured

DAY = 86_400.0
HUB = "hubspot-prod"


async def drifted(world: World, label: str = "Points") -> Finding:
    world.hubspot.alter_property(type="contacts", name="lead_score", label=label)
    await world.player.round()
    (found,) = world.open(key="lead_score", fact="label")
    return found


async def ignored(world: World, found: Finding, days: float = 30, **more: Any) -> None:
    day = day_of(world.clock.now() + days * DAY, world.engine.config.zone)
    await world.decide("ignore", found, reason="Renamed for a test", until=day, **more)
    await world.engine.commit_decisions()


def told(events: Any) -> list[str]:
    return [str(event.type) for event in events if event.told]


def gauge(world: World, name: str, word: str) -> float:
    (series,) = [one for one in snapshot(world.engine).series if one.name == name]
    return sum(value for labels, value in series.values.items() if word in labels)


class Clone:
    """Somebody's own clone of the baselines, for what people push."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self._git("clone", "-q", str(world.engine.config.state / "baselines.git"), str(folder))

    def _git(self, *arguments: str) -> None:
        run = ["git", "-c", "user.name=Operations", "-c", "user.email=ops@example.com"]
        subprocess.run([*run, *arguments], check=True, capture_output=True)

    async def push(self, path: str, content: bytes | None) -> tuple[Any, ...]:
        self._git("-C", str(self.folder), "pull", "-q")
        file = self.folder / path
        if content is None:
            file.unlink()
        else:
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)
        self._git("-C", str(self.folder), "add", "-A")
        self._git("-C", str(self.folder), "commit", "-q", "-m", "By hand")
        self._git("-C", str(self.folder), "push", "-q")
        return await self.world.engine.fetch()


async def test_an_ignored_finding_is_quiet_and_stays_counted_and_listed(world: World) -> None:
    found = await drifted(world)
    await ignored(world, found)
    assert (found.phase, found.ignored_by) == (Phase.OPEN, found.id)
    assert [row.id for row in views.findings(world.engine, Filter(stand="open", text="lead_score")).items] == []
    (row,) = views.findings(world.engine, Filter(stand="ignored")).items
    assert (row.id, row.ignored_by) == (found.id, found.id)
    assert gauge(world, "driftline_findings_ignored", HUB) == 1
    (kept,) = ignores(world.engine)
    assert (kept.state, kept.holds, kept.hits, kept.owner) == ("in force", 1, 1, "marketing-operations")
    seen = await world.engine.poll(HUB)
    assert told(seen.events) == []


async def test_a_removed_file_ends_an_ignore_and_an_edited_day_moves_it(world: World, tmp_path: Path) -> None:
    found = await drifted(world)
    await ignored(world, found)
    clone, file = Clone(world, tmp_path / "clone"), f"ignores/{found.id}.json"
    value = json.loads((clone.folder / file).read_text())
    first = found.ignored_until
    assert await clone.push(file, json.dumps({**value, "until": "2027-06-30"}).encode()) != ()
    assert found.ignored_until is not None and first is not None and found.ignored_until > first
    events = await clone.push(file, None)
    assert told(events) == [EventType.IGNORED]
    assert (found.ignored_until, found.ignored_by) == (None, "")
    assert ignores(world.engine) == ()


async def test_an_ignore_that_somebody_pushed_holds(world: World, tmp_path: Path) -> None:
    found = await drifted(world)
    clone = Clone(world, tmp_path / "clone")
    value = {"driftline": 1, "pattern": f"{HUB}/field/contacts/*/label", "reason": "Wording is being reworked",
             "owner": "marketing-operations", "until": "2026-12-31", "pins": [found.claim.fingerprint]}  # fmt: skip
    await clone.push("ignores/wording.json", json.dumps(value).encode())
    assert found.ignored_by == "wording"
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Score points")
    seen = await world.engine.poll(HUB)
    assert told(seen.events) == [EventType.CHANGED] and found.ignored_by == ""
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Points")
    await world.engine.poll(HUB)
    assert found.ignored_by == "wording"  # the value that it was made for is back


async def test_a_day_that_is_none_and_a_file_that_is_none_ignore_nothing_and_are_said(
    world: World, tmp_path: Path
) -> None:
    found = await drifted(world)
    await ignored(world, found)
    clone, file = Clone(world, tmp_path / "clone"), f"ignores/{found.id}.json"
    value = json.loads((clone.folder / file).read_text())
    await clone.push(file, json.dumps({**value, "until": "2027-02-30"}).encode())
    assert found.ignored_by == ""
    await tick(world.engine)
    (said,) = world.open(source="upkeep", scope="ignores")
    assert (said.address.fact, said.address.key) == ("malformed", found.id)
    await clone.push(file, json.dumps({**value, "reason": " "}).encode())
    (problem,) = world.engine.baselines.problems
    assert "reason: expected why it is ignored" in str(problem) and "it ignores nothing" in str(problem)
    assert found.ignored_by == ""
    assert str(problem) in views.overview(world.engine).problems


async def test_it_is_announced_before_it_lapses_and_told_again_when_it_has(world: World) -> None:
    found = await drifted(world)
    await ignored(world, found, days=8)
    await tick(world.engine)
    assert world.open(source="upkeep", scope="ignores") == []
    world.clock.advance(2 * DAY)
    await tick(world.engine)
    (said,) = world.open(source="upkeep", scope="ignores")
    assert said.address.fact == "lapsing" and "Renamed for a test" in said.claim.words
    world.clock.advance(7 * DAY)
    assert EventType.IGNORED in told(await tick(world.engine))
    assert (found.ignored_by, found.phase) == ("", Phase.OPEN)
    assert world.open(source="upkeep", scope="ignores") == []
    assert [row.state for row in ignores(world.engine)] == ["over"]


async def test_one_that_hid_nothing_for_ninety_days_is_said(world: World) -> None:
    found = await drifted(world)
    await ignored(world, found, days=300)
    world.clock.advance(100 * DAY)
    await tick(world.engine)
    assert world.open(source="upkeep", fact="unused") == []  # it holds for something all the time
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Lead score")
    await world.player.round()
    assert found.phase is Phase.CLOSED
    world.clock.advance(89 * DAY)
    await tick(world.engine)
    assert world.open(source="upkeep", fact="unused") == []
    world.clock.advance(2 * DAY)
    await tick(world.engine)
    (said,) = world.open(source="upkeep", fact="unused")
    assert said.address.key == found.id


async def test_a_pattern_takes_along_what_is_open_and_fits_and_nothing_that_comes_later(world: World) -> None:
    world.hubspot.alter_property(type="contacts", name="company", label="Firm")
    found = await drifted(world)
    await ignored(world, found, pattern=f"{HUB}/field/contacts/*/label", owner="marketing-operations")
    assert world.open(source="drift") != []
    assert {one.ignored_by for one in world.open(source="drift")} == {ignores(world.engine)[0].id}
    world.hubspot.alter_property(type="contacts", name="phone", label="Telephone")
    await world.engine.poll(HUB)
    assert [one.address.key for one in world.open(source="drift") if not one.ignored_by] == ["phone"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"until": "2027-02-30"}, "expected a day"),
        ({"until": "2020-01-01"}, "is over already"),
        ({"pattern": "salesforce-prod/field/*"}, "expected it to begin with hubspot-prod/"),
        ({"pattern": f"{HUB}/field/deals/*"}, "does not match"),
        ({"owner": "nobody"}, "expected a team"),
        ({"reason": " "}, "needs a reason"),
    ],
)
async def test_what_does_not_fit_is_refused_with_a_sentence(world: World, more: dict[str, Any], words: str) -> None:
    found = await drifted(world)
    with pytest.raises(Refused, match=words):
        await world.decide("ignore", found, **{"reason": "r", "until": "2027-01-31", **more})
    assert world.engine.baselines.ignores == ()


async def test_another_name_of_the_integration_carries_its_ignores_over(tmp_path: Path) -> None:
    async with captured(tmp_path) as world:
        found = await drifted(world)
        await ignored(world, found, days=3)
        await tick(world.engine)
        (notice,) = world.open(source="upkeep", fact="lapsing")
        folder = world.stack / "config" / "integrations"
        old = folder / "hubspot-prod.yaml"
        (folder / "hubspot-eu.yaml").write_text("renamed_from: hubspot-prod\n" + old.read_text())
        old.unlink()
        flows = world.stack / "config" / "flows.yaml"
        flows.write_text(flows.read_text().replace("hubspot-prod", "hubspot-eu"))
        assert await world.engine.reload() == ()
        (kept,) = ignores(world.engine)
        assert (kept.integration, kept.holds, kept.pattern) == (
            "hubspot-eu",
            1,
            "hubspot-eu/field/contacts/lead_score/label",
        )
        seen = await world.engine.poll("hubspot-eu")
        assert seen.events == ()
        words = world.engine.ledger.findings[notice.id].claim.words
        assert words.startswith("The ignore of hubspot-eu/field/contacts/lead_score/label ") and HUB not in words
        assert world.engine.ledger.findings[found.id].ignored_by == found.id


async def test_a_name_that_has_a_state_of_its_own_takes_nothing_over_and_that_is_said(tmp_path: Path) -> None:
    async with captured(tmp_path) as world:
        folder = world.stack / "config" / "integrations"
        old, new = folder / "hubspot-prod.yaml", folder / "hubspot-eu.yaml"
        new.write_text(old.read_text())
        old.unlink()
        flows = world.stack / "config" / "flows.yaml"
        flows.write_text(flows.read_text().replace("hubspot-prod", "hubspot-eu"))
        assert await world.engine.reload() == ()
        await world.engine.poll("hubspot-eu")
        assert health(world.engine).degraded == ()
        new.write_text("renamed_from: hubspot-prod\n" + new.read_text())
        assert await world.engine.reload() == ()
        (said,) = health(world.engine).degraded
        assert said.startswith("hubspot-eu had a state of its own") and "nothing was carried over" in said


async def test_a_person_ends_one_with_a_reason_by_a_commit_and_what_it_hid_is_told(world: World) -> None:
    found, engine = await drifted(world), world.engine
    await ignored(world, found)
    asked = End(uuid="end-1", reason="The rename is on hold")
    for id, why, words in (("nothing", "x", "driftline ignores"), (found.id, " ", "needs a reason")):
        with pytest.raises(Refused, match=words):
            await unignore(engine, id, End(uuid="no", reason=why), "ops", "test")
    made = await unignore(engine, found.id, asked, "ops", "test")
    assert found.ignored_by == found.id, "git says so, not the wish"
    assert await unignore(engine, found.id, asked, "ops", "test") == made
    assert EventType.IGNORED in told(await engine.commit_decisions())
    assert (found.ignored_by, found.phase, ignores(engine)) == ("", Phase.OPEN, ())
    said = await world.git("log", "-1", "--format=%B", engine.baselines.ref)
    assert "End the ignore of hubspot-prod/field/contacts/lead_score/label" in said and asked.reason in said
    assert "Driftline-Decision: end-1" in said
    lines = [line for line in await world.trail() if line.what == "unignore"]
    assert [(line.who, line.system, line.says) for line in lines] == [("ops", HUB, found.id)]


@pytest.mark.parametrize("way", ["page", "api"])
async def test_one_is_ended_from_the_page_and_over_the_api(world: World, way: str) -> None:
    found = await drifted(world)
    await ignored(world, found)
    transport = httpx.ASGITransport(app=create_app(world.engine))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9731") as client:
        if way == "page":
            assert f'action="/ignores/{found.id}/end"' in (await client.get("/ignores")).text
            assert (await client.post(f"/ignores/{found.id}/end", data={"reason": "over"})).status_code == 303
        else:
            address = f"/api/v1/ignores/{found.id}/end"
            assert (await client.post(address, json={"uuid": "e-1", "reason": ""})).status_code == 409
            done = await client.post(address, json={"uuid": "e-1", "reason": "over"})
            assert (done.status_code, done.json()["kind"]) == (202, "unignore")
        await world.engine.commit_decisions()
        assert found.ignored_by == "" and "Nothing is ignored." in (await client.get("/ignores")).text


async def test_what_came_of_an_ignore_is_remembered_over_a_restart(tmp_path: Path) -> None:
    from monitor.engine.opening import open_engine

    async with captured(tmp_path) as world:
        found = await drifted(world)
        await ignored(world, found)
        uses = dict(world.engine.uses)
        assert uses == {found.id: Use(world.clock.now(), 1, world.clock.now())}
        await world.engine.close()
        await world.engine.store.close()
        async with open_engine(world.stage.config, world.clock) as again:
            assert again.uses == uses
            assert again.ledger.findings[found.id].ignored_by == found.id
            assert (await again.poll(HUB)).events == ()
