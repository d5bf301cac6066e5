"""Google Analytics 4: its traps, and its simulated account against Google's discovery documents."""

from __future__ import annotations

from typing import Any

import pytest

from probes.ga4 import VENDOR
from probes.kit.contract import Denied, Kind, Malformed, Ref, Scope, Sought, State
from probes.kit.demand import who
from probes.kit.memo import Memos
from probes.simulated.ga4 import EDIT, OLD, STREAM, USERS, WEB

from .desks import BASE, NOW, Said, desk
from .discovery import unlike
from .kit.world import World
from .specs import spec, unread

OPTIONS = {"account": "100200", "login": BASE, "data": BASE}
PROPERTY = "300400"


def ga4(**account: Any) -> tuple[Any, World, Said]:
    return desk(VENDOR, options=OPTIONS, **account)


def rows(scopes: dict[Ref, Scope], kind: Kind, name: str) -> dict[str, Any]:
    return {one.key: one for one in scopes[Ref(kind, name)].resources}


def name(person: str) -> str:
    return person.partition("@")[0]


async def test_no_declared_fact_reads_nothing() -> None:
    account, world, _ = ga4()
    rolled_up(account)
    _, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()


def rolled_up(account: Any) -> None:
    """A roll-up of the website, which only some accounts have."""
    own = {**account.find("properties", WEB), "propertyType": "PROPERTY_TYPE_ROLLUP", "displayName": "All"}
    account.put(table="properties", row={**own, "name": "properties/300450"})
    source = {"name": "properties/300450/rollupPropertySourceLinks/1", "sourceProperty": WEB}
    account.put(table="rollupPropertySourceLinks", row=source)


async def test_what_only_some_properties_have_is_asked_of_those_alone() -> None:
    account, world, wire = ga4()
    _, scopes, reads = await world.poll()
    assert all(found.coverage.complete for found in reads.values())
    (data,) = rows(scopes, Kind.SCHEMA, f"{PROPERTY}.expanded").values()
    assert data.facts["x_dimensions"] == ["customEvent:region", "pagePath"]
    (sent,) = rows(scopes, Kind.AUTOMATION, f"{PROPERTY}.subproperties").values()
    assert sent.facts["x_to"] == "300401" and sent.facts["criteria"][0]["filterClauseType"] == "INCLUDE"
    assert rows(scopes, Kind.SYNC, f"{PROPERTY}.subproperty-sync")["300401"].facts["mode"] == "ALL"
    assert not any("rollup" in one.url.path for one in wire.requests)
    rolled_up(account)
    account.alter(table="properties", key=WEB, what={"serviceLevel": "GOOGLE_ANALYTICS_STANDARD"})
    wire.requests.clear()
    world.memories = Memos()
    names = ["properties", "roll-up", "expanded", "subproperties", "subproperty-sync"]
    _, scopes, reads = await world.poll(listings=names)
    assert all(found.coverage.complete for found in reads.values()), "others would answer with an error"
    assert set(rows(scopes, Kind.SYNC, "300450.roll-up")) == {PROPERTY}
    assert not any(f"{WEB}/expanded" in one.url.path for one in wire.requests)


async def test_answers_are_of_the_shape_that_google_publishes() -> None:
    beta, alpha = spec("google/analyticsadmin.v1beta.json"), spec("google/analyticsadmin.v1alpha.json")
    account, world, wire = ga4()
    account.alter(table="customDimensions", key=f"{WEB}/customDimensions/1", what={"displayName": "Campaign"})
    await world.poll()
    await who(VENDOR, world.api, [Sought(Ref(Kind.FIELD, f"{PROPERTY}.dimensions"), "x", NOW, NOW)], person=name)
    for table in ("googleAdsLinks", "bigQueryLinks", "keyEvents"):  # whole rows, what is false included
        list_of = table.replace("bigQ", "bigq")
        wire.said += [(f"/v1alpha/{row['name'].rpartition('/')[0]}", {list_of: [row]}) for row in account.tables[table]]
    said = [one for one in wire.said if not one[0].endswith("Report")]
    assert unlike(beta, [one for one in said if one[0].startswith("/v1beta/")]) == []
    assert unlike(alpha, [one for one in said if one[0].startswith("/v1alpha/")]) == []


async def test_no_secret_and_no_access_report_is_ever_asked_for() -> None:
    _, world, wire = ga4()
    await world.poll()
    paths = [one.url.path for one in wire.requests]
    assert not any("Secret" in path or "AccessReport" in path or "SiteTag" in path for path in paths)
    posts = {path.rpartition(":")[2] for one, path in zip(wire.requests, paths, strict=True) if one.method == "POST"}
    assert posts == {"runReport", "runRealtimeReport"}


async def test_two_dimensions_of_one_parameter_are_told_apart_by_their_scope() -> None:
    _, world, _ = ga4()
    _, scopes, _ = await world.poll()
    found = rows(scopes, Kind.FIELD, f"{PROPERTY}.dimensions")
    assert set(found) == {"EVENT/campaign_name", "EVENT/region", "USER/region", "ITEM/item_line"}
    assert found["USER/region"].facts["x_not_for_ads"] is True and found["EVENT/region"].facts["x_not_for_ads"] is False
    assert found["EVENT/region"].id == f"{WEB}/customDimensions/2"
    metrics = rows(scopes, Kind.FIELD, f"{PROPERTY}.metrics")
    assert (
        metrics["EVENT/margin"].facts["type"] == "currency" and metrics["EVENT/lead_score"].facts["type"] == "decimal"
    )
    (formula,) = rows(scopes, Kind.FIELD, f"{PROPERTY}.calculated").values()
    assert formula.facts["x_broken"] is True and formula.facts["formula"].startswith("{{advertiserAdCost}}")
    assert formula.evidence["link"].endswith("#/a100200p300400/admin")


async def test_a_dimension_that_is_archived_is_a_removal_in_a_complete_list() -> None:
    account, world, _ = ga4()
    await world.poll()
    account.drop(table="customDimensions", key=f"{WEB}/customDimensions/1")
    vantage, scopes, _ = await world.poll()
    scope = scopes[Ref(Kind.FIELD, f"{PROPERTY}.dimensions")]
    assert scope.coverage.complete and "EVENT/campaign_name" not in scope.keys and Kind.FIELD not in vantage.silent


async def test_the_last_row_of_a_list_leaves_an_empty_answer_that_is_a_complete_list() -> None:
    account, world, _ = ga4()
    await world.poll()
    account.drop(table="firebaseLinks", key=f"{WEB}/firebaseLinks/f1")
    _, scopes, _ = await world.poll()
    scope = scopes[Ref(Kind.SYNC, f"{PROPERTY}.firebase")]
    assert scope.coverage.complete and not scope.keys


async def test_a_property_in_the_trash_is_archived_and_asked_for_nothing_more() -> None:
    account, world, wire = ga4()
    _, scopes, _ = await world.poll()
    found = rows(scopes, Kind.SCHEMA, "properties")
    assert found["300399"].facts["archived"] is True and found[PROPERTY].facts["archived"] is False
    assert not any(one.url.path.startswith(f"/v1beta/{OLD}/") for one in wire.requests)
    account.alter(table="properties", key=WEB, what={"updateTime": "2026-05-28T00:00:00Z"})
    _, again, _ = await world.poll()
    changed = rows(again, Kind.SCHEMA, "properties")
    assert not changed or changed[PROPERTY].facts == found[PROPERTY].facts, "a time of change is no change"


async def test_rules_say_which_parameters_they_read_and_which_events_they_write() -> None:
    _, world, _ = ga4()
    _, scopes, _ = await world.poll()
    (rule,) = rows(scopes, Kind.AUTOMATION, "500601.event-rules").values()
    assert (rule.facts["writes"], rule.facts["reads"]) == (["generate_lead"], ["*/EVENT/event_name", "*/EVENT/form_id"])
    (edit,) = rows(scopes, Kind.AUTOMATION, "500601.event-edits").values()
    assert (edit.facts["writes"], edit.facts["x_order"]) == (["*/EVENT/region"], "1")
    assert "EVENT/region" in rows(scopes, Kind.FIELD, f"{PROPERTY}.dimensions"), "written as its list has it"
    assert Ref(Kind.AUTOMATION, "500602.event-rules") not in scopes, "an app has no such rules"


async def test_a_flag_that_is_false_is_left_out_and_read_as_false() -> None:
    account, world, _ = ga4()
    key = f"{STREAM}/dataRedactionSettings"
    account.alter(table="settings", key=key, what={"emailRedactionEnabled": False})
    _, scopes, _ = await world.poll()
    (row,) = rows(scopes, Kind.PLATFORM, "500601.redaction").values()
    assert row.facts == {"enabled": False, "x_queries": True, "x_parameters": ["email", "name"]}


async def test_people_are_read_with_their_roles_and_only_with_their_own_scope() -> None:
    account, world, _ = ga4()
    _, scopes, _ = await world.poll(person=name)
    found = rows(scopes, Kind.PERMISSION, "account-people")
    assert {key: row.facts["roles"] for key, row in found.items()} == {
        "admin-01": ["admin"], "agency": ["analyst", "no-cost-data"], "web": ["viewer"],
    }  # fmt: skip
    assert set(rows(scopes, Kind.PERMISSION, f"{PROPERTY}.people")) == {"analytics"}
    assert "creatorEmailAddress" not in repr(scopes) and "@example.com" not in repr(scopes)
    account.revoke(name=USERS)
    _, _, reads = await world.poll()
    coverage = reads["account-people"].coverage
    assert (coverage.state, coverage.code) == (State.DENIED, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")


async def test_an_account_that_the_credential_does_not_reach_is_denied_and_nothing_is_gone() -> None:
    account, world, _ = ga4()
    await world.poll()
    account.set_account(account="accounts/777")
    vantage, _, _ = await world.poll()
    assert vantage.coverage.state is State.DENIED and "accounts/100200 is not among the 3" in vantage.coverage.reason


async def test_a_property_that_is_not_shown_any_more_is_held() -> None:
    _, world, _ = ga4()
    vantage, _, _ = await world.poll()
    assert (vantage.account, vantage.account_name, vantage.subject) == ("accounts/100200", "Example", "access token")
    assert Kind.SCHEMA in vantage.silent


async def test_a_used_up_limit_is_a_403_and_waited_for() -> None:
    account, world, _ = ga4()
    await world.poll()
    start = world.clock.monotonic()
    account.throttle(n=1)
    vantage, _, reads = await world.poll()
    assert vantage.coverage.complete and all(found.coverage.complete for found in reads.values())
    assert world.clock.monotonic() > start


async def test_streams_tell_when_something_last_arrived() -> None:
    account, world, _ = ga4()
    _, scopes, _ = await world.poll()
    found = rows(scopes, Kind.SYNC, f"{PROPERTY}.arriving")
    site, app, other = (found[f"50060{n}"].health for n in (1, 2, 3))
    assert (site.state, app.state, other.state) == ("ok", "ok", "unknown")
    assert 3 * 60 <= NOW - site.succeeded_at < 5 * 60 and other.succeeded_at is None
    account.silence(stream="500601")
    _, scopes, _ = await world.poll()
    quiet = rows(scopes, Kind.SYNC, f"{PROPERTY}.arriving")["500601"].health
    assert (quiet.state, quiet.succeeded_at) == ("unknown", None)


async def test_key_events_tell_how_many_there_were_on_the_last_settled_day() -> None:
    account, world, _ = ga4()
    _, scopes, _ = await world.poll()
    found = rows(scopes, Kind.SYNC, f"{PROPERTY}.counted")
    lead, never = found["generate_lead"].health, found["qualify_lead"].health
    assert (lead.state, lead.rows_ok) == ("ok", 31) and 86_400 < NOW - lead.succeeded_at < 3 * 86_400
    assert (never.state, never.succeeded_at) == ("unknown", None) and "page_view" not in found
    account.silence(event="generate_lead")
    _, scopes, _ = await world.poll()
    assert rows(scopes, Kind.SYNC, f"{PROPERTY}.counted")["generate_lead"].health.state == "unknown"


async def test_a_stream_that_has_gone_silent_keeps_the_day_it_was_last_heard() -> None:
    account, world, _ = ga4()
    _, scopes, _ = await world.poll()
    site = rows(scopes, Kind.SYNC, f"{PROPERTY}.streams-counted")["500601"].health
    assert (site.state, site.rows_ok) == ("ok", 31 + 120 + 9000)
    for row in account.tables["events"]:
        row |= {"days": row["days"] + 3} if "days" in row else {}
    _, scopes, _ = await world.poll()
    later = rows(scopes, Kind.SYNC, f"{PROPERTY}.streams-counted")["500601"].health
    assert later.rows_ok == site.rows_ok and site.succeeded_at - later.succeeded_at == 2 * 86_400


async def test_a_property_without_streams_and_key_events_has_nothing_to_arrive() -> None:
    account, world, _ = ga4()
    account.tables |= {"dataStreams": [], "keyEvents": []}
    _, scopes, reads = await world.poll(listings=["properties", "arriving", "counted"])
    assert all(found.coverage.complete for found in reads.values())
    assert not scopes[Ref(Kind.SYNC, f"{PROPERTY}.counted")].keys


@pytest.mark.parametrize("told", [{"rows": []}, {"dimensionHeaders": [{"name": "city"}]}])
async def test_a_report_that_was_not_asked_for_is_no_report(told: dict[str, Any]) -> None:
    account, world, _ = ga4()
    account._handlers = [
        (route, pattern, (lambda request, up: told) if "Report" in route.path else handler)
        for route, pattern, handler in account._handlers
    ]
    _, _, reads = await world.poll(listings=["properties", "arriving"])
    assert reads[f"arriving/{PROPERTY}"].coverage.state is State.FAILED


async def test_a_list_that_is_something_else_is_malformed() -> None:
    account, world, _ = ga4()
    account._handlers = [
        (route, pattern, (lambda request: {"accounts": []}) if "Summaries" in route.path else handler)
        for route, pattern, handler in account._handlers
    ]
    vantage, _, _ = await world.poll()
    assert vantage.coverage.state is State.FAILED and "it has accounts" in vantage.coverage.reason


async def test_the_change_history_names_who_changed_a_dimension_and_asks_for_its_own_scope() -> None:
    account, world, _ = ga4(actor="analytics@example.com")
    id = f"{WEB}/customDimensions/2"
    account.alter(table="customDimensions", key=id, what={"displayName": "Sales region"})
    ref = Ref(Kind.FIELD, f"{PROPERTY}.dimensions")
    asked = [Sought(ref, "EVENT/region", NOW - 60, NOW + 60, id), Sought(ref, "EVENT/x", NOW - 60, NOW + 60, "other"),
             Sought(ref, "EVENT/region", NOW - 9000, NOW - 8000, id)]  # fmt: skip
    named, unknown, earlier = await who(VENDOR, world.api, asked, person=name)
    assert not isinstance(named, Denied) and named["by"] == "analytics"  # type: ignore[index]
    assert (named["how"], named["action"]) == ("named", "UPDATED") and not unknown and not earlier  # type: ignore[index]
    nobody, hidden, _ = ga4(actor="")
    nobody.alter(table="customDimensions", key=id, what={"displayName": "Sales region"})
    assert await who(VENDOR, hidden.api, asked[:1], person=name) == [{}], "a person who is not told is not called user"
    stream = account.tables["dataStreams"][0]["name"]
    account.alter(table="dataStreams", key=stream, what={"displayName": "Shop"})
    known = Ref(Kind.SCHEMA, f"{PROPERTY}.streams")
    asked_of = [Sought(known, "x", NOW - 60, NOW + 60, stream.rpartition("/")[2]), Sought(known, "x", NOW, NOW, "2")]
    named, other = await who(VENDOR, world.api, asked_of, person=name)
    assert named["by"] == "analytics" and not other, "a stream is known by its number alone"  # type: ignore[index]
    account.revoke(name=EDIT)
    (refused,) = await who(VENDOR, world.api, asked[:1], person=name)
    assert isinstance(refused, Denied)


async def test_a_list_that_does_not_end_is_malformed() -> None:
    account, world, _ = ga4()
    endless = {"changeHistoryEvents": [], "nextPageToken": "again"}
    account._handlers = [
        (route, pattern, (lambda request, up: endless) if "History" in route.path else handler)
        for route, pattern, handler in account._handlers
    ]
    (told,) = await who(VENDOR, world.api, [Sought(Ref(Kind.SCHEMA, "x"), "y", NOW, NOW)], person=name)
    assert isinstance(told, Malformed) and "more than 5 pages" in told.message


async def test_links_to_search_ads_360_and_display_and_video_tell_what_is_shared() -> None:
    account, world, _ = ga4()
    key = f"{WEB}/searchAds360Links/s1"
    account.alter(table="searchAds360Links", key=key, what={"costDataSharingEnabled": False})
    _, scopes, _ = await world.poll()
    searched = rows(scopes, Kind.SYNC, f"{PROPERTY}.search-ads-360")["21700000001"].facts
    assert searched["x_campaigns"] is True and searched["x_costs"] is False and searched["x_stats"] is True
    shown = rows(scopes, Kind.SYNC, f"{PROPERTY}.display-video")["5550001"].facts
    assert (shown["target"], shown["x_for_ads"], shown["x_campaigns"]) == ("5550001", True, False)
