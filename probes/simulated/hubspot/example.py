"""What the example company sends, switched on and linked in its HubSpot account, before anything is changed."""

from __future__ import annotations

from typing import Any, Final

from .wire import Wire

LIBRARY: Final = {"0-162": True, "0-410": False, "0-420": False, "0-421": True, "0-970": False}
LABELS: Final = (  # from, to, type id, label, how many may carry it (0: as many as the vendor allows)
    ("contacts", "companies", 101, "Decision maker", 1),
    ("companies", "contacts", 102, "Decision maker", 0),
    ("contacts", "machines", 103, "Operator", 0),
    ("machines", "contacts", 104, "Operates", 0),
)
LIMITS: Final = {"custom-object-types": 10, "custom-properties": 1000, "calculated-properties": 200,
                 "records": 15_000_000, "pipelines": 100}  # fmt: skip
EMAILS: Final = (  # id, name, type, subject, subscription, property that it prints
    ("180100201", "Consent withdrawn", "AUTOMATED_EMAIL", "We no longer write to you", "610", "preferred_language"),
    (
        "180100202",
        "Offer received",
        "AUTOMATED_EMAIL",
        "Your offer, {{ contact.firstname }}",
        "611",
        "product_interest",
    ),
    ("180100203", "Service reminder", "AUTOMATED_EMAIL", "Your machine is due", "612", "region"),
    ("180100204", "2026-Q4_emea_email_trade-fair", "BATCH_EMAIL", "Meet us", "610", "company"),
)
CAMPAIGNS: Final = (  # GUID, name, utm value, status
    (
        "0c1f0a10-0001-4c4e-9e0f-000000000001",
        "2026-Q4_emea_event_trade-fair",
        "2026-Q4_emea_event_trade-fair",
        "in_progress",
    ),
    (
        "0c1f0a10-0002-4c4e-9e0f-000000000002",
        "2026-Q4_amer_email_spare-parts",
        "2026-Q4_amer_email_spare-parts",
        "planned",
    ),
)
SUBSCRIPTIONS: Final = (  # id, name, purpose, default
    ("610", "Newsletter", "Marketing", True),
    ("611", "Product news", "Marketing", True),
    ("612", "Service information", "Customer service communication", False),
)


def owners(at: str) -> list[Wire]:
    """A queue, and somebody whom the Salesforce connector brought along."""
    teams = [{"id": "812", "name": "Agency", "primary": True}, {"id": "811", "name": "Sales EMEA", "primary": False}]
    own: Wire = {"createdAt": at, "updatedAt": at, "archived": False}
    return [{"id": "97900", "type": "QUEUE", "teams": [], **own},
            {"id": "97901", "type": "PERSON", "email": "partner-desk@example.com", "firstName": "partner-desk",
             "lastName": "Desk", "teams": teams, **own}]  # fmt: skip


def labels() -> list[Wire]:
    return [{"from": here, "to": there, "typeId": id, "label": label, "most": most}
            for here, there, id, label, most in LABELS]  # fmt: skip


def emails(at: str) -> list[Wire]:
    return [_email(*one, at) for one in EMAILS]


def _email(id: str, name: str, type: str, subject: str, subscription: str, prints: str, at: str) -> Wire:
    html = f"<p>Hello {{{{ contact.firstname }}}},</p><p>{{{{ personalization_token('contact.{prints}', '-') }}}}</p>"
    automated = type == "AUTOMATED_EMAIL"
    return {
        "id": id, "name": name, "type": type, "state": "AUTOMATED" if automated else "PUBLISHED", "subject": subject,
        "subcategory": "automated" if automated else "batch", "isPublished": True, "isTransactional": False,
        "isAb": False, "archived": False, "createdAt": at, "updatedAt": at, "publishedAt": at, "createdById": "7001",
        "updatedById": "7003", "publishedById": "7003", "publishedByEmail": "admin-03@example.com",
        "publishedByName": "admin-03 Desk", "emailTemplateMode": "DRAG_AND_DROP", "language": "en",
        "activeDomain": "news.example.com", "campaign": CAMPAIGNS[0][0], "campaignName": CAMPAIGNS[0][1],
        "campaignUtm": CAMPAIGNS[0][2], "sendOnPublish": not automated, "jitterSendTime": False,
        "from": {"fromName": "Northwind Outdoor", "replyTo": "campaign-desk@example.com", "customReplyTo": ""},
        "to": {"contactIlsLists": {"include": [] if automated else ["51"], "exclude": []}, "limitSendFrequency": False,
               "suppressGraymail": True},
        "subscriptionDetails": {"subscriptionId": subscription, "subscriptionName": "", "officeLocationId": "7"},
        "webversion": {"domain": "news.example.com", "enabled": True, "slug": f"mail-{id}", "title": subject},
        "content": {"templatePath": "@hubspot/email/dnd/welcome.html", "plainTextVersion": "",
                    "widgets": {"hero": {"body": {"html": html, "css_class": "dnd-module"}, "id": "hero", "order": 2}},
                    "flexAreas": {"main": {"boxed": False}}},
    }  # fmt: skip


def campaigns(at: str) -> list[Wire]:
    return [_campaign(*one, at) for one in CAMPAIGNS]


def _campaign(id: str, name: str, utm: str, status: str, at: str) -> Wire:
    properties: dict[str, Any] = {
        "hs_name": name, "hs_utm": utm, "hs_campaign_status": status, "hs_start_date": "2026-10-01",
        "hs_end_date": "2026-12-31", "hs_notes": "", "hs_audience": "Plant managers", "hs_owner": "7003",
        "hs_currency_code": "EUR", "hs_color_hex": "#4495d4", "hs_object_id": id[-3:],
    }  # fmt: skip
    return {"id": id, "createdAt": at, "updatedAt": at, "businessUnits": [{"id": 0}], "properties": properties}


def subscriptions(at: str) -> list[Wire]:
    return [{"id": id, "name": name, "description": f"What we send as {name.lower()}", "purpose": purpose,
             "communicationMethod": "Email", "isActive": True, "isDefault": default, "isInternal": False,
             "businessUnitId": 0, "createdAt": at, "updatedAt": at, "subscriptionTranslations": []}
            for id, name, purpose, default in SUBSCRIPTIONS]  # fmt: skip
