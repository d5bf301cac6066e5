"""Adobe Experience Platform: its traps, and its written-down answers against the OpenAPI files of the vendor."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from probes.adobe_aep import VENDOR
from probes.adobe_aep.told import fields, following
from probes.kit.contract import Kind, Malformed, Ref, State
from tests.probes.accounts import REPLIES
from tests.probes.kit.world import js
from tests.probes.specs import spec, strange, unread
from tests.probes.written import written

LEADS = Ref(Kind.FIELD, "_northwind.schemas.a1")
# What the OpenAPI has in words, or for other requests, and not in the schema of this answer.
TOLD_IN_WORDS = (
    "properties is not in the spec",
    "results is not in the spec",
    "meta:status is not in the spec",
    "descriptors: ._page is not in the spec",
    "statusSummary.errors is not in the spec",
)


async def test_no_declared_fact_reads_nothing_and_no_person_is_named() -> None:
    _, scopes, _ = await written(VENDOR).poll(person=lambda name: f"p-{name.partition('@')[0]}")
    assert unread(VENDOR, scopes) == set()
    assert not any(word in repr(list(scopes.values())) for word in ("not-for-git", "person1@", "ops@AdobeID"))


@pytest.mark.parametrize(
    ("file", "prefix"),
    [
        ("schema-registry", "data/foundation/schemaregistry"),
        ("flow-service", "data/foundation/flowservice"),
        ("access-control", "data/foundation/access-control"),
    ],
)
def test_the_written_down_answers_are_of_the_shape_that_adobe_publishes(file: str, prefix: str) -> None:
    published = spec(f"adobe-aep/{file}.yaml")
    said = []
    for answer in sorted((REPLIES / "adobe-aep").glob("data__*.json")):
        path = answer.stem.partition("@")[0].replace("__", "/")
        if path.startswith(prefix):
            said.append(("/" + path, json.loads(answer.read_bytes())))
    assert said
    found = [one for one in strange(published, said, prefix) if not one.endswith(TOLD_IN_WORDS)]
    assert found == []


async def test_fields_of_objects_and_lists_are_told_by_their_paths() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["schemas", "fields"])
    rows = {one.key: one.facts for one in scopes[LEADS].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "personalEmail": "json", "personalEmail.address": "email", "_northwind": "json",
        "_northwind.leadStage": "option", "_northwind.score": "integer", "_northwind.country": "text",
        "_northwind.touches": "json", "_northwind.touches[].at": "datetime",
    }  # fmt: skip
    assert [key for key, facts in rows.items() if facts["required"]] == ["_northwind.leadStage"]
    assert rows["_northwind.leadStage"]["values"] == ["new", "qualified"]


@pytest.mark.parametrize("inner", [7, None, [], "x", False])
def test_an_object_whose_properties_are_none_is_malformed_and_not_one_without(inner: Any) -> None:
    for told in ({"properties": inner}, {"type": "array", "items": {"properties": inner}}):
        with pytest.raises(Malformed, match="properties of a"):
            list(fields({"properties": {"a": {"type": "object", **told}}}))


async def test_lists_go_on_wherever_the_answer_says_how() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["schemas", "flows", "roles"])
    assert [len(scopes[ref].resources) for ref in (
        Ref(Kind.SCHEMA, "schemas"), Ref(Kind.SYNC, "flows"), Ref(Kind.PERMISSION, "roles"),
    )] == [3, 3, 2]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ({}, {}),
        ({"_page": {"next": None}, "_links": {"next": ""}}, {}),
        ({"_page": {"next": 7, "orderBy": "-createdAt"}}, {"start": "7", "orderBy": "-createdAt"}),
        ({"_page": {"next": 7}, "_links": {"next": {"href": "/roles?start={start}"}}}, {"start": "7"}),
        ({"_page": {"next": "/schemas?start=B&orderby=title"}}, {"start": "B", "orderby": "title"}),
        ({"_links": {"next": "/flows?continuationToken=t"}}, {"continuationToken": "t"}),
        ({"_links": {"next": {"href": "/flows?continuationToken=t"}}}, {"continuationToken": "t"}),
    ],
)
def test_the_next_page_is_a_value_or_an_address(told: dict[str, Any], asked: dict[str, str]) -> None:
    assert following(told) == asked


def test_a_next_page_that_says_not_where_it_begins_is_no_end() -> None:
    with pytest.raises(Malformed, match="not where it begins"):
        following({"_links": {"next": {"href": "/roles?start={start}"}}})


async def test_flows_by_their_last_run() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["flows"])
    rows = {one.key: one.health for one in scopes[Ref(Kind.SYNC, "flows")].resources}
    assert {key: health and health.state for key, health in rows.items()} == {
        "Leads from storage": "ok", "Events from storage": "failing", "Old consents": "disabled",
    }  # fmt: skip


async def test_an_audience_is_told_without_what_it_asks_of_people_and_is_held_where_it_leaves() -> None:
    vantage, scopes, _ = await written(VENDOR).poll(listings=["audiences"])
    rows = {one.key: one for one in scopes[Ref(Kind.AUTOMATION, "audiences")].resources}
    assert set(rows) == {"a1", "a3"}, "what Adobe made itself is left out"
    facts = rows["a1"].facts
    assert (facts["status"], facts["object"], facts["opaque"], facts["x_batch"], facts["x_streaming"]) == (
        "published", "_xdm.context.profile", True, True, False,
    )  # fmt: skip
    assert len(facts["x_expression_digest"]) == 16 and rows["a1"].evidence["label"] == "Ordered lately"
    assert rows["a3"].facts["x_dataset"] == "5ab540d0864cf0267448ead4" and not rows["a3"].facts["opaque"]
    assert vantage.silent == {Kind.AUTOMATION}


async def test_each_request_names_app_organization_and_sandbox() -> None:
    made = written(VENDOR)
    await made.poll(listings=["schemas"])
    asked = next(one for one in made.requests if one.url.path.endswith("/tenant/schemas")).headers
    assert asked["x-api-key"] == "demo-client_id" and asked["x-sandbox-name"] == "prod"
    assert asked["x-gw-ims-org-id"].endswith("@AdobeOrg") and asked["accept"] == "application/vnd.adobe.xed-id+json"


@pytest.mark.parametrize(
    ("answers", "listing"),
    [
        ({"schemas": js({"results": [], "_page": {"next": "again"}})}, "schemas"),
        ({"schemas": js({"rows": []})}, "schemas"),
        ({"subjects": js({"items": [], "_page": {"limit": 20, "count": 30}})}, "subjects/Monitor"),
        ({"_northwind.schemas.a1": js({"title": "Leads"})}, "fields/_northwind.schemas.a1"),
        ({"_northwind.schemas.a1": js({"title": "Not found", "status": 404}, 404)}, "fields/_northwind.schemas.a1"),
    ],
)
async def test_what_does_not_come_whole_is_no_shorter_list(answers: dict[str, httpx.Response], listing: str) -> None:
    _, _, reads = await written(VENDOR, answers).poll()
    assert reads[listing].coverage.state is not State.COMPLETE
