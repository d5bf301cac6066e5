"""A vendor file held against a spec: hand-written specs of each form, and those of vendors where they are at hand."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from monitor.setup.misread import Misread, Tried, every, held
from monitor.setup.published import BYTES, Published, SpecError
from probes.kit.auth import Header, Scheme
from probes.kit.contract import Kind
from probes.kit.listing import Listing, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.registry import vendors
from tests.probes.specs import SPECS

ROW = {
    "allOf": [
        {"$ref": "#/components/schemas/Named"},
        {
            "type": "object",
            "properties": {
                "id": {"type": "integer"}, "kind": {"type": "string"}, "created_at": {"type": "string"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "choices": {"type": "array", "items": {"properties": {"value": {}, "label": {"type": "string"}}}},
                "lists": {"type": "array", "items": {"type": "array", "items": {"properties": {"deep": {}}}}},
                "map": {"type": "object", "additionalProperties": {"properties": {"inner": {"type": "string"}}}},
                "free": {"type": "object"}, "any": {}, "round": {"$ref": "#/components/schemas/Round"},
                "outside": {"$ref": "other.yaml#/X"}, "maps": {"type": "object", "additionalProperties": True},
            },
        },
    ]
}  # fmt: skip
OPENAPI: dict[str, Any] = {
    "openapi": "3.0.3",
    "servers": [{"url": "https://{region}.example.com/v1"}],
    "paths": {
        "/things": {
            "get": {
                "responses": {
                    "200": {
                        "content": {
                            "text/csv": {"schema": {"type": "string"}},
                            "application/json": {"schema": {"$ref": "#/components/schemas/Things"}},
                        }
                    }
                }
            }
        },
        "/things/{thing_id}/fields": {"get": {"responses": {"201": {"$ref": "#/components/responses/Fields"}}}},
        "/things/count": {"get": {"responses": {"default": {"content": {}}}}},
        "/names": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {
            "type": "array", "items": {"type": "string"}}}}}}}},
        "/search": {"post": {"responses": {"200": {"content": {"application/json": {"schema": ROW}}}}}},
    },
    "components": {
        "responses": {"Fields": {"content": {"application/json": {"schema": {"type": "array", "items": ROW}}}}},
        "schemas": {
            "Things": {"properties": {"data": {"type": "array", "items": ROW}, "meta": {"properties": {"next": {}}}}},
            "Named": {"oneOf": [{"properties": {"name": {"type": ["string", "null"]}}}, {"type": "null"}]},
            "Round": {"$ref": "#/components/schemas/Round"},
        },
    },
}  # fmt: skip


def vendor(*listings: Listing, base: str = "https://eu.example.com/v1", **more: Any) -> Vendor:
    schemes = {"token": Scheme(fields=("token",), build=lambda given: Header(given, Authorization="{token}"))}
    return Vendor(name="made", title="Made", docs="https://example.com", base=base, hosts=("example.com",),
                  schemes=schemes, listings=listings, **more)  # fmt: skip


def things(**words: Any) -> Listing:
    made = {"name": "things", "kind": Kind.FIELD, "path": "/things", "records": "data", "key": "name", **words}
    return Listing(**made)


def said(listing: Listing, spec: Any = OPENAPI, **more: Any) -> list[tuple[str, str, str]]:
    return [(one.place, one.missing, one.at) for one in every(held(vendor(listing, **more), Published(spec)))]


@pytest.mark.parametrize(
    "expression",
    [
        "name", "tags[]", "tags[0]", "choices[].label", "choices[].{value: value, label: label}", "lists[][].deep",
        "lists[].deep", "choices[?value=='a'].label", "map.x.inner", "map.*.inner", "free.whatever.there", "any.x[].y",
        "round.x", "outside.x[0].y", "maps.x.y", "join(' ', tags)", "sort_by(choices, &label)[].value",
        "max_by(choices, &value).label", "map(&label, choices)", "[name, kind]", "{a: name}.a", "name || kind",
        "name && !kind", "not_null(name, kind)", "keys(map)", "values(map)[].inner", "tags[0:2]", "kind == 'a'", "`1`",
        '"@parent".anything', "host(kind)", "to_array(choices)[].label", "reverse(tags)", "length(choices)", "@.name",
        "not_null(free, map)", "(name || free)", "{a: choices}.a[].label", "[choices, choices][].label",
    ],
)  # fmt: skip
def test_what_the_schema_has_may_be_read(expression: str) -> None:
    assert said(things(facts={"x_a": expression})) == []


@pytest.mark.parametrize(
    ("expression", "missing", "at"),
    [
        ("nmae", "nmae", "data[]"),
        ("choices[].lable", "lable", "data[].choices[]"),
        ("choices[].{value: value, label: lable}", "lable", "data[].choices[]"),
        ("choices[?valeu=='a'].label", "valeu", "data[].choices[]"),
        ("name.first", "first", "data[].name"),
        ("kind[].x", "[]", "data[].kind"),
        ("map.x.iner", "iner", "data[].map.*"),
        ("map.*.iner", "iner", "data[].map.*"),
        ("name || nmae", "nmae", "data[]"),
        ("sort_by(choices, &lable)", "lable", "data[].choices[]"),
        ("join(' ', tgas)", "tgas", "data[]"),
        ("{a: name}.b", "b", "data[]"),
        ("lists[].deap", "deap", "data[].lists[][]"),
        ("createdAt", "createdAt", "data[]"),
    ],
)
def test_what_it_does_not_have_is_misread(expression: str, missing: str, at: str) -> None:
    assert said(things(facts={"x_a": expression})) == [("facts.x_a", missing, at)]


def test_every_word_of_a_listing_and_of_its_other_views_is_held() -> None:
    other = View(kind=Kind.PERMISSION, scope="x", records="dta", key="name")
    wrong = things(
        key="kay", id="di", where="whre", scope_by="by", facts=keep("label"), evidence={"at": "then"}, also=(other,),
        health={"state": "stat"}, empty="none", paging=Paging(style="cursor", next="meta.nxt", into="c"),
    )  # fmt: skip
    assert said(wrong) == [
        ("paging.next", "nxt", "meta"), ("empty", "none", ""), ("key", "kay", "data[]"), ("id", "di", "data[]"),
        ("where", "whre", "data[]"), ("scope_by", "by", "data[]"), ("facts.label", "label", "data[]"),
        ("evidence.at", "then", "data[]"), ("health.state", "stat", "data[]"), ("also[0].records", "dta", ""),
    ]  # fmt: skip


def test_the_nearest_names_are_told() -> None:
    wrong = things(facts={"x_a": "nmae", "x_b": "createdAt", "x_c": "kind.x"})
    told = {one.missing: one.instead for one in every(held(vendor(wrong), Published(OPENAPI)))}
    assert told["nmae"] == ("name",) and told["createdAt"] == ("created_at",)
    assert told["x"] == ("no such key: it is string",)


def test_rows_may_be_one_object_a_plain_list_or_no_objects_and_no_schema_tells_nothing() -> None:
    fields = things(path="/things/{parent.key}/fields", for_each="up", records="", facts=keep(type="kind"))
    up = things(name="up", facts={})
    (_, tried) = held(vendor(up, fields), Published(OPENAPI))
    assert (tried.path, tried.misread, tried.read) == ("/things/{thing_id}/fields", (), 3)
    assert said(things(path="/names", records="", key="value")) == []
    assert said(things(path="/names", records="", key="name")) == [("key", "name", "[]")]
    assert said(things(path="/search", records="", body={"q": 1}), reads=("/v1/search",)) == []
    (tried,) = held(vendor(things(path="/things/count", facts={"x_a": "b"})), Published(OPENAPI))
    assert tried == Tried(listing="things", path="/things/count", read=3, open=3)
    assert said(things(records="data.0.map.*", key="inner")) == []


def test_a_path_is_found_whatever_the_base_is_and_a_wrong_one_has_its_neighbours_named() -> None:
    for base, path in (
        ("https://eu.example.com", "/v1/things"), ("https://eu.example.com/v1", "/things?x=1"),
        ("https://proxy.example.com/vendor/v1", "/things"), ("https://eu.example.com/v1/", "/{options.x}s"),
    ):  # fmt: skip
        options = {"x": {"says": "what"}}
        assert said(things(path=path), base=base, options=options) == [], path
    (wrong,) = every(held(vendor(things(path="/things/{options.id}/felds"), options={"id": {"says": "id"}}),
                          Published(OPENAPI)))  # fmt: skip
    assert wrong == Misread(
        listing="things", place="path", expression="/things/{options.id}/felds", missing="/things/{options.id}/felds",
        at="GET", instead=("/things/{thing_id}/fields", "/things", "/things/count"),
    )  # fmt: skip
    assert said(things(path="/search"))[0][0] == "path", "it is a POST there"


def test_what_code_makes_is_said_to_be_unheld() -> None:
    async def fetch(*_: Any) -> Any:
        yield {}, None

    (tried,) = held(vendor(things(path="", fetch=fetch)), Published(OPENAPI))
    assert tried == Tried(listing="things", coded=True)


def test_swagger_2_and_discovery_documents_are_held_alike(tmp_path: Path) -> None:
    row = {"type": "object", "properties": {"name": {"type": "string"}, "dataType": {"type": "string"}}}
    swagger = {
        "swagger": "2.0", "basePath": "/v1", "definitions": {"Row": row},
        "paths": {"/things": {"get": {"responses": {200: {"schema": {"properties": {
            "data": {"type": "array", "items": {"$ref": "#/definitions/Row"}}}}}}}}},
    }  # fmt: skip
    found = {"id": "Found", "type": "object", "properties": {"data": {"type": "array", "items": {"$ref": "Row"}}}}
    method = {"httpMethod": "GET", "path": "v1/{+parent}", "flatPath": "v1/accounts/{accountsId}/things"}
    discovery = {
        "discoveryVersion": "v1", "servicePath": "", "schemas": {"Row": row, "Found": found},
        "resources": {"accounts": {"resources": {"things": {"methods": {"list": {**method, "response": {
            "$ref": "Found"}}}}}}},
    }  # fmt: skip
    for spec, path in ((swagger, "/things"), (discovery, "/accounts/{options.account}/things")):
        good = things(path=path, facts=keep(type="dataType"))
        more = {"options": {"account": {"says": "id"}}}
        assert said(good, json.loads(json.dumps(spec)), **more) == []
        wrong = things(path=path, facts=keep(type="datatype"))
        assert said(wrong, json.loads(json.dumps(spec)), **more) == [("facts.type", "datatype", "data[]")]


def test_a_file_may_be_yaml_or_packed_and_what_is_no_spec_is_said_in_a_sentence(tmp_path: Path) -> None:
    packed, plain, wrong = tmp_path / "a.json.gz", tmp_path / "b.yaml", tmp_path / "c"
    packed.write_bytes(gzip.compress(json.dumps(OPENAPI).encode()))
    assert len(Published.read(packed).operations) == 5
    plain.write_text("openapi: 3.1.0\npaths:\n  /a:\n    get: {responses: {'200': {description: no body}}}\n  /b: {}\n")
    assert [one.spelled for one in Published.read(plain).operations] == ["/a"]
    for raw, words in ((b"{", "is cut, or neither"), (b"[]", "found no object"), (b"a: 1", "found no `paths`"),
                       (b"a: &x 1\nb: *x", "YAML alias")):  # fmt: skip
        wrong.write_bytes(raw)
        with pytest.raises(SpecError, match=words):
            Published.read(wrong)
    with pytest.raises(SpecError, match="none: cannot be read"):
        Published.read(tmp_path / "none")
    packed.write_bytes(b"no gzip")
    with pytest.raises(SpecError, match=r"a\.json\.gz"):
        Published.read(packed)


@pytest.mark.parametrize(
    "document",
    [
        {"openapi": "3.0.3", "servers": [{"url": 5}]},
        {"openapi": "3.0.3", "servers": [{"url": "http://[::1"}]},
        {"openapi": "3.0.3", "servers": 5},
        {"swagger": "2.0", "basePath": ["/v1"]},
    ],
)
def test_an_address_that_is_none_leaves_the_paths(document: dict[str, Any]) -> None:
    found = Published({**document, "paths": {"/a": {"get": {"responses": []}}, "/b": 5, "/c": {"get": None}}})
    assert [one.spelled for one in found.operations] == ["/a"]
    assert found.answer("GET", "https://[x", "/a") is not None


@pytest.mark.parametrize("resources", [[1], 5, {"a": {"resources": [1], "methods": 7}}, {"a": {"methods": {"b": 1}}}])
def test_a_discovery_document_without_methods_has_no_operations(resources: Any) -> None:
    assert Published({"discoveryVersion": "v1", "resources": resources}).operations == ()


def test_a_packed_file_is_opened_no_further_than_a_spec_may_be_long(tmp_path: Path) -> None:
    packed = tmp_path / "a.json.gz"
    with packed.open("wb") as file:  # 1 GiB once it is opened
        part = gzip.compress(b" " * BYTES, compresslevel=1)
        file.writelines(part for _ in range(16))
    tracemalloc.start()
    try:
        with pytest.raises(SpecError, match=r"a\.json\.gz: expected at most 64 MiB, found more"):
            Published.read(packed)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * BYTES


# -- what vendors published, where it is at hand ----------------------------------------------------------------------


def published(name: str) -> Published:
    found = sorted(SPECS.glob(name))
    if not found:
        pytest.skip(f"the vendor's spec {name} is not at hand: DRIFTLINE_SPECS names no folder that has it")
    return Published.read(found[-1])


@pytest.mark.parametrize(
    ("vendor", "specs", "least"),
    [
        ("klaviyo", ["klaviyo/stable.*.json"], 120),
        ("airflow", ["airflow/v2.yaml"], 60),
        ("ga4", ["google/analyticsadmin.v1beta.json", "google/analyticsadmin.v1alpha.json"], 150),
        ("google-sheets", ["google/sheets.v4.json", "google/drive.v3.json"], 20),
        ("tag-manager", ["google/tagmanager.v2.json"], 30),
        ("jira", ["jira/*.gz"], 60),
        ("looker", ["looker/*.gz"], 60),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_our_vendor_files_read_nothing_that_their_specs_do_not_have(vendor: str, specs: list[str], least: int) -> None:
    tried = held(vendors()[vendor], *map(published, specs))
    assert list(every(tried)) == [] and sum(one.read for one in tried) > least


def test_fivetran_reads_what_its_spec_of_2024_called_otherwise() -> None:
    wrong = list(every(held(vendors()["fivetran"], published("fivetran/fivetran.yaml"))))
    assert {one.missing for one in wrong} == {
        "next_cursor", "networking_method", "daylight_saving_time_enabled", "/v1/connections",
        "/v1/connections/{parent.key}/schemas", "/v1/transformations", "/v1/system-keys",
        "/v1/teams/{parent.key}/connections",
    }  # fmt: skip
    assert {one.instead for one in wrong if one.missing == "next_cursor"} == {("nextCursor",)}
    (moved,) = [one for one in wrong if one.missing == "/v1/transformations"]
    assert "/v1/dbt/projects/{projectId}/transformations" in moved.instead  # near, and not the same


@pytest.mark.parametrize(
    ("spec", "base", "listing"),
    [
        ("marketo/swagger-mapi.json", "https://x.mktorest.com/rest",
         {"path": "/v1/leads/describe.json", "records": "result", "key": "displayNam",
          "facts": keep(label="rest.name")}),
        ("google/analyticsadmin.v1beta.json", "https://analyticsadmin.googleapis.com",
         {"path": "/v1beta/properties/{options.id}/customDimensions", "records": "customDimensions",
          "key": "displayNam", "facts": keep(label="parameterName")}),
        ("looker/*.json.gz", "https://x.looker.com/api/4.0",
         {"path": "/roles", "records": "", "key": "displayNam", "facts": keep(label="permission_set.name")}),
        ("airflow/v2.yaml", "https://x.example.com",
         {"path": "/api/v2/dags", "records": "dags", "key": "displayNam", "facts": keep(label="dag_id")}),
        ("asana/*.gz", "https://app.asana.com/api/1.0",
         {"path": "/custom_types", "records": "data", "key": "displayNam", "facts": keep(label="name")}),
        ("jira/*.gz", "https://x.atlassian.net",
         {"path": "/rest/api/3/field", "records": "", "key": "displayNam", "facts": keep(label="schema.type")}),
    ],
    ids=lambda value: value.partition("/")[0] if isinstance(value, str) else "",
)  # fmt: skip
def test_one_wrong_key_is_found_in_each_form_and_nothing_else(spec: str, base: str, listing: dict[str, Any]) -> None:
    made = things(**listing)
    options = {"id": {"says": "id"}}
    (tried,) = held(vendor(made, base=base, options=options), published(spec))
    assert [one.missing for one in tried.misread] == ["displayNam"], tried
