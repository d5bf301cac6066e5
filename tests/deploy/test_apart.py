"""The vendors of deploy/compose.yaml, and the stack that is made for them. A proof runs both: test_compose_runs.py."""

from __future__ import annotations

from pathlib import Path

import httpx
import yaml

from monitor.config import load
from monitor.demo import apart
from monitor.demo.stage import adjust, lay_out
from probes.kit.clock import SystemClock
from probes.simulated import hubspot, salesforce
from probes.simulated.story import HUBSPOT, SALESFORCE, STORY, Accounts


def test_credentials_are_made_once_for_the_owner_and_the_group(tmp_path: Path) -> None:
    made = apart.credentials(tmp_path)
    assert set(made) == set(apart.SECRETS) and len(set(made.values())) == len(made)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o640}
    assert apart.credentials(tmp_path) == made


async def test_the_control_does_lines_of_the_story_with_those_they_need_and_knows_no_others() -> None:
    clock = SystemClock()
    accounts = Accounts({SALESFORCE: salesforce.Account(clock=clock), HUBSPOT: hubspot.Account(clock=clock)})
    story = apart.Story(accounts)
    with_needs = next(step for step in STORY if step.needs)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(story.app()), base_url="http://vendors") as http:
        assert (await http.get("/healthz")).text == "ok\n"
        done = await http.post(f"/break/{with_needs.number}/do")
        assert done.json() == {"number": with_needs.number, "done": True}
        assert story.done == {with_needs.number, *with_needs.needs}
        assert (await http.post(f"/break/{with_needs.needs[0]}/undo")).json()["done"] is False
        missing = await http.post("/break/99/do")
        assert missing.status_code == 404 and missing.json()["title"] == "No such step"
        assert (await http.post(f"/break/{with_needs.number}/burn")).status_code == 404


def test_the_stack_reads_those_vendors_by_secrets_that_are_files(tmp_path: Path) -> None:
    keys, stack = tmp_path / "keys", tmp_path / "stack"
    keys.mkdir()
    apart.credentials(keys)
    bases = {name: f"http://vendors:{port}" for name, port in apart.PORTS.items()}
    lay_out(stack, bases, {"server": {"listen": "0.0.0.0:9731", "auth": {"mode": "tokens"}}}, 0.0, keys)
    config = load(stack / "config")
    assert {one.base for one in config.integrations.values()} == set(bases.values())
    asked = [field for one in config.integrations.values() for field in one.credentials.fields.values()]
    assert {(one.source, Path(one.target).parent) for one in asked} == {("file", keys)}
    assert {Path(one.target).name for one in asked} == set(apart.SECRETS) - {apart.METRICS}
    adjust(stack, {"server": {"external_url": "https://drift.example.com"}})
    server = yaml.safe_load((stack / "config" / "driftline.yaml").read_text())["server"]
    assert (server["external_url"], server["listen"]) == ("https://drift.example.com", "0.0.0.0:9731")
