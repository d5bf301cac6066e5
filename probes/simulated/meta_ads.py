"""A simulated account of Meta Ads: an ad account and the business above it, Marketing API v26.0.

Written from the fields of Meta's official SDK (facebook_business 26.0.3) and the vendor's pages on the Graph API, ad
rules, errors and rate limits: without `fields` a row is its id; a field that does not exist is an error; the last page
has `paging.cursors` too and only `paging.next` tells that there is more, with the token in its address; errors are a
400 whose code decides; how much of the limit is used stands in headers. The content is the ads of the example stack:
the pixel of the shop, conversions by the CRM, lists that a reverse ETL fills, a catalogue fed by the shop.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import orjson

from .control import Reply, Request, controlled
from .desk import HOUR, Denial, Desk, Route, Wire, later
from .google import masked

ACCOUNT, BUSINESS, VERSION = "100200300", "900800700", "v26.0"
READ, MANAGE, CATALOG = "ads_read", "business_management", "catalog_management"
MADE = "2025-02-03T09:00:00+0000"
DAY = "2026-05-28T18:00:00+0000"
_ACT = f"/{VERSION}/act_{{account}}"


class Account(Desk):
    """Tables are named like edges. `usage` is the share of the limit that is used, in per cent, and `regain` the
    minutes until there is room again; `fell_forward` is the version that answers instead of the one asked for."""

    routes = (
        Route("GET", f"/{VERSION}/me", "me"),
        Route("GET", f"/{VERSION}/me/permissions", "permissions"),
        Route("GET", _ACT, "account_row", READ),
        *(Route("GET", f"{_ACT}/{edge}", "edge", READ)
          for edge in ("adspixels", "customconversions", "customaudiences", "campaigns", "adrules_library",
                       "activities")),
        Route("GET", f"{_ACT}/assigned_users", "edge", MANAGE),
        Route("GET", f"/{VERSION}/{{business}}/business_users", "edge", MANAGE),
        Route("GET", f"/{VERSION}/{{business}}/system_users", "edge", MANAGE),
        Route("GET", f"/{VERSION}/{{business}}/owned_product_catalogs", "edge", CATALOG),
        Route("GET", f"/{VERSION}/{{catalog}}/product_feeds", "edge", CATALOG),
        Route("GET", "/v24.0/{rest*}", "ended"),
    )  # fmt: skip

    running: ClassVar[tuple[str, ...]] = ("adspixels", "customconversions", "product_feeds")

    def __init__(self, **how: Any) -> None:
        self.usage, self.regain = 12, 0
        self.fell_forward = ""
        super().__init__(**how)

    def fill(self) -> None:
        self.account = ACCOUNT
        self.tables["accounts"] = [_account()]
        self.tables |= {**_signals(), **_people(), **_catalogs()}
        self.tables["activities"] = []

    def well(self) -> None:
        since = self.clock.now() - datetime.fromisoformat(DAY).timestamp() - 2 * HOUR
        self.tables["adspixels"] = [row for row in self.tables["adspixels"] if not row["is_unavailable"]]
        self.tables["customaudiences"] = [row for row in self.tables["customaudiences"] if row["id"] != "703"]
        for table in self.running:  # as if what is written here had happened just before now
            self.tables[table] = [later(row, since) for row in self.tables.get(table, [])]

    # refusing

    def error(self, code: int, message: str, subcode: int = 0, status: int = 400, **more: Any) -> Reply:
        told = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AbCdEf123", **more}
        return Reply(status, {"error": told | ({"error_subcode": subcode} if subcode else {})})

    def denied(self, request: Request, grant: str) -> Reply:
        words = f"(#200) Ad account owner has NOT grant ads_management or ads_read permission ({grant})"
        return self.error(200, words, status=403)

    def refused(self, request: Request) -> Reply:
        words = "Error validating access token: Session has expired on Sunday, 01-Mar-26."
        return self.error(190, words, 463, 401)

    def missing(self, request: Request) -> Reply:
        return self.error(100, "Unsupported get request. Object does not exist, cannot be loaded due to missing "
                          "permissions, or does not support this operation.", 33)  # fmt: skip

    def limited(self) -> Reply:
        words = "There have been too many calls from this ad-account. Please wait a bit and try again."
        return self.error(80004, words, 2446079, is_transient=True)

    def ended(self, request: Request, rest: str) -> Reply:
        return self.error(2635, "You are calling a deprecated version of the Ads API. Please update to v26.0.")

    def headers(self, request: Request) -> dict[str, str]:
        told = {"type": "ads_management", "call_count": self.usage, "total_cputime": 3, "total_time": 2,
                "estimated_time_to_regain_access": self.regain, "ads_api_access_tier": "standard_access"}  # fmt: skip
        own = {"acc_id_util_pct": self.usage, "reset_time_duration": 300, "ads_api_access_tier": "standard_access"}
        return {
            "facebook-api-version": self.fell_forward or VERSION,
            "x-business-use-case-usage": orjson.dumps({BUSINESS: [told]}).decode(),
            "x-ad-account-usage": orjson.dumps(own).decode(),
            "x-app-usage": orjson.dumps({"call_count": 1, "total_cputime": 1, "total_time": 1}).decode(),
        }

    # answering

    def asked(self, request: Request, row: Wire, among: list[Wire]) -> Wire:
        """The fields that were asked for, and the id. What no row of its kind has is no field."""
        fields = request.query.get("fields", "id").replace("{", "(").replace("}", ")")
        known = {name for one in among for name in one} | {"id"}
        if wrong := [name for name in _top(fields) if name not in known]:
            raise Denial(self.error(100, f"(#100) Tried accessing nonexisting field ({wrong[0]}) on node type"))
        return {"id": row["id"], **masked(row, fields)}

    def listed(self, request: Request, rows: list[Wire]) -> Any:
        ids = [row["id"] for row in rows]
        start = ids.index(request.query["after"]) + 1 if request.query.get("after") in ids else 0
        page, after = self.part(rows, start, int(request.query.get("limit", "25")))
        told: Wire = {"data": self.mixed([self.asked(request, row, rows) for row in page])}
        if page:
            told["paging"] = {"cursors": {"before": page[0]["id"], "after": page[-1]["id"]}}
            if after is not None:
                address = f"{request.base}{request.path}?access_token={self.token}&after={page[-1]['id']}"
                told["paging"]["next"] = address
        return told

    def _own(self, account: str) -> None:
        if account != self.account:
            raise Denial(self.missing(Request("GET", "", {}, {}, b"", "")))

    def me(self, request: Request) -> Any:
        row = {"id": "122100", "name": "monitor"}
        return self.asked(request, row, [row])

    def permissions(self, request: Request) -> Any:
        rows = [{"permission": name, "status": "granted" if name in self.grants else "declined"}
                for name in (READ, MANAGE, CATALOG)]  # fmt: skip
        return {"data": rows}

    def account_row(self, request: Request, account: str) -> Any:
        self._own(account)
        return self.asked(request, self.tables["accounts"][0], self.tables["accounts"])

    def edge(self, request: Request, account: str = "", business: str = "", catalog: str = "") -> Any:
        """A list below the ad account, the business, or a catalogue."""
        edge = request.path.rpartition("/")[2]
        if account:
            self._own(account)
        if edge == "assigned_users" and request.query.get("business") != BUSINESS:
            raise Denial(self.error(100, "(#100) The parameter business is required"))
        if business and business != BUSINESS:
            raise Denial(self.missing(request))
        rows = self.tables[edge]
        if catalog:
            rows = [
                {name: value for name, value in row.items() if name != "of"} for row in rows if row["of"] == catalog
            ]
        return self.listed(request, rows)

    # changing

    @controlled
    def use(self, percent: int, regain: int = 0) -> None:
        """So much of the limit is used, by whomever; there is room again in `regain` minutes."""
        self.note("use", percent=percent, regain=regain)
        self.usage, self.regain = percent, regain

    @controlled
    def upload(self, feed: str, ok: int, invalid: int, errors: int) -> None:
        """A feed was fetched: so many items went in, so many did not."""
        self.note("upload", feed=feed, ok=ok, invalid=invalid, errors=errors)
        row = self._kept("product_feeds", feed)
        row["latest_upload"] |= {"start_time": "2026-05-28T19:00:00+0000", "end_time": "2026-05-28T19:04:00+0000",
                                 "num_persisted_items": ok, "num_invalid_items": invalid,
                                 "error_count": errors}  # fmt: skip

    def touched(self, table: str, row: Wire) -> None:
        number = len(self.tables.get("activities", []))
        self.tables.setdefault("activities", []).append({
            "id": f"a{number}", "event_time": DAY.replace("18:00", "20:26"), "event_type": f"update_{table[:-1]}",
            "actor_id": "7", "actor_name": self.actor, "object_id": str(row["id"]), "object_name": str(row.get("name")),
        })  # fmt: skip


def _top(fields: str) -> list[str]:
    """Names on the first level of `a,b(c,d)`."""
    names, depth, word = [], 0, ""
    for letter in fields + ",":
        if letter == "," and depth == 0:
            names.append(word.partition("(")[0].strip())
            word = ""
            continue
        depth += {"(": 1, ")": -1}.get(letter, 0)
        word += letter
    return names


def _account() -> Wire:
    return {
        "id": f"act_{ACCOUNT}", "account_id": ACCOUNT, "name": "Example", "account_status": 1, "disable_reason": 0,
        "currency": "EUR", "timezone_name": "Europe/London", "business": {"id": BUSINESS, "name": "Example"},
        "user_tasks": ["ANALYZE"], "amount_spent": "123456", "balance": "40", "spend_cap": "0", "age": 480.5,
        "default_dsa_beneficiary": "Example", "default_dsa_payor": "Example", "is_notifications_enabled": True,
        "attribution_spec": [{"event_type": "CLICK_THROUGH", "window_days": 7}], "created_time": MADE,
    }  # fmt: skip


def _signals() -> dict[str, list[Wire]]:
    owner = {"id": BUSINESS, "name": "Example"}
    pixel = {"creation_time": MADE, "data_use_setting": "ADVERTISING_AND_ANALYTICS", "enable_automatic_matching": True,
             "automatic_matching_fields": ["em", "ph"], "first_party_cookie_status": "FIRST_PARTY_COOKIE_ENABLED",
             "is_created_by_business": True, "is_unavailable": False, "is_restricted_use": False, "is_crm": False,
             "owner_business": owner, "match_rate_approx": 61, "code": "<script>not-for-git</script>",
             "last_fired_time": DAY}  # fmt: skip

    def conversion(id: str, name: str, kind: str, rule: str, **more: Any) -> Wire:
        return {"id": id, "name": name, "custom_event_type": kind, "rule": rule, "description": "of the website",
                "is_archived": False, "is_unavailable": False, "retention_days": 90, "default_conversion_value": 40,
                "aggregation_rule": "LAST", "event_source_type": "pixel", "pixel": {"id": "501"}, "creation_time": MADE,
                "first_fired_time": MADE, "last_fired_time": DAY, **more}  # fmt: skip

    def audience(id: str, name: str, subtype: str, code: int = 200, **more: Any) -> Wire:
        return {"id": id, "name": name, "subtype": subtype, "description": "for ads", "retention_days": 180,
                "customer_file_source": "USER_PROVIDED_ONLY", "is_value_based": False, "time_updated": 1780000000,
                "time_content_updated": 1779990000, "approximate_count_lower_bound": 11000, "rule": "",
                "operation_status": {"code": code, "description": "Normal" if code == 200 else "Flagged"},
                "delivery_status": {"code": 200, "description": "Ready"}, "pixel_id": "501",
                "data_source": {"type": "FILE_IMPORTED", "sub_type": "HASHES"}, **more}  # fmt: skip

    def campaign(id: str, name: str, **more: Any) -> Wire:
        return {"id": id, "name": name, "objective": "OUTCOME_LEADS", "configured_status": "ACTIVE",
                "effective_status": "ACTIVE", "buying_type": "AUCTION", "bid_strategy": "LOWEST_COST_WITHOUT_CAP",
                "special_ad_categories": ["NONE"], "promoted_object": {"pixel_id": "501", "custom_event_type": "LEAD"},
                "daily_budget": "5000", "updated_time": DAY, **more}  # fmt: skip

    def rule(id: str, name: str, level: str, does: str, filters: list[Wire], **more: Any) -> Wire:
        return {"id": id, "name": name, "account_id": ACCOUNT, "status": "ENABLED",
                "created_by": {"id": "7", "name": "agency"}, "created_time": MADE, "updated_time": DAY,
                "evaluation_spec": {"evaluation_type": "SCHEDULE", "filters": [
                    {"field": "entity_type", "value": level, "operator": "EQUAL"},
                    {"field": "time_preset", "value": "LAST_7D", "operator": "EQUAL"}, *filters]},
                "execution_spec": {"execution_type": does, "execution_options": [
                    {"field": "user_ids", "value": ["not-for-git"], "operator": "EQUAL"}]},
                "schedule_spec": {"schedule_type": "DAILY"}, **more}  # fmt: skip

    return {
        "adrules_library": [
            rule("851", "Pause what costs too much", "CAMPAIGN", "PAUSE",
                 [{"field": "id", "value": ["801"], "operator": "IN"},
                  {"field": "cost_per", "value": 9000, "operator": "GREATER_THAN"}]),
            rule("852", "More for what sells", "ADSET", "CHANGE_BUDGET",
                 [{"field": "campaign.id", "value": ["802", "801"], "operator": "IN"}],
                 execution_spec={"execution_type": "CHANGE_BUDGET", "is_once_off": False, "execution_options": [
                     {"field": "user_ids", "value": ["not-for-git"], "operator": "EQUAL"},
                     {"field": "change_spec", "operator": "EQUAL",
                      "value": {"amount": "20", "limit": "50000", "unit": "PERCENTAGE"}}]},
                 schedule_spec={"schedule_type": "CUSTOM", "schedule": [
                     {"days": [1, 2], "start_minute": 540, "end_minute": 570}]}),
            rule("853", "Tell of new campaigns", "CAMPAIGN", "NOTIFICATION", [], status="DISABLED", schedule_spec=None,
                 evaluation_spec={"evaluation_type": "TRIGGER", "filters": [
                     {"field": "entity_type", "value": "CAMPAIGN", "operator": "EQUAL"}],
                     "trigger": {"type": "METADATA_CREATION", "field": "name"}}),
        ],
        "adspixels": [
            {"id": "501", "name": "Website", **pixel}, {"id": "502", "name": "Shop", **pixel},
            {"id": "503", "name": "Old shop", **pixel, "is_unavailable": True, "last_fired_time": None},
        ],
        "customconversions": [
            conversion("601", "Qualified lead", "LEAD", '{"and":[{"event":{"eq":"QualifiedLead"}}]}'),
            conversion("602", "Contact page", "CONTACT", '{"and":[{"url":{"i_contains":"/contact"}}]}'),
            conversion("603", "Old page", "OTHER", "{}", is_archived=True),
        ],
        "customaudiences": [
            audience("701", "Customers (CRM)", "CUSTOM"),
            audience("702", "Visitors", "WEBSITE", rule='{"inclusions":{}}'),
            audience("703", "Flagged list", "CUSTOM", code=471),
        ],
        "campaigns": [campaign("801", "2026-Q4_emea_social_launch"), campaign("802", "2026-Q4_amer_social_brand",
                                                                              configured_status="PAUSED")],
    }  # fmt: skip


def _people() -> dict[str, list[Wire]]:
    def person(id: str, mailbox: str, role: str, **more: Any) -> Wire:
        return {"id": id, "name": mailbox.partition("@")[0], "email": mailbox, "role": role, "title": "",
                "two_fac_status": "two_fac_on", "finance_permission": "NONE", "ip_permission": "NONE",
                "marked_for_removal": False, "pending_email": None, **more}  # fmt: skip

    return {
        "business_users": [
            person("11", "admin-01@example.com", "ADMIN", finance_permission="EDITOR"),
            person("12", "agency@example.com", "EMPLOYEE", two_fac_status="two_fac_off"),
        ],
        "system_users": [
            {"id": "21", "name": "monitor", "role": "EMPLOYEE", "created_time": MADE, "finance_permission": "NONE"},
            {"id": "22", "name": "reverse ETL", "role": "ADMIN", "created_time": MADE, "finance_permission": "NONE"},
        ],
        "assigned_users": [
            {"id": "11", "name": "admin-01", "user_type": "BUSINESS_USER", "tasks": ["ANALYZE", "ADVERTISE", "MANAGE"],
             "business": {"id": BUSINESS}},
            {"id": "21", "name": "monitor", "user_type": "SYSTEM_USER", "tasks": ["ANALYZE"],
             "business": {"id": BUSINESS}},
        ],
    }  # fmt: skip


def _catalogs() -> dict[str, list[Wire]]:
    address = "https://feeds.example.com/meta.xml?key=not-for-git"
    schedule = {
        "id": "s1", "interval": "HOURLY", "interval_count": 6, "hour": 0, "minute": 15, "timezone": "Europe/London",
        "url": address, "username": "not-for-git",
    }  # fmt: skip
    upload = {
        "id": "u1", "start_time": "2026-05-28T12:15:00+0000", "end_time": "2026-05-28T12:19:00+0000", "error_count": 0,
        "warning_count": 3, "num_detected_items": 900, "num_persisted_items": 897, "num_invalid_items": 3,
        "url": address,
    }  # fmt: skip
    feed = {
        "country": "GB", "default_currency": "EUR", "deletion_enabled": True, "ingestion_source_type": "PRIMARY_FEED",
        "product_count": 897, "file_name": "meta.xml", "created_time": MADE,
    }  # fmt: skip
    return {
        "owned_product_catalogs": [
            {"id": "901", "name": "Shop", "vertical": "commerce", "is_catalog_segment": False, "product_count": 897,
             "feed_count": 2},
        ],
        "product_feeds": [
            {"of": "901", "id": "951", "name": "Products", **feed, "schedule": schedule, "latest_upload": upload},
            {"of": "901", "id": "952", "name": "Prices", **feed, "update_schedule": {**schedule, "interval": "DAILY"},
             "latest_upload": {**upload, "id": "u2"}},
        ],
    }  # fmt: skip
