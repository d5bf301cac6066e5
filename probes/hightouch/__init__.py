"""Hightouch, REST API v1. https://hightouch.com/docs/developer-tools/api-guide

Least grants: an API key of the workspace, made by one of its administrators. There is no weaker one: a key may read
and write everything in its workspace, by that page; this file only reads. One whose creator is no administrator any
more is refused. Nothing names the key, so that the workspace is known by the id that its rows have.

Where the facts are from: the vendor's OpenAPI as it stood in August 2026 (api.hightouch.io/api/swagger.json, kept by
api-evangelist/hightouch) for paths, keys, states and parameters, and its SDK (speakeasy-sdks/hightouch-python-sdk) from
before that; the page above for keys and the limit of 200 requests in 10 seconds, of which no header tells how much is
left; what stands in `mappings` from the vendor's hightouchio/add-mappings-to-syncs-programmatically; the address of a
sync in the application from there too. Which way `orderBy` sorts is said nowhere, so runs are asked for by the time
they started and put in order here. `configuration` is the vendor's own and may change, its docs say: only mode, object,
mappings and the external id are read of it, because they are the contract with the destination; all else may be a
secret and is not. Not verified: the envelope of a 401 and a 403 (the OpenAPI has none); that a run is `interrupted` by
Hightouch alone (like a cancelled one it says nothing of the sync); what a line of a mapping is filled from beside a
template and a variable (no page of the vendor's that we could read has the keys: those in FILLED are compared); words
of a flow's status beside `active`. The filter of a visual model is compared whole: the vendor documents none of its
keys. A workspace that has not bought the decision engine may refuse its flows (403): then they are denied, and `watch:
off` for automation and template is the answer. Pages of contracts, domains, flows and messages were found nowhere: they
have no link.

A JSON Schema of an event is the customer's own document: its keys that no fact of ours holds count as one. The `config`
of a flow and of a message has keys that are documented nowhere and is not read; what a message says in its variants is
known by a digest.

No `who`: rows tell when they were changed last and not by whom, and the audit log is on no path of the OpenAPI. Never
asked: one model by its id (its reference had a lookup of columns in the warehouse, which costs), triggers. Not to be
had: users, groups and who may do what, alerts, journeys, audiences beyond the models that they are, columns of a model
that no sync uses, types of columns; runs of identity graphs and of sequences of syncs take an id that no list tells.
Texts of errors quote rows: what leaves here is their code, or their first words without values.
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Ask, Client
from probes.kit.auth import bearer
from probes.kit.contract import Kind, Unsupported, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

from .asked import look
from .events import PAGES, declared
from .syncs import BY_ID, runs, workspace

VISUAL = "filter.* parentId primaryLabel secondaryLabel"
CONTENT = "digest(variables[].{name: name, variants: variants[].{value: value, locales: localeValues}})"
LIMITS = (
    "maxSendsPerUser maxSendsPerUserWindowDays minOtherMessagesInBetween firstEligibleSendDate lastEligibleSendDate"
)
APP = "https://app.hightouch.com/{options.workspace}"


async def identity(api: Client) -> Vantage:
    """The workspace, by the first thing in it. One without anything is not told from another."""
    for path in ("/syncs", "/models", "/destinations", "/sources"):
        rows: list[dict[str, Any]] = (await api.ask(Ask(path, {**BY_ID, "limit": 1}))).value("data")
        if rows:
            return Vantage(
                account=str(rows[0]["workspaceId"]),
                account_name=str(api.options["workspace"]),
                subject="workspace API key",
                grants=frozenset(),
                api_version="v1",
            )
    raise Unsupported("the workspace has no source, model, destination or sync yet, and nothing else names it")


def collected(what: str, *more: View) -> Listing:
    """Contracts or domains of Hightouch Events, with their events and the fields of these."""
    return Listing(
        name=what, kind=Kind.SCHEMA, path=f"/events/{what}", fetch=declared(what), records="rows", key="key", id="id",
        every=3600.0, facts=keep("description", label="name", x_undeclared="onUndeclaredSchema",
                                 x_sources="eventSources[].name"),
        unordered=("x_sources",), always=("label",), evidence={"at": "updatedAt"},
        also=(
            View(
                kind=Kind.SCHEMA, scope=f"{what}-events", records="events", key="event", always=("native_type",),
                facts=keep(label="name", native_type="type", required_fields="required",
                           x_undeclared="onUndeclaredFields", x_violations="onSchemaViolation"),
            ),
            View(
                kind=Kind.FIELD, scope_by="event", under=f"schema/{what}-events", records="fields", key="path",
                facts=keep("type required nullable description length min_length minimum maximum pattern default",
                           native_type="native", validation="left", options="options[].{value: @}"),
                always=("type", "required"),
            ),
            *more,
        ),
    )  # fmt: skip


VENDOR = Vendor(
    name="hightouch",
    title="Hightouch",
    docs="https://hightouch.com/docs/developer-tools/api-guide",
    base="https://api.hightouch.com/api/v1",
    hosts=("hightouch.com",),
    schemes={
        "token": bearer(
            "As an administrator of the workspace: Settings > API keys > Add API key. It is shown once, and it may "
            "write too: keep it where only Driftline reads it."
        )
    },
    options={
        "workspace": OptionSpec(default="", says="the workspace as it stands in app.hightouch.com/<workspace>/syncs")
    },
    errors=Errors(code="error", message="message || error"),
    limits={"default": Limit(key="{integration}", rate=100, per=10, concurrency=5)},  # of 200 of the whole workspace
    identity=identity,
    look=look,
    absent="no row for its slug, where every key reads everything of its workspace (docs, API guide)",
    grants_told=False,
    weaker="There is no weaker key: each reads everything of its workspace.",
    verified=Verified("docs", "2026-11-23"),
    unseen={
        Kind.PERMISSION: "Hightouch's API has no users and no roles; look at Settings > Members",
        Kind.PLATFORM: "Hightouch's API tells no plan, use or version",
    },
    notes=(
        "A key may write too: the vendor has none that only reads.",
        "Of a model's columns those are read that a sync uses, without their types.",
        "Flows of the decision engine and their messages are read where the workspace has it.",
        "A run that ends with a warning has refused rows and counts as one that went: the rows are told.",
    ),
    listings=(
        Listing(
            name="sources", kind=Kind.SCHEMA, path="/sources", params=BY_ID, paging=PAGES, records="data", key="slug",
            id="id", always=("label", "native_type"), facts=keep(label="name", native_type="type"), every=3600.0,
            evidence={"at": "updatedAt"}, link=f"{APP}/sources/{{id}}",
        ),
        Listing(
            name="destinations", kind=Kind.SCHEMA, path="/destinations", params=BY_ID, paging=PAGES, records="data",
            key="slug", id="id", always=("label", "native_type"), facts=keep(label="name", native_type="type"),
            every=3600.0, evidence={"at": "updatedAt"}, link=f"{APP}/destinations/{{id}}",
        ),
        Listing(
            name="syncs", kind=Kind.SYNC, fetch=workspace, per_fetch=8, records="syncs", key="slug", id="id",
            always=("source", "target", "enabled", "mapping"),
            facts=keep(
                "mapping", source="model", target="destination", enabled="!disabled", mode="configuration.mode",
                object="configuration.object", schedule="when", trigger="schedule.type || 'manual'",
                x_external_id="configuration.externalIdMapping.{from: from, to: to}",
                x_primary_key="primaryKey", x_columns="referencedColumns",
            ),
            repeats={"mapping": "to"}, unordered=("x_columns",), evidence={"at": "updatedAt"},
            link=f"{APP}/syncs/{{id}}",
            also=(
                View(
                    kind=Kind.SCHEMA, scope="models", records="models", key="slug", id="id", always=("label",),
                    facts=keep(label="name", native_type="queryType", key_fields="[primaryKey][?@]", x_source="source",
                               x_schema="isSchema",
                               x_table="table.name || dbt && join('.', [dbt.database, dbt.schema, dbt.name])",
                               x_query_digest="digest([raw.sql, custom.query, dbt.rawSql,"
                                      f" known(visual, '{VISUAL}')][?@])"),
                    evidence={"at": "updatedAt"}, link=f"{APP}/models/{{id}}",
                ),
                View(
                    kind=Kind.FIELD, scope_by="model", under="schema/models", records="columns", key="name",
                    facts=keep("used_by", x_primary="key"), always=("x_primary",), link=f"{APP}/models/{{row.id}}",
                ),
            ),
        ),
        Listing(
            name="runs", kind=Kind.SYNC, for_each="syncs", fetch=runs, per_fetch=1, scope="{parent.key}.runs",
            records="runs", key="slug", facts={}, link=f"{APP}/syncs/{{parent.id}}",
            health={name: name for name in ("state", "succeeded_at", "failed_at", "rows_ok", "rows_failed", "duration",
                                            "errors", "due_at", "cron")},
            states={"success": "ok", "warning": "ok", "failed": "failing", "disabled": "disabled", "queued": "running",
                    "querying": "running", "processing": "running", "reporting": "running"},
        ),
        collected("contracts"),
        collected("domains", View(
            kind=Kind.SCHEMA, scope="components", records="components", key="key", id="id", always=("x_schema_digest",),
            facts=keep("description", label="name", x_version="version", x_imports="imports",
                       x_schema_digest="digest(schema)"),
            unordered=("x_imports",),
        )),
        Listing(
            name="flows", kind=Kind.AUTOMATION, path="/decision-engine/flows", params=BY_ID, paging=PAGES,
            records="data", id="id", every=3600.0, always=("status",), evidence={"at": "updatedAt"},
            facts=keep("status", label="name", active="status == 'active'", native_type="'decision engine flow'",
                       x_engine="decisionEngineId", x_audience="audienceId"),
        ),
        Listing(
            name="messages", kind=Kind.TEMPLATE, for_each="flows", scope="{parent.key}.messages", every=3600.0,
            path="/decision-engine/flow/{parent.key}/messages", paging=PAGES, records="data", id="id",
            facts=keep(label="name", native_type="channelId", x_tags="tags", x_variables="variables[].name",
                       x_content_digest=CONTENT, x_limits=f"known(guardrails, '{LIMITS}')"),
            unordered=("x_variables",), always=("native_type",), evidence={"at": "updatedAt"},
        ),
    ),
)  # fmt: skip
