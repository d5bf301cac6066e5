"""Klaviyo, revision 2026-07-15. https://developers.klaviyo.com/en/reference/api_overview

Least grants: a private key with read access to accounts, campaigns, custom-objects, metrics, lists, segments, flows,
forms, templates, profiles (bulk import jobs and the codes of their errors; no profile is read), subscriptions and
catalogs (bulk jobs alone), webhooks, web-feeds and tracking-settings. No answer tells what a key may do: a grant that
lacks is known by the 403 of its listing alone, and no list is silently shorter for it.

Where the facts are from: paths, keys, scopes and rate limits of each endpoint stand in the vendor's OpenAPI of this
revision (klaviyo/openapi, MIT); windows and their headers in its page on rate limits and errors; a year of support and
a second one until a revision is switched off in its page on versioning; the roles that may create a key in its help
centre. A key that is wrong is a 401 and one without the scope a 403, by that page; the words in `code` are relied on
nowhere. Not verified: the words of `inferred_type` (the spec gives "List" as an example and no list of them), which
are kept as they come, beside `any`; the addresses of the pages that deep links open, which are from public code and
stand in no reference (a metric's has its name in it, which its own row cannot spell; of custom objects, webhooks,
feeds, bulk jobs, universal content and tracking none was found);
that a 404 means "does not exist" whatever the key may see: nothing is said to be gone by it; whether a 403 page of
Klaviyo's CDN, in HTML (klaviyo-api-python, issue 84), may stand for something else than a missing scope: it is read as
one.

Not to be had: users and roles, definitions of profile properties (there is no endpoint for either; properties of
metrics and of custom objects are read, and which properties forms fill), who changed anything (no `who`: the spec has
no log, and rows have only when), whether a custom object's record arrived (only failures are logged, for 14 days). Not
read: tags, coupons, items of catalogs, reviews, images, what each campaign says, which is sent once,
and dozens come and go in a week (how sending them goes is a sync of each channel, see campaigns.py); profiles, events,
records, samples of values, the address of a webhook or feed beyond its host (a digest stands for it: it may hold a
secret), bodies of templates (a digest likewise).
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Ask, Client
from probes.kit.auth import Header, Scheme
from probes.kit.contract import Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, Vendor, View, keep
from probes.kit.verified import Verified

from .campaigns import PAGES, campaigns
from .documented import CONDITIONS, PARAMETER, PROPERTY, RELATIONSHIP, SUMMED, TRIGGER
from .forms import TYPES as TYPES_ASKED
from .forms import forms
from .told import DAY, catalogs, failures, imports, look, suppressions

APP = "https://www.klaviyo.com"
REVISION = "2026-07-15"
TYPES = {"string": "text", "int": "integer", "float": "decimal", "boolean": "boolean", "timestamp": "datetime",
         "*": "any"}  # fmt: skip
GRANTS = ("accounts", "campaigns", "catalogs", "custom-objects", "flows", "forms", "lists", "metrics", "profiles",
          "segments", "subscriptions", "templates", "tracking-settings", "web-feeds", "webhooks")  # fmt: skip
RUN = {name: name for name in ("state", "succeeded_at", "failed_at", "rows_ok", "rows_failed", "errors")}
JOBS = {"complete": "ok", "processing": "running", "queued": "running", "cancelled": "paused"}


async def identity(api: Client) -> Vantage:
    """The account of the key. Nothing names the key itself, or what it may do."""
    accounts: list[dict[str, Any]] = (await api.ask(Ask("/api/accounts"))).value("data")
    (account,) = accounts
    told = account["attributes"]
    return Vantage(
        account=str(account["id"]),
        account_name=str((told.get("contact_information") or {}).get("organization_name") or ""),
        subject="private key",
        grants=frozenset(),
        api_version=REVISION,
        locale=str(told.get("locale") or ""),
    )


def attributes(names: str = "", **renamed: str) -> dict[str, str]:
    """Facts that stand under `attributes`, as JSON:API has it, and others by their own paths."""
    return {name: f"attributes.{name}" for name in names.split()} | keep(**renamed)


UPDATED = {"at": "attributes.updated"}

VENDOR = Vendor(
    name="klaviyo",
    title="Klaviyo",
    docs="https://developers.klaviyo.com/en/reference/api_overview",
    verified=Verified("spec", "2026-11-23"),
    base="https://a.klaviyo.com",
    hosts=("klaviyo.com",),
    headers={"revision": REVISION, "accept": "application/vnd.api+json"},
    schemes={
        "token": Scheme(
            fields=("token",),
            build=lambda given: Header(given, Authorization="Klaviyo-API-Key {token}"),
            note="Settings > API keys > Create Private API Key, as an owner or admin: a custom key with read access to "
            "what stands under grants. A key cannot be changed afterwards: to give it more, make another.",
        )
    },
    errors=Errors(
        failed="errors", code="errors[0].code", message="errors[0].detail", statuses={410: "retired"}
    ),
    # Per account and endpoint, by size: XS 1/s and 15/min, S 3/s and 60/min, M 10/s and 150/min, L 75/s and 700/min.
    limits={
        "default": Limit(key="{integration} XS", rate=15, per=60, concurrency=1),
        "S": Limit(key="{integration} S", rate=60, per=60, concurrency=3),
        "M": Limit(key="{integration} M", rate=150, per=60, concurrency=5),
        "L": Limit(key="{integration} L", rate=700, per=60, concurrency=5),
    },
    identity=identity,
    look=look,
    grants={f"{name}:read": f"the key's access to {name}: Read" for name in GRANTS},
    grants_told=False,
    weaker="A scope that lacks refuses its whole list (403), and none is shorter for it.",
    unseen={Kind.PERMISSION: "Klaviyo's API has no users and no roles; look at Settings > Users"},
    sunset={REVISION: "2028-07-15"},
    quiet=((Kind.SCHEMA, "lists", "people open lists every day; watch those that forms and imports write to"),),
    notes=(
        "Definitions of profile properties have no endpoint: a property that goes is not seen here.",
        "Metric properties are what Klaviyo saw in events of late; they are read once a day, one request a metric.",
        "Keys of one account share its rate limit: other tools that use one slow this reading down.",
        "A campaign is sent once and is no drift: that Klaviyo cancelled one, or that its audience is gone, is health.",
        "Only failures of custom objects are logged, for 14 days: no failure is no proof of success.",
    ),
    listings=(
        Listing(
            name="object-types", kind=Kind.SCHEMA, path="/api/object-types", records="data", limit="S",
            facts=attributes("description", label="attributes.title", x_status="attributes.status",
                             x_namespace="attributes.namespace"),
            always=("label", "x_status"), evidence={"at": "attributes.updated_at"}, needs=("custom-objects:read",),
        ),
        Listing(
            name="object-schemas", kind=Kind.SCHEMA, for_each="object-types", only="x_status != 'draft'", single=True,
            path="/api/object-types/{parent.key}/current-schema", scope="{parent.key}.schema", records="data",
            key='"@parent".key', id="id", limit="S", needs=("custom-objects:read",), always=("x_visibility",),
            facts=attributes("description", label="attributes.title", required_fields="attributes.required",
                             x_visibility="attributes.visibility"),
            evidence={"at": "attributes.published_at"},
            also=(
                View(
                    kind=Kind.FIELD, records="data.attributes.properties", key="name", id="id",
                    facts=keep("type description", native_type="type"), words={"type": TYPES}, always=("type",),
                    needs=("custom-objects:read",),
                ),
            ),
        ),
        Listing(
            name="object-mappings", kind=Kind.SYNC, for_each="object-schemas", child="{parent.key}", single=True,
            path="/api/object-schemas/{parent.id}/source-mapping", scope="{parent.key}.mapping", records="data",
            key='"@parent".key', limit="S", needs=("custom-objects:read",),
            facts=keep(x_properties=f"known(attributes.property_mappings, '{PROPERTY}')",
                       x_relationships=f"known(attributes.relationship_mappings, '{RELATIONSHIP}')"),
            unordered=("x_properties", "x_relationships"),
        ),
        Listing(
            name="object-failures", kind=Kind.SYNC, fetch=failures, for_each="object-types",
            only="x_status != 'draft'", scope="{parent.key}.ingestion", records="data", key="type",
            facts={}, health={"state": "state", "failed_at": "failed_at", "errors": "errors"},
            states={"failing": "failing"}, needs=("custom-objects:read",), every=3600.0,
        ),
        Listing(
            name="data-sources", kind=Kind.SYNC, path="/api/data-sources", records="data", paging=PAGES, limit="S",
            facts=keep(label="attributes.title", x_visibility="attributes.visibility",
                       x_namespace="attributes.namespace"),
            always=("label",), needs=("custom-objects:read",),
        ),
        Listing(
            name="metrics", kind=Kind.SCHEMA, path="/api/metrics", records="data", paging=PAGES, limit="M",
            facts=keep(label="attributes.name", group="attributes.integration.name"), always=("label",),
            needs=("metrics:read",),
        ),
        Listing(
            name="metric-properties", kind=Kind.FIELD, for_each="metrics", records="data", key="attributes.property",
            path="/api/metrics/{parent.key}/metric-properties", id="id", every=DAY, words={"type": {"*": "any"}},
            facts=attributes("label", type="attributes.inferred_type", native_type="attributes.inferred_type"),
            always=("native_type",), needs=("metrics:read",), link=f"{APP}/metric/{{parent.key}}/{{parent.label}}",
        ),
        Listing(
            name="custom-metrics", kind=Kind.SCHEMA, path="/api/custom-metrics", records="data", limit="S",
            facts=keep(label="attributes.name", x_aggregation="attributes.definition.aggregation_method",
                       x_metrics=f"known(attributes.definition.metric_groups, '{SUMMED}')"),
            always=("label", "x_aggregation"), evidence=UPDATED, needs=("metrics:read",),
        ),
        Listing(
            name="mapped-metrics", kind=Kind.SCHEMA, path="/api/mapped-metrics", records="data", limit="S",
            params={"include": "metric,custom-metric"}, evidence=UPDATED, needs=("metrics:read",),
            facts=keep(target='relationships.metric.data.id || relationships."custom-metric".data.id'),
        ),
        Listing(
            name="lists", kind=Kind.SCHEMA, path="/api/lists", params={"sort": "id"}, records="data", paging=PAGES,
            limit="L", facts=keep(label="attributes.name", x_opt_in="attributes.opt_in_process"),
            always=("label",), evidence=UPDATED, needs=("lists:read",), link=f"{APP}/list/{{key}}",
        ),
        Listing(
            name="segments", kind=Kind.SCHEMA, path="/api/segments", params={"sort": "id"}, records="data",
            paging=PAGES, limit="L", always=("label",), evidence=UPDATED, needs=("segments:read",),
            facts=keep(label="attributes.name", x_definition=f"known(attributes.definition, '{CONDITIONS}')",
                       enabled="attributes.is_active"),
            link=f"{APP}/list/{{key}}",
        ),
        Listing(
            name="flows", kind=Kind.AUTOMATION, path="/api/flows", params={"sort": "id"}, records="data", paging=PAGES,
            limit="S", always=("active", "status"), evidence=UPDATED, needs=("flows:read",),
            facts=attributes("status", label="attributes.name", active="attributes.status == 'live'",
                             trigger="attributes.trigger_type", x_archived="attributes.archived"),
            link=f"{APP}/flow/{{key}}/edit",
        ),
        Listing(
            name="flow-steps", kind=Kind.AUTOMATION, for_each="flows", only="!x_archived", single=True,
            path="/api/flows/{parent.key}", params={"additional-fields[flow]": "definition"},
            scope="{parent.key}.steps", records="data", limit="S", every=3600.0, needs=("flows:read",),
            evidence=UPDATED, link=f"{APP}/flow/{{key}}/edit",
            facts=keep(
                reads="attributes.definition.triggers[?id].join('', [id, '/'])", opaque="`true`",
                steps="attributes.definition.actions[].{key: id, type: type, target: links.next}",
                criteria=f"known(attributes.definition.profile_filter, '{CONDITIONS}')",
                x_triggers=f"known(attributes.definition.triggers, '{TRIGGER}')",
                x_first="attributes.definition.entry_action_id",
                x_reentry="known(attributes.definition.reentry_criteria, 'duration unit')",
            ),
        ),
        Listing(
            name="forms", kind=Kind.TEMPLATE, path="/api/forms", records="data", paging=PAGES, limit="S",
            facts=keep(label="attributes.name", active="attributes.status == 'live'", x_ab_test="attributes.ab_test"),
            always=("active",), evidence={"at": "attributes.updated_at"}, needs=("forms:read",),
            link=f"{APP}/forms/{{key}}/edit",
        ),
        Listing(
            name="form-questions", kind=Kind.TEMPLATE, for_each="forms", fetch=forms, per_fetch=1, records="data",
            scope="{parent.key}.asks", every=21_600.0, needs=("forms:read",), limit="S",
            facts=keep(x_asks="asks", x_lists="lists"), unordered=("x_asks", "x_lists"),
            link=f"{APP}/forms/{{key}}/edit",
            also=(
                View(
                    kind=Kind.FIELD, records="fields", scope="{parent.key}.questions", key="name",
                    words={"type": TYPES_ASKED}, always=("native_type",), needs=("forms:read",),
                    facts=keep("label type required", native_type="type", options="options[].{value: value, label:"
                               " label}"),
                    link=f"{APP}/forms/{{parent.key}}/edit",
                ),
            ),
        ),
        Listing(
            name="universal-content", kind=Kind.TEMPLATE, path="/api/template-universal-content", records="data",
            params={"sort": "id"}, paging=PAGES, every=21_600.0, evidence=UPDATED, needs=("templates:read",), limit="L",
            facts=keep(label="attributes.name", native_type="attributes.definition.type",
                       x_body_digest="digest(attributes.definition.data.content)"),
            always=("native_type",),
        ),
        Listing(
            name="templates", kind=Kind.TEMPLATE, path="/api/templates", params={"sort": "id"}, records="data",
            paging=PAGES, every=21_600.0,
            facts=keep(label="attributes.name", native_type="attributes.editor_type",
                       x_body_digest="attributes.[html, text, amp][?@] | digest(@)"),
            always=("native_type",), evidence=UPDATED, needs=("templates:read",), limit="L",
            link=f"{APP}/email-editor/{{key}}/edit",
        ),
        Listing(
            name="profile-imports", kind=Kind.SYNC, fetch=imports, per_fetch=2, records="data", key="name",
            facts={}, health=RUN, states=JOBS, needs=("profiles:read", "lists:read"), limit="M",
        ),
        Listing(
            name="catalog-jobs", kind=Kind.SYNC, fetch=catalogs, per_fetch=9, records="data", key="name", facts={},
            health=RUN, states=JOBS, needs=("catalogs:read",), limit="L", every=3600.0,
        ),
        Listing(
            name="suppressions", kind=Kind.SYNC, fetch=suppressions, per_fetch=2, records="data", key="name",
            facts={}, health=RUN, states=JOBS, needs=("subscriptions:read",), limit="L", every=3600.0,
        ),
        Listing(
            name="campaigns", kind=Kind.SYNC, fetch=campaigns, path="/api/campaigns", per_fetch=8, records="data",
            key="name", facts={}, health={name: name for name in ("state", "succeeded_at", "failed_at", "errors")},
            states={"ok": "ok", "running": "running", "failing": "failing"}, limit="M",
            needs=("campaigns:read", "lists:read", "segments:read"), link=f"{APP}/campaigns",
        ),
        Listing(
            name="webhooks", kind=Kind.SYNC, path="/api/webhooks", params={"include": "webhook-topics"},
            records="data", always=("enabled",),
            facts=attributes("enabled", label="attributes.name", target="host(attributes.endpoint_url)",
                             x_address_digest="digest(attributes.endpoint_url)",
                             x_topics='relationships."webhook-topics".data[].id'),
            unordered=("x_topics",), evidence={"at": "attributes.updated_at"}, needs=("webhooks:read",),
        ),
        Listing(
            name="web-feeds", kind=Kind.SYNC, path="/api/web-feeds", records="data", paging=PAGES, always=("x_method",),
            facts=keep(label="attributes.name", source="host(attributes.url)",
                       x_address_digest="digest(attributes.url)",
                       x_method="attributes.request_method", native_type="attributes.content_type"),
            health={"state": "attributes.status"}, evidence=UPDATED, needs=("web-feeds:read",),
            states={"ok": "ok", "refreshing": "running", "disabled": "disabled",
                    "critical_nightly_refresh_timeout": "failing", "warning_nightly_refresh_timeout": "failing",
                    "warning_periodic_refresh_timeout": "failing"},
        ),
        Listing(
            name="tracking", kind=Kind.PLATFORM, path="/api/tracking-settings", records="data", key="'tracking'",
            facts=keep(
                enabled="attributes.auto_add_parameters",
                x_custom=f"known(attributes.custom_parameters, '{PARAMETER} name')",
                **{f"x_{name}": f"known(attributes.utm_{name}, '{PARAMETER}')"
                   for name in ("source", "medium", "campaign", "id", "term")},
            ),
            always=("enabled",), limit="M", needs=("tracking-settings:read",),
        ),
        Listing(
            name="account", kind=Kind.PLATFORM, path="/api/accounts", records="data", key="'account'", every=3600.0,
            facts=attributes("timezone", currency="attributes.preferred_currency", x_locale="attributes.locale",
                             domain="attributes.contact_information.website_url", x_test="attributes.test_account"),
            always=("timezone",), needs=("accounts:read",), link=f"{APP}/settings/account",
        ),
    ),
)  # fmt: skip
