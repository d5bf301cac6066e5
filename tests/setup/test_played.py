"""What code makes of answers, played against a spec: its paths, its keys, and what it cannot be played for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from monitor.setup.answering import Made
from monitor.setup.misread import Tried
from monitor.setup.played import tried
from monitor.setup.published import Published
from probes.kit.api import Answer, Ask
from probes.kit.auth import Header, Scheme
from probes.kit.contract import Denied, Kind, Malformed
from probes.kit.errors import Errors
from probes.kit.listing import Listing, Row, Vendor, keep
from probes.kit.paging import Paging
from probes.kit.registry import vendors
from probes.openapi.document import decoded
from tests.probes.specs import SPECS

ROW = {
    "type": "object",
    "properties": {
        "name": {"type": "string"}, "at": {"type": "string", "format": "date-time"}, "old": {"type": "boolean"},
        "state": {"type": "string", "enum": ["new", "gone"]}, "count": {"type": "integer"}, "free": {"type": "object"},
        "kinds": {"type": "object", "additionalProperties": {"properties": {"deep": {"type": ["string", "null"]}}}},
    },
}  # fmt: skip
PAGE = {
    "type": "object",
    "properties": {
        "ok": {"type": "boolean"}, "errors": {"type": "array", "items": {"type": "string"}},
        "rows": {"type": "array", "items": ROW}, "more": {"type": "boolean"}, "next": {"type": "string"},
        "link": {"type": "string", "format": "uri"}, "on": {"type": "string", "example": "/rows?after=abc"},
    },
}  # fmt: skip


def gives(schema: Any) -> dict[str, Any]:
    return {"get": {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}}


NAMED = {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}}
VALUES = {"type": "array", "items": {"type": "object", "properties": {"value": {"type": "string"}}}}
LINE = {
    "type": "object",
    "properties": {"columnValues": VALUES, "limits": {"type": "array", "items": {"type": "string"}}},
}
REPORT = {"type": "object", "properties": {"columnHeaders": NAMED, "lines": {"type": "array", "items": LINE}}}
PATHS = {"/rows": gives(PAGE), "/rows/{name}/parts": gives(PAGE), "/{any}:report": {"post": gives(REPORT)["get"]}}
SPEC = Published({"openapi": "3.0.3", "paths": PATHS})
WRONG = "stat"  # stands in no function here: what code has as a text, it may write itself
Yielded = AsyncIterator[tuple[Row, Any]]


async def rows(api: Any, parents: Sequence[Row], validators: Any) -> Yielded:
    """Goes through pages by itself, as code does."""
    found: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await api.ask(Ask("/rows", {"after": cursor}))
        found += answer.value("rows")
        cursor = answer.value("next") if answer.value("more") else None
    yield parents[0], Answer(200, {}, msgspec.json.encode({"rows": found}))


async def titled(api: Any, parents: Sequence[Row], validators: Any) -> Yielded:
    found = [{"name": row["name"], "label": row["titel"]} for row in await api.every(Ask("/rows"), Paging(), "rows")]
    yield parents[0], Answer(200, {}, msgspec.json.encode({"rows": found}))


async def tolerant(api: Any, parents: Sequence[Row], validators: Any) -> Yielded:
    paging = Paging(style="cursor", next="nxt", into="after")
    found = await api.every(Ask("/rows"), paging, "rows")
    sorted_by = {row["state"]: [row] for row in found}
    for row in found:
        row["made"] = row.get("titel") or row["free"].get("anything") or row["kinds"]["played"]["deep"]
        if row["old"] and not row["count"]:
            row["aged"] = 1
    yield parents[0], Answer(200, {}, msgspec.json.encode({"rows": found, "by": sorted_by}))


async def elsewhere(api: Any, parents: Sequence[Row], validators: Any) -> Yielded:
    yield parents[0], await api.ask(Ask("https://login.example.com/nowhere"))


async def following(api: Any, parents: Sequence[Row], validators: Any) -> Yielded:
    yield parents[0], await api.ask(Ask((await api.ask(Ask("/rows"))).value("link")))


async def endless(api: Any, parents: Sequence[Row], validators: Any) -> Yielded:
    while True:
        await api.ask(Ask("/rows"))
    yield {}, {}


async def absent(api: Any, parents: Sequence[Row], validators: Any) -> Yielded:
    yield parents[0], Denied("not for you")


async def nothing(api: Any, parents: Sequence[Row], validators: Any) -> Yielded:
    await api.ask(Ask("/rows"))
    for parent in list[Row]():
        yield parent, None


async def parts(api: Any, parents: Sequence[Row], validators: Any) -> Yielded:
    for parent in parents:
        yield parent, await api.ask(Ask(f"/rows/{parent['key']}/parts"))


async def signs_in(api: Any, parents: Sequence[Row], validators: Any) -> Yielded:
    yield parents[0], await api.login(Ask("/token"))


async def reported(api: Any, parents: Sequence[Row], validators: Any) -> Yielded:
    """Two reports by one path, of columns that are asked for by name, with numbers and days as texts."""
    found = []
    for columns in (["day", "page"], ["day"]):
        body = {"columns": [{"name": name} for name in columns], "limits": [1], "size": 5}
        told = (await api.ask(Ask("/rows:report", body=body))).value()
        if [one["name"] for one in told["columnHeaders"]] != columns:
            raise Malformed("not the report that was asked for")
        found += [str(date.fromisoformat(row["columnValues"][0]["value"])) for row in told["lines"]]
    yield parents[0], Answer(200, {}, msgspec.json.encode({"rows": [{"name": day, "state": "new"} for day in found]}))


async def onward(api: Any, parents: Sequence[Row], validators: Any) -> Yielded:
    """Goes where an address leads that the spec has an example of."""
    found: list[Any] = []
    on = "/rows"
    while on:
        told = (await api.ask(Ask("/rows", dict(parse_qsl(urlsplit(on).query))))).value()
        found += told["rows"]
        on = told["on"]
    yield parents[0], Answer(200, {}, msgspec.json.encode({"rows": found}))


def listing(fetch: Any, name: str = "coded", **words: Any) -> Listing:
    said: dict[str, Any] = {"kind": Kind.SCHEMA, "records": "rows", "key": "name", "facts": keep(x_a="state")} | words
    return Listing(name=name, fetch=fetch, **said)


def play(*listings: Listing, **words: Any) -> tuple[Tried, ...]:
    made = Vendor(
        name="acme", title="Acme", docs="https://acme.example/docs", base="https://api.acme.example",
        hosts=("acme.example",), schemes={"none": Scheme(fields=("token",), build=lambda c: Header(c))},
        listings=listings, errors=Errors(failed="errors", ok="ok", ok_is=True), **words,
    )  # fmt: skip
    return asyncio.run(tried(made, SPEC))


def test_code_that_goes_through_pages_is_played_to_their_end() -> None:
    (one,) = play(listing(rows))
    assert (one.path, one.unplayed, one.misread, one.sought) == ("/rows", "", (), ()) and one.read == 3
    (one,) = play(listing(rows, facts=keep(x_a=WRONG)))
    assert [(wrong.place, wrong.missing, wrong.at) for wrong in one.misread] == [("facts.x_a", WRONG, "rows[]")]


def test_code_that_takes_texts_for_what_they_say_is_played_with_days_and_with_what_it_asked_for() -> None:
    (one,) = play(listing(reported), reads=("/rows:report",))
    assert (one.path, one.unplayed, one.misread) == ("/rows:report", "", ())
    (one,) = play(listing(onward))
    assert (one.path, one.unplayed, one.misread) == ("/rows", "", ())
    assert SPEC.answer("post", "", "/rows:export") is None, "what stands beside a place is no part of it"


def test_a_key_that_code_needs_and_the_spec_has_not_is_misread() -> None:
    (one,) = play(listing(titled))
    assert [(wrong.place, wrong.missing, wrong.at) for wrong in one.misread] == [("fetch", "titel", "rows[]")]
    assert "KeyError 'titel'" in one.unplayed


def test_what_code_does_without_is_said_and_what_it_writes_itself_is_no_mistake() -> None:
    (one,) = play(listing(tolerant, facts=keep(x_a="made", x_b="aged")))
    assert one.sought == ("titel in rows[]",) and one.unplayed == ""
    assert [(wrong.place, wrong.missing) for wrong in one.misread] == [("fetch", "nxt")]
    (one,) = play(listing(tolerant, records="by.gone", facts=keep(x_a="name")))
    assert [wrong.missing for wrong in one.misread] == ["nxt"], "words of an enum may be keys that code made of them"


@pytest.mark.parametrize(
    ("fetch", "why"),
    [
        (elsewhere, "no spec has GET /nowhere"),
        (following, "it follows an address that an answer gives"),
        (endless, "it asks more than 60 times"),
        (absent, "not for you"),
        (nothing, "it made nothing of these answers"),
        (signs_in, "it signs in by itself"),
    ],
)
def test_what_cannot_be_played_says_why(fetch: Any, why: str) -> None:
    (one,) = play(listing(fetch))
    assert one.coded and why in one.unplayed
    assert [wrong.place for wrong in one.misread] == (["path"] if fetch is elsewhere else [])


def test_what_hangs_on_other_lists_gets_their_rows_and_on_options_one_that_is_made_up() -> None:
    declared = Listing(name="rows", kind=Kind.SCHEMA, path="/rows", records="rows", key="name", where="!old")
    hanging = listing(parts, "parts", for_each="rows", only="x_none", scope="{parent.key}.parts")
    optional = listing(parts, "own", for_each="options.shops", scope="{parent.key}.own")
    lost = listing(parts, "lost", for_each="gone", scope="{parent.key}.lost")
    gone = Listing(name="gone", kind=Kind.PERMISSION, path="/gone", records="rows", key="name")
    options = {"shops": {"says": "shops"}, "other": {"says": "other", "default": 1}}
    found = {one.listing: one for one in play(declared, gone, hanging, optional, lost, options=options)}
    assert found["parts"].path == "/rows/played2/parts, /rows/played3/parts" and not found["parts"].unplayed
    assert found["own"].path == "/rows/played/parts" and not found["own"].misread
    assert found["lost"].unplayed == "nothing that it hangs on was read" and not found["lost"].misread
    assert [wrong.missing for wrong in found["gone"].misread] == ["/gone"]


def test_a_schema_that_contains_itself_many_times_over_comes_to_an_end() -> None:
    own = {"$ref": "#/components/schemas/A"}
    schema = {"type": "object", "properties": {name: {"type": "array", "items": own} for name in "abcdefgh"}}
    spec = Published({"openapi": "3.0.3", "paths": {"/rows": gives(own)}, "components": {"schemas": {"A": schema}}})
    made = Made(spec, [])
    said = made.answer(spec.operations[0].schema, False, Errors())
    assert list(said) == list("abcdefgh") and made.words == set()
    assert len(msgspec.json.encode(said)) < 10_000_000


def in_words(document: Any) -> Any:
    """Adobe's registry, with what its document says in words alone put as schemas: the list of descriptors by pages
    (parameter acceptDescriptors), and the whole schema with its fields as JSON Schema (parameter accept)."""
    made = document["definitions"]
    kinds = ("friendlyName", "identity", "reference", "relationship")
    rows = {"type": "array", "items": {"anyOf": [{"$ref": f"#/definitions/{one}DescriptorResponse"} for one in kinds]}}
    paged = {"type": "object", "properties": {"_page": {"type": "object", "properties": {"next": {"type": "string"}}}}}
    made["listDescriptorsResponse"] = {"allOf": [paged, {"type": "object", "properties": {"results": rows}}]}
    field = {"$ref": "#/definitions/inWords"}
    texts = ["title", "description", "format", "pattern", "default", "meta:xdmType", "meta:status"]
    fields = {"type": "object", "additionalProperties": field}
    named = {"type": "array", "items": {"type": "string"}}
    words: dict[str, Any] = {name: {"type": "integer"} for name in ("minimum", "maximum", "minLength", "maxLength")}
    words |= {name: {"type": "string"} for name in texts}
    words |= {"type": {"type": "string", "enum": ["array", "object"]}, "enum": named, "meta:enum": {"type": "object"}}
    words |= {"items": field, "properties": fields, "required": named}
    made["inWords"] = {"type": "object", "properties": words}
    made["lookupSchemaResponse"]["allOf"].append({"type": "object", "properties": {"properties": fields}})
    return document


AMENDED = {"schema-registry.yaml": in_words}
# Requests that no document at hand has: Jira's is of 2022; Google's Data API, Adobe's segmentation and catalog and
# Jira's rules have documents of their own. Jira's workflows and Adobe's audiences and datasets were played on
# 2026-11-23 with a document of their vendor's that has them; for Google's reports and Jira's rules, field schemes and
# webhooks none was at hand.
# Each has to be played as soon as the folder has it.
ELSEWHERE = {
    ("ga4", "arriving"): ":runRealtimeReport", ("ga4", "counted"): ":runReport",
    ("jira", "workflows"): "/workflows/search", ("jira", "automation-rules"): "/rule/summary",
    ("jira", "field-schemes"): "/config/fieldschemes", ("jira", "webhooks"): "/1.0/webhook",
    ("adobe-aep", "audiences"): "/audiences", ("adobe-aep", "datasets"): "/dataSets",
    ("airflow", "users"): "/auth/openapi.json", ("airflow", "roles"): "/auth/openapi.json",
}  # fmt: skip
SPECS_OF = {
    "klaviyo": ["klaviyo/stable.*.json"], "airflow": ["airflow/v2.yaml"], "jira": ["jira/*.gz"],
    "ga4": ["google/analyticsadmin.v1beta.json", "google/analyticsadmin.v1alpha.json", "google/analyticsdata.*.json"],
    "asana": ["asana/*.gz"], "google-sheets": ["google/sheets.v4.json", "google/drive.v3.json"],
    "tag-manager": ["google/tagmanager.v2.json"], "looker": ["looker/*.gz"], "marketo": ["marketo/swagger-*.json"],
    "adobe-aep": ["adobe-aep/*.yaml"],
}  # fmt: skip
OTHERWISE = {"shopify", "graphql", "openapi"}  # no paths: introspection, and documents of any kind


def test_each_vendor_that_says_spec_is_held_here() -> None:
    said = {name for name, one in vendors().items() if one.verified.how == "spec"}
    assert said - OTHERWISE == SPECS_OF.keys()


def published(file: Path) -> Published:
    if file.name not in AMENDED:
        return Published.read(file)
    return Published(AMENDED[file.name](decoded(file.read_bytes())))


@pytest.mark.parametrize("vendor", SPECS_OF)
def test_what_a_vendor_publishes_has_every_path_and_what_code_takes_of_it(vendor: str) -> None:
    found = [published(path) for name in SPECS_OF[vendor] for path in sorted(SPECS.glob(name))]
    if not found:
        pytest.skip(f"the spec of {vendor} is not at hand: DRIFTLINE_SPECS names no folder that has it")
    told = {operation.spelled for one in found for operation in one.operations}
    elsewhere = {
        listing: path
        for (name, listing), path in ELSEWHERE.items()
        if name == vendor and not any(one.endswith(path) for one in told)
    }
    every = asyncio.run(tried(vendors()[vendor], *found))
    for one in every:
        lost = {wrong.missing for wrong in one.misread if wrong.place == "path"}
        assert all(path.endswith(elsewhere.get(one.listing, "?")) for path in lost), (one.listing, lost)
        assert not one.coded or {wrong.place for wrong in one.misread} <= {"path"}, (one.listing, one.misread)
    coded = [one for one in every if one.coded]
    assert {one.listing for one in coded if one.unplayed} == elsewhere.keys()
    assert all(one.read for one in coded if not one.unplayed)
