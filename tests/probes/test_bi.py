"""Metabase and Superset: their traps, against answers in the shape that each publishes."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from probes import looker, metabase, superset
from probes.kit.contract import Kind, Ref, State
from probes.kit.listing import Vendor
from tests.probes.kit.world import js
from tests.probes.specs import unread
from tests.probes.written import written


@pytest.mark.parametrize("vendor", [metabase.VENDOR, superset.VENDOR], ids=lambda one: one.name)
async def test_no_declared_fact_reads_nothing_and_no_secret_is_read(vendor: Vendor) -> None:
    _, scopes, _ = await written(vendor).poll(person=lambda name: f"p-{name.partition('@')[0]}")
    assert unread(vendor, scopes) == set()
    assert not any(word in repr(list(scopes.values())) for word in ("not-for-git", "not_for_git", "@example.com"))


@pytest.mark.parametrize(
    ("vendor", "harmful"),
    [
        (looker.VENDOR, "/test|content_validation|/run|/validate|/query_tasks"),
        (metabase.VENDOR, "sync_schema|rescan|persist|/query|discard_values|/pulse/test"),
        (superset.VENDOR, "refresh|test_connection|/samples|/data/|screenshot|thumbnail|/export"),
    ],
)
async def test_nothing_is_asked_that_makes_a_server_or_its_databases_work(vendor: Vendor, harmful: str) -> None:
    world = written(vendor)
    await world.poll()
    asked = {(one.method, one.url.path) for one in world.requests if not one.url.path.endswith("/login")}
    assert {method for method, _ in asked} == {"GET"}
    assert [path for _, path in asked if re.search(harmful, path)] == []


async def test_metabases_columns_stand_under_names_that_hold_in_any_installation() -> None:
    _, scopes, _ = await written(metabase.VENDOR).poll(listings=["databases", "tables"])
    leads = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "warehouse/marts.leads")].resources}
    assert {key: facts["type"] for key, facts in leads.items()} == {
        "id": "text", "score": "integer", "campaign_id": "text",
    }  # fmt: skip
    assert leads["campaign_id"]["references"] == ["warehouse/marts.campaigns"]
    hidden = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "warehouse/marts.campaigns")].resources}["secret"]
    assert (hidden["hidden"], hidden["archived"]) == (True, True)
    assert Ref(Kind.FIELD, "legacy/orders") in scopes, "a table without a schema"


async def test_metabases_rights_are_one_row_for_each_group_and_database() -> None:
    vantage, scopes, _ = await written(metabase.VENDOR).poll(listings=["rights", "memberships", "databases"])
    assert vantage.grants == {"superuser", "group:1", "group:2"}
    rights = {one.key: one.facts for one in scopes[Ref(Kind.PERMISSION, "rights")].resources}
    assert rights["1/2"] == {"x_view": "blocked"} and rights["2/1"]["x_query"] == "query-builder-and-native"
    members = {one.key: one.facts for one in scopes[Ref(Kind.PERMISSION, "memberships")].resources}
    assert members["1"] == {"teams": ["1", "2"], "x_manages": [2]}
    health = {one.key: one.health and one.health.state for one in scopes[Ref(Kind.SYNC, "databases")].resources}
    assert health == {"warehouse": "ok", "legacy": "failing"}


async def test_a_metabase_key_of_a_plain_group_is_refused_in_plain_text() -> None:
    no = js(b"You don't have permissions to do that.", 403)
    me = js({"id": 7, "common_name": "plain", "is_superuser": False, "group_ids": [1]})
    vantage, _, reads = await written(metabase.VENDOR, {"graph": no, "current": me}).poll(listings=["rights"])
    assert reads["rights"].coverage.state is State.DENIED and vantage.grants == {"group:1"}


async def test_how_the_last_sync_of_a_metabase_database_went_is_told_and_not_what_it_said() -> None:
    world = written(metabase.VENDOR)
    _, scopes, _ = await world.poll(listings=["databases"])
    (asked,) = [one.url.params for one in world.requests if one.url.path.endswith("/task")]
    assert asked["offset"] == "0", "an older server refuses a limit alone"
    rows = {one.key: one.health for one in scopes[Ref(Kind.SYNC, "databases")].resources}
    well: Any = rows["warehouse"]
    assert (well.state, well.duration, well.failed_at < well.succeeded_at) == ("ok", 9.5, True)
    first: Any = rows["legacy"]
    assert (first.state, first.succeeded_at) == ("failing", None), "of no later sync: whether the first one ended"
    newest = {"task": "sync", "db_id": 1, "status": "failed", "started_at": "2026-05-28T12:50:00Z",
              "ended_at": "2026-05-28T12:50:01Z", "duration": 1000}  # fmt: skip
    _, scopes, _ = await written(metabase.VENDOR, {"task": js({"data": [newest]})}).poll(listings=["databases"])
    assert {one.key: one.health and one.health.state for one in scopes[Ref(Kind.SYNC, "databases")].resources} == {
        "warehouse": "failing", "legacy": "failing",
    }  # fmt: skip


async def test_a_metabase_key_that_may_not_see_tasks_still_sees_databases() -> None:
    no = js(b"You don't have permissions to do that.", 403)
    _, scopes, reads = await written(metabase.VENDOR, {"task": no}).poll(listings=["databases"])
    assert {one.key: one.health and one.health.state for one in scopes[Ref(Kind.SYNC, "databases")].resources} == {
        "warehouse": "ok", "legacy": "failing",
    }  # fmt: skip
    _, _, reads = await written(metabase.VENDOR, {"task": js({"total": 0})}).poll(listings=["databases"])
    assert reads["databases"].coverage.state is State.FAILED


async def test_who_may_do_what_with_a_metabase_collection_is_one_row_for_each_right() -> None:
    _, scopes, _ = await written(metabase.VENDOR).poll(listings=["folder-rights"])
    rows = {one.key: one.facts["x_may"] for one in scopes[Ref(Kind.PERMISSION, "folder-rights")].resources}
    assert rows == {"1/root": "read", "1/5": "read", "2/root": "write", "2/5": "write"}, "no right is no row"


async def test_a_segment_of_metabase_says_what_it_reads_and_means_in_either_form() -> None:
    _, scopes, _ = await written(metabase.VENDOR).poll(listings=["databases", "segments"])
    rows = {one.key: one for one in scopes[Ref(Kind.AUTOMATION, "warehouse.segments")].resources}
    assert rows.keys() == {"1", "2", "4"}, "each with the database of its table"
    older, newer, broken = (rows[key].facts for key in ("1", "2", "4"))
    assert older["reads"] == ["warehouse/marts.leads/campaign_id", "warehouse/marts.leads/score"] == newer["reads"]
    assert older["x_means_digest"] == newer["x_means_digest"] and "x_means_digest" not in broken
    assert older["object"] == "warehouse/marts.leads" and len(older["x_means_digest"]) == 16
    assert rows["1"].evidence["link"] == "https://account.test/admin/datamodel/segment/1"
    assert [one.key for one in scopes[Ref(Kind.AUTOMATION, "legacy.segments")].resources] == ["3"]


async def test_another_bound_of_a_metabase_segment_is_another_meaning_and_a_new_mark_of_its_parts_is_none() -> None:
    async def means(bound: int, mark: str) -> object:
        parts = [">=", {"lib/uuid": mark}, ["field", {"lib/uuid": mark, "temporal-unit": "day"}, 101], bound]
        segment = {"id": 1, "table_id": 10, "definition": {"stages": [{"filters": [parts]}]}}
        world = written(metabase.VENDOR, {"segment": js([segment])})
        _, scopes, _ = await world.poll(listings=["databases", "segments"])
        return scopes[Ref(Kind.AUTOMATION, "warehouse.segments")].resources[0].facts["x_means_digest"]

    assert await means(65, "a") == await means(65, "b") != await means(50, "a")


@pytest.mark.parametrize("answer", [js({"data": []}), js([{"id": 1, "table_id": 10}])])
async def test_segments_of_metabase_that_do_not_come_are_no_removal(answer: httpx.Response) -> None:
    _, _, reads = await written(metabase.VENDOR, {"segment": answer}).poll(listings=["databases", "segments"])
    assert reads["segments/warehouse"].coverage.state is State.FAILED


async def test_metabase_metadata_without_tables_is_malformed() -> None:
    _, _, reads = await written(metabase.VENDOR, {"metadata": js({"id": 1})}).poll(listings=["databases", "tables"])
    assert reads["tables/warehouse"].coverage.state is State.FAILED


async def test_a_question_of_metabase_names_its_columns_as_the_scopes_of_fields_do_in_either_form_of_query() -> None:
    listings = ["databases", "questions", "dashboards", "dashboard-questions"]
    _, scopes, reads = await written(metabase.VENDOR).poll(listings=listings)
    rows = {one.key: one for one in scopes[Ref(Kind.TEMPLATE, "warehouse.questions")].resources}
    assert rows.keys() == {"30", "31", "32", "33"}, "personal collections, and what is below them, are left out"
    older, newer = rows["30"].facts, rows["31"].facts
    columns = [f"warehouse/marts.leads/{name}" for name in ("campaign_id", "id", "score")]
    assert older["fields"] == newer["fields"] == columns
    assert older["x_sources"] == newer["x_sources"] == ["question 31", "question 32", "warehouse/marts.leads"]
    assert (older["x_public"], newer["x_public"], newer["native_type"]) == (True, False, "model")
    assert rows["30"].evidence["link"] == "https://account.test/question/30"
    own, theirs = rows["32"].facts, rows["33"].facts
    assert own["x_sql_digest"] == theirs["x_sql_digest"] and len(own["x_sql_digest"]) == 16
    assert own["fields"] == theirs["fields"] == ["warehouse/marts.leads/score"], "what a field filter is bound to"
    assert own["x_sources"] == theirs["x_sources"] == ["question 30"]
    assert own["opaque"] is theirs["opaque"] is True and older["opaque"] is newer["opaque"] is False
    assert [one.key for one in scopes[Ref(Kind.TEMPLATE, "dashboards")].resources] == ["8"]
    shown = scopes[Ref(Kind.TEMPLATE, "8.dashboard")].resources[0].facts
    assert shown == {"x_questions": [30, 31], "x_filters": ["when date/all-options"]}
    assert not scopes[Ref(Kind.TEMPLATE, "legacy.questions")].resources and reads["questions/legacy"].coverage.complete


@pytest.mark.parametrize(
    ("name", "answer", "read"),
    [
        ("collection", js({"data": []}), "questions/warehouse"),
        ("card", js({"data": []}), "questions/warehouse"),
        ("card", js([{"id": 1, "collection_id": 5}]), "questions/warehouse"),
        ("metadata", js({"id": 1}), "questions/warehouse"),
        ("dashboard", js({"data": []}), "dashboards"),
        ("8", js({"id": 8, "name": "Funnel"}), "dashboard-questions/8"),
        ("notification", js({"data": []}), "alerts"),
        ("notification", js({"message": "wrong"}, 400), "alerts"),
    ],
)
async def test_reports_of_metabase_that_do_not_come_are_no_removal(
    name: str, answer: httpx.Response, read: str
) -> None:
    listings = ["databases", "questions", "dashboards", "dashboard-questions", "alerts"]
    _, _, reads = await written(metabase.VENDOR, {name: answer}).poll(listings=listings)
    assert reads[read].coverage.state is State.FAILED


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"version": {"tag": "v0.52.9"}}, State.UNSUPPORTED),
        ({"version": {"tag": "v1.53.0"}}, State.FAILED),
        ({"version": {"tag": "vLOCAL"}}, State.FAILED),
    ],
)
async def test_a_metabase_that_is_too_old_for_a_list_of_alerts_is_not_one_that_hides_it(
    told: object, state: State
) -> None:
    answers = {"notification": js(b"API endpoint does not exist.", 404), "properties": js(told)}
    _, _, reads = await written(metabase.VENDOR, answers).poll(listings=["alerts"])
    assert reads["alerts"].coverage.state is state


async def test_who_gets_what_metabase_sends_is_a_pseudonym_and_its_webhooks_are_not_read() -> None:
    world = written(metabase.VENDOR)
    poll = world.poll(listings=["alerts", "subscriptions"], person=lambda name: f"p-{name.partition('@')[0]}")
    _, scopes, _ = await poll
    alert = scopes[Ref(Kind.AUTOMATION, "alerts")].resources[0].facts
    assert (alert["x_recipients"], alert["x_channels"]) == (["p-admin-01", "p-team"], ["#marketing"])
    sent = scopes[Ref(Kind.AUTOMATION, "subscriptions")].resources[0].facts
    assert (sent["owner"], sent["x_recipients"]) == ("p-analyst-01", ["p-team"])


async def test_reports_of_a_metabase_key_that_is_no_administrators_may_leave_without_a_word() -> None:
    whole, _, _ = await written(metabase.VENDOR).poll(listings=["server"])
    me = js({"id": 7, "common_name": "plain", "is_superuser": False, "group_ids": [1]})
    less, _, _ = await written(metabase.VENDOR, {"current": me}).poll(listings=["server"])
    assert whole.silent == frozenset() and Kind.TEMPLATE in less.silent


async def test_supersets_metrics_tell_how_they_are_reckoned() -> None:
    _, scopes, _ = await written(superset.VENDOR).poll(listings=["datasets", "fields"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "warehouse/marts/leads")].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "score": "decimal", "status": "text", "created": "datetime", "good": "boolean", "metric.qualified": "decimal",
    }  # fmt: skip
    assert rows["metric.qualified"]["formula"].startswith("SUM(CASE WHEN score >= 65")
    virtual = {one.key: one.facts for one in scopes[Ref(Kind.SCHEMA, "datasets")].resources}[
        "warehouse/default/qualified"
    ]
    assert len(virtual["x_sql_digest"]) == 16


async def test_supersets_reports_are_as_their_last_run_and_a_silent_one_is_disabled() -> None:
    _, scopes, _ = await written(superset.VENDOR).poll(listings=["reports"])
    rows = {one.key: one.health for one in scopes[Ref(Kind.SYNC, "reports")].resources}
    assert {key: health and health.state for key, health in rows.items()} == {
        "Weekly": "ok", "Daily": "failing", "Old": "disabled",
    }  # fmt: skip
    assert rows["Daily"] is not None and rows["Daily"].failed_at and rows["Daily"].succeeded_at is None


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (js({"message": "Not found"}, 404), State.UNSUPPORTED),
        (js({"count": 3, "result": []}), State.FAILED),
        (js({"message": "no"}), State.FAILED),
    ],
)
async def test_a_superset_list_that_is_off_short_or_none_is_no_empty_list(answer: httpx.Response, state: State) -> None:
    _, _, reads = await written(superset.VENDOR, {"report": answer}).poll(listings=["reports"])
    assert reads["reports"].coverage.state is state


async def test_a_superset_dataset_without_columns_is_malformed() -> None:
    _, _, reads = await written(superset.VENDOR, {"1": js({"result": {}})}).poll(listings=["datasets", "fields"])
    assert reads["fields/warehouse/marts/leads"].coverage.state is State.FAILED


async def test_a_chart_of_superset_names_its_columns_and_metrics_as_the_scopes_of_fields_do() -> None:
    _, scopes, _ = await written(superset.VENDOR).poll(listings=["dashboards", "dashboard-filters"])
    charts = {one.key: one for one in scopes[Ref(Kind.TEMPLATE, "charts")].resources}
    assert charts.keys() == {"1", "3", "4", "5", "6"}, "on a published dashboard, or certified"
    leads = "warehouse/marts/leads"
    told = charts["1"].facts
    assert told["fields"] == [f"{leads}/{name}" for name in ("created", "good", "metric.qualified", "score", "status")]
    assert told["x_dataset"] == leads and len(told["x_sql_digest"]) == len(told["x_filters_digest"]) == 16
    assert told["opaque"] is True and charts["3"].facts["opaque"] is False and charts["4"].facts["opaque"] is True
    assert charts["3"].facts["fields"] == [f"{leads}/metric.qualified"]
    assert all("fields" not in charts[key].facts for key in ("4", "5", "6")), "a saved query, and params that are none"
    assert charts["1"].evidence["link"] == "https://account.test/explore/?slice_id=1"
    shown = {one.key: one.facts for one in scopes[Ref(Kind.TEMPLATE, "dashboards")].resources}
    assert shown.keys() == {"31", "33"} and shown["31"]["fields"] == told["fields"]
    assert (shown["31"]["x_charts"], shown["33"]["x_charts"]) == ([1], [4, 5, 6])
    filters = scopes[Ref(Kind.TEMPLATE, "31.dashboard")].resources[0].facts
    assert filters["fields"] == [f"{leads}/status"] and filters["x_filters"] == [
        "Status filter_select",
        "When filter_time",
    ]
    assert Ref(Kind.TEMPLATE, "33.dashboard") in scopes


async def test_what_superset_makes_anew_with_each_saving_is_no_change_of_a_chart_and_a_filters_value_is() -> None:
    async def said(value: str, name: str) -> object:
        kept = {"clause": "WHERE", "expressionType": "SIMPLE", "subject": "status", "operator": "==",
                "comparator": value, "filterOptionName": name}  # fmt: skip
        chart = {"id": 1, "slice_name": "One", "viz_type": "table", "datasource_id": 1, "datasource_type": "table",
                 "dashboards": [{"id": 31}], "params": json.dumps({"adhoc_filters": [kept]})}  # fmt: skip
        world = written(superset.VENDOR, {"chart": js({"count": 1, "ids": [1], "result": [chart]})})
        _, scopes, _ = await world.poll(listings=["dashboards"])
        return scopes[Ref(Kind.TEMPLATE, "charts")].resources[0].facts

    assert await said("open", "filter_a") == await said("open", "filter_b") != await said("won", "filter_a")


@pytest.mark.parametrize(
    ("name", "answer", "read"),
    [
        ("chart", js({"count": 1, "ids": [1], "result": [{"id": 1, "dashboards": []}]}), "dashboards"),
        ("chart", js({"count": 2, "ids": [1, 2], "result": []}), "dashboards"),
        ("31", js({"result": {"id": 31}}), "dashboard-filters/31"),
        ("31", js({"message": "no"}, 500), "dashboard-filters/31"),
    ],
)
async def test_reports_of_superset_that_do_not_come_are_no_removal(
    name: str, answer: httpx.Response, read: str
) -> None:
    _, _, reads = await written(superset.VENDOR, {name: answer}).poll(listings=["dashboards", "dashboard-filters"])
    assert reads[read].coverage.state is State.FAILED


async def test_what_a_superset_report_sends_and_to_whom_is_told_without_an_address_or_a_query() -> None:
    _, scopes, _ = await written(superset.VENDOR).poll(listings=["reports", "report-details"])
    weekly = scopes[Ref(Kind.AUTOMATION, "Weekly.report")].resources[0].facts
    daily = scopes[Ref(Kind.AUTOMATION, "Daily.report")].resources[0].facts
    assert (weekly["x_dashboard"], daily["x_chart"]) == (31, 1)
    assert daily["criteria"] == {"op": ">", "threshold": 9} and len(daily["x_sql_digest"]) == 16
    assert weekly["x_recipients_digest"] == daily["x_recipients_digest"]


async def test_reports_of_a_superset_user_that_is_no_administrator_may_leave_without_a_word() -> None:
    whole, _, _ = await written(superset.VENDOR).poll(listings=["databases"])
    less, _, _ = await written(superset.VENDOR, {"roles": js({"result": {"roles": {"Gamma": []}}})}).poll(
        listings=["databases"]
    )
    assert whole.silent == frozenset() and Kind.TEMPLATE in less.silent


async def test_who_sees_which_rows_in_superset_is_told_without_the_sql() -> None:
    _, scopes, _ = await written(superset.VENDOR).poll(listings=["row-filters", "groups"], person=lambda name: "p")
    rows = {one.key: one.facts for one in scopes[Ref(Kind.PERMISSION, "row-filters")].resources}
    assert (rows["emea-only"]["roles"], rows["emea-only"]["x_tables"]) == (["Gamma"], ["leads", "qualified"])
    assert all(len(row["row_filter"]) == 16 for row in rows.values())
    assert rows["emea-only"]["row_filter"] != rows["nothing-of-tests"]["row_filter"]
    (group,) = scopes[Ref(Kind.PERMISSION, "groups")].resources
    assert (group.facts["roles"], group.facts["members"]) == (["Gamma"], ["p"])
    older = js({"message": "Not found"}, 404)
    _, _, reads = await written(superset.VENDOR, {"groups": older}).poll(listings=["groups"])
    assert reads["groups"].coverage.state is State.UNSUPPORTED
