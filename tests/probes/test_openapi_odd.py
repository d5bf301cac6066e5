"""OpenAPI documents as some tools write them: correct, and unlike most. Each is read whole, or its mistake is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probes.kit.contract import Kind, Ref, State
from tests.faults.fuzzing import within

from .judged import said
from .test_openapi import polled

SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}}}
ODATA = ("application/json;odata.metadata=minimal", "application/json;odata.metadata=none", "text/json")


def published(answer: Any, **schemas: Any) -> bytes:
    """A document with one operation and its 200."""
    found: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Cards", "version": "1"}}
    found["paths"] = {"/cards": {"get": {"responses": {"200": answer}}}}
    return json.dumps({**found, "components": {"schemas": schemas}}).encode()


def typed(*kinds: str, schema: Any = SCHEMA) -> Any:
    return {"content": {kind: {"schema": schema} for kind in kinds}}


async def test_what_a_document_says_leads_to_the_document() -> None:
    ((_, scopes, _),) = await polled(published(typed("application/json")))
    assert {scope.link for scope in scopes.values()} == {"https://api.acme.test/openapi.json"}


async def test_json_that_stands_there_with_and_without_parameters_is_read_whole() -> None:
    ((_, scopes, reads),) = await polled(published(typed(*ODATA, "application/json")))
    assert all(one.coverage.complete for one in reads.values()), reads
    keys = scopes[Ref(Kind.FIELD, "api:GET /cards")].keys
    assert "response/200.body.id" in keys and "response/200.body(text%2Fjson).id" in keys
    assert "response/200.body(application%2Fjson;odata%2Emetadata=none).id" in keys


async def test_a_body_keeps_its_name_when_a_second_spelling_of_json_comes_beside_it() -> None:
    for before, after in (((ODATA[0],), (ODATA[0], "application/json")), (("application/json",), ODATA)):
        (_, first, _), (_, then, _) = await polled(published(typed(*before)), published(typed(*after)))
        assert not [one for one in said(first, then) if "removed" in one], (before, after)


async def test_a_header_that_is_spelled_in_two_ways_is_one_header() -> None:
    headers = {"X-Rate": {"schema": {"type": "string"}}, "x-rate": {"schema": {"type": "integer"}}}
    ((_, scopes, reads),) = await polled(published({"headers": headers}))
    assert all(one.coverage.complete for one in reads.values()), reads
    assert "response/200.header.x-rate" in scopes[Ref(Kind.FIELD, "api:GET /cards")].keys


async def test_an_anchor_is_refused_by_its_name_and_not_taken_for_the_whole_document() -> None:
    anchored = published(typed("application/json", schema={"$ref": "#card"}), Card={"$anchor": "card", **SCHEMA})
    ((_, _, reads),) = await polled(anchored)
    assert all("'#card' names an anchor" in one.coverage.reason for one in reads.values()), reads


@pytest.mark.parametrize("name", ["Card", "Shop"])
async def test_schemas_that_are_all_of_each_other_are_read_once(name: str) -> None:
    card = {"allOf": [{"$ref": "#/components/schemas/Shop"}], "properties": {"points": {"type": ["integer", "null"]}}}
    shop = {"allOf": [{"$ref": "#/components/schemas/Card"}], "properties": {"zip": {"type": "string"}}}
    ref = {"$ref": f"#/components/schemas/{name}"}
    ((_, scopes, reads),) = await polled(published(typed("application/json", schema=ref), Card=card, Shop=shop))
    assert all(one.coverage.state is State.COMPLETE for one in reads.values()), reads
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, f"api:{name}")].resources}
    assert rows["response/value.zip"] == {"wire_type": "string"}
    assert rows["response/value.points"] == {"wire_type": "integer", "nullable": True}


async def test_schemas_that_double_at_each_step_are_refused_before_they_are_unfolded() -> None:
    def part(number: int) -> Any:
        below = {"$ref": f"#/components/schemas/P{number + 1}"}
        return {"allOf": [below, below], "properties": {f"p{number}": {"type": "string"}}, "required": [f"p{number}"]}

    parts = {f"P{number}": part(number) for number in range(40)} | {"P40": SCHEMA}
    ref = {"$ref": "#/components/schemas/P0"}
    with within(60, "a document that unfolds to days of work"):
        ((_, _, reads),) = await polled(published(typed("application/json", schema=ref), **parts))
    assert all("unfolds to too much" in one.coverage.reason for one in reads.values()), reads


@pytest.mark.parametrize(
    ("name", "odd", "words"),
    [
        ("properties", [1], "'properties' is a list in the document, and no object"),
        ("properties", {"id": "string"}, "the document has a text where an object belongs"),
        ("allOf", {}, "'allOf' is an object in the document, and no list"),
        ("oneOf", [SCHEMA, 7], "the document has a number where an object belongs"),
        ("items", [SCHEMA], "the document has a list where an object belongs"),
        ("$ref", 5, "a $ref is a number in the document, and no text"),
    ],
)
async def test_a_schema_of_another_shape_is_malformed_and_not_one_without_properties(
    name: str, odd: Any, words: str
) -> None:
    await refused(published(typed("application/json", schema={**SCHEMA, name: odd})), words)


@pytest.mark.parametrize(
    ("place", "odd", "words"),
    [
        ((), {"paths": [1]}, "'paths' is a list"),
        (("paths",), {"/cards": "here"}, "the document has a text where an object belongs"),
        (("paths", "/cards"), {"get": [1]}, "'get' is a list"),
        (("paths", "/cards"), {"parameters": 5}, "'parameters' is a number"),
        (("paths", "/cards", "get"), {"parameters": {"in": "query"}}, "'parameters' is an object"),
        (("paths", "/cards", "get"), {"responses": "200"}, "'responses' is a text"),
        (("paths", "/cards", "get", "responses"), {"200": ["ok"]}, "the document has a list where an object belongs"),
        (("paths", "/cards", "get", "responses", "200"), {"content": True}, "'content' is true or false"),
        (("components",), {"schemas": [SCHEMA]}, "'schemas' is a list"),
        (("components",), {"securitySchemes": [1]}, "'securitySchemes' is a list"),
    ],
)
async def test_a_part_of_another_shape_is_malformed_and_not_a_part_without_anything(
    place: tuple[str, ...], odd: dict[str, Any], words: str
) -> None:
    document = json.loads(published(typed("application/json")))
    at = document
    for step in place:
        at = at[step]
    at.update(odd)
    await refused(json.dumps(document).encode(), words)


async def refused(document: bytes, words: str) -> None:
    ((_, scopes, reads),) = await polled(document)
    assert all(not one.coverage.complete and words in one.coverage.reason for one in reads.values()), reads
    assert not any(scope.coverage.complete for scope in scopes.values())
