"""OpenAPI documents, read over the kit: planted changes of each kind are found and judged, and nothing else is."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.kit.contract import Kind, Ref, State
from probes.openapi import VENDOR
from probes.openapi.document import parse
from probes.openapi.told import Told
from tests.hostile.corpus import LABELS as NAMES

from .judged import Said, said
from .kit.world import World
from .specs import spec

FIRST = (Path(__file__).parent / "replies" / "openapi" / "openapi.json.json").read_bytes()
Document = dict[str, Any]


async def polled(*bodies: bytes) -> list[Any]:
    """The scopes of one poll for each body."""
    found = []
    for body in bodies:
        world = World(
            VENDOR, lambda request, body=body: httpx.Response(200, content=body), base="https://api.acme.test"
        )
        found.append(await world.poll())
        await world.api.__aexit__(None, None, None)
    return found


async def told(plant: Callable[[Document], None]) -> set[Said]:
    """What is said of the document after a change."""
    document = json.loads(FIRST)
    plant(document)
    (_, before, _), (_, after, _) = await polled(FIRST, json.dumps(document).encode())
    return said(before, after)


def operation(document: Document, path: str = "/cards", method: str = "get") -> Document:
    found: Document = document["paths"][path][method]
    return found


def schema(document: Document, name: str) -> Document:
    found: Document = document["components"]["schemas"][name]
    return found


def card(document: Document) -> Document:
    found: Document = schema(document, "Card")["allOf"][1]
    return found


def drop(place: Document, *names: str) -> None:
    for name in names:
        del place[name]


def put(place: Document, **values: Any) -> None:
    place.update(values)


def limit(document: Document) -> Document:
    found: Document = operation(document)["parameters"][0]
    return found


def hook(document: Document) -> Document:
    body = operation({"paths": document["webhooks"]}, "cardUsed", "post")["requestBody"]
    found: Document = body["content"]["application/json"]["schema"]
    return found


GET, POST = "api:GET /cards", "api:POST /cards"
NEW, CARD = "api:NewCard", "api:Card"
PLANTED: dict[str, tuple[Callable[[Document], Any], set[Said]]] = {
    "an operation goes": (
        lambda d: drop(d["paths"]["/cards/{id}"], "delete"),
        {("api", "DELETE /cards/{id}", "", "", "removed", "breaking")},
    ),
    "an operation comes": (
        lambda d: put(d["paths"]["/cards/{id}"], patch={"responses": {"204": {"description": "ok"}}}),
        {("api", "PATCH /cards/{id}", "", "", "added", "info")},
    ),
    "an operation is deprecated, with its end": (
        lambda d: put(operation(d), deprecated=True, **{"x-sunset": "2027-06-30"}),
        {("api", "GET /cards", "deprecated", "", "narrowed", "warning"),
         ("api", "GET /cards", "sunset_on", "", "changed", "warning")},
    ),
    "a parameter goes": (
        lambda d: operation(d)["parameters"].pop(),
        {(GET, "request/query.page", "", "", "removed", "breaking")},
    ),
    "a parameter comes": (
        lambda d: operation(d)["parameters"].append({"name": "q", "in": "query", "schema": {"type": "string"}}),
        {(GET, "request/query.q", "", "", "added", "info")},
    ),
    "a parameter comes that must be given": (
        lambda d: operation(d)["parameters"].append({"name": "q", "in": "query", "required": True, "schema": {}}),
        {(GET, "request/query.q", "", "", "added", "breaking")},
    ),
    "a parameter must be given": (
        lambda d: put(limit(d), required=True),
        {(GET, "request/query.limit", "required", "", "narrowed", "breaking")},
    ),
    "a parameter is deprecated": (
        lambda d: put(limit(d), deprecated=True),
        {(GET, "request/query.limit", "deprecated", "", "narrowed", "warning")},
    ),
    "a parameter's bounds close in": (
        lambda d: put(limit(d)["schema"], minimum=5, maximum=50),
        {(GET, "request/query.limit", "maximum", "", "narrowed", "breaking"),
         (GET, "request/query.limit", "minimum", "", "narrowed", "breaking")},
    ),
    "a parameter's bounds open": (
        lambda d: drop(limit(d)["schema"], "minimum", "maximum"),
        {(GET, "request/query.limit", "maximum", "", "widened", "info"),
         (GET, "request/query.limit", "minimum", "", "widened", "info")},
    ),
    "a parameter's type gets narrower": (
        lambda d: put(schema(d, "NewCard")["properties"]["number"], format="uuid"),
        {(NEW, "request/value.number", "wire_type", "", "narrowed", "breaking")},
    ),
    "a parameter's type gets wider": (
        lambda d: put(limit(d)["schema"], type="number"),
        {(GET, "request/query.limit", "wire_type", "", "widened", "info")},
    ),
    "a parameter's type is another": (
        lambda d: put(limit(d)["schema"], type="string"),
        {(GET, "request/query.limit", "wire_type", "", "changed", "breaking")},
    ),
    "a value that was sent is taken no more": (
        lambda d: operation(d)["parameters"][2]["schema"]["enum"].pop(),
        {(GET, "request/query.sort", "values", "oldest", "removed", "breaking")},
    ),
    "only some values are taken": (
        lambda d: put(schema(d, "NewCard")["properties"]["colour"], enum=["red", "blue"]),
        {(NEW, "request/value.colour", "values", "", "narrowed", "breaking")},
    ),
    "any value is taken": (
        lambda d: drop(schema(d, "NewCard")["properties"]["level"], "enum"),
        {(NEW, "request/value.level", "values", "", "widened", "info")},
    ),
    "a value is taken and answered": (
        lambda d: schema(d, "State")["enum"].append("lost"),
        {("api:State", "request/value", "values", "lost", "added", "info"),
         ("api:State", "response/value", "values", "lost", "added", "warning")},
    ),
    "a value goes from a list that is sent and answered": (
        lambda d: schema(d, "State")["enum"].remove("paused"),
        {("api:State", "request/value", "values", "paused", "removed", "breaking"),
         ("api:State", "response/value", "values", "paused", "removed", "info")},
    ),
    "a property that is sent goes": (
        lambda d: drop(schema(d, "NewCard")["properties"]["shop"]["properties"], "zip"),
        {(NEW, "request/value.shop.zip", "", "", "removed", "breaking")},
    ),
    "a property that is sent may not be empty": (
        lambda d: put(schema(d, "NewCard")["properties"]["note"], type="string"),
        {(NEW, "request/value.note", "nullable", "", "narrowed", "breaking")},
    ),
    "a property that is sent must be there": (
        lambda d: schema(d, "NewCard")["required"].append("colour"),
        {(NEW, "request/value.colour", "required", "", "narrowed", "breaking")},
    ),
    "a body of a media type goes": (
        lambda d: drop(operation(d, method="post")["requestBody"]["content"], "text/csv"),
        {(POST, "request/body(text%2Fcsv)", "", "", "removed", "breaking")},
    ),
    "one way to sign in goes": (
        lambda d: operation(d, method="post")["security"].pop(0),
        {(POST, "request/security", "conditions", "", "changed", "warning")},
    ),
    "a property that is answered goes": (
        lambda d: drop(card(d)["properties"], "points"),
        {(CARD, "response/value.points", "", "", "removed", "breaking")},
    ),
    "a property that is answered comes": (
        lambda d: put(card(d)["properties"], shop={"type": "string"}),
        {(CARD, "response/value.shop", "", "", "added", "info")},
    ),
    "a property comes that is always answered": (
        lambda d: (put(card(d)["properties"], shop={"type": "string"}), card(d)["required"].append("shop")),
        {(CARD, "response/value.shop", "", "", "added", "info")},
    ),
    "a property may be missing": (
        lambda d: card(d)["required"].remove("number"),
        {(CARD, "response/value.number", "required", "", "widened", "breaking")},
    ),
    "a property is always there": (
        lambda d: card(d)["required"].append("points"),
        {(CARD, "response/value.points", "required", "", "narrowed", "info")},
    ),
    "a property may be empty": (
        lambda d: put(card(d)["properties"]["points"], type=["integer", "null"]),
        {(CARD, "response/value.points", "nullable", "", "widened", "breaking")},
    ),
    "an answered type is another": (
        lambda d: put(card(d)["properties"]["points"], type="string"),
        {(CARD, "response/value.points", "wire_type", "", "changed", "breaking")},
    ),
    "an answered value is longer": (
        lambda d: put(card(d)["properties"]["number"], maxLength=40),
        {(CARD, "response/value.number", "length", "", "widened", "breaking")},
    ),
    "an answered value is one more": (
        lambda d: card(d)["properties"]["level"]["enum"].append("bronze"),
        {(CARD, "response/value.level", "values", "bronze", "added", "warning")},
    ),
    "an answered property is deprecated": (
        lambda d: put(card(d)["properties"]["points"], deprecated=True),
        {(CARD, "response/value.points", "deprecated", "", "narrowed", "warning")},
    ),
    "an inherited property goes": (
        lambda d: drop(schema(d, "Base")["properties"], "made_at"),
        {(CARD, "response/value.made_at", "", "", "removed", "breaking")},
    ),
    "a header goes": (
        lambda d: drop(operation(d)["responses"]["200"], "headers"),
        {(GET, "response/200.header.x-total", "", "", "removed", "breaking")},
    ),
    "a status comes": (
        lambda d: put(operation(d)["responses"], **{"409": {"description": "no"}}),
        {(GET, "response/status", "values", "409", "added", "warning")},
    ),
    "a webhook leaves something out": (
        lambda d: drop(hook(d), "required"),
        {("api:WEBHOOK POST cardUsed", "response/body.card", "required", "", "widened", "breaking")},
    ),
    "a right of a way to sign in goes": (
        lambda d: drop(d["components"]["securitySchemes"]["oauth"]["flows"]["clientCredentials"]["scopes"], "read"),
        {("security", "oauth", "grants", "read", "removed", "warning")},
    ),
    "it calls itself a new version": (
        lambda d: put(d["info"], version="1.5.0"),
        {("document", "document", "x_version", "", "changed", "info")},
    ),
    "words change": (
        lambda d: (put(operation(d), summary="All", description="x"), put(card(d), description="y", example={"a": 1})),
        set(),
    ),
    "what nobody is led to": (lambda d: drop(schema(d, "Unused")["properties"], "x"), set()),
    "what is only written is not answered": (lambda d: drop(card(d)["properties"], "secret"), set()),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
async def test_a_planted_change_is_found_and_judged_and_nothing_else_is_said(name: str) -> None:
    plant, expected = PLANTED[name]
    assert await told(plant) == expected


async def test_all_planted_changes_at_once_are_all_found() -> None:
    """Those that touch the same place are left out; an act that removes a list item by place runs first."""
    chosen = ["a parameter goes", "an operation goes", "a property that is sent goes", "a property may be missing",
              "an answered type is another", "a value is taken and answered", "a status comes"]  # fmt: skip

    def plant(document: Document) -> None:
        for name in chosen:
            PLANTED[name][0](document)

    assert await told(plant) == set().union(*(PLANTED[name][1] for name in chosen))


def jumbled(value: Any, chance: random.Random, where: str = "") -> Any:
    """An equal document: keys in another order everywhere, and lists that OpenAPI gives no order to."""
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        return {name: jumbled(value[name], chance, name) for name in names}
    if isinstance(value, list):
        found = [jumbled(one, chance) for one in value]
        if where in ("parameters", "required", "enum", "servers", "tags", "security", "anyOf", "oneOf", "type"):
            chance.shuffle(found)
        return found
    return value


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_an_equal_document_in_another_order_or_spelling_is_the_same(chance: random.Random) -> None:
    other = jumbled(json.loads(FIRST), chance)
    raw = yaml.safe_dump(other, sort_keys=False).encode() if chance.random() < 0.5 else json.dumps(other).encode()
    raw = raw.replace(b"openapi: 3.1.0", b"openapi: '3.1.0'")

    def all_of(raw: bytes) -> Any:
        found = Told(parse(raw))
        keys = [row["key"] for row in found.parts]
        rows = {key: sorted(map(_sorted, found.fields(key) or ()), key=str) for key in keys}
        return sorted(map(_sorted, found.parts), key=str), rows, sorted(map(_sorted, found.security()), key=str)

    assert all_of(raw) == all_of(FIRST)


def _sorted(row: dict[str, Any]) -> dict[str, Any]:
    """As the kit takes a row: sets have no order."""
    return {name: sorted(row[name], key=str) if isinstance(row[name], list) else row[name] for name in sorted(row)}


async def test_the_same_document_in_yaml_and_in_another_order_is_silent() -> None:
    other = jumbled(json.loads(FIRST), random.Random(4))
    (_, before, _), (_, after, _) = await polled(FIRST, yaml.safe_dump(other).encode())
    assert said(before, after) == set() and len(before) > 6


async def test_version_3_0_says_the_same_in_other_words() -> None:
    document = json.loads(FIRST)
    put(schema(document, "NewCard")["properties"], note={"type": "string", "nullable": True})
    put(card(document)["properties"], owner={"nullable": True, "allOf": [{"$ref": "#/components/schemas/Owner"}]})
    document["openapi"] = "3.0.3"
    (_, before, _), (_, after, _) = await polled(FIRST, json.dumps(document).encode())
    assert {one[2] for one in said(before, after)} == {"versions"}


@pytest.mark.parametrize(
    ("body", "words", "state"),
    [
        (b"swagger: '2.0'\npaths: {}\n", "3.0 and 3.1 can be watched", State.UNSUPPORTED),
        (b"openapi: 4.0.0\npaths: {}\n", "3.0 and 3.1 can be watched", State.UNSUPPORTED),
        (b"openapi: 3.0.0\npaths: [\n", "neither JSON nor YAML", State.FAILED),
        (b"openapi: 3.0.0\npaths: &a {b: *a}\n", "alias", State.FAILED),
        (b"openapi: 3.0.0\npaths: {a: 1, a: 2}\n", "twice", State.FAILED),
        (b"openapi: 3.0.0\n? [a]\n: b\n", "no text", State.FAILED),
        (b"openapi: 3.0.0\nx: " + b"[" * 80 + b"]" * 80, "deep", State.FAILED),
        (b"hello: world\n", "no OpenAPI document", State.FAILED),
        (b"openapi: 3.0.0\n", "neither paths nor", State.FAILED),
    ],
)
async def test_what_cannot_be_watched_is_said_and_is_no_answer(body: bytes, words: str, state: State) -> None:
    ((_, _, reads),) = await polled(body)
    assert all(one.coverage.state is state and words in one.coverage.reason for one in reads.values())


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("common.yaml#/Card", "'common.yaml#/Card' leads to another document"),
        ("https://elsewhere.example.com/a.json", "leads to another document"),
        ("#/components/schemas/Nowhere", "leads nowhere"),
        ("#/paths/~1nowhere/get", "leads nowhere"),
        ("#/components/schemas/Owner/properties/loop", "leads back to itself"),
        ("#/components/schemas/Owner/properties/wide", "refers to itself without end"),
    ],
)
async def test_a_reference_out_of_the_document_is_refused_by_name_and_one_without_end_ends(
    ref: str, words: str
) -> None:
    document = json.loads(FIRST)
    own = "#/components/schemas/Owner/properties/"
    put(schema(document, "Owner")["properties"], loop={"$ref": f"{own}loop"},
        wide={"type": "object", "properties": {"a": {"$ref": f"{own}wide"}, "b": {"$ref": f"{own}wide"}}})  # fmt: skip
    if "Owner" not in ref:
        drop(schema(document, "Owner")["properties"], "loop", "wide")
    put(card(document)["properties"], more={"$ref": ref})
    ((_, _, reads),) = await polled(json.dumps(document).encode())
    assert all(not one.coverage.complete and words in one.coverage.reason for one in reads.values()), reads


async def test_a_schema_that_contains_itself_is_read_once() -> None:
    ((_, scopes, _),) = await polled(FIRST)
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "api:Card")].resources}
    assert rows["response/value.parent"]["wire_type"] == "Card"
    assert rows["response/value.owner"] == {"wire_type": "Owner", "nullable": True}
    assert scopes[Ref(Kind.SCHEMA, "api")].keys.isdisjoint({"Unused", "Base"})


async def test_hostile_names_come_through_as_they_are_and_fall_under_no_other() -> None:
    document = json.loads(FIRST)
    put(card(document)["properties"], **{name: {"type": "string", "enum": [name]} for name in NAMES})
    answers = {"get": {"responses": {"204": {"description": "ok"}}}}
    put(document["paths"], **{f"/{name}": answers for name in NAMES})
    (_, before, _), (_, after, _) = await polled(FIRST, json.dumps(document).encode())
    found = {one[1] for one in said(before, after)}
    assert len(found) == 2 * len(NAMES) and {f"GET /{name}" for name in NAMES} < found


@pytest.mark.parametrize(
    "name",
    ["jira/platform-swagger.v3.json.gz", "fivetran/fivetran.yaml", "airflow/v2.yaml"],
)  # fmt: skip
async def test_a_vendors_own_document_is_read_whole_and_what_changes_in_it_is_found(name: str) -> None:
    document = spec(name)
    document["openapi"] = str(document["openapi"])
    first = json.dumps(document, default=str).encode()
    named = document["components"]["schemas"]
    answered = {row["key"] for row in Told(parse(first)).parts}
    plain = {
        (at, min(inner for inner in told["properties"] if "$ref" not in json.dumps(told["properties"][inner])))
        for at, told in named.items()
        if at in answered and any("$ref" not in json.dumps(one) for one in (told.get("properties") or {}).values())
    }
    planted = set(sorted(plain)[:40])
    for at, inner in planted:
        named[at]["properties"][inner] = {"type": "string", "format": "never seen"}
    (_, before, reads), (_, after, _) = await polled(first, json.dumps(document, default=str).encode())
    assert all(one.coverage.complete for one in reads.values()) and len(planted) == 40
    found = {(one[0][4:], re.split(r"[.\[{]", one[1])[1]) for one in said(before, after)}
    assert found == planted
