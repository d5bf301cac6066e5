"""LinkedIn Ads: its traps, against answers in the shape that its pages show."""

from __future__ import annotations

import httpx
import pytest

from probes.kit.contract import Kind, Ref, State
from probes.linkedin_ads import VENDOR
from tests.probes.kit.world import js
from tests.probes.specs import unread
from tests.probes.written import written


async def test_no_declared_fact_reads_nothing_and_no_value_of_a_hidden_field_leaves() -> None:
    _, scopes, _ = await written(VENDOR).poll(person=lambda name: f"p-{name.rpartition(':')[2]}")
    assert unread(VENDOR, scopes) == set()
    assert not any(word in repr(list(scopes.values())) for word in ("not-for-git", "urn:li:person"))


async def test_the_member_s_role_in_this_account_stands_in_the_vantage() -> None:
    vantage, _, _ = await written(VENDOR).poll(listings=["account"])
    assert (vantage.account, vantage.subject) == ("512345678", "urn:li:person:me")
    assert vantage.grants == {"role VIEWER"}
    nobody = js({"elements": []})
    vantage, _, _ = await written(VENDOR, {"adAccountUsers": nobody}).poll(listings=["account"])
    assert (vantage.subject, vantage.grants) == ("member", frozenset())


async def test_lists_go_on_until_a_page_is_empty_or_names_no_other() -> None:
    _, scopes, _ = await written(VENDOR).poll()
    asked = (
        (Kind.PERMISSION, "users"),
        (Kind.SCHEMA, "conversions"),
        (Kind.SCHEMA, "campaigns"),
        (Kind.TEMPLATE, "forms"),
    )
    assert [len(scopes[Ref(kind, name)].resources) for kind, name in asked] == [2, 2, 3, 2]


async def test_the_owner_of_forms_keeps_its_brackets_and_the_version_is_named() -> None:
    made = written(VENDOR)
    await made.poll(listings=["forms"])
    asked = next(one for one in made.requests if one.url.path == "/rest/leadForms")
    assert b"owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A512345678)&" in asked.url.query
    assert asked.headers["linkedin-version"] == "202608" and asked.headers["x-restli-protocol-version"] == "2.0.0"


async def test_what_a_form_asks_are_fields_of_it() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["forms"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "71")].resources}
    assert {key: (facts["type"], facts["required"]) for key, facts in rows.items()} == {
        "Email address": ("email", True), "Phone number": ("phone", False), "Team size": ("text", True),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("statuses", "state"), [(["RUNNABLE"], "ok"), (["BILLING_HOLD"], "failing"), ([], "unknown")]
)  # fmt: skip
async def test_an_account_that_may_not_serve_is_failing(statuses: list[str], state: str) -> None:
    told = js({"id": 512345678, "name": "Northwind", "status": "ACTIVE", "servingStatuses": statuses})
    _, scopes, _ = await written(VENDOR, {"512345678": told}).poll(listings=["account"])
    health = scopes[Ref(Kind.SYNC, "delivery")].resources[0].health
    assert health and health.state == state


@pytest.mark.parametrize("answer", [js({"elements": None}), js({"elements": [{"id": 1, "state": "PUBLISHED"}]})])
async def test_forms_whose_list_is_not_there_or_never_ends_are_no_shorter_list(answer: httpx.Response) -> None:
    _, _, reads = await written(VENDOR, {"leadForms": answer}).poll(listings=["forms"])
    assert reads["forms"].coverage.state is not State.COMPLETE


async def test_a_version_that_ended_is_said() -> None:
    gone = js({"status": 426, "code": "NONEXISTENT_VERSION", "message": "Requested version is not active"}, 426)
    _, _, reads = await written(VENDOR, {"conversions": gone}).poll(listings=["conversions"])
    assert "not active" in reads["conversions"].coverage.reason


async def test_who_the_member_is_has_to_come() -> None:
    vantage, _, _ = await written(VENDOR, {"adAccountUsers": js({"elements": None})}).poll(listings=["account"])
    assert vantage.coverage.state is State.FAILED and "no elements" in vantage.coverage.reason


async def test_the_end_of_the_version_is_told_before_it_comes() -> None:
    assert list(VENDOR.sunset) == [VENDOR.headers["linkedin-version"]]


async def test_when_a_row_was_last_changed_is_told_beside_it() -> None:
    _, scopes, _ = await written(VENDOR).poll(person=lambda name: name.rpartition(":")[2])
    said = {ref.name: {one.evidence.get("at", "0") for one in scope.resources} for ref, scope in scopes.items()}
    for name in ("account", "users", "campaigns", "conversions", "forms"):
        assert set(map(float, said[name])) == {1_791_000_000}, f"{name}: LinkedIn tells milliseconds"


async def test_segments_are_read_without_how_large_they_are_and_with_what_is_archived() -> None:
    _, scopes, reads = await written(VENDOR).poll(listings=["segments"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.SCHEMA, "segments")].resources}
    assert rows["11422166"] == {"label": "Visitors of the shop", "native_type": "RETARGETING", "archived": False}
    assert rows["11462646"]["archived"] is True and rows["11462646"]["description"] == "Uploaded for the fair"
    assert reads["segments"].coverage.complete
