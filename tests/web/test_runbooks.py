"""Runbooks: one for each alert and each family of rules, all links good, for readers who are not signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from monitor import runbooks
from monitor.core.rules import RULES
from monitor.engine import drill
from monitor.mixin import render

from .test_guard import OUTSIDE, TOKENS

Asking = Callable[..., httpx.AsyncClient]
SECTIONS = ["Meaning", "Look here first", "Decide", "Fix", "Who to call"]
FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "runbooks"
NAMES = sorted(runbooks.titles())


@pytest.fixture
def outside(asking: Asking) -> httpx.AsyncClient:
    """Nobody is signed in."""
    return asking(TOKENS, base=OUTSIDE)


def test_there_is_one_for_each_alert_and_each_family_of_rules() -> None:
    alerts = {alert.runbook or alert.name for alert in render.alerts()}
    assert set(NAMES) == alerts | {rule.id.partition(".")[0] for rule in RULES} | {drill.NAME}
    assert {path.stem for path in FOLDER.glob("*.md")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_says_the_same_five_things(name: str) -> None:
    text = runbooks.text(name)
    assert re.findall(r"^## (.+)$", text, re.M) == SECTIONS
    assert all(len(part.strip()) > 20 for part in re.split(r"^## .+$", text, flags=re.M)[1:])
    assert {link.removesuffix(".md") for link in re.findall(r"\]\(([^)]+)\)", text)} <= set(NAMES)


async def test_each_address_of_an_alert_opens_without_signing_in(outside: httpx.AsyncClient) -> None:
    urls = re.findall(r"(/runbooks/\w+)", "".join(render.files().values()))
    assert len(set(urls)) == len({alert.runbook or alert.name for alert in render.alerts()})
    for url in sorted(set(urls)):
        answer = await outside.get(url)
        assert answer.status_code == 200 and "<h2>Who to call</h2>" in answer.text, url
        assert "example" not in answer.text.partition("<main")[2], "it says nothing of this stack"


async def test_links_between_runbooks_lead_to_pages(outside: httpx.AsyncClient) -> None:
    text = (await outside.get("/runbooks/health")).text
    assert 'href="/ops/runbooks/DriftlineSyncFailing"' in text and ".md" not in text
    assert (await outside.get("/runbooks/DriftlineSyncFailing")).status_code == 200


async def test_each_rule_has_its_place_on_the_page_of_its_family(outside: httpx.AsyncClient) -> None:
    for family in sorted({rule.id.partition(".")[0] for rule in RULES}):
        text = (await outside.get(f"/runbooks/{family}")).text
        anchors = [rule.runbook for rule in RULES if rule.id.startswith(f"{family}.")]
        assert [anchor for anchor in anchors if text.count(f'id="{anchor}"') != 1] == []


async def test_one_that_there_is_not_is_said_to_be_none(outside: httpx.AsyncClient) -> None:
    assert (await outside.get("/runbooks/..%2fnothing")).status_code == 404
    assert "/runbooks lists them" in (await outside.get("/runbooks/nothing")).text
