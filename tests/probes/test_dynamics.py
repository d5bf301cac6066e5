"""Dynamics 365 on Dataverse: its traps, by changing a simulated environment and polling it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probes.dynamics import VENDOR
from probes.dynamics.definitions import columns, label, options, query
from probes.dynamics.told import fared
from probes.kit.api import Answer
from probes.kit.contract import Absent, Fault, Kind, Ref, Sought, State, Unsupported, lost
from probes.kit.demand import look, who
from probes.simulated.control import Reply
from tests.probes import desks
from tests.probes.desks import BASE, NOW
from tests.probes.specs import unread

OPTIONS = {"host": "account.test", "tenant": "northwind.example.com", "login": BASE,
           "tables": ["lead", "contact", "account"]}  # fmt: skip
LEAD, TABLES = Ref(Kind.FIELD, "lead"), Ref(Kind.SCHEMA, "tables")
USERS, JOBS = Ref(Kind.PERMISSION, "users"), Ref(Kind.SYNC, "jobs")
CHANGES = "RetrieveMetadataChanges"


def desk(**account: Any) -> Any:
    return desks.desk(VENDOR, options=account.pop("options", OPTIONS), **account)


def told(scopes: Any, ref: Ref) -> dict[str, Any]:
    return {row.key: row.facts for row in scopes[ref].resources}


def definitions(wire: Any) -> list[str]:
    """The questions for definitions, by what they ask with."""
    return [one.url.path.partition(CHANGES)[2] for one in wire.requests if CHANGES in one.url.path]


WHOLE, DELTA = "(Query=@p1)", "(Query=@p1,ClientVersionStamp=@p2,DeletedMetadataFilters=@p3)"


async def test_no_declared_fact_reads_nothing_and_no_secret_leaves() -> None:
    _, world, wire = desk()
    vantage, scopes, _ = await world.poll(person=lambda name: name.partition("@")[0])
    assert unread(VENDOR, scopes) == set()
    assert "not-for-git" not in repr(scopes) and "@example" not in repr(scopes)
    assert (vantage.account, vantage.subject) == ("org-northwind-01", "driftline@example.com")
    assert "prvReadUser:Global" in vantage.grants and vantage.api_version == "v9.2" and vantage.locale == "1033"
    assert {one.method for one in wire.requests if "token" not in one.url.path} == {"GET"}
    assert {one.headers["odata-version"] for one in wire.requests if "/api/" in one.url.path} == {"4.0"}


async def test_the_token_is_asked_of_the_tenant_for_this_environment_alone() -> None:
    _, world, wire = desk()
    await world.poll(listings=["version"])
    (asked,) = [one for one in wire.requests if "token" in one.url.path]
    assert asked.url.path == "/northwind.example.com/oauth2/v2.0/token"
    assert b"scope=https%3A%2F%2Faccount.test%2F.default" in asked.content


# definitions


async def test_a_stamp_spares_what_did_not_change_and_tells_so_by_one_request() -> None:
    _, world, wire = desk()
    await world.poll(listings=["tables"])
    assert definitions(wire) == [WHOLE]
    _, scopes, _ = await world.poll(listings=["tables"])
    assert definitions(wire) == [WHOLE, DELTA]
    assert scopes[LEAD].whole and scopes[TABLES].whole and scopes[LEAD].coverage.complete
    stamp = next(one.url.params["@p2"] for one in wire.requests if DELTA in one.url.path)
    assert stamp == "'100!05/28/2026 20:26:40'", "the mark of the question is ours and stays here"


async def test_a_column_that_changed_is_read_with_all_others() -> None:
    account, world, wire = desk()
    await world.poll(listings=["tables"])
    account.column(table="lead", name="emailaddress1", what={"MaxLength": 50, "RequiredLevel.Value": "SystemRequired"})
    _, scopes, _ = await world.poll(listings=["tables"])
    assert definitions(wire) == [WHOLE, DELTA, WHOLE]
    facts = told(scopes, LEAD)["emailaddress1"]
    assert (facts["length"], facts["required"], facts["x_required_level"]) == (50, True, "SystemRequired")
    await world.poll(listings=["tables"])
    assert definitions(wire) == [WHOLE, DELTA, WHOLE, DELTA], "its newest stamp is the one that is kept"


async def test_a_column_that_is_gone_is_gone_and_the_stamp_alone_would_not_tell_of_it() -> None:
    account, world, wire = desk()
    _, before, _ = await world.poll(listings=["tables"])
    account.drop_column(table="lead", name="nw_score")
    account.version_of.clear()  # only the list of what was deleted tells
    _, scopes, _ = await world.poll(listings=["tables"])
    assert before[LEAD].keys - scopes[LEAD].keys == {"nw_score"} and scopes[LEAD].coverage.complete
    (asked,) = {one.url.params["@p3"] for one in wire.requests if DELTA in one.url.path}
    assert asked == "Microsoft.Dynamics.CRM.DeletedMetadataFilters'All'"


async def test_a_stamp_of_more_than_ninety_days_ago_is_no_fault_and_all_is_read() -> None:
    account, world, wire = desk()
    _, before, _ = await world.poll(listings=["tables"])
    account.expire()
    _, scopes, reads = await world.poll(listings=["tables"])
    assert definitions(wire) == [WHOLE, DELTA, WHOLE] and reads["tables"].coverage.complete
    assert scopes[LEAD].whole and before[LEAD].keys, "and it is what was known"


async def test_a_stamp_says_nothing_about_tables_that_were_not_asked_for_with_it() -> None:
    few = {**OPTIONS, "tables": ["lead"]}
    assert query(["lead"], 1033) != query(["lead", "contact"], 1033) != query(["lead", "contact"], 1031)
    _, world, wire = desk(options=few)
    _, scopes, _ = await world.poll(listings=["tables"])
    assert set(told(scopes, TABLES)) == {"lead"} and Ref(Kind.FIELD, "contact") not in scopes
    world.api.options = {**world.api.options, "tables": OPTIONS["tables"]}
    _, scopes, _ = await world.poll(listings=["tables"])
    assert definitions(wire) == [WHOLE, WHOLE] and set(told(scopes, TABLES)) >= {"contact", "account"}


async def test_an_answer_about_changes_that_breaks_is_a_fault_and_no_sign_of_rest() -> None:
    account, world, _ = desk()
    await world.poll(listings=["tables"])
    account.throttle(n=50)
    _, scopes, reads = await world.poll(listings=["tables"])
    assert not reads["tables"].coverage.complete and not any(scope.coverage.complete for scope in scopes.values())


async def test_labels_are_those_of_one_language_whatever_the_users_is() -> None:
    _, world, _ = desk()
    _, scopes, _ = await world.poll(listings=["tables"])
    assert told(scopes, TABLES)["lead"]["label"] == "Lead"
    assert [one["label"] for one in told(scopes, LEAD)["nw_region"]["options"]] == ["EMEA", "AMER", "APAC"]
    _, world, _ = desk(options={**OPTIONS, "language": 1031})
    vantage, scopes, _ = await world.poll(listings=["tables"])
    assert told(scopes, TABLES)["lead"]["label"] == "Lead auf Deutsch" and vantage.locale == "1031"
    assert label(None, 1033) is None and label({"LocalizedLabels": [], "UserLocalizedLabel": {"Label": "x"}}, 1) is None


async def test_marks_of_a_definition_that_move_by_themselves_say_nothing() -> None:
    account, world, _ = desk()
    await world.poll(listings=["tables"])
    what = {"ModifiedOn": "2026-05-05T00:00:00Z", "IntroducedVersion": "6.0.0.0", "ColumnNumber": 99,
            "RequiredLevel.CanBeChanged": False}  # fmt: skip
    account.column(table="lead", name="emailaddress1", what=what)
    _, scopes, _ = await world.poll(listings=["tables"])
    assert scopes[LEAD].whole or not scopes[LEAD].resources


async def test_types_choices_and_their_neighbours() -> None:
    _, world, _ = desk()
    _, scopes, _ = await world.poll(listings=["tables"])
    rows = told(scopes, LEAD)
    assert {name: row["type"] for name, row in rows.items()} == {
        "fullname": "text", "emailaddress1": "email", "nw_region": "option", "nw_consent": "boolean",
        "createdon": "datetime", "ownerid": "reference", "nw_score": "decimal", "nw_notes": "long_text",
        "budgetamount": "currency", "statuscode": "option", "nw_topics": "multi_option", "nw_number": "text",
        "nw_day": "date", "leadid": "id", "nw_brochure": "file",
    }, "owneridname only shows another column"  # fmt: skip
    assert rows["ownerid"]["references"] == ["systemuser", "team"]
    assert rows["nw_consent"]["options"] == [{"value": "1", "label": "Yes"}, {"value": "0", "label": "No"}]
    assert rows["nw_consent"]["default"] is False and "default" not in rows["nw_region"], "-1 is no default"
    assert rows["nw_score"]["x_calculated_by"] == "calculated" and "<activity>" not in repr(rows)
    assert rows["nw_notes"]["x_column_security"] is True and rows["nw_number"]["auto_number"] is True
    parent = scopes[LEAD].parent
    assert parent is not None and (parent.ref, parent.key) == (TABLES, "lead")


def test_a_column_of_a_type_that_nobody_has_seen_takes_anything() -> None:
    one = {"LogicalName": "x", "MetadataId": "1", "AttributeTypeName": {"Value": "NewType"}, "DisplayName": None,
           "Description": None, "RequiredLevel": None, "IsCustomAttribute": True, "IsManaged": False,
           "IsValidForCreate": True, "IsValidForUpdate": True, "IsPrimaryName": False, "IsSecured": False,
           "IsAuditEnabled": None, "DefaultFormValue": 2}  # fmt: skip
    (row,) = columns({"LogicalName": "lead", "Attributes": [one]}, 1033)
    assert (row["type"], row["native"], row["default"], row["required"]) == ("any", "NewType", "2", False)
    assert options({}, 1033) == []


# rights


async def test_a_right_that_reaches_less_deep_gets_fewer_rows_with_a_200_and_is_a_lost_grant() -> None:
    account, world, _ = desk()
    before, whole, _ = await world.poll(listings=["users"])
    account.revoke(name="prvReadUser")
    account.grant(name="prvReadUser:Basic")
    after, scopes, _ = await world.poll(listings=["users"])
    assert scopes[USERS].coverage.complete and len(scopes[USERS].keys) < len(whole[USERS].keys)
    assert lost(before.grants, after.grants, scopes[USERS].needs) == {"prvReadUser:Global"}
    assert "prvReadUser:Basic" in after.grants


async def test_a_missing_privilege_is_denied_and_touches_nothing_else() -> None:
    account, world, _ = desk()
    await world.poll(listings=["processes", "users"])
    account.revoke(name="prvReadWorkflow")
    _, _, reads = await world.poll(listings=["processes", "users"])
    assert reads["processes"].coverage.state is State.DENIED and reads["users"].coverage.complete


async def test_a_secret_that_ended_is_a_dead_credential() -> None:
    account, world, _ = desk()
    account.client_secret = "another"
    vantage, _, _ = await world.poll(listings=["users"])
    assert vantage.coverage.reason.startswith("Expired")


async def test_another_environment_is_another_account() -> None:
    account, world, _ = desk()
    account.set_account(account="org-contoso")
    vantage, _, _ = await world.poll(listings=["version"])
    assert vantage.account == "org-contoso"


async def test_what_a_role_may_do_with_tables_that_are_watched_and_how_deep() -> None:
    account, world, wire = desk()
    _, scopes, _ = await world.poll(listings=["privileges"])
    rows = told(scopes, Ref(Kind.PERMISSION, "lead.privileges"))
    sales = rows["role-sales"]
    assert (sales["read"], sales["x_read_depth"], sales["edit"], sales["x_edit_depth"], sales["delete"]) == (
        True, "Local", True, "Basic", False,
    )  # fmt: skip
    powers = told(scopes, Ref(Kind.PERMISSION, "powers"))
    assert powers["role-admin"]["powers"] == ["prvExportToExcel:Global", "prvWriteRole:Global"]
    assert "role-sales-2" not in powers, "a copy for a business unit below"
    asked = [one.url.params["$filter"] for one in wire.requests if "roleprivileges" in one.url.path]
    note = next(row["privilegeid"] for row in account.tables["privileges"] if row["name"] == "prvReadNote")
    assert asked and not any(f"eq {note}" in one.replace(")", " ").split(" or ") for one in asked)
    account.alter(table="roleprivilegescollection", key="role-sales/prvWriteLead", what={"privilegedepthmask": 8})
    _, scopes, _ = await world.poll(listings=["privileges"])
    assert told(scopes, Ref(Kind.PERMISSION, "lead.privileges"))["role-sales"]["x_edit_depth"] == "Global"


async def test_a_person_is_known_by_a_pseudonym_and_an_application_is_none() -> None:
    _, world, _ = desk(page=1)
    _, scopes, _ = await world.poll(listings=["users"], person=lambda name: name.partition("@")[0])
    rows = told(scopes, USERS)
    assert rows["admin-01"]["admin"] is True and rows["agency"]["active"] is False
    assert (rows["driftline"]["api_only"], rows["driftline"]["user_type"]) == (True, "non-interactive")


async def test_a_second_page_cut_in_the_middle_is_partial() -> None:
    account, world, _ = desk(page=3)
    _, before, _ = await world.poll(listings=["users"])
    account.tear(path="/systemusers")
    _, scopes, _ = await world.poll(listings=["users"])
    assert scopes[USERS].coverage.state is State.PARTIAL and scopes[USERS].keys < before[USERS].keys


async def test_service_protection_is_waited_for_as_long_as_it_says() -> None:
    account, world, _ = desk()
    await world.poll(listings=["version"])
    account.throttle(n=1)
    start = world.clock.monotonic()
    _, _, reads = await world.poll(listings=["version"])
    waited = world.clock.monotonic() - start
    assert 35 <= waited < 60 or "Throttled" in reads["version"].coverage.reason, (waited, reads)


@pytest.mark.parametrize(
    ("status", "code", "fault"),
    [
        (429, "0x80072322", "Throttled"), (429, "0x80072321", "Throttled"), (429, "0x80072326", "Throttled"),
        (400, "0x80072326", "Throttled"), (403, "0x80040220", "Denied"), (400, "0x80060888", "Rejected"),
        (503, "0x80072321", "Throttled"), (401, "", "Expired"), (500, "0x80040216", "Unreachable"),
    ],
)  # fmt: skip
def test_the_hexadecimal_code_decides_whatever_the_status_is(status: int, code: str, fault: str) -> None:
    body = json.dumps({"error": {"code": code, "message": "no"}}).encode() if code else b""
    found = VENDOR.errors.fault(Answer(status, {"retry-after": "35"}, body), NOW)
    assert type(found).__name__ == fault and found.wait == (35.0 if fault in ("Throttled", "Unreachable") else None)


# what runs


async def test_logic_names_the_columns_it_watches() -> None:
    _, world, _ = desk()
    _, scopes, _ = await world.poll(listings=["processes", "steps"])
    rows = told(scopes, Ref(Kind.AUTOMATION, "processes"))
    assert {key: row["native_type"] for key, row in rows.items()} == {
        "flow-1": "modern flow", "flow-2": "workflow", "flow-3": "business rule",
    }  # fmt: skip
    assert rows["flow-2"]["reads"] == ["lead/emailaddress1", "lead/nw_region"] and rows["flow-3"]["active"] is False
    assert "object" not in rows["flow-1"]
    assert told(scopes, Ref(Kind.AUTOMATION, "steps"))["step-1"]["reads"] == ["lead/nw_score", "lead/statuscode"]


async def test_a_type_of_job_fails_when_its_newest_did_and_none_goes_away() -> None:
    account, world, wire = desk()
    _, scopes, _ = await world.poll(listings=["jobs"])
    state = {row.key: row.health.state for row in scopes[JOBS].resources if row.health}
    assert state["10"] == "ok" and state["5"] == "unknown"
    account.job(operation=5, failed=True, code=-2147220685)
    await world.clock.sleep(900)
    _, scopes, _ = await world.poll(listings=["jobs"])
    health = {row.key: row.health for row in scopes[JOBS].resources}
    assert set(health) <= set(state) and health["5"] is not None
    assert (health["5"].state, health["5"].errors) == ("failing", ("-2147220685",))
    asked = next(one.url.params for one in wire.requests if one.url.path.endswith("/asyncoperations"))
    assert "name" not in asked["$select"].split(",") and asked["$top"] == "5000"


async def test_in_an_account_that_goes_on_by_itself_jobs_go_on_well() -> None:
    account, world, _ = desk()
    account.alive = True
    await world.clock.sleep(9 * 86_400)
    _, scopes, _ = await world.poll(listings=["jobs"])
    assert {row.key: row.health.state for row in scopes[JOBS].resources if row.health}["10"] == "ok"


def test_a_job_that_was_cancelled_neither_failed_nor_succeeded() -> None:
    runs = [{"statuscode": 32, "completedon": "2026-05-03T00:00:00Z", "errorcode": None},
            {"statuscode": 30, "completedon": "2026-05-02T00:00:00Z", "errorcode": None}]  # fmt: skip
    assert fared(runs) == {"state": "ok", "succeeded_at": "2026-05-02T00:00:00Z", "failed_at": None, "errors": []}
    assert fared([])["state"] is None


async def test_an_endpoint_tells_its_host_and_no_address() -> None:
    account, world, _ = desk()
    _, before, _ = await world.poll(listings=["endpoints"])
    account.alter(table="serviceendpoints", key="end-1", what={"url": "https://evil.example.net/not-for-git"})
    _, scopes, _ = await world.poll(listings=["endpoints"])
    first, second = (told(one, Ref(Kind.SYNC, "endpoints"))["end-1"] for one in (before, scopes))
    assert (first["target"], second["target"]) == ("hooks.example.com", "evil.example.net")
    assert first["x_address_digest"] != second["x_address_digest"] and "not-for-git" not in json.dumps(second)


async def asked_for(account: Any, world: Any, ref: Ref, key: str) -> Any:
    async with world.api as api:
        return await look(VENDOR, api, ref, key, person=str)


async def test_one_table_is_as_its_list_has_it() -> None:
    account, world, _ = desk()
    _, scopes, _ = await world.poll(listings=["tables"])
    found = await asked_for(account, world, TABLES, "lead")
    assert found in scopes[TABLES].resources


async def test_what_is_missing_beside_others_is_gone_and_what_is_there_or_refused_is_not() -> None:
    account, world, _ = desk()
    account.drop_column(table="lead", name="nw_score")
    assert isinstance(await asked_for(account, world, LEAD, "nw_score"), Absent)
    account, world, _ = desk()
    assert isinstance(await asked_for(account, world, LEAD, "nw_score"), Unsupported)
    account, world, _ = desk()
    account.drop(table="EntityMetadata", key="contact")
    assert isinstance(await asked_for(account, world, TABLES, "contact"), Absent)
    account, world, _ = desk()
    for table in ("lead", "contact", "account"):
        account.drop(table="EntityMetadata", key=table)
    assert isinstance(await asked_for(account, world, TABLES, "contact"), Unsupported), "nothing is told at all"
    account, world, _ = desk()
    assert isinstance(await asked_for(account, world, USERS, "x"), Unsupported)
    account, world, _ = desk()
    account.client_secret = "another"
    assert isinstance(await asked_for(account, world, LEAD, "nw_score"), Fault)


@pytest.mark.parametrize("page", [1, 50])
async def test_who_changed_a_process_and_that_nobody_is_known_for_a_column(page: int) -> None:
    account, world, _ = desk(page=page)
    account.alter(table="workflows", key="flow-2", what={"statecode": 0})
    account.alter(table="workflows", key="flow-1", what={"statecode": 0})
    processes = Ref(Kind.AUTOMATION, "processes")
    asked = [Sought(processes, "flow-2", NOW - 60, NOW + 60, id="flow-2"),
             Sought(LEAD, "nw_score", NOW - 60, NOW + 60, id="column-lead-nw_score")]  # fmt: skip
    async with world.api as api:
        first, second = await who(VENDOR, api, asked, person=str)
        assert isinstance(first, dict) and second == {}
        assert (first["by"], first["how"], first["action"]) == ("admin-01@example.com", "named", "Update")
        account.revoke(name="prvReadAuditSummary")
        (refused,) = await who(VENDOR, api, asked[:1], person=str)
        assert isinstance(refused, Fault)


async def test_where_nothing_is_audited_the_mark_of_a_row_tells_who_changed_it_last() -> None:
    account, world, _ = desk(actor="admin-02@example.com")
    account.alter(table="organizations", key="org-northwind-01", what={"isauditenabled": False})
    account.tables["audits"].clear()
    account.alter(table="workflows", key="flow-2", what={"statecode": 0})
    processes = Ref(Kind.AUTOMATION, "processes")
    asked = [
        Sought(processes, "flow-2", NOW - 60, NOW + 60, id="flow-2"),
        Sought(processes, "flow-1", NOW - 60, NOW + 60, id="flow-1"),
        Sought(processes, "gone", NOW - 60, NOW + 60, id="gone"), Sought(LEAD, "x", NOW - 60, NOW + 60, id="x"),
    ]  # fmt: skip
    async with world.api as api:
        first, *others = await who(VENDOR, api, asked, person=str)
        assert isinstance(first, dict) and (first["by"], first["how"]) == ("admin-02@example.com", "last")
        assert others == [{}, {}, {}], "changed at another time, gone, of no table of rows"
        account.revoke(name="prvReadWorkflow")
        (refused,) = await who(VENDOR, api, asked[:1], person=str)
        assert isinstance(refused, Fault)


async def test_templates_name_columns_and_leave_their_texts_and_those_of_one_person_behind() -> None:
    account, world, _ = desk()
    templates = Ref(Kind.TEMPLATE, "templates")
    _, before, _ = await world.poll(listings=["templates"])
    rows = told(before, templates)
    assert rows["tpl-1"]["fields"] == ["contact/fullname"] and rows["tpl-1"]["native_type"] == "contact"
    assert rows["tpl-2"]["fields"] == ["lead/fullname", "lead/nw_region"] and "tpl-3" not in rows
    assert "not-for-git" not in repr(before)
    account.alter(table="templates", key="tpl-1", what={"presentationxml": "<template/>", "usedcount": 99})
    await world.clock.sleep(3600)
    _, scopes, _ = await world.poll(listings=["templates"])
    after = told(scopes, templates)["tpl-1"]
    assert "fields" not in after and after["x_body_digest"] != rows["tpl-1"]["x_body_digest"]


@pytest.mark.parametrize("fresh", [False, True], ids=["what changed", "all of it"])
async def test_an_answer_without_its_list_of_tables_is_malformed_and_no_removal(fresh: bool) -> None:
    account, world, _ = desk()
    await world.poll()
    plain = account.answer
    account.answer = lambda request: Reply(200, {}) if CHANGES in request.path else plain(request)
    _, scopes, reads = await world.poll(fresh=fresh)
    assert reads["tables"].coverage.state is State.FAILED and "EntityMetadata" in reads["tables"].coverage.reason
    assert not scopes.get(TABLES) or not scopes[TABLES].coverage.complete


FORMS, VIEWS = Ref(Kind.TEMPLATE, "forms"), Ref(Kind.TEMPLATE, "views")


async def test_forms_of_watched_tables_name_their_columns_and_that_a_script_sees_more() -> None:
    account, world, wire = desk()
    _, before, _ = await world.poll(listings=["forms"])
    rows = told(before, FORMS)
    assert set(rows) == {"form-1", "form-2", "form-5"}, "one nobody may change and one of another table are left out"
    assert rows["form-1"]["fields"] == ["lead/emailaddress1", "lead/fullname", "lead/nw_region"]
    assert (rows["form-1"]["native_type"], rows["form-1"]["opaque"]) == ("main", True)
    assert rows["form-1"]["x_libraries"] == ["nw_/leads.js"] and rows["form-2"]["opaque"] is False
    assert rows["form-5"]["active"] is False and "fields" not in rows["form-5"]
    (asked,) = [one.url.params for one in wire.requests if one.url.path.endswith("/systemforms")]
    assert "objecttypecode eq 'contact'" in asked["$filter"] and "formjson" not in asked["$select"]
    xml = account.tables["systemforms"][0]["formxml"].replace('datafieldname="nw_region"', "")
    account.alter(table="systemforms", key="form-1", what={"formxml": xml})
    await world.clock.sleep(3600)
    _, scopes, _ = await world.poll(listings=["forms"])
    after = told(scopes, FORMS)["form-1"]
    assert after["fields"] == ["lead/emailaddress1", "lead/fullname"]
    assert after["x_layout_digest"] != rows["form-1"]["x_layout_digest"]


@pytest.mark.parametrize("page", [1, 50])
async def test_views_name_what_they_show_sort_filter_and_link_by_also_of_linked_tables(page: int) -> None:
    _, world, _ = desk(page=page)
    _, scopes, _ = await world.poll(listings=["views"])
    rows = told(scopes, VIEWS)
    assert set(rows) == {"view-1", "view-2"}
    assert rows["view-1"]["fields"] == [
        "contact/contactid", "contact/emailaddress1", "contact/nw_consent", "lead/createdon", "lead/fullname",
        "lead/leadid", "lead/nw_region", "lead/parentcontactid",
    ]  # fmt: skip
    assert rows["view-1"]["x_columns"] == ["fullname", "boss.emailaddress1"], "in the order that they are shown in"
    assert (rows["view-2"]["native_type"], rows["view-2"]["x_managed"]) == ("quick find", True)
    assert "not-for-git" not in repr(scopes), "values of a filter are about people"
    links = {row.key: row.evidence["link"] for row in scopes[VIEWS].resources}
    assert links["view-1"] == "https://account.test/main.aspx?pagetype=entitylist&etn=lead&viewid=view-1&viewtype=1039"


@pytest.mark.parametrize("xml", ["<form><tabs>", '<!DOCTYPE a [<!ENTITY b "c">]><form>&b;</form>'])
async def test_a_layout_that_cannot_be_read_is_malformed_and_no_form_without_columns(xml: str) -> None:
    account, world, _ = desk()
    account.alter(table="systemforms", key="form-2", what={"formxml": xml})
    _, _, reads = await world.poll(listings=["forms", "views"])
    assert reads["forms"].coverage.state is State.FAILED and "form form-2" in reads["forms"].coverage.reason
    assert reads["views"].coverage.complete


async def test_without_its_privilege_a_list_is_denied_and_a_view_tells_who_changed_it_last() -> None:
    account, world, _ = desk(actor="admin-02@example.com")
    account.revoke(name="prvReadSystemForm")
    vantage, _, reads = await world.poll(listings=["forms", "views"])
    assert reads["forms"].coverage.state is State.DENIED and reads["views"].coverage.complete
    assert "prvReadQuery:Global" in vantage.grants
    account.alter(table="organizations", key="org-northwind-01", what={"isauditenabled": False})
    account.alter(table="savedqueries", key="view-1", what={"statecode": 1})
    async with world.api as api:
        (found,) = await who(VENDOR, api, [Sought(VIEWS, "view-1", NOW - 60, NOW + 60, id="view-1")], person=str)
    assert isinstance(found, dict) and (found["by"], found["how"]) == ("admin-02@example.com", "last")
