"""The page Paper trail and /api/v1/trail: what stands there, filters, pages; who signed in and who was refused."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.adapters.records import Decision, DecisionState, TrailEntry
from monitor.engine.administer import LINK_SECONDS, make_link, make_token, revoke
from monitor.engine.auditing import verify
from monitor.engine.trailing import Asked, commit_url, trail
from monitor.web.app import create_app
from monitor.web.refusals import MOST, OTHERS, PEERS, WINDOW, Refusals
from monitor.web.settings import Settings
from tests.engine.conftest import captured

from .conftest import HTML
from .standin import NOW, StandIn
from .test_api import described, fits
from .test_guard import OUTSIDE, TOKENS, tokens_mode

Asking = Callable[..., httpx.AsyncClient]
HOSTILE = '<script>alert(1)</script>\u202e"onload=x'


async def enter(engine: StandIn, *entries: TrailEntry) -> None:
    async with engine.store.transaction() as tx:
        await tx.add_trail(*entries)


def line(what: str, who: str = "anna", at: float = NOW - 60, subject: str = "", **data: Any) -> TrailEntry:
    return TrailEntry(at=at, who=who, what=what, subject=subject, data=data)


async def said(engine: StandIn, what: str = "") -> list[tuple[str, str, str, str, str]]:
    rows = (await trail(engine, Asked(what=what), 1, 200)).items[::-1]
    return [(row.who, row.via, row.peer, row.what, row.says) for row in rows]


async def test_the_page_says_who_when_from_where_and_why_with_links(client: httpx.AsyncClient, engine: StandIn) -> None:
    id = next(iter(engine.ledger.findings))
    decision = Decision(
        uuid="u-1", kind="approve", by="anna", at=NOW, state=DecisionState.PUSHED, sha="c0ffee" * 6 + "beef"
    )
    async with engine.store.transaction() as tx:
        await tx.queue_decision(decision)
    more = {"via": "page", "peer": "10.0.0.7", "reason": "asked for", "ticket": "OPS-1"}
    await enter(engine, line("approve", subject="hubspot-prod", decision="u-1", findings=[id, "b", "c", "d"], **more))
    engine.baselines.repository = "git@github.com:acme/baselines.git"
    text = (await client.get("/trail")).text
    for part in (
        "anna", "page from 10.0.0.7", "asked for", "OPS-1", f'href="/findings/{id}"', "and 1 more", "pushed",
        f'href="https://github.com/acme/baselines/commit/{decision.sha}"', 'href="/systems/hubspot-prod"',
        "Not verified yet", 'aria-current="page">Paper trail',
    ):  # fmt: skip
        assert part in text, part


async def test_nothing_yet_is_said(client: httpx.AsyncClient) -> None:
    assert "Nothing was decided, changed or signed yet" in (await client.get("/trail")).text
    assert "No entry fits this filter" in (await client.get("/trail?who=nobody")).text


async def test_filters_are_in_the_address_and_pages_keep_them(client: httpx.AsyncClient, engine: StandIn) -> None:
    await enter(engine, *(line("approve", subject="hubspot-prod", decision=f"u{n}") for n in range(60)))
    await enter(engine, line("signed in", "bea"), line("release", "bea", at=NOW - 3 * 86400.0))
    text = (await client.get("/trail?what=decisions&who=ann&system=hubspot-prod")).text
    older = re.search(r'<a href="([^"]+)" rel="next">Older', text)
    assert older is not None
    second = (await client.get(html.unescape(older[1]))).text
    assert second.count('<tr id="entry-') == 10 and "Page 2 of 2" in second and 'value="ann"' in second
    numbers = [
        (await client.get(f"/api/v1/trail?{query}&limit=200")).json()["total"]
        for query in ("what=sign-ins", "what=decisions", "what=releases", "what=approve", "who=bea", "to=2000-01-01")
    ]
    assert numbers == [1, 61, 1, 60, 2, 0]
    day = "from=2000-01-01&to=2100-01-01"
    assert (await client.get(f"/api/v1/trail?{day}")).json()["total"] == 62


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/v1/trail?from=soon", "from: expected a day"),
        ("/api/v1/trail?from=2026-02-31", "from: expected a day"),
    ],
)
async def test_a_query_that_means_nothing_is_said(client: httpx.AsyncClient, path: str, words: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 400 and words in answer.json()["detail"]
    page = await client.get(path.removeprefix("/api/v1"))
    assert page.status_code == 400 and words in page.text


@pytest.mark.parametrize(("path", "words"), [("/api/v1/trail?limit=0", "limit: exp"), ("/trail?page=0", "page: exp")])
async def test_a_number_that_is_none_is_said(client: httpx.AsyncClient, path: str, words: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 400 and words in answer.text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/v1/trail?from=2026-02-02&to=2026-01-01", "is after 2026-01-01"),
        ("/api/v1/trail?from=2026-01-01&to=9999-12-31", "to: expected a day"),
    ],
)
async def test_days_that_do_not_go_together_are_refused(client: httpx.AsyncClient, path: str, words: str) -> None:
    for asked in (path, path.removeprefix("/api/v1")):
        answer = await client.get(asked)
        assert answer.status_code == 409 and words in answer.text


async def test_a_report_needs_both_its_days(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/trail/report?from=2026-01-01")
    assert answer.status_code == 400 and answer.json()["problems"] == ["to: expected a value, found none."]
    page = await client.get("/trail/report?from=2026-01-01")
    assert page.status_code == 400 and "from which day" in page.text


async def test_an_etag_says_whether_anything_changed(client: httpx.AsyncClient, engine: StandIn) -> None:
    first = await client.get("/api/v1/trail")
    tag = first.headers["etag"]
    again = await client.get("/api/v1/trail", headers={"if-none-match": f'"x", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    await enter(engine, line("signed in"))
    changed = await client.get("/api/v1/trail", headers={"if-none-match": tag})
    assert changed.status_code == 200 and changed.headers["etag"] != tag


async def test_hostile_words_stay_words(client: httpx.AsyncClient, engine: StandIn) -> None:
    hostile = {"reason": HOSTILE, "ticket": HOSTILE, "peer": HOSTILE, "via": HOSTILE, "findings": [HOSTILE]}
    await enter(
        engine, line(HOSTILE, HOSTILE, subject=HOSTILE, **hostile), line("approved outside", paths=[HOSTILE]),
        line("overrides changed", added=[{"rule": HOSTILE, "pattern": HOSTILE, "reason": HOSTILE}]),
        line("reload refused", problems=[HOSTILE] * 9, count=30), line("gave way to the remote", lost=[HOSTILE]),
    )  # fmt: skip
    text = (await client.get("/trail")).text
    assert "<script>alert" not in text and "\u202e" not in text and '"onload=x' not in text
    assert "and 25 more" in text


async def test_all_that_can_be_entered_has_words(client: httpx.AsyncClient, engine: StandIn) -> None:
    entries = {
        "token created": ({"role": "viewer"}, "as viewer"), "token revoked": ({}, "of "), "person forgotten": ({}, ""),
        "remote rewritten": ({}, "lost commits"), "rename": ({"from": "old"}, "it was called old"),
        "recapture": ({"account": "99"}, "account 99"), "gave way to the remote": ({}, "its history was rewritten"),
        "conflicted": ({"note": "it moved"}, "it moved"), "undo": ({}, ""),
        "standing": ({"standing": "labels"}, "labels"), "withdraw": ({"planned": "run-7"}, "run-7"),
    }  # fmt: skip
    await enter(engine, *(line(what, **data) for what, (data, _) in entries.items()))
    for row, (_, words) in zip(await said(engine), entries.values(), strict=True):
        assert words in row[4], row


@pytest.mark.parametrize(
    ("repository", "url"),
    [
        ("https://ops:secret@git.example.com/acme/b.git", "https://git.example.com/acme/b/commit/abc"),
        ("http://git.example.com:3000/acme/b", "http://git.example.com:3000/acme/b/commit/abc"),
        ("ssh://git@git.example.com:22/acme/b.git/", "https://git.example.com/acme/b/commit/abc"),
        ("git@git.example.com:acme/b.git", "https://git.example.com/acme/b/commit/abc"),
        ("git.example.com:acme/b", "https://git.example.com/acme/b/commit/abc"),
        ("/srv/git/b.git", ""), ("file:///srv/b.git", ""), ("", ""), ("javascript://x/y", ""),
    ],
)  # fmt: skip
def test_a_commit_has_a_page_where_its_host_has(repository: str, url: str) -> None:
    assert commit_url(repository, "abc") == url
    assert commit_url(repository, "") == ""


# -- who came in, and who did not -------------------------------------------------------------------------------------


async def test_signing_in_and_out_is_entered_with_the_peer(asking: Asking, engine: StandIn) -> None:
    tokens_mode(engine)
    token = (await make_link(engine, "kim", "reviewer", "local:root")).secret.rpartition("/")[2]
    client = asking(TOKENS, base=OUTSIDE)
    await client.post("/ops/sign-in", data={"token": token})
    await client.post("/ops/systems/hubspot-prod/poll", headers={"origin": OUTSIDE})
    await client.post("/ops/sign-out", headers={"origin": OUTSIDE})
    assert await said(engine, "sign-ins") == [
        ("local:root", "terminal", "", "sign-in link made", "for kim, as reviewer"),
        ("kim", "page", "127.0.0.1", "signed in", "as reviewer"),
        ("kim", "page", "127.0.0.1", "signed out", ""),
    ]


async def test_tokens_are_entered_with_who_made_and_revoked_them(asking: Asking, engine: StandIn) -> None:
    secret = (await make_token(engine, "boss", "admin", None, "local:root")).secret
    client = asking(TOKENS, base=OUTSIDE)
    client.headers["authorization"] = f"Bearer {secret}"
    assert (await client.post("/ops/api/v1/tokens", json={"name": "ci", "role": "viewer"})).status_code == 201
    await revoke(engine, "ci", "token:boss")
    assert await said(engine, "tokens") == [
        ("local:root", "terminal", "", "token created", "for boss, as admin"),
        ("token:boss", "api", "127.0.0.1", "token created", "for ci, as viewer"),
        ("token:boss", "", "", "token revoked", "of ci"),
    ]
    assert secret not in str(await engine.store.trail())


async def test_what_opens_nothing_is_entered_with_whose_it_was(asking: Asking, engine: StandIn) -> None:
    tokens_mode(engine)
    late = (await make_link(engine, "kim", "reviewer", "test")).secret.rpartition("/")[2]
    ended = (await make_token(engine, "ci", "viewer", 60, "test")).secret
    engine.clock.advance(LINK_SECONDS)
    client = asking(TOKENS, base=OUTSIDE)
    assert (await client.get("/ops/")).status_code == 401, "nothing was shown, so nothing was refused"
    assert await said(engine, "sign-in refused") == []
    for number, ask in enumerate(
        (
            lambda: client.post("/ops/sign-in", data={"token": late}),
            lambda: client.get("/ops/api/v1/summary", headers={"authorization": f"Bearer {ended}"}),
            lambda: client.get("/ops/", headers={"authorization": "Bearer guessed"}),
            lambda: client.get("/ops/", headers={"cookie": "__Secure-driftline_session=guessed"}),
        )
    ):
        assert (await ask()).status_code in (401, 403)
        engine.clock.advance(WINDOW)
        assert len(await said(engine, "sign-in refused")) == number + 1
    assert [(*row[:3], row[4].partition(" opens")[0]) for row in await said(engine, "sign-in refused")] == [
        ("kim", "page", "127.0.0.1", "a link"),
        ("token:ci", "api", "127.0.0.1", "a token"),
        ("", "page", "127.0.0.1", "a token"),
        ("", "page", "127.0.0.1", "a session"),
    ]
    assert "not known" in (await asking(Settings()).get("/trail")).text


async def test_a_session_that_ended_by_itself_is_no_refusal(asking: Asking, engine: StandIn) -> None:
    tokens_mode(engine)
    client = asking(TOKENS, base=OUTSIDE)
    token = (await make_link(engine, "kim", "reviewer", "test")).secret.rpartition("/")[2]
    await client.post("/ops/sign-in", data={"token": token})
    session = client.cookies["__Secure-driftline_session"]
    engine.clock.advance(WINDOW * 24)
    answer = await asking(TOKENS, base=OUTSIDE).get(
        "/ops/", headers={"cookie": f"__Secure-driftline_session={session}"}
    )
    assert answer.status_code == 401
    assert await said(engine, "sign-in refused") == []


async def test_a_thousand_guesses_make_four_entries(asking: Asking, engine: StandIn) -> None:
    client = asking(TOKENS, base=OUTSIDE)
    for _ in range(1000):
        await client.get("/ops/api/v1/summary", headers={"authorization": "Bearer guessed"})
    entries = [entry.data for entry in await engine.store.trail()]
    assert [(data["times"], data["since"]) for data in entries] == [(1, 1), (10, 9), (100, 90), (1000, 900)]


def test_guesses_from_everywhere_fill_neither_disk_nor_memory() -> None:
    refusals = Refusals()
    written = [said for n in range(100_000) if (said := refusals.note(f"2001:db8::{n:x}", 1.0)) is not None]
    assert len(written) == MOST
    assert len(refusals._tries) == PEERS + 1 and refusals._tries[OTHERS] == 100_000 - PEERS
    later = refusals.note("10.0.0.7", 1.0 + WINDOW)
    assert later == {"times": 1, "since": 100_000 - MOST + 1}, "what was not written is counted in the next"
    assert refusals._tries == {"10.0.0.7": 1}


# -- verification and report, over the real engine --------------------------------------------------------------------


async def test_the_page_shows_what_a_verification_found_and_gives_the_report(tmp_path: Path) -> None:
    async with captured(tmp_path) as world:
        await world.engine.push()
        app = create_app(world.engine, given=Settings())  # type: ignore[arg-type]
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9731", headers=HTML) as client:
            whole = await described(client)
            found = (await client.post("/api/v1/trail/verify")).json()
            assert (found["problems"], found["remote"], found["decisions"]) == ([], True, 2)
            fits(whole, found, {"$ref": "#/components/schemas/Verified"})
            assert (await client.post("/trail/verify")).headers["location"] == "/trail"
            page = (await client.get("/trail")).text
            assert f"Whole up to entry {found['entries']}" in page
            last = re.search(r'name="to" type="date" value="([^"]+)" required', page)
            assert last is not None
            days = {"from": "2026-01-01", "to": last[1]}
            told = (await client.get("/api/v1/trail/report", params=days)).json()
            fits(whole, told, {"$ref": "#/components/schemas/Report"})
            assert [one["kind"] for one in told["decisions"]] == ["capture", "capture"]
            for form in ("csv", "json", "html"):
                file = await client.get("/trail/report", params={**days, "format": form})
                assert (
                    file.headers["content-disposition"]
                    == f'attachment; filename="driftline-2026-01-01-to-{last[1]}.{form}"'
                )
                assert form in file.headers["content-type"] and "capture" in file.text
            odd = await client.get("/trail/report", params={**days, "format": "pdf"})
            assert odd.status_code == 400 and "expected one of csv, json, html" in odd.text
            async with world.engine.store.transaction() as tx:
                from sqlalchemy import delete

                from monitor.adapters import schema

                await tx.run(delete(schema.trail).where(schema.trail.c.seq > 1))
            assert not (await verify(world.engine)).good
            page = (await client.get("/trail")).text
            assert "problems found" in page and "the end is cut off" in page
