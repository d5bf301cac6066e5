"""Airtable, Web API v0. https://airtable.com/developers/web/api/introduction

Least grants: a personal access token with schema.bases:read, and webhook:manage (no weaker scope lists webhooks, and
nothing is written with it); on an Enterprise Scale plan workspacesAndBases:read too. A token sees the bases that were
put on it and nothing else: one that is taken off leaves the list with a 200, as a deleted one does. What a token may do
is told by no answer (`scopes` comes with OAuth only).

Where the facts are from: the vendor's pages on whoami, list bases, base schema, base collaborators, list webhooks,
field types, errors and rate limits, and its support page on API call limits; keys inside collaborators, invite links
and webhooks from pyairtable's models (MIT). 403 INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND says "no right" and "not there"
alike, so nothing is ever said to be gone by it. After a 429 every request fails for 30 seconds; no header says so. Not
verified: the 404 of base collaborators on a plan without them (pyairtable's docs say so), which is read as "not in this
plan"; the figures of the monthly allowance of a workspace (1,000 on Free, 100,000 on Team, none above), which stand on
pages of third parties that agree; when a token ends.

Who changed a base, or with whom it is shared, stands in the audit log of an enterprise (see asked.py): with its account
id in the option `enterprise`, and enterprise.auditLogs:read on a token of an enterprise admin. Without the option
nothing is asked.

Not to be had: who changed a table or a field (the audit log has no event of them), automations (a scope
automation.runs:read is named, its endpoint is documented nowhere that we found), runs of synced tables, contents of
interfaces, permissions of a field. Left out: personal views, which come and go with whoever made them, ids and colours
of choices. Bases, tables and fields are known by their ids, so that a new name is a new name; two bases may have tables
of one name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from probes.kit.api import Answer, Ask, Client, listed
from probes.kit.auth import bearer
from probes.kit.coded import each, made
from probes.kit.contract import Kind, Malformed, Rejected, Unsupported, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit, Quota
from probes.kit.listing import Listing, OptionSpec, Row, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

from .asked import look, who

# https://airtable.com/developers/web/api/field-model. What a formula gives stands in its `result`.
TYPES = {
    "singleLineText": "text", "multilineText": "long_text", "richText": "long_text", "aiText": "long_text",
    "email": "email", "url": "url", "phoneNumber": "phone", "number": "decimal", "currency": "currency",
    "percent": "percent", "duration": "decimal", "rating": "integer", "count": "integer", "autoNumber": "integer",
    "checkbox": "boolean", "date": "date", "dateTime": "datetime", "createdTime": "datetime",
    "lastModifiedTime": "datetime", "singleSelect": "option", "multipleSelects": "multi_option",
    "externalSyncSource": "option", "singleCollaborator": "reference", "multipleCollaborators": "reference",
    "createdBy": "reference", "lastModifiedBy": "reference", "multipleRecordLinks": "reference",
    "multipleAttachments": "file", "barcode": "text", "*": "any",
}  # fmt: skip
KEYS = {"people": "individualCollaborators", "groups": "groupCollaborators", "links": "inviteLinks"}
VIAS = ("baseCollaborators", "workspaceCollaborators", "baseInviteLinks", "workspaceInviteLinks")
# What the vendor documents of objects that are compared whole (pyairtable's models have all of it).
DATES = ("isEnabled startDateFieldId endDateFieldId durationFieldId predecessorFieldId reschedulingMode"
         " shouldSkipWeekendsAndHolidays holidays isForwardOnly")  # fmt: skip
HOOK = ("filters dataTypes recordChangeScope changeTypes fromSources sourceOptions formSubmission viewId"
        " formPageSubmission pageId watchDataInFieldIds watchSchemasOfFieldIds includes includeCellValuesInFieldIds"
        " includePreviousCellValues includePreviousFieldDefinitions")  # fmt: skip
USE = ("recordLinkFieldId", "fieldIdInLinkedTable", "inverseLinkFieldId")
SCHEMA, PEOPLE, HOOKS = ("schema.bases:read",), ("workspacesAndBases:read",), ("webhook:manage",)
HOURLY = 3600.0
BASE = "https://airtable.com/{parent.key}"
STATE = (
    "isHookEnabled && (areNotificationsEnabled && (lastNotificationResult.success == `false` && 'failing' || 'ok')"
    " || 'paused') || 'disabled'"
)


async def identity(api: Client) -> Vantage:
    """The owner of the token. An OAuth token tells its scopes, a personal one does not."""
    me: dict[str, Any] = (await api.ask(Ask("/v0/meta/whoami"))).value()
    return Vantage(
        account=str(me["id"]),
        subject=str(me.get("email") or me["id"]),
        grants=frozenset(str(scope) for scope in me.get("scopes") or ()),
        api_version="v0",
        silent=frozenset({Kind.SCHEMA, Kind.SYNC, Kind.PERMISSION}),
    )


@each
async def schemas(api: Client, parent: Row) -> Answer:
    """A whole base in one request, its fields beside its tables, each field with those that are made from it."""
    tables = (await api.ask(Ask(f"/v0/meta/bases/{parent['key']}/tables"))).value("tables")
    return made({"tables": tables, "fields": None if tables is None else fields(tables)})


def fields(tables: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """All fields of a base. `used_by` names the formulas, rollups, lookups, counts and links that read one, as
    "table/field"."""
    users: dict[str, set[str]] = defaultdict(set)
    for table in tables:
        for field in table["fields"]:
            options = field.get("options") or {}
            read = [options.get(name) for name in USE] + (options.get("referencedFieldIds") or [])
            for id in filter(None, read):
                users[id].add(f"{table['name']}/{field['name']}")
    return [
        {**field, "table": table["id"], "used_by": sorted(users[field["id"]])}
        for table in tables
        for field in table["fields"]
    ]


@each
async def collaborators(api: Client, parent: Row) -> Answer:
    """People, groups and invite links of a base, each with where it is from. A plan without them answers 404."""
    asked = {"include[]": ["collaborators", "inviteLinks"]}
    try:
        base = (await api.ask(Ask(f"/v0/meta/bases/{parent['key']}", asked))).value()
    except Rejected as fault:
        if fault.code in ("404", "NOT_FOUND"):
            raise Unsupported(fault.message, code=fault.code) from None
        raise
    return made({ours: _from(base[theirs]) for ours, theirs in KEYS.items()})


def _from(told: Any) -> list[dict[str, Any]]:
    """`{"baseCollaborators": […], "workspaceCollaborators": […]}` as one list."""
    if not isinstance(told, Mapping):
        raise Malformed("what a base is shared by is no object")
    known = {name: "workspace" if name.startswith("workspace") else "base" for name in VIAS if name in told}
    if told and not known:
        raise Malformed("what a base is shared by has none of the lists that are documented")
    return [{**row, "via": via} for name, via in known.items() for row in listed(told, name)]


VENDOR = Vendor(
    name="airtable",
    title="Airtable",
    docs="https://airtable.com/developers/web/api/introduction",
    verified=Verified("docs", "2026-11-22"),
    base="https://api.airtable.com",
    hosts=("airtable.com",),
    schemes={
        "token": bearer(
            "airtable.com/create/tokens: a personal access token (on Enterprise Scale one of a service account, in the "
            "admin panel) with the scopes under grants, and under Access each base or workspace to read."
        )
    },
    errors=Errors(
        failed="error", code="error.type || error", message="error.message",
        faults={
            "AUTHENTICATION_REQUIRED": "expired", "UNAUTHORIZED": "expired", "INVALID_PERMISSIONS": "denied",
            "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND": "denied",
        },
        statuses={429: "throttled 30"},
    ),
    # 5 requests a second per base and 50 per owner of tokens: one limiter for all bases keeps the tighter of both.
    limits={"default": Limit(key="{integration}", rate=4, per=1, concurrency=2)},
    # A month's 1,000 and 100,000 calls by the day, of each workspace.
    quota=Quota(per_day=3_200, plans={"free": 32, "team": 3_200, "business": None, "enterprise": None}),
    options={
        "plan": OptionSpec(default="team", says="free, team, business or enterprise: how many calls it has"),
        "enterprise": OptionSpec(
            default="", says="account id of the enterprise (ent…, in its admin panel): who changed what is asked of it"
        ),
    },
    identity=identity,
    look=look,
    who=who,
    absent="a base that answers tells all its tables: one that is not among them is not there",
    grants={
        "schema.bases:read": "the token's scope to see the structure of bases",
        "webhook:manage": "the token's scope to view and manage webhooks; it is used to list them only",
        "workspacesAndBases:read": "the token's scope for collaborators, on Enterprise Scale only",
        "enterprise.auditLogs:read": "the scope of an enterprise admin's token, for who changed what; see `enterprise`",
    },
    grants_told=False,
    weaker="Fields come with their table, all of them or none.",
    unseen={
        Kind.AUTOMATION: "Airtable's API does not show automations; look at Automations in each base",
        Kind.TEMPLATE: "Airtable's API tells a form as a view of its table, not what it asks, and no interface's page",
        Kind.PLATFORM: "no answer tells the plan or what is left of a month's calls",
    },
    notes=(
        "A base that is taken off the token is not told from a deleted one: it is held until a person releases it.",
        "The Free plan has 1,000 calls a month per workspace, 32 a day: say `plan: free` and read it once a day there.",
        "Who may do what is told on Enterprise Scale only; on other plans it is not observable.",
        "Who changed a base or its sharing is asked with the option `enterprise`; of tables and fields no log tells.",
    ),
    listings=(
        Listing(
            name="bases", kind=Kind.SCHEMA, path="/v0/meta/bases", records="bases", id="id", every=HOURLY,
            paging=Paging(style="cursor", next="offset", into="offset"), always=("label",), needs=SCHEMA,
            facts=keep(label="name"), link="https://airtable.com/{key}",
            also=(
                View(
                    kind=Kind.PERMISSION, scope="token", records="bases", needs=SCHEMA, always=("profile",),
                    facts=keep(profile="permissionLevel"), link="https://airtable.com/{key}",
                ),
            ),
        ),
        Listing(
            name="tables", kind=Kind.SCHEMA, for_each="bases", scope="{parent.key}.tables", records="tables", id="id",
            fetch=schemas, every=HOURLY, always=("label", "x_primary"), needs=SCHEMA,
            facts=keep("description", label="name", x_primary="primaryFieldId",
                       x_views="views[?!personalForUserId].join(' ', [name, type])",
                       x_dates=f"known(dateDependencySettings, '{DATES}')"),
            unordered=("x_views",), link="https://airtable.com/{parent.key}/{key}",
            also=(
                View(
                    kind=Kind.FIELD, scope_by="table", under="schema/{parent.key}.tables", records="fields", key="name",
                    id="id", always=("type",), words={"type": TYPES}, needs=SCHEMA,
                    facts=keep(
                        "type description used_by", native_type="type", precision="options.precision",
                        currency_symbol="options.symbol", formula="options.formula",
                        references="[options.linkedTableId][?@]", x_valid="options.isValid",
                        x_single="options.prefersSingleRecordLink", x_gives="options.result.type",
                        x_lookup="options.fieldIdInLinkedTable", x_link="options.recordLinkFieldId",
                        x_date="options.dateFormat.name", x_time="options.timeFormat.name",
                        x_zone="options.timeZone", x_most="options.max",
                        x_prompt="digest(known(options.prompt, 'field fieldId'))",
                        options="options.choices[].{value: name}",
                    ),
                    link=BASE,
                ),
            ),
        ),
        Listing(
            name="collaborators", kind=Kind.PERMISSION, for_each="bases", scope="{parent.key}.people", records="people",
            fetch=collaborators, every=HOURLY, key="[email, via]", id="userId", person=True, always=("profile",),
            facts=keep(profile="permissionLevel", x_via="via"), evidence={"at": "createdTime"}, needs=PEOPLE,
            link=BASE,
            also=(
                View(
                    kind=Kind.PERMISSION, scope="{parent.key}.groups", records="groups", key="[name, via]",
                    id="groupId", facts=keep(profile="permissionLevel", x_via="via"), always=("profile",),
                    evidence={"at": "createdTime"}, needs=PEOPLE, link=BASE,
                ),
                View(
                    kind=Kind.PERMISSION, scope="{parent.key}.links", records="links", always=("profile",),
                    facts=keep(profile="permissionLevel", x_via="via", x_type="type",
                               x_domains="restrictedToEmailDomains"),
                    unordered=("x_domains",), evidence={"at": "createdTime"}, needs=PEOPLE, link=BASE,
                ),
            ),
        ),
        Listing(
            name="webhooks", kind=Kind.SYNC, for_each="bases", scope="{parent.key}.webhooks",
            path="/v0/bases/{parent.key}/webhooks", records="webhooks", every=HOURLY, always=("enabled",),
            facts=keep(enabled="isHookEnabled", target="host(notificationUrl)",
                       x_address_digest="digest(notificationUrl)", x_notifies="areNotificationsEnabled",
                       options=f"known(specification.options, '{HOOK}')"),
            health={
                "state": STATE, "succeeded_at": "lastSuccessfulNotificationTime",
                "failed_at": "lastNotificationResult.success == `false` && lastNotificationResult.completionTimestamp"
                " || null",
                "errors": "lastNotificationResult.error.message",
            },
            states={"ok": "ok", "failing": "failing", "paused": "paused", "disabled": "disabled"},
            evidence={"expires": "expirationTime"}, needs=HOOKS, link=BASE,
        ),
    ),
)  # fmt: skip
