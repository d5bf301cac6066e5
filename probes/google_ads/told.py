"""What Google Ads tells in the account's own time: uploads of offline conversions, and who changed a campaign.

Times come without their offset ("yyyy-mm-dd hh:mm:ss" in the zone of the account), so that they are worth nothing
without `customer.time_zone`, which the same query selects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Kind, Malformed, Ref, Sought, window
from probes.kit.listing import Told
from probes.kit.paging import Paging

VERSION: Final = "v26"
SEARCH: Final = f"/{VERSION}/customers/{{customer}}/googleAds:search"
PAGES: Final = Paging(style="cursor", next="nextPageToken", into="body.pageToken")
# What change events know of what is read here (change_resource_type).
LOGGED: Final = {Ref(Kind.SCHEMA, "campaigns"): "CAMPAIGN", Ref(Kind.TEMPLATE, "lead-forms"): "ASSET"}
SLACK: Final = 60.0
CLIENT: Final = "offline_conversion_upload_client_summary"
ACTION: Final = "offline_conversion_upload_conversion_action_summary"
SUMMARY: Final = "status client last_upload_date_time daily_summaries alerts"


def select(table: str, fields: str, where: str = "", more: str = "") -> str:
    """A query over one resource; `more`: fields of others, by their full names."""
    names = ", ".join([f"{table}.{field}" for field in fields.split()] + more.split())
    return " ".join(("SELECT", names, "FROM", table, *(("WHERE", where) if where else ())))


async def search(api: Client, query: str) -> list[Any]:
    """All rows of a query. A result without rows has no `results`, but always the mask of its fields."""
    manager = str(api.options["manager"] or "")
    headers = {"login-customer-id": manager} if manager else {}
    path = SEARCH.replace("{customer}", str(api.options["customer"]))
    rows: list[Any] = []
    token = ""
    while True:
        body = {"query": query, **({"pageToken": token} if token else {})}
        page = (await api.ask(Ask(path, body=body, headers=headers))).value()
        if "fieldMask" not in page:
            raise Malformed("the answer is no result of a query")
        found = page.get("results", [])  # left out where there are none
        if not isinstance(found, list):
            raise Malformed("the results of the answer are no list")
        rows += found
        if token == (token := str(page.get("nextPageToken") or "")) or not token:
            return rows


@once
async def uploads(api: Client) -> Answer:
    """Uploads of offline conversions by what made them, and by conversion action."""
    zone = "customer.time_zone"
    clients = await search(api, select(CLIENT, SUMMARY, more=zone))
    actions = await search(api, select(ACTION, f"{SUMMARY} conversion_action_name conversion_action_id", more=zone))
    rows = {
        "clients": [_upload(row["offlineConversionUploadClientSummary"], row) for row in clients],
        "actions": [_upload(row["offlineConversionUploadConversionActionSummary"], row) for row in actions],
    }
    return made(rows)


def _upload(told: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Counts are those of the newest day: the totals beside them are over a month, and move with each day that goes."""
    newest = max(told.get("dailySummaries") or [{}], key=lambda day: str(day.get("uploadDate", "")))
    good, at = int(newest.get("successfulCount", 0)), told.get("lastUploadDateTime")
    when = _instant(at, row) if at else None
    return {
        "client": told["client"], "status": told["status"], "action": told.get("conversionActionName"),
        "action_id": told.get("conversionActionId"),
        "succeeded_at": when if good else None, "failed_at": None if good else when,
        "ok": good if newest else None, "failed": int(newest.get("failedCount", 0)) if newest else None,
        "errors": [word for alert in told.get("alerts") or () for word in (alert.get("error") or {}).values()],
    }  # fmt: skip


def _instant(local: str, row: Mapping[str, Any]) -> str:
    zone = _zone(row)
    try:
        return datetime.strptime(local[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone).isoformat()
    except ValueError:
        raise Malformed("a time of the account is none") from None


def _zone(row: Mapping[str, Any]) -> ZoneInfo:
    """The time zone of the account. What is the name of a folder of zones ("America") is none either."""
    try:
        return ZoneInfo(str((row.get("customer") or {}).get("timeZone") or ""))
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise Malformed("the account's time zone is none") from None


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the change events of the last 30 days, which know campaigns, what is in them, and assets; of conversions,
    lists and people they tell nothing."""
    kinds = sorted({LOGGED[one.ref] for one in sought if one.ref in LOGGED})
    if not kinds:
        return [{} for _ in sought]
    (customer, *_) = await search(api, select("customer", "time_zone"))
    zone = _zone(customer)
    since, until = (datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S") for at in window(sought, SLACK))
    where = (
        f"change_event.change_date_time >= '{since}' AND change_event.change_date_time <= '{until}'"
        f" AND change_event.change_resource_type IN ({', '.join(repr(kind) for kind in kinds)})"
    )
    fields = "change_date_time change_resource_name change_resource_type resource_change_operation user_email"
    query = f"{select('change_event', fields, where, 'customer.time_zone')} ORDER BY change_event.change_date_time DESC"
    events = await search(api, f"{query} LIMIT 1000")
    return [_did(events, one) for one in sought]


def _did(events: Sequence[Mapping[str, Any]], sought: Sought) -> dict[str, Any]:
    for row in events:
        event = row["changeEvent"]
        when = datetime.fromisoformat(_instant(event["changeDateTime"], row)).astimezone(UTC)
        named = event["changeResourceType"] == LOGGED.get(sought.ref)
        during = sought.during(when.timestamp(), SLACK)
        if named and str(event["changeResourceName"]).rpartition("/")[2] == sought.id and during:
            return {"by": event.get("userEmail"), "at": when.isoformat(), "how": "named",
                    "action": event.get("resourceChangeOperation")}  # fmt: skip
    return {}
