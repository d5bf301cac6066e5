"""Bynder, Cloudinary and Amplitude: their traps, against answers in the shape that each publishes."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from probes import amplitude, bynder, cloudinary
from probes.kit.contract import Absent, Denied, Fault, Kind, Ref, Rejected, Resource, State, Unsupported
from probes.kit.demand import look
from probes.kit.listing import Vendor
from tests.probes.accounts import REPLIES
from tests.probes.kit.world import js
from tests.probes.specs import unread
from tests.probes.written import written

ASSET = Ref(Kind.FIELD, "asset")


@pytest.mark.parametrize("vendor", [bynder.VENDOR, cloudinary.VENDOR, amplitude.VENDOR], ids=lambda one: one.name)
async def test_no_declared_fact_reads_nothing_and_no_address_leaves(vendor: Vendor) -> None:
    _, scopes, _ = await written(vendor).poll()
    assert unread(vendor, scopes) == set()
    assert "not-for-git" not in repr(list(scopes.values()))


async def read(vendor: Vendor, *listings: str, answers: dict[str, httpx.Response] | None = None) -> Any:
    return await written(vendor, answers).poll(listings=list(listings) or None)


async def test_bynders_metaproperties_are_a_map_and_of_our_types() -> None:
    _, scopes, _ = await read(bynder.VENDOR, "metaproperties")
    rows = {one.key: one.facts for one in scopes[ASSET].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "region": "option", "topics": "multi_option", "campaign": "text",
    }  # fmt: skip
    assert rows["region"]["required"] is True and rows["campaign"]["read_only"] is True
    assert rows["topics"]["options"][1] == {"value": "old", "label": "Old", "active": False, "hidden": False}


@pytest.mark.parametrize(
    ("answers", "grants"),
    [
        ({}, {"METAPROPERTYMANAGEMENT", "USERMANAGEMENT", "PERMISSIONMANAGEMENT", "profile:1"}),
        ({"1": js({"message": "Forbidden"}, 403)}, {"profile:1"}),
        ({"currentUser": js({"id": "u-1"})}, {"profile:"}),
    ],
)
async def test_a_bynder_profile_that_may_not_be_seen_is_still_named(
    answers: dict[str, httpx.Response], grants: set[str]
) -> None:
    vantage, _, _ = await read(bynder.VENDOR, "portal", answers=answers)
    assert vantage.grants == grants and vantage.coverage.complete
    assert vantage.silent == (frozenset(Kind) if len(grants) == 1 else {Kind.FIELD})


async def test_a_bynder_403_with_the_right_scope_is_denied_and_a_429_has_no_header() -> None:
    _, _, reads = await read(bynder.VENDOR, "users", answers={"users": js({"message": "no"}, 403)})
    assert reads["users"].coverage.state is State.DENIED
    _, _, reads = await read(bynder.VENDOR, "users", answers={"users": js({"message": "slow"}, 429)})
    assert "Throttled" in reads["users"].coverage.reason


async def test_bynders_inactive_users_are_asked_for_too() -> None:
    _, scopes, _ = await read(bynder.VENDOR, "users")
    rows = {one.key: one.facts for one in scopes[Ref(Kind.PERMISSION, "users")].resources}
    assert {key: facts["active"] for key, facts in rows.items()} == {
        "admin-01@example.com": True, "editor-01@example.com": True, "former-01@example.com": False,
    }  # fmt: skip


async def test_bynders_smart_filters_name_the_metaproperties_that_they_hold() -> None:
    _, scopes, reads = await read(bynder.VENDOR, "smart-filters")
    (row,) = scopes[Ref(Kind.TEMPLATE, "smart-filters")].resources
    assert row.facts["fields"] == ["asset/region", "gone"] and row.evidence["label"] == "Where"
    for none in ({"metaproperties": js({})}, {"smartfilters": js({})}):
        _, _, reads = await read(bynder.VENDOR, "smart-filters", answers=none)
        assert reads["smart-filters"].coverage.state is State.FAILED


async def test_bynders_rules_of_workflows_go_on_to_an_empty_page() -> None:
    _, scopes, _ = await read(bynder.VENDOR, "automation-rules")
    rows = {one.evidence["label"]: one for one in scopes[Ref(Kind.AUTOMATION, "automation-rules")].resources}
    assert {name: row.facts["status"] for name, row in rows.items()} == {
        "Tag new assets": "ACTIVE", "Describe images": "PAUSED",
    }  # fmt: skip
    first = rows["Tag new assets"]
    assert first.facts["actions"] == ["AGENT"] and first.evidence["at"] == "2026-03-15T14:54:58Z"
    assert first.facts["criteria"] == [
        {"AND": [{"condition_type": "METAPROPERTY", "expression": {"term": ["region"], "operator": "IS_SET"}}]}
    ]
    for bad in ({"rules": []}, {"rules": {}, "metadata": {}}, {"rules": [{"id": "1"}], "metadata": {}}):
        _, _, reads = await read(bynder.VENDOR, "automation-rules", answers={"rules": js(bad)})
        assert reads["automation-rules"].coverage.state is State.FAILED, bad


async def test_cloudinarys_values_that_were_taken_away_are_inactive_and_not_gone() -> None:
    _, scopes, _ = await read(cloudinary.VENDOR, "metadata-fields")
    rows = {one.key: one.facts for one in scopes[ASSET].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "region": "option", "topics": "multi_option", "sku": "text",
    }  # fmt: skip
    assert rows["topics"]["options"][1] == {"value": "old", "label": "Old", "active": False}
    assert (rows["sku"]["read_only"], rows["sku"]["hidden"], rows["sku"]["searchable"]) == (True, True, False)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (js({"error": {"message": "Rate Limit Exceeded"}}, 420), "Throttled"),
        (js(b"<html>Unauthorized</html>"), "Malformed"),
        (js({"error": {"message": "unknown api_key"}}, 401), "Expired"),
    ],
)
async def test_cloudinarys_refusals(answer: httpx.Response, words: str) -> None:
    _, _, reads = await read(cloudinary.VENDOR, "triggers", answers={"triggers": answer})
    assert reads["triggers"].coverage.reason.startswith(words)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (js({"error": {"message": "metadata field not found"}}, 404), Absent("404")),
        (js(b"<html>no</html>", 404), Rejected),
        (js({"error": {"message": "insufficient permissions"}}, 403), Denied),
        (js({"error": {"message": "bad"}}, 400), Rejected),
    ],
)
async def test_a_cloudinary_field_that_is_gone_is_told_from_one_that_may_not_be_seen(
    answer: httpx.Response, found: Any
) -> None:
    made = written(cloudinary.VENDOR, {"gone": answer})
    told = await look(cloudinary.VENDOR, made.api, ASSET, "gone", person=str)
    assert told == found if isinstance(found, Absent) else isinstance(told, found)


async def test_a_cloudinary_field_and_transformation_are_looked_at_as_their_lists_have_them() -> None:
    _, scopes, _ = await read(cloudinary.VENDOR)
    for ref, file, rows in ((ASSET, "metadata_fields", "metadata_fields"),
                            (Ref(Kind.TEMPLATE, "transformations"), "transformations", "transformations")):  # fmt: skip
        first = json.loads((REPLIES / "cloudinary" / f"v1_1__northwind__{file}.json").read_bytes())[rows][0]
        key = str(first.get("external_id") or first["name"])
        made = written(cloudinary.VENDOR, {key: js(first)})
        there = next(one for one in scopes[ref].resources if one.key == key)
        assert await look(cloudinary.VENDOR, made.api, ref, key, person=str) == there
    preset = Ref(Kind.TEMPLATE, "upload-presets")
    assert isinstance(await look(cloudinary.VENDOR, made.api, preset, "x", person=str), Unsupported)


async def test_a_cloudinary_rule_names_the_fields_that_it_reads() -> None:
    of = [{"metadata_field_id": "region", "equals": "emea"}, {"or": [{"metadata_field_id": "sku"}]}]
    rule = {"name": "r", "external_id": "1", "metadata_field_id": "topics", "state": "active", "condition": {"and": of}}
    answers = {"metadata_rules": js({"metadata_rules": [rule]})}
    _, scopes, _ = await read(cloudinary.VENDOR, "metadata-rules", answers=answers)
    (row,) = scopes[Ref(Kind.AUTOMATION, "metadata-rules")].resources
    assert (row.facts["reads"], row.facts["writes"]) == (["region", "sku"], ["topics"])


async def test_a_cloudinary_list_that_does_not_have_the_rows_it_counts_is_partial() -> None:
    row = {"id": "t-1", "event_type": "upload", "uri_type": "webhook", "uri": "https://hooks.example.com/x"}
    _, _, reads = await read(cloudinary.VENDOR, "triggers", answers={"triggers": js({"triggers": [row], "total": 2})})
    assert reads["triggers"].coverage.state is State.PARTIAL


async def test_what_amplitude_plans_for_an_event_is_a_field_of_it() -> None:
    _, scopes, _ = await read(amplitude.VENDOR)
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "Sign Up")].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "plan": "option", "zip": "text", "tags": "multi_option", "seats": "decimal",
    }  # fmt: skip
    assert rows["plan"]["options"] == [{"value": "free"}, {"value": "pro"}] and rows["plan"]["required"] is True
    made = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "ce:Qualified")].resources}
    assert {key: facts["type"] for key, facts in made.items()} == {"score": "any", "list": "json"}
    user = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "user")].resources}
    assert user["device_id"]["type"] == "any" and user["gp:region"]["options"] == [{"value": "emea, apac"}]


async def test_an_amplitude_cohort_names_the_events_that_it_reads_and_is_held_where_it_leaves() -> None:
    vantage, scopes, _ = await read(amplitude.VENDOR, "cohorts")
    rows = {one.key: one.facts for one in scopes[Ref(Kind.AUTOMATION, "cohorts")].resources}
    assert [rows[key]["reads"] for key in ("26umsb5", "s7xeonk")] == [["Sign Up/"], ["ce:Qualified/"]]
    assert [rows[key]["opaque"] for key in ("26umsb5", "s7xeonk")] == [False, True], "another sort of clause"
    assert (rows["s7xeonk"]["active"], rows["s7xeonk"]["x_predictive"]) == (False, True)
    assert rows["26umsb5"]["criteria"]["andClauses"][0]["orClauses"][1]["time_value"] == 7
    assert "ops@example.com" not in repr(scopes) and vantage.silent == {Kind.AUTOMATION}


async def test_an_amplitude_list_of_cohorts_that_does_not_come_is_no_empty_one() -> None:
    for answer in (js({}), js({"success": False, "errors": [{"message": "Not found"}]})):
        _, _, reads = await read(amplitude.VENDOR, "cohorts", answers={"cohorts": answer})
        assert reads["cohorts"].coverage.state is State.FAILED


async def test_an_amplitude_200_that_says_no_is_no_empty_list() -> None:
    no = js({"success": False, "errors": [{"message": "Not found"}]})
    _, _, reads = await read(amplitude.VENDOR, "events", answers={"event": no})
    assert reads["events"].coverage.state is State.FAILED and "Not found" in reads["events"].coverage.reason


@pytest.mark.parametrize(
    ("base", "options", "event", "other"),
    [
        ("https://amplitude.com", {}, "https://app.amplitude.com", "https://app.amplitude.com"),
        ("https://analytics.eu.amplitude.com", {}, "https://app.eu.amplitude.com", "https://app.eu.amplitude.com"),
        (
            "https://analytics.eu.amplitude.com", {"place": "northwind/Web%20Shop"},
            "https://app.eu.amplitude.com/data/northwind/Web%20Shop/events/main/latest/ce%3AQualified",
            "https://app.eu.amplitude.com",
        ),
        ("https://account.test", {"place": "northwind/271828"}, None, ""),
        (
            "https://account.test", {"place": "northwind/271828", "app": "https://app.amplitude.com"},
            "https://app.amplitude.com/data/northwind/271828/events/main/latest/ce%3AQualified",
            "https://app.amplitude.com",
        ),
    ],
)  # fmt: skip
async def test_an_event_leads_to_its_page_where_amplitude_is_known_to_have_it(
    base: str, options: dict[str, str], event: str | None, other: str
) -> None:
    _, scopes, _ = await written(amplitude.VENDOR, base=base, options=options).poll()
    events = {one.key: one.evidence.get("link") for one in scopes[Ref(Kind.SCHEMA, "events")].resources}
    assert events["ce:Qualified"] == event
    assert scopes[Ref(Kind.FIELD, "ce:Qualified")].link == (event or "")
    assert scopes[Ref(Kind.FIELD, "user")].link == scopes[Ref(Kind.SCHEMA, "categories")].link == other


@pytest.mark.parametrize(
    ("ref", "key", "row"),
    [
        (Ref(Kind.SCHEMA, "events"), "Sign Up", {"event_type": "Sign Up", "category": {"name": "Start"}}),
        (Ref(Kind.FIELD, "user"), "gp:region", {"user_property": "gp:region", "type": "string"}),
    ],
)
async def test_one_thing_of_amplitudes_plan_is_gone_where_it_says_not_found(ref: Ref, key: str, row: Any) -> None:
    async def seen(answer: httpx.Response) -> Any:
        world = written(amplitude.VENDOR, {key: answer})
        await world.poll(listings=["categories"])
        found = await look(amplitude.VENDOR, world.api, ref, key, person=lambda name: name)
        assert world.requests[-1].url.raw_path.decode().endswith(key.replace(" ", "%20").replace(":", "%3A"))
        return found

    assert isinstance(await seen(js({"success": True, "data": row})), Resource)
    no = {"success": False, "errors": [{"message": "Not found"}]}
    assert await seen(js(no, 400)) == Absent("Not found")
    for status, said in ((200, "Not found"), (400, "Bad request"), (403, "Not found")):
        refused = await seen(js({"success": False, "errors": [{"message": said}]}, status))
        assert isinstance(refused, Fault)


async def test_a_property_of_an_event_is_not_looked_for() -> None:
    world = written(amplitude.VENDOR)
    await world.poll(listings=["categories"])
    found = await look(amplitude.VENDOR, world.api, Ref(Kind.FIELD, "Sign Up"), "plan", person=lambda name: name)
    assert isinstance(found, Fault) and found.code == "look"
