"""Models and syncs of a workspace, the columns that syncs use, and how the newest runs of each sync went."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from operator import itemgetter
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.clock import stamp
from probes.kit.coded import each, made, once
from probes.kit.contract import Malformed, canonical
from probes.kit.listing import Row
from probes.kit.values import instant, known

from .events import PAGES

BY_ID: Final = {"orderBy": "id"}
# A sync that ran in the last hours is one request; what runs weekly or seldom takes one or two more.
WINDOWS: Final = (6 * 3600.0, 8 * 86_400.0, 100 * 86_400.0)
MOST: Final = 50  # pages of runs within a window
UNITS: Final = {"minute": 60.0, "hour": 3600.0, "day": 86_400.0, "week": 604_800.0}
# What a line of a mapping has beside its column, its field and its sort; a key that Hightouch adds is no change of it.
# What stands under `*` is the customer's own.
FILLED: Final = frozenset({"template", "sql", "value.*", "lookup", "from", "object", "by", "byType", "ignoreNull"})
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
COUNTS: Final = ("addedCount", "changedCount", "removedCount")


@once
async def workspace(api: Client) -> Answer:
    """Models and syncs. Things name each other by numbers that differ between workspaces: here by
    their slugs."""
    every = {
        name: await api.every(Ask(f"/{name}", BY_ID), PAGES, "data")
        for name in ("sources", "destinations", "models", "syncs")
    }
    slugs = {name: {str(row["id"]): row["slug"] for row in rows} for name, rows in every.items()}
    models = [{**row, "source": slugs["sources"].get(str(row["sourceId"]))} for row in every["models"]]
    syncs = [told(row, slugs) for row in every["syncs"]]
    return made({"models": models, "syncs": syncs, "columns": columns(models, syncs)})


def told(row: Mapping[str, Any], slugs: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """A sync with what it names called by slugs, its lines of mapping and its schedule."""
    lines = map(mapped, (row.get("configuration") or {}).get("mappings") or ())
    return {
        **row,
        "model": slugs["models"].get(str(row["modelId"])),
        "destination": slugs["destinations"].get(str(row["destinationId"])),
        "mapping": sorted(lines, key=itemgetter("to")),
        "when": when(row.get("schedule") or {}),
    }


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


@each
async def runs(api: Client, parent: Row) -> Answer:
    """How the newest runs of each sync went."""
    found: list[Mapping[str, Any]] = []
    for window in WINDOWS:
        found = await _since(api, f"/syncs/{parent['id']}/runs", api.clock.now() - window)
        if any(run["status"] in ("success", "warning") for run in found):
            break
    return made({"runs": [health(parent, found)]})


async def _since(api: Client, path: str, at: float) -> list[Mapping[str, Any]]:
    """The runs that started after an instant, newest first, whatever order they come in."""
    after = stamp(at)
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
