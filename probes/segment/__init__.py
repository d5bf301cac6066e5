"""Twilio Segment, Public API v1. https://docs.segmentapis.com

Least grants: a Public API token with Workspace Member access and read-only roles for what is to be watched; people,
groups and the audit trail take Workspace Owner access. No answer tells what a token may do, and roles may stop at
single sources, functions, spaces and warehouses, so that a weaker token may get shorter lists of these with a 200.

Where the facts are from: the vendor's reference (pagination: `pagination.count` is required of every list and at most
200; error handling: one 401 for "who are you" and "you may not"; rate limits: a 429 tells `msBeforeNext` in
milliseconds; limits of single endpoints: rules 200 a minute, syncs of a warehouse 2; who may make a token: the help
centre) and the rows from the models of its SDK (segmentio/public-api-sdk-typescript, OpenAPI 73.2.0, MIT). The SDK
allows 1,000 rows a page where the reference says 200. The default limit of requests is told nowhere: this reading keeps
to 200 a minute. Not verified: which roles a token with Workspace Member access takes on; the words of a warehouse
sync's status; how an endpoint refuses whose feature the plan lacks (Protocols, Functions, Destination Subscriptions);
`interval` of a schedule. Pages that deep links open: those of functions, of access management and of destinations,
where their mappings, filters and deliveries are, stand in the vendor's documentation, those of a space and of its
audiences in public code (unify/spaces, engage/spaces), and so the others; of transformations and of reverse ETL models
none was found, and computed traits lead to their space. Subscriptions, reverse ETL and delivery figures are alpha and
beta: their shape may change; so are spaces and computed traits, while audiences are not. Words of an audience's status
are those of the SDK; how a workspace without Engage refuses is not verified. A definition is the vendor's query
language: its values may name people, so that a digest stands for it; what it names is told. A linked audience may also
ask for what only its data graph has.

Not to be had: what a Tracking Plan let through or blocked, by rule; why a delivery failed beyond its category. Not
read: write keys, the state of a warehouse's connection, which is tested when it is asked for; values of settings (a
digest stands for them; the vendor masks secrets in it), constants in mappings, the code of functions and the SQL of
models (digests), which collections of a source a warehouse takes (a request for each source, of which two a minute are
allowed), how many an audience has, who consumes it, journeys, profiles, invitations, regulations, suppressions, labels.
`look` never says that a thing is gone: a 404 says "does not exist or cannot be found". The catalogue's own block in
each source and destination moves when Segment changes its catalogue: it stands apart, under platform.

A rule's JSON Schema and a mapping are the customer's own documents, and which settings there are differs with every
source and destination, so that no list of their keys can stand here: each key of these counts.
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Ask, Client
from probes.kit.auth import bearer
from probes.kit.contract import Denied, Expired, Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

from .asked import look, who
from .flows import computed, deliveries, filters, loads, subscriptions
from .plan import COUNT, CURSOR, MOST, rules

APP = "{options.app}/goto-my-workspace"
DESTINATIONS = f"{APP}/destinations"
PAGES = Paging(style="cursor", next="data.pagination.next", into=CURSOR, size=MOST, size_into=COUNT,
               total="data.pagination.totalEntries")  # fmt: skip
HOURLY = 3600.0
MEMBER, OWNER = ("Workspace Member",), ("Workspace Owner",)
# Of what nests, the keys of the SDK's models: one more is no change of a thing.
SCHEDULE = ("reverseETLSchedule.{strategy: strategy, config: config.{interval: interval, spec: spec, days: days, "
            "hours: hours, timezone: timezone, accountId: accountId, jobId: jobId}}")  # fmt: skip
DOES = (
    "actions[].{type: type, fields: fields, percent: percent, path: path}"  # the names in `fields` are the customer's
)
VALUES = ("digest([propertyValueTransformations[].{propertyPaths: propertyPaths, propertyValue: propertyValue}, "
          "fqlDefinedProperties[].{fql: fql, propertyName: propertyName}])")  # fmt: skip
RENAMED = "propertyRenames[].join('', ['*/', contains({0}, '.') && '' || 'properties.', {0}])"
HISTORY = {"x_history": "options.includeHistoricalData"}
COMPUTED = {"Live": "ok", "Computing": "running", "Backfilling": "running", "Preparing": "running",
            "Failed": "failing", "Error": "failing"}  # fmt: skip
# The hours of a day in which a warehouse is loaded, where that is not left to Segment: "4,16 Europe/Berlin".
HOURS = ("schedule && join(' ', [join(',', (schedule.times || `[]`)[?enabled].to_string(hourOfDay)),"
         " schedule.timezone || 'UTC'])")  # fmt: skip
HELD = "permissions[].{role: roleName, on: sort(resources[].join(':', [type, id]) || `[]`)}"


async def identity(api: Client) -> Vantage:
    """The token's workspace, which every token may read: a 401 here is a token that is wrong or was taken back."""
    try:
        told: dict[str, Any] = (await api.ask(Ask("/"))).value("data.workspace")
    except Denied as fault:
        raise Expired(fault.message, code=fault.code) from None
    return Vantage(
        account=str(told["id"]),
        account_name=str(told.get("name") or ""),
        subject="public API token",
        grants=frozenset(),
        api_version="v1",
        silent=frozenset({Kind.SYNC, Kind.AUTOMATION, Kind.PLATFORM}),
    )


def enforced(part: str, *names: str) -> dict[str, str]:
    """What a source does with what its plan does not know, as x_track_allow_unplanned_events."""
    return {f"x_{part}_{name}": f"data.settings.{part}.{word}" for name, word in (one.split(":") for one in names)}


TRAITS = ("unplanned_traits:allowUnplannedTraits", "traits_on_violations:allowTraitsOnViolations",
          "on_violations:commonEventOnViolations")  # fmt: skip

VENDOR = Vendor(
    name="segment",
    title="Segment",
    docs="https://docs.segmentapis.com",
    base="https://api.segmentapis.com",
    hosts=("segmentapis.com",),
    schemes={
        "token": bearer(
            "As a Workspace Owner: Settings > Workspace settings > Access Management > Tokens > Create Token, with "
            "Workspace Member access (Workspace Owner, where people and the audit trail are to be read)."
        )
    },
    options={"app": OptionSpec(default="https://app.segment.com", says="where deep links lead; base of a workspace in "
                               "the EU is https://eu1.api.segmentapis.com")},
    errors=Errors(
        failed="errors", code="errors[0].type", message="errors[0].message",
        wait="seconds(errors[0].data.msBeforeNext)", statuses={401: "denied"},
    ),
    limits={
        "default": Limit(key="{integration}", rate=200, per=60, concurrency=4),
        "rules": Limit(key="{integration} rules", rate=150, per=60, concurrency=2),
        "syncs": Limit(key="{integration} syncs", rate=2, per=60, concurrency=1),
        "schedules": Limit(key="{integration} schedules", rate=2, per=60, concurrency=1),
        "audiences": Limit(key="{integration} audiences", rate=45, per=60, concurrency=1),
        "traits": Limit(key="{integration} traits", rate=18, per=60, concurrency=1),
    },
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    look=look,
    who=who,
    grants={
        "Workspace Member": "Access Management > Tokens: the token's access, and its read-only roles on tracking "
        "plans, sources, functions, warehouses and spaces (Unify and Engage)",
        "Workspace Owner": "Access Management > Tokens: a token with Workspace Owner access; without it people, "
        "groups and the audit trail are not read",
    },
    grants_told=False,
    weaker="Tracking plans, people and groups take a role in the workspace and are refused without it (401).",
    lacks={Kind.TEMPLATE: "Segment has nothing of the kind"},
    notes=(
        "A source, destination, function, space or warehouse that a token may no longer see is not told from one that "
        "was deleted: it is held until a person releases it.",
        "Syncs of a warehouse may be asked for twice a minute: ten warehouses take five minutes of each hour.",
        "Events, rules and enforcement take the Protocols add-on.",
    ),
    listings=(
        Listing(
            name="tracking-plans", kind=Kind.SCHEMA, path="/tracking-plans", records="data.trackingPlans",
            paging=PAGES, key="slug || id", id="id", needs=MEMBER, always=("native_type",),
            facts=keep("description", label="name", native_type="type"), evidence={"at": "updatedAt"},
            link=f"{APP}/protocols/tracking-plans/{{id}}",
        ),
        Listing(
            name="rules", kind=Kind.SCHEMA, for_each="tracking-plans", scope="{parent.key}.events", fetch=rules,
            records="events", key="event", limit="rules", needs=MEMBER, always=("native_type", "x_version"),
            facts=keep(label="key", native_type="type", x_version="version", deprecated="!!deprecatedAt",
                       required_fields="required", x_conditions="other"),
            evidence={"at": "updatedAt", "deprecated_at": "deprecatedAt"},
            link=f"{APP}/protocols/tracking-plans/{{parent.id}}",
            also=(
                View(
                    kind=Kind.FIELD, records="fields", scope_by="event", under="schema/{parent.key}.events", key="path",
                    facts=keep("type required nullable description length min_length minimum maximum least_items "
                               "most_items pattern default", native_type="native", validation="left",
                               options="options[].{value: @}"),
                    always=("type", "required"), needs=MEMBER,
                    link=f"{APP}/protocols/tracking-plans/{{parent.id}}",
                ),
            ),
        ),
        Listing(
            name="plan-sources", kind=Kind.SCHEMA, for_each="tracking-plans", scope="{parent.key}.sources",
            path="/tracking-plans/{parent.id}/sources", records="data.sources", paging=PAGES, key="slug", id="id",
            facts=keep(label="name"), needs=MEMBER, every=HOURLY, link=f"{APP}/protocols/tracking-plans/{{parent.id}}",
        ),
        Listing(
            name="sources", kind=Kind.SYNC, path="/sources", records="data.sources", paging=PAGES, key="slug", id="id",
            facts=keep("enabled", label="name", native_type="metadata.slug", x_settings_digest="digest(settings)",
                       x_labels="labels[].join(':', [key, value])"),
            unordered=("x_labels",), always=("enabled", "native_type"), needs=MEMBER,
            link=f"{APP}/sources/{{key}}/overview",
            also=(
                View(
                    kind=Kind.PLATFORM, scope="source-catalogue", records="data.sources", key="slug",
                    facts=keep(label="metadata.name", status="metadata.status",
                               deprecated="metadata.status == 'DEPRECATED'", x_by_partner="metadata.partnerOwned"),
                    always=("status",), needs=MEMBER, link=f"{APP}/sources/{{key}}/overview",
                ),
            ),
        ),
        Listing(
            name="enforcement", kind=Kind.SCHEMA, for_each="sources", path="/sources/{parent.id}/settings", single=True,
            scope="{parent.key}.enforcement", records="", key="'enforcement'", needs=MEMBER,
            always=("x_track_unplanned_events",),
            facts=enforced("track", "unplanned_events:allowUnplannedEvents", "on_violations:commonEventOnViolations",
                           "unplanned_properties:allowUnplannedEventProperties",
                           "event_on_violations:allowEventOnViolations",
                           "properties_on_violations:allowPropertiesOnViolations")
            | enforced("identify", *TRAITS) | enforced("group", *TRAITS)
            | keep(x_violations_to="data.settings.forwardingViolationsTo",
                   x_blocked_to="data.settings.forwardingBlockedEventsTo"),
            link=f"{APP}/sources/{{parent.key}}/settings/schema-configuration",
        ),
        Listing(
            name="destinations", kind=Kind.SYNC, path="/destinations", records="data.destinations", paging=PAGES,
            id="id", facts=keep("enabled", label="name", source="sourceId", target="metadata.slug",
                                x_settings_digest="digest(settings)"),
            always=("enabled", "source"), needs=MEMBER, link=DESTINATIONS,
            also=(
                View(
                    kind=Kind.PLATFORM, scope="destination-catalogue", records="data.destinations", needs=MEMBER,
                    facts=keep(label="metadata.name", status="metadata.status",
                               deprecated="metadata.status == 'DEPRECATED'", x_by_partner="metadata.partnerOwned"),
                    always=("status",), link=DESTINATIONS,
                ),
            ),
        ),
        Listing(
            name="subscriptions", kind=Kind.SYNC, for_each="destinations", scope="{parent.key}.mappings",
            fetch=subscriptions, records="subscriptions", id="id", every=HOURLY, needs=MEMBER, always=("enabled",),
            facts=keep("enabled trigger mapping", label="name", operation="actionSlug", x_model="modelId",
                       x_schedule=SCHEDULE),
            repeats={"mapping": "to"}, link=DESTINATIONS,
        ),
        Listing(
            name="deliveries", kind=Kind.SYNC, for_each="destinations", only="enabled", scope="{parent.key}.delivery",
            fetch=deliveries, per_fetch=2, records="rows", key="key", facts={}, every=900.0, needs=MEMBER,
            health={name: name for name in ("state", "succeeded_at", "failed_at", "rows_ok", "rows_failed", "errors")},
            states={"ok": "ok", "failing": "failing"}, link=DESTINATIONS,
        ),
        Listing(
            name="model-syncs", kind=Kind.SYNC, for_each="subscriptions", only="x_model", every=900.0,
            path="/reverse-etl-models/{parent.x_model}/subscriptionId/{parent.key}/syncs", params={"count": 1},
            scope="{parent.key}.runs", records="data.syncStatuses", key="'newest'", facts=keep(source="sourceId"),
            health={
                "state": "syncStatus", "succeeded_at": "syncStatus != 'FAIL' && finishedAt || null",
                "failed_at": "syncStatus == 'FAIL' && finishedAt || null", "rows_ok": "loadPhase.deliverSuccessCount",
                "rows_failed": "loadPhase.deliverFailureCount",
                "errors": "[errorCode, extractPhase.errorCode, loadPhase.errorCode]",
            },
            states={"SUCCESS": "ok", "PARTIAL_SUCCESS": "ok", "FAIL": "failing", "IN_PROGRESS": "running"},
            needs=MEMBER, link=DESTINATIONS,
        ),
        Listing(
            name="filters", kind=Kind.AUTOMATION, for_each="destinations", scope="{parent.key}.filters",
            fetch=filters, records="filters", id="id", every=HOURLY,
            facts=keep("description reads", label="title", active="enabled", criteria="if", x_actions=DOES),
            unordered=("x_actions",), always=("active",), evidence={"at": "updatedAt"}, needs=MEMBER, link=DESTINATIONS,
        ),
        Listing(
            name="transformations", kind=Kind.AUTOMATION, path="/transformations", records="data.transformations",
            paging=PAGES, id="id", every=HOURLY, needs=MEMBER, always=("active",),
            facts=keep(label="name", active="enabled", criteria="if", object="sourceId",
                       reads=RENAMED.format("oldName"), writes=RENAMED.format("newName"), x_drops="drop",
                       opaque="`true`",
                       x_event="newEventName", x_sets="propertyValueTransformations[].propertyPaths[]",
                       x_values_digest=VALUES,
                       x_allowed="allowProperties", x_hashed="hashPropertiesConfiguration.paths"),
            unordered=("x_sets", "x_allowed", "x_hashed"),
        ),
        Listing(
            name="functions", kind=Kind.AUTOMATION, path="/functions", records="data.functions", paging=PAGES, id="id",
            every=HOURLY, facts=keep("description", label="displayName", native_type="resourceType"),
            always=("native_type",), needs=MEMBER, link=f"{APP}/functions/catalog",
        ),
        Listing(
            name="function-code", kind=Kind.AUTOMATION, for_each="functions", path="/functions/{parent.key}",
            single=True, scope="{parent.key}.code", records="data.function", id="id", every=HOURLY, needs=MEMBER,
            facts=keep(x_code_digest="digest(code)", x_deployed_is_newest="isLatestVersion",
                       x_settings="settings[].{name: name, type: type, required: required, sensitive: sensitive}"),
            unordered=("x_settings",), always=("x_code_digest",), evidence={"deployed_at": "deployedAt"},
            link=f"{APP}/functions/catalog",
        ),
        Listing(
            name="models", kind=Kind.SCHEMA, path="/reverse-etl-models", records="data.models", paging=PAGES, id="id",
            every=HOURLY, facts=keep("description enabled", label="name", primary_field="queryIdentifierColumn",
                                     x_source="sourceId", x_query_digest="digest(query)"),
            always=("enabled",), needs=MEMBER,
        ),
        Listing(
            name="spaces", kind=Kind.PLATFORM, path="/spaces", records="data.spaces", paging=PAGES, key="slug",
            id="id", every=HOURLY, needs=MEMBER, facts=keep(label="name"), always=("label",),
            link=f"{APP}/unify/spaces/{{key}}/explorer",
        ),
        Listing(
            name="audiences", kind=Kind.AUTOMATION, for_each="spaces", scope="{parent.key}.audiences", key="key",
            fetch=computed("audiences", "audiences", "audiences"), records="audiences", id="id", every=HOURLY,
            needs=MEMBER, always=("active", "native_type"), evidence={"at": "updatedAt", "status": "status"},
            facts=keep("description reads", label="name", active="enabled", native_type="audienceType",
                       trigger="computeCadence.type", opaque="audienceType == 'LINKED' || definition == null",
                       x_events="events", x_definition_digest="digest(definition.query)", **HISTORY,
                       x_entity="definition.targetEntity", x_known_by="options.filterByExternalIds",
                       x_history_days="options.backfillEventDataDays"),
            unordered=("x_events", "x_known_by"), health={"state": "status"}, states=COMPUTED,
            link=f"{APP}/engage/spaces/{{parent.key}}/audiences",
        ),
        Listing(
            name="computed-traits", kind=Kind.AUTOMATION, for_each="spaces", scope="{parent.key}.computed-traits",
            fetch=computed("computedTraits", "computed-traits", "traits"), records="computedTraits", key="key",
            id="id", every=HOURLY, needs=MEMBER, always=("active",),
            evidence={"at": "updatedAt", "status": "status"},
            facts=keep("description reads", label="name", active="enabled", native_type="definition.type",
                       opaque="definition == null", writes="[join('', ['*/traits.', key])]", x_events="events",
                       x_definition_digest="digest(definition.query)", **HISTORY,
                       x_anonymous="options.includeAnonymousUsers", x_history_days="options.backfillDurationDays"),
            unordered=("x_events",), health={"state": "status"}, states=COMPUTED,
            link=f"{APP}/unify/spaces/{{parent.key}}/explorer",
        ),
        Listing(
            name="warehouses", kind=Kind.SYNC, path="/warehouses", records="data.warehouses", paging=PAGES, id="id",
            facts=keep("enabled", label="settings.name", target="metadata.slug", x_settings_digest="digest(settings)"),
            always=("enabled",), needs=MEMBER, link=f"{APP}/warehouses/{{id}}/overview",
        ),
        Listing(
            name="warehouse-syncs", kind=Kind.SYNC, for_each="warehouses", scope="{parent.key}.syncs", fetch=loads,
            per_fetch=2,
            records="rows", key="source", facts={}, limit="syncs", every=HOURLY, needs=MEMBER,
            health={name: name for name in ("state", "succeeded_at", "failed_at", "rows_ok", "duration")},
            states={"ok": "ok", "running": "running", "failing": "failing"}, evidence={"status": "word"},
            link=f"{APP}/warehouses/{{parent.id}}/overview",
        ),
        Listing(
            name="warehouse-schedules", kind=Kind.SYNC, for_each="warehouses", scope="{parent.key}.schedule",
            path="/warehouses/{parent.key}/advanced-sync-schedule", single=True, records="data", key="'schedule'",
            facts=keep(schedule=HOURS, x_advanced="enabled"), always=("x_advanced",), limit="schedules", needs=MEMBER,
            every=6 * HOURLY, link=f"{APP}/warehouses/{{parent.id}}/overview",
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/users", records="data.users", paging=PAGES, key="email",
            id="id", person=True, needs=OWNER, always=("roles",),
            facts=keep(roles="permissions[].roleName", x_permissions=HELD,
                       admin="contains(permissions[].roleName || `[]`, 'Workspace Owner')"),
            unordered=("x_permissions",), link=f"{APP}/settings/access-management/users",
        ),
        Listing(
            name="groups", kind=Kind.PERMISSION, path="/groups", records="data.userGroups", paging=PAGES, key="name",
            id="id", every=HOURLY, facts=keep(roles="permissions[].roleName", x_permissions=HELD),
            unordered=("x_permissions",), always=("roles",), needs=OWNER, link=f"{APP}/settings/access-management",
        ),
        Listing(
            name="group-users", kind=Kind.PERMISSION, for_each="groups", path="/groups/{parent.id}/users",
            scope="{parent.key}.members", records="data.users", paging=PAGES, key="email", id="id", person=True,
            facts={}, every=HOURLY, needs=OWNER, link=f"{APP}/settings/access-management",
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path="/roles", records="data.roles", paging=PAGES, key="name", id="id",
            every=HOURLY, facts=keep("description"), always=("description",), needs=OWNER,
            link=f"{APP}/settings/access-management",
        ),
    ),
)  # fmt: skip
