"""Hightouch: its traps, against the simulated workspace."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core.health import evaluate
from monitor.core.judge import Context, Subject, judge
from monitor.core.runs import run_of
from probes.hightouch import VENDOR
from probes.hightouch.syncs import category, mapped, when
from probes.kit.contract import Absent, Fault, Kind, Ref, Resource, Sample, State
from probes.kit.demand import look
from probes.kit.memo import Memos
from tests.core.shapes import poll
from tests.probes.desks import desk
from tests.probes.specs import unread

LEADS = "qualified-leads-to-google-ads"
META = "won-opportunities-to-meta-ads"
SYNCS = Ref(Kind.SYNC, "syncs")
OPTIONS = {"workspace": "example"}


async def sample(world: Any, sync: str = LEADS) -> Sample:
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=["syncs", "runs"], fresh=True)
    (row,) = scopes[Ref(Kind.SYNC, f"{sync}.runs")].resources
    assert row.health is not None
    return row.health  # type: ignore[no-any-return]


async def test_everything_is_read_by_names_that_hold_in_any_workspace_and_nothing_is_read_in_vain() -> None:
    _, world, wire = desk(VENDOR, options=OPTIONS)
    vantage, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()
    assert (vantage.account, vantage.account_name, vantage.subject) == ("4211", "example", "workspace API key")
    rows = {one.key: one for one in scopes[SYNCS].resources}
    assert (rows[META].facts["source"], rows[META].facts["target"]) == ("won-opportunities", "meta-ads")
    assert rows[META].evidence["link"] == "https://app.hightouch.com/example/syncs/303"
    columns = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "qualified-leads")].resources}
    assert columns["stage"] == {"used_by": [LEADS], "x_primary": False} and columns["lead_id"]["x_primary"] is True
    assert {request.method for request in wire.requests} == {"GET"}


async def test_no_model_is_asked_for_alone_because_that_queries_the_warehouse() -> None:
    _, world, wire = desk(VENDOR, options=OPTIONS)
    await world.poll()
    assert not any("/models/" in request.url.path for request in wire.requests)


async def test_a_mapping_is_told_line_by_line_and_one_column_may_feed_two_fields() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    _, scopes, _ = await world.poll(listings=["syncs"])
    rows = {one.key: one.facts["mapping"] for one in scopes[SYNCS].resources}
    assert [(one["from"], one["to"]) for one in rows[META]] == [
        ("email/em", "em"), ("email/external_id", "external_id"), ("(variable sync-run-id)", "ht_run"),
        ("(template origin)", "origin"), ("amount", "value"),
    ]  # fmt: skip
    account.alter(table="syncs", key=LEADS, what={"configuration.mappings.0.to": "conversion_name"})
    account.tables["syncs"][0]["configuration"]["mappings"].reverse()
    _, scopes, _ = await world.poll(listings=["syncs"])
    changed = {one.key: one.facts["mapping"] for one in scopes[SYNCS].resources}[LEADS]
    assert {"from": "stage", "to": "conversion_name"} in changed
    assert [one for one in changed if one["from"] != "stage"] == [one for one in rows[LEADS] if one["from"] != "stage"]


async def test_a_mapping_without_a_column_is_told_by_its_sort_and_what_it_holds_by_a_digest() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    before = account.tables["syncs"][0]["configuration"]["mappings"]
    before += [
        {"from": ["owner", "email"], "to": "owner", "type": "standard"},
        {"from": {"alias": "x"}, "to": "odd", "type": "sql", "sql": "not-for-git"},
    ]
    _, scopes, _ = await world.poll()
    mapping = {one["to"]: one for row in scopes[SYNCS].resources for one in row.facts["mapping"] if row.key == LEADS}
    assert mapping["owner"] == {"from": "owner.email", "to": "owner"}
    assert mapping["odd"]["from"] == "(sql odd)" and mapping["odd"]["transform"].startswith("sql ")
    assert "not-for-git" not in repr(scopes) and "row['region']" not in repr(scopes)


async def test_what_fills_a_field_is_compared_and_a_key_that_the_vendor_adds_to_it_is_not() -> None:
    line = {"to": "origin", "type": "template", "template": "crm"}
    assert mapped({**line, "since": {"version": 2}}) == mapped(line) != mapped({**line, "template": "erp"})
    static = {"to": "origin", "type": "static", "value": {"theirs": 1}}
    assert mapped(static) != mapped({**static, "value": {"theirs": 1, "own": 2}}), "a value is the customer's own"


async def test_ids_that_come_as_text_are_the_same_ids() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    _, before, _ = await world.poll(listings=["syncs"])
    for table, names in (("syncs", ("id", "modelId", "destinationId")), ("models", ("id", "sourceId"))):
        for row in account.tables[table]:
            row.update({name: str(row[name]) for name in names})
    world.memories = Memos()
    _, after, _ = await world.poll(listings=["syncs"])
    assert {ref: scope.resources for ref, scope in after.items()} == {
        ref: scope.resources for ref, scope in before.items()
    }


@pytest.mark.parametrize("newest_first", [True, False])
async def test_a_sync_that_fails_three_times_and_refuses_rows_says_so_whichever_way_runs_are_sorted(
    newest_first: bool,
) -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    account.newest_first = newest_first
    good = await sample(world)
    assert (good.state, good.rows_ok, good.errors) == ("ok", 1200, ())
    for _ in range(3):
        world.clock.advance(3600)
        account.run(sync=LEADS, status="failed", rows=1200, failed=480,
                    error="INVALID_CONVERSION_ACTION: 'qualified lead' of jo@example.com is none")  # fmt: skip
        bad = await sample(world)
        assert (bad.state, bad.rows_ok, bad.rows_failed) == ("failing", 720, 480)
        assert bad.errors == ("INVALID_CONVERSION_ACTION",) and bad.failed_at == world.clock.now() // 1
        assert bad.succeeded_at == good.succeeded_at
    world.clock.advance(3600)
    account.run(sync=LEADS)
    assert (await sample(world)).state == "ok"


async def test_what_is_said_of_it_is_breaking_with_the_rows_and_the_new_kind_of_error() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    series = []
    for _ in range(2):
        series.append((world.clock.now(), await sample(world)))
        world.clock.advance(1800)
    for _ in range(3):
        account.run(sync=LEADS, status="failed", rows=1200, failed=480, error="INVALID_CONVERSION_ACTION: 'mql'")
        for _ in range(2):
            series.append((world.clock.now(), await sample(world)))
            world.clock.advance(1800)
    scope, now = f"{LEADS}.runs", world.clock.now()
    ended = {run.ended: run for _, one in series if (run := run_of(one)) is not None}
    runs = tuple(run for _, run in sorted(ended.items()))
    found = evaluate(poll(), {(scope, LEADS): series}, {(scope, LEADS): runs}, {scope: None}, now)
    context = Context(Subject("hightouch", "hightouch", owner="marketing-operations"))
    said = {one.address.fact: (judge(one, context).verdict, one.words) for one in found.claims}
    levels = {fact: verdict.level.word for fact, (verdict, _) in said.items() if verdict is not None}
    assert levels["state"] == levels["rows"] == "breaking" and "errors" in levels
    assert "again and again" in said["state"][1] and "480 rows" in said["rows"][1]
    assert said["errors"][1].endswith("INVALID_CONVERSION_ACTION.")


@pytest.mark.parametrize(
    ("status", "state", "rows"),
    [
        ("warning", "ok", 990), ("queued", "running", 1200), ("querying", "running", 1200),
        ("processing", "running", 1200), ("reporting", "running", 1200), ("cancelled", "unknown", 1200),
        ("interrupted", "unknown", 1200), ("brand-new-word", "unknown", 1200),
    ],
)  # fmt: skip
async def test_a_run_that_goes_on_or_was_broken_off_says_nothing_of_the_last_one(
    status: str, state: str, rows: int
) -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    account.run(sync=LEADS, status=status, failed=10)
    found = await sample(world)
    assert (found.state, found.rows_ok) == (state, rows)


async def test_a_sync_that_is_switched_off_is_disabled_whatever_ran_last() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    account.alter(table="syncs", key=LEADS, what={"disabled": True})
    assert (await sample(world)).state == "disabled"


async def test_a_sync_that_runs_seldom_is_looked_for_further_back_and_one_that_never_ran_is_unknown() -> None:
    _, world, wire = desk(VENDOR, options=OPTIONS)
    assert (await sample(world, META)).rows_ok == 310
    world.clock.advance(30 * 86_400)
    wire.requests.clear()
    assert (await sample(world, META)).rows_ok == 310
    assert len([one for one in wire.requests if one.url.path.endswith("/303/runs")]) == 3
    never = await sample(world, "accounts-to-salesforce")
    assert (never.state, never.succeeded_at, never.due_at) == ("unknown", None, None)


async def test_more_runs_than_fit_on_a_page_are_read_to_the_end() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS, page=2)
    world.clock.advance(60)
    account.run(sync=LEADS, rows=7)
    assert (await sample(world)).rows_ok == 7


@pytest.mark.parametrize("body", [{"hasMore": False}, {"data": [], "hasMore": True}])
async def test_a_list_of_runs_that_does_not_end_is_no_state(body: Any) -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    account._handlers = [(r, p, (lambda *_, **__: body) if r.handler == "runs" else h)
                         for r, p, h in account._handlers]  # fmt: skip
    _, scopes, reads = await world.poll(listings=["syncs", "runs"])
    assert reads[f"runs/{LEADS}"].coverage.state is State.FAILED
    assert reads["syncs"].coverage.complete and not any(".runs" in ref.name and scope.resources
                                                        for ref, scope in scopes.items())  # fmt: skip


def test_of_an_error_its_code_leaves_and_never_a_value() -> None:
    assert category("INVALID_FIELD and DESTINATION_RATE_LIMIT") == "DESTINATION_RATE_LIMIT INVALID_FIELD"
    assert category("Bad value 17 for email jo@example.com: x") == "Bad value for email"
    assert category("'jo@example.com' is bad") == "no words"


def test_every_sort_of_schedule_is_one_line() -> None:
    assert when({"type": "interval", "schedule": {"interval": {"unit": "day", "quantity": 1}}}) == "every 1 day"
    days = {"expressions": [{"time": "09:00", "days": {"monday": True, "friday": True, "sunday": False}}]}
    assert when({"type": "visual", "schedule": days}) == "friday monday 09:00"
    assert when({"type": "dbt-cloud", "schedule": {"account": {"id": "1"}, "job": {"id": "9"}}}) == "after job 9"
    assert when({}) is None


async def test_a_workspace_is_named_by_the_first_thing_in_it_and_an_empty_one_by_nothing() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    for table in ("syncs", "models", "destinations"):
        account.tables[table].clear()
    vantage, _, _ = await world.poll(listings=["sources"])
    assert vantage.account == "4211"
    account.tables["sources"].clear()
    vantage, _, _ = await world.poll(listings=["sources"])
    assert vantage.coverage.state is State.UNSUPPORTED, "no removal is believed from nobody's point of view"


async def test_a_key_that_is_refused_loses_nothing_and_one_that_asks_too_often_waits() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    await world.poll()
    account.throttle(n=1)
    _, _, reads = await world.poll(fresh=True)
    assert all(read.coverage.complete for read in reads.values())
    account.set_token(token="another")
    vantage, scopes, reads = await world.poll(fresh=True)
    assert vantage.coverage.state is State.DENIED and not any(scope.resources for scope in scopes.values())


async def test_a_sync_that_is_deleted_leaves_a_complete_list() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    await world.poll(listings=["syncs"])
    account.drop(table="syncs", key=META)
    _, scopes, _ = await world.poll(listings=["syncs"])
    assert scopes[SYNCS].coverage.complete and META not in scopes[SYNCS].keys
    assert "email" not in scopes[Ref(Kind.FIELD, "won-opportunities")].keys


async def test_a_contract_is_told_event_by_event_with_the_fields_of_each() -> None:
    _, world, _ = desk(VENDOR, options=OPTIONS)
    _, scopes, _ = await world.poll(listings=["contracts", "domains"])
    (contract,) = scopes[Ref(Kind.SCHEMA, "contracts")].resources
    assert (contract.key, contract.facts["x_undeclared"], contract.facts["x_sources"]) == (
        "shop", "BLOCK_EVENT", ["Shop"],
    )  # fmt: skip
    events = {row.key: row.facts for row in scopes[Ref(Kind.SCHEMA, "contracts-events")].resources}
    assert events["contracts/shop/track/Order Completed"] == {
        "label": "Order Completed", "native_type": "track", "x_undeclared": "OMIT_FIELDS",
        "x_violations": "BLOCK_EVENT",
        "required_fields": ["properties", "properties.currency", "properties.total"],
    }  # fmt: skip
    assert "contracts/shop/identify/2" in events, "without a name, and of another version"
    fields = {row.key: row.facts for row in scopes[Ref(Kind.FIELD, "contracts/shop/track/Order Completed")].resources}
    assert (fields["properties.total"]["type"], fields["properties.total"]["minimum"]) == ("decimal", 0)
    assert [one["value"] for one in fields["properties.currency"]["options"]] == ["EUR", "USD"]
    assert fields["properties.lines[].sku"]["required"] is True and fields["properties.coupon"]["nullable"] is True
    assert fields["properties.buyer"]["validation"] == {"$ref": "#/components/buyer"}
    (part,) = scopes[Ref(Kind.SCHEMA, "components")].resources
    assert part.key == "loyalty/buyer" and part.facts["x_imports"] == ["address"]
    assert Ref(Kind.FIELD, "domains/loyalty/track/Points Earned") in scopes


async def test_an_event_that_loses_a_field_loses_that_field_alone() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    _, before, _ = await world.poll(listings=["contracts"])
    at = "events.0.schema.properties.properties.properties"
    kept = account.tables["contracts"][0]["events"][0]["schema"]["properties"]["properties"]["properties"]
    account.alter(table="contracts", key="shop", what={at: {key: kept[key] for key in kept if key != "coupon"}})
    world.memories = Memos()
    _, after, _ = await world.poll(listings=["contracts"])
    gone = {(ref, key) for ref in before for key in before[ref].keys - after[ref].keys}
    assert gone == {(Ref(Kind.FIELD, "contracts/shop/track/Order Completed"), "properties.coupon")}


async def test_a_schema_that_is_none_is_malformed_and_no_removal() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    account.alter(table="contracts", key="shop", what={"events.0.schema": {"properties": {"a": "b"}}})
    _, _, reads = await world.poll(listings=["contracts"])
    assert reads["contracts"].coverage.state is State.FAILED


async def test_a_flow_is_told_with_its_messages_and_what_they_say_by_a_digest() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    _, scopes, _ = await world.poll(listings=["flows", "messages"])
    (flow,) = scopes[Ref(Kind.AUTOMATION, "flows")].resources
    assert flow.facts["active"] is True and flow.evidence["label"] == "Win back"
    here = Ref(Kind.TEMPLATE, "f-winback.messages")
    (message,) = scopes[here].resources
    assert message.facts["x_variables"] == ["subject"] and message.facts["x_limits"]["maxSendsPerUser"] == 2
    assert "miss you" not in repr(scopes) and "not-for-git" not in repr(scopes)
    account.alter(table="messages", key="m-mail", what={"variables.0.variants.1.value": "Twenty percent off"})
    _, after, _ = await world.poll(listings=["flows", "messages"])
    (now,) = after[here].resources
    assert {name for name in now.facts if now.facts[name] != message.facts[name]} == {"x_content_digest"}


async def test_a_workspace_without_the_decision_engine_is_refused_that_and_read_otherwise() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    account.revoke(name="decision engine")
    vantage, _, reads = await world.poll()
    assert vantage.coverage.complete and reads["flows"].coverage.state is State.DENIED
    assert all(one.coverage.complete for id, one in reads.items() if id.partition("/")[0] not in ("flows", "messages"))


async def test_one_thing_is_asked_for_by_its_slug_and_is_gone_where_no_row_has_it() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    _, scopes, _ = await world.poll(listings=["syncs", "sources"])
    listed = {row.key: row for row in scopes[SYNCS].resources}
    here = await look(VENDOR, world.api, SYNCS, META, person=str)
    assert isinstance(here, Resource) and here.facts == listed[META].facts and here.id == listed[META].id
    source = await look(VENDOR, world.api, Ref(Kind.SCHEMA, "sources"), "warehouse", person=str)
    assert isinstance(source, Resource) and source.facts["native_type"] == "snowflake"
    account.drop(table="syncs", key=META)
    assert await look(VENDOR, world.api, SYNCS, META, person=str) == Absent("slug")
    assert isinstance(await look(VENDOR, world.api, Ref(Kind.SCHEMA, "models"), "accounts", person=str), Fault)
    account.set_token(token="another")
    refused = await look(VENDOR, world.api, SYNCS, LEADS, person=str)
    assert isinstance(refused, Fault), "a key that is refused says nothing of what is there"
