"""Mode propose where facts take two people: no pull request is a way round them, and none asks twice."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from monitor.adapters.records import DecisionState
from monitor.core.model import Finding, Phase
from monitor.engine.auditing import verify
from monitor.engine.pushed import pushed
from monitor.engine.request import Refused
from monitor.engine.rows import rows
from monitor.web.eyes import Eyes

from .eyed import agree, ask, watching
from .proposing import HUB, Forged, forged
from .test_eyes import FIELDS, label


async def relabelled(world: Forged, text: str) -> Finding:
    world.hubspot.alter_property(type="contacts", name="lead_score", label=text)
    await world.engine.poll(HUB)
    (found,) = world.open(subject=HUB, key="lead_score", fact="label")
    return found


async def merged(world: Forged) -> None:
    (number,) = world.forge.open_ones()
    world.forge.merge(number, "squash")
    for _ in range(2):
        await world.minute()


async def test_two_people_agree_here_and_the_merge_does_not_ask_again(tmp_path: Path) -> None:
    async with forged(tmp_path) as world:
        await watching(world, FIELDS)
        before, found = await label(world), await relabelled(world, "Points")
        held = await ask(world, "token:kim", "approve", found)
        await world.minute()
        assert held.state is DecisionState.WAITING and world.forge.open_ones() == []
        with pytest.raises(Refused, match="that is you"):
            await agree(world, "kim", held)
        assert (await agree(world, "token:robin", held)).state is DecisionState.COMMITTED
        await world.minute()
        (number,) = world.forge.open_ones()
        assert (await label(world), found.phase) == (before, Phase.OPEN), "what is proposed is not in force"
        branch = world.forge.requests[number]["head"]
        person = tmp_path / "person"
        subprocess.run(["git", "clone", "-q", "-b", branch, str(world.forge.bare), str(person)], check=True)
        path = world.engine.baselines.path_of(HUB, found.address.ref)
        text = (person / path).read_text()
        assert '"Company"' in text
        (person / path).write_text(text.replace('"label": "Company"', '"label": "Firm"', 1))
        who = ["-c", "user.name=ops", "-c", "user.email=ops@example.com"]
        subprocess.run(["git", "-C", str(person), *who, "commit", "-qam", "and this"], check=True)
        subprocess.run(["git", "-C", str(person), "push", "-q"], check=True)
        await world.minute()
        await merged(world)
        done = await world.again(held)
        assert (done.state, done.answered_by) == (DecisionState.PUSHED, "token:robin")
        assert (await label(world), found.phase, world.engine.waiting) == ("Points", Phase.CLOSED, {})
        (row,) = await pushed(world.engine)
        assert any("Firm" in one for one in row.says) and not any("Points" in one for one in row.says)
        body = await world.engine.baselines.body(HUB, found.address.ref)
        assert body is not None and "Firm" not in {one.facts["label"] for one in body.rows.values()}
        assert (await verify(world.engine)).problems == ()


async def test_where_the_branch_takes_two_people_itself_the_page_asks_for_none(tmp_path: Path) -> None:
    async with forged(tmp_path) as world:
        said = yaml.safe_load((world.engine.config.folder / "driftline.yaml").read_text())["git"]
        await watching(world, FIELDS, git=said | {"protected": True})
        found = await relabelled(world, "Points")
        (row,) = rows(world.engine, [found])
        assert not Eyes(world.engine, "token:kim").two(row)
        one = await ask(world, "token:kim", "approve", found)
        assert one.state is DecisionState.QUEUED and one.waits is None
        await world.minute()
        assert found.phase is Phase.OPEN
        await merged(world)
        assert ((await world.again(one)).state, await label(world)) == (DecisionState.PUSHED, "Points")
        assert found.phase is Phase.CLOSED and await pushed(world.engine) == ()
        await watching(world, FIELDS, git=said)
        (row,) = rows(world.engine, [await relabelled(world, "Score points")])
        assert Eyes(world.engine, "token:kim").two(row)
