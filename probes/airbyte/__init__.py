"""Airbyte, public API v1, Cloud and self-managed. https://reference.airbyte.com/reference/getting-started

Least grants: an application of a user who reads the organization (organization_reader); to see who may do what, of one
who administers it (organization_admin). An application has the rights of the user who made it. Lists hold what that
user may see and are shorter for another, with a 200: so the roles of the user stand in the vantage, each with where it
holds.

Where the facts are from: the vendor's SDK (airbytehq/airbyte-api-python-sdk, June 2026) for paths, keys, states and
parameters; its page on API access for applications and their tokens (15 minutes; an older page says 3: `expires_in` is
honoured) and for the address of a self-managed server, `<server>/api/public/v1`; its server's source (airbyte-platform)
for permissions: asked without a user they are one's own, those of others are told to administrators alone and without
the ones of single workspaces. That a job which is `incomplete` is tried again is from there too. Problem documents (RFC
7807) by its page on errors. Not verified: the limits of the public API, which stand nowhere (a 429 and its Retry-After
are honoured). Deep links are the routes of the vendor's own web application (RoutePaths of airbyte-platform:
workspaces/<id>/source|destination|connections/<id>, organization/<id>); on a server of one's own that they are the same
was not tried.

A release of a connector moves the version of all that use it: definitions stand apart, under platform, and only those
that a source or a destination of the workspace is made of (the list has every connector there is). Not verified: that
Cloud gives the definitions of a workspace to whoever only reads it; where it refuses them, that read is denied.

No `look`: one thing is asked for by its id, but an id that leads to no workspace is refused (403), by the server's
source (ApiAuthorizationHelper), just as one that the user may not see. No `who`: rows tell when a thing was made and
not by whom, and the audit log of the Enterprise edition is written into the customer's own storage.

Never asked: streams with `ignoreCache`, which has the source discover its schema anew; jobs, checks and resets are
writes. Not to be had: types of fields (a stream tells their names only), why a job failed, breaking schema changes that
wait for somebody (both stand in the internal Config API, which Cloud does not offer), the plan, what was used of it.
Not read: configurations of sources and destinations, which hold secrets, masked or not: a digest stands for them;
addresses of notification webhooks beyond their host; what rows are filtered by; manifests of connectors of one's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from probes.kit.api import Ask, Client, listed
from probes.kit.auth import Credentials, Exchange, Scheme
from probes.kit.contract import Kind, Rejected, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

from .calls import PAGES, connections, jobs, people, streams, versions

HOURLY, RARELY = 3600.0, 21_600.0
ROLES: Final = ("member", "reader", "runner", "editor", "admin")  # each may what the one before it may
NOBODYS: Final = "00000000-0000-0000-0000-000000000000"  # the organization of every server that has only one
HERE: Final = "{options.app}/workspaces/{row.workspaceId}"
SOURCE: Final = "{options.app}/workspaces/{parent.group}/source/{parent.key}"


async def _token(given: Credentials) -> Ask:
    client, secret = await given.get("client_id"), await given.get("client_secret")
    body = {"client_id": client, "client_secret": secret, "grant-type": "client_credentials"}
    return Ask("/applications/token", body=body)


async def identity(api: Client) -> Vantage:
    """The organization, the user whose application this is, and what that user may, there and in workspaces."""
    rows: list[dict[str, Any]] = (await api.ask(Ask("/organizations"))).value("data")
    asked = api.options["organization"]
    found = [row for row in rows if not asked or row["organizationId"] == asked]
    if len(found) != 1:
        known = ", ".join(f"{row['organizationName']} {row['organizationId']}" for row in rows) or "none"
        raise Rejected(f"the option organization must name one of those that the user sees: {known}")
    mine: list[dict[str, Any]] = listed((await api.ask(Ask("/permissions"))).value(), "data")
    account = str(found[0]["organizationId"])
    return Vantage(
        account=f"{account} {urlsplit(api.base).netloc}" if account == NOBODYS else account,
        account_name=str(found[0]["organizationName"]),
        subject=next((str(row["userId"]) for row in mine), "application"),
        grants=frozenset(name for row in mine for name in roles(row)),
        api_version="v1",
    )


def roles(permission: Mapping[str, Any]) -> list[str]:
    """A permission with all that it includes: who administers may read too. In a workspace it names which."""
    word = str(permission["permissionType"])
    where, _, role = word.rpartition("_")
    rank = ROLES.index("admin" if role == "owner" else role) if role in (*ROLES, "owner") else -1
    held = [f"{where}_{name}" for name in ROLES[: rank + 1]] or [word]
    return [f"{name}:{permission['scopeId']}" for name in held] if permission.get("scope") == "workspace" else held


def heard(event: str, name: str) -> dict[str, str]:
    """Who hears of an event of a workspace: somebody by mail, and which host."""
    at = f"notifications.{event}"
    return {
        f"x_{name}_mail": f"{at}.email.enabled",
        f"x_{name}_hook": f"{at}.webhook.enabled && host({at}.webhook.url)",
    }


VENDOR = Vendor(
    name="airbyte",
    title="Airbyte",
    docs="https://reference.airbyte.com/reference/getting-started",
    base="https://api.airbyte.com/v1",
    hosts=("airbyte.com", "{base}"),
    schemes={
        "application": Scheme(
            fields=("client_id", "client_secret"),
            build=lambda given: Exchange(given, _token, lifetime=180.0),
            note="As a user of its own: user name > User settings > Applications > Create an application. On a server "
            "of one's own set `base` to <server>/api/public/v1.",
        )
    },
    options={
        "organization": OptionSpec(default="", says="id of the organization, where the user is in more than one"),
        "app": OptionSpec(default="https://cloud.airbyte.com", says="where people open Airbyte, for links"),
    },
    errors=Errors(code="title", message="data.message || detail || message"),
    limits={"default": Limit(key="{integration}", rate=5, per=1, concurrency=3)},
    identity=identity,
    verified=Verified("docs", "2026-11-23"),
    grants={
        "organization_reader": "Organization settings > Members: the application's user is a reader of it",
        "organization_admin": "Organization settings > Members: an admin; without it people are not observable",
    },
    lacks={
        Kind.AUTOMATION: "Airbyte syncs on a schedule and has no automations of its own",
        Kind.TEMPLATE: "Airbyte moves data and has no templates",
    },
    notes=(
        "A stream tells the names of its fields and not their types, as they were when it was last discovered.",
        "Why a job failed and schema changes that wait for approval are not in the public API.",
        "Of people the roles in the organization are told; their roles in single workspaces are not observable.",
    ),
    listings=(
        Listing(
            name="organizations", kind=Kind.SCHEMA, path="/organizations", records="data", key="organizationId",
            every=RARELY, facts=keep(label="organizationName"), always=("label",),
            link="{options.app}/organization/{key}",
        ),
        Listing(
            name="workspaces", kind=Kind.SCHEMA, path="/workspaces", records="data", paging=PAGES, key="workspaceId",
            every=HOURLY, always=("label",),
            facts=keep(label="name", x_residency="dataResidency") | heard("failure", "failed")
            | heard("syncDisabled", "disabled") | heard("connectionUpdateActionRequired", "changed"),
            link="{options.app}/workspaces/{key}",
        ),
        Listing(
            name="sources", kind=Kind.SCHEMA, path="/sources", records="data", paging=PAGES, key="sourceId",
            every=HOURLY, always=("label", "native_type"),
            facts=keep(label="name", native_type="sourceType", group="workspaceId",
                       x_configuration_digest="digest(configuration)"),
            link=f"{HERE}/source/{{key}}",
        ),
        Listing(
            name="destinations", kind=Kind.SCHEMA, path="/destinations", records="data", paging=PAGES,
            key="destinationId", every=HOURLY, always=("label", "native_type"),
            facts=keep(label="name", native_type="destinationType", group="workspaceId",
                       x_configuration_digest="digest(configuration)"),
            link=f"{HERE}/destination/{{key}}",
        ),
        Listing(
            name="connectors", kind=Kind.PLATFORM, for_each="workspaces", scope="{parent.key}.connectors",
            fetch=versions, per_fetch=4, every=RARELY, records="definitions", key="dockerRepository", id="id",
            facts=keep(label="name", version="dockerImageTag"), always=("version",),
            link="{options.app}/workspaces/{parent.key}",
        ),
        Listing(
            name="streams", kind=Kind.SCHEMA, for_each="sources", fetch=streams, every=RARELY, records="streams",
            scope="{parent.key}.streams", key="[streamnamespace, streamName][?@]", always=("x_modes",),
            facts=keep(key_fields="keys", x_modes="syncModes", x_cursor="join('.', defaultCursorField || `[]`)"),
            unordered=("x_modes",),
            also=(
                View(
                    kind=Kind.FIELD, records="fields", key="[stream, [path]][]", always=("x_key",),
                    facts=keep(x_key="key", x_cursor="cursor"), link=SOURCE,
                ),
            ),
            link=SOURCE,
        ),
        Listing(
            name="connections", kind=Kind.SYNC, fetch=connections, records="connections", key="connectionId",
            always=("label", "source", "target", "enabled"), per_fetch=2,
            facts=keep(
                label="name", source="sourceId", target="destinationId", enabled="status == 'active'",
                schedule="schedule.cronExpression || schedule.basicTiming", trigger="schedule.scheduleType",
                x_status="status", x_reason="statusReason", x_schema_changes="nonBreakingSchemaUpdatesBehavior",
                x_namespace="namespaceFormat || namespaceDefinition", x_prefix="prefix", x_tags="tags[].name",
                x_workspace="workspaceId",
            ),
            unordered=("x_tags",),
            link=f"{HERE}/connections/{{key}}",
            also=(
                View(
                    kind=Kind.SYNC, scope_by="connection", under="sync/connections", records="streams",
                    key="[namespace, name][?@]", always=("mode",),
                    facts=keep(mode="syncMode", target="destinationObjectName", x_cursor="cursorField",
                               x_primary_key="primaryKey", x_fields="selectedFields[].join('.', fieldPath)",
                               x_does="does", x_files="includeFiles"),
                    unordered=("x_fields",), link=f"{HERE}/connections/{{row.connection}}",
                ),
            ),
        ),
        Listing(
            name="jobs", kind=Kind.SYNC, for_each="connections", fetch=jobs, scope="{parent.key}.jobs", records="jobs",
            facts={}, link="{options.app}/workspaces/{row.workspace}/connections/{key}",
            health={name: name for name in ("state", "succeeded_at", "failed_at", "rows_ok", "duration", "due_at",
                                            "cron")},
            states={"succeeded": "ok", "failed": "failing", "inactive": "disabled", "pending": "running",
                    "queued": "running", "running": "running", "incomplete": "running"},
        ),
        Listing(
            name="people", kind=Kind.PERMISSION, for_each="organizations", fetch=people, every=RARELY, per_fetch=20,
            records="users", key="email", id="id", person=True, facts=keep("roles"), always=("roles",),
            needs=("organization_admin",), link="{options.app}/organization/{parent.key}",
        ),
    ),
)  # fmt: skip
