"""A drill on the page and in the API, over a daemon that pushes to nobody."""

from __future__ import annotations

import httpx
import pytest

from monitor.engine.drill_shapes import Drilled, Manager
from tests.hostile.corpus import LABELS

from .standin import NOW, StandIn

URL = "https://alertmanager.example.com"


def drilled(**more: object) -> Drilled:
    given = {
        "id": "0123456789", "by": "token:ops", "says": "Drill.Score__c: precision 18 → 4", "level": "breaking",
        "urgency": "ticket", "within": 15.0, "made_at": NOW - 9, "until": NOW + 11, "managers": (Manager(url=URL),),
    }  # fmt: skip
    return Drilled(**{**given, **more})  # type: ignore[arg-type]


async def test_before_the_first_one_the_page_says_how_to_begin_one(client: httpx.AsyncClient, engine: StandIn) -> None:
    assert (await client.get("/api/v1/drill")).json() == {"drill": None}
    assert "Nothing is pushed here" in (await client.get("/drill")).text
    engine.alerting.on = True
    assert "driftline drill" in (await client.get("/drill")).text


async def test_it_is_refused_where_nothing_is_pushed(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/drill")
    assert answer.status_code == 409 and "set alerts.alertmanager.urls" in answer.json()["problems"][0]
    assert (await client.post("/api/v1/drill", json={"within": 0})).status_code == 422


@pytest.mark.parametrize(
    ("manager", "words"),
    [
        (Manager(url=URL, at=NOW - 8, receivers=("driftline-drill",)), "driftline-drill"),
        (Manager(url=URL, at=NOW - 8, receivers=("ops",), held="a silence"), "nobody: a silence holds it back"),
        (Manager(url=URL, why="it does not answer"), "it does not answer"),
    ],
)
async def test_the_page_says_how_far_it_came(
    client: httpx.AsyncClient, engine: StandIn, manager: Manager, words: str
) -> None:
    engine.alerting.drills.newest = drilled(managers=(manager,), done_at=NOW)
    text = (await client.get("/drill")).text
    assert words in text and "Made up:" in text and "It did not come through" in text
    assert ("after 1.0 s" in text) == (manager.at is not None)


@pytest.mark.parametrize("name", LABELS)
async def test_names_are_names(client: httpx.AsyncClient, engine: StandIn, name: str) -> None:
    manager = Manager(url=URL, at=NOW - 8, receivers=(name,), why=name, held="")
    engine.alerting.drills.newest = drilled(by=name, managers=(manager,))
    text = (await client.get("/drill")).text
    assert "<script>alert" not in text and "\u202e" not in text and "\x1b" not in text


def test_it_is_through_when_all_that_had_it_have_it_no_more() -> None:
    had, gone = Manager(url=URL, at=NOW), Manager(url="b", at=NOW - 1, gone_at=NOW + 2)
    assert drilled().accepted_at is drilled().resolved_at is None
    assert (drilled(managers=(had, gone)).accepted_at, drilled(managers=(had, gone)).resolved_at) == (NOW - 1, None)
    assert drilled(managers=(gone, Manager(url="c"))).resolved_at == NOW + 2
