"""What HubSpot calls things by: the version of its API, its pages, and its objects by name and by type id.

The type ids are the vendor's own table (guide to the object APIs). A name here is the one in paths and scopes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from probes.kit.paging import Paging

V: Final = "2026-09"
AFTER: Final = Paging(style="cursor", next="paging.next.after", into="after", size=100, size_into="limit")
CAMPAIGN: Final = ["hs_name", "hs_utm", "hs_campaign_status", "hs_start_date", "hs_end_date", "hs_currency_code"]
NAMES: Final = {
    "0-1": "contacts", "0-2": "companies", "0-3": "deals", "0-5": "tickets", "0-7": "products", "0-8": "line_items",
    "0-14": "quotes", "0-18": "communications", "0-19": "feedback_submissions", "0-27": "tasks", "0-46": "notes",
    "0-47": "meetings", "0-48": "calls", "0-49": "emails", "0-53": "invoices", "0-54": "marketing_events",
    "0-69": "subscriptions", "0-74": "goals", "0-84": "discounts", "0-85": "fees", "0-86": "taxes", "0-101": "payments",
    "0-115": "users", "0-116": "postal_mail", "0-123": "orders", "0-136": "leads", "0-142": "carts",
    "0-162": "services", "0-410": "courses", "0-420": "listings", "0-421": "appointments", "0-970": "projects",
}  # fmt: skip
TYPE_IDS: Final = {name: id for id, name in NAMES.items()}


def called(object: Mapping[str, Any]) -> str:
    """What an object is called here that an answer names by `objectTypeId` and labels. The id of a custom one differs
    between accounts: it goes by its label."""
    id = str(object["objectTypeId"])
    own = str(object.get("pluralLabel") or id) if id.startswith("2-") else id
    return NAMES.get(id, own)
