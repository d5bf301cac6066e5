"""Hightouch, REST API v1. https://hightouch.com/docs/developer-tools/api-guide

Least grants: an API key of the workspace, made by one of its administrators. There is no weaker one: a key may read
and write everything in its workspace, by that page; this file only reads. One whose creator is no administrator any
more is refused. Nothing names the key, so that the workspace is known by the id that its rows have.

Where the facts are from: the vendor's SDK (speakeasy-sdks/hightouch-python-sdk, made of its OpenAPI) for paths, keys,
states and parameters; the page above for keys and the limit of 200 requests in 10 seconds, of which no header tells
how much is left; what stands in `mappings` from the vendor's hightouchio/add-mappings-to-syncs-programmatically; the
address of a sync in the application from there too. Which way `orderBy` sorts is said nowhere, so runs are asked for
by the time they started and put in order here. `configuration` is the vendor's own and may change, its docs say: only
mode, object, mappings and the external id are read of it, because they are the contract with the destination; all else
may be a secret and is not. Not verified: the envelope of a 401 and a 403 (the SDK has none); that a run is
`interrupted` by Hightouch alone (like a cancelled one it says nothing of the sync); what a line of a mapping is filled
from beside a template and a variable (no page of the vendor's that we could read has the keys: those in FILLED are
compared). The filter of a visual model is compared whole: the vendor documents none of its keys.

Never asked: one model by its id (its reference has a lookup of columns in the warehouse, which costs), triggers. Not
to be had: users, groups and who may do what, alerts, columns of a model that no sync uses, types of columns, audit
logs. Texts of errors quote rows: what leaves here is their code, or their first words without values.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from operator import itemgetter
from typing import Any, Final

import msgspec

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import bearer
from probes.kit.contract import Fault, Kind, Malformed, Unsupported, Vantage, canonical
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Row, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.values import instant, known
from probes.kit.verified import Verified

PAGES = Paging(style="offset", into="offset", size=100, size_into="limit")
BY_ID = {"orderBy": "id"}
# A sync that ran in the last hours is one request; what runs weekly or seldom takes one or two more.
WINDOWS: Final = (6 * 3600.0, 8 * 86_400.0, 100 * 86_400.0)
MOST: Final = 50  # pages of runs within a window
UNITS: Final = {"minute": 60.0, "hour": 3600.0, "day": 86_400.0, "week": 604_800.0}
# What a line of a mapping has beside its column, its field and its sort; a key that Hightouch adds is no change of it.
# What stands under `*` is the customer's own.
FILLED: Final = frozenset({"template", "sql", "value.*", "lookup", "from", "object", "by", "byType", "ignoreNull"})
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
VISUAL: Final = "filter.* parentId primaryLabel secondaryLabel"
COUNTS: Final = ("addedCount", "changedCount", "removedCount")
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


async def workspace(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Models and syncs. Things name each other by numbers that differ between workspaces: here by
    their slugs."""
    told = {
        name: await api.every(Ask(f"/{name}", BY_ID), PAGES, "data")
        for name in ("sources", "destinations", "models", "syncs")
    }
    slugs = {name: {str(row["id"]): row["slug"] for row in rows} for name, rows in told.items()}
    models = [{**row, "source": slugs["sources"].get(str(row["sourceId"]))} for row in told["models"]]
    syncs = [
        {
            **row,
            "model": slugs["models"].get(str(row["modelId"])),
            "destination": slugs["destinations"].get(str(row["destinationId"])),
            "mapping": sorted(
                map(mapped, (row.get("configuration") or {}).get("mappings") or ()), key=itemgetter("to")
            ),
            "when": when(row.get("schedule") or {}),
        }
        for row in told["syncs"]
    ]
    yield parents[0], _made({"models": models, "syncs": syncs, "columns": columns(models, syncs)})


def mapped(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """One line of a mapping. Where no column feeds a field, what does is told by its sort; texts and values in it may
    be secrets, and a digest stands for them."""
    sort = str(mapping.get("type") or "standard")
    column = mapping.get("from")
    source = ".".join(map(str, column)) if isinstance(column, list) else column
    if source is None or isinstance(source, dict):
        source = f"({sort} {mapping.get('variable') or mapping['to']})"
    rest = known({k: v for k, v in mapping.items() if k not in ("from", "to", "type", "variable")}, FILLED)
    given = sha256(canonical(rest)).hexdigest()[:16] if rest else ""
    transform = " ".join(part for part in (sort if sort != "standard" else "", given) if part)
    return {"from": str(source), "to": str(mapping["to"]), "transform": transform}


def when(schedule: Mapping[str, Any]) -> str | None:
    """A schedule in one line: "every 6 hours", a cron expression, the job of dbt, or days with their time."""
    told = schedule.get("schedule") or {}
    if gap := told.get("interval"):
        return f"every {int(gap['quantity'])} {gap['unit']}{'s' if gap['quantity'] != 1 else ''}"
    if days := told.get("expressions"):
        lines = (f"{' '.join(sorted(day for day in DAYS if one['days'].get(day)))} {one['time']}" for one in days)
        return ", ".join(sorted(lines))
    job = (told.get("job") or {}).get("id")
    return told.get("expression") or (f"after job {job}" if job else None)


def columns(models: Sequence[Mapping[str, Any]], syncs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The columns of each model that a sync depends on, with those syncs, and its key."""
    found: dict[tuple[str, str], set[str]] = {}
    for model in models:
        if model.get("primaryKey"):
            found.setdefault((model["slug"], model["primaryKey"]), set())
    for sync in syncs:
        for name in {*(sync.get("referencedColumns") or ()), sync.get("primaryKey")} - {None}:
            if sync["model"]:
                found.setdefault((sync["model"], str(name)), set()).add(sync["slug"])
    keys = {model["slug"]: model.get("primaryKey") for model in models}
    ids = {model["slug"]: model["id"] for model in models}
    return [
        {"model": model, "id": ids[model], "name": name, "key": keys[model] == name, "used_by": sorted(users)}
        for (model, name), users in sorted(found.items())
    ]


async def runs(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """How the newest runs of each sync went."""
    for parent in parents:
        try:
            found: list[Mapping[str, Any]] = []
            for window in WINDOWS:
                found = await _since(api, f"/syncs/{parent['id']}/runs", api.clock.now() - window)
                if any(run["status"] in ("success", "warning") for run in found):
                    break
            yield parent, _made({"runs": [health(parent, found)]})
        except Fault as fault:
            yield parent, fault


async def _since(api: Client, path: str, at: float) -> list[Mapping[str, Any]]:
    """The runs that started after an instant, newest first, whatever order they come in."""
    after = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows: list[Mapping[str, Any]] = []
    for _ in range(MOST):
        answer = await api.ask(Ask(path, {**BY_ID, "after": after, "limit": 100, "offset": len(rows)}))
        page = answer.value("data")
        if page is None:
            raise Malformed("the answer has no data")
        rows += page
        if answer.value("hasMore") is not True:
            return sorted(
                rows, key=lambda run: (str(run.get("createdAt") or run["startedAt"]), run["id"]), reverse=True
            )
        if not page:
            break
    raise Malformed(f"the list of runs does not end after {len(rows)}")


def health(sync: Row, found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One row out of runs, newest first. Counts and errors are of the newest that ended; a cancelled or interrupted one
    says nothing."""
    ended = [run for run in found if run["status"] in ("success", "warning", "failed")]
    good = next((run for run in ended if run["status"] != "failed"), None)
    bad = next((run for run in ended if run["status"] == "failed"), None)
    newest = found[0] if found else {}
    last = ended[0] if ended else {}
    begun, done = instant(last.get("startedAt")), instant(last.get("finishedAt"))
    schedule, started = str(sync.get("schedule") or ""), instant(newest.get("startedAt"))
    gap = re.fullmatch(r"every (\d+) (minute|hour|day|week)s?", schedule)
    return {
        "slug": sync["key"],
        "state": newest.get("status") if sync.get("enabled") else "disabled",
        "succeeded_at": good and good["finishedAt"],
        "failed_at": bad and bad["finishedAt"],
        "rows_ok": _count(last.get("successfulRows")),
        "rows_failed": _count(last.get("failedRows")),
        "duration": done - begun if begun and done else None,
        "errors": [category(last["error"])] if last.get("error") else [],
        "due_at": started + int(gap[1]) * UNITS[gap[2]] if gap and started else None,
        "cron": schedule if sync.get("trigger") == "cron" else None,
    }


def _count(rows: Mapping[str, Any] | None) -> int | None:
    return None if rows is None else sum(int(rows[name]) for name in COUNTS if name in rows)


def category(error: str) -> str:
    """What kind of error a text tells of: the codes in it, else its first words without anything that is a value."""
    if codes := sorted(set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", error))):
        return " ".join(codes[:3])
    words = re.split(r"[:.\n\"'`(\[{]", error, maxsplit=1)[0].split()
    return " ".join(word for word in words if word.isalpha())[:60] or "no words"


def _made(rows: Any) -> Answer:
    return Answer(200, {}, msgspec.json.encode(rows))


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
    grants_told=False,
    weaker="There is no weaker key: each reads everything of its workspace.",
    verified=Verified("docs", "2026-11-23"),
    unseen={
        Kind.PERMISSION: "Hightouch's API has no users and no roles; look at Settings > Members",
        Kind.AUTOMATION: "journeys and alerts are not in Hightouch's API; what runs is a sync",
        Kind.PLATFORM: "Hightouch's API tells no plan, use or version",
    },
    lacks={Kind.TEMPLATE: "Hightouch moves data and has no templates"},
    notes=(
        "A key may write too: the vendor has none that only reads.",
        "Of a model's columns those are read that a sync uses, without their types.",
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
    ),
)  # fmt: skip
