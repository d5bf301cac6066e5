"""Salesforce Marketing Cloud: its traps, its SOAP answers against bombs, and both against answers of a real account."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from probes.kit.contract import (
    Absent,
    Denied,
    Fault,
    Kind,
    Malformed,
    Ref,
    Rejected,
    Resource,
    Sought,
    State,
    Unsupported,
    lost,
)  # fmt: skip
from probes.kit.demand import look, who
from probes.kit.memo import Memos
from probes.kit.prepared import Plan
from probes.sfmc import VENDOR
from probes.sfmc.asked import when
from probes.sfmc.soap import DEEPEST, TOKEN, many, parse, said
from probes.sfmc.told import queried
from probes.simulated.sfmc import soap as service
from probes.simulated.sfmc.content import tables
from tests.probes.desks import NOW, Said, desk
from tests.probes.judged import said as judged
from tests.probes.kit.world import World, js
from tests.probes.specs import SPECS, unread

OPTIONS = {
    "subdomain": "mcexample",
    "mid": "510001234",
    "login": "https://account.test",
    "soap": "https://account.test",
}
EXTENSIONS, LEADS = Ref(Kind.SCHEMA, "data-extensions"), Ref(Kind.FIELD, "leads_emea")
USERS = Ref(Kind.PERMISSION, "users")


def sfmc(**account: Any) -> tuple[Any, World, Said]:
    return desk(VENDOR, options=OPTIONS, **account)


def rows(scopes: Any, ref: Ref) -> dict[str, Any]:
    return {one.key: one for one in scopes[ref].resources}


def forgetful(world: World) -> World:
    world.memories, world.plan = Memos(), Plan()
    return world


def twisted(part: str, reply: httpx.Response, times: int = 99, kind: bytes = b"") -> tuple[World, Said]:
    """The account, whose next answers to paths holding `part` (and bodies holding `kind`) are `reply`."""
    _, world, wire = sfmc()
    real, left = wire.inner, [reply] * times

    class Twist(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            meant = left and part in request.url.path and kind in request.content
            return left.pop() if meant else await real.handle_async_request(request)

    wire.inner = Twist()
    return world, wire


def xml(body: bytes, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=body, headers={"content-type": "text/xml; charset=utf-8"})


async def test_no_declared_fact_reads_nothing() -> None:
    _, world, _ = sfmc()
    vantage, scopes, reads = await world.poll()
    assert [id for id, one in reads.items() if not one.coverage.complete] == []
    assert unread(VENDOR, scopes) == set()
    assert (vantage.account, vantage.account_name, vantage.locale) == ("510001234", "Example EMEA", "en-US")
    assert vantage.grants == VENDOR.grants.keys() and "not-for-git" not in repr(scopes)


def real(name: str) -> bytes:
    file: Path = SPECS / "sfmc" / name
    if not file.exists():
        pytest.skip(
            f"the answers of a real account, sfmc/{name}, are not at hand: DRIFTLINE_SPECS names no such folder"
        )
    return file.read_bytes()


def shape(value: Any) -> Any:
    """Names of everything that is in a value."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items() if inner not in (None, "", [])}
    return None


@pytest.mark.parametrize("kind", ["dataExtension", "dataExtensionField", "accountUser", "role"])
def test_the_simulated_soap_answers_are_of_the_shape_of_a_real_account(kind: str) -> None:
    told = parse(real(f"{kind}_retrieve-response.xml"))["RetrieveResponseMsg"]
    assert told["OverallStatus"] == "OK" and told["RequestID"]
    known: dict[str, Any] = {}
    for row in many(told["Results"]):
        known |= shape(row)
    name = kind[0].upper() + kind[1:]
    ours = parse(service.answer(name, "OK", "1", tables()[name]))["RetrieveResponseMsg"]["Results"]
    strangers = {name for row in many(ours) for name in shape(row)} - known.keys()
    assert strangers == set()


@pytest.mark.parametrize(("file", "table"), [("automation_get", "automations"), ("interactions_get", "journeys")])
def test_the_simulated_rest_answers_are_of_the_shape_of_a_real_account(file: str, table: str) -> None:
    told = json.loads(real(f"{file}-response.json"))
    known = {name for row in told.get("items", [told]) for name in row}
    assert {name for row in tables()[table] for name in row} - known == set()


async def test_the_token_of_one_business_unit_goes_inside_of_the_envelope_and_ages_in_twenty_minutes() -> None:
    account, world, wire = sfmc()
    await world.poll(listings=["roles"])
    asked = [one for one in wire.requests if one.url.path == "/Service.asmx"]
    assert asked and all(b"<fueloauth" in one.content and TOKEN not in one.content for one in asked)
    tokens = [json.loads(one.content) for one in wire.requests if one.url.path == "/v2/token"]
    assert {one["account_id"] for one in tokens} == {"510001234"}
    world.clock.advance(1_100)
    _, _, reads = await world.poll(listings=["roles"])
    assert reads["roles"].coverage.complete
    account.tokens.clear()  # ended before its time: a fault with a 500
    _, _, reads = await world.poll(listings=["roles"])
    assert reads["roles"].coverage.complete


async def test_a_client_that_is_refused_and_a_business_unit_without_the_package_are_dead_credentials() -> None:
    for change in ("client_secret", "account"):
        account, world, wire = sfmc()
        setattr(account, change, "other")
        vantage, scopes, reads = await world.poll()
        assert "Expired" in vantage.coverage.reason and scopes == {} and len(wire.requests) == 1
        assert {one.coverage.state for one in reads.values()} == {State.DENIED}


async def test_a_scope_that_is_taken_away_is_said_in_an_overall_status_and_in_the_vantage() -> None:
    account, world, _ = sfmc()
    before, _, _ = await world.poll()
    account.revoke(name="data_extensions_read")
    account.revoke(name="journeys_read")
    after, scopes, reads = await world.poll()
    assert lost(before.grants, after.grants, scopes[EXTENSIONS].needs) == {"data_extensions_read"}
    assert {reads[name].coverage.state for name in ("data-extensions", "journeys", "events")} == {State.DENIED}
    assert reads["users"].coverage.complete and not scopes[EXTENSIONS].resources


async def test_2500_rows_are_a_page_and_a_service_that_goes_in_circles_is_no_list() -> None:
    _account, world, wire = sfmc(page=2)
    _, scopes, reads = await world.poll(listings=["data-extensions"])
    assert reads["data-extensions"].coverage.complete and len(rows(scopes, LEADS)) == 6
    assert sum(b"<ContinueRequest>" in one.content for one in wire.requests) == 1 + 4
    circle = xml(service.answer("Role", "MoreDataAvailable", "again", tables()["Role"]))
    world, _ = twisted("/Service.asmx", circle, kind=b"Request>")
    _, scopes, reads = await world.poll(listings=["roles"])
    assert reads["roles"].coverage.code == "loop" and not scopes[Ref(Kind.PERMISSION, "roles")].resources


@pytest.mark.parametrize(
    ("words", "state", "fault"),
    [
        ("Error: API Permission Failed: ErrorCode 22", State.DENIED, "Denied"),
        ("Error: The Request Property(s) Nothing do not match", State.FAILED, "Rejected"),
        ("Error: Execution Timeout Expired.", State.FAILED, "Unreachable"),
        ("", State.FAILED, "Rejected"),
    ],
)
async def test_an_overall_status_in_a_200_is_a_fault(words: str, state: State, fault: str) -> None:
    world, _ = twisted("/Service.asmx", xml(service.answer("Role", words, "1", [])))
    _, _scopes, reads = await world.poll(listings=["roles"])
    assert reads["roles"].coverage.state is state and reads["roles"].coverage.reason.startswith(fault)


@pytest.mark.parametrize(("words", "fault"), [("Login Failed", "Expired"), ("Something else", "Unreachable")])
async def test_a_fault_with_a_500_is_told_by_its_words(words: str, fault: str) -> None:
    world, _ = twisted("/Service.asmx", xml(service.fault("q0:Security", words), 500))
    _, _, reads = await world.poll(listings=["roles"])
    assert reads["roles"].coverage.reason.startswith(fault)
    assert type(said("Bad property", Malformed)) is Malformed


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    + b"".join(b'<!ENTITY %c "%s">' % (97 + at, b"&%c;" % (96 + at) * 10) for at in range(2, 12))
    + b']><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><x>&l;</x></s:Body></s:Envelope>'
)
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><s:Envelope '
    b'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><x>&f;</x></s:Body></s:Envelope>'
)
BIG = (
    b'<!DOCTYPE x [<!ENTITY a "' + b"A" * 100_000 + b'">]><s:Envelope xmlns:s="s"><s:Body><x>' + b"&a;" * 20_000
    + b"</x></s:Body></s:Envelope>"
)  # fmt: skip
DEEP = (
    b'<s:Envelope xmlns:s="s"><s:Body>' + b"<x>" * (DEEPEST + 1) + b"</x>" * (DEEPEST + 1) + b"</s:Body></s:Envelope>"
)


@pytest.mark.parametrize(
    ("bomb", "code"),
    [
        (LAUGHS, "doctype"), (OUTSIDE, "doctype"), (BIG, "doctype"),
        (b'<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd"><s:Envelope xmlns:s="s"><s:Body><x/></s:Body></s:Envelope>',
         "doctype"),
        (DEEP, "cap"), (DEEP.decode().encode("utf-16"), "cap"),
        (b'<s:Envelope xmlns:s="s"><s:Body>&undeclared;</s:Body></s:Envelope>', ""),
        (b'<s:Envelope xmlns:s="s"><s:Body><x></s:Body></s:Envelope>', ""),
        (b'<s:Envelope xmlns:s="s"><s:Header/></s:Envelope>', ""), (b"<html><body>Sign in</body></html>", ""),
        (b'<s:Envelope xmlns:s="s"><s:Body><x/></s:Body></s:Envelope><more/>', ""), (b"", ""), (b"\xff\xfe", ""),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value[:24]),
)  # fmt: skip
def test_no_bomb_goes_off_and_nothing_is_fetched_from_outside(bomb: bytes, code: str) -> None:
    start = time.process_time()
    with pytest.raises(Malformed) as caught:
        parse(bomb)
    assert caught.value.code == code and time.process_time() - start < 1.0
    assert "passwd" not in caught.value.message and "haha" not in caught.value.message


async def test_a_bomb_in_an_answer_is_malformed_and_takes_nothing_with_it() -> None:
    for reply in (xml(LAUGHS), xml(OUTSIDE, 500), xml(b"<html>:Envelope</html>")):
        world, _ = twisted("/Service.asmx", reply)
        _, scopes, reads = await world.poll(listings=["roles"])
        assert "Malformed" in reads["roles"].coverage.reason and not scopes[Ref(Kind.PERMISSION, "roles")].resources


def test_nil_is_none_empty_is_empty_and_one_may_be_several() -> None:
    found = parse(
        service.answer("X", "OK", "1", [{"A": None, "B": "", "C": "1 & 2", "D": [{"E": 1}, {"E": 2}, {"E": 3}]}])
    )
    row = found["RetrieveResponseMsg"]["Results"]
    assert row == {"A": None, "B": "", "C": "1 & 2", "D": [{"E": "1"}, {"E": "2"}, {"E": "3"}]}
    assert (many(None), many(""), many(row), many([row])) == ([], [], [row], [row])


async def test_fields_of_views_of_the_vendors_own_are_left_out_and_text_becomes_what_it_means() -> None:
    _, world, _ = sfmc()
    _, scopes, _ = await world.poll(listings=["data-extensions"])
    assert {ref.name for ref in scopes if ref.kind is Kind.FIELD} == {"leads_emea", "regions", "consents"}
    fields = {key: row.facts for key, row in rows(scopes, LEADS).items()}
    assert fields["ContactKey"]["required"] is True and fields["ContactKey"]["x_primary_key"] is True
    assert (fields["Email"]["type"], fields["Email"]["length"]) == ("email", 254)
    assert (fields["Revenue"]["scale"], "scale" in fields["Score"]) == (2, False)
    leads, regions = (rows(scopes, EXTENSIONS)[key].facts for key in ("leads_emea", "regions"))
    assert leads["x_link"] == "ContactKey = _SubscriberKey" and "x_link" not in regions
    assert leads["retention"] == {"deletes": True, "length": 6, "restarts": False, "rows": False, "unit": "months"}
    assert "retention" not in regions and regions["label"] == "Regions & markets"


async def test_what_sending_and_counting_touch_is_no_change_and_a_narrower_field_is() -> None:
    account, world, _ = sfmc()
    _, before, _ = await world.poll()
    account.alter(table="DataExtension", key="leads_emea", what={"ModifiedDate": "2026-05-28T00:00:00.1"})
    account.alter(table="DataExtensionField", key="[leads_emea].[Score]", what={"Ordinal": 9})
    account.alter(table="journeys", key="welcome_emea", what={"stats": {"currentPopulation": 99}})
    _, after, _ = await forgetful(world).poll()
    assert judged(before, after) == set()
    account.alter(table="DataExtensionField", key="[leads_emea].[Region]", what={"MaxLength": 2})
    account.drop(table="DataExtension", key="regions")
    _, after, _ = await forgetful(world).poll()
    assert {change[:5] for change in judged(before, after)} == {
        ("leads_emea", "Region", "length", "", "narrowed"), ("data-extensions", "regions", "", "", "removed"),
        ("imports", "regions_file", "target", "", "changed"),
    }  # fmt: skip


async def test_a_persons_own_rights_are_a_fact_and_no_role_with_their_name() -> None:
    account, world, _ = sfmc()
    account.find("AccountUser", "agency-editor@example.com")["Roles"] = {"Role": {"Name": "Agency", "IsPrivate": False}}
    _, scopes, _ = await world.poll(person=lambda name: name.partition("@")[0])
    people = rows(scopes, USERS)
    assert people["admin-01"].facts["roles"] == ["Sys Def Admin", "Sys Def Imhadmin"]
    assert people["admin-01"].facts["x_own_rights"] is True and people["agency-editor"].facts["roles"] == ["Agency"]
    assert people["integration-user"].facts["api_only"] is True and people["agency-editor"].facts["active"] is False
    assert "Individual role" not in repr(scopes) and "@example.com" not in repr(scopes[USERS])


async def test_an_automation_that_fails_says_so_while_it_does_and_a_schedule_that_is_paused_is_drift() -> None:
    account, world, _ = sfmc()
    _, before, _ = await world.poll()
    states = {ref.name: scope.resources[0].health.state for ref, scope in before.items() if ref.name.endswith(".runs")}
    assert states == {"nightly_leads.runs": "ok", "hourly_consents.runs": "failing", "old_export.runs": "paused"}
    (steps,) = before[Ref(Kind.AUTOMATION, "nightly_leads.automation")].resources
    assert steps.facts["writes"] == ["leads_emea/"] and steps.facts["opaque"] is False
    assert steps.facts["x_recurs"] == "FREQ=DAILY;INTERVAL=1"
    account.alter(table="automations", key="nightly_leads", what={"status": "Running"})
    _, after, _ = await forgetful(world).poll()
    assert judged(before, after) == set(), "that it runs just now is health"
    account.alter(table="automations", key="nightly_leads", what={"status": "PausedSchedule"})
    _, after, _ = await forgetful(world).poll()
    assert {change[:5] for change in judged(before, after)} == {
        ("nightly_leads.automation", "nightly_leads", "active", "", "narrowed")
    }


async def test_imports_map_columns_and_a_querys_text_leaves_as_a_digest() -> None:
    _, world, _ = sfmc()
    _, scopes, _ = await world.poll(listings=["imports", "queries"])
    loads = rows(scopes, Ref(Kind.SYNC, "imports"))
    assert loads["leads_file"].facts["mapping"] == [{"from": "mail", "to": "Email"}, {"from": "region", "to": "Region"}]
    assert loads["leads_file"].health.writes
    (query, *_) = scopes[Ref(Kind.AUTOMATION, "queries")].resources
    assert (query.facts["object"], query.facts["reads"]) == ("leads_emea", ["*/ContactKey", "*/Score", "*/leads_emea"])
    assert query.facts["opaque"] is False and "SELECT" not in repr(scopes)
    assert loads["leads_file"].facts["target"] == "leads_emea", "the key, where the list has an id"


@pytest.mark.parametrize(
    ("text", "names", "opaque"),
    [
        ("SELECT l.[E mail], 'Region' x FROM [Leads] l -- Score", ["*/E mail", "*/Leads", "*/l", "*/x"], False),
        ("select * from a", ["*/a"], True), ("SELECT a.* FROM a", ["*/a"], True),
        ("SELECT DISTINCT\n* FROM a", ["*/a"], True), ("SELECT a * 2 b FROM c", ["*/a", "*/b", "*/c"], False),
        ("SELECT a /* * Score */ FROM c WHERE d = 'it''s *'", ["*/a", "*/c", "*/d"], False), ("", [], False),
    ],
)  # fmt: skip
def test_a_query_names_columns_and_one_that_takes_all_of_them_does_not_say_which(
    text: str, names: list[str], opaque: bool
) -> None:
    assert queried(text) == {"names": names, "opaque": opaque}


async def test_a_script_in_an_automation_does_what_nobody_sees() -> None:
    account, world, _ = sfmc()
    account.alter(table="automations", key="old_export", what={"steps.0.activities.0.objectTypeId": 423})
    _, scopes, _ = await world.poll(listings=["automations", "automation-steps"])
    (steps,) = scopes[Ref(Kind.AUTOMATION, "old_export.automation")].resources
    assert steps.facts["opaque"] is True and "writes" not in steps.facts


async def test_what_is_told_of_events_goes_to_a_host_that_was_proven_and_its_address_stays() -> None:
    account, world, _ = sfmc()
    _, before, _ = await world.poll(listings=["callbacks", "subscriptions"])
    known = rows(before, Ref(Kind.SYNC, "callbacks"))
    assert [known[key].facts["enabled"] for key in ("cb-0", "cb-1")] == [True, False]
    assert known["cb-0"].facts["target"] == "hooks.example.com"
    (one,) = before[Ref(Kind.SYNC, "cb-0.subscriptions")].resources
    assert one.health.state == "ok" and len(one.facts["x_events"]) == 2
    account.alter(table="subscriptions", key="sub-1", what={"status": "paused", "eventCategoryTypes": ["X"]})
    account.alter(table="callbacks", key="cb-0", what={"url": "https://hooks.example.com/other"})
    _, after, _ = await forgetful(world).poll(listings=["callbacks", "subscriptions"])
    assert {change[:3] for change in judged(before, after)} == {
        ("callbacks", "cb-0", "x_address_digest"), ("cb-0.subscriptions", "sub-1", "enabled"),
        ("cb-0.subscriptions", "sub-1", "x_events"), ("cb-0.subscriptions", "sub-1", "x_status"),
    }  # fmt: skip
    assert after[Ref(Kind.SYNC, "cb-0.subscriptions")].resources[0].health.state == "unknown"


@pytest.mark.parametrize("page", [1, 100])
async def test_who_changed_something_stands_in_the_audit_trail_on_the_systems_own_clock(page: int) -> None:
    account, world, _ = sfmc(page=page)
    account.alter(table="journeys", key="welcome_emea", what={"status": "Stopped"})
    account.drop(table="queries", key="score_leads")
    journeys, queries = Ref(Kind.AUTOMATION, "journeys"), Ref(Kind.AUTOMATION, "queries")
    asked = [
        Sought(journeys, "welcome_emea", NOW - 60, NOW + 60, id="j-1"), Sought(queries, "score_leads", NOW, NOW + 1),
        Sought(journeys, "welcome_emea", NOW - 7200, NOW - 3600, id="j-1"), Sought(EXTENSIONS, "x", NOW, NOW + 1),
    ]  # fmt: skip
    async with world.api as api:
        first, second, *others = await who(VENDOR, api, asked, person=str)
        assert isinstance(first, dict) and isinstance(second, dict) and others == [{}, {}]
        assert (first["by"], first["how"], first["action"]) == ("admin-01@example.com", "named", "Update")
        assert first["at"] == datetime.fromtimestamp(NOW, UTC).isoformat().replace("+00:00", "Z")
        assert second["action"] == "Delete"
        account.revoke(name="tracking_events_read")
        first, *others = await who(VENDOR, api, asked, person=str)
        assert first == {"by": "admin-01@example.com as shown", "how": "named", "action": "Modify",
                         "at": datetime.fromtimestamp(NOW, UTC).isoformat().replace("+00:00", "Z")}  # fmt: skip
        assert all(isinstance(one, Fault) for one in others), "the log of a journey tells of it, and of that time"
        account.revoke(name="journeys_read")
        assert all(isinstance(one, Fault) for one in await who(VENDOR, api, asked, person=str))


@pytest.mark.parametrize("body", [{"Items": []}, {"Page": 1}, {"Items": [{"timeStamp": "2020-01-01T00:00:00.1"}]}])
async def test_a_log_of_a_journey_that_tells_nothing_of_that_time_leaves_what_the_trail_said(body: Any) -> None:
    world, _ = twisted("/audit/all", js(body))
    async with world.api as api:
        asked = [Sought(Ref(Kind.AUTOMATION, "journeys"), "welcome_emea", NOW, NOW + 1)]
        assert await who(VENDOR, api, asked, person=str) == [{}]


@pytest.mark.parametrize(
    ("kind", "list", "key", "listing"),
    [(Kind.AUTOMATION, "journeys", "welcome_emea", "journeys"), (Kind.AUTOMATION, "events", "new_leads", "events"),
     (Kind.TEMPLATE, "e-mails", "", "e-mails")],
)  # fmt: skip
async def test_one_thing_is_as_its_list_has_it_and_one_that_is_not_there_is_gone(
    kind: Kind, list: str, key: str, listing: str
) -> None:
    account, world, _ = sfmc()
    _, scopes, _ = await world.poll(listings=[listing])
    ref = Ref(kind, list)
    key = key or scopes[ref].resources[0].key
    async with world.api as api:
        found = await look(VENDOR, api, ref, key, person=str)
        assert isinstance(found, Resource) and found.facts == rows(scopes, ref)[key].facts
        account.drop(table={"e-mails": "definitions"}.get(list, list), key=key)
        assert isinstance(await look(VENDOR, api, ref, key, person=str), Absent)
        account.revoke(name="email_read" if list == "e-mails" else "journeys_read")
        assert isinstance(await look(VENDOR, api, ref, key, person=str), Denied), "without the right nothing is gone"
        assert isinstance(await look(VENDOR, api, USERS, "x", person=str), Unsupported)


async def test_a_404_that_says_something_else_is_no_proof_that_a_thing_is_gone() -> None:
    said = {"message": "Interaction matching key not found.", "errorcode": 30000}
    world, _ = twisted("key:welcome_emea", js(said, 404))
    async with world.api as api:
        found = await look(VENDOR, api, Ref(Kind.AUTOMATION, "journeys"), "welcome_emea", person=str)
    assert isinstance(found, Rejected)


async def test_a_business_unit_that_is_switched_off_or_changes_its_edition_is_told() -> None:
    account, world, _ = sfmc()
    _, before, _ = await world.poll(listings=["business-unit"])
    account.alter(table="Account", key="510001234", what={"IsActive": False, "EditionID": 5})
    _, after, _ = await forgetful(world).poll(listings=["business-unit"])
    assert {change[1:3] for change in judged(before, after)} == {("510001234", "enabled"), ("510001234", "edition")}
    account.revoke(name="accounts_read")
    _, _, reads = await forgetful(world).poll(listings=["business-unit"])
    assert reads["business-unit"].coverage.state is State.DENIED


@pytest.mark.parametrize("body", [{}, [], {"items": None}])
async def test_a_trail_without_its_list_is_malformed(body: Any) -> None:
    world, _ = twisted("/auditEvents", js(body))
    async with world.api as api:
        (one,) = await who(VENDOR, api, [Sought(EXTENSIONS, "x", NOW, NOW + 1)], person=str)
        assert isinstance(one, Malformed)


async def test_a_trail_that_does_not_end_is_given_up_and_a_user_it_does_not_know_did_nothing() -> None:
    event = {"createdDate": "2026-05-28T20:26:40Z", "employee": {"userName": "Unavailable"}, "object": {"id": "x"},
             "operation": {"name": "Update"}}  # fmt: skip
    world, _ = twisted("/auditEvents", js([{"items": [event]}]))
    async with world.api as api:
        (one,) = await who(VENDOR, api, [Sought(EXTENSIONS, "x", NOW, NOW + 1)], person=str)
        assert isinstance(one, Malformed) and one.code == "cap"
    world, _ = twisted("/auditEvents", js([{"items": [event]}]), times=1)
    async with world.api as api:
        assert await who(VENDOR, api, [Sought(EXTENSIONS, "x", NOW - 60, NOW + 60)], person=str) == [{}]
    assert when(event) == NOW


async def test_an_account_that_is_well_has_no_automation_that_fails() -> None:
    account, world, _ = sfmc()
    account.well()
    _, scopes, _ = await world.poll(listings=["automations", "automation-steps"])
    states = {ref.name: scope.resources[0].health.state for ref, scope in scopes.items() if ref.name.endswith(".runs")}
    assert set(states.values()) == {"ok", "paused"}


@pytest.mark.parametrize(
    ("reply", "waits"),
    [
        (js({"message": "blocked", "errorcode": 50100, "retryAfter": 5}, 429, retry_after="5"), 5),
        (js({"message": "Your requests are temporarily blocked.", "errorcode": 50200}, 429), 600),
    ],
)
async def test_a_429_says_how_long_and_a_blocked_account_does_not(reply: httpx.Response, waits: float) -> None:
    world, _ = twisted("/automation/v1/queries", reply, times=1)
    before = world.clock.monotonic()
    _, _, reads = await world.poll(listings=["queries"])
    paused = world.api._limiters["default"].paused + world.clock.monotonic() - before
    assert paused >= waits and (reads["queries"].coverage.complete or waits > 60)


async def test_where_userinfo_does_not_answer_a_package_the_business_unit_is_the_one_that_was_named() -> None:
    world, _ = twisted("/v2/userinfo", js({"message": "no", "errorcode": 0}, 403))
    vantage, _, reads = await world.poll(listings=["roles"])
    assert (vantage.account, vantage.subject) == ("510001234", "installed package") and vantage.coverage.complete
    assert "users_read" in vantage.grants and reads["roles"].coverage.complete
