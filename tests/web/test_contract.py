"""What the description says of every address, and what holds for all of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from monitor.reference_api import described
from monitor.web.explained import DO
from monitor.web.openapi import operations
from monitor.web.problems import SAID

ROOT = Path(__file__).resolve().parents[2]
WHOLE = described()
OPERATIONS = [(path, verb, one) for path, verb, one in operations(WHOLE)]
BOUNDED = {"maxLength", "enum", "maximum", "maxItems", "pattern"}


async def test_every_address_of_the_api_is_described_and_the_reverse(client: httpx.AsyncClient) -> None:
    app: FastAPI = client.app  # type: ignore[attr-defined]
    served = {
        (str(route.path), verb.lower())
        for route in iter_route_contexts(app.routes)
        for verb in route.methods or ()
        if str(route.path).startswith(("/api/", "/-/"))
    }
    assert served == {(path, verb) for path, verb, _ in OPERATIONS}
    assert len(served) > 35


def test_every_operation_says_what_it_is() -> None:
    for field in ("operationId", "summary"):
        twice = [name for name, count in Counter(one[field] for *_, one in OPERATIONS).items() if count > 1]
        assert not twice, field
    for path, verb, one in OPERATIONS:
        assert re.fullmatch(r"[a-z0-9_]+", one["operationId"]) and len(one["summary"]) > 8, (path, verb)
        assert len(one["tags"]) == 1 and one["tags"][0] in {tag["name"] for tag in WHOLE["tags"]}
        for parameter in one["parameters"]:
            schema = parameter["schema"]
            assert parameter["description"] and BOUNDED & set(schema), (path, verb, parameter["name"])
        places = set(re.findall(r"{(\w+)}", path))
        assert places == {parameter["name"] for parameter in one["parameters"] if parameter["in"] == "path"}
        for code in ("400", "401", "403", "421", "429", "500", *(("404",) if places else ())):
            assert set(one["responses"][code]["content"]) == {"application/problem+json"}, (path, verb, code)
        if verb == "post":
            assert {"409", "413", "415", "422"} <= set(one["responses"])
    assert WHOLE["security"] == [{"bearer": []}]


def test_every_reference_leads_somewhere() -> None:
    refs = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(WHOLE)))
    assert refs and refs <= {f"#/components/schemas/{name}" for name in WHOLE["components"]["schemas"]}
    assert not [name for name in WHOLE["components"]["schemas"] if "." in name]
    ids = {one["operationId"] for *_, one in OPERATIONS}
    links = [link for *_, one in OPERATIONS for answer in one["responses"].values()
             for link in answer.get("links", {}).values()]  # fmt: skip
    assert links and all(link["operationId"] in ids for link in links)


async def test_what_is_not_there_is_a_problem_with_a_way_on(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/nope", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "/api/v1/openapi.json" in answer.json()["detail"]
    for path, verb, allowed in (("/api/v1/tokens", "PUT", "GET, POST"), ("/api/v1/rules", "TRACE", "GET")):
        answer = await client.request(verb, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
        assert f"found {verb}" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/v1/findings?levle=breaking", '"levle" is no parameter of this address; there are: '),
        ("/api/v1/summary?x=1", "there are: none"),
        ("/api/v1/findings?level=info&level=breaking", "level: expected one value, found 2"),
        ("/api/v1/findings?level=", 'level: expected one of info, warning, breaking, found ""'),
        ("/api/v1/findings?children=yes", "children: expected one of 1, 0, true, false"),
        (f"/api/v1/findings?q={'x' * 201}", "q: expected at most 200 characters"),
        ("/api/v1/events?after=-1", "after: expected a whole number from 0"),
        ("/api/v1/events?after=00", "after: expected a whole number from 0"),
        (f"/api/v1/versions?{'&'.join(['id=a'] * 201)}", "id: expected at most 200 of them, found 201"),
        ("/api/v1/trail?from=2026-1-1", "from: expected a day such as 2026-12-31"),
    ],
)
async def test_what_the_description_does_not_allow_is_refused(client: httpx.AsyncClient, path: str, words: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 400
    assert any(words in one for one in answer.json()["problems"]), answer.json()


async def test_every_type_of_problem_is_explained_where_it_leads(client: httpx.AsyncClient) -> None:
    told = (await client.get("/api/v1/nope")).json()
    base, _, anchor = told["type"].partition("#")
    page = (await client.get(base)).text
    known = {said.type for said in SAID.values() if said.type in DO}
    assert anchor in known and set(re.findall(r'<dt id="([^"]+)"', page)) == known == set(DO)
    table = (ROOT / "docs" / "api.md").read_text("utf-8")
    for status, said in SAID.items():
        if said.type in DO:
            assert f"| `{said.type}` | {status} | {said.title} | {DO[said.type]} |" in table, said.type


@pytest.mark.parametrize("uuid", ["", "x" * 101, "a b", "a\n", "a\n\nDriftline-Trail: 1:x", "é"])
async def test_a_uuid_is_one_plain_word(client: httpx.AsyncClient, uuid: str) -> None:
    answer = await client.post("/api/v1/decisions", json={"uuid": uuid, "kind": "acknowledge"})
    assert answer.status_code == 422 and "$.uuid" in answer.json()["detail"]


@pytest.mark.parametrize("until", [-1, 1e12, 1e142])
async def test_an_instant_is_one_that_has_a_day(client: httpx.AsyncClient, until: float) -> None:
    """One was taken once, and then no list of standing approvals could say its last day."""
    terms = {"uuid": "u", "id": "quiet", "owner": "revenue-operations", "reason": "r", "cap": 5, "until": until}
    answer = await client.post("/api/v1/standing", json=terms)
    assert answer.status_code == 422 and "$.until" in answer.json()["detail"]


@pytest.mark.parametrize("cap", [10**10, 10**30])
async def test_a_cap_is_one_that_can_be_kept(client: httpx.AsyncClient, cap: int) -> None:
    """One of more than 64 bits could be read, and not written."""
    terms = {"uuid": "u", "id": "quiet", "owner": "revenue-operations", "reason": "r", "cap": cap, "until": 2e9}
    answer = await client.post("/api/v1/standing", json=terms)
    assert answer.status_code == 422 and "$.cap" in answer.json()["detail"]


async def test_a_whole_number_may_be_written_with_a_point(client: httpx.AsyncClient) -> None:
    """To JSON Schema 5.0 is an integer; 5.5 is none."""
    terms = {"uuid": "u", "id": "quiet", "owner": "nobody", "reason": "r", "until": 2e9}
    assert (await client.post("/api/v1/standing", json=terms | {"cap": 5.0})).status_code != 422
    refused = await client.post("/api/v1/standing", json=terms | {"cap": 5.5})
    assert refused.status_code == 422 and "$.cap" in refused.json()["detail"]


async def test_a_field_that_a_body_does_not_have_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/decisions", json={"uuid": "u", "kind": "ignore", "any_vlaue": True})
    assert answer.status_code == 422 and "any_vlaue" in answer.json()["detail"]


async def test_a_day_that_is_still_to_come_was_understood(client: httpx.AsyncClient) -> None:
    for until, status in (("9426-07-12", 409), ("2026-02-31", 400)):
        answer = await client.get(f"/api/v1/report?until={until}")
        assert answer.status_code == status, answer.text
