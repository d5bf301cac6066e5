"""Braze: its traps, by changing a simulated workspace and polling it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from probes.braze import VENDOR, pace
from probes.braze.documented import documented
from probes.braze.told import folded, sent, used
from probes.kit.api import Answer
from probes.kit.contract import Absent, Denied, Kind, Ref, Rejected, State, Unsupported
from probes.kit.demand import look
from tests.probes import desks
from tests.probes.specs import unread

ATTRIBUTES = Ref(Kind.FIELD, "custom-attributes")


def desk(**account: Any) -> Any:
    return desks.desk(VENDOR, options={"workspace": "Pilot"}, **account)


def told(scopes: Any, ref: Ref) -> dict[str, Any]:
    return {row.key: row.facts for row in scopes[ref].resources}


async def test_no_declared_fact_reads_nothing_and_no_text_of_a_message_leaves() -> None:
    _, world, wire = desk()
    vantage, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()
    assert "not-for-git" not in repr(scopes) and "Hello" not in repr(scopes) and "@example" not in repr(scopes)
    assert vantage.account == "account.test/Pilot" and vantage.grants == frozenset() and not VENDOR.grants_told
    assert {request.method for request in wire.requests} == {"GET"}
    assert not any(path in one.url.path for one in wire.requests for path in ("users", "scim", "sends", "sync\b"))


async def test_the_next_page_of_attributes_stands_in_a_header_alone() -> None:
    _, world, wire = desk(page=2)
    _, scopes, _ = await world.poll(listings=["custom-attributes", "data-sources"])
    asked = [one.url.params.get("cursor") for one in wire.requests if one.url.path == "/custom_attributes"]
    assert asked == [None, None, "c2tpcDoy", "c2tpcDo0"], "once to try the key, then page by page"
    assert len(scopes[ATTRIBUTES].resources) == 5
    assert len(scopes[Ref(Kind.SYNC, "data-sources")].resources) == 3


async def test_a_count_of_what_was_returned_is_no_total_and_an_empty_page_is_the_end() -> None:
    _, world, wire = desk(page=2)
    _, scopes, _ = await world.poll(listings=["templates", "campaigns"])
    assert len(scopes[Ref(Kind.TEMPLATE, "templates")].resources) == 3
    offsets = [one.url.params.get("offset") for one in wire.requests if one.url.path == "/templates/email/list"]
    pages = [one.url.params["page"] for one in wire.requests if one.url.path == "/campaigns/list"]
    assert offsets == [None, "2", "3"], "an offset of 0 is refused"
    assert pages == ["0", "1", "2"]


BLOCKS, TEMPLATES = Ref(Kind.TEMPLATE, "content-blocks"), Ref(Kind.TEMPLATE, "templates")


async def test_one_block_is_as_its_list_has_it_and_only_one_that_was_deleted_is_gone() -> None:
    account, world, _ = desk()
    _, scopes, _ = await world.poll(listings=["content-blocks", "templates"])
    async with world.api as api:
        for ref in (BLOCKS, TEMPLATES):
            for row in scopes[ref].resources:
                assert await look(VENDOR, api, ref, row.key, person=str) == row
        account.drop(table="content_blocks", key="cb-footer")
        assert isinstance(await look(VENDOR, api, BLOCKS, "cb-footer", person=str), Absent)
        assert isinstance(await look(VENDOR, api, BLOCKS, "cb-of-another", person=str), Rejected)
        assert isinstance(await look(VENDOR, api, TEMPLATES, "none", person=str), Rejected)
        assert isinstance(await look(VENDOR, api, ATTRIBUTES, "region", person=str), Unsupported)
        account.revoke(name="content_blocks.info")
        assert isinstance(await look(VENDOR, api, BLOCKS, "cb-footer", person=str), Denied)


async def test_a_deletion_that_is_told_inside_of_a_200_is_one_too() -> None:
    account, world, _ = desk()
    account._handlers = [
        (*one[:2], lambda request: {"message": "Content Block has been deleted - content not available."})
        if one[0].path == "/content_blocks/info" else one
        for one in account._handlers
    ]  # fmt: skip
    async with world.api as api:
        assert isinstance(await look(VENDOR, api, BLOCKS, "cb-footer", person=str), Absent)


async def test_an_attribute_that_somebody_sends_appears_and_one_that_is_blocked_is_put_away() -> None:
    account, world, _ = desk()
    await world.poll(listings=["custom-attributes"])
    account.track(name="Region", data_type="String")
    account.alter(table="attributes", key="region", what={"status": "Blocklisted"})
    _, scopes, _ = await world.poll(listings=["custom-attributes"])
    rows = told(scopes, ATTRIBUTES)
    assert rows["Region"]["type"] == "text" and rows["region"]["archived"] is True
    assert rows["region"]["x_status"] == "Blocklisted"


async def test_types_are_ours_and_one_that_braze_adds_is_kept_as_it_is() -> None:
    account, world, _ = desk()
    account.track(name="place", data_type="Geofence")
    _, scopes, _ = await world.poll(listings=["custom-attributes", "catalogs"])
    rows = told(scopes, ATTRIBUTES)
    assert (rows["lead_score"]["type"], rows["marketing_consent"]["type"]) == ("decimal", "boolean")
    assert (rows["place"]["type"], rows["place"]["native_type"]) == ("any", "Geofence")
    assert rows["topics"]["most_items"] == 100
    assert told(scopes, Ref(Kind.FIELD, "products"))["from"]["type"] == "datetime"
    parent = scopes[Ref(Kind.FIELD, "products")].parent
    assert parent is not None and (parent.ref, parent.key) == (Ref(Kind.SCHEMA, "catalogs"), "products")


async def test_items_inclusions_and_times_of_sending_move_and_say_nothing() -> None:
    account, world, _ = desk()
    names = ["catalogs", "content-blocks", "campaigns", "campaign-details"]
    _, before, _ = await world.poll(listings=names)
    account.alter(table="catalogs", key="products", what={"num_items": 7})
    account.alter(table="content_blocks", key="cb-footer", what={"inclusion_count": 99})
    account.alter(table="campaigns", key="cmp-welcome", what={"last_sent": "2026-05-29T00:00:00Z"})
    _, scopes, _ = await world.poll(listings=names)
    for ref, scope in scopes.items():
        assert scope.coverage.complete and told(scopes, ref).items() <= told(before, ref).items(), ref


async def test_what_a_message_names_is_read_out_of_its_liquid() -> None:
    account, world, _ = desk()
    _, scopes, _ = await world.poll(listings=["campaigns", "campaign-details", "templates", "template-details"])
    welcome = told(scopes, Ref(Kind.AUTOMATION, "cmp-welcome.details"))["cmp-welcome"]
    assert welcome["reads"] == [
        "catalogs/products", "content-blocks/footer", "custom-attributes/marketing_consent", "custom-attributes/region",
        "events/order_completed",
    ]  # fmt: skip
    assert welcome["opaque"] is True, "whom it is sent to, no answer tells"
    assert "custom-attributes/region" in told(scopes, Ref(Kind.TEMPLATE, "tpl-0.details"))["tpl-0"]["fields"]
    account.alter(table="campaigns", key="cmp-welcome", what={"messages.v1.body": "Hello"})
    _, scopes, _ = await world.poll(listings=["campaigns", "campaign-details"])
    after = told(scopes, Ref(Kind.AUTOMATION, "cmp-welcome.details"))["cmp-welcome"]
    assert after["reads"] == ["events/order_completed"] and after["x_body_digest"] != welcome["x_body_digest"]


def test_liquid_is_read_with_blanks_filters_and_dashes_and_surveys_write() -> None:
    assert used(["{{ custom_attribute.${ a b } | default: 'x' }}", {"x": "{%- catalog_items shop-1 {{id}} %}"}, 7]) == [
        "catalogs/shop-1", "custom-attributes/a b",
    ]  # fmt: skip
    assert used([{"pages": [{"choices": [{"custom_attribute_key": "topics"}, {"custom_attribute_key": None}]}]}]) == [
        "custom-attributes/topics"
    ]


def test_a_key_that_braze_adds_to_a_message_is_no_change_and_a_header_of_the_customers_is_one() -> None:
    choice = {"choice_id": "1", "custom_attribute_key": "topics", "text": "Water"}
    survey = {"type": "survey", "data": {"pages": [{"header": {"text": "What"}, "choices": [choice]}]}}
    more = {"type": "survey", "theme": "dark", "data": {"wide": True, "pages": [
        {"header": {"text": "What", "size": 3}, "choices": [{**choice, "icon": "drop"}]}]}}  # fmt: skip
    hook = {"channel": "webhook", "body": "{{x}}", "headers": {"x-key": "1"}}
    assert documented({"v1": survey, "v2": hook}) == {"v1": survey, "v2": hook}
    assert documented({"v1": more, "v2": {**hook, "retries": 3}}) == {"v1": survey, "v2": hook}
    assert documented({"v2": {**hook, "headers": {"x-other": "1"}}}) != documented({"v2": hook})
    assert documented({"v1": None}) == {} and documented(None) is None
    first, second = (sent({"key": "c"}, {"conversion_behaviors": [{"type": "a", "window": 1, **new}]}, None)
                     for new in ({}, {"since": "2027"}))  # fmt: skip
    assert first == second and first["conversion_behaviors"] == [{"type": "a", "window": 1}]


@pytest.mark.parametrize(
    ("what", "active"),
    [({}, True), ({"enabled": False}, False), ({"draft": True, "enabled": True}, False), ({"archived": True}, False)],
)
def test_what_sends_is_on_and_neither_a_draft_nor_put_away(what: dict[str, Any], active: bool) -> None:
    assert sent({"key": "c"}, what, None)["active"] is active


async def test_archived_campaigns_stay_in_sight() -> None:
    _, world, _ = desk()
    _, scopes, _ = await world.poll(listings=["campaigns", "campaign-details"])
    assert "cmp-old" in told(scopes, Ref(Kind.AUTOMATION, "campaigns"))
    assert told(scopes, Ref(Kind.AUTOMATION, "cmp-old.details"))["cmp-old"]["active"] is False


async def test_steps_of_a_canvas_lead_on_by_either_of_two_keys() -> None:
    _, world, _ = desk()
    _, scopes, _ = await world.poll(listings=["canvases", "canvas-details"])
    steps = told(scopes, Ref(Kind.AUTOMATION, "cnv-onboard.details"))["cnv-onboard"]["steps"]
    assert steps == [{"key": "s1", "type": "delay", "target": "s2"},
                     {"key": "s2", "type": "message", "target": "s3, s4"}, {"key": "s3", "type": "step"}]  # fmt: skip


async def test_a_data_source_tells_how_its_newest_sync_went() -> None:
    account, world, _ = desk()
    names = ["data-sources", "data-source-runs"]

    async def health() -> Any:
        _, scopes, _ = await world.poll(listings=names)
        (row,) = scopes[Ref(Kind.SYNC, "cdi-0.runs")].resources
        return row.health

    first = await health()
    assert (first.state, first.rows_ok) == ("ok", 400)
    account.clock.advance(3600)
    account.run(integration="cdi-0", rows=400, failed=20)
    partial = await health()
    assert (partial.state, partial.rows_failed) == ("ok", 20), "some got through"
    account.clock.advance(3600)
    account.run(integration="cdi-0", rows=400, failed=400)
    failing = await health()
    assert (failing.state, failing.rows_ok, failing.rows_failed) == ("failing", 0, 400)
    assert failing.succeeded_at is not None and failing.succeeded_at < failing.failed_at


async def test_in_an_account_that_goes_on_by_itself_syncs_go_on_well() -> None:
    account, world, _ = desk()
    account.alive = True
    account.clock.advance(9 * 86_400)
    _, scopes, _ = await world.poll(listings=["data-sources", "data-source-runs"])
    (row,) = scopes[Ref(Kind.SYNC, "cdi-0.runs")].resources
    assert row.health is not None and row.health.state == "ok"
    assert row.health.succeeded_at is not None and account.clock.now() - row.health.succeeded_at < 7200


def test_a_sync_that_runs_says_nothing_of_rows_and_none_is_unknown() -> None:
    run = {"job_status": "Running", "sync_start_time": "2026-05-28T00:00:00Z", "sync_finish_time": None}
    assert folded([run])["state"] == "running" and folded([run])["rows_ok"] is None
    assert folded([])["state"] is None


async def test_a_preference_center_that_is_taken_back_to_a_draft_is_not_shown_any_more() -> None:
    account, world, _ = desk()
    names, details = ["preference-centers", "preference-center-details"], Ref(Kind.TEMPLATE, "prc-1.details")
    _, scopes, _ = await world.poll(listings=names)
    first = told(scopes, details)["prc-1"]
    assert first["active"] is True and first["fields"] == ["custom-attributes/topics"]
    what = {"state": "draft", "preference_center_page_html": "<p>Goodbye</p>"}
    account.alter(table="preference_centers", key="prc-1", what=what)
    _, scopes, _ = await world.poll(listings=names)
    after = told(scopes, details)["prc-1"]
    assert after["active"] is False and after["x_body_digest"] != first["x_body_digest"] and "fields" not in after


# rights and limits


async def test_a_403_is_what_the_plan_has_not_and_an_account_that_was_put_away_where_attributes_are_told() -> None:
    account, world, _ = desk()
    await world.poll(listings=["catalogs"])
    account.fail(path="/catalogs", status=403, body='{"message": "Forbidden"}', times=1)
    vantage, _, reads = await world.poll(listings=["catalogs"])
    assert vantage.coverage.complete and reads["catalogs"].coverage.state is State.DENIED
    account.fail(path="/custom_attributes", status=403, body='{"message": "Forbidden"}', times=1)
    vantage, _, _ = await world.poll(listings=["catalogs"])
    assert vantage.coverage.reason.startswith("Expired") and "put away" in vantage.coverage.reason


async def test_an_answer_that_is_queued_for_maintenance_is_no_empty_list() -> None:
    account, world, _ = desk()
    names = ["events", "catalogs", "campaigns"]
    await world.poll(listings=names)
    for path in ("/events", "/catalogs", "/campaigns/list"):
        account.fail(path=path, status=202, body='{"message": "queued"}', times=1)
    _, _, reads = await world.poll(listings=names)
    assert {reads[name].coverage.state for name in names} == {State.FAILED}


async def test_a_401_is_a_missing_right_where_attributes_are_told_and_a_dead_key_where_they_are_not() -> None:
    account, world, _ = desk()
    account.revoke(name="campaigns.list")
    vantage, _, reads = await world.poll(listings=["campaigns", "events"])
    assert vantage.coverage.complete and reads["events"].coverage.complete
    assert reads["campaigns"].coverage.state is State.DENIED and "Denied" in reads["campaigns"].coverage.reason
    account.set_token(token="of another instance")
    vantage, scopes, _ = await world.poll(listings=["custom-attributes"])
    assert vantage.coverage.reason.startswith("Expired") and "another instance" in vantage.coverage.reason
    assert not any(scope.resources for scope in scopes.values())


async def test_a_details_answer_that_is_none_is_malformed() -> None:
    account, world, _ = desk()
    await world.poll(listings=["canvases"])
    account.fail(path="/canvas/details", status=200, body='{"message": "queued"}', times=1)
    _, _, reads = await world.poll(listings=["canvases", "canvas-details"])
    broken = [found for id, found in reads.items() if not found.coverage.complete]
    assert [found.coverage.state for found in broken] == [State.FAILED]


@pytest.mark.parametrize(
    ("left", "reset", "seconds"),
    [("0", 1_780_000_900, 900.0), ("0", 1_780_099_999, 3600.0), ("1", 1_780_000_900, 0.0), ("0", "soon", 0.0)],
)
def test_an_empty_window_is_waited_for_until_the_vendors_hour(left: str, reset: Any, seconds: float) -> None:
    date = format_datetime(datetime.fromtimestamp(1_780_000_000, UTC), usegmt=True)
    headers = {"x-ratelimit-remaining": left, "x-ratelimit-reset": str(reset), "date": date}
    assert pace(Answer(200, headers, b"{}")) == seconds
    assert pace(Answer(200, {**headers, "date": ""}, b"{}")) == 0.0


async def test_an_hours_window_that_is_empty_stops_the_exports_and_nothing_else() -> None:
    account, world, _ = desk()
    account.left = 1
    _, _, reads = await world.poll(listings=["custom-attributes", "preference-centers"])
    assert reads["preference-centers"].coverage.complete
    assert reads["custom-attributes"].coverage.complete or "wait" in reads["custom-attributes"].coverage.reason


async def test_a_429_waits_a_minute_since_no_answer_says_how_long() -> None:
    account, world, _ = desk()
    await world.poll(listings=["events"])
    account.throttle(n=1)
    vantage, _, reads = await world.poll(listings=["events"])
    assert vantage.coverage.reason.startswith("Throttled"), "longer than one poll may wait"
    assert "Throttled" in reads["events"].coverage.reason and account.requests[-1].status == 429
    account.clock.advance(60)
    vantage, _, reads = await world.poll(listings=["events"])
    assert vantage.coverage.complete and reads["events"].coverage.complete


async def test_another_instance_is_another_account() -> None:
    _, world, _ = desks.desk(VENDOR, options={"workspace": ""})
    vantage, _, _ = await world.poll(listings=["events"])
    assert vantage.account == "account.test"


OF_WORKSPACE = {
    "custom-attributes": "app_settings/app_settings/custom_attributes",
    "events": "app_settings/app_settings/custom_events",
    "campaigns": "engagement/campaigns",
    "content-blocks": "engagement/templates_and_media/content_blocks",
}


@pytest.mark.parametrize(
    ("host", "dashboard"),
    [
        ("rest.iad-01.braze.com", "https://dashboard-01.braze.com"),
        ("rest.iad-08.braze.com", "https://dashboard-08.braze.com"),
        ("rest.us-10.braze.com", "https://dashboard.us-10.braze.com"),
        ("rest.fra-02.braze.eu", "https://dashboard-02.braze.eu"),
        ("rest.kr-01.braze.com", "https://dashboard.kr-01.braze.com"),
        ("rest.zzz-01.braze.com", "https://dashboard.braze.com"),
    ],
)
async def test_links_open_the_workspace_in_the_dashboard_of_the_instance(host: str, dashboard: str) -> None:
    id = "0a1b2c3d4e5f60718293a4b5"
    _, world, _ = desks.desk(VENDOR, base="", options={"host": host, "workspace_id": id})
    _, scopes, _ = await world.poll()
    links = {ref.name: scope.link for ref, scope in scopes.items()}
    assert {name: links[name] for name in OF_WORKSPACE} == {
        name: f"{dashboard}/{path}/{id}" for name, path in OF_WORKSPACE.items()
    }
    assert {links[name] for name in ("catalogs", "canvases", "segments", "templates", "preference-centers")} == {
        dashboard
    }
    sources = scopes[Ref(Kind.SYNC, "data-sources")].resources
    imports = f"{dashboard}/integrations/cloud_data_ingestion"
    assert sources and [one.evidence["link"] for one in sources] == [f"{imports}/{one.key}" for one in sources]
    assert links[f"{sources[0].key}.runs"] == f"{imports}/{sources[0].key}"


async def test_without_the_workspaces_id_links_open_the_one_that_a_person_is_in() -> None:
    _, world, _ = desks.desk(VENDOR, base="", options={"host": "rest.fra-01.braze.eu"})
    _, scopes, _ = await world.poll()
    links = {ref.name: scope.link for ref, scope in scopes.items()}
    dashboard = "https://dashboard-01.braze.eu"
    assert {name: links[name] for name in OF_WORKSPACE if name != "content-blocks"} == {
        name: f"{dashboard}/{path}" for name, path in OF_WORKSPACE.items() if name != "content-blocks"
    }
    assert links["content-blocks"] == dashboard
