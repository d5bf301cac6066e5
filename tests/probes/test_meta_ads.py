"""Meta Ads: its traps, against its simulated account."""

from __future__ import annotations

from typing import Any

import pytest

from probes.kit.api import Answer
from probes.kit.contract import Kind, Ref, Scope, Sought, State
from probes.kit.demand import who
from probes.meta_ads import VENDOR, pace
from probes.simulated.desk import Route
from probes.simulated.meta_ads import ACCOUNT, BUSINESS, CATALOG, MANAGE

from .desks import NOW, Said, desk
from .kit.world import World
from .specs import unread

OPTIONS = {"account": ACCOUNT}


def meta(**account: Any) -> tuple[Any, World, Said]:
    return desk(VENDOR, options=OPTIONS, **account)


def rows(scopes: dict[Ref, Scope], kind: Kind, name: str) -> dict[str, Any]:
    return {one.key: one for one in scopes[Ref(kind, name)].resources}


def name(person: str) -> str:
    return person.partition("@")[0]


async def test_no_declared_fact_reads_nothing() -> None:
    _, world, _ = meta()
    _, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()


async def test_the_token_is_in_no_address_although_the_next_page_s_has_it() -> None:
    _, world, wire = meta(page=1)
    _, scopes, reads = await world.poll()
    assert any("access_token=" in str(body) for _, body in wire.said), "the account answers as Meta does"
    assert not any("access_token" in str(one.url) or "demo-token" in str(one.url) for one in wire.requests)
    assert {one.headers["authorization"] for one in wire.requests} == {"Bearer demo-token"}
    assert "demo-token" not in repr(scopes) and reads["pixels"].coverage.pages == 3
    assert not any("debug_token" in one.url.path for one in wire.requests)


async def test_the_cursor_of_the_last_page_is_not_followed() -> None:
    _, world, wire = meta()
    _, scopes, _ = await world.poll(listings=["pixels"])
    assert [one.url.params.get("after") for one in wire.requests if one.url.path.endswith("/adspixels")] == [None]
    assert scopes[Ref(Kind.SYNC, "pixels")].keys == {"501", "502", "503"}


async def test_every_list_names_the_fields_it_wants_and_one_that_is_gone_is_our_fault() -> None:
    account, world, wire = meta()
    await world.poll()
    lists = [one for one in wire.requests if "/me" not in one.url.path]
    assert all(one.url.params.get("fields") for one in lists) and {one.method for one in lists} == {"GET"}
    for row in account.tables["customconversions"]:
        row.pop("aggregation_rule")
    _, _, reads = await world.poll()
    coverage = reads["conversions"].coverage
    assert coverage.state is State.FAILED and "Rejected" in coverage.reason and "aggregation_rule" in coverage.reason


async def test_what_moves_by_itself_and_what_is_secret_is_not_read() -> None:
    account, world, wire = meta()
    _, before, _ = await world.poll()
    asked = ",".join(one.url.params.get("fields", "") for one in wire.requests)
    for word in ("match_rate", "approximate_count", "amount_spent", "balance", "code", "daily_budget", "username"):
        assert word not in asked.replace("country", "").replace("discount", ""), word
    assert "not-for-git" not in repr(before)
    for table in ("adspixels", "customconversions"):
        for row in account.tables[table]:
            row["last_fired_time"] = "2026-05-28T20:00:00+0000"
    _, after, _ = await world.poll()
    for ref in after:
        old = {one.key: one.facts for one in before[ref].resources}
        assert all(one.facts == old[one.key] for one in after[ref].resources), ref


async def test_pixels_and_conversions_tell_when_they_last_fired() -> None:
    _, world, _ = meta()
    _, scopes, _ = await world.poll()
    pixels = {key: row.health for key, row in rows(scopes, Kind.SYNC, "pixels").items()}
    assert (pixels["501"].state, pixels["503"].state) == ("ok", "failing")
    assert 0 < NOW - pixels["501"].succeeded_at < 3 * 3600
    assert set(rows(scopes, Kind.SYNC, "conversions-fired")) == {"601", "602"}, "an archived one fires no more"
    archived = rows(scopes, Kind.SCHEMA, "conversions")["603"].facts
    assert archived["archived"] is True and archived["native_type"] == "OTHER"


async def test_an_audience_that_was_flagged_is_failing_and_a_code_that_nobody_knows_is_unknown() -> None:
    account, world, _ = meta()
    account.alter(table="customaudiences", key="702", what={"operation_status": {"code": 499, "description": "?"}})
    _, scopes, _ = await world.poll()
    filled = {key: row.health for key, row in rows(scopes, Kind.SYNC, "audiences-filled").items()}
    assert [filled[key].state for key in ("701", "702", "703")] == ["ok", "unknown", "failing"]
    assert filled["703"].errors == ("Flagged",) and filled["701"].errors == ()
    assert "operation_status" not in repr(rows(scopes, Kind.SCHEMA, "audiences")["703"].facts)


async def test_automated_rules_tell_what_they_do_to_what_and_to_whom_they_tell_it_stays_there() -> None:
    account, world, _ = meta()
    _, scopes, _ = await world.poll()
    assert "not-for-git" not in repr(scopes)
    found = rows(scopes, Kind.AUTOMATION, "rules")
    pause, more, told = (found[key].facts for key in ("851", "852", "853"))
    assert (pause["active"], pause["actions"], pause["reads"]) == (True, ["PAUSE"], ["801/"])
    assert (pause["object"], pause["trigger"]) == ("CAMPAIGN", "DAILY") and "x_does" not in pause
    assert (more["object"], more["reads"], more["trigger"]) == ("ADSET", ["801/", "802/"], "CUSTOM")
    assert more["x_does"][0]["value"] == {"amount": "20", "limit": "50000", "unit": "PERCENTAGE"}
    assert more["x_times"] == [{"days": [1, 2], "start_minute": 540, "end_minute": 570}]
    assert (told["active"], told["trigger"], told["native_type"]) == (False, "METADATA_CREATION name", "TRIGGER")
    account.alter(table="adrules_library", key="851", what={"status": "HAS_ISSUES"})
    _, scopes, _ = await world.poll()
    stopped = rows(scopes, Kind.AUTOMATION, "rules")["851"].facts
    assert (stopped["active"], stopped["status"]) == (False, "HAS_ISSUES")


async def test_rules_that_are_shown_to_those_alone_who_may_change_ads_are_denied_and_no_empty_list() -> None:
    account, world, _ = meta()
    route = next(one for one in account._handlers if one[0].path.endswith("/adrules_library"))
    refuse = (Route("GET", route[0].path, route[0].handler, "ads_management"), *route[1:])
    account._handlers[account._handlers.index(route)] = refuse
    vantage, scopes, reads = await world.poll()
    assert (reads["rules"].coverage.state, reads["rules"].coverage.code) == (State.DENIED, "200")
    assert reads["campaigns"].coverage.complete and "ads_management" not in VENDOR.grants and vantage.coverage.complete
    assert Ref(Kind.AUTOMATION, "rules") not in scopes or not scopes[Ref(Kind.AUTOMATION, "rules")].resources


async def test_a_feed_of_which_nothing_went_in_has_failed() -> None:
    account, world, _ = meta()
    _, scopes, _ = await world.poll()
    feed = rows(scopes, Kind.SYNC, "901.feeds")["951"]
    assert (feed.health.state, feed.health.rows_ok, feed.health.rows_failed) == ("ok", 897, 3)
    assert (feed.facts["source"], feed.facts["schedule"]) == ("feeds.example.com", "HOURLY 6")
    assert rows(scopes, Kind.SYNC, "901.feeds")["952"].facts["x_updates_only"] is True
    account.upload(feed="951", ok=0, invalid=900, errors=900)
    _, scopes, _ = await world.poll()
    sick = rows(scopes, Kind.SYNC, "901.feeds")["951"].health
    assert (sick.state, sick.rows_failed, sick.succeeded_at) == ("failing", 900, None) and sick.failed_at is not None
    account.alter(table="product_feeds", key="951", what={"latest_upload": {"start_time": "2026-05-28T20:00:00+0000"}})
    account.alter(table="product_feeds", key="952", what={"latest_upload": None})
    _, scopes, _ = await world.poll()
    states = {key: row.health.state for key, row in rows(scopes, Kind.SYNC, "901.feeds").items()}
    assert states == {"951": "running", "952": "unknown"}


async def test_an_account_that_was_disabled_says_so_and_for_what() -> None:
    account, world, _ = meta()
    row = account.tables["accounts"][0]
    row |= {"account_status": 2, "disable_reason": 1}
    _, scopes, _ = await world.poll()
    (told,) = rows(scopes, Kind.PLATFORM, "account").values()
    assert (told.facts["status"], told.facts["x_disabled_for"]) == ("disabled", 1)
    (health,) = (one.health for one in rows(scopes, Kind.SYNC, "delivery").values())
    assert (health.state, health.errors) == ("failing", ("1",))


async def test_people_are_told_with_two_factors_and_tasks_and_only_with_their_permission() -> None:
    account, world, _ = meta()
    vantage, scopes, _ = await world.poll(person=name)
    assert vantage.grants == {"ads_read", "business_management", "catalog_management", "task ANALYZE"}
    assert vantage.subject == "monitor (122100)"
    people = {key: row.facts for key, row in rows(scopes, Kind.PERMISSION, f"{ACCOUNT}.business").items()}
    assert people["agency"]["x_two_factor"] == "two_fac_off" and people["admin-01"]["admin"] is True
    assigned = rows(scopes, Kind.PERMISSION, f"{ACCOUNT}.people")
    assert assigned["11"].facts["admin"] is True and assigned["21"].facts["grants"] == ["ANALYZE"]
    assert "@example.com" not in repr(scopes)
    account.revoke(name=MANAGE)
    account.revoke(name=CATALOG)
    vantage, _, reads = await world.poll()
    denied = {key.partition("/")[0] for key, found in reads.items() if found.coverage.state is State.DENIED}
    assert denied == {"account-people", "people", "system-users", "catalogs", "feeds"} and MANAGE not in vantage.grants
    assert reads["pixels"].coverage.complete


async def test_an_account_without_a_business_is_asked_for_nobody() -> None:
    account, world, wire = meta()
    account.tables["accounts"][0]["business"] = None
    _, _, reads = await world.poll()
    assert all(found.coverage.complete for found in reads.values())
    assert not any(BUSINESS in str(one.url) for one in wire.requests)


async def test_permissions_that_are_not_told_are_none_and_the_reading_goes_on() -> None:
    account, world, _ = meta()
    route = next(one for one in account._handlers if one[0].handler == "permissions")
    account._handlers[account._handlers.index(route)] = (*route[:2], account.missing)
    vantage, _, reads = await world.poll()
    assert vantage.coverage.complete and vantage.grants == {"task ANALYZE"} and reads["pixels"].coverage.complete


@pytest.mark.parametrize(
    ("code", "status", "state", "word"),
    [
        (200, 403, State.DENIED, "Denied"), (294, 400, State.DENIED, "Denied"), (190, 400, State.DENIED, "Expired"),
        (100, 400, State.FAILED, "Rejected"), (2635, 400, State.FAILED, "Retired"),
        (2, 500, State.FAILED, "Unreachable"), (80004, 400, State.FAILED, "Throttled"),
        (17, 200, State.FAILED, "Throttled"),
    ],
)  # fmt: skip
async def test_the_code_decides_whatever_the_status_is(code: int, status: int, state: State, word: str) -> None:
    account, world, _ = meta()
    await world.poll()
    edge = account.edge

    def refuse(request: Any, **of: str) -> Any:
        return account.error(code, "no", status=status) if "campaigns" in request.path else edge(request, **of)

    account._handlers = [
        (route, pattern, refuse if route.handler == "edge" else handler)
        for route, pattern, handler in account._handlers
    ]
    _, scopes, reads = await world.poll(listings=["campaigns"])
    coverage = reads["campaigns"].coverage
    assert (coverage.state, coverage.code) == (state, str(code)) and coverage.reason.startswith(word)
    assert not scopes[Ref(Kind.SCHEMA, "campaigns")].resources


async def test_an_object_that_is_not_there_or_not_ours_to_see_takes_nothing_away() -> None:
    account, world, _ = meta()
    await world.poll()
    account.set_account(account="777")
    vantage, _, _ = await world.poll()
    assert vantage.coverage.state is State.FAILED and "missing permissions" in vantage.coverage.reason


async def test_a_version_that_fell_forward_is_told_in_the_vantage() -> None:
    account, world, _ = meta()
    vantage, _, _ = await world.poll()
    assert vantage.api_version == "v26.0"
    account.fell_forward = "v27.0"
    vantage, _, _ = await world.poll()
    assert vantage.api_version == "v27.0"


async def test_a_limit_that_is_nearly_used_up_is_left_to_others() -> None:
    account, world, _ = meta()
    start = world.clock.monotonic()
    await world.poll(listings=["campaigns"])
    quick = world.clock.monotonic() - start
    account.use(percent=95)
    start = world.clock.monotonic()
    await world.poll(listings=["campaigns"])
    assert world.clock.monotonic() - start >= 60 > quick
    account.use(percent=100, regain=7)
    start = world.clock.monotonic()
    vantage, _, reads = await world.poll(listings=["campaigns"])
    waited = world.clock.monotonic() - start
    assert waited >= 60 or not reads["campaigns"].coverage.complete or not vantage.coverage.complete


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({}, 0.0), ({"x-app-usage": "no json"}, 0.0), ({"x-app-usage": "[]"}, 0.0),
        ({"x-app-usage": '{"call_count": 12, "total_time": "x"}'}, 0.0),
        ({"x-ad-account-usage": '{"acc_id_util_pct": 90.0}'}, 60.0),
        ({"x-business-use-case-usage": '{"9": [{"call_count": 96, "estimated_time_to_regain_access": 0}, 3]}'}, 60.0),
        ({"x-business-use-case-usage": '{"9": [{"call_count": 100, "estimated_time_to_regain_access": 9}]}'}, 540.0),
        ({"x-business-use-case-usage": '{"9": [{"estimated_time_to_regain_access": 900}]}'}, 3600.0),
    ],
)  # fmt: skip
def test_usage_headers_say_for_how_long_to_give_way(header: dict[str, str], seconds: float) -> None:
    assert pace(Answer(200, header, b"{}")) == seconds


async def test_the_account_s_history_names_who_changed_what() -> None:
    account, world, _ = meta(actor="agency@example.com", page=1)
    account.alter(table="customaudiences", key="701", what={"name": "Others"})
    account.alter(table="campaigns", key="801", what={"configured_status": "PAUSED"})
    at = 1_779_999_960.0  # as the account's history has it
    campaigns = Ref(Kind.SCHEMA, "campaigns")
    sought = [Sought(campaigns, "801", at - 60, at + 60, "801"), Sought(campaigns, "802", at - 60, at + 60, "802"),
              Sought(campaigns, "801", at - 9e3, at - 8e3, "801")]  # fmt: skip
    named, *others = await who(VENDOR, world.api, sought, person=name)
    assert named == {"by": "agency", "how": "named", "action": "update_campaign", "at": "2026-05-28T20:26:00Z"}
    assert not any(others)
