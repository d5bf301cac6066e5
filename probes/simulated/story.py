"""The example company's story, line by line: what is changed at the two simulated accounts, and what must then be said.

`do` makes the change and `undo` puts it back; both use keyword arguments only, so that an account may be an `Account`
in this process or a `Remote` of another one. What must be said is written in plain strings and imports nothing of the
monitor: it is the expectation, not an echo. Scopes, keys and facts are spelled as everywhere in Driftline. A key that
names a person is the person's mailbox here with `person` set; the monitor shows a pseudonym instead.
"""

from __future__ import annotations

from typing import Any, Final

from .telling import HUBSPOT, SALESFORCE, Accounts, Expect, Step

ADMIN: Final = "admin-01@example.com"  # who makes the changes at both accounts, and so must be named with them
SOURCES: Final = ["Web", "Trade Show", "Partner Referral", "Webinar", "Purchased List", "Other"]

# The planned change of line 15: kept in the baselines repository, so whoever plays the story puts it there first.
PLANNED: Final[dict[str, Any]] = {
    "id": "lead-campaign-taxonomy",
    "integration": SALESFORCE,
    "kind": "field",
    "scope": "Lead",
    "keys": ["Campaign_Region__c", "Campaign_Topic__c"],
    "reason": "Campaign region and topic become fields of their own",
}


def _lead(key: str, fact: str = "", action: str = "", level: str = "", **more: Any) -> Expect:
    return Expect(SALESFORCE, "field", "Lead", key, fact, action=action, level=level, **more)


def _contact(key: str, fact: str = "", action: str = "", level: str = "", **more: Any) -> Expect:
    return Expect(HUBSPOT, "field", "contacts", key, fact, action=action, level=level, **more)


def _broken(flow: str, integration: str, kind: str, scope: str, key: str, fact: str, **more: Any) -> Expect:
    """What no longer fits in a flow, folded under the change that broke it."""
    return Expect(
        integration, kind, f"{integration}/{scope}", key, fact, action="narrowed", level="breaking", source="mapping",
        folded=True, flow=flow, **more,
    )  # fmt: skip


def _left(integration: str, scope: str, key: str, fact: str, name: str) -> Expect:
    """A definition that a system no longer keeps, folded under the change that took it."""
    return Expect(
        integration, "field", scope, key, fact, name, "narrowed", "breaking", "definition", (name, "left"), folded=True
    )


def _permission_rows(field: str) -> Expect:
    """Field permissions come and go with their field, and go when it becomes required."""
    return Expect(SALESFORCE, "permission", "Lead.field-permissions", f"*/{field}", "*", folded=True)


def _keep_field(accounts: Accounts, number: str, name: str) -> None:
    accounts.kept[f"{number}.{name}"] = accounts.salesforce.kept_field(object="Lead", name=name)


def _put_back(accounts: Accounts, number: str, *names: str) -> None:
    for name in names:
        kept = accounts.kept.pop(f"{number}.{name}", None)
        if kept is not None:
            accounts.salesforce.restore_field(**kept)


def _do_1(accounts: Accounts) -> None:
    accounts.kept["1"] = accounts.hubspot.options(type="contacts", name="lifecyclestage")
    accounts.hubspot.remove_option(type="contacts", name="lifecyclestage", value="salesqualifiedlead")


def _undo_1(accounts: Accounts) -> None:
    if "1" in accounts.kept:
        accounts.hubspot.set_options(type="contacts", name="lifecyclestage", options=accounts.kept.pop("1"))


def _do_2(accounts: Accounts) -> None:
    _keep_field(accounts, "2", "UTM_Campaign__c")
    accounts.salesforce.delete_field(object="Lead", name="UTM_Campaign__c")


def _do_3(accounts: Accounts) -> None:
    _keep_field(accounts, "3", "Region__c")
    accounts.salesforce.alter_field(object="Lead", name="Region__c", nillable=False)


def _do_4(accounts: Accounts) -> None:
    for name in ("Score__c", "Notes__c"):
        _keep_field(accounts, "4", name)
    accounts.salesforce.alter_field(object="Lead", name="Score__c", precision=4)
    accounts.salesforce.alter_field(object="Lead", name="Notes__c", length=32000)


def _do_6(accounts: Accounts) -> None:
    _status(accounts, edit=False)
    accounts.salesforce.bulk_job(object="Lead", operation="upsert", rows=400, failed=137)


def _undo_6(accounts: Accounts) -> None:
    _status(accounts, edit=True)
    accounts.salesforce.bulk_job(object="Lead", operation="upsert", rows=400, failed=0)


def _status(accounts: Accounts, edit: bool) -> None:
    accounts.salesforce.set_permission(
        permission_set="HubSpot_Integration", object="Lead", field="Status", read=True, edit=edit
    )


def _do_12(accounts: Accounts) -> None:
    order = ["Webinar", *(value for value in SOURCES if value != "Webinar")]
    accounts.salesforce.reorder_picklist(object="Lead", name="LeadSource", order=order)
    accounts.salesforce.shuffle(on=True)
    accounts.hubspot.shuffle(on=True)


def _undo_12(accounts: Accounts) -> None:
    accounts.salesforce.reorder_picklist(object="Lead", name="LeadSource", order=SOURCES)
    accounts.salesforce.shuffle(on=False)
    accounts.hubspot.shuffle(on=False)


def _do_14(accounts: Accounts) -> None:
    for scope in ("crm.schemas.deals.read", "crm.schemas.quotes.read"):
        accounts.hubspot.grant(scope=scope)


STORY: Final[tuple[Step, ...]] = (
    Step(
        "1",
        "A lifecycle stage is removed",
        "HubSpot's contact.lifecyclestage lost the option salesqualifiedlead: the mapping to Lead.Status is broken and"
        " the definition of a qualified lead is no longer kept.",
        _do_1,
        _undo_1,
        (
            _contact(
                "lifecyclestage",
                "options",
                "removed",
                "breaking",
                item="salesqualifiedlead",
                words=("Status", "qualified_lead", "hightouch", ADMIN),
            ),
            _broken(
                "contact-to-lead",
                HUBSPOT,
                "field",
                "contacts",
                "lifecyclestage",
                "source_value",
                item="salesqualifiedlead",
                words=("Status", "Qualified", "hightouch"),
            ),
            _left(HUBSPOT, "contacts", "lifecyclestage", "value", "qualified_lead"),
            _left(HUBSPOT, "contacts", "lifecyclestage", "value", "lifecycle_stage"),
        ),
    ),
    Step(
        "2",
        "A campaign field is deleted",
        "Lead.UTM_Campaign__c is gone from Salesforce; HubSpot writes into it. Said after the second read.",
        _do_2,
        lambda accounts: _put_back(accounts, "2", "UTM_Campaign__c"),
        (
            _lead("UTM_Campaign__c", "", "removed", "breaking", words=("UTM_Campaign__c", HUBSPOT, ADMIN)),
            _broken("contact-to-lead", SALESFORCE, "field", "Lead", "UTM_Campaign__c", "field"),
            _broken("lead-to-hightouch", SALESFORCE, "field", "Lead", "UTM_Campaign__c", "field"),
            _left(SALESFORCE, "Lead", "UTM_Campaign__c", "field", "campaign_name"),
        ),
        may=(
            _permission_rows("UTM_Campaign__c"),
            # of the whole department, where Eloqua writes it too
            _broken("eloqua-to-lead", SALESFORCE, "field", "Lead", "UTM_Campaign__c", "field"),
        ),
    ),
    Step(
        "3",
        "A field becomes required",
        "Lead.Region__c must be filled now, and not every writer fills it.",
        _do_3,
        lambda accounts: _put_back(accounts, "3", "Region__c"),
        (_lead("Region__c", "required", "narrowed", "breaking", words=("Region__c", ADMIN)),),
        may=(_lead("Region__c", "*"), _permission_rows("Region__c")),
    ),
    Step(
        "4",
        "One field narrower, one wider",
        "Lead.Score__c takes one digit less than its writers send; Lead.Notes__c takes more than before.",
        _do_4,
        lambda accounts: _put_back(accounts, "4", "Score__c", "Notes__c"),
        (
            _lead("Score__c", "precision", "narrowed", "breaking", words=("Score__c",)),
            _lead("Notes__c", "length", "widened", "info"),
        ),
        may=(_lead("Notes__c", "*"), _lead("Score__c", "*")),
    ),
    Step(
        "5",
        "Somebody becomes super admin",
        "A HubSpot user outside of the list of allowed administrators is a super admin now.",
        lambda accounts: accounts.hubspot.set_super_admin(email="admin-03@example.com", on=True),
        lambda accounts: accounts.hubspot.set_super_admin(email="admin-03@example.com", on=False),
        (
            Expect(
                HUBSPOT,
                "permission",
                "users",
                "admin-03@example.com",
                "admin",
                action="widened",
                level="warning",
                words=(ADMIN,),
                person=True,
            ),
        ),
    ),
    Step(
        "6",
        "The integration may no longer write",
        "HubSpot's permission set lost edit on Lead.Status; the rows that are rejected since then have this one cause.",
        _do_6,
        _undo_6,
        (
            Expect(
                SALESFORCE,
                "permission",
                "Lead.field-permissions",
                "HubSpot_Integration/Status",
                "edit",
                action="narrowed",
                level="breaking",
                words=("Status",),
            ),
            Expect(SALESFORCE, "sync", "bulk-ingest", "Lead/upsert", "*", source="health", folded=True),
            _broken("contact-to-lead", SALESFORCE, "permission", "Lead", "HubSpot_Integration/Status", "write_right"),
        ),
    ),
    Step(
        "7",
        "The key loses a grant",
        "The key lost crm.schemas.deals.read: deals are out of sight, which is not the same as gone.",
        lambda accounts: accounts.hubspot.revoke(scope="crm.schemas.deals.read"),
        lambda accounts: accounts.hubspot.grant(scope="crm.schemas.deals.read"),
        (
            Expect(
                HUBSPOT,
                "permission",
                "vantage",
                "self",
                "grants",
                action="narrowed",
                level="warning",
                words=("crm.schemas.deals.read",),
            ),
            Expect(HUBSPOT, "field", "deals*", silent=True),
            Expect(HUBSPOT, "schema", "deals.*", silent=True),
        ),
        may=(Expect(HUBSPOT, "*", "*", "*", "*", source="fault", folded=True),),
    ),
    Step(
        "11",
        "The vendor ships new properties",
        "HubSpot added two standard properties of its own to contacts: one line, nothing to decide in a hurry.",
        lambda accounts: accounts.hubspot.release(n=2, type="contacts"),
        lambda accounts: accounts.hubspot.withdraw_release(type="contacts"),
        (
            _contact("hs_new_feature_1", "", "added", "info"),
            _contact("hs_new_feature_2", "", "added", "info"),
        ),
    ),
    Step(
        "12",
        "An order changes, and all orders change",
        "Lead.LeadSource shows its values in another order. That answers came shuffled is nobody's news.",
        _do_12,
        _undo_12,
        (_lead("LeadSource", "options", "reordered", "info"), Expect(HUBSPOT, silent=True)),
    ),
    Step(
        "14",
        "More sight than before",
        "The key may read quotes too now: something to capture, no drift.",
        _do_14,
        lambda accounts: accounts.hubspot.revoke(scope="crm.schemas.quotes.read"),
        (
            Expect(
                HUBSPOT,
                "permission",
                "vantage",
                "self",
                "grants",
                action="widened",
                level="info",
                words=("crm.schemas.quotes.read",),
            ),
            Expect(HUBSPOT, "field", silent=True),
            Expect(HUBSPOT, "schema", silent=True),
        ),
    ),
    Step(
        "15",
        "A planned field arrives",
        "Lead.Campaign_Region__c was announced by a planned change and is there now; the other announced field is not.",
        lambda accounts: accounts.salesforce.add_field(
            object="Lead", line="Campaign_Region__c picklist(255): EMEA|AMER|APAC", visible=True
        ),
        lambda accounts: accounts.salesforce.delete_field(object="Lead", name="Campaign_Region__c"),
        (_lead("Campaign_Region__c", "", "added", "info", words=(PLANNED["id"],)),),
        may=(_permission_rows("Campaign_Region__c"), Expect(SALESFORCE, "*", "*", "*", "*", source="upkeep")),
    ),
    Step(
        "16",
        "The agency puts it right",
        "Lead.Region__c may be empty again: the finding of line 3 closes by itself. What the agency leaves as it is,"
        " the option of line 1, is approved together with its mapping and closes by the commit.",
        lambda accounts: _put_back(accounts, "3", "Region__c"),
        _do_3,
        (_lead("Region__c", "required", closes=True),),
        may=(_lead("Region__c", "*"), _permission_rows("Region__c")),
        needs=("3",),
    ),
)

__all__ = ["HUBSPOT", "PLANNED", "SALESFORCE", "STORY", "Accounts", "Expect", "Step"]
