"""Braze, REST API. https://www.braze.com/docs/api/home

Least grants: a REST API key of the workspace with the read permissions under grants, each of which opens one endpoint,
and custom_attributes.get in any case: with it the key itself is tried. A key's permissions cannot be changed once it is
made: to give it more, make another. No answer tells what a key may do; what it may not is refused, and no list is
silently shorter for it.

Where the facts are from: the vendor's pages of each endpoint (paths, parameters, keys, permission, pages: 50 attributes
or events and 10 data sources a page, the next in the header Link alone; 100 campaigns, Canvases or segments by number;
templates and blocks by offset, a positive number, their `count` being what was returned), on errors (401 is an unknown
or missing key, 403 a plan that has it not or an account that was put away, 202 "queued" while Braze is under
maintenance) and on rate limits (250,000 an hour in all; 1,000 an hour for custom attributes, events and products
together; catalogs 50 a minute, data sources 50 and 100; X-RateLimit-Remaining and -Reset in epoch seconds, no
Retry-After). Not verified: what a key without an endpoint's permission is answered (a 401, as a wrong key and a wrong
instance are: it is called a missing right where custom attributes are told); the words of `data_type` and `status`
beside "Number" and "Active"; the words of a data source's status, and of a preference center's state beside "active".

Attributes come into being when somebody sends one (/users/track): a new one is what another system did. A key belongs
to one workspace, and no answer names that: the account is the instance and the workspace's name from the options. Not
to be had: people and their roles (SCIM finds one by name, with a key of the company's own), subscription groups, the
audience of a segment beyond its description and that of a campaign or Canvas at all (so that each may use attributes
that nobody sees), and who changed something: of the pages on each endpoint none is of a log, and rows have the time of
their last change alone (no `who`). One content block or e-mail template is asked for by its id; of a block the vendor's
page tells "has been deleted" from an id that is not of this workspace, of templates it says nothing, and the details of
others lack what their lists have. Not read: users, sends, products, texts of messages (a digest, and the attributes,
blocks and catalogs they name), mailboxes of data sources, counts of items and inclusions (they move daily).

Links: the vendor's table of instances pairs the hosts of API and dashboard; of any other it says that
dashboard.braze.com goes on to the right one. Its documentation has the pages of custom attributes, custom events and
campaigns without a workspace, which is then the one that a person is in, and that of a data source by the id that the
API tells. That they, and content blocks, end with the workspace's id is in public code. Only rows of data sources tell
that id (`app_group_id`), and not every workspace has some: the option `workspace_id` is copied from the dashboard. A
campaign's or Canvas's own page has an id that the dashboard alone knows. What has no page that was found leads to the
dashboard itself.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import bearer
from probes.kit.contract import Denied, Expired, Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.values import http_date
from probes.kit.verified import Verified

from .told import blocks, campaigns, canvases, catalogs, centers, look, runs, templates

LINKS = Paging(style="link")
NUMBERED = Paging(style="page", into="page", first=0)
SKIPPED = Paging(style="offset", into="offset", size=100, size_into="limit", bare=True)
HOURLY = 3600.0
TYPES = {"String": "text", "Number": "decimal", "Boolean": "boolean", "Time": "datetime", "Date": "datetime",
         "Array": "json", "Object": "json", "Object Array": "json", "Array of Objects": "json", "*": "any"}  # fmt: skip
GRANTS = (
    "custom_attributes.get", "events.get", "catalogs.get", "campaigns.list", "campaigns.details", "canvas.list",
    "canvas.details", "segments.list", "segments.details", "templates.email.list", "templates.email.info",
    "content_blocks.list", "content_blocks.info", "preference_center.list", "preference_center.get",
    "cdi.integration_list", "cdi.integration_job_status",
)  # fmt: skip
INSTANCES = {
    **{f"rest.iad-0{n}.braze.com": f"https://dashboard-0{n}.braze.com" for n in range(1, 9)},
    **{f"rest.fra-0{n}.braze.eu": f"https://dashboard-0{n}.braze.eu" for n in (1, 2)},
    **{f"rest.{at}-01.braze.com": f"https://dashboard.{at}-01.braze.com" for at in ("au", "id", "jp", "kr")},
    "rest.us-10.braze.com": "https://dashboard.us-10.braze.com",
}
DASHBOARD = "{options.app}"
IMPORT = f"{DASHBOARD}/integrations/cloud_data_ingestion"
JOB = {"success": "ok", "partial": "ok", "running": "running", "error": "failing", "config_error": "failing"}


def page(path: str) -> tuple[str, str]:
    """The page of this workspace, or of the one that a person is in."""
    return f"{DASHBOARD}/{path}/{{options.workspace_id}}", f"{DASHBOARD}/{path}"


BLOCKS = (page("engagement/templates_and_media/content_blocks")[0], DASHBOARD)


async def identity(api: Client) -> Vantage:
    """The instance and the workspace that the options name. The key is tried on the one list that it always reads."""
    try:
        await api.ask(Ask("/custom_attributes", limit="exports"))
    except Denied as fault:
        why = "the key is wrong, of another instance, or lacks custom_attributes.get"
        if fault.code == "403":
            why = "the plan has no API, or the account was put away"
        raise Expired(f"{fault.message}: {why}", code=fault.code) from None
    workspace = str(api.options["workspace"])
    return Vantage(
        account="/".join(part for part in (urlsplit(api.base).netloc, workspace) if part),
        account_name=workspace,
        subject="REST API key",
        grants=frozenset(),
    )


def pace(answer: Answer) -> float:
    """Seconds until the window begins anew, once it has no request left; both clocks are the vendor's."""
    left, reset = (answer.headers.get(f"x-ratelimit-{name}", "") for name in ("remaining", "reset"))
    now = http_date(answer.headers.get("date", ""))
    if left != "0" or not reset.isdigit() or now is None:
        return 0.0
    return max(0.0, min(float(reset) - now, HOURLY))


VENDOR = Vendor(
    name="braze",
    title="Braze",
    docs="https://www.braze.com/docs/api/home",
    base="https://{options.host}",
    hosts=("braze.com", "braze.eu"),
    schemes={
        "token": bearer(
            "Settings > APIs and Identifiers > API Keys > Create API key in the workspace, with the permissions under "
            "grants. They cannot be changed afterwards."
        )
    },
    options={
        "host": OptionSpec(default="rest.iad-01.braze.com", says="REST endpoint of the instance, such as "
                           "rest.fra-01.braze.eu for dashboard-01.braze.eu"),
        "workspace": OptionSpec(default="", says="the workspace's name: no answer of Braze tells it"),
        "workspace_id": OptionSpec(says="the id that the dashboard's addresses end with, such as /campaigns/<id>, for "
                                   "links that open this workspace"),
        "app": OptionSpec(default="https://dashboard.braze.com", by_host=INSTANCES,
                          says="the dashboard's address, for links; of the vendor's instances it is known"),
    },
    errors=Errors(message="message", code="errors[0].id", statuses={401: "denied", 429: "throttled 60"}),
    limits={
        "default": Limit(key="{integration}", rate=20, per=1, concurrency=4),
        "exports": Limit(key="{integration} exports", rate=500, per=3600, concurrency=1),
        "catalogs": Limit(key="{integration} catalogs", rate=40, per=60, concurrency=1),
        "cdi": Limit(key="{integration} cdi", rate=40, per=60, concurrency=2),
    },
    pace=pace,
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    look=look,
    absent="a content block of which Braze says that it has been deleted; an id of elsewhere is \"invalid for this "
    "workspace\", a missing right a 401 (the vendor's page of /content_blocks/info)",
    grants={name: f"Settings > APIs and Identifiers > a new key with the permission {name}" for name in GRANTS},
    grants_told=False,
    weaker="Each permission opens one endpoint, and one that lacks refuses it: no list is shorter for it.",
    unseen={
        Kind.PERMISSION: "Braze's REST API lists no people and no roles; look at Settings > Company Users",
        Kind.PLATFORM: "Braze's REST API has no versions and tells nothing of the plan; look at its release notes",
    },
    quiet=((Kind.SCHEMA, "segments", "people make segments every day; watch those that flows rest on"),),
    notes=(
        "A new custom attribute is what another system has sent: nobody makes one at Braze.",
        "A key of another workspace is not told from this one's: name the workspace in the options.",
        "Custom attributes, events and products share 1,000 requests an hour with all other tools.",
    ),
    listings=(
        Listing(
            name="custom-attributes", kind=Kind.FIELD, path="/custom_attributes", records="attributes", paging=LINKS,
            key="name", words={"type": TYPES}, always=("type", "x_status"), needs=("custom_attributes.get",),
            facts=keep("description", type="data_type", native_type="data_type", most_items="array_length",
                       x_status="status", archived="status == 'Blocklisted'", x_tags="tag_names"),
            unordered=("x_tags",), limit="exports", link=page("app_settings/app_settings/custom_attributes"),
        ),
        Listing(
            name="events", kind=Kind.SCHEMA, path="/events", records="events", paging=LINKS, key="name",
            facts=keep("description", x_status="status", archived="status == 'Blocklisted'", x_tags="tag_names",
                       x_in_reports="included_in_analytics_report"),
            unordered=("x_tags",), always=("x_status",), needs=("events.get",), limit="exports",
            link=page("app_settings/app_settings/custom_events"),
        ),
        Listing(
            name="catalogs", kind=Kind.SCHEMA, fetch=catalogs, records="catalogs", key="name", limit="catalogs",
            facts=keep("description"), evidence={"at": "updated_at"}, needs=("catalogs.get",), every=HOURLY,
            also=(
                View(
                    kind=Kind.FIELD, records="fields", scope_by="of", under="schema/catalogs", key="name",
                    facts=keep(type="ours", native_type="type"), always=("type",), needs=("catalogs.get",),
                    link=DASHBOARD,
                ),
            ),
            link=DASHBOARD,
        ),
        Listing(
            name="campaigns", kind=Kind.AUTOMATION, path="/campaigns/list", params={"include_archived": "true"},
            records="campaigns", paging=NUMBERED, key="id", evidence={"at": "last_edited"}, always=("x_by_api",),
            facts=keep(label="name", x_by_api="is_api_campaign", x_tags="tags"), unordered=("x_tags",),
            needs=("campaigns.list",), every=HOURLY, link=page("engagement/campaigns"),
        ),
        Listing(
            name="campaign-details", kind=Kind.AUTOMATION, for_each="campaigns", scope="{parent.key}.details",
            fetch=campaigns, records="rows", always=("active",), evidence={"at": "updated_at"}, every=HOURLY,
            facts=keep("description active opaque", trigger="schedule_type", actions="channels", reads="used",
                       x_archived="archived", x_draft="draft", x_draft_after_launch="has_post_launch_draft",
                       x_body_digest="body", x_conversions="conversion_behaviors", x_teams="teams"),
            unordered=("x_teams",), needs=("campaigns.details",), link=page("engagement/campaigns"),
        ),
        Listing(
            name="canvases", kind=Kind.AUTOMATION, path="/canvas/list", params={"include_archived": "true"},
            records="canvases", paging=NUMBERED, key="id", evidence={"at": "last_edited"}, every=HOURLY,
            facts=keep(label="name", x_tags="tags"), unordered=("x_tags",), needs=("canvas.list",), link=DASHBOARD,
        ),
        Listing(
            name="canvas-details", kind=Kind.AUTOMATION, for_each="canvases", scope="{parent.key}.details",
            fetch=canvases, records="rows", always=("active",), evidence={"at": "updated_at"}, every=HOURLY,
            facts=keep("description active opaque steps", trigger="schedule_type", actions="channels", reads="used",
                       x_archived="archived", x_draft="draft", x_draft_after_launch="has_post_launch_draft",
                       x_body_digest="body", x_teams="teams",
                       x_variants="variants[].{id: id, name: name, first: sort(first_step_ids || `[]`)}"),
            unordered=("x_variants", "x_teams"), needs=("canvas.details",), link=DASHBOARD,
        ),
        Listing(
            name="segments", kind=Kind.SCHEMA, path="/segments/list", records="segments", paging=NUMBERED, key="id",
            facts=keep(label="name", x_tracked="analytics_tracking_enabled", x_tags="tags"), unordered=("x_tags",),
            always=("x_tracked",), needs=("segments.list",), every=HOURLY, link=DASHBOARD,
        ),
        Listing(
            name="segment-details", kind=Kind.SCHEMA, for_each="segments", path="/segments/details", single=True,
            params={"segment_id": "{parent.key}"}, scope="{parent.key}.details", records="", key='"@parent".key',
            facts=keep(description="description", x_filters="text_description", x_teams="teams"),
            unordered=("x_teams",), evidence={"at": "updated_at"}, needs=("segments.details",), every=HOURLY,
            always=("description",), link=DASHBOARD,
        ),
        Listing(
            name="templates", kind=Kind.TEMPLATE, path="/templates/email/list", records="templates", paging=SKIPPED,
            key="email_template_id", facts=keep(label="template_name", x_tags="tags"), unordered=("x_tags",),
            evidence={"at": "updated_at"}, needs=("templates.email.list",), every=HOURLY, link=DASHBOARD,
        ),
        Listing(
            name="template-details", kind=Kind.TEMPLATE, for_each="templates", scope="{parent.key}.details",
            fetch=templates, records="rows", always=("x_body_digest",), every=6 * HOURLY,
            facts=keep("subject", x_body_digest="body", fields="used", x_inlines_css="inline"),
            needs=("templates.email.info",), link=DASHBOARD,
        ),
        Listing(
            name="content-blocks", kind=Kind.TEMPLATE, path="/content_blocks/list", records="content_blocks",
            paging=SKIPPED, key="content_block_id", evidence={"at": "last_edited"}, always=("native_type",),
            facts=keep(label="name", native_type="content_type", x_tag="liquid_tag", x_tags="tags"),
            unordered=("x_tags",), needs=("content_blocks.list",), every=HOURLY, link=BLOCKS,
        ),
        Listing(
            name="content-block-details", kind=Kind.TEMPLATE, for_each="content-blocks", scope="{parent.key}.details",
            fetch=blocks, records="rows", always=("x_body_digest",), every=6 * HOURLY,
            facts=keep(x_body_digest="body", fields="used"), needs=("content_blocks.info",), link=BLOCKS,
        ),
        Listing(
            name="preference-centers", kind=Kind.TEMPLATE, path="/preference_center/v1/list",
            records="preference_centers", key="preference_center_api_id", facts=keep(label="name"),
            evidence={"at": "updated_at"}, needs=("preference_center.list",), every=HOURLY, link=DASHBOARD,
        ),
        Listing(
            name="preference-center-details", kind=Kind.TEMPLATE, for_each="preference-centers", fetch=centers,
            scope="{parent.key}.details", records="rows", always=("active",), every=6 * HOURLY,
            facts=keep("active", x_title="title", x_body_digest="body", fields="used"),
            needs=("preference_center.get",), link=DASHBOARD,
        ),
        Listing(
            name="data-sources", kind=Kind.SYNC, path="/cdi/integrations", records="results", paging=LINKS, limit="cdi",
            key="integration_id", always=("native_type",), needs=("cdi.integration_list",),
            facts=keep(label="integration_name", native_type="integration_type", source="warehouse_type",
                       x_status="integration_status"),
            evidence={"last_job": "last_job_status", "next_run": "next_scheduled_run"}, link=f"{IMPORT}/{{key}}",
        ),
        Listing(
            name="data-source-runs", kind=Kind.SYNC, for_each="data-sources", scope="{parent.key}.runs", fetch=runs,
            records="rows", facts={}, limit="cdi", needs=("cdi.integration_job_status",), states=JOB,
            health={name: name for name in ("state", "succeeded_at", "failed_at", "rows_ok", "rows_failed")},
            link=f"{IMPORT}/{{parent.key}}",
        ),
    ),
)  # fmt: skip
