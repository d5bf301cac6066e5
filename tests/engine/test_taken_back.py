"""The weekly digest's link to what policies approved: the page behind it has that day, and takes it back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from monitor.web.app import create_app
from tests.receivers import Receiver, receiving

from .conftest import World
from .notified import look, told
from .test_policies import LABELS, next_day, put, relabelled

WEEK = 7 * 86_400.0
OWNER = "marketing-operations"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


async def weekly(world: World, receiver: Receiver) -> str:
    """The newest weekly digest of the owner."""
    world.clock.advance(WEEK)
    await look(world)
    return [one["text"] for one in receiver.of("digest.weekly") if one["data"]["owner"] == OWNER][-1]


async def test_what_a_policy_approved_is_taken_back_on_the_page_that_the_digest_links_to(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in world.stack.glob("standing/*.json"):
        file.unlink()
    put(world, LABELS)
    await world.engine.fetch()
    told(world, monkeypatch, receiver.url, digests=[{"every": "weekly", "to": ["hook"]}])
    await look(world)
    found = await relabelled(world)
    await next_day(world)
    assert not world.engine.ledger.of(found.address.subject)
    text = await weekly(world, receiver)
    assert f"\nCan still be taken back:\n- {found.address.subject}: 1 approved by policy\n" in text
    assert "took 1, 0 wait for it" in text
    (link,) = re.findall(r"\S+/standing#\S+", text)
    page, _, decision = link.partition("#")
    transport = httpx.ASGITransport(create_app(world.engine))
    same: dict[str, Any] = {"headers": {"sec-fetch-site": "same-origin", "accept": "text/html"}}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9731") as web:
        answer = await web.get(page, **same)
        (day,) = re.findall(rf'<section id="{decision}">.*?</section>', answer.text, re.S)
        assert f"/findings/{found.id}" in day
        (action,) = re.findall(r'<form method="post" action="([^"]+)"', day)
        form = {"policy": "1", "finding": found.id, "reason": "It was not meant"}
        assert (await web.post(action, data=form, **same)).status_code == 303
        await world.engine.commit_decisions()
        (day,) = re.findall(rf'<section id="{decision}">.*?</section>', (await web.get(page, **same)).text, re.S)
    assert "undone" in day and 'name="finding"' not in day
    assert found.address.subject in {one.address.subject for one in world.open(scope="companies")}, "it is drift again"
    assert "Can still be taken back" not in await weekly(world, receiver)
