"""The timeline and its figures as a page and as JSON: what is asked is in the address, and what is shown leads on."""

from __future__ import annotations

import re

import httpx
import pytest

from monitor.core.model import Closing, Event, EventType
from monitor.engine.figure_shapes import took

from .standin import NOW, StandIn

DAY = 86_400.0


async def closed(engine: StandIn, count: int) -> None:
    """Findings that opened and were put back, in the last days."""
    gone = next(iter(engine.ledger.findings.values()))
    events = []
    for number in range(count):
        at, id = NOW - (number + 1) * DAY, f"a{number:09}"
        events += [
            Event(type=EventType.OPENED, at=at, finding=id, address=gone.address, claim=gone.claim, told=True),
            Event(type=EventType.CLOSED, at=at + 3 * 3600, finding=id, address=gone.address, told=True,
                  closing=Closing.AGREED),
        ]  # fmt: skip
    async with engine.store.transaction() as tx:
        await tx.add_events(events)


async def test_every_number_of_a_figure_leads_to_as_many_lines(client: httpx.AsyncClient, engine: StandIn) -> None:
    await closed(engine, 9)
    text = (await client.get("/timeline?days=28")).text
    links = re.findall(r'<a href="(/timeline\?what=(?:resolve|acknowledge|detect)[^"]*)">(\d+)</a>', text)
    assert dict((re.search(r"what=(\w+)", link).group(1), int(n)) for link, n in links)["resolve"] == 9  # type: ignore[union-attr]
    for link, count in links:
        shown = (await client.get(link.replace("&amp;", "&"))).text
        assert shown.count('<li class="measured">') == int(count), link
    assert "3 h" in text and text.count("<svg") > 5
    assert "style=" not in text, "the policy of the page forbids it"


async def test_the_page_goes_on_to_older_days_until_there_is_nothing(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    await closed(engine, 60)
    lines, path = 0, "/timeline?what=events&owner=marketing-operations"
    for _ in range(9):
        text = (await client.get(path)).text
        lines += text.count('<li class="event">')
        older = re.search(r'href="([^"]+)" rel="next"', text)
        if older is None:
            break
        path = older.group(1).replace("&amp;", "&")
        assert "owner=marketing-operations" in path
    assert lines == 122


async def test_the_figures_are_the_same_as_json(client: httpx.AsyncClient, engine: StandIn) -> None:
    await closed(engine, 9)
    found = (await client.get("/api/v1/figures?days=28&system=hubspot-prod")).json()
    resolve = next(one for one in found["figures"] if one["name"] == "resolve")
    assert resolve["whole"] == {"n": 9, "median": 10800.0, "p90": 10800.0}
    assert found["backlog"]["now"] == 2
    page = (await client.get("/api/v1/timeline?what=closed&limit=4")).json()
    assert len(page["items"]) == 4 and page["next"]
    rest = (await client.get("/api/v1/timeline", params={"what": "closed", "cursor": page["next"]})).json()
    assert len(rest["items"]) == 5 and not rest["next"]


@pytest.mark.parametrize(
    "path",
    ["figures?days=7", "figures?days=x", "figures?kind=fields", "timeline?what=nothing", "timeline?cursor=x",
     "timeline?from=soon", "timeline?kind=x", "timeline?limit=0"],
)  # fmt: skip
async def test_what_is_not_understood_is_refused_with_a_sentence(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/api/v1/{path}")
    assert answer.status_code == (404 if "cursor" in path else 400)
    assert answer.headers["content-type"] == "application/problem+json" and answer.json()["detail"]
    if not path.startswith("figures?days=7"):
        return
    assert "28, 91, 364, 728" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (40.4, "40 s"),
        (2100, "35 m"),
        (3600, "1 h"),
        (90061, "1 d 1 h"),
        (86400 * 3 + 5, "3 d"),
        (-1, "0 s"),
    ],
)
def test_durations_are_said_in_two_units_at_most(seconds: float, said: str) -> None:
    assert took(seconds) == said
