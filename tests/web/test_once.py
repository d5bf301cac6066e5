"""A request that is sent again under the same Idempotency-Key is carried out once, and answered the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from monitor.adapters.store_answered import KEPT, Answered, put_answered
from monitor.adapters.store_prune import prune
from monitor.engine import views
from monitor.engine.administer import make_token
from monitor.web import once

from .standin import StandIn
from .test_guard import OUTSIDE, TOKENS

Asking = Callable[..., httpx.AsyncClient]
LINK = "/api/v1/tokens/link"


def key(value: str) -> dict[str, str]:
    return {"idempotency-key": value}


async def links(engine: StandIn) -> int:
    return sum(row.name.startswith("link:") for row in await engine.store.api_tokens())


def asked(engine: StandIn) -> dict[str, Any]:
    row = views.findings(engine).items[0]
    return {"uuid": "one", "kind": "acknowledge", "findings": {row.id: row.fingerprint}}


async def test_the_same_again_is_carried_out_once_and_answered_the_same(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    first = await client.post("/api/v1/decisions", json=asked(engine), headers=key('"a-1"'))
    again = await client.post("/api/v1/decisions", json=asked(engine), headers=key("a-1"))
    assert (first.status_code, first.content) == (202, again.content) and again.status_code == 202
    assert first.headers["content-type"] == again.headers["content-type"]
    assert "idempotency-replayed" not in first.headers and again.headers["idempotency-replayed"] == "true"
    assert again.headers["x-request-id"] != first.headers["x-request-id"], "guarded like every answer"


@pytest.mark.parametrize("other", ["body", "path", "query"])
async def test_another_request_under_the_same_key_is_refused(
    client: httpx.AsyncClient, engine: StandIn, other: str
) -> None:
    await client.post("/api/v1/decisions", json=asked(engine), headers=key("k"))
    body = asked(engine) | ({"reason": "another"} if other == "body" else {})
    path = "/api/v1/undo" if other == "path" else "/api/v1/decisions"
    answer = await client.post(path, json=body, params={"x": "1"} if other == "query" else {}, headers=key("k"))
    assert answer.status_code == (400 if other == "query" else 422), "what is no parameter is said before"


async def test_a_secret_is_shown_once_and_kept_nowhere(client: httpx.AsyncClient, engine: StandIn) -> None:
    first = await client.post(LINK, json={"name": "kim", "role": "viewer"}, headers=key("k"))
    assert first.status_code == 201
    again = await client.post(LINK, json={"name": "kim", "role": "viewer"}, headers=key("k"))
    assert (again.status_code, again.json()["title"]) == (409, "Shown once") and await links(engine) == 1
    secret = first.json()["secret"].rpartition("/")[2].encode()
    files = [path.read_bytes() for path in engine.store.folder.iterdir() if path.is_file()]
    assert files and not [True for raw in files if secret in raw]


async def test_what_was_refused_may_be_asked_again(client: httpx.AsyncClient, engine: StandIn) -> None:
    wrong = await client.post(LINK, json={"name": "no name at all", "role": "viewer"}, headers=key("k"))
    assert wrong.status_code == 409
    right = await client.post(LINK, json={"name": "kim", "role": "viewer"}, headers=key("k"))
    assert right.status_code == 201 and await links(engine) == 1


async def test_two_at_once_make_one(client: httpx.AsyncClient, engine: StandIn) -> None:
    body = {"name": "kim", "role": "viewer"}
    answers = await asyncio.gather(*(client.post(LINK, json=body, headers=key("k")) for _ in range(5)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409, 409] and await links(engine) == 1


async def test_of_many_tokens_of_one_name_that_are_asked_for_at_once_one_is_made(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    body = {"name": "ci", "role": "viewer"}
    found = await asyncio.gather(*(client.post("/api/v1/tokens", json=body) for _ in range(6)))
    assert sorted(one.status_code for one in found) == [201, *[409] * 5]
    assert "already" in next(one for one in found if one.status_code == 409).text
    assert [row.name for row in await engine.store.api_tokens()].count("ci") == 1


async def test_what_a_stop_cut_off_is_not_done_again_unasked(client: httpx.AsyncClient, engine: StandIn) -> None:
    body = {"name": "kim", "role": "viewer"}
    await client.post(LINK, json=body, headers=key("k"))
    (row,) = await engine.store._all(once_rows())
    async with engine.store.transaction() as tx:
        await put_answered(tx, Answered(id=row["id"], request=row["request"], at=row["at"]))
    answer = await client.post(LINK, json=body, headers=key("k"))
    assert (answer.status_code, answer.json()["title"]) == (409, "Not known what came of it")
    assert await links(engine) == 1


async def test_a_failure_inside_leaves_it_unknown(
    asking: Asking, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = asking()

    async def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(engine, "decide", broken)
    first = await client.post("/api/v1/decisions", json=asked(engine), headers=key("k"))
    again = await client.post("/api/v1/decisions", json=asked(engine), headers=key("k"))
    assert (first.status_code, again.status_code) == (500, 409)


async def test_after_a_day_a_key_is_new(client: httpx.AsyncClient, engine: StandIn) -> None:
    body = {"name": "kim", "role": "viewer"}
    await client.post(LINK, json=body, headers=key("k"))
    engine.clock.advance(KEPT)
    assert (await client.post(LINK, json=body, headers=key("k"))).status_code == 201
    engine.clock.advance(KEPT + 1)
    gone = await prune(engine.store, engine.clock.now(), engine.config.service.retention)
    assert gone["answered"] == 1 and await engine.store._all(once_rows()) == []


async def test_a_key_is_its_callers_own(asking: Asking, engine: StandIn) -> None:
    client, body = asking(TOKENS, base=OUTSIDE), {"name": "kim", "role": "viewer"}
    for name in ("one", "other"):
        token = await make_token(engine, name, "admin", None, "admin")  # type: ignore[arg-type]
        headers = {"authorization": f"Bearer {token.secret}", **key("k")}
        assert (await client.post(f"/ops{LINK}", json=body, headers=headers)).status_code == 201
    assert await links(engine) == 2


@pytest.mark.parametrize("wrong", ["", " ", "a b", "a" * 201, '"', "\u00e9"])
async def test_a_key_that_is_none_is_said_to_be_none(client: httpx.AsyncClient, wrong: str) -> None:
    answer = await client.post(LINK, json={}, headers={b"idempotency-key": wrong.encode("latin-1")})  # type: ignore[dict-item]
    assert answer.status_code == 400 and "Idempotency-Key" in answer.json()["detail"]


async def test_every_request_that_changes_something_takes_a_key(client: httpx.AsyncClient) -> None:
    whole = (await client.get("/api/v1/openapi.json")).json()
    without = [
        (path, verb)
        for path, verbs in whole["paths"].items()
        for verb, one in verbs.items()
        if path.startswith(once.API) and verb != "get"
        if not any(parameter["name"] == "Idempotency-Key" for parameter in one["parameters"])
    ]
    assert without == []


def once_rows() -> Any:
    from sqlalchemy import select

    from monitor.adapters import schema

    return select(schema.answered)
