"""The first page: who needs somebody, which systems it is narrowed to, the first run, quiet days, and what failed."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import pytest

from monitor.adapters.records import Origin
from monitor.core.model import Action, Closing, Event, EventType, Level
from monitor.engine.home import NEEDS, SIZE, home
from monitor.engine.home_shapes import Wanted
from monitor.web import frame
from monitor.web import home as page
from probes.kit.contract import Kind, Ref, Signals

from .standin import NOW, StandIn, claim, verdict

DAY = 86_400.0


def rows(text: str) -> list[str]:
    return re.findall(r'data-live="system-([^"]+)"', text)


async def test_each_system_that_needs_somebody_has_one_line_its_worst(engine: StandIn) -> None:
    found = await home(engine, Wanted())
    said = [(need.row.integration, need.state, need.more.total) for need in found.needs]
    assert said == [("hubspot-prod", "broken", 1), ("salesforce-prod", "broken", 1), ("segment-prod", "blind", 0)]
    assert sum(1 + need.more.total for need in found.needs) == found.whole.waiting


async def test_one_broken_system_hides_no_other_and_the_line_stays_short(engine: StandIn) -> None:
    for number in range(NEEDS + 4):
        engine.integrate(f"crm-{number:02}", "directus", "", "web")
        for key in ("a", "b"):
            said = claim(f"crm-{number:02}", Kind.FIELD, "x", key, "label", "", Action.CHANGED, 1, 2,
                         verdict(Level.BREAKING, "r", "web"))  # fmt: skip
            await engine.find(said, age=100 + number)
    found = await home(engine, Wanted())
    assert len(found.needs) == NEEDS and len({need.row.integration for need in found.needs}) == NEEDS
    assert found.waiting_systems == NEEDS + 4 + 3


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["hubspot-prod", "salesforce-prod", "segment-prod", "directus-lab"]),
        ("owner=revenue-operations", ["salesforce-prod"]),
        ("vendor=hubspot", ["hubspot-prod"]),
        ("class=laboratory", ["directus-lab"]),
        ("state=broken", ["hubspot-prod", "salesforce-prod"]),
        ("state=blind", ["segment-prod"]),
        ("state=broken&kind=sync", ["salesforce-prod"]),
        ("kind=permission", ["hubspot-prod", "salesforce-prod"]),
        ("level=info", ["salesforce-prod"]),
        ("name=PROD&state=ok", []),
        ("name=lab", ["directus-lab"]),
    ],
)
async def test_the_address_holds_what_the_table_is_narrowed_to(
    client: httpx.AsyncClient, query: str, names: list[str]
) -> None:
    text = (await client.get(f"/?{query}")).text
    assert rows(text) == names
    assert ("No system fits" in text) is (not names)


async def test_a_filter_says_how_many_it_would_leave_and_leaves_as_many(client: httpx.AsyncClient) -> None:
    text = (await client.get("/?class=production")).text
    offers = re.findall(r'<li><a href="(/\?[^"]+)#systems">[^<]+<span class="n">(\d+)</span>', text)
    assert len(offers) >= 8
    for link, count in offers:
        assert len(rows((await client.get(link.replace("&amp;", "&"))).text)) == int(count), link


async def test_a_filter_of_no_known_word_is_refused_and_not_an_empty_list(client: httpx.AsyncClient) -> None:
    for query in ("state=fine", "level=bad", "class=x", "kind=fields"):
        answer = await client.get(f"/?{query}")
        assert answer.status_code == 400 and "expected one of" in answer.text


async def test_a_thousand_systems_are_a_page_at_a_time_and_quick(client: httpx.AsyncClient, engine: StandIn) -> None:
    for number in range(1000):
        live = engine.integrate(f"crm-{number:04}", "directus", f"CRM {number}", f"team-{number % 40}")
        for kind in (Kind.SCHEMA, Kind.FIELD, Kind.PERMISSION):
            for scope in "abc":
                engine.know(live, kind, scope)
    first = (await client.get("/")).text
    assert len(rows(first)) == SIZE
    began = time.process_time()
    last = await client.get("/?page=11")
    assert time.process_time() - began < 1.0, "it takes a quarter"
    assert len(rows(last.text)) == 4 and len(last.content) < 400_000
    assert rows((await client.get("/?page=999")).text) == rows(last.text)


async def test_the_baseline_of_a_system_is_told_with_its_age_and_commit(client: httpx.AsyncClient) -> None:
    text = (await client.get("/?vendor=hubspot")).text
    assert re.search(r'title="approved in 9a02f1c4d7">3 d <code>9a02</code>', text)


async def test_a_quiet_stack_shows_its_last_days_and_what_is_worth_doing(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    gone = engine.ledger.findings[next(iter(engine.ledger.findings))]
    ends = Event(type=EventType.CLOSED, at=NOW - 3 * DAY, finding=gone.id, address=gone.address, told=True,
                 closing=Closing.AGREED)  # fmt: skip
    old = Origin(integration="salesforce-prod", ref=Ref(Kind.FIELD, "Lead"), how="captured", sha="77bc10",
                 by="web", at=NOW - 400 * DAY)  # fmt: skip
    async with engine.store.transaction() as tx:
        await tx.add_events([ends])
        await tx.set_origin(old)
    engine.integrations["hubspot-prod"].signals = Signals(sunset={"API v3": NOW + 40.5 * DAY})
    engine.nothing()
    found = await home(engine, Wanted())
    assert found.quiet is not None
    assert [(day.day, day.ended) for day in found.quiet.days if day.ended] == [("2026-09-18", 1)]
    assert sum(day.opened for day in found.quiet.days) == 7 and len(found.quiet.days) == 30
    assert [one.words for one in found.quiet.next] == [
        "API v3 of HubSpot prod ends in 40 days.",
        "Capture what was read and stands in no baseline: 1 scope.",
        "The baseline of Salesforce prod is the oldest: nothing was approved in it for 400 days.",
    ]
    text = (await client.get("/")).text
    assert '<th scope="row">2026-09-18</th><td>0</td><td>1</td>' in text, "the picture as a table"


async def test_the_first_run_is_three_steps_that_know_how_far_they_are(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    engine.nothing()
    for live in engine.integrations.values():
        live.approved = None
    silent = engine.integrations["segment-prod"]
    silent.last_ok_at = None
    found = await home(engine, Wanted())
    assert [(stage.name, stage.done) for stage in found.stages] == [
        ("connect", False), ("choose", False), ("capture", False),
    ]  # fmt: skip
    assert found.stages[0].words == "3 of 4 answer." and found.stages[0].problems[0][0] == "segment-prod"
    text = (await client.get("/")).text
    assert "Three steps to the first look" in text and "/first-look" in text and "To capture: 1 scope" in text
    silent.last_ok_at = NOW
    assert (await home(engine, Wanted())).stages[0].done
    silent.approved = engine.integrate("x", "directus", "", "web").approved
    assert (await home(engine, Wanted())).stages == ()


async def test_what_stands_in_no_baseline_is_bounded(
    client: httpx.AsyncClient, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        engine.integrations["directus-lab"].proposals[Ref(Kind.FIELD, f"more-{number}")] = "not in the baseline yet"
    engine.integrations["hubspot-prod"].proposals[Ref(Kind.FIELD, "deals")] = "not in the baseline yet"
    monkeypatch.setattr(page, "PARTS", 2)
    monkeypatch.setattr(page, "SYSTEMS", 1)
    text = (await client.get("/proposals")).text
    assert text.count('name="scope"') == 2
    assert "2 more" in text and "1 more system" in text and "integration=hubspot-prod" in text
    assert (await client.get("/proposals?integration=directus-lab")).text.count('name="scope"') == 4


async def test_a_failed_page_says_what_failed_what_works_and_its_id(
    client: httpx.AsyncClient, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("innards")

    monkeypatch.setattr(page, "home", broken)
    answer = await client.get("/")
    assert answer.status_code == 500 and "GET /" in answer.text and "What still works" in answer.text
    assert "40 s ago" in answer.text and answer.headers["x-request-id"] in answer.text
    monkeypatch.setattr(frame.Frame, "now", broken)
    bare = await client.get("/trail")
    assert bare.status_code == 500 and bare.headers["x-request-id"] in bare.text and "innards" not in bare.text
