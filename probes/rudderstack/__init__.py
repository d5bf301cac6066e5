"""RudderStack, control plane API v2. https://www.rudderstack.com/docs/api/

Least grants: a workspace-level service access token with the right to view sources, destinations, connections,
transformations, their libraries and the data catalog (Settings > Access Management > Service Access Tokens). The pages
name only rights to edit for the catalog, for tracking plans and for transformations, and a Viewer of the older system
for syncs. A token of a person ends with that person.

Where the facts are from: the vendor's own client of this API (rudderlabs/rudder-iac and rudder-api-go, `api/client`):
paths, keys, `paging{total, next}` (`next` comes with and without /v2, so pages are asked for by number), the catalog's
`{data, total, currentPage, pageSize}`, errors `{error or message, code, details}`; its pages on reverse ETL connections
(syncs and their states, both regions) and on the data catalog (one name may have several properties of other types, so
they are known by their ids), and on tracking plans, whose reads rebuild all schemas unless told not to, and refuse
whoever changes the plan meanwhile: `rebuildSchemas=false` goes with each. Of a property's rules `maxLength` and
`minimum` are named, and all others told as one. A sync that "succeeded" may have left rows out: `metrics.failed` counts
them. Transformations and libraries are of an API without a version, whose lists have no pages and only what is
published (its page, and the same client for `imports`); it took Basic once, and takes the same bearer token now.

Not verified: that an import in a transformation is told by the library's import name; how many rows a page has; that
the list of tracking plans, without pages in the docs, is whole; whether a token sees less of a list instead of a 403;
that syncs come newest first (they are put in order here). No limit is published: 2 requests a second. A 403 "Feature is
not enabled" is the plan.

Deep links: the page of a tracking plan stands in the vendor's page on RudderTyper and in its client (rudder-iac), that
of transformations, with their libraries, in the vendor's docs; the page of a source and the lists of destinations and
connections were found only in public code and in a guide of another vendor. No address found: a single destination, a
single transformation, reverse ETL connections, the data catalog. The dashboard that the docs name is
app.rudderstack.com; whether the EU has another was not found.

`who` asks the audit logs (plan Enterprise; /v2/audit-logs, the vendor's page on them), which take a service access
token of the organization: an admin's, as that page has it, which may change people by SCIM too. It is needed for
nothing else, so that it is a field of another scheme. Tracking plans, events and properties are not in that log. No
`look`: the client of the vendor asks for one thing by its id, but no page says what a 404 tells of one that the token
may not see.

Not to be had: people and their roles (SCIM alone has them, with a token that may change them). Not read: `config` of
sources and destinations and what else may hold a secret (`writeKey`, constants, texts of errors), revisions of
transformations that are not published, events that arrive. Code is known by a digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import Header, Scheme, bearer
from probes.kit.coded import each, made
from probes.kit.contract import Kind, Malformed, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, Row, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

from .asked import who

HOURLY = 3600.0
DASHBOARD = "https://app.rudderstack.com"
PLAN = f"{DASHBOARD}/trackingPlans/{{parent.id}}"
PAGES = Paging(style="page", into="page", total="paging.total")
CATALOG = Paging(style="page", into="page", total="total")
KEPT = {"rebuildSchemas": "false"}
VIOLATIONS = ("global track identify page screen group allowUnplannedEvents unplannedProperties anyOtherViolation"
              " propagateValidationErrors")  # fmt: skip
PROPERTY = keep("description type", native_type="type", length="propConfig.maxLength", minimum="propConfig.minimum",
                x_rules="propConfig")  # fmt: skip
TYPES = {
    "string": "text", "number": "decimal", "integer": "integer", "boolean": "boolean", "array": "json",
    "object": "json", "null": "any", "*": "any",
}  # fmt: skip
EVERY = "schedule.everyMinutes && join(' ', [schedule.type, to_string(schedule.everyMinutes), 'minutes'])"


async def identity(api: Client) -> Vantage:
    """The workspace that the token is of. No answer tells what the token may do."""
    told: Any = (await api.ask(Ask("/v2/workspace"))).value("workspace")
    if not isinstance(told, dict):
        raise Malformed("the answer has no workspace")
    return Vantage(
        account=str(told["id"]), account_name=str(told.get("name") or ""), subject="access token", grants=frozenset(),
        api_version="v2", silent=frozenset({Kind.SCHEMA, Kind.FIELD, Kind.SYNC, Kind.AUTOMATION}),
    )  # fmt: skip


@each
async def syncs(api: Client, parent: Row) -> Answer:
    """How the newest syncs of a reverse ETL connection went."""
    found = (await api.ask(Ask(f"/v2/retl-connections/{parent['id']}/syncs", {"per_page": 20}))).value("syncs")
    if not isinstance(found, list):
        raise Malformed("the answer has no syncs")
    rows = [folded(found, parent.get("enabled") is False)]
    return made({"rows": rows})


def folded(found: Sequence[Mapping[str, Any]], off: bool) -> dict[str, Any]:
    """The newest sync's state, the newest that ended well and badly, and the rows of the newest that ended."""
    newest = sorted(found, key=lambda one: str(one.get("startedAt")), reverse=True)
    ended = [one for one in newest if one.get("status") in ("succeeded", "failed")]
    rows = (ended[0].get("metrics") or {}) if ended else {}
    return {
        "state": "disabled" if off else newest[0].get("status") if newest else "never",
        "succeeded_at": next((one.get("finishedAt") for one in ended if one["status"] == "succeeded"), None),
        "failed_at": next((one.get("finishedAt") for one in ended if one["status"] == "failed"), None),
        "ok": (rows.get("succeeded") or {}).get("total"),
        "failed": (rows.get("failed") or {}).get("total"),
    }


@each
async def rules(api: Client, parent: Row) -> Answer:
    """The events of a tracking plan, one request each, and what each may hold, under its dotted path."""
    path = f"/v2/catalog/tracking-plans/{parent['id']}/events"
    events, fields = [], []
    for one in await api.every(Ask(path, KEPT), CATALOG, "data"):
        event = (await api.ask(Ask(f"{path}/{one['id']}", {**KEPT, "format": "properties"}))).value()
        name = "/".join(part for part in (event["eventType"], event["name"]) if part)
        inner = list(nested(event.get("properties") or (), f"{parent['id']}/{name}"))
        needed = [field["path"] for field in inner if field.get("required")]
        events.append({**event, "key": name, "required": needed})
        fields += inner
    return made({"events": events, "fields": fields})


def nested(properties: Sequence[Mapping[str, Any]], event: str, above: str = "") -> Iterator[dict[str, Any]]:
    """Properties and those within them, each under its dotted path."""
    for one in properties:
        path = f"{above}{one['name']}"
        yield {**one, "path": path, "event": event}
        yield from nested(one.get("properties") or (), event, f"{path}.")


VENDOR = Vendor(
    name="rudderstack",
    title="RudderStack",
    docs="https://www.rudderstack.com/docs/api/",
    base="https://api.rudderstack.com",
    hosts=("rudderstack.com",),
    schemes={
        "token": bearer(
            "Settings > Access Management > Service Access Tokens > Generate new token, of the workspace, which may "
            "view sources, destinations, connections, transformations and the data catalog."
        ),
        "audited": Scheme(
            fields=("token", "organization_token"),
            build=lambda given: Header(given, Authorization="Bearer {token}"),
            note="The token of the workspace as above; and one of the organization, at the same place, which an admin "
            "makes and which is sent to the audit logs alone (plan Enterprise).",
        ),
    },
    errors=Errors(code="code", message="error || message"),
    limits={"default": Limit(key="{integration}", rate=2, per=1, concurrency=2)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    who=who,
    grants_told=False,
    unseen={
        Kind.PERMISSION: "RudderStack's API tells of people by SCIM alone, with a token that may change them",
        Kind.PLATFORM: "the control plane's API tells no plan and no use",
    },
    lacks={Kind.TEMPLATE: "RudderStack has no templates"},
    notes=(
        "A workspace in the EU sets `base` to https://api.eu.rudderstack.com.",
        "The data catalog is of the plans Growth and Enterprise: without it those lists are refused.",
        "Of what violates a tracking plan is told what becomes of it, by source, and not how often it happens.",
        "Connections of event streams tell whether they are enabled, not whether events arrive.",
    ),
    listings=(
        Listing(
            name="sources", kind=Kind.SYNC, path="/v2/sources", records="sources", paging=PAGES, key="id", id="id",
            facts=keep("enabled", label="name", native_type="type", x_geo="geoEnrichmentEnabled",
                       x_transient="transient"),
            always=("label", "enabled"), evidence={"at": "updatedAt"}, link=f"{DASHBOARD}/sources/{{id}}",
        ),
        Listing(
            name="destinations", kind=Kind.SYNC, path="/v2/destinations", records="destinations", paging=PAGES,
            key="id", id="id", always=("label", "enabled"), evidence={"at": "updatedAt"},
            link=f"{DASHBOARD}/destinations",
            facts=keep("enabled", label="name", native_type="type", x_version="version",
                       x_version_status="versionInfo.status", x_retires="versionInfo.retirementDate",
                       x_transformation="transformation.id"),
        ),
        Listing(
            name="transformations", kind=Kind.AUTOMATION, path="/transformations", records="transformations", key="id",
            id="id", facts=keep("description", label="name", opaque="`true`", native_type="language",
                                x_version="versionId", x_code_digest="digest(code)", x_destinations="destinations",
                                x_imports="imports"),
            unordered=("x_destinations", "x_imports"), always=("native_type", "x_version"),
            evidence={"at": "updatedAt"}, every=HOURLY, link=f"{DASHBOARD}/transformations",
        ),
        Listing(
            name="libraries", kind=Kind.AUTOMATION, path="/libraries", records="libraries", key="id", id="id",
            facts=keep("description", label="name", opaque="`true`", native_type="language", x_version="versionId",
                       x_code_digest="digest(code)", x_import_name="importName"),
            always=("native_type", "x_version"), evidence={"at": "updatedAt"}, every=HOURLY,
            link=f"{DASHBOARD}/transformations",
        ),
        Listing(
            name="connections", kind=Kind.SYNC, path="/v2/connections", records="connections", paging=PAGES,
            key="[sourceId, destinationId]", id="id", always=("enabled",), evidence={"at": "updatedAt"},
            facts=keep("enabled", source="sourceId", target="destinationId"), link=f"{DASHBOARD}/connections",
        ),
        Listing(
            name="retl", kind=Kind.SYNC, path="/v2/retl-connections", records="data", paging=PAGES, key="id", id="id",
            facts=keep(
                "enabled object", source="sourceId", target="destinationId", mode="syncBehaviour",
                schedule=f"{EVERY} || schedule.type",
                mapping="[identifiers || `[]`, mappings || `[]`][].{from: from, to: to}",
                x_keys="identifiers[].to", x_event="event.type", x_event_name="event.name || event.nameColumn",
                x_cursor="cursorColumn", x_retries="syncSettings.failedKeysConfig.enableFailedKeysRetry",
            ),
            repeats={"mapping": "to"}, unordered=("x_keys",), always=("enabled", "mode"),
            evidence={"at": "updatedAt"},
        ),
        Listing(
            name="syncs", kind=Kind.SYNC, for_each="retl", scope="{parent.key}.syncs", fetch=syncs, records="rows",
            path="/v2/retl-connections/{parent.id}/syncs", key="'syncs'", facts={},
            health={"state": "state", "succeeded_at": "succeeded_at", "failed_at": "failed_at", "rows_ok": "ok",
                    "rows_failed": "failed"},
            states={"succeeded": "ok", "failed": "failing", "running": "running", "disabled": "disabled"},
        ),
        Listing(
            name="events", kind=Kind.SCHEMA, path="/v2/catalog/events", records="data", paging=CATALOG,
            key="[eventType, name][?@]", id="id", always=("native_type",), every=HOURLY,
            facts=keep("description", label="name", native_type="eventType", group="categoryId"),
            evidence={"at": "updatedAt"},
        ),
        Listing(
            name="properties", kind=Kind.FIELD, path="/v2/catalog/properties", records="data", paging=CATALOG, key="id",
            id="id", words={"type": TYPES}, always=("label", "type"), every=HOURLY,
            facts={**PROPERTY, "label": "name"}, evidence={"at": "updatedAt", "by": "updatedBy"},
        ),
        Listing(
            name="tracking-plans", kind=Kind.SCHEMA, path="/v2/catalog/tracking-plans", records="trackingPlans",
            key="id", id="id", facts=keep("description", label="name", x_made_by="creationType"), always=("label",),
            evidence={"at": "updatedAt"}, every=HOURLY, link=f"{DASHBOARD}/trackingPlans/{{id}}",
        ),
        Listing(
            name="plan-events", kind=Kind.SCHEMA, for_each="tracking-plans", scope="{parent.key}.events", fetch=rules,
            path="/v2/catalog/tracking-plans/{parent.id}/events", per_fetch=20, records="events", key="key", id="id",
            facts=keep("description", label="name", native_type="eventType", required_fields="required",
                       x_section="identitySection", x_unplanned="additionalProperties"),
            always=("native_type", "x_section"), evidence={"at": "updatedAt"}, every=6 * HOURLY, link=PLAN,
            also=(
                View(
                    kind=Kind.FIELD, scope_by="event", under="schema/{parent.key}.events", records="fields", key="path",
                    id="id", facts={**PROPERTY, "required": "required", "x_unplanned": "additionalProperties"},
                    words={"type": TYPES}, always=("type",), link=PLAN,
                ),
            ),
        ),
        Listing(
            name="plan-sources", kind=Kind.SYNC, for_each="tracking-plans", scope="{parent.key}.sources",
            path="/v2/catalog/tracking-plans/{parent.id}/sources", records="connections", key="sourceId",
            facts=keep(source="sourceId", target="trackingPlanId", options=f"known(config, '{VIOLATIONS}')"),
            always=("source", "options"), every=HOURLY, link=PLAN,
        ),
    ),
)  # fmt: skip
