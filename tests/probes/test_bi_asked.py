"""Metabase and Superset on demand: one thing, and who changed or deleted it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from probes import metabase, superset
from probes.kit.contract import Absent, Denied, Fault, Kind, Ref, Resource, Sought
from probes.kit.demand import look, who
from probes.kit.listing import Vendor
from tests.probes.kit.world import js
from tests.probes.written import written

DASHBOARDS = Ref(Kind.TEMPLATE, "dashboards")
QUESTIONS = Ref(Kind.TEMPLATE, "warehouse.questions")


def only(name: str) -> str:
    return name


async def seen(vendor: Vendor, ref: Ref, key: str, **answers: httpx.Response) -> Any:
    world = written(vendor, answers)
    await world.poll(listings=[vendor.listings[0].name])
    return await look(vendor, world.api, ref, key, person=only)


def card(**more: Any) -> httpx.Response:
    query = {"database": 1, "type": "query", "query": {"source-table": 10, "breakout": [["field", 101, None]]}}
    return js({"id": 30, "name": "Leads", "type": "question", "database_id": 1, "collection_id": 5, "archived": False,
               "dataset_query": query, **more})  # fmt: skip


async def test_a_metabase_report_is_gone_by_404_or_in_the_trash_and_a_403_is_a_missing_right() -> None:
    found = await seen(metabase.VENDOR, DASHBOARDS, "8")
    assert isinstance(found, Resource) and found.evidence["folder"] == "Marketing"
    found = await seen(metabase.VENDOR, QUESTIONS, "30", **{"30": card()})
    assert isinstance(found, Resource) and found.facts["fields"] == ["warehouse/marts.leads/score"]
    gone, hidden = js(b"Not found.", 404), js(b"You don't have permissions to do that.", 403)
    for ref, id in ((DASHBOARDS, "8"), (QUESTIONS, "30")):
        assert await seen(metabase.VENDOR, ref, id, **{id: gone}) == Absent("404")
        assert await seen(metabase.VENDOR, ref, id, **{id: js({"id": int(id), "archived": True})}) == Absent("archived")
        assert isinstance(await seen(metabase.VENDOR, ref, id, **{id: hidden}), Denied)
        wrong = await seen(metabase.VENDOR, ref, id, **{id: js({"message": "no"}, 400)})
        assert isinstance(wrong, Fault) and wrong.code == "400"


async def test_a_metabase_segment_is_looked_at_with_what_it_reads() -> None:
    ref = Ref(Kind.AUTOMATION, "warehouse.segments")
    row = {"id": 4, "table_id": 10, "archived": False,
           "definition": {"source-table": 10, "filter": [">=", ["field", 101, None], 65]}}  # fmt: skip
    here = {"4": js(row), "10": js({"id": 10, "db_id": 1})}
    found = await seen(metabase.VENDOR, ref, "4", **here)
    assert isinstance(found, Resource) and found.facts["reads"] == ["warehouse/marts.leads/score"]
    assert await seen(metabase.VENDOR, ref, "4", **{"4": js({**row, "archived": True})}) == Absent("archived")
    elsewhere = await seen(metabase.VENDOR, ref, "4", **{**here, "10": js({"id": 10, "db_id": 2})})
    assert isinstance(elsewhere, Fault) and elsewhere.code == "moved"


@pytest.mark.parametrize(
    ("ref", "key", "answers", "code"),
    [
        (QUESTIONS, "30", {"30": card(collection_id=7)}, "personal"),
        (QUESTIONS, "30", {"30": card(database_id=2)}, "moved"),
        (Ref(Kind.TEMPLATE, "8.dashboard"), "8", {}, "look"),
        (DASHBOARDS, "../user/1", {}, "look"),
        (Ref(Kind.PERMISSION, "groups"), "1", {}, "look"),
    ],
)
async def test_of_what_metabase_moved_or_does_not_tell_nothing_is_said(
    ref: Ref, key: str, answers: dict[str, httpx.Response], code: str
) -> None:
    found = await seen(metabase.VENDOR, ref, key, **answers)
    assert isinstance(found, Fault) and found.code == code


NOON = 1_780_000_000.0  # 2026-05-28T20:26:40Z


def revision(at: str, user: int | None = 1, **more: Any) -> dict[str, Any]:
    who = None if user is None else {"id": user, "common_name": "A. Admin", "first_name": "A.", "last_name": "Admin"}
    return {"id": 9, "timestamp": at, "user": who, "is_creation": False, "is_reversion": False,
            "description": "not-for-git", "diff": {"before": {"name": "not-for-git"}}, **more}  # fmt: skip


async def told(vendor: Vendor, *all: tuple[Ref, str], **answers: httpx.Response) -> Any:
    world = written(vendor, answers)
    await world.poll(listings=[vendor.listings[0].name])
    sought = [Sought(ref, key, NOON - 60, NOON + 60) for ref, key in all]
    return await who(vendor, world.api, sought, person=only)


@pytest.mark.parametrize(
    ("more", "action"),
    [({}, "changed"), ({"is_creation": True}, "created"), ({"is_reversion": True}, "reverted")],
)
async def test_whoever_changed_a_metabase_report_is_named_by_its_revisions(more: dict[str, Any], action: str) -> None:
    trail = [revision("2026-05-28T21:26:40Z", 3), revision("2026-05-28T20:26:40.5Z", None),
             revision("2026-05-28T20:26:39Z", 1, **more)]  # fmt: skip
    shown, roles = Ref(Kind.TEMPLATE, "8.dashboard"), Ref(Kind.PERMISSION, "groups")
    meant = Ref(Kind.AUTOMATION, "warehouse.segments")
    found = await told(metabase.VENDOR, (DASHBOARDS, "8"), (QUESTIONS, "30"), (shown, "8"), (meant, "1"), (roles, "1"),
                       revision=js(trail), **{"1": js({"id": 1, "email": "admin-01@example.com"})})  # fmt: skip
    one = {"by": "admin-01@example.com", "at": "2026-05-28T20:26:39Z", "action": action, "how": "named"}
    assert list(found) == [one, one, one, one, {}]


async def test_a_metabase_key_that_may_not_see_users_names_whoever_it_was_as_shown() -> None:
    trail, no = [revision("2026-05-28T20:26:39Z")], js(b"You don't have permissions to do that.", 403)
    (found,) = await told(metabase.VENDOR, (DASHBOARDS, "8"), revision=js(trail), **{"1": no})
    assert found["by"] == "A. Admin"
    (found,) = await told(metabase.VENDOR, (DASHBOARDS, "8"), revision=js(b"Not found.", 404))
    assert found == {}, "what is deleted takes its revisions along"
    (wrong,) = await told(metabase.VENDOR, (DASHBOARDS, "8"), revision=js({"data": []}))
    assert isinstance(wrong, Fault)


# Superset

CHARTS = Ref(Kind.TEMPLATE, "charts")
LEADS = Ref(Kind.FIELD, "warehouse/marts/leads")
NOT_FOUND = js({"message": "Not found"}, 404)


async def test_a_superset_report_is_gone_where_an_administrator_is_told_so() -> None:
    for ref, id in ((DASHBOARDS, "31"), (CHARTS, "1")):
        found = await seen(superset.VENDOR, ref, id, **({"1": js({"result": {}})} if ref == CHARTS else {}))
        assert isinstance(found, Resource) and "warehouse/marts/leads/status" in found.facts["fields"]
        assert await seen(superset.VENDOR, ref, id, **{id: NOT_FOUND}) == Absent("404")
        plain = js({"result": {"roles": {"Gamma": []}}})
        hidden = await seen(superset.VENDOR, ref, id, **{id: NOT_FOUND, "roles": plain})
        assert isinstance(hidden, Fault) and hidden.code == "Not found"
        denied = await seen(superset.VENDOR, ref, id, **{id: js({"message": "no"}, 403)})
        assert isinstance(denied, Denied)


@pytest.mark.parametrize(
    ("ref", "key", "code"),
    [
        (DASHBOARDS, "32", "draft"),
        (CHARTS, "2", "draft"),
        (Ref(Kind.SCHEMA, "datasets"), "warehouse/marts/leads", "look"),
        (Ref(Kind.FIELD, "warehouse/marts/other"), "score", "dataset"),
    ],
)
async def test_of_what_superset_does_not_show_others_nothing_is_said(ref: Ref, key: str, code: str) -> None:
    found = await seen(superset.VENDOR, ref, key, **{key: js({"result": {"id": 1}})})
    assert isinstance(found, Fault) and found.code == code


async def test_a_superset_column_is_gone_where_its_dataset_answers_without_it() -> None:
    found = await seen(superset.VENDOR, LEADS, "score")
    assert isinstance(found, Resource) and found.facts["type"] == "decimal"
    measure = await seen(superset.VENDOR, LEADS, "metric.qualified")
    assert isinstance(measure, Resource) and measure.facts["formula"].startswith("SUM(CASE")
    assert await seen(superset.VENDOR, LEADS, "gone") == Absent("not in its dataset")
    short = await seen(superset.VENDOR, LEADS, "score", **{"1": js({"result": {}})})
    assert isinstance(short, Fault), "a dataset without its columns has lost none"


def line(path: str, at: str = "2026-05-28T20:26:39.123456", user: str | None = "agency", **more: Any) -> dict[str, Any]:
    return {"action": "DashboardRestApi.delete", "dttm": at, "user": user and {"username": user},
            "json": json.dumps({"path": path, **more})}  # fmt: skip


async def test_whoever_deleted_a_thing_of_superset_is_named_by_its_log() -> None:
    rows = [line("/api/v1/dashboard/31", at="2026-05-28T21:26:39"), line("/api/v1/dashboard/31", user=None),
            line("/api/v1/dashboard/310"), line("/bi/api/v1/dashboard/31"), line("/api/v1/chart/", rison=[1, 3]),
            {**line(""), "json": None}]  # fmt: skip
    leads = Ref(Kind.FIELD, "warehouse/marts/leads")
    found = await told(superset.VENDOR, (DASHBOARDS, "31"), (CHARTS, "3"), (CHARTS, "2"), (leads, "score"),
                       log=js({"count": 6, "result": rows}))  # fmt: skip
    one = {"by": "agency", "at": "2026-05-28T20:26:39Z", "action": "DashboardRestApi.delete", "how": "named"}
    assert list(found) == [one, one, {}, {}]


async def test_a_superset_server_without_a_log_or_with_another_answer_names_nobody() -> None:
    for answer in (NOT_FOUND, js({"count": 0}), js({"message": "no"}, 403)):
        (found,) = await told(superset.VENDOR, (DASHBOARDS, "31"), log=answer)
        assert isinstance(found, Fault)
    assert list(await told(superset.VENDOR, (LEADS, "score"))) == [{}], "nothing is asked for what no log names"


async def test_only_deletions_are_asked_for_for_other_entries_hold_what_was_sent() -> None:
    world = written(superset.VENDOR, {"log": js({"count": 0, "result": []})})
    await world.poll(listings=["databases"])
    await who(superset.VENDOR, world.api, [Sought(DASHBOARDS, "31", NOON - 60, NOON)], person=only)
    (asked,) = [one for one in world.requests if one.url.path.endswith("/log/")]
    assert "(col:action,opr:ct,value:delete)" in asked.url.params["q"]
