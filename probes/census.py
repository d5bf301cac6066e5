"""Census, now Fivetran Activations, API v1. https://fivetran.com/docs/activations/rest-api

Least grants: the key of a workspace (Workspace settings > API Access). It may read and write all of its workspace, and
nothing outside; this file only reads. Nothing names the workspace of a key, so that the integration does.

Where the facts are from: the vendor's reference (developers.getcensus.com, now under fivetran.com/docs/activations:
list syncs, list sync runs with the meaning of each status and count, pagination, authorization), its older docs
(sutrolabs/census-docs: sources, destinations, addresses of pages), and the client that it publishes for Terraform
(sutrolabs/terraform-provider-census: syncs, datasets and their columns). Answers come as `{status: "success",
pagination, data}`. v1 ends on 2027-01-15, by the vendor's guide to v2 (fivetran.com/docs/activations/rest-api:
migrate-v1-to-v2). v2 takes an Activations personal access token alone, belongs to a group of Fivetran's in place of a
workspace and calls destinations activations; it is not read: the rows of its lists are on no page that we could read,
and the vendor's own v2 client has the source of one group and no more.

Not verified: keys of a source beside those of the older docs; the envelope of a 401; the words that `data_type` of a
column has (what TYPES does not name is "any"). Of datasets and of single destinations no address was found.

No `look`: a sync is asked for by its id, but what its 404 means is documented nowhere (the v2 client calls its body an
empty placeholder), and a key of another workspace would get it for each. No `who`: rows tell when they were changed and
not by whom, and no path of the API has a trail.

Not to be had: users (their endpoints are deprecated since 2026-05-01; they are Fivetran's), columns of what is no
dataset. Not read: objects and fields of destinations, which are asked for at their systems; `connection_details`,
credentials, queries of datasets beyond a digest, texts of errors, which quote rows: their code leaves here; how many
rows a dataset has; webhooks; links to connect something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import bearer
from probes.kit.coded import each, made, once
from probes.kit.contract import Kind, Malformed, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Row, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

HOURLY = 3600.0
PAGES = Paging(style="cursor", next="pagination.next_page", into="page", size=100, size_into="per_page",
               total="pagination.total_records")  # fmt: skip
RUNS: Final = 10  # newest runs looked at per sync: enough for the last success beside a few failures
TYPES: Final = {
    "text": "text", "string": "text", "integer": "integer", "number": "decimal", "float": "decimal",
    "decimal": "decimal", "boolean": "boolean", "date": "date", "datetime": "datetime", "timestamp": "datetime",
    "json": "json", "*": "any",
}  # fmt: skip
FROM: Final = "from.type == 'column' && to_string(from.data) || join('', ['(', from.type, ')'])"


async def identity(api: Client) -> Vantage:
    """Whether the key is good; which workspace it opens no answer tells."""
    await api.ask(Ask("/api/v1/sources", {"per_page": 1}))
    name = str(api.options["workspace"])
    return Vantage(account=name, account_name=name, subject="workspace API key", grants=frozenset(), api_version="v1")


@once
async def datasets(api: Client) -> Answer:
    """The datasets of the workspace, and beside them their columns, as Census saw them last."""
    rows = await api.every(Ask("/api/v1/datasets"), PAGES, "data")
    columns = [{"dataset": str(row["id"]), **column} for row in rows for column in row.get("columns") or ()]
    return made({"datasets": rows, "columns": columns})


@each
async def runs(api: Client, parent: Row) -> Answer:
    """How the newest runs of each sync went, as one row."""
    asked = Ask(f"/api/v1/syncs/{parent['id']}/sync_runs", {"per_page": RUNS, "order": "desc"})
    found = (await api.ask(asked)).value("data")
    if not isinstance(found, list):
        raise Malformed("the answer has no runs")
    return made({"runs": [folded(found, parent.get("enabled") is False)]})


def folded(found: Sequence[Mapping[str, Any]], paused: bool) -> dict[str, Any]:
    """What the newest run that was no skip says of the sync. One that was cancelled says nothing."""
    newest = sorted(found, key=lambda one: str(one.get("created_at")), reverse=True)
    told = [one for one in newest if one.get("status") != "skipped"]
    last: Mapping[str, Any] = told[0] if told else {}
    ended = [one for one in told if not one.get("canceled")]
    state = "paused" if paused else "canceled" if last.get("canceled") else last.get("status") or "never"
    counted = next((one for one in ended if one.get("status") in ("completed", "failed")), {})
    return {
        "state": state,
        "succeeded_at": next((one.get("completed_at") for one in ended if one.get("status") == "completed"), None),
        "failed_at": next((one.get("updated_at") for one in ended if one.get("status") == "failed"), None),
        "ok": counted.get("records_updated"),
        "failed": counted.get("records_failed"),
        "errors": [code] if (code := counted.get("error_code")) else [],
    }


VENDOR = Vendor(
    name="census",
    title="Census",
    docs="https://fivetran.com/docs/activations/rest-api",
    base="https://app.getcensus.com",
    hosts=("getcensus.com",),
    schemes={"token": bearer("In the workspace: Workspace settings > API Access > the workspace's API key.")},
    options={
        "workspace": OptionSpec(default="workspace", says="a name for the workspace, which no answer tells"),
        "app": OptionSpec(
            default="https://app.getcensus.com", says="where deep links lead",
            by_host={"app-eu.getcensus.com": "https://app-eu.getcensus.com"},
        ),
    },
    errors=Errors(ok="status", ok_is="success", message="message"),
    limits={"default": Limit(key="{integration}", rate=4, per=1, concurrency=2)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    grants_told=False,
    weaker="There is no weaker key: each reads all of its workspace.",
    sunset={"v1": "2027-01-15"},
    unseen={
        Kind.AUTOMATION: "segments of Audience Hub are in no list whose rows the vendor documents",
        Kind.PERMISSION: "users are Fivetran's: their endpoints here are deprecated since 2026-05-01",
    },
    lacks={Kind.TEMPLATE: "Census moves data and has no templates"},
    notes=(
        "v1 is to end on 2027-01-15; what replaces it takes another token and is not read yet.",
        "A workspace in the EU sets `base` to https://app-eu.getcensus.com.",
    ),
    listings=(
        Listing(
            name="sources", kind=Kind.PLATFORM, path="/api/v1/sources", records="data", paging=PAGES, key="id", id="id",
            facts=keep(label="label || name", x_type="type", x_read_only="read_only_connection"), always=("label",),
            evidence={"tested": "last_tested_at"}, every=HOURLY, link="{options.app}/sources",
        ),
        Listing(
            name="destinations", kind=Kind.PLATFORM, path="/api/v1/destinations", records="data", paging=PAGES,
            key="id", id="id", facts=keep(label="name", x_type="type"), always=("label",), every=HOURLY,
            evidence={"tested": "last_tested_at"}, link="{options.app}/destinations",
        ),
        Listing(
            name="datasets", kind=Kind.SCHEMA, path="/api/v1/datasets", fetch=datasets, records="datasets", key="id",
            id="id", every=HOURLY, always=("label",), evidence={"at": "updated_at"},
            facts=keep("description", label="name", native_type="type", key_fields="[resource_identifier][?@]",
                       x_source="to_string(source_id)", x_query_digest="digest(query)"),
            also=(
                View(
                    kind=Kind.FIELD, scope_by="dataset", under="schema/datasets", records="columns", key="name",
                    facts=keep(type="data_type", native_type="data_type"), words={"type": TYPES}, always=("type",),
                ),
            ),
        ),
        Listing(
            name="syncs", kind=Kind.SYNC, path="/api/v1/syncs", records="data", paging=PAGES, key="id", id="id",
            always=("enabled", "operation"), repeats={"mapping": "to"},
            facts=keep(
                "label operation", enabled="!paused", mode="mode.type",
                source="join('/', [to_string(source_attributes.connection_id), source_attributes.object.name"
                       " || source_attributes.object.table_name || source_attributes.object.type || ''])",
                target="to_string(destination_attributes.connection_id)", object="destination_attributes.object",
                schedule="cron_expression || mode.triggers.schedule.cron_expression ||"
                         " mode.triggers.schedule.frequency || schedule_frequency",
                mapping=f"mappings[].{{from: {FROM}, to: to, transform: lookup_object || operation}}",
                x_keys="mappings[?is_primary_identifier].to", x_fields="field_behavior",
                x_mirrors="mirror_strategy", x_alerts="alert_attributes[].type",
            ),
            unordered=("x_keys", "x_alerts"), evidence={"at": "updated_at"},
            link="{options.app}/syncs/{key}/overview",
        ),
        Listing(
            name="runs", kind=Kind.SYNC, for_each="syncs", scope="{parent.key}.runs", fetch=runs, records="runs",
            path="/api/v1/syncs/{parent.id}/sync_runs", key="'runs'",
            health={"state": "state", "succeeded_at": "succeeded_at", "failed_at": "failed_at", "rows_ok": "ok",
                    "rows_failed": "failed", "errors": "errors"},
            states={"completed": "ok", "failed": "failing", "working": "running", "queued": "running",
                    "paused": "paused"},
            link="{options.app}/syncs/{parent.id}/overview",
        ),
    ),
)  # fmt: skip
