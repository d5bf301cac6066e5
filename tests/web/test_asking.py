"""Ask the maker: a link for one version of one finding, an answer that informs and decides nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from msgspec.structs import replace

from monitor.core.model import Action, EventType, Finding, Level
from monitor.engine import views
from monitor.engine.asking import DAYS
from monitor.engine.shapes import Filter
from monitor.web.limits import FAILURES
from monitor.web.settings import Settings
from probes.kit.contract import Kind

from .standin import NOW, StandIn, claim, verdict

SAME = {"sec-fetch-site": "same-origin"}


def made_by(engine: StandIn) -> Finding:
    """The finding of which the vendor names who made it."""
    return next(one for one in engine.ledger.findings.values() if one.claim.evidence.get("by"))


async def link(client: httpx.AsyncClient, engine: StandIn) -> str:
    answer = await client.post(f"/api/v1/findings/{made_by(engine).id}/ask")
    assert answer.status_code == 201, answer.text
    return urlsplit(answer.json()["url"]).path


async def test_a_reviewer_gets_a_link_a_text_and_a_mail_to_send(client: httpx.AsyncClient, engine: StandIn) -> None:
    finding = made_by(engine)
    shown = (await client.get(f"/findings/{finding.id}")).text
    assert f'action="/findings/{finding.id}/ask"' in shown and "Ask the maker" in shown
    page = html.unescape((await client.post(f"/findings/{finding.id}/ask")).text)
    url = re.search(r'value="(http://[^"]+/answer/[\w-]{40,})"', page)
    assert url is not None
    mailto = re.search(r'href="(mailto:[^"]+)"', page)
    assert mailto is not None and mailto.group(1).startswith("mailto:admin-03@example.com?subject=")
    assert url.group(1) in unquote(mailto.group(1))
    assert "Option Sales Qualified Lead (salesqualifiedlead) was removed from lifecyclestage" in page
    assert "no answer yet" in (await client.get(f"/findings/{finding.id}")).text
    assert url.group(1).rpartition("/")[2] not in await dump(engine), "of the link the store has a hash"


async def dump(engine: StandIn) -> str:
    await engine.store.scrub()
    raw = (engine.store.folder / "state.db").read_bytes()
    return raw.decode("latin-1")


async def test_who_holds_the_link_sees_one_change_and_nothing_else(
    asking: Callable[..., httpx.AsyncClient], client: httpx.AsyncClient, engine: StandIn
) -> None:
    path = await link(client, engine)
    outside = asking(Settings(mode="tokens"))
    page = await outside.get(path)
    assert page.status_code == 200 and page.headers["referrer-policy"] == "same-origin"
    assert "HubSpot prod" in page.text and "Sales Qualified Lead" in page.text
    for word in ("example<", "Review", "Salesforce", "admin-03", "marketing-operations", made_by(engine).id, "badge"):
        assert word not in page.text, word
    assert "content-security-policy" in page.headers and "<script>" not in page.text
    assert set(re.findall(r'href="(/[^"#]*)', page.text)) <= {"/static/icon.svg", "/static/driftline.css", "/"}
    for closed in ("/", "/review", f"/findings/{made_by(engine).id}", "/api/v1/findings"):
        assert (await outside.get(closed)).status_code == 401
    assert (
        await outside.post(path, data={"answer": "mine"}, headers={"sec-fetch-site": "cross-site"})
    ).status_code == 403
    assert (await outside.get(path, headers={"host": "evil.example"})).status_code == 421


async def test_an_answer_informs_fills_the_ticket_in_and_decides_nothing(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    path, finding = await link(client, engine), made_by(engine)
    answer = await client.post(path, data={"answer": "mine", "ticket": " MOPS-214 "}, headers=SAME)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "Kept: mine, MOPS-214" in (await client.get(path)).text
    row = views.row(engine, finding.id)
    assert (row.answer, row.answer_ticket, row.stand) == ("mine", "MOPS-214", "open")
    shown = (await client.get(f"/findings/{finding.id}")).text
    assert 'name="ticket" value="MOPS-214"' in shown and "maker: mine, MOPS-214" in shown
    assert not re.search(r'name="kind"[^>]* checked', shown), "never approved beforehand"
    assert "maker: mine, MOPS-214" in (await client.get("/review")).text
    assert await engine.store.decisions() == []
    (told,) = [event for _, event in await engine.store.events() if event.type is EventType.ANSWERED]
    entries = {one.what: one for one in await engine.store.trail()}
    assert told.by == entries["answered by the maker"].who
    assert told.by.startswith("link:p-")
    assert entries["answered by the maker"].data["via"] == "link" and entries["asked the maker"].who != told.by
    said = (await client.get("/trail")).text
    assert "link:admin-03@example.com" in said
    stored = next(one for one in await engine.store.findings() if one.id == finding.id)
    assert (stored.answer, stored.answer_ticket) == ("mine", "MOPS-214")


async def test_an_answer_can_be_corrected_by_the_same_link_and_the_same_again_is_no_news(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    path = await link(client, engine)
    for sent in ({"answer": "mine", "ticket": "A-1"},) * 2 + ({"answer": "not mine", "ticket": "A-1"},):
        assert (await client.post(path, data=sent, headers=SAME)).status_code == 303
    told = [(e.answer, e.words) for _, e in await engine.store.events() if e.type is EventType.ANSWERED]
    assert told == [("mine", "A-1"), ("not mine", "")]
    assert views.row(engine, made_by(engine).id).answer == "not mine"


async def test_what_its_maker_does_not_know_comes_first_of_its_level(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    finding = made_by(engine)
    newer = await engine.find(
        claim("hubspot-prod", Kind.FIELD, "deals", "x", "label", "", Action.CHANGED, 1, 2,
              verdict(Level.BREAKING, "r", "web")), age=10,
    )  # fmt: skip
    path = await link(client, engine)
    assert views.findings(engine, Filter()).items[0].id == newer.id
    await client.post(path, data={"answer": "not mine"}, headers=SAME)
    first, second, *_ = views.findings(engine, Filter()).items
    assert (first.id, second.id, first.level) == (finding.id, newer.id, "breaking")


@pytest.mark.parametrize(
    "sent",
    [{}, {"answer": "yes"}, {"answer": "mine", "ticket": "x" * 65}, {"answer": "mine", "ticket": "<b>"},
     {"answer": "mine", "ticket": "ask bea@example.com"}],
)  # fmt: skip
async def test_an_answer_that_is_none_is_refused_and_what_was_written_stays(
    client: httpx.AsyncClient, engine: StandIn, sent: dict[str, str]
) -> None:
    path = await link(client, engine)
    answer = await client.post(path, data=sent, headers=SAME)
    assert answer.status_code == 409 and "Nothing was kept" in answer.text
    assert html.escape(sent.get("ticket", "")) in answer.text
    assert views.row(engine, made_by(engine).id).answer == ""


async def test_a_link_ends_with_its_week_its_successor_and_its_version(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    finding = made_by(engine)
    first = await link(client, engine)
    path = await link(client, engine)
    assert (await client.get(first)).status_code == 404
    assert (await client.post(first, data={"answer": "mine"}, headers=SAME)).status_code == 404
    assert (await client.get("/answer/nothing")).status_code == 404
    finding.claim, before = replace(finding.claim, after="something else"), finding.claim
    assert "Nothing to answer any more" in (await client.get(path)).text
    assert (await client.post(path, data={"answer": "mine"}, headers=SAME)).status_code == 409
    finding.claim = before
    assert (await client.get(path)).status_code == 200
    engine.clock.advance(DAYS * 86_400)
    assert (await client.get(path)).status_code == 404
    assert "Ask the maker" in (await client.get(f"/findings/{finding.id}")).text


async def test_where_nobody_is_recorded_there_is_nobody_to_ask(client: httpx.AsyncClient, engine: StandIn) -> None:
    other = next(one for one in engine.ledger.findings.values() if not one.claim.evidence.get("by"))
    assert "Ask the maker" not in (await client.get(f"/findings/{other.id}")).text
    answer = await client.post(f"/api/v1/findings/{other.id}/ask")
    assert answer.status_code == 409 and "Nobody is recorded" in answer.json()["problems"][0]
    assert (await client.post("/api/v1/findings/ffff/ask")).status_code == 404


async def test_tries_are_counted_by_address(client: httpx.AsyncClient, engine: StandIn) -> None:
    codes = [(await client.get(f"/answer/guess-{n}")).status_code for n in range(FAILURES + 1)]
    assert codes == [404] * FAILURES + [429]
    engine.clock.advance(61)
    assert (await client.get("/answer/guess")).status_code == 404


async def test_who_is_forgotten_is_asked_no_more(client: httpx.AsyncClient, engine: StandIn) -> None:
    path = await link(client, engine)
    await client.post(path, data={"answer": "not mine"}, headers=SAME)
    await engine.people.forget("admin-03@example.com")
    assert (await client.get(path)).status_code == 404
    assert "admin-03" not in await dump(engine)
    assert "admin-03" not in (await client.get(f"/findings/{made_by(engine).id}")).text


async def test_no_answer_is_half_kept(
    client: httpx.AsyncClient, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await link(client, engine)
    reloaded = []

    async def broken(*_: Any) -> None:
        raise OSError("disk full")

    async def reload() -> None:
        reloaded.append(NOW)

    monkeypatch.setattr("monitor.adapters.store_tx.Tx.add_trail", broken)
    monkeypatch.setattr(engine, "reload_ledger", reload, raising=False)
    assert (await client.post(path, data={"answer": "mine"}, headers=SAME)).status_code == 500
    assert reloaded and not [e for _, e in await engine.store.events() if e.type is EventType.ANSWERED]
