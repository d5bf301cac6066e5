"""Google Sheets: its traps, and its simulated account against Google's discovery documents."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from probes.google_sheets import VENDOR
from probes.google_sheets.told import _letters
from probes.kit.contract import Absent, Fault, Kind, Ref, Resource, Scope, Sought, State
from probes.kit.demand import look, who
from probes.kit.memo import Memos
from probes.simulated.google_sheets import PLAN, REPORT, TAXONOMY
from tests.faults.fuzzing import within

from .desks import BASE, Said, desk
from .discovery import unlike
from .kit.world import World
from .specs import spec, unread

OPTIONS = {"login": BASE, "sheets": BASE}
CAMPAIGNS = f"{TAXONOMY}/Campaigns"


def sheets(**account: Any) -> tuple[Any, World, Said]:
    return desk(VENDOR, options=OPTIONS, **account)


def rows(scopes: dict[Ref, Scope], kind: Kind, name: str) -> dict[str, Any]:
    return {one.key: one for one in scopes[Ref(kind, name)].resources}


async def test_no_declared_fact_reads_nothing() -> None:
    account, world, _ = sheets()
    account.alter(table="files", key=PLAN, what={"driveId": "0DriveOfTheAgency"})
    account.alter(table="cells", key=CAMPAIGNS, what={"rows.0.0.note": "the name that every link carries"})
    rule = {"condition": {"type": "DATE_AFTER", "values": [{"relativeDate": "TODAY"}]}}
    account.alter(table="cells", key=CAMPAIGNS, what={"rows.1.4.dataValidation": rule})
    account.alter(table="books", key=TAXONOMY, what={"properties.importFunctionsExternalUrlAccessAllowed": True})
    parameters = [{"name": "region", "namedRangeId": "n1"}]
    account.alter(table="books", key=REPORT, what={"dataSources.1.spec.parameters": parameters})
    _, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()


async def test_answers_are_of_the_shape_that_google_publishes() -> None:
    drive, books = spec("google/drive.v3.json"), spec("google/sheets.v4.json")
    account, world, wire = sheets()
    await world.poll()
    for row in account.tables["files"]:
        wire.said.append((f"/drive/v3/files/{row['id']}", row))
    for row in account.tables["books"]:
        wire.said.append((f"/v4/spreadsheets/{row['spreadsheetId']}", row))
    assert unlike(drive, [one for one in wire.said if one[0].startswith("/drive/")]) == []
    assert unlike(books, [one for one in wire.said if one[0].startswith("/v4/")]) == []


async def test_words_of_types_states_and_errors_are_those_of_the_document() -> None:
    known = spec("google/sheets.v4.json")["schemas"]
    words = {
        *known["BooleanCondition"]["properties"]["type"]["enum"],
        *known["TableColumnProperties"]["properties"]["columnType"]["enum"],
    }
    contents = VENDOR.listing("contents")
    fields, connected = contents.views[1], contents.views[5]
    assert fields.words["type"].keys() - {"*"} <= words
    assert connected.states.keys() <= set(known["DataExecutionStatus"]["properties"]["state"]["enum"])


async def test_header_cells_are_fields_under_their_text_with_the_rule_below_them() -> None:
    _, world, wire = sheets()
    _, scopes, _ = await world.poll()
    found = rows(scopes, Kind.FIELD, CAMPAIGNS)
    assert list(found) == ["utm_campaign", "region", "channel", "topic", "start", "active", "Notes", "Notes (2)"]
    assert found["region"].facts == {
        "type": "option", "native_type": "ONE_OF_LIST", "restricted_options": True,
        "options": [{"value": "emea"}, {"value": "amer"}, {"value": "apac"}],
    }  # fmt: skip
    assert found["region"].evidence["link"] == f"https://docs.google.com/spreadsheets/d/{TAXONOMY}/edit#gid=0"
    assert found["channel"].facts["lookup_filter"] == "=Channels!$A$2:$A"
    assert [found[name].facts["type"] for name in ("start", "active", "topic")] == ["date", "boolean", "any"]
    tags = rows(scopes, Kind.FIELD, f"{TAXONOMY}/Content tags")
    assert {name: row.facts["type"] for name, row in tags.items()} == {
        "tag": "text", "contentful_tag_id": "text", "bynder_metaproperty": "option", "owner_mailbox": "email",
    }  # fmt: skip
    assert [item["value"] for item in tags["bynder_metaproperty"].facts["options"]] == ["topic", "product", "season"]
    retired = rows(scopes, Kind.FIELD, f"{TAXONOMY}/Content tags/Retired")
    assert {name: row.facts["type"] for name, row in retired.items()} == {"old tag": "text", "retired on": "date"}
    assert "2026-Q4_emea_email_launch" not in repr(scopes), "no value below the header is kept"
    below = [dict(parse_qsl(one.url.query.decode())) for one in wire.requests if "%212%3A2" in str(one.url)]
    assert below and not any("alue," in one["fields"] or "formatted" in one["fields"] for one in below)


async def test_a_column_that_is_put_in_between_is_one_new_field_and_one_new_order() -> None:
    account, world, _ = sheets()
    _, before, _ = await world.poll()
    heads = account.find("cells", CAMPAIGNS)["rows"][0]
    account.alter(table="cells", key=CAMPAIGNS, what={"rows.0": [heads[0], {"formattedValue": "audience"}, *heads[1:]],
                                                      "rows.1": []})  # fmt: skip
    _, after, _ = await world.poll()
    old, new = rows(before, Kind.SCHEMA, f"{TAXONOMY}.tabs"), rows(after, Kind.SCHEMA, f"{TAXONOMY}.tabs")
    assert old[CAMPAIGNS].facts["x_columns"][:2] == ["utm_campaign", "region"]
    assert new[CAMPAIGNS].facts["x_columns"][:3] == ["utm_campaign", "audience", "region"]
    assert len(old[CAMPAIGNS].facts["x_columns"]) == 9, "an empty cell between two headers keeps its place"
    assert after[Ref(Kind.FIELD, CAMPAIGNS)].keys - before[Ref(Kind.FIELD, CAMPAIGNS)].keys == {"audience"}


async def test_blank_cells_behind_the_last_header_come_and_go_unseen() -> None:
    account, world, _ = sheets()
    _, before, _ = await world.poll()
    heads = account.find("cells", CAMPAIGNS)["rows"][0]
    account.alter(table="cells", key=CAMPAIGNS, what={"rows.0": [*heads, {}, {"formattedValue": ""}]})
    world.memories = Memos()
    _, after, _ = await world.poll()
    for ref in (Ref(Kind.SCHEMA, f"{TAXONOMY}.tabs"), Ref(Kind.FIELD, CAMPAIGNS)):
        assert [one.facts for one in after[ref].resources] == [one.facts for one in before[ref].resources]


async def test_a_tab_with_quotes_in_its_name_and_one_with_a_single_row_are_read() -> None:
    _, world, _ = sheets()
    _, scopes, reads = await world.poll()
    assert [row.key for row in scopes[Ref(Kind.FIELD, f"{PLAN}/Agency's plan")].resources] == ["quarter", "channel",
                                                                                            "budget"]  # fmt: skip
    assert reads[f"contents/{TAXONOMY}"].coverage.complete, "a row beyond the grid would be a 400"
    tabs = rows(scopes, Kind.SCHEMA, f"{TAXONOMY}.tabs")
    assert tabs[f"{TAXONOMY}/Archive"].facts["hidden"] is True


async def test_a_header_that_shows_an_error_takes_no_column_away() -> None:
    account, world, _ = sheets()
    await world.poll()
    broken = {"formattedValue": "#REF!", "effectiveValue": {"errorValue": {"type": "REF", "message": "no access"}}}
    account.alter(table="cells", key=CAMPAIGNS, what={"rows.0": [broken]})
    _, _, reads = await world.poll()
    coverage = reads[f"contents/{TAXONOMY}"].coverage
    assert coverage.state is State.PARTIAL and "Campaigns!A1" in coverage.reason


async def test_a_file_whose_version_is_the_last_one_costs_no_request_to_sheets() -> None:
    account, world, wire = sheets()
    await world.poll()
    wire.requests.clear()
    _, scopes, _ = await world.poll()
    asked = [one.url.path for one in wire.requests if one.url.path.startswith("/v4/")]
    assert {path.rpartition("/")[2] for path in asked} == {REPORT}, "connected data is refreshed by Google"
    assert scopes[Ref(Kind.SCHEMA, f"{TAXONOMY}.tabs")].whole
    account.alter(table="cells", key=CAMPAIGNS, what={"rows.0.3.formattedValue": "theme"})
    _, scopes, _ = await world.poll()
    assert "theme" in scopes[Ref(Kind.FIELD, CAMPAIGNS)].keys
    wire.requests.clear()
    await world.poll(ids=[f"contents/{PLAN}"], fresh=True)
    assert any(one.url.path.startswith("/v4/") for one in wire.requests), "a second look takes nothing for granted"


async def test_growing_data_and_our_own_rights_are_no_drift() -> None:
    account, world, _ = sheets()
    _, before, _ = await world.poll()
    account.alter(table="books", key=TAXONOMY, what={
        "sheets.0.properties.gridProperties.rowCount": 2000, "sheets.0.properties.index": 2,
        "sheets.0.protectedRanges.1.requestingUserCanEdit": False, "sheets.2.tables.0.range.endRowIndex": 900,
        "namedRanges.0.range.endRowIndex": 400,
    })  # fmt: skip
    _, after, _ = await world.poll()
    for ref in before:
        old = {one.key: one.facts for one in before[ref].resources}
        assert all(one.facts == old[one.key] for one in after[ref].resources if ref in after), ref


async def test_a_range_that_ends_before_the_first_column_is_malformed_and_ends_at_once() -> None:
    account, world, _ = sheets()
    reach = {
        "sheets.0.protectedRanges.1.range.startColumnIndex": 0,
        "sheets.0.protectedRanges.1.range.endColumnIndex": -1,
    }
    account.alter(table="books", key=TAXONOMY, what=reach)
    with within(20, "a column before the first"):
        _, _, reads = await world.poll()
    assert "before the first column" in reads[f"contents/{TAXONOMY}"].coverage.reason


async def test_protected_ranges_say_what_they_protect_without_rows_of_data() -> None:
    _, world, _ = sheets()
    _, scopes, _ = await world.poll()
    found = {key: row.facts for key, row in rows(scopes, Kind.PERMISSION, f"{TAXONOMY}.protected").items()}
    assert found["900101"] == {"description": "Header", "x_what": "Campaigns", "x_header": True, "x_warns_only": False}
    assert found["900102"]["x_what"] == "Campaigns!B:C" and found["900102"]["x_warns_only"] is True
    assert found["900103"]["x_open"] == ["Channels!B:B"]
    assert rows(scopes, Kind.SCHEMA, f"{TAXONOMY}.ranges")["ValidRegions"].facts == {"target": "Campaigns!B:B"}


async def test_connected_data_tells_how_its_last_refresh_went_and_not_its_query() -> None:
    account, world, _ = sheets()
    _, scopes, _ = await world.poll()
    found = rows(scopes, Kind.SYNC, f"{REPORT}.connected")
    columns = rows(scopes, Kind.FIELD, f"{REPORT}/Leads")
    assert list(columns) == ["region", "leads"], "a tab of connected data has columns, and no row may be asked of it"
    table, query, looker = (found[f"108054736{n}"] for n in (5, 6, 7))
    assert table.facts == {"source": "example-warehouse.marketing.leads_by_region", "schedule": "daily 05:00",
                           "enabled": True}  # fmt: skip
    assert table.health.state == "ok" and table.health.due_at > table.health.succeeded_at
    assert query.health.state == "unknown" and "not_for_git" not in repr(scopes)
    assert (looker.facts["source"], looker.facts["x_host"]) == ("marketing/leads", "example.looker.com")
    status = {"state": "FAILED", "errorCode": "PERMISSION_DENIED", "lastRefreshTime": "2026-11-22T05:00:00Z"}
    place = "sheets.1.properties.dataSourceSheetProperties.dataExecutionStatus"
    account.alter(table="books", key=REPORT, what={place: status})
    _, scopes, _ = await world.poll()
    sick = rows(scopes, Kind.SYNC, f"{REPORT}.connected")["1080547365"].health
    assert (sick.state, sick.errors) == ("failing", ("PERMISSION_DENIED",))


async def test_a_viewer_is_refused_the_people_and_loses_none_of_them() -> None:
    account, world, _ = sheets()
    _, scopes, _ = await world.poll(person=lambda name: name.partition("@")[0])
    people = rows(scopes, Kind.PERMISSION, f"{TAXONOMY}.people")
    assert {key: row.facts["profile"] for key, row in people.items()} == {
        "admin-01": "owner", "marketing-operations": "writer", "integration-user": "writer", "anyone": "reader",
    }  # fmt: skip
    assert people["integration-user"].facts["expires_on"] == "2027-03-01T00:00:00.000Z"
    account.share(file=TAXONOMY, edit=False)
    _, scopes, reads = await world.poll()
    coverage = reads[f"people/{TAXONOMY}"].coverage
    assert (coverage.state, coverage.code) == (State.DENIED, "insufficientFilePermissions")
    assert rows(scopes, Kind.PERMISSION, "ourselves")[TAXONOMY].facts == {"edit": False, "share": False}
    assert reads[f"contents/{TAXONOMY}"].coverage.complete


async def test_a_file_that_is_not_shared_any_more_is_held_for_a_person() -> None:
    account, world, _ = sheets()
    await world.poll()
    account.drop(table="files", key=PLAN)
    vantage, scopes, _ = await world.poll()
    assert PLAN not in scopes[Ref(Kind.SCHEMA, "spreadsheets")].keys and Kind.SCHEMA in vantage.silent


async def test_a_list_that_drive_did_not_search_to_its_end_is_not_read() -> None:
    account, world, _ = sheets()
    listed = account.listed
    account._handlers = [
        (
            route,
            pattern,
            (lambda request: {**listed(request), "incompleteSearch": True}) if handler == listed else handler,
        )
        for route, pattern, handler in account._handlers
    ]
    _, scopes, reads = await world.poll()
    assert reads["spreadsheets"].coverage.state is State.FAILED and not scopes[Ref(Kind.SCHEMA, "spreadsheets")].keys
    assert "not everything was searched" in reads["spreadsheets"].coverage.reason


async def test_a_scope_that_lacks_is_said_and_nothing_is_gone() -> None:
    account, world, _ = sheets()
    await world.poll()
    account.revoke(name="spreadsheets.readonly")
    account.alter(table="cells", key=CAMPAIGNS, what={"rows.0.3.formattedValue": "theme"})
    _, _, reads = await world.poll()
    coverage = reads[f"contents/{TAXONOMY}"].coverage
    assert coverage.state is State.DENIED and "insufficient authentication scopes" in coverage.reason


async def test_sheets_is_asked_slower_than_drive_and_a_quota_that_is_used_up_is_waited_for() -> None:
    account, world, _ = sheets()
    await world.poll()
    assert VENDOR.limits["sheets"].rate <= 60
    start = world.clock.monotonic()
    account.throttle(n=1)
    _, _, reads = await world.poll()
    assert all(found.coverage.complete for found in reads.values()) and world.clock.monotonic() > start


async def test_a_service_account_signs_for_read_only_scopes_and_for_nobody_else() -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account, world, wire = desk(VENDOR, scheme="service_account", options=OPTIONS)
    world.secrets["private_key"] = pem
    vantage, _, _ = await world.poll(listings=["spreadsheets"])
    assert vantage.coverage.complete and vantage.subject == account.client_email
    assert [scope.rpartition("/")[2] for scope in account.asked] == ["drive.metadata.readonly", "spreadsheets.readonly"]
    sent = next(one for one in wire.requests if urlsplit(str(one.url)).path == "/token")
    claim = jwt.decode(dict(parse_qsl(sent.content.decode()))["assertion"], key.public_key(), ["RS256"],
                       audience="https://oauth2.googleapis.com/token", options={"verify_exp": False,
                                                                                "verify_iat": False})  # fmt: skip
    assert "sub" not in claim and claim["exp"] - claim["iat"] <= 3600
    account.client_email = "another@example.iam.gserviceaccount.com"
    account.set_token(token="replaced")
    vantage, _, _ = await world.poll(listings=["spreadsheets"])
    assert vantage.coverage.state is State.DENIED and "invalid_grant" in vantage.coverage.code


@pytest.mark.parametrize(("column", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_have_the_letters_that_people_see(column: int, letters: str) -> None:
    assert _letters(column) == letters


async def test_whoever_changed_a_file_last_is_told_where_that_was_then() -> None:
    account, world, wire = desk(VENDOR, options=OPTIONS)
    start = world.clock.now()
    world.clock.advance(30)
    account.actor = "brand-01@example.com"
    account.alter(table="cells", key=CAMPAIGNS, what={"rows.0.0.formattedValue": "campaign name"})
    world.clock.advance(30)
    now = world.clock.now()
    sought = [
        Sought(Ref(Kind.FIELD, CAMPAIGNS), "campaign name", start, now),
        Sought(Ref(Kind.SCHEMA, f"{TAXONOMY}.tabs"), "Campaigns", start, now),
        Sought(Ref(Kind.SCHEMA, "spreadsheets"), PLAN, start, now),
        Sought(Ref(Kind.PERMISSION, f"{TAXONOMY}.people"), "somebody", start, now),
        Sought(Ref(Kind.FIELD, CAMPAIGNS), "campaign name", start - 900, start - 600),
    ]
    first, second, *none = await who(VENDOR, world.api, sought, person=lambda name: name.partition("@")[0])
    assert not isinstance(first, Fault)
    assert (first["by"], first["how"]) == ("brand-01", "last") and second == first and none == [{}, {}, {}]
    assert len(wire.requests) == 2, "one for each file"


def only(name: str) -> str:
    return name


async def test_a_file_in_the_trash_is_gone_and_one_that_nobody_shares_is_not_said_to_be() -> None:
    account, world, _ = sheets()
    await world.poll(listings=["spreadsheets"])
    files = Ref(Kind.SCHEMA, "spreadsheets")
    found = await look(VENDOR, world.api, files, PLAN, person=only)
    assert isinstance(found, Resource) and found.facts["label"] == account.find("files", PLAN)["name"]
    account.alter(table="files", key=PLAN, what={"trashed": True})
    _, scopes, _ = await world.poll(listings=["spreadsheets"])
    assert PLAN not in scopes[files].keys
    assert await look(VENDOR, world.api, files, PLAN, person=only) == Absent("trashed")
    account.drop(table="files", key=PLAN)
    refused = await look(VENDOR, world.api, files, PLAN, person=only)
    assert isinstance(refused, Fault) and refused.code == "notFound"


async def test_a_tab_or_a_column_is_gone_where_its_spreadsheet_answers_without_it() -> None:
    account, world, _ = sheets()
    await world.poll()
    tabs, fields = Ref(Kind.SCHEMA, f"{TAXONOMY}.tabs"), Ref(Kind.FIELD, CAMPAIGNS)
    found = await look(VENDOR, world.api, tabs, CAMPAIGNS, person=only)
    assert isinstance(found, Resource) and found.facts["label"] == "Campaigns"
    there = await look(VENDOR, world.api, fields, "region", person=only)
    assert isinstance(there, Fault) and there.code == "look", "the next reading tells it"
    assert await look(VENDOR, world.api, tabs, f"{TAXONOMY}/Gone", person=only) == Absent("not in its spreadsheet")
    account.alter(table="cells", key=CAMPAIGNS, what={"rows.0.1.formattedValue": "area"})
    assert await look(VENDOR, world.api, fields, "region", person=only) == Absent("not in its header")
    broken = {"formattedValue": "#REF!", "effectiveValue": {"errorValue": {"type": "REF", "message": "no access"}}}
    account.alter(table="cells", key=CAMPAIGNS, what={"rows.0": [broken]})
    assert isinstance(await look(VENDOR, world.api, fields, "region", person=only), Fault), "nobody knows what is there"
    account.drop(table="files", key=TAXONOMY)
    assert isinstance(await look(VENDOR, world.api, fields, "region", person=only), Fault)
    other = Ref(Kind.PERMISSION, f"{TAXONOMY}.people")
    assert isinstance(await look(VENDOR, world.api, other, "anyone", person=only), Fault)
