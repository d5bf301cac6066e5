"""Segment: its traps, by changing a simulated workspace and polling it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from probes.kit.client import LiveClient
from probes.kit.contract import Absent, Fault, Kind, Ref, Rejected, Sought, State
from probes.kit.demand import look, who
from probes.segment import VENDOR
from probes.segment.flows import asked_by, defined, fared, folded, mapping
from tests.probes.desks import NOW, Said, desk
from tests.probes.kit.world import World
from tests.probes.specs import unread

PLACED = Ref(Kind.FIELD, "northwind-shop/TRACK/Order Completed/v1")
EVENTS = Ref(Kind.SCHEMA, "northwind-shop.events")
PLANS = ["tracking-plans", "rules"]


def told(scopes: Any, ref: Ref) -> dict[str, Any]:
    return {row.key: row.facts for row in scopes[ref].resources}


async def test_no_declared_fact_reads_nothing_and_no_secret_leaves() -> None:
    _, world, wire = desk(VENDOR)
    vantage, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()
    assert "not-for-git" not in repr(scopes) and "••" not in repr(scopes) and "onTrack" not in repr(scopes)
    assert (vantage.account, vantage.account_name, vantage.grants) == ("ws_northwind", "Northwind", frozenset())
    assert {request.method for request in wire.requests} == {"GET"}


async def test_every_list_names_its_count_with_a_dot_and_at_most_200() -> None:
    _, world, wire = desk(VENDOR, page=1)
    _, scopes, _ = await world.poll(listings=["sources"])
    counts = {one.url.params.get("pagination.count") for one in wire.requests if one.url.path == "/sources"}
    cursors = [one.url.params.get("pagination.cursor") for one in wire.requests if one.url.path == "/sources"]
    assert counts == {"200"} and cursors == [None, "MQ==", "Mg==", "Mw=="]
    assert len(scopes[Ref(Kind.SYNC, "sources")].resources) == 4


@pytest.mark.parametrize(
    ("path", "listings", "ref"),
    [("/sources", ["sources"], Ref(Kind.SYNC, "sources")), ("/rules", PLANS, EVENTS)],
    ids=["sources", "rules"],
)
async def test_a_second_page_cut_in_the_middle_is_partial_and_loses_nothing(
    path: str, listings: list[str], ref: Ref
) -> None:
    account, world, _ = desk(VENDOR, page=3)
    _, before, _ = await world.poll(listings=listings)
    account.tear(path=path)
    _, scopes, _ = await world.poll(listings=listings)
    assert scopes[ref].coverage.state is State.PARTIAL and 0 < len(scopes[ref].keys) < len(before[ref].keys)
    account.tear(path="")
    _, scopes, _ = await world.poll(listings=listings)
    assert scopes[ref].coverage.complete and scopes[ref].keys == before[ref].keys


async def test_fewer_rules_than_the_vendor_counts_and_a_cursor_that_repeats_are_partial() -> None:
    _, world, wire = desk(VENDOR, page=2)
    answer = wire.inner

    class Twisted(httpx.AsyncBaseTransport):
        swap = (b'"totalEntries":5', b'"totalEntries":9')

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            given = await answer.handle_async_request(request)
            body = (await given.aread()).replace(*self.swap)
            return httpx.Response(given.status_code, headers={"content-type": "application/json"}, content=body)

    wire.inner = twisted = Twisted()
    _, scopes, _ = await world.poll(listings=PLANS)
    assert scopes[EVENTS].coverage.code == "short" and scopes[EVENTS].coverage.state is State.PARTIAL
    twisted.swap = (b'"next":"NA=="', b'"next":"Mg=="')
    _, scopes, _ = await world.poll(listings=PLANS)
    assert scopes[EVENTS].coverage.code == "loop"


async def test_properties_become_fields_under_the_paths_that_mappings_use() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=PLANS)
    rows = told(scopes, PLACED)
    assert rows["properties.currency"]["type"] == "option"
    assert rows["properties.currency"]["options"] == [{"value": "EUR"}, {"value": "GBP"}, {"value": "USD"}]
    assert (rows["properties.order_id"]["required"], rows["properties.coupon"]["required"]) == (True, False)
    assert (rows["properties.coupon"]["nullable"], rows["properties.coupon"]["native_type"]) == (True, "null or string")
    assert rows["properties.products[].sku"]["required"] is True
    assert rows["properties.products"]["least_items"] == 1 and rows["properties.ordered_at"]["type"] == "datetime"
    assert rows["properties.discount"]["validation"] == {"multipleOf": 0.01}
    assert told(scopes, Ref(Kind.FIELD, "northwind-shop/IDENTIFY/v1"))["traits.address.country"]["length"] == 2
    parent = scopes[PLACED].parent
    assert parent is not None and (parent.ref, parent.key) == (EVENTS, PLACED.name)


async def test_order_of_enums_and_keys_of_a_schema_means_nothing_and_an_enum_that_loses_a_value_does() -> None:
    account, world, _ = desk(VENDOR)
    _, before, _ = await world.poll(listings=PLANS)
    rule, at = "tp_shop/TRACK/Order Completed/1", "jsonSchema.properties.properties.properties.currency.enum"
    account.alter(table="rules", key=rule, what={at: ["USD", "EUR", "GBP"]})
    _, scopes, _ = await world.poll(listings=PLANS)
    assert scopes[PLACED].whole or (scopes[PLACED].keys == before[PLACED].keys and not scopes[PLACED].resources)
    account.alter(table="rules", key=rule, what={at: ["EUR", "USD"]})
    _, scopes, _ = await world.poll(listings=PLANS)
    assert told(scopes, PLACED)["properties.currency"]["options"] == [{"value": "EUR"}, {"value": "USD"}]


async def test_two_versions_of_an_event_are_two_things_and_a_deprecated_one_says_so() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=PLANS)
    names = [key for key in told(scopes, EVENTS) if "Order Completed" in key]
    assert names == [PLACED.name, PLACED.name.replace("v1", "v2")]
    web = told(scopes, Ref(Kind.SCHEMA, "northwind-web.events"))
    old = web["northwind-web/TRACK/Old Signup/v1"]
    assert old["deprecated"] is True and web["northwind-web/PAGE/Home/v1"]["deprecated"] is False


async def test_a_schema_that_is_none_is_malformed_and_no_removal() -> None:
    account, world, _ = desk(VENDOR)
    account.alter(table="rules", key="tp_web/PAGE/Home/1", what={"jsonSchema": {"properties": {"properties": 7}}})
    _, scopes, reads = await world.poll(listings=PLANS)
    assert reads["rules/northwind-web"].coverage.state is State.FAILED and EVENTS in scopes


async def test_what_the_catalogue_says_is_no_drift_of_a_source() -> None:
    account, world, _ = desk(VENDOR)
    _, before, _ = await world.poll(listings=["sources"])
    account.alter(table="sources", key="src_web", what={"metadata.description": "New", "metadata.status": "DEPRECATED"})
    _, scopes, _ = await world.poll(listings=["sources"])
    catalogue = told(scopes, Ref(Kind.PLATFORM, "source-catalogue"))
    assert catalogue["website"]["deprecated"] is True
    same = {row.key: row.facts for row in before[Ref(Kind.SYNC, "sources")].resources}
    assert told(scopes, Ref(Kind.SYNC, "sources")).items() <= same.items()


async def test_labels_in_another_order_say_nothing() -> None:
    account, world, _ = desk(VENDOR)
    _, before, _ = await world.poll(listings=["sources"])
    labels = [{"key": "brand", "value": "northwind"}, {"key": "environment", "value": "production"}]
    account.alter(table="sources", key="src_web", what={"labels": labels})
    _, scopes, _ = await world.poll(listings=["sources"])
    known = {row.key: row.facts for row in before[Ref(Kind.SYNC, "sources")].resources}
    assert told(scopes, Ref(Kind.SYNC, "sources")).items() <= known.items()


async def test_enforcement_is_read_for_each_source() -> None:
    account, world, _ = desk(VENDOR)
    what = {"settings.track.commonEventOnViolations": "BLOCK"}
    account.alter(table="settings", key="src_shop", what=what)
    _, scopes, _ = await world.poll(listings=["sources", "enforcement"])
    facts = told(scopes, Ref(Kind.SCHEMA, "shopify.enforcement"))["enforcement"]
    assert facts["x_track_on_violations"] == "BLOCK" and facts["x_track_unplanned_events"] is False


def test_a_mapping_names_paths_and_tells_no_constant() -> None:
    rows = mapping({
        "email": {"@path": "$.properties.email"}, "lookup": {"@path": "$.properties.email"}, "key": "not-for-git",
        "all": {"@arrayPath": ["$.products", {"sku": {"@path": "$.sku"}}]}, "none": {}, "now": {"@now": []},
        "deep": {"a": {"@template": "{{traits.a}}"}},
    })  # fmt: skip
    assert "not-for-git" not in repr(rows)
    assert [(row["from"], row["to"]) for row in rows] == [
        ("(constant) key", "key"), ("(constant) none", "none"), ("@now", "now"),
        ("properties.email", "email"), ("properties.email", "lookup"), ("sku", "all"), ("{{traits.a}}", "deep.a"),
    ]  # fmt: skip


async def test_filters_and_transformations_name_the_properties_they_read_as_a_plan_calls_them() -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["destinations", "filters", "transformations"])
    (row,) = told(scopes, Ref(Kind.AUTOMATION, "dst_hubspot.filters")).values()
    assert row["reads"] == ["*/traits.email"] and row["criteria"] == 'contains(traits.email, "@example.com")'
    (rule,) = told(scopes, Ref(Kind.AUTOMATION, "transformations")).values()
    assert (rule["reads"], rule["writes"]) == (["*/properties.utm_campaign"], ["*/properties.campaign_name"])
    assert rule["opaque"] is True, "its condition is not taken apart"
    account.fail(path="/filters", status=500, times=50)
    _, _, reads = await world.poll(listings=["destinations", "filters"])
    states = {one.coverage.state for id, one in reads.items() if id.startswith("filters/")}
    assert states == {State.FAILED}


def test_what_a_condition_names_is_no_value_of_it() -> None:
    condition = """properties.a.b = "properties.c" and match(context.page.url, 'traits.d') or event = "x\\"y" """
    assert asked_by(condition) == ["*/context.page.url", "*/properties.a.b"]


async def test_two_targets_of_one_path_are_two_items() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["destinations", "subscriptions"])
    row = told(scopes, Ref(Kind.SYNC, "dst_hubspot.mappings"))["sub_order"]
    assert {one["from"] for one in row["mapping"]} >= {"properties.email/email", "properties.email/lookup"}


async def test_health_of_a_destination_is_that_of_its_newest_hour_with_events() -> None:
    account, world, wire = desk(VENDOR)
    account.deliver(destination="dst_hubspot", ok=0, failed={"Bad Request": 400, "Forbidden": 80})
    asked = ["destinations", "deliveries"]
    _, scopes, reads = await world.poll(listings=asked)
    (row,) = scopes[Ref(Kind.SYNC, "dst_hubspot.delivery")].resources
    assert row.health is not None and row.health.state == "failing" and row.health.rows_failed == 480
    assert row.health.errors == ("Bad Request", "Forbidden") and row.health.failed_at is not None
    assert row.health.succeeded_at is not None and row.health.succeeded_at < row.health.failed_at
    assert "deliveries/dst_old" not in reads, "a destination that is off delivers nothing"
    assert {one.url.params.get("granularity") for one in wire.requests if "delivery" in one.url.path} == {"HOUR"}
    account.deliver(destination="dst_hubspot", ok=20, failed={"Bad Request": 1})
    _, scopes, _ = await world.poll(listings=asked)
    (row,) = scopes[Ref(Kind.SYNC, "dst_hubspot.delivery")].resources
    assert row.health is not None and (row.health.state, row.health.rows_ok, row.health.rows_failed) == ("ok", 20, 1)


def test_a_destination_without_events_in_a_day_is_unknown() -> None:
    assert fared([], [])["state"] is None and fared([], [])["rows_ok"] is None


def test_reports_of_a_warehouse_are_runs_of_one_sync_for_each_source() -> None:
    def report(start: str, **more: Any) -> dict[str, Any]:
        return {"sourceId": "s", "start": start, "end": start, "status": "SUCCESS", "count": 5, "duration": 9,
                "notices": [], **more}  # fmt: skip

    (row,) = folded([
        report("2026-05-01T00:00:00Z"), report("2026-05-03T00:00:00Z", end=None, status="RUNNING"),
        report("2026-05-02T00:00:00Z", notices=[{"level": "error"}], count=0),
    ])  # fmt: skip
    assert (row["state"], row["rows_ok"]) == ("running", 0)
    assert (row["succeeded_at"], row["failed_at"]) == ("2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z")
    assert folded([report("2026-05-02T00:00:00Z", status="FAILURE")])[0]["state"] == "failing"
    assert folded([report("2026-05-02T00:00:00Z", end=None)])[0]["rows_ok"] is None


async def test_syncs_of_warehouses_keep_to_two_requests_a_minute() -> None:
    account, world, wire = desk(VENDOR)
    for number in range(3):
        account.put(table="warehouses", row={**account.tables["warehouses"][0], "id": f"wh_{number}"})
    start = world.clock.monotonic()
    _, scopes, _ = await world.poll(listings=["warehouses", "warehouse-syncs"])
    assert len([one for one in wire.requests if one.url.path.endswith("/syncs")]) == 4
    assert world.clock.monotonic() - start >= 60
    state = {row.key: row.health.state for row in scopes[Ref(Kind.SYNC, "wh_main.syncs")].resources if row.health}
    assert state == {"src_shop": "ok", "src_web": "failing"}


async def test_a_source_that_was_deleted_leaves_its_history_and_is_no_sync_any_more() -> None:
    account, world, _ = desk(VENDOR)
    account.drop(table="sources", key="src_web")
    _, scopes, reads = await world.poll(listings=["warehouses", "warehouse-syncs"])
    assert {row.key for row in scopes[Ref(Kind.SYNC, "wh_main.syncs")].resources} == {"src_shop"}
    account.torn = "connected-sources"
    account.page = 1
    account.put(table="sources", row={**account.tables["sources"][0], "id": "src_web", "slug": "web-again"})
    _, _, reads = await world.poll(listings=["warehouses", "warehouse-syncs"])
    assert reads["warehouse-syncs/wh_main"].coverage.state is State.FAILED, "half a list of sources drops nothing"


async def test_a_warehouse_tells_its_hours_and_one_without_leaves_them_to_segment() -> None:
    account, world, _ = desk(VENDOR)
    account.put(table="warehouses", row={**account.tables["warehouses"][0], "id": "wh_free"})
    _, scopes, _ = await world.poll(listings=["warehouses", "warehouse-schedules"])
    (set_,), (free,) = (scopes[Ref(Kind.SYNC, f"{id}.schedule")].resources for id in ("wh_main", "wh_free"))
    assert set_.facts == {"schedule": "4,16 Europe/Berlin", "x_advanced": True} and free.facts == {"x_advanced": False}


async def test_what_a_destination_has_and_what_a_space_has_lead_to_their_pages() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll()
    app = "https://app.segment.com/goto-my-workspace"
    for ref in (Ref(Kind.SYNC, "destinations"), Ref(Kind.SYNC, "dst_hubspot.mappings"),
                Ref(Kind.AUTOMATION, "dst_hubspot.filters"), Ref(Kind.SYNC, "dst_hubspot.delivery")):  # fmt: skip
        assert scopes[ref].link == f"{app}/destinations"
    (space, *_) = scopes[Ref(Kind.PLATFORM, "spaces")].resources
    assert space.evidence["link"] == f"{app}/unify/spaces/{space.key}/explorer"
    assert scopes[Ref(Kind.AUTOMATION, f"{space.key}.audiences")].link == f"{app}/engage/spaces/{space.key}/audiences"


async def test_a_429_is_waited_for_as_long_as_its_body_says_in_milliseconds() -> None:
    account, world, _ = desk(VENDOR)
    await world.poll(listings=["roles"])
    account.throttle(n=1)
    start = world.clock.monotonic()
    _, _, reads = await world.poll(listings=["roles"])
    waited = world.clock.monotonic() - start
    assert "Throttled" in reads["roles"].coverage.reason or 57.6 <= waited < 60, (waited, reads)


async def test_the_one_401_is_a_missing_right_where_the_workspace_is_told_and_a_dead_token_where_it_is_not() -> None:
    account, world, _ = desk(VENDOR)
    account.revoke(name="Workspace Owner")
    vantage, _, reads = await world.poll(listings=["users", "sources"])
    assert vantage.coverage.complete and reads["users"].coverage.state is State.DENIED
    assert "Denied" in reads["users"].coverage.reason and reads["sources"].coverage.complete
    account.set_token(token="another")
    vantage, _, _ = await world.poll(listings=["users"])
    assert vantage.coverage.reason.startswith("Expired")


async def test_kinds_whose_rows_a_role_may_hide_are_said_to_be_silent() -> None:
    _, world, _ = desk(VENDOR)
    vantage, _, _ = await world.poll(listings=["roles"])
    assert vantage.silent == {Kind.SYNC, Kind.AUTOMATION, Kind.PLATFORM} and not VENDOR.grants_told


async def test_another_workspace_is_another_account() -> None:
    account, world, _ = desk(VENDOR)
    account.set_account(account="contoso")
    vantage, _, _ = await world.poll(listings=["roles"])
    assert vantage.account == "ws_contoso"


async def test_a_person_is_known_by_a_pseudonym_and_an_owner_is_an_admin() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(
        listings=["users", "groups", "group-users"], person=lambda name: name.partition("@")[0]
    )
    assert "@example" not in repr(scopes)
    rows = scopes[Ref(Kind.PERMISSION, "users")].resources
    assert [row.facts["admin"] for row in rows] == [True, False, False]
    assert rows[1].facts["x_permissions"] == [{"role": "Source Admin", "on": ["SOURCE:src_shop"]}]


# on demand


async def asked(account: Any, world: World, ref: Ref, key: str) -> Any:
    async with world.api as api:
        assert isinstance(api, LiveClient)
        return await look(VENDOR, api, ref, key, person=str)


@pytest.mark.parametrize(("name", "key"), [("destinations", "dst_hubspot"), ("warehouses", "wh_main")])
async def test_one_thing_is_as_its_list_has_it(name: str, key: str) -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=[name])
    found = await asked(account, world, Ref(Kind.SYNC, name), key)
    assert found in scopes[Ref(Kind.SYNC, name)].resources


async def test_a_404_is_not_taken_for_gone_and_not_all_can_be_asked_for() -> None:
    account, world, _ = desk(VENDOR)
    found = await asked(account, world, Ref(Kind.SYNC, "destinations"), "dst_none")
    assert isinstance(found, Rejected) and not isinstance(found, Absent)
    account, world, _ = desk(VENDOR)
    assert isinstance(await asked(account, world, Ref(Kind.PERMISSION, "users"), "x"), Fault)


def sought(ref: Ref, key: str, id: str = "", at: float = NOW) -> Sought:
    return Sought(ref, key, at - 60, at + 60, id=id)


async def test_who_changed_a_source_and_who_alone_touched_a_plan() -> None:
    account, world, _ = desk(VENDOR, page=2)
    account.alter(table="sources", key="src_web", what={"enabled": False})
    account.actor = "admin-02@example.com"
    account.alter(table="rules", key="tp_shop/TRACK/Cart Viewed/1", what={"version": 3})
    asked = [sought(Ref(Kind.SYNC, "sources"), "website", "src_web"), sought(PLACED, "properties.value"),
             sought(Ref(Kind.SCHEMA, "northwind-web.events"), "northwind-web/PAGE/Home/v1"),
             sought(Ref(Kind.SYNC, "sources"), "shopify", "src_shop")]  # fmt: skip
    async with world.api as api:
        first, second, third, fourth = await who(VENDOR, api, asked, person=str)
    assert isinstance(first, dict) and isinstance(second, dict)
    assert (first["by"], first["how"], first["action"]) == ("admin-01@example.com", "named", "Source Modified")
    assert (second["by"], second["how"]) == ("admin-02@example.com", "alone")
    assert third == {} and fourth == {}


async def test_who_changed_a_rule_is_not_known_without_the_right_or_where_the_list_breaks() -> None:
    account, world, wire = desk(VENDOR, page=1)
    account.alter(table="rules", key="tp_shop/TRACK/Cart Viewed/1", what={"version": 3})
    account.alter(table="rules", key="tp_shop/TRACK/Cart Viewed/1", what={"version": 4})
    account.tear(path="/audit-events")
    async with world.api as api:
        (told,) = await who(VENDOR, api, [sought(PLACED, "properties.value")], person=str)
        assert isinstance(told, Fault)
        account.tear(path="/tracking-plans")
        (told,) = await who(VENDOR, api, [sought(PLACED, "properties.value")], person=str)
        assert isinstance(told, Fault)
        account.revoke(name="Workspace Owner")
        (told,) = await who(VENDOR, api, [sought(PLACED, "properties.value")], person=str)
        assert isinstance(told, Fault)
    assert isinstance(wire, Said)


AUDIENCES, COMPUTED = (Ref(Kind.AUTOMATION, f"northwind-prod.{name}") for name in ("audiences", "computed-traits"))
SPACES = ["spaces", "audiences", "computed-traits"]


@pytest.mark.parametrize("page", [1, 50])
async def test_audiences_and_computed_traits_name_what_their_definitions_read(page: int) -> None:
    account, world, wire = desk(VENDOR, page=page)
    _, before, _ = await world.poll(listings=SPACES)
    rows, traits = told(before, AUDIENCES), told(before, COMPUTED)
    assert rows["big_spenders"]["reads"] == ["*/properties.value", "*/traits.region"]
    assert (rows["big_spenders"]["x_events"], rows["big_spenders"]["opaque"]) == (["Order Completed"], False)
    assert rows["accounts_at_risk"]["opaque"] and rows["by_hand"]["opaque"] and rows["by_hand"]["active"] is False
    assert traits["orders_total"]["reads"] == ["*/properties.value"] and traits["orders_total"]["x_history_days"] == 365
    assert traits["orders_total"]["writes"] == ["*/traits.orders_total"]
    assert before[Ref(Kind.AUTOMATION, "northwind-dev.audiences")].coverage.complete, "a space without any has none"
    assert "not-for-git" not in repr(before) and "120" not in repr(rows), "neither values nor how many there are"
    query = "event('Order Completed').count() >= 2"
    account.alter(table="audiences", key="aud_1", what={"definition.query": query, "status": "Failed", "size.count": 7})
    await world.clock.sleep(3600)
    _, scopes, _ = await world.poll(listings=SPACES)
    (row,) = [one for one in scopes[AUDIENCES].resources if one.key == "big_spenders"]
    assert "reads" not in row.facts and row.health is not None and row.health.state == "failing"
    assert row.facts["x_definition_digest"] != rows["big_spenders"]["x_definition_digest"]
    assert "/spaces/spa_prod/computed-traits" in {one.url.path for one in wire.requests}


def test_a_definition_names_events_and_properties_and_no_value() -> None:
    funnel = "event('It\\'s').where(property(parent: 'a.b') = context(\"page.url\")).count() > 1"
    assert defined(funnel) == {"events": ["It\\'s"], "reads": ["*/context.page.url", "*/properties.a.b"]}
    assert defined("") == {"events": [], "reads": []}


async def test_spaces_that_a_token_may_not_see_are_refused_or_hidden_and_never_gone() -> None:
    account, world, _ = desk(VENDOR)
    vantage, before, _ = await world.poll(listings=SPACES)
    assert {Kind.PLATFORM, Kind.AUTOMATION} <= vantage.silent, "a role on one space hides the other with a 200"
    account.revoke(name="Unify and Engage Read-only")
    _, scopes, reads = await world.poll(listings=SPACES)
    assert reads["spaces"].coverage.state is State.DENIED and len(before[AUDIENCES].keys) == 3
    assert AUDIENCES not in scopes or not scopes[AUDIENCES].coverage.complete
