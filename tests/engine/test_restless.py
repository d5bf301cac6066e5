"""A fact that changes in most polls: proposed with its evidence on the page, in the API and in the terminal; ignored by
one click or one command, never by itself."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from pathlib import Path

import httpx
import pytest

from monitor import cli
from monitor.web.app import create_app

from .conftest import World, captured

HUB, PATTERN = "hubspot-prod", "hubspot-prod/field/contacts/lead_score/description"
WORDS = re.compile(r"Changed in 12 of 1\d polls")


async def churn(world: World, times: int) -> None:
    """Somebody's job writes the time of its last run into a description."""
    for number in range(times):
        world.hubspot.alter_property(type="contacts", name="lead_score", description=f"Scored at {number}:00")
        world.clock.advance(300.0)
        await world.engine.poll(HUB)


async def test_the_page_and_the_api_propose_it_and_one_click_makes_the_ignore(world: World) -> None:
    await churn(world, 12)
    (found,) = world.open(key="lead_score")
    assert world.engine.baselines.ignores == ()
    transport = httpx.ASGITransport(app=create_app(world.engine))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9731") as client:
        (row,) = (await client.get("/api/v1/ignores/proposed", params={"integration": HUB})).json()["items"]
        assert (row["pattern"], row["changed"], row["values"][0]) == (PATTERN, 12, "Scored at 11:00")
        assert (await client.get("/api/v1/ignores/proposed", params={"integration": "other"})).json()["items"] == []
        page = (await client.get("/ignores")).text
        assert WORDS.search(page) and "Scored at 10:00" in page and "Nothing is ignored." in page
        form = page[page.index('action="/decide"') :]
        sent = dict(re.findall(r'name="(\w+)"[^>]*value="([^"]*)"', form[: form.index("</form>")]))
        await churn(world, 1)  # it has changed once more before somebody clicks
        assert (await client.post("/decide", data=sent)).status_code == 303
        await world.engine.commit_decisions()
        (ignore,) = world.engine.baselines.ignores
        assert (ignore.pattern, ignore.any_value, ignore.owner) == (PATTERN, True, row["owner"])
        assert ignore.until == row["until"] and "polls" in ignore.reason
        await churn(world, 3)
        assert found.ignored_until is not None
        assert "Proposed" not in (await client.get("/ignores")).text


def test_the_terminal_proposes_it_with_the_command_that_makes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def prepare() -> str:
        async with captured(tmp_path) as world:
            await churn(world, 12)
            return str(world.stack)

    stack = asyncio.run(prepare())
    assert cli.run(["ignores", "--proposed", "--stack", stack]) == 0
    line = capsys.readouterr().out
    assert PATTERN in line and "Scored at 11:00, Scored at 10:00" in line
    _, *command = shlex.split(line[line.index("driftline ignore ") :])
    assert cli.run([*command, "--stack", stack]) == 0, capsys.readouterr().err
    capsys.readouterr()
    assert cli.run(["ignores", "--proposed", "--json", "--stack", stack]) == 0
    assert json.loads(capsys.readouterr().out) == {"items": []}
    assert cli.run(["ignores", "--stack", stack]) == 0
    assert f"{PATTERN} (any value)" in capsys.readouterr().out
