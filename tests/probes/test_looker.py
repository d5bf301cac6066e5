"""Looker: its traps, and its written-down answers against the vendor's OpenAPI."""

from __future__ import annotations

import pytest

from probes.kit.contract import Kind, Ref, State
from probes.looker import VENDOR
from tests.probes.kit.world import js
from tests.probes.specs import spec, strangers, unread
from tests.probes.written import written

SPEC = "looker/Looker.4.0.oas.json.gz"
LEADS = Ref(Kind.FIELD, "marketing/leads")


async def test_no_declared_fact_reads_nothing_and_no_recipient_leaves() -> None:
    _, scopes, _ = await written(VENDOR).poll(person=lambda name: f"p-{name.partition('@')[0]}")
    assert unread(VENDOR, scopes) == set()
    assert not any(word in repr(list(scopes.values())) for word in ("not-for-git", "@example.com", "secret_value"))


def test_the_written_down_answers_are_of_the_shape_that_looker_publishes() -> None:
    published = spec(SPEC)
    for schema in published["components"]["schemas"].values():
        for told in schema.get("properties", {}).values():
            if told.get("type") == "any":  # a word of Looker's own, which allows everything
                del told["type"]
    assert strangers(published, "looker") == ["no path /login"], "the sign-in is a POST and no read"


async def test_what_a_figure_means_is_a_fact_of_its_measure() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["explores", "fields"])
    rows = {one.key: one.facts for one in scopes[LEADS].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "leads.id": "text", "leads.status": "text", "leads.created_date": "date", "leads.qualified": "integer",
        "leads.broken": "decimal", "leads.since": "date", "leads.unit": "text",
    }  # fmt: skip
    measure = rows["leads.qualified"]
    assert measure["formula"] == "${TABLE}.qualified" and measure["calculated"] is True
    assert measure["x_filters"] == [{"field": "leads.score", "condition": ">=65"}]
    assert rows["leads.status"]["options"][1] == {"value": "qualified", "label": "Qualified"}


async def test_what_the_roles_of_the_user_allow_stands_in_the_vantage() -> None:
    vantage, _, _ = await written(VENDOR).poll(listings=["release"])
    assert {"see_lookml", "administer", "role:Monitor"} <= vantage.grants and vantage.api_version.endswith("26.12.3")
    bare = js({"id": "9", "display_name": "etl", "role_ids": []})
    vantage, _, _ = await written(VENDOR, {"user": bare}).poll(listings=["release"])
    assert (vantage.subject, vantage.grants) == ("etl", frozenset())


async def test_a_datagroup_whose_trigger_fails_is_failing_and_its_error_stays_there() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["datagroups"])
    rows = {one.key: one.health for one in scopes[Ref(Kind.SYNC, "datagroups")].resources}
    assert {key: health and health.state for key, health in rows.items()} == {
        "marketing/nightly": "ok", "marketing/hourly": "failing",
    }  # fmt: skip


@pytest.mark.parametrize("answer", [js({"message": "Not found"}, 404), js({"name": "leads"})])
async def test_an_explore_that_does_not_come_is_no_removal(answer: object) -> None:
    _, scopes, reads = await written(VENDOR, {"leads": answer}).poll(listings=["explores", "fields"])  # type: ignore[dict-item]
    assert reads["fields/marketing/leads"].coverage.state is State.FAILED
    assert not scopes[LEADS].resources and scopes[Ref(Kind.FIELD, "marketing/campaigns")].resources
