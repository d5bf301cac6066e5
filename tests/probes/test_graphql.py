"""GraphQL schemas, read over the kit: planted changes are found and judged, two versions of a real one told apart."""

from __future__ import annotations

import gzip
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.graphql import VENDOR, Schema, query
from probes.kit.client import writes
from probes.kit.contract import State
from tests.hostile.corpus import LABELS as NAMES

from .judged import Said, said
from .kit.world import World, js
from .specs import SPECS

FIRST = (Path(__file__).parent / "replies" / "graphql" / "graphql.json").read_bytes()
SHOPIFY = SPECS / "shopify"
Told = dict[str, Any]


async def polled(*bodies: bytes) -> list[Any]:
    """The scopes of one poll for each body."""
    found = []
    for body in bodies:
        world = World(VENDOR, lambda request, body=body: js(body), base="https://api.acme.test")
        found.append(await world.poll())
        await world.api.__aexit__(None, None, None)
    return found


def types(document: Told) -> list[Told]:
    found: list[Told] = document["data"]["__schema"]["types"]
    return found


def one(rows: list[Told], name: str) -> Told:
    return next(row for row in rows if row["name"] == name)


def of(document: Told, name: str, part: str, inner: str) -> Told:
    return one(one(types(document), name)[part], inner)


def gone(document: Told, name: str, part: str, inner: str) -> None:
    one(types(document), name)[part].remove(of(document, name, part, inner))


def scalar(name: str) -> Told:
    return {"kind": "SCALAR", "name": name, "ofType": None}


def never_empty(inner: Told) -> Told:
    return {"kind": "NON_NULL", "name": None, "ofType": inner}


def value(name: str, type: Told, default: str | None = None) -> Told:
    return {"name": name, "defaultValue": default, "isDeprecated": False, "deprecationReason": None, "type": type}


def deprecated(row: Told, why: str | None) -> None:
    row.update(isDeprecated=True, deprecationReason=why)


CARD, INPUT, QUERY = "api:Card", "api:CardInput", "api:Query"
PLANTED: dict[str, tuple[Callable[[Told], Any], set[Said]]] = {
    "a type goes": (
        lambda d: (types(d).remove(one(types(d), "Web")), one(types(d), "Place")["possibleTypes"].pop()),
        {("api", "Web", "", "", "removed", "breaking"),
         ("api:Place", "response-value/Web", "", "", "removed", "breaking")},
    ),
    "a type comes": (
        lambda d: types(d).append({"kind": "SCALAR", "name": "Date"}),
        {("api", "Date", "", "", "added", "info")},
    ),
    "a type is of another kind": (
        lambda d: one(types(d), "Shop").update(kind="INTERFACE"),
        {("api:Shop", "(kind)", "wire_type", "", "changed", "breaking")},
    ),
    "a field goes": (
        lambda d: gone(d, "Card", "fields", "points"),
        {(CARD, "response/points", "", "", "removed", "breaking")},
    ),
    "a field comes": (
        lambda d: one(types(d), "Shop")["fields"].append(
            {"name": "zip", "isDeprecated": False, "args": [], "type": never_empty(scalar("String"))}),
        {("api:Shop", "response/zip", "", "", "added", "info")},
    ),
    "a field comes with an argument that must be given": (
        lambda d: one(types(d), "Shop")["fields"].append(
            {"name": "near", "isDeprecated": False, "args": [value("zip", never_empty(scalar("String")))],
             "type": scalar("String")}),
        {("api:Shop", "response/near", "", "", "added", "info"),
         ("api:Shop", "request/near(zip)", "", "", "added", "info")},
    ),
    "a field is deprecated": (
        lambda d: deprecated(of(d, "Card", "fields", "points"), "Use balance"),
        {(CARD, "response/points", "deprecation", "", "narrowed", "warning")},
    ),
    "a field is deprecated without a reason": (
        lambda d: deprecated(of(d, "Card", "fields", "points"), None),
        {(CARD, "response/points", "deprecation", "", "narrowed", "warning")},
    ),
    "a reason is another": (
        lambda d: deprecated(of(d, "Card", "fields", "code"), "Use id"),
        {(CARD, "response/code", "deprecation", "", "changed", "info")},
    ),
    "a field may be empty": (
        lambda d: of(d, "Card", "fields", "number").update(type=scalar("String")),
        {(CARD, "response/number", "nullable", "", "widened", "breaking")},
    ),
    "a field is never empty": (
        lambda d: of(d, "Card", "fields", "points").update(type=never_empty(scalar("Int"))),
        {(CARD, "response/points", "nullable", "", "narrowed", "info")},
    ),
    "an item of a list may be empty": (
        lambda d: of(d, "Query", "fields", "cards")["type"]["ofType"].update(ofType={"kind": "OBJECT", "name": "Card"}),
        {(QUERY, "response/cards", "wire_type", "", "widened", "breaking")},
    ),
    "a field is of another type": (
        lambda d: of(d, "Card", "fields", "points").update(type=scalar("String")),
        {(CARD, "response/points", "wire_type", "", "changed", "breaking")},
    ),
    "an argument goes": (
        lambda d: of(d, "Query", "fields", "cards")["args"].pop(),
        {(QUERY, "request/cards(page)", "", "", "removed", "breaking")},
    ),
    "an argument comes": (
        lambda d: of(d, "Query", "fields", "cards")["args"].append(value("q", scalar("String"))),
        {(QUERY, "request/cards(q)", "", "", "added", "info")},
    ),
    "an argument comes that must be given": (
        lambda d: of(d, "Query", "fields", "cards")["args"].append(value("q", never_empty(scalar("String")))),
        {(QUERY, "request/cards(q)", "", "", "added", "info"),
         (QUERY, "response/cards", "required_arguments", "q", "added", "breaking")},
    ),
    "an argument must be given": (
        lambda d: one(of(d, "Query", "fields", "cards")["args"], "limit").update(type=never_empty(scalar("Int"))),
        {(QUERY, "response/cards", "required_arguments", "limit", "added", "breaking")},
    ),
    "an argument need not be given": (
        lambda d: one(of(d, "Query", "fields", "card")["args"], "id").update(type=scalar("ID")),
        {(QUERY, "response/card", "required_arguments", "id", "removed", "info")},
    ),
    "an argument with a default may not be empty": (
        lambda d: one(of(d, "Card", "fields", "used")["args"], "first").update(type=never_empty(scalar("Int"))),
        {(CARD, "request/used(first)", "wire_type", "", "narrowed", "breaking")},
    ),
    "a default is another": (
        lambda d: one(of(d, "Card", "fields", "used")["args"], "first").update(defaultValue="50"),
        {(CARD, "request/used(first)", "default", "", "changed", "warning")},
    ),
    "an input field goes": (
        lambda d: gone(d, "CardInput", "inputFields", "note"),
        {(INPUT, "request/note", "", "", "removed", "breaking")},
    ),
    "an input field must be given": (
        lambda d: of(d, "CardInput", "inputFields", "note").update(type=never_empty(scalar("String"))),
        {(INPUT, "request/note", "required", "", "narrowed", "breaking")},
    ),
    "an item of an input list may be empty": (
        lambda d: of(d, "CardInput", "inputFields", "tags")["type"].update(ofType=scalar("String")),
        {(INPUT, "request/tags", "wire_type", "", "widened", "info")},
    ),
    "an input field is deprecated": (
        lambda d: deprecated(of(d, "CardInput", "inputFields", "note"), "Use tags"),
        {(INPUT, "request/note", "deprecation", "", "narrowed", "warning")},
    ),
    "a value that is sent and answered goes": (
        lambda d: gone(d, "State", "enumValues", "PAUSED"),
        {("api:State", "request-value/PAUSED", "", "", "removed", "breaking"),
         ("api:State", "response-value/PAUSED", "", "", "removed", "breaking")},
    ),
    "a value that is sent and answered comes": (
        lambda d: one(types(d), "State")["enumValues"].append({"name": "LOST", "isDeprecated": False}),
        {("api:State", "request-value/LOST", "", "", "added", "info"),
         ("api:State", "response-value/LOST", "", "", "added", "warning")},
    ),
    "a value that is only sent goes": (
        lambda d: gone(d, "Sort", "enumValues", "OLDEST"),
        {("api:Sort", "request-value/OLDEST", "", "", "removed", "breaking")},
    ),
    "an interface goes": (
        lambda d: one(types(d), "Card").update(interfaces=[]),
        {(CARD, "response/implements Node", "", "", "removed", "breaking")},
    ),
    "a union has one more": (
        lambda d: one(types(d), "Place")["possibleTypes"].append({"name": "Card"}),
        {("api:Place", "response-value/Card", "", "", "added", "warning")},
    ),
    "words change": (lambda d: [one.update(description="x") for one in types(d)], set()),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
async def test_a_planted_change_is_found_and_judged_and_nothing_else_is_said(name: str) -> None:
    plant, expected = PLANTED[name]
    document = json.loads(FIRST)
    plant(document)
    (_, before, _), (_, after, _) = await polled(FIRST, json.dumps(document).encode())
    assert said(before, after) == expected


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_an_equal_schema_in_another_order_is_the_same(chance: random.Random) -> None:
    def jumbled(told: Any) -> Any:
        if isinstance(told, list):
            return chance.sample([jumbled(inner) for inner in told], len(told))
        if isinstance(told, dict):
            return {name: jumbled(told[name]) for name in chance.sample(list(told), len(told))}
        return told

    first = json.loads(FIRST)["data"]["__schema"]

    def all_of(schema: Schema) -> Any:
        return {name: sorted(map(str, rows)) for name, rows in schema.rows.items()}

    assert all_of(Schema(jumbled(first))) == all_of(Schema(first))


def test_what_is_sent_is_a_query_and_nothing_else() -> None:
    assert not writes(query(inputs=True)) and not writes(query(inputs=False))
    assert query(inputs=True).count("{") == query(inputs=True).count("}")


async def test_a_server_that_knows_no_deprecated_inputs_is_asked_without() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.content.count(b"includeDeprecated") > 2:
            words = 'Unknown argument "includeDeprecated" on field "__Type.inputFields".'
            return js({"errors": [{"message": words}]}, status=400)
        return js(FIRST)

    world = World(VENDOR, answer, base="https://api.acme.test")
    _, scopes, reads = await world.poll()
    assert all(found.coverage.complete for found in reads.values()) and len(scopes) > 10
    assert len(world.calls) == 4 and world.calls[0] == "POST /graphql"


async def test_a_server_that_lists_no_errors_has_answered() -> None:
    world = World(VENDOR, lambda request: js({**json.loads(FIRST), "errors": []}), base="https://api.acme.test")
    _, _, reads = await world.poll()
    assert all(found.coverage.complete for found in reads.values())


@pytest.mark.parametrize(
    ("body", "state", "words"),
    [
        ({"errors": [{"message": "no", "extensions": {"code": "INTROSPECTION_DISABLED"}}]}, State.DENIED, "no"),
        ({"errors": [{"message": "who", "extensions": {"code": "UNAUTHENTICATED"}}]}, State.DENIED, "who"),
        ({"data": None}, State.FAILED, "introspection is off"),
        ({"data": {"__schema": {"types": [{"kind": "OBJECT", "name": "A", "fields": [{}]}]}}}, State.FAILED, "not as"),
    ],
)
async def test_what_is_no_schema_is_no_answer(body: Any, state: State, words: str) -> None:
    ((_, _, reads),) = await polled(json.dumps(body).encode())
    assert all(one.coverage.state is state and words in one.coverage.reason for one in reads.values())


async def test_hostile_names_come_through_as_they_are_and_fall_under_no_other() -> None:
    document = json.loads(FIRST)
    one(types(document), "Sort")["enumValues"] += [{"name": name, "isDeprecated": False} for name in NAMES]
    types(document).extend({"kind": "SCALAR", "name": name} for name in NAMES)
    (_, before, _), (_, after, _) = await polled(FIRST, json.dumps(document).encode())
    assert {found[1] for found in said(before, after)} == {*NAMES, *(f"request-value/{name}" for name in NAMES)}


# -- two versions of a real schema -------------------------------------------------------------------------------------


def spelled(told: Told) -> str:
    """A type as text; written here anew."""
    inner = told.get("ofType")
    return {"NON_NULL": lambda: spelled(inner) + "!", "LIST": lambda: f"[{spelled(inner)}]"}.get(
        told["kind"], lambda: str(told["name"])
    )()


def flat(schema: Told) -> Iterator[tuple[tuple[str, str], tuple[str, bool]]]:
    """((type, what), (its type as text, whether deprecated)) of all that a schema has."""
    for type in schema["types"]:
        name = type["name"]
        if name.startswith("__"):
            continue
        yield (name, ""), (type["kind"], False)
        for field in type["fields"] or ():
            yield (name, field["name"]), (spelled(field["type"]), field["isDeprecated"])
            for arg in field["args"]:
                yield (name, f"{field['name']}({arg['name']})"), (spelled(arg["type"]), bool(arg.get("isDeprecated")))
        for field in type["inputFields"] or ():
            yield (name, field["name"]), (spelled(field["type"]), bool(field.get("isDeprecated")))
        for one in type["enumValues"] or ():
            yield (name, f"={one['name']}"), ("", one["isDeprecated"])
        for one in type["possibleTypes"] or () if type["kind"] == "UNION" else ():
            yield (name, f"={one['name']}"), ("", False)
        for one in type["interfaces"] or ():
            yield (name, f"implements {one['name']}"), ("", False)


@pytest.mark.skipif(
    not SHOPIFY.is_dir(), reason="Shopify's schemas are not at hand: DRIFTLINE_SPECS names no folder that has shopify"
)
async def test_two_versions_of_shopifys_schema_are_told_apart_wholly() -> None:
    raw = [gzip.decompress((SHOPIFY / f"admin_{at}.json.gz").read_bytes()) for at in ("2025-10", "2026-01")]
    began = time.process_time()
    (_, before, _), (_, after, _) = await polled(*raw)
    found = said(before, after)
    took = time.process_time() - began

    def place(one: Said) -> tuple[str, str]:
        if one[0] == "api":
            return one[1], ""
        way, _, what = one[1].partition("/")
        what += f"({one[3]})" if one[2] == "required_arguments" else ""
        return one[0].removeprefix("api:"), f"={what}" if way.endswith("-value") else what

    old, new = (dict(flat(json.loads(body)["data"]["__schema"])) for body in raw)
    types_of = {name for name, what in old.keys() & new.keys() if not what}
    gone = {at for at in old.keys() - new.keys() if not at[1] or at[0] in types_of}
    come = {at for at in new.keys() - old.keys() if not at[1] or at[0] in types_of}
    moved = {at for at in old.keys() & new.keys() if old[at][0] != new[at][0]}
    warned = {at for at in old.keys() & new.keys() if new[at][1] and not old[at][1]}
    assert len(gone) > 5 and len(come) > 50 and warned, "these two versions do differ"
    assert {place(one) for one in found if one[4] == "removed" and not one[2]} == gone
    assert {place(one) for one in found if one[4] == "added" and not one[2]} == come
    facts = ("wire_type", "nullable", "required", "required_arguments")
    assert {place(one) for one in found if one[2] in facts} - come == moved
    assert {place(one) for one in found if one[2] == "deprecation" and one[4] == "narrowed"} == warned
    assert {one[5] for one in found if one[4] == "removed" and not one[2]} == {"breaking"}
    assert {one for one in found if one[5] == "breaking"} == {
        one for one in found if one[4] == "removed" and not one[2]
    }
    assert {one[5] for one in found if one[2] == "deprecation" and one[4] == "narrowed"} == {"warning"}
    assert took < 5, f"{took:.1f} s of a processor"
