"""Looker: its traps, and its written-down answers against the vendor's OpenAPI."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from probes.kit.contract import Absent, Fault, Kind, Ref, Resource, Sought, State
from probes.kit.demand import look, who
from probes.looker import VENDOR
from tests.probes.desks import NOW, desk
from tests.probes.kit.world import js
from tests.probes.specs import spec, strange, strangers, unread
from tests.probes.written import written

SPEC = "looker/Looker.4.0.oas.json.gz"
LEADS = Ref(Kind.FIELD, "marketing/leads")


async def test_no_declared_fact_reads_nothing_and_no_recipient_leaves() -> None:
    _, scopes, _ = await written(VENDOR).poll(person=lambda name: f"p-{name.partition('@')[0]}")
    assert unread(VENDOR, scopes) == set()
    assert not any(word in repr(list(scopes.values())) for word in ("not-for-git", "@example.com", "secret_value"))


def published() -> Any:
    """The vendor's OpenAPI document. Skips where it is not at hand."""
    found = spec(SPEC)
    for schema in found["components"]["schemas"].values():
        for told in schema.get("properties", {}).values():
            if told.get("type") == "any":  # a word of Looker's own, which allows everything
                del told["type"]
    return found


def test_the_written_down_answers_are_of_the_shape_that_looker_publishes() -> None:
    assert strangers(published(), "looker") == ["no path /login"], "the sign-in is a POST and no read"


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


async def test_a_dashboard_and_a_look_name_the_fields_that_they_use_as_the_scopes_of_fields_are_called() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["dashboards", "looks", "look-queries"])
    rows = {one.key: one for one in scopes[Ref(Kind.TEMPLATE, "dashboards")].resources}
    assert rows.keys() == {"31"}, "what stands in personal folders, and under them, is left out"
    funnel = rows["31"].facts
    assert funnel["fields"] == [
        "marketing/campaigns/campaigns.name", "marketing/leads/leads.id", "marketing/leads/leads.qualified",
        "marketing/leads/leads.region", "marketing/leads/leads.score", "marketing/leads/leads.since",
        "marketing/leads/leads.status", "marketing/leads/leads.unit",
    ], "tiles, Looks on it, its own filters, and what custom fields are made of"  # fmt: skip
    assert funnel["x_explores"] == ["marketing/campaigns", "marketing/leads"] and funnel["opaque"] is True
    assert rows["31"].evidence["link"] == "https://example.cloud.looker.com/dashboards/31"
    look = scopes[Ref(Kind.TEMPLATE, "17.look")].resources[0]
    assert "marketing/leads/leads.region" in look.facts["fields"]
    assert [one.key for one in scopes[Ref(Kind.TEMPLATE, "looks")].resources] == ["17"]


async def test_a_value_of_a_filter_is_a_digest_and_its_change_is_seen() -> None:
    async def said(region: str) -> object:
        query = {"model": "marketing", "view": "leads", "fields": ["leads.id"], "filters": {"leads.region": region}}
        answer = js({"id": "17", "title": "Leads by region", "query": query})
        _, scopes, _ = await written(VENDOR, {"17": answer}).poll(listings=["looks", "look-queries"])
        return scopes[Ref(Kind.TEMPLATE, "17.look")].resources[0].facts

    here, there = await said("EMEA"), await said("not-for-git")
    assert here != there and "not-for-git" not in repr(there) and await said("EMEA") == here


@pytest.mark.parametrize(
    ("name", "answer", "read"),
    [
        ("17", js({"id": "17", "title": "Leads by region"}), "look-queries/17"),
        ("17", js({"message": "Not found"}, 404), "look-queries/17"),
        ("search", js([{"id": "31", "title": "Funnel"}]), "dashboards"),
    ],
)
async def test_a_report_without_what_it_reads_is_no_report_that_reads_nothing(
    name: str, answer: httpx.Response, read: str
) -> None:
    listings = ["dashboards"] if read == "dashboards" else ["looks", "look-queries"]
    _, _, reads = await written(VENDOR, {name: answer}).poll(listings=listings)
    assert reads[read].coverage.state is State.FAILED


async def test_who_gets_a_plan_or_an_alert_is_a_pseudonym_or_a_host() -> None:
    poll = written(VENDOR).poll(listings=["plans", "alerts"], person=lambda name: f"p-{name.partition('@')[0]}")
    _, scopes, _ = await poll
    plan = scopes[Ref(Kind.AUTOMATION, "plans")].resources[0].facts
    assert (plan["x_recipients"], plan["x_hosts"]) == (["p-team"], ["hooks.example.com"])
    alert = scopes[Ref(Kind.AUTOMATION, "alerts")].resources[0].facts
    assert alert["reads"] == ["leads.qualified", "leads.region", "leads.status"] and alert["active"] is False


async def test_reports_of_a_user_who_is_no_administrator_may_leave_its_lists_without_a_word() -> None:
    whole, _, _ = await written(VENDOR).poll(listings=["release"])
    assert whole.silent == {Kind.SCHEMA, Kind.FIELD}, "what a new access grant keeps from it"
    bare = js({"id": "9", "display_name": "etl", "role_ids": []})
    less, _, _ = await written(VENDOR, {"user": bare}).poll(listings=["release"])
    assert Kind.TEMPLATE in less.silent


async def test_the_simulated_instance_shows_reports_as_the_written_down_one() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, reads = await world.poll()
    assert {read.coverage.state for read in reads.values()} == {State.COMPLETE}
    assert {one.key for one in scopes[Ref(Kind.TEMPLATE, "dashboards")].resources} == {"31"}
    assert "marketing/leads/leads.region" in scopes[Ref(Kind.TEMPLATE, "17.look")].resources[0].facts["fields"]


async def test_the_simulated_instance_answers_in_the_shape_that_looker_publishes() -> None:
    shape = published()
    _, world, wire = desk(VENDOR)
    await world.poll()
    assert strange(shape, [(path.removeprefix("/api/4.0"), body) for path, body in wire.said]) == ["no path /login"]


async def test_what_a_group_may_do_and_how_a_project_is_released_are_told() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["groups", "projects", "integrations", "release", "plans"])
    groups = {one.key: one.facts for one in scopes[Ref(Kind.PERMISSION, "groups")].resources}
    assert groups["Marketing"]["roles"] == ["Monitor", "Viewer"] and groups["Marketing"]["x_external"] is True
    project = {one.key: one.facts for one in scopes[Ref(Kind.PLATFORM, "projects")].resources}["looker"]
    assert (project["x_branch"], project["x_pull_requests"], project["x_must_validate"]) == ("main", "required", True)
    assert len(project["x_remote_digest"]) == 16
    sends = {one.key: one.facts for one in scopes[Ref(Kind.SYNC, "integrations")].resources}
    assert sends["2::ads_audience"]["x_fields"] == ["email", "user_id"] and not sends["2::ads_audience"]["enabled"]
    assert scopes[Ref(Kind.PLATFORM, "release")].resources[0].facts["status"] == "current"
    (plan,) = scopes[Ref(Kind.AUTOMATION, "plans")].resources
    assert plan.evidence["link"] == "https://example.cloud.looker.com/dashboards/31" and plan.evidence["at"]


# one thing on demand, and who changed it

DASHBOARDS, LOOKS = Ref(Kind.TEMPLATE, "dashboards"), Ref(Kind.TEMPLATE, "looks")


def only(name: str) -> str:
    return name


async def test_a_report_is_gone_where_it_is_in_the_trash_and_not_where_nobody_shows_it() -> None:
    account, world, _ = desk(VENDOR)
    await world.poll(listings=["dashboards", "looks"])
    found = await look(VENDOR, world.api, DASHBOARDS, "31", person=only)
    assert isinstance(found, Resource) and "marketing/leads/leads.region" in found.facts["fields"]
    seen = await look(VENDOR, world.api, LOOKS, "17", person=only)
    assert isinstance(seen, Resource) and seen.facts["x_public"] is False
    for ref, id in ((DASHBOARDS, "31"), (LOOKS, "17")):
        account.trash(table=ref.name, id=id)
        assert await look(VENDOR, world.api, ref, id, person=only) == Absent("in the trash")
        account.drop(table=ref.name, key=id)
        assert isinstance(await look(VENDOR, world.api, ref, id, person=only), Fault), "a 404 proves nothing"
    assert isinstance(await look(VENDOR, world.api, Ref(Kind.PERMISSION, "roles"), "2", person=only), Fault)


async def test_a_report_that_was_moved_to_a_personal_folder_is_not_said_to_be_there_or_gone() -> None:
    account, world, _ = desk(VENDOR)
    await world.poll(listings=["dashboards"])
    account.alter(table="dashboards", key="31", what={"folder.is_personal_descendant": True})
    moved = await look(VENDOR, world.api, DASHBOARDS, "31", person=only)
    own = await look(VENDOR, world.api, DASHBOARDS, "32", person=only)
    assert [isinstance(one, Fault) and one.code for one in (moved, own)] == ["personal", "personal"]


async def acts(world: Any, *all: tuple[Ref, str], until: float = NOW + 60) -> list[Any]:
    sought = [Sought(ref, key, NOW - 60, until) for ref, key in all]
    told = await who(VENDOR, world.api, sought, person=only)
    return [one if isinstance(one, Fault) else (one.get("by"), one.get("action"), one.get("how")) for one in told]


async def test_whoever_changed_a_report_or_a_connection_last_or_threw_it_away_is_named() -> None:
    account, world, wire = desk(VENDOR)
    account.actor = "integration-user@example.com"
    account.alter(table="dashboards", key="31", what={"title": "Funnel of leads"})
    account.alter(table="connections", key="warehouse", what={"host": "other.example.com"})
    account.actor = "analytics-01@example.com"
    account.trash(table="looks", id="17")
    warehouse, query = Ref(Kind.PLATFORM, "connections"), Ref(Kind.TEMPLATE, "17.look")
    found = await acts(world, (DASHBOARDS, "31"), (warehouse, "warehouse"), (LOOKS, "17"), (query, "17"),
                       (Ref(Kind.FIELD, "marketing/leads"), "leads.id"), (DASHBOARDS, "32"))  # fmt: skip
    integration, analyst = "integration-user@example.com", "analytics-01@example.com"
    assert found == [
        (integration, "updated", "last"), (integration, "updated", "last"), (analyst, "deleted", "last"),
        (analyst, "deleted", "last"), (None, None, None), (None, None, None),
    ]  # fmt: skip
    paths = [one.url.path for one in wire.requests]
    assert paths.count("/looks/17") == 1 and len([path for path in paths if "/users/" in path]) == 2


async def test_of_what_nobody_marked_and_of_whoever_is_gone_nothing_is_told() -> None:
    account, world, _ = desk(VENDOR)
    account.actor = "somebody-who-left@example.com"
    account.alter(table="dashboards", key="31", what={"title": "Funnel of leads"})
    account.drop(table="looks", key="17")
    account.alter(table="connections", key="warehouse", what={"host": "other.example.com"})
    account.tables["connections"][0]["user_id"] = None
    nobody = (None, None, None)
    warehouse = Ref(Kind.PLATFORM, "connections")
    assert await acts(world, (DASHBOARDS, "31"), (LOOKS, "17"), (warehouse, "warehouse")) == [nobody] * 3
