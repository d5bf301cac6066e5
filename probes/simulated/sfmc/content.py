"""What the example company keeps in Marketing Cloud."""

from __future__ import annotations

from .shapes import MID, WHEN, Wire, activity, automation, event, extension, field, journey, load, query, role, user


def tables() -> dict[str, list[Wire]]:
    """The rows that an account starts with."""
    leads, regions = "leads_emea", "regions"
    welcome = journey("j-1", "welcome_emea", "Published", 3)
    welcome |= {"goals": [{"name": "Became a customer"}], "exits": [{"name": "Left"}]}
    new = event("new_leads", "AutomationAudience", leads)
    new |= {
        "arguments": {"criteria": "<Criteria />", "eventDefinitionKey": "new_leads"},
        "schedule": {"frequency": "Hourly", "recurrencePattern": "Interval", "interval": 1},
    }
    return {
        "Account": [
            {
                "ID": MID,
                "Name": "Example EMEA",
                "AccountType": "BUSINESS_UNIT",
                "ParentID": 510000001,
                "IsActive": True,
                "EditionID": 6,
                "IsTestAccount": False,
                "CustomerKey": "emea",
                "Fax": "",
            }
        ],
        "DataExtension": [
            extension("de-leads_emea", leads, "Leads EMEA", sendable=True, keeps=6),
            extension("de-regions", regions, "Regions & markets"),
            extension("de-consents", "consents", "Consents", sendable=True),
        ],
        "DataExtensionField": [
            field(leads, "ContactKey", "Text", 50, required=True, primary=True),
            field(leads, "Email", "EmailAddress", 254, required=True, at=1),
            field(leads, "Region", "Text", 4, default="EMEA", at=2),
            field(leads, "Score", "Number", at=3),
            field(leads, "Revenue", "Decimal", 18, at=4),
            field(leads, "ConsentDate", "Date", at=7),
            field(regions, "Code", "Text", 4, required=True, primary=True),
            field("consents", "ContactKey", "Text", 50, required=True, primary=True),
            field("consents", "Marketing", "Boolean", default="false", at=1),
            field("_system_view", "Internal", "Text", 10),
        ],
        "Role": [
            role("SYS_DEF_ADMIN", "Administrator"),
            role("SYS_DEF_CONTENT", "Content Creator"),
            role("agency", "Agency", own=True),
        ],
        "AccountUser": [
            user(700301950, "admin-01@example.com", ["SYS_DEF_ADMIN", "SYS_DEF_IMHADMIN"]),
            user(700301951, "integration-user@example.com", ["SYS_DEF_DATA"], api=True),
            user(700301952, "agency-editor@example.com", ["agency"], active=False),
        ],
        "Program": [
            {"PartnerKey": None, "ObjectID": f"a-{at}", "CustomerKey": key, "Name": key.replace("_", " ")}
            for at, key in enumerate(("nightly_leads", "hourly_consents", "old_export"), 1)
        ],
        "automations": [
            automation(
                "a-1",
                "nightly_leads",
                "Scheduled",
                [
                    [activity("1", "Take the file", 53, 1), activity("2", "Import leads", 43, 2, leads)],
                    [activity("3", "Score", 300, 1)],
                ],
                "FREQ=DAILY;INTERVAL=1",
            ),
            automation(
                "a-2",
                "hourly_consents",
                "Error",
                [[activity("4", "Consents", 300, 1, "consents")]],
                "FREQ=HOURLY;INTERVAL=1",
            ),
            automation(
                "a-3", "old_export", "PausedSchedule", [[activity("5", "Extract", 73, 1)]], "FREQ=DAILY;COUNT=1"
            ),
        ],
        "journeys": [
            welcome,
            journey("j-2", "webinar_follow_up", "Draft", 1),
            journey("j-3", "order_receipt", "Published", 2, "Transactional"),
        ],
        "events": [new, event("api_entry", "APIEvent", "consents")],
        "queries": [
            query("score_leads", leads, "SELECT ContactKey, 65 AS Score FROM leads_emea"),
            query("consents_today", "consents", "SELECT ContactKey FROM _Subscribers"),
        ],
        "imports": [
            load("leads_file", leads, [("mail", "Email"), ("region", "Region")]),
            load("regions_file", regions, []),
        ],
        "callbacks": [
            {
                "callbackId": f"cb-{number}",
                "callbackName": name,
                "url": f"https://hooks.example.com/{number}/not-for-git",
                "maxBatchSize": 1000,
                "status": status,
                "statusReason": "none",
            }
            for number, (name, status) in enumerate((("Warehouse", "verified"), ("Old desk", "unverified")))
        ],
        "subscriptions": [
            {
                "callbackId": "cb-0",
                "callbackName": "Warehouse",
                "url": "https://hooks.example.com/0/not-for-git",
                "maxBatchSize": 1000,
                "subscriptionId": "sub-1",
                "subscriptionName": "Mails not sent",
                "eventCategoryTypes": ["TransactionalSendEvents.EmailNotSent", "TransactionalSendEvents.EmailSent"],
                "filters": ["definitionKey=order_receipt"],
                "status": "active",
                "statusReason": "",
            }
        ],
        "definitions": [
            {"name": "Order receipt", "definitionKey": "order_receipt", "status": "Active", **WHEN},
            {"name": "Reset password", "definitionKey": "reset_password", "status": "Inactive", **WHEN},
        ],
    }
