"""A Klaviyo account that answers in memory, in the shape of the vendor's OpenAPI of 2026-07-15 (JSON:API): custom
objects with their schemas, metrics, lists, segments, flows, campaigns, forms, templates, imports, webhooks, feeds,
settings.

Every request names a revision; campaigns are listed of one channel at a time. Lists are `{data, links: {next}}`, and
`next` is an address. A refusal is `{errors: [...]}` with a code; a key that lacks a scope is refused the lists of it
with a 403, and no list is shorter for it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from probes.simulated.control import Reply, Request, controlled
from probes.simulated.desk import Denial, Desk, Route, Wire

from .campaigns import rows, wanted
from .content import JOBS, definition, job, universal

ERRORS: Final = {400: "invalid", 401: "not_authenticated", 403: "permission_denied", 404: "not_found", 429: "throttled"}
SHOWN: Final = {"data-sources": ("custom-objects", "data-source"), "lists": ("lists", "list"),
                "segments": ("segments", "segment"), "metrics": ("metrics", "metric"), "flows": ("flows", "flow"),
                "custom-metrics": ("metrics", "custom-metric"), "mapped-metrics": ("metrics", "mapped-metric"),
                "forms": ("forms", "form"), "templates": ("templates", "template"), "webhooks": ("webhooks", "webhook"),
                "web-feeds": ("web-feeds", "web-feed"), "object-types": ("custom-objects", "object-type"),
                "accounts": ("accounts", "account"), "tracking-settings": ("tracking-settings", "tracking-setting"),
                "campaigns": ("campaigns", "campaign"), **JOBS,
                "template-universal-content": ("templates", "template-universal-content"),
                "profile-bulk-import-jobs": ("lists", "profile-bulk-import-job")}  # fmt: skip
OBJECTS: Final = {
    "OT1": ("Warranty", "active", "S31", {"serial": "string", "sold_on": "timestamp", "months": "int",
                                         "price": "float", "registered": "boolean"}, ["serial"]),
    "OT2": ("Store visit", "draft", "", {}, []),
    "OT3": ("Rental", "active", "S32", {"contract": "string", "until": "timestamp"}, ["contract", "until"]),
}  # fmt: skip
METRICS: Final = {"M1": ("Placed Order", "Shopify", {"Categories": "List", "$value": "Numeric"}),
                  "M2": ("Opened Email", "Klaviyo", {"Subject": "Text"}),
                  "M3": ("Lead Scored", "API", {"score": "Numeric"})}  # fmt: skip


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


class Account(Desk):
    """The account. `imported` is one bulk import of profiles, `refuse` one record of a custom object that was
    refused."""

    routes: ClassVar[tuple[Route, ...]] = (
        *(Route("GET", f"/api/{table}", "listed", f"{scope}:read") for table, (scope, _) in SHOWN.items()),
        *(Route("GET", f"/api/{table}/{{id}}", "one", f"{scope}:read") for table, (scope, _) in SHOWN.items()),
        Route("GET", "/api/object-types/{id}/current-schema", "current", "custom-objects:read"),
        Route("GET", "/api/object-schemas/{id}/source-mapping", "mapping", "custom-objects:read"),
        Route("GET", "/api/object-types/{id}/object-ingestion-logs", "logs", "custom-objects:read"),
        Route("GET", "/api/metrics/{id}/metric-properties", "properties", "metrics:read"),
        Route("GET", "/api/profile-bulk-import-jobs/{id}/import-errors", "import_errors", "profiles:read"),
    )
    scheme = "Klaviyo-API-Key "

    def fill(self) -> None:
        self.account = "AbC123"
        self._jobs = 0
        self.tables = {name: [] for name in (*SHOWN, "logs", "errors")}
        for gid, (title, status, _, _, _) in OBJECTS.items():
            self._add("object-types", gid, title=title, description=f"One {title.lower()} a row", status=status,
                      namespace="custom", created_at=iso(self.born), updated_at=iso(self.born))  # fmt: skip
        self.tables["schemas"] = [
            self._schema(id, told[2], told[3], told[4]) for id, told in OBJECTS.items() if told[2]
        ]
        for id, title, seen in (("DS1", "Warehouse", "private"), ("DS2", "Rental desk", "shared")):
            self._add("data-sources", id, title=title, visibility=seen, description="Nightly", namespace="custom")
        for id, (name, source, _) in METRICS.items():
            kind = {"object": "integration", "id": f"I{id}", "key": source.lower(), "name": source,
                    "category": {"id": "1", "object": "category", "name": "eCommerce"}}  # fmt: skip
            self._add("metrics", id, name=name, integration=kind, **self._dated())
        for id, name, way, value in (
            ("CM1", "Qualified order", "value", "$value"),
            ("CM2", "Scored leads", "count", None),
        ):
            group = {"metric_id": "M1" if value else "M3", "metric_filters": None, "value_property": value}
            told = {"aggregation_method": way, "metric_groups": [group]}
            self._add("custom-metrics", id, name=name, definition=told, **self._dated())
        for id, metric, custom in (("revenue", "", "CM1"), ("ordered_product", "M1", "")):
            row = self._add("mapped-metrics", id, updated=iso(self.born))
            row["relationships"] = {
                "metric": {"data": {"type": "metric", "id": metric} if metric else None},
                "custom-metric": {"data": {"type": "custom-metric", "id": custom} if custom else None},
            }
        for id, name, way in (("LA1", "Newsletter", "double_opt_in"), ("LB2", "Trade fair", "single_opt_in"),
                              ("LC3", "Newsletter", "double_opt_in")):  # fmt: skip
            self._add("lists", id, name=name, opt_in_process=way, **self._dated())
        where = {"type": "profile-property", "property": "properties['region']",
                 "filter": {"type": "string", "operator": "equals", "value": "EMEA"}}  # fmt: skip
        criteria = {"condition_groups": [{"conditions": [where]}]}
        for id, name, active in (("SG1", "Qualified", True), ("SG2", "Lapsed", False)):
            self._add("segments", id, name=name, definition=criteria, is_active=active, is_processing=not active,
                      is_starred=False, **self._dated())  # fmt: skip
        self._flows(criteria)
        for id, name, status, test in (("FO1", "Footer sign-up", "live", False), ("FO2", "Exit", "draft", True)):
            self._add("forms", id, name=name, status=status, ab_test=test, created_at=iso(self.born),
                      updated_at=iso(self.born), definition=definition("LA1"))  # fmt: skip
        self._add("template-universal-content", "UC1", name="Footer", definition=universal(), screenshot_url=None,
                  screenshot_status="never_generated", **self._dated())  # fmt: skip
        for number, table in enumerate(("catalog-item-bulk-create-jobs", "catalog-item-bulk-update-jobs",
                                        "catalog-variant-bulk-delete-jobs")):  # fmt: skip
            self._add(table, f"CJ{number}", **job(iso(self.born + number), failed_count=0, errors=[], expires_at=None))
        self._add("profile-suppression-bulk-create-jobs", "SJ1", **job(iso(self.born), skipped_count=2))
        for id, name, editor, body in (("TE1", "Welcome 1", "SYSTEM_DRAGGABLE", "<p>not-for-git</p>"),
                                       ("TE2", "Plain", "CODE", "")):  # fmt: skip
            self._add("templates", id, name=name, editor_type=editor, html=body, text=None, amp=None, **self._dated())
        for id, name, on in (("W1", "To the warehouse", True), ("W2", "Old", False)):
            address = f"https://hooks.example.com/{id}?k=not-for-git"
            row = self._add("webhooks", id, name=name, description="", enabled=on, created_at=iso(self.born),
                            updated_at=iso(self.born), endpoint_url=address)  # fmt: skip
            topics = ("event:klaviyo.sent_sms", "event:klaviyo.opened_email")
            row["relationships"] = {
                "webhook-topics": {"data": [{"type": "webhook-topic", "id": one} for one in topics]}
            }
        for id, name, status in (("WF1", "Top_sellers", "ok"), ("WF2", "Stores", "refreshing")):
            self._add("web-feeds", id, name=name, url=f"https://shop.example.com/{id}?t=not-for-git", status=status,
                      request_method="get", content_type="json", **self._dated())  # fmt: skip
        dated = {"created_at": iso(self.born), "updated_at": iso(self.clock.now() - 3600)}
        for id, channel, told in rows(dated, iso(self.clock.now() - 3600), iso(self.clock.now() + 86_400)):
            self._add("campaigns", id, **told)["of"] = channel
        self._settings()
        self._import(90, 0, "complete", "")

    def _dated(self) -> Wire:
        return {"created": iso(self.born), "updated": iso(self.born)}

    def _add(self, table: str, id: str, **attributes: Any) -> Wire:
        row = {"type": SHOWN[table][1], "id": id, "attributes": attributes,
               "links": {"self": f"https://account.test/api/{table}/{id}"}}  # fmt: skip
        self.tables[table].append(row)
        return row

    def _schema(self, of: str, id: str, told: dict[str, str], required: list[str]) -> Wire:
        properties = [{"id": n, "name": name, "type": kind, "description": "As on the label"}
                      for n, (name, kind) in enumerate(told.items(), 1)]  # fmt: skip
        return {"of": of, "type": "object-schema", "id": id, "links": {"self": f"https://account.test/api/{id}"},
                "attributes": {"title": "v3", "description": "As published", "status": "active", "required": required,
                               "properties": properties, "published_at": iso(self.born),
                               "visibility": "shared"}}  # fmt: skip

    def _flows(self, criteria: Wire) -> None:
        after = [{"id": "11", "type": "time-delay", "links": {"next": "12"}, "data": {"unit": "days", "value": 1}},
                 {"id": "12", "type": "send-email", "links": {"next": None}, "data": {"status": "live"}}]  # fmt: skip
        for id, name, status, kind, trigger in (
            ("FL1", "Welcome", "live", "Added to List", {"type": "list", "id": "LA1"}),
            ("FL2", "Win back", "draft", "Metric", {"type": "metric", "id": "M1", "trigger_filter": None}),
            ("FL3", "Old welcome", "manual", "Added to List", {"type": "list", "id": "LA1"}),
        ):
            told = {"triggers": [trigger], "profile_filter": criteria, "actions": after, "entry_action_id": "11",
                    "reentry_criteria": {"duration": 30, "unit": "day"}}  # fmt: skip
            self._add("flows", id, name=name, status=status, archived=id == "FL3", trigger_type=kind,
                      definition=told, **self._dated())  # fmt: skip

    def _settings(self) -> None:
        place = {"address1": "1 Main Street", "address2": "", "city": "Utrecht", "region": "UT", "zip": "3511",
                 "country": "Netherlands"}  # fmt: skip
        about = {"default_sender_name": "Example", "default_sender_email": "news@example.com", "street_address": place,
                 "website_url": "https://www.example.com", "organization_name": "Example"}  # fmt: skip
        self._add("accounts", self.account, test_account=False, contact_information=about, industry="Trade",
                  timezone="Europe/Amsterdam", preferred_currency="EUR", public_api_key=self.account,
                  locale="en-US")  # fmt: skip

        def both(value: str) -> Wire:
            return {"flow": {"type": "dynamic", "value": value}, "campaign": {"type": "static", "value": value}}

        self._add("tracking-settings", self.account, auto_add_parameters=True, utm_source=both("klaviyo"),
                  utm_medium=both("message_type"), utm_campaign=both("campaign_name"), utm_id=both("campaign_id"),
                  utm_term=both("none"), custom_parameters=[{**both("a"), "name": "utm_x"}])  # fmt: skip

    # answers

    def answer(self, request: Request) -> Reply:
        return super().answer(request) if request.headers.get("revision") else self._no(400, "A revision is required.")

    def _no(self, status: int, words: str) -> Reply:
        one = {"id": "e-1", "status": status, "code": ERRORS[status], "title": ERRORS[status], "detail": words,
               "source": {"pointer": "/data/"}, "meta": {}, "links": {}}  # fmt: skip
        return Reply(status, {"errors": [one]}, {"content-type": "application/vnd.api+json"})

    def denied(self, request: Request, grant: str) -> Reply:
        return self._no(403, f"The API key does not have the scope {grant}.")

    def refused(self, request: Request) -> Reply:
        return self._no(401, "Incorrect authentication credentials.")

    def missing(self, request: Request) -> Reply:
        return self._no(404, "The resource was not found.")

    def limited(self) -> Reply:
        return Reply(429, self._no(429, "Request was throttled.").body, {"retry-after": "15"})

    def touched(self, table: str, row: Wire) -> None:
        for name in {"updated", "updated_at"} & row.get("attributes", {}).keys():
            row["attributes"][name] = iso(self.clock.now())

    def _page(self, request: Request, rows: list[Wire]) -> Wire:
        cursor = request.query.get("page[cursor]")
        try:
            start = int(b64decode(cursor)) if cursor else 0
        except ValueError:
            raise Denial(self._no(400, "Invalid cursor provided.")) from None
        page, after = self.part(rows, start, int(request.query.get("page[size]", self.page)))
        here = f"{request.base}{request.path}"
        kept = {**request.query, "page[cursor]": b64encode(str(after).encode()).decode()}
        links = {"self": here} | ({"next": f"{here}?{urlencode(kept)}"} if after else {})
        return {"data": self.mixed(page), "links": links}

    def _known(self, request: Request, table: str, id: str) -> Wire:
        found = self.find(table, id)
        if found is None:
            raise Denial(self.missing(request))
        return found

    def _without(self, row: Wire, *names: str) -> Wire:
        told = {name: value for name, value in row["attributes"].items() if name not in names}
        return {**{name: row[name] for name in row if name != "of"}, "attributes": told}

    def listed(self, request: Request) -> Any:
        table = request.path.rpartition("/")[2]
        hidden = ("definition",) if table in ("flows", "forms") else ()
        asked = request.query.get("filter", "")
        try:
            fits = wanted(asked if table in ("campaigns", "lists", "segments") else "")
        except ValueError:
            raise Denial(self._no(400, "Invalid filter provided.")) from None
        if table == "campaigns" and "messages.channel" not in asked:
            raise Denial(self._no(400, "A channel filter is required to list campaigns."))
        found = [self._without(row, *hidden) for row in self.tables[table] if fits(row)]
        if request.query.get("sort") in ("-created_at", "-created"):
            return {"data": list(reversed(found)), "links": {"self": f"{request.base}{request.path}"}}
        return self._page(request, found)

    def one(self, request: Request, id: str) -> Any:
        table = request.path.split("/")[2]
        whole = request.query.get("additional-fields[flow]") == "definition" or table != "flows"
        row = self._without(self._known(request, table, id), *(() if whole else ("definition",)))
        return {"data": row, "links": {"self": f"{request.base}{request.path}"}}

    def current(self, request: Request, id: str) -> Any:
        self._known(request, "object-types", id)
        found = next((row for row in self.tables["schemas"] if row["of"] == id), None)
        return {"data": self._without(found), "links": {"self": request.path}} if found else self.missing(request)

    def mapping(self, request: Request, id: str) -> Any:
        of = self._known(request, "schemas", id)
        source = {"source_id": "DS1", "id_path": "$['id']", "data_path": "$['serial']"}
        related = {"source_id": "DS1", "type": "profile", "id_path": "$['id']", "update_strategy": "additive",
                   "related_id_paths": [{"identifier_type": "email", "path": "$['email']"}]}  # fmt: skip
        told = {"property_mappings": [{"id": one["id"], "type": "simple", "source": source}
                                      for one in of["attributes"]["properties"]],
                "relationship_mappings": [{"relationship_id": "R1", "type": "simple", "source": related}]}  # fmt: skip
        row = {"type": "source-mapping", "id": f"MS{id}", "attributes": told, "links": {"self": request.path}}
        return {"data": row, "links": {"self": request.path}}

    def logs(self, request: Request, id: str) -> Any:
        self._known(request, "object-types", id)
        asked = request.query.get("filter", "")
        since = asked.partition("timestamp,")[2].partition(")")[0]
        rows = [row for row in self.tables["logs"] if row["of"] == id and row["attributes"]["timestamp"] >= since]
        return self._page(request, [self._without(row) for row in reversed(rows)])

    def properties(self, request: Request, id: str) -> Any:
        self._known(request, "metrics", id)
        told: Iterator[tuple[str, str]] = iter(METRICS[id][2].items() if id in METRICS else ())
        rows = [{"type": "metric-property", "id": f"{id}-{n}", "links": {"self": request.path}, "attributes": {
                    "label": name.strip("$").title(), "property": name, "inferred_type": kind}}
                for n, (name, kind) in enumerate(told)]  # fmt: skip
        return self._page(request, rows)

    def import_errors(self, request: Request, id: str) -> Any:
        only = request.query.get("fields[import-error]", "").split(",")
        rows = [row for row in self.tables["errors"] if row["of"] == id]
        hidden = [
            name for name in ("title", "detail", "source", "original_payload") if only != [""] and name not in only
        ]
        return self._page(request, [self._without(row, *hidden) for row in rows])

    # what happens in an account

    @controlled
    def imported(self, ok: int = 100, failed: int = 0, status: str = "complete", code: str = "invalid") -> None:
        """A bulk import of profiles ended just now, or goes on (queued, processing, cancelled)."""
        self.note("imported", ok=ok, failed=failed, status=status, code=code)
        self._import(ok, failed, status, code)

    def _import(self, ok: int, failed: int, status: str, code: str) -> None:
        self._jobs += 1
        now = iso(self.clock.now())
        id = f"J{self._jobs}"
        self._add("profile-bulk-import-jobs", id, status=status, created_at=now, total_count=ok + failed,
                  completed_count=ok, failed_count=failed, completed_at=now if status == "complete" else None,
                  expires_at=iso(self.clock.now() + 604_800), started_at=now)  # fmt: skip
        if failed:
            told = {"code": code, "title": "no", "detail": "not-for-git", "source": {"pointer": "/"},
                    "original_payload": {"email": "not-for-git"}}  # fmt: skip
            self.tables["errors"].append({"of": id, "type": "import-error", "id": f"E{id}", "attributes": told})

    @controlled
    def refuse(self, object: str, code: str = "invalid_type") -> None:
        """A record of a custom object was refused just now."""
        self.note("refuse", object=object, code=code)
        error = {"code": code, "message": "not-for-git", "property": "months", "invalid_value": "not-for-git"}
        told = {"status": "error", "event_type": "validation_error", "timestamp": iso(self.clock.now()),
                "summary": "not-for-git", "errors": [error]}  # fmt: skip
        self.tables["logs"].append({"of": object, "type": "object-ingestion-log", "attributes": told,
                                    "id": f"L{len(self.tables['logs'])}", "links": {"self": "/"}})  # fmt: skip

    @controlled
    def publish(self, object: str, id: str) -> None:
        """The schema of a custom object is published anew, under another id."""
        self.note("publish", object=object, id=id)
        next(row for row in self.tables["schemas"] if row["of"] == object)["id"] = id
