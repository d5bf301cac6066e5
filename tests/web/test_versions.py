"""ETags: the same answer is known again, another never; what changes one thing is held to what was looked at."""

from __future__ import annotations

import httpx
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.records import Reading
from monitor.engine import views
from monitor.web.versions import _among, _tag

from .standin import NOW, StandIn
from .test_api import READS


@given(st.binary(), st.binary())
def test_two_answers_that_differ_never_share_a_tag(one: bytes, other: bytes) -> None:
    assert (_tag(one) == _tag(other)) == (one == other)


def test_a_list_of_tags_is_read_as_it_is_written() -> None:
    tag = _tag(b"x")
    assert _among(tag, tag) and _among(tag, f'"a", W/{tag} ') and _among(tag, "*") and not _among(tag, '"a", W/"b"')
    assert not _among(tag, f"W/{tag}", strong=True), "a weak one says that it means the same, not that it is"
    assert not _among(tag, tag.strip('"')) and not _among(tag, "")


async def test_what_did_not_change_is_not_sent_again(client: httpx.AsyncClient, engine: StandIn) -> None:
    id_ = next(iter(engine.ledger.findings))
    for path in (one.format(id=id_) for one in READS):
        first = await client.get(path)
        again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"]), path
        assert first.headers["cache-control"] == again.headers["cache-control"] == "private, no-cache"


async def test_what_changed_is_sent(client: httpx.AsyncClient, engine: StandIn) -> None:
    row = views.findings(engine).items[0]
    path = f"/api/v1/findings/{row.id}"
    tag = (await client.get(path)).headers["etag"]
    engine.ledger.findings[row.id].assignee = "brand"
    answer = await client.get(path, headers={"if-none-match": tag})
    assert answer.status_code == 200 and answer.headers["etag"] != tag and "brand" in answer.text


async def test_pages_and_problems_have_no_tag(client: httpx.AsyncClient) -> None:
    for path in ("/review", "/api/v1/findings/zzzz"):
        assert "etag" not in (await client.get(path)).headers


async def test_a_condition_where_there_is_nothing_to_compare_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/undo", json={"uuid": "u"}, headers={"if-match": '"a"'})
    assert answer.status_code == 400 and "If-Match" in answer.json()["detail"]


async def test_a_tag_longer_than_described_is_refused(client: httpx.AsyncClient) -> None:
    fits, over = '"' + "a" * 198 + '"', '"' + "a" * 199 + '"'
    for name, ask in (
        ("If-None-Match", client.get("/api/v1/findings", headers={"if-none-match": over})),
        ("If-Match", client.post("/api/v1/standing/a/end", json={"uuid": "u"}, headers={"if-match": over})),
    ):
        answer = await ask
        assert answer.status_code == 400 and f"{name}: expected at most 200" in answer.json()["detail"]
    assert (await client.get("/api/v1/findings", headers={"if-none-match": fits})).status_code == 200


async def test_readings_are_walked_to_the_end(client: httpx.AsyncClient, engine: StandIn) -> None:
    async with engine.store.transaction() as tx:
        for number in range(20, 27):
            await tx.end_reading(
                Reading(id=number, integration="hubspot-prod", started_at=NOW, ended_at=NOW, outcome="ok")
            )
    every = [one["id"] for one in (await client.get("/api/v1/readings?limit=500")).json()["items"]]
    seen, cursor = [], ""
    while True:
        page = (await client.get(f"/api/v1/readings?limit=3{cursor}")).json()
        seen += [one["id"] for one in page["items"]]
        if not page["next"]:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == every and len(seen) >= 7


async def test_decisions_are_walked_to_the_end_whatever_comes_meanwhile(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    row = views.findings(engine).items[0]

    async def decide(uuid: str) -> None:
        asked = {"uuid": uuid, "kind": "acknowledge", "findings": {row.id: row.fingerprint}}
        assert (await client.post("/api/v1/decisions", json=asked)).status_code == 202

    for number in range(7):
        await decide(f"d{number}")
        engine.clock.advance(number % 2)  # some at one moment
    every = [one["uuid"] for one in (await client.get("/api/v1/decisions?limit=500")).json()["items"]]
    seen, cursor = [], ""
    while True:
        page = (await client.get(f"/api/v1/decisions?limit=2{cursor}")).json()
        seen += [one["uuid"] for one in page["items"]]
        if not page["next"]:
            break
        cursor = f"&cursor={page['next']}"
        engine.clock.advance(1)
        await decide(f"later-{len(seen)}")
    assert seen == every and len(seen) == 7
    assert (await client.get("/api/v1/decisions?cursor=none")).status_code == 404
