from __future__ import annotations

from typing import Any

import httpx
import jsonschema
import pytest

from monitor.engine import views

from .standin import StandIn

READS = (
    "/api/v1/summary", "/api/v1/overview", "/api/v1/findings", "/api/v1/findings/{id}", "/api/v1/decisions",
    "/api/v1/events", "/api/v1/integrations", "/api/v1/integrations/hubspot-prod", "/api/v1/coverage", "/api/v1/flows",
    "/api/v1/proposals", "/api/v1/ignores", "/api/v1/readings", "/api/v1/rules", "/api/v1/first-look",
    "/api/v1/trail", "/api/v1/timeline", "/api/v1/figures", "/api/v1/report",
)  # fmt: skip


async def described(client: httpx.AsyncClient) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.get("/api/v1/openapi.json")).json()
    return answer


def fits(whole: dict[str, Any], value: Any, schema: dict[str, Any]) -> None:
    jsonschema.validate(value, {**schema, "components": whole["components"]})


@pytest.mark.parametrize("path", READS)
async def test_every_answer_is_as_described(client: httpx.AsyncClient, engine: StandIn, path: str) -> None:
    whole = await described(client)
    id_ = next(iter(engine.ledger.findings))
    answer = await client.get(path.format(id=id_))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    name = path.replace("{id}", "{prefix}").replace("hubspot-prod", "{name}")
    schema = whole["paths"][name]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    fits(whole, answer.json(), schema)


async def test_every_operation_is_described_with_its_problems(client: httpx.AsyncClient) -> None:
    whole = await described(client)
    assert whole["openapi"].startswith("3.1")
    for path, operations in whole["paths"].items():
        assert path.startswith(("/api/v1/", "/-/")), "pages are no part of it"
        for verb, operation in operations.items():
            assert "401" in operation["responses"], (path, verb)
            assert "403" in operation["responses"], (path, verb)


async def test_a_decision_is_kept_once_under_its_uuid(client: httpx.AsyncClient, engine: StandIn) -> None:
    row = views.findings(engine).items[0]
    asked = {"uuid": "one", "kind": "acknowledge", "findings": {row.id[:8]: row.fingerprint}}
    first = await client.post("/api/v1/decisions", json=asked)
    again = await client.post("/api/v1/decisions", json=asked)
    assert (first.status_code, first.json()) == (202, again.json())
    assert first.json()["findings"] == {row.id: row.fingerprint}, "a prefix is made whole"
    assert first.json()["via"] == "api"
    assert (await client.get("/api/v1/decisions/one")).json()["state"] == "queued"
    assert [d["uuid"] for d in (await client.get("/api/v1/decisions?state=queued")).json()["items"]] == ["one"]
    assert (await client.get("/api/v1/decisions?state=pushed")).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "Not JSON"),
        (b"\xff", 400, "Not JSON"),
        (b'{"uuid": "u", "kind": "explode"}', 422, "Invalid enum value 'explode'"),
        (b'{"kind": "approve"}', 422, "missing required field `uuid`"),
        (b'{"uuid": "u", "kind": "approve", "findings": {"zzzz": "f"}}', 404, "no finding"),
    ],
)
async def test_a_decision_that_is_not_one_is_refused_with_a_sentence(
    client: httpx.AsyncClient, engine: StandIn, body: bytes, status: int, words: str
) -> None:
    answer = await client.post("/api/v1/decisions", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.text
    assert answer.json()["correlation"] == answer.headers["x-request-id"]
    assert await engine.store.decisions() == []


async def test_a_form_is_no_json(client: httpx.AsyncClient) -> None:
    assert (await client.post("/api/v1/decisions", data={"uuid": "u"})).status_code == 415


async def test_what_moved_is_refused_with_its_ids(client: httpx.AsyncClient, engine: StandIn) -> None:
    row = views.findings(engine).items[0]
    asked = {"uuid": "u", "kind": "approve", "findings": {row.id: "stale"}}
    answer = await client.post("/api/v1/decisions", json=asked)
    assert (answer.status_code, answer.json()["changed"]) == (409, [row.id])
    fits(await described(client), answer.json(), {"$ref": "#/components/schemas/ProblemBody"})


async def test_events_are_walked_by_number(client: httpx.AsyncClient) -> None:
    seen: list[int] = []
    after = 0
    while items := (page := (await client.get(f"/api/v1/events?limit=3&after={after}")).json())["items"]:
        seen += [item["number"] for item in items]
        after = page["next"]
    assert seen == sorted(set(seen))
    assert len(seen) == 7
    assert (await client.get("/api/v1/summary")).json()["event"] == seen[-1]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/v1/findings?stand=odd", "expected one of open"),
        ("/api/v1/findings?level=purple", "level: expected one of info, warning, breaking"),
        ("/api/v1/findings?kind=fields", "kind: expected one of schema, field"),
        ("/api/v1/findings?source=rift", "source: expected one of drift"),
        ("/api/v1/findings?class=prod", "class: expected one of production"),
        ("/api/v1/findings?limit=0", "limit: expected a whole number from 1"),
        ("/api/v1/findings?limit=9999", "from 1 to 200"),
        ("/api/v1/findings?limit=١", "limit: expected"),
        ("/api/v1/decisions?state=odd", "expected one of waiting"),
        ("/api/v1/events?limit=x", "limit: expected"),
    ],
)
async def test_a_query_that_means_nothing_is_said(client: httpx.AsyncClient, path: str, words: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


async def test_a_poll_is_asked_for_by_listing(client: httpx.AsyncClient, engine: StandIn) -> None:
    answer = await client.post("/api/v1/integrations/hubspot-prod/poll", json={"listings": ["properties"]})
    assert (answer.status_code, answer.json()["reading"]["outcome"]) == (200, "ok")
    assert (await client.post("/api/v1/integrations/hubspot-prod/poll")).status_code == 200
    assert engine.polled == [("hubspot-prod", ("properties",)), ("hubspot-prod", None)]
    odd = await client.post("/api/v1/integrations/hubspot-prod/poll", json={"listings": ["fields"]})
    assert (odd.status_code, 'there is no "fields"' in odd.json()["problems"][0]) == (409, True)
    missing = await client.post("/api/v1/integrations/nope/poll")
    assert (missing.status_code, "there are: directus-lab" in missing.json()["detail"]) == (404, True)


async def test_a_reload_tells_all_problems(client: httpx.AsyncClient, engine: StandIn) -> None:
    assert (await client.post("/-/reload")).json() == {"reloaded": True}
    engine.reload_problems = ("driftline.yaml:3: stack.name: expected text", "x")
    answer = await client.post("/-/reload")
    assert (answer.status_code, answer.json()["problems"]) == (409, list(engine.reload_problems))


async def test_unknown_addresses_are_problems_too(client: httpx.AsyncClient) -> None:
    for path, status in (("/api/v1/nope", 404), ("/api/v1/decisions/none", 404), ("/api/v1/findings/zz", 404)):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["status"], answer.json()["instance"]) == (status, status, path)
    assert (await client.delete("/api/v1/summary")).status_code == 405
