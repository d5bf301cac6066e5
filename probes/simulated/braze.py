"""A Braze workspace in memory: the REST API, as the pages of its endpoints describe it.

Written from braze.com/docs/api (braze-inc/braze-docs): the endpoints' pages for paths, parameters and rows, its pages
on errors and rate limits. Three ways to page: the header Link, a page number from 0, an offset beside a `count` of what
was returned. The workspace is the example stack's experiment: welcome messages that read consent and region.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, ClassVar

from .control import Reply, Request, controlled
from .desk import Desk, Route, Wire

EXPORTS = 1_000  # requests an hour


class Account(Desk):
    """Tables: attributes, events, catalogs, campaigns, canvases, segments, templates, content_blocks,
    preference_centers, integrations, runs. `left`: requests of the window of exports that are left."""

    routes = (
        Route("GET", "/custom_attributes", "attributes", "custom_attributes.get"),
        Route("GET", "/events", "events", "events.get"),
        Route("GET", "/catalogs", "catalogs", "catalogs.get"),
        Route("GET", "/campaigns/list", "campaigns", "campaigns.list"),
        Route("GET", "/campaigns/details", "campaign", "campaigns.details"),
        Route("GET", "/canvas/list", "canvases", "canvas.list"),
        Route("GET", "/canvas/details", "canvas", "canvas.details"),
        Route("GET", "/segments/list", "segments", "segments.list"),
        Route("GET", "/segments/details", "segment", "segments.details"),
        Route("GET", "/templates/email/list", "templates", "templates.email.list"),
        Route("GET", "/templates/email/info", "template", "templates.email.info"),
        Route("GET", "/content_blocks/list", "blocks", "content_blocks.list"),
        Route("GET", "/content_blocks/info", "block", "content_blocks.info"),
        Route("GET", "/preference_center/v1/list", "centers", "preference_center.list"),
        Route("GET", "/preference_center/v1/{id}", "center", "preference_center.get"),
        Route("GET", "/cdi/integrations", "integrations", "cdi.integration_list"),
        Route("GET", "/cdi/integrations/{id}/job_sync_status", "runs", "cdi.integration_job_status"),
    )
    running: ClassVar[tuple[str, ...]] = ("runs",)
    keys: ClassVar[dict[str, str]] = {
        "attributes": "name", "events": "name", "catalogs": "name", "templates": "email_template_id",
        "content_blocks": "content_block_id", "preference_centers": "preference_center_api_id",
        "integrations": "integration_id", "runs": "at",
    }  # fmt: skip

    # refusing

    def denied(self, request: Request, grant: str) -> Reply:
        return Reply(401, {"message": "Invalid API key"})

    def refused(self, request: Request) -> Reply:
        return Reply(401, {"message": "Invalid API key"})

    def missing(self, request: Request) -> Reply:
        return Reply(404, {"message": "Not Found"})

    def limited(self) -> Reply:
        return Reply(429, {"message": "Rate limit exceeded"})

    def headers(self, request: Request) -> dict[str, str]:
        now = self.clock.now()
        reset = int(now // 3600 + 1) * 3600  # on the clock's hour
        return {"x-ratelimit-limit": str(EXPORTS), "x-ratelimit-remaining": str(max(0, self.left)),
                "x-ratelimit-reset": str(reset), 
                "date": format_datetime(datetime.fromtimestamp(now, UTC), True)}  # fmt: skip

    # answering

    def _linked(self, request: Request, name: str, rows: list[Wire], size: int) -> Reply:
        """The next page stands in the header alone, as an address without a host."""
        at = int(b64decode(request.query.get("cursor", "") or "c2tpcDow").decode().partition(":")[2])
        part, after = self.part(rows, at, size)
        links = []
        if at:
            links.append(f'<{request.path}?cursor={_cursor(max(0, at - min(size, self.page)))}>; rel="prev"')
        if after is not None:
            links.append(f'<{request.path}?cursor={_cursor(after)}>; rel="next"')
        return Reply(200, {name: self.mixed(part), "message": "success"}, {"link": ",".join(links)} if links else {})

    def _numbered(self, request: Request, name: str, rows: list[Wire], *keys: str) -> Wire:
        size = min(100, self.page)
        part, _ = self.part(rows, int(request.query.get("page", "0")) * size, size)
        return {name: self.mixed([{key: row[key] for key in keys} for row in part]), "message": "success"}

    def _skipped(self, request: Request, name: str, rows: list[Wire], *keys: str) -> Any:
        if request.query.get("offset") == "0":
            return Reply(400, {"message": "Offset must be greater than 0."})
        limit = min(int(request.query.get("limit", "100")), 1_000)
        part, _ = self.part(rows, int(request.query.get("offset", "0")), limit)
        listed = [{key: row[key] for key in keys} for row in part]
        return {"count": len(listed), name: self.mixed(listed), "message": "success"}

    def _one(self, request: Request, table: str, param: str, *without: str) -> Any:
        found = self.find(table, request.query.get(param, ""))
        if found is None:
            return Reply(400, {"message": f"Invalid {param}"})
        return {**{name: value for name, value in found.items() if name not in without}, "message": "success"}

    def attributes(self, request: Request) -> Reply:
        self.left -= 1
        return self._linked(request, "attributes", self.tables["attributes"], 50)

    def events(self, request: Request) -> Reply:
        self.left -= 1
        return self._linked(request, "events", self.tables["events"], 50)

    def catalogs(self, request: Request) -> Wire:
        return {"catalogs": self.rows("catalogs"), "message": "success"}

    def campaigns(self, request: Request) -> Wire:
        rows = self.tables["campaigns"]
        if request.query.get("include_archived") != "true":
            rows = [row for row in rows if not row["archived"]]
        return self._numbered(request, "campaigns", rows, "id", "name", "last_edited", "is_api_campaign", "tags")

    def campaign(self, request: Request) -> Any:
        return self._one(request, "campaigns", "campaign_id", "id", "last_edited", "is_api_campaign")

    def canvases(self, request: Request) -> Wire:
        return self._numbered(request, "canvases", self.tables["canvases"], "id", "name", "last_edited", "tags")

    def canvas(self, request: Request) -> Any:
        return self._one(request, "canvases", "canvas_id", "id", "last_edited")

    def segments(self, request: Request) -> Wire:
        return self._numbered(request, "segments", self.tables["segments"], "id", "name",
                              "analytics_tracking_enabled", "tags")  # fmt: skip

    def segment(self, request: Request) -> Any:
        return self._one(request, "segments", "segment_id", "id", "analytics_tracking_enabled")

    def templates(self, request: Request) -> Any:
        return self._skipped(request, "templates", self.tables["templates"], "email_template_id", "template_name",
                             "created_at", "updated_at", "tags")  # fmt: skip

    def template(self, request: Request) -> Any:
        return self._one(request, "templates", "email_template_id")

    def blocks(self, request: Request) -> Any:
        return self._skipped(request, "content_blocks", self.tables["content_blocks"], "content_block_id", "name",
                             "content_type", "liquid_tag", "inclusion_count", "created_at", "last_edited",
                             "tags")  # fmt: skip

    def block(self, request: Request) -> Any:
        asked = request.query.get("content_block_id")
        if any((edit.action, edit.table, edit.key) == ("deleted", "content_blocks", asked) for edit in self.edits):
            return Reply(400, {"message": "Content Block has been deleted—content not available"})
        if self.find("content_blocks", asked or "") is None:
            return Reply(400, {"message": "Content Block ID is invalid for this workspace"})
        return self._one(request, "content_blocks", "content_block_id", "liquid_tag")

    def centers(self, request: Request) -> Wire:
        names = ("name", "preference_center_api_id", "created_at", "updated_at")
        return {"preference_centers": [{name: row[name] for name in names} for row in self.rows("preference_centers")]}

    def center(self, request: Request, id: str) -> Any:
        return self.find("preference_centers", id) or Reply(404, {"message": "Preference Center not found"})

    def integrations(self, request: Request) -> Reply:
        return self._linked(request, "results", self.tables["integrations"], 10)

    def runs(self, request: Request, id: str) -> Any:
        if self.find("integrations", id) is None:
            return Reply(400, {"message": "Invalid integration ID"})
        own = [{name: value for name, value in row.items() if name not in ("at", "of")}
               for row in self.tables["runs"] if row["of"] == id]  # fmt: skip
        return self._linked(request, "results", own[::-1], 10)

    # changing

    @controlled
    def track(self, name: str, data_type: str = "String") -> None:
        """Some system sends users with an attribute that was not there: Braze makes it."""
        self.put("attributes", _attribute(name, data_type, ""))

    @controlled
    def run(self, integration: str, rows: int, failed: int = 0) -> None:
        """A data source was synced now; it is an error where nothing got through."""
        self.note("run", integration=integration, rows=rows, failed=failed)
        status = "success" if not failed else "partial" if rows > failed else "error"
        at = _time(self.clock.now())
        run = _run(integration, f"{integration}/{len(self.tables['runs'])}", at, status, rows - failed, failed)
        self.tables["runs"].append(run)
        self.alter("integrations", integration, {"last_job_status": status, "last_job_start_time": at})

    def touched(self, table: str, row: Wire) -> None:
        for name in ("updated_at", "last_edited"):
            if name in row:
                row[name] = _time(self.clock.now())

    # what the workspace starts with

    def fill(self) -> None:
        self.left = EXPORTS
        born, now = _time(self.born), self.clock.now()
        body = (
            "Hello {{${first_name}}}, {{custom_attribute.${region}}} {% if custom_attribute.${marketing_consent} %}"
            "{{content_blocks.${footer} | id: 'cb1'}}{% endif %}{% catalog_items products {{sku}} %}"
        )
        hook = {"channel": "webhook", "url": "https://hooks.example.com/in/not-for-git", "method": "POST",
                "headers": {"x-key": "not-for-git"}, "type": "json",
                "body": "{{custom_attribute.${lead_score}}}"}  # fmt: skip
        email = {"channel": "email", "name": "Variation 1", "subject": "Welcome", "body": body,
                 "from": "Northwind <hello@example.com>", "reply_to": "", "title": "Welcome", "extras": {}}  # fmt: skip
        converts = [{"type": "Performs Custom Event", "window": 86400, "custom_event_name": "order_completed"}]
        self.tables = {
            "attributes": [
                _attribute("lead_score", "Number", "Score of the CRM"), _attribute("marketing_consent", "Boolean", ""),
                _attribute("region", "String", "EMEA, AMER or APAC"),
                {**_attribute("topics", "Array", ""), "array_length": 100},
                {**_attribute("twitter_handle", "String", ""), "status": "Blocklisted"},
            ],
            "events": [
                {"name": name, "description": says, "included_in_analytics_report": False, "status": "Active",
                 "tag_names": ["Shop"]}
                for name, says in (("cart_viewed", ""), ("order_completed", "From the shop"), ("form_sent", ""))
            ],
            "catalogs": [
                {"name": "products", "description": "What the shop sells", "num_items": 1200, "updated_at": born,
                 "fields": [{"name": "id", "type": "string"}, {"name": "price", "type": "number"},
                            {"name": "available", "type": "boolean"}, {"name": "from", "type": "time"},
                            {"name": "details", "type": "object"}]},
            ],
            "campaigns": [
                _campaign("cmp-welcome", "Welcome", born, {"v1": email}, converts),
                _campaign("cmp-lead", "Tell the CRM", born, {"v1": hook}, [], api=True),
                {**_campaign("cmp-old", "Old survey", born, {"v1": {"type": "survey", "data": {"pages": [{"choices": [
                    {"choice_id": "1", "custom_attribute_key": "topics", "text": "Water"}]}]}}}, []),
                 "archived": True, "enabled": False},
            ],
            "canvases": [
                _canvas("cnv-onboard", "Onboarding", born, [
                    {"id": "s1", "name": "Wait", "type": "delay", "channels": [], "next_paths": [
                        {"name": "null", "next_step_id": "s2"}]},
                    {"id": "s2", "name": "Mail", "type": "message", "channels": ["email"],
                     "next_step_ids": ["s3", "s4"], "messages": {"m1": email},
                     "next_paths": [{"name": "null", "next_step_id": "s3"}]},
                    {"id": "s3", "name": "End", "channels": []},
                ]),
                _canvas("cnv-draft", "Win back", born, [], draft=True),
                _canvas("cnv-third", "Reorder", born, []),
            ],
            "segments": [
                {"id": f"seg-{number}", "name": name, "analytics_tracking_enabled": True, "tags": ["Consent"],
                 "created_at": born, "updated_at": born, "description": f"{name}, as agreed",
                 "text_description": f"custom attribute {says}", "teams": ["Marketing"]}
                for number, (name, says) in enumerate((("May be written to", "marketing_consent is true"),
                                                       ("EMEA", "region is EMEA"), ("Hot", "lead_score over 65")))
            ],
            "templates": [
                {"email_template_id": f"tpl-{number}", "template_name": name, "subject": "For {{${first_name}}}",
                 "preheader": "", "body": body, "plaintext_body": "", "should_inline_css": True, "tags": ["Brand"],
                 "created_at": born, "updated_at": born}
                for number, name in enumerate(("Welcome", "Invoice", "Reminder"))
            ],
            "content_blocks": [
                {"content_block_id": "cb-footer", "name": "footer",
                 "content": "{{custom_attribute.${region}}} not-for-git", "description": "", "content_type": "html",
                 "liquid_tag": "{{content_blocks.${footer}}}",
                 "inclusion_count": 12, "tags": ["Brand"], "created_at": born, "last_edited": born},
            ],
            "preference_centers": [
                {"name": "What you want to hear of", "preference_center_api_id": "prc-1", "created_at": born,
                 "updated_at": born, "preference_center_title": "What you want to hear of", "state": "active",
                 "preference_center_page_html": "<p>{{custom_attribute.${topics}}} not-for-git</p>",
                 "confirmation_page_html": "<p>Thank you</p>", "redirect_page_html": None,
                 "preference_center_options": {"meta-viewport-content": "width=device-width"}},
            ],
            "integrations": [
                {"integration_id": f"cdi-{number}", "app_group_id": "wks-1", "integration_name": name,
                 "integration_type": kind, "integration_status": "active", "contact_emails": "not-for-git@example.com",
                 "last_updated_at": born, "warehouse_type": "snowflake", "last_job_start_time": _time(now - 1800),
                 "last_job_status": "success", "next_scheduled_run": _time(now + 1800)}
                for number, (name, kind) in enumerate((("Lead scores", "attributes"), ("Orders", "events"),
                                                       ("Catalog", "catalogs")))
            ],
            "runs": [_run("cdi-0", "cdi-0/0", _time(now - 5400), "success", 380, 0),
                     _run("cdi-0", "cdi-0/1", _time(now - 1800), "success", 400, 0)],
        }  # fmt: skip


def _cursor(at: int) -> str:
    return b64encode(f"skip:{at}".encode()).decode()


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _attribute(name: str, data_type: str, says: str) -> Wire:
    return {"name": name, "data_type": data_type, "description": says, "array_length": None, "status": "Active",
            "tag_names": ["CRM"]}  # fmt: skip


def _sent(at: str) -> Wire:
    return {"created_at": at, "updated_at": at, "last_edited": at, "archived": False, "draft": False, "enabled": True,
            "has_post_launch_draft": False, "description": "As agreed", "tags": ["Pilot"],
            "teams": ["Marketing"]}  # fmt: skip


def _campaign(id: str, name: str, at: str, messages: Wire, converts: list[Wire], api: bool = False) -> Wire:
    return {**_sent(at), "id": id, "name": name, "is_api_campaign": api, "schedule_type": "action_based",
            "channels": sorted({str(one.get("channel") or one.get("type")) for one in messages.values()}),
            "messages": messages, "conversion_behaviors": converts, "first_sent": at, "last_sent": at}  # fmt: skip


def _canvas(id: str, name: str, at: str, steps: list[Wire], draft: bool = False) -> Wire:
    first = [step["id"] for step in steps[:1]]
    return {**_sent(at), "id": id, "name": name, "draft": draft, "schedule_type": "time_based", "channels": ["email"],
            "variants": [{"name": "Variant 1", "id": "var-1", "first_step_ids": first}], "steps": steps,
            "first_entry": at, "last_entry": at}  # fmt: skip


def _run(of: str, at: str, when: str, status: str, ok: int, failed: int) -> Wire:
    return {"of": of, "at": at, "job_status": status, "sync_start_time": when, "sync_finish_time": when,
            "last_timestamp_synced": when, "rows_synced": ok, "rows_failed_with_errors": failed}  # fmt: skip
