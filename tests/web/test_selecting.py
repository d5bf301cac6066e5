"""Deciding on several: what was ticked is shown once more, what moved is never taken along, what was typed is kept."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from monitor.core.model import Action, CauseReason, Level, Phase
from monitor.engine import views
from monitor.engine.request import Refused
from monitor.engine.shapes import Filter, FindingRow
from monitor.web import selecting
from monitor.web.access import Principal
from probes.kit.contract import Kind

from .standin import StandIn, claim, verdict
from .test_review import Page

REASON = "agreed with the team"


def pair(row: FindingRow) -> str:
    return f"{row.id}:{row.fingerprint}"


def ticked(text: str) -> set[str]:
    return {a["value"] for a in Page(text).all("input", name="f") if "checked" in a}


def shown(text: str) -> set[str]:
    return {a["value"] for a in Page(text).all("input", name="f")}


def drifts(engine: StandIn, **wanted: Any) -> list[FindingRow]:
    return [row for row in views.findings(engine, Filter(**wanted)).items if row.source == "drift"]


def form_of(text: str) -> dict[str, Any]:
    """What a browser would send of the page's form, as it stands."""
    page = Page(text)
    names = ("uuid", "kind", "queue", "rest", "effect", "reason", "ticket")
    given: dict[str, Any] = {name: a["value"] for name in names for a in page.all("input", name=name) if "value" in a}
    return given | {"f": sorted(ticked(text))}


def move(engine: StandIn, id_: str, after: Any) -> None:
    """Another value, the way a reading brings it."""
    import msgspec

    finding = engine.ledger.findings[id_]
    finding.claim = msgspec.structs.replace(finding.claim, after=after)
    engine.moved()


async def test_what_was_ticked_is_shown_before_anything_is_decided(client: httpx.AsyncClient, engine: StandIn) -> None:
    two = drifts(engine)[:2]
    answer = await client.post("/review/choose", data={"f": [pair(row) for row in two], "kind": "approve"})
    assert answer.status_code == 200 and "2 findings" in answer.text
    assert ticked(answer.text) == {pair(row) for row in two}
    assert await engine.store.decisions() == []
    done = await client.post("/decide", data={**form_of(answer.text), "reason": REASON, "ticket": "OPS-1"})
    assert done.status_code == 303 and done.headers["location"].startswith("/review?decided=")
    decisions = await engine.store.decisions()
    systems = {row.integration for row in two}
    assert {decision.kind for decision in decisions} == {"approve"} and len(decisions) == len(systems)
    assert {id_ for one in decisions for id_ in one.findings} == {row.id for row in two}
    assert "Approve is kept (queued)" in (await client.get(done.headers["location"])).text


async def test_a_second_click_decides_nothing_twice(client: httpx.AsyncClient, engine: StandIn) -> None:
    page = await client.post("/review/choose", data={"f": [pair(row) for row in drifts(engine)], "kind": "reject"})
    form = {**form_of(page.text), "reason": REASON}
    for _ in range(2):
        assert (await client.post("/decide", data=form)).status_code == 303
    decisions = await engine.store.decisions()
    assert len(decisions) == 2, "one for each system"
    assert len({decision.uuid for decision in decisions}) == 2


async def test_what_changed_since_is_never_selected_and_the_rest_is_kept(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    one, other = drifts(engine, integration="salesforce-prod")[:2]
    page = await client.post(
        "/review/choose", data={"f": [pair(one), pair(other)], "kind": "approve", "queue": "level=info"}
    )
    move(engine, other.id, "another value now")
    answer = await client.post("/decide", data={**form_of(page.text), "reason": REASON, "ticket": "OPS-1"})
    assert answer.status_code == 409 and await engine.store.decisions() == []
    assert "1 finding changed since you opened the page, and is not selected" in answer.text
    assert ticked(answer.text) == {pair(one)}
    now = views.row(engine, other.id)
    assert pair(now) in shown(answer.text) and now.fingerprint != other.fingerprint
    assert "another value now" in answer.text, "what it is now"
    form = form_of(answer.text)
    assert (form["reason"], form["ticket"], form["queue"]) == (REASON, "OPS-1", "level=info")
    done = await client.post("/decide", data=form)
    assert (done.status_code, "level=info" in done.headers["location"]) == (303, True)
    (decision,) = await engine.store.decisions()
    assert dict(decision.findings) == {one.id: one.fingerprint}


async def test_what_changed_before_the_first_step_is_not_selected_either(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    one, other = drifts(engine)[:2]
    move(engine, other.id, "x")
    answer = await client.post("/review/choose", data={"f": [pair(one), pair(other)], "kind": "approve"})
    assert ticked(answer.text) == {pair(one)}


async def test_what_closed_meanwhile_is_named(client: httpx.AsyncClient, engine: StandIn) -> None:
    one, other = drifts(engine)[:2]
    engine.ledger.findings[other.id].phase = Phase.CLOSED
    engine.moved()
    answer = await client.post("/decide", data={"f": [pair(one), pair(other)], "kind": "reject", "reason": REASON})
    assert answer.status_code == 409 and "1 finding closed meanwhile" in answer.text
    assert f"/findings/{other.id}" in answer.text and ticked(answer.text) == {pair(one)}


async def test_all_that_match_states_the_number_and_carries_every_version(
    client: httpx.AsyncClient, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selecting, "LISTED", 3)
    for number in range(8):
        said = claim("hubspot-prod", Kind.FIELD, "deals", f"f{number}", "label", "", Action.CHANGED, "a", "b",
                     verdict(Level.INFO, "field.label.changed", "web"))  # fmt: skip
        await engine.find(said)
    queue = (await client.get("/review?owner=web&size=5")).text
    (every,) = Page(queue).all("input", name="all")
    assert every["value"] == "8" and "all 8 that match" in queue
    (seen,) = Page(queue).all("input", name="seen")
    rows = drifts(engine, owner="web")
    assert seen["value"].split() == [pair(row) for row in rows[:5]]
    move(engine, rows[0].id, "moved while it was looked at")
    asked = {"all": "8", "kind": "approve", "queue": "owner=web&size=5", "seen": seen["value"]}
    page = await client.post("/review/choose", data=asked)
    assert "7 findings" in page.text and "1 finding changed since" in page.text
    form = form_of(page.text)
    assert len(form["f"]) == 3 and len(form["rest"].split()) == 4
    await client.post("/decide", data=form)
    (decision,) = await engine.store.decisions()
    assert dict(decision.findings) == {row.id: row.fingerprint for row in rows[1:]}


async def test_another_number_than_was_seen_is_said(client: httpx.AsyncClient, engine: StandIn) -> None:
    page = await client.post("/review/choose", data={"all": "37", "kind": "reject", "queue": "level=breaking"})
    assert "3 match now; it was 37 when the page was loaded." in page.text


async def test_a_filter_never_stands_for_all(client: httpx.AsyncClient, engine: StandIn) -> None:
    page = await client.post("/review/choose", data={"all": "1", "kind": "reject", "queue": "level=info"})
    assert ticked(page.text) == {pair(row) for row in views.findings(engine, Filter(level="info")).items}


async def test_more_than_one_decision_can_be_about_is_refused(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selecting, "MOST", 2)
    answer = await client.post("/review/choose", data={"all": "6", "kind": "reject", "queue": ""})
    assert (answer.status_code, "6 match" in answer.text) == (400, True)


async def test_effects_go_along_when_asked(client: httpx.AsyncClient, engine: StandIn) -> None:
    root = next(row for row in drifts(engine) if row.children)
    address = engine.ledger.findings[root.id].address
    said = claim("salesforce-prod", Kind.FIELD, "Lead", "x", "label", "", Action.CHANGED, 1, 2,
                 verdict(Level.INFO, "r", "web"), under=address, because=CauseReason.IMPLIED)  # fmt: skip
    child = await engine.find(said, cause=root.id)
    page = await client.post("/review/choose", data={"f": pair(root), "kind": "approve"})
    assert "With 1 effect" in page.text
    form = {**form_of(page.text), "reason": REASON, "ticket": "OPS-1"}
    await client.post("/decide", data={**form, "effects": "1"})
    (decision,) = await engine.store.decisions()
    assert set(decision.findings) == {root.id, child.id}


async def test_what_cannot_be_decided_so_is_left_out_and_said(client: httpx.AsyncClient, engine: StandIn) -> None:
    rows = views.findings(engine).items
    fault = next(row for row in rows if row.source == "fault")
    page = await client.post("/review/choose", data={"f": [pair(row) for row in rows], "kind": "approve"})
    assert pair(fault) not in shown(page.text) and "Left out" in page.text
    assert (
        "Nothing is left to decide here"
        in (await client.post("/review/choose", data={"f": pair(fault), "kind": "approve"})).text
    )


async def test_the_form_says_what_is_required(client: httpx.AsyncClient, engine: StandIn) -> None:
    light, heavy = drifts(engine, level="info")[0], drifts(engine, level="breaking")[0]
    (security,) = [row for row in drifts(engine) if row.security]
    for row, kind, fields in (
        (light, "approve", set()), (heavy, "approve", {"reason", "ticket"}),
        (security, "approve", {"reason", "ticket"}),
        (light, "ignore", {"reason", "until"}), (light, "assign", {"assignee"}), (light, "reject", {"reason"}),
    ):  # fmt: skip
        text = (await client.post("/review/choose", data={"f": pair(row), "kind": kind})).text
        page = Page(text)
        required = {a["name"] for tag in ("input", "select") for a in page.all(tag) if "required" in a}
        assert required == fields, (row.says, kind)
    text = (await client.get(f"/findings/{heavy.id}")).text
    assert "Takes a reason and a ticket, since it is breaking." in text
    assert "Takes a reason" not in (await client.get(f"/findings/{light.id}")).text


async def test_what_is_refused_stands_again_with_what_was_typed(client: httpx.AsyncClient, engine: StandIn) -> None:
    async def refuse(*_: Any) -> Any:
        raise Refused("Give a reason and a ticket: it is breaking.")

    engine.decide = refuse  # type: ignore[method-assign]
    row = drifts(engine, level="breaking")[0]
    form = {"uuid": "u", "fingerprint": row.fingerprint, "kind": "approve", "reason": REASON, "queue": "level=breaking"}
    for path, data in ((f"/findings/{row.id}/decide", form), ("/decide", {**form, "f": pair(row)})):
        answer = await client.post(path, data=data)
        assert answer.status_code == 409 and "Give a reason and a ticket" in answer.text
        assert f'value="{REASON}"' in answer.text and "Back to the review queue" in answer.text
        assert 'role="alert"' in answer.text


async def test_a_finding_that_changed_is_shown_as_it_is_now_and_nothing_is_picked(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    row = drifts(engine)[0]
    move(engine, row.id, "now something else")
    form = {"uuid": "u", "fingerprint": row.fingerprint, "kind": "approve", "reason": REASON, "ticket": "OPS-1"}
    answer = await client.post(f"/findings/{row.id}/decide", data=form)
    page = Page(answer.text)
    assert answer.status_code == 409 and "This changed while you looked at it" in answer.text
    assert not [a for a in page.all("input", type="radio") if "checked" in a]
    assert page.all("input", name="fingerprint", value=views.row(engine, row.id).fingerprint)
    assert page.all("input", name="reason", value=REASON) and page.all("input", name="ticket", value="OPS-1")


async def test_after_a_decision_the_queue_goes_on_at_the_finding_below(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    text = (await client.get("/review?stand=all")).text
    first, second = [a["data-id"] for a in Page(text).all("li") if "data-id" in a][:2]
    page = Page((await client.get(f"/review?stand=all&at={first}")).text)
    (form,) = page.all("form", class_="decide")
    (queue,) = page.all("input", name="queue", type="hidden")[1:] or page.all("input", name="queue")
    assert queue["value"] == f"stand=all&at={second}"
    (seen,) = page.all("input", name="fingerprint")
    data = {"uuid": "u9", "fingerprint": seen["value"], "kind": "comment", "reason": "r", "queue": queue["value"]}
    answer = await client.post(form["action"], data=data)
    assert answer.headers["location"] == f"/review?stand=all&at={second}&decided=u9"


@pytest.mark.parametrize("queue", ["//evil.example/?x=1", "decided=1&at=x%0d%0aset-cookie:a", "javascript:alert(1)"])
async def test_where_to_go_back_to_is_never_another_site(
    client: httpx.AsyncClient, engine: StandIn, queue: str
) -> None:
    row = drifts(engine)[0]
    data = {"uuid": "u", "fingerprint": row.fingerprint, "kind": "comment", "reason": "r", "queue": queue}
    answer = await client.post(f"/findings/{row.id}/decide", data=data)
    assert answer.status_code == 303
    assert re.fullmatch(r"/review\?(at=[^&\r\n]*&)?decided=u", answer.headers["location"])


async def test_who_may_only_look_sees_no_bar(client: httpx.AsyncClient, engine: StandIn, monkeypatch: Any) -> None:
    from monitor.web.access import Access

    async def viewer(*_: Any) -> Principal:
        return Principal("somebody", "viewer", "bearer")

    monkeypatch.setattr(Access, "principal", viewer)
    text = (await client.get("/review")).text
    assert "Approve…" not in text and not Page(text).all("input", name="f")
    row = drifts(engine)[0]
    for path in ("/review/choose", "/decide"):
        assert (await client.post(path, data={"f": pair(row), "kind": "approve"})).status_code == 403


async def test_a_decision_that_does_not_exist_is_refused(client: httpx.AsyncClient, engine: StandIn) -> None:
    answer = await client.post("/review/choose", data={"f": pair(drifts(engine)[0]), "kind": "explode"})
    assert answer.status_code == 400 and "expected one of approve" in answer.text
