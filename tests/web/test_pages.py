from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from monitor.core.model import Action, Level
from monitor.engine import views
from probes.kit.contract import Kind

from .conftest import Story
from .standin import StandIn, claim, verdict

PAGES = (
    "/", "/review", "/review?stand=all&q=lead", "/proposals", "/first-look", "/flows", "/coverage", "/history",
    "/rules", "/timeline", "/timeline?what=all&days=28", "/timeline?what=resolve&owner=web",
    "/systems/hubspot-prod", "/systems/segment-prod",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_answers_and_all_its_links_do(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(path)
    assert page.status_code == 200, page.text
    links = {link for link in re.findall(r'(?:href|src)="(/[^"#]*)', page.text)}
    assert links
    for link in links:
        assert (await client.get(link.replace("&amp;", "&"))).status_code == 200, link


async def test_a_system_says_what_its_api_does_not_show_and_why(client: httpx.AsyncClient, engine: StandIn) -> None:
    engine.integrate("ads", "google-ads", "Ads", "marketing-operations")
    engine.integrate("events", "segment", "Events", "martech-platform")
    hides, lacks = [(await client.get(f"/systems/{name}")).text for name in ("ads", "events")]
    assert "<dt>automation</dt><dd>not all observable: rules and scripts are not in the API;" in hides
    assert "<dt>template</dt><dd>has none: Segment has nothing of the kind</dd>" in lacks
    assert "What its API does not show" not in (await client.get("/systems/hubspot-prod")).text


async def test_every_finding_has_a_page_and_a_short_id_leads_there(client: httpx.AsyncClient, engine: StandIn) -> None:
    for id_ in engine.ledger.findings:
        page = await client.get(f"/findings/{id_}")
        assert page.status_code == 200
        assert id_ in page.text
    short = await client.get(f"/findings/{id_[:7]}")
    assert (short.status_code, short.headers["location"]) == (307, f"/findings/{id_}")


async def test_vendor_text_is_escaped_and_made_visible(client: httpx.AsyncClient, engine: StandIn) -> None:
    nasty = "<script>alert(1)</script>\u202e\"'>"
    found = await engine.find(
        claim("hubspot-prod", Kind.FIELD, nasty, nasty, "label", "", Action.CHANGED, nasty, nasty + "x",
              verdict(Level.WARNING, nasty, nasty, nasty), evidence={"link": "javascript:alert(1)"})
    )  # fmt: skip
    for path in ("/", "/review", f"/findings/{found.id}", "/history"):
        text = (await client.get(path)).text
        assert "<script>alert" not in text
        assert "\u202e" not in text
        assert "javascript:" not in text
    assert "\\u202e" in text


async def test_look_alike_values_are_told_apart_in_the_diff(client: httpx.AsyncClient, engine: StandIn) -> None:
    found = await engine.find(
        claim("hubspot-prod", Kind.FIELD, "contacts", "r", "label", "", Action.CHANGED, "Region", "Regiоn",
              verdict(Level.INFO, "r", "web"))
    )  # fmt: skip
    assert "Regi\\u043en" in (await client.get(f"/findings/{found.id}")).text


async def test_a_decision_is_made_by_a_plain_form_and_once_per_uuid(client: httpx.AsyncClient, engine: StandIn) -> None:
    row = views.findings(engine).items[0]
    page = (await client.get(f"/findings/{row.id}")).text
    form = dict(re.findall(r'name="(uuid|fingerprint)" value="([^"]+)"', page))
    assert form["fingerprint"] == row.fingerprint
    for _ in range(2):
        answer = await client.post(f"/findings/{row.id}/decide", data={**form, "kind": "reject", "reason": "not ours"})
        assert answer.status_code == 303
    decisions = await engine.store.decisions()
    assert [(d.kind, d.reason, d.via, dict(d.findings)) for d in decisions] == [
        ("reject", "not ours", "page", {row.id: row.fingerprint})
    ]
    assert decisions[0].by.startswith("local:")
    shown = await client.get(answer.headers["location"])
    assert "Reject is kept (queued)" in shown.text
    assert "not ours" in (await client.get("/history")).text


async def test_a_day_is_the_end_of_that_day(client: httpx.AsyncClient, engine: StandIn) -> None:
    row = views.findings(engine).items[0]
    data = {"uuid": "u1", "fingerprint": row.fingerprint, "kind": "ignore", "reason": "r", "until": "2026-12-31"}
    await client.post(f"/findings/{row.id}/decide", data=data)
    decision = await engine.store.decision("u1")
    assert decision is not None and decision.until == 1798761600.0
    wrong = await client.post(f"/findings/{row.id}/decide", data={**data, "uuid": "u2", "until": "soon"})
    assert wrong.status_code == 400
    assert "2026-12-31" in wrong.text


async def test_a_value_that_changed_meanwhile_is_refused_and_named(client: httpx.AsyncClient, engine: StandIn) -> None:
    rows = views.findings(engine).items[:2]
    chosen = [f"{rows[0].id}:{rows[0].fingerprint}", f"{rows[1].id}:0123"]
    answer = await client.post("/decide", data={"f": chosen, "kind": "reject", "reason": "r"})
    assert answer.status_code == 409
    assert f"/findings/{rows[1].id}" in answer.text
    assert await engine.store.decisions() == []


@pytest.mark.parametrize(
    ("path", "data", "status", "words"),
    [
        ("/decide", {"kind": "approve"}, 400, "Tick the findings"),
        ("/decide", {"kind": "explode", "f": "x:y"}, 400, "Choose a decision"),
        ("/findings/zzzz/decide", {"kind": "approve"}, 404, "No such finding"),
        ("/systems/nope/poll", {}, 404, "No such system"),
        ("/break/1/do", {}, 404, "No demo here"),
    ],
)
async def test_a_form_that_cannot_be_carried_out_says_why(
    client: httpx.AsyncClient, path: str, data: dict[str, str], status: int, words: str
) -> None:
    answer = await client.post(path, data=data)
    assert (answer.status_code, words in answer.text) == (status, True)
    assert re.search(r"id <code>[0-9a-f]{12}</code>", answer.text)


async def test_proposals_are_captured_by_scope(client: httpx.AsyncClient, engine: StandIn) -> None:
    assert "articles" in (await client.get("/proposals")).text
    answer = await client.post("/proposals/directus-lab/capture", data={"uuid": "c1", "scope": ["field/articles"]})
    assert answer.status_code == 303
    decision = await engine.store.decision("c1")
    assert decision is not None and (decision.kind, decision.integration) == ("capture", "directus-lab")


async def test_a_system_is_read_on_demand(client: httpx.AsyncClient, engine: StandIn) -> None:
    assert (await client.post("/systems/hubspot-prod/poll")).status_code == 303
    assert engine.polled == [("hubspot-prod", None)]


async def test_the_demo_page_breaks_and_mends(asking: Callable[..., httpx.AsyncClient]) -> None:
    story = Story()
    client = asking(demo=story)
    assert "Break something" in (await client.get("/")).text
    assert (await client.post("/break/1/do")).status_code == 303
    assert story.done == {"1"}
    assert "Undo" in (await client.get("/break")).text
    await client.post("/break/1/undo")
    assert story.done == set()
    assert (await client.post("/break/77/do")).status_code == 404
    renamed = await client.post("/break/2/do")
    assert (renamed.status_code, "crm-prod is called crm now" in renamed.text) == (409, True)


async def test_a_fault_of_the_demo_is_not_taken_for_a_step_that_is_not_there(
    asking: Callable[..., httpx.AsyncClient],
) -> None:
    never_done = await asking(demo=Story()).post("/break/1/undo")  # a fault of this demo's own
    assert (never_done.status_code, "No such step" in never_done.text) == (500, False)


async def test_there_is_no_demo_page_on_a_real_stack(client: httpx.AsyncClient) -> None:
    assert "Break something" not in (await client.get("/")).text
    assert (await client.get("/break")).status_code == 404


@pytest.mark.parametrize("state", ["loading", "draining"])
async def test_nothing_is_decided_while_loading_or_draining(
    client: httpx.AsyncClient, engine: StandIn, state: str
) -> None:
    engine.state = state
    row = views.findings(engine).items[0]
    assert f"Driftline is {state}" in (await client.get("/")).text
    assert (await client.post(f"/findings/{row.id}/decide", data={"kind": "reject", "reason": "r"})).status_code == 503


async def test_an_unforeseen_failure_is_told_with_its_id_and_without_its_innards(
    client: httpx.AsyncClient, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("the secret innards")

    monkeypatch.setattr(views, "overview", broken)
    answer = await client.get("/")
    assert answer.status_code == 500
    assert "secret innards" not in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "content-security-policy" in answer.headers


async def test_an_empty_stack_says_what_to_do_first(client: httpx.AsyncClient, engine: StandIn) -> None:
    engine.integrations.clear()
    engine.nothing()
    assert "driftline init" in (await client.get("/")).text
    assert "Nothing is open" in (await client.get("/review")).text


async def test_a_healthy_stack_is_a_quiet_page(client: httpx.AsyncClient, engine: StandIn) -> None:
    engine.nothing()
    for name in ("segment-prod", "hubspot-prod"):
        assert "not everything could be read" in (await client.get("/")).text
        del engine.integrations[name]
    assert "All in step" in (await client.get("/")).text


async def test_a_number_of_the_overview_leads_to_as_many_findings(client: httpx.AsyncClient) -> None:
    """Folded effects mark their kind, so the list behind the mark shows them too."""
    page = (await client.get("/")).text
    marks = re.findall(r'href="(/review\?integration=[^"]*kind=[^"]*)"><svg.*?</svg>(\d+)</a>', page)
    assert len(marks) >= 4
    for link, count in marks:
        shown = (await client.get(link.replace("&amp;", "&"))).text
        assert shown.count('data-id="') == int(count), link
