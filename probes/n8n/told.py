"""The coded listings of n8n: workflows as they run, with their nodes as steps; data tables with their columns; how the
newest executions of a workflow went; roles and community packages, which older instances do not tell. Parameters of
nodes hold tokens and addresses of webhooks: a digest stands for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import each, made, once
from probes.kit.contract import Malformed, Rejected, Unsupported, canonical
from probes.kit.listing import Row
from probes.kit.paging import Paging
from probes.kit.values import instant

API: Final = "/api/v1"
PAGES = Paging(style="cursor", next="nextCursor", into="cursor", size=250, size_into="limit")
NEWEST: Final = 50
DAY: Final = 86_400.0
FAILED: Final = frozenset({"error", "crashed"})
WRITES: Final = frozenset({"create", "update", "upsert", "append", "appendOrUpdate"})
SAID: Final = FAILED | {"success"}


@once
async def workflows(api: Client) -> Answer:
    rows = await api.every(Ask(f"{API}/workflows", {"excludePinnedData": "true"}), PAGES, "data")
    return made({"data": [workflow(row) for row in rows]})


def workflow(row: Mapping[str, Any]) -> dict[str, Any]:
    """A workflow as it runs: what was published where something was, else what is being drawn. Nothing of what changes
    with every execution, nor where a node stands on the canvas."""
    runs = row.get("activeVersion") or row
    nodes: list[dict[str, Any]] = sorted(runs["nodes"], key=lambda node: str(node["name"]))
    settings = row.get("settings") or {}
    on = [node for node in nodes if not node.get("disabled")]
    triggers = [node for node in on if str(node["type"]).endswith(("Trigger", ".webhook", ".formTrigger"))]
    return {
        "id": row["id"], "name": row["name"], "isArchived": row.get("isArchived"), "updatedAt": row.get("updatedAt"),
        "authors": runs.get("authors"),
        "active": row["activeVersionId"] is not None if "activeVersionId" in row else row["active"],
        "steps": [_step(node, runs.get("connections") or {}) for node in nodes],
        "trigger": ", ".join(sorted({_short(node) for node in triggers})) or None,
        "actions": sorted({_action(node) for node in on}),
        "writes": sorted({field for node in on for field in _written(node)}),
        "disabled": [str(node["name"]) for node in nodes if node.get("disabled")],
        "credentials": sorted({f"{kind} {one.get('name')}" for node in nodes
                               for kind, one in (node.get("credentials") or {}).items()}),
        "digests": {str(node["name"]): _digest(node) for node in nodes},
        "settings": settings, "tags": [tag["name"] for tag in row.get("tags") or ()],
        "project": next((one["projectId"] for one in row.get("shared") or () if one["role"] == "workflow:owner"), None),
        "cron": _cron(triggers),
    }  # fmt: skip


def _short(node: Mapping[str, Any]) -> str:
    return str(node["type"]).removeprefix("n8n-nodes-base.")


def _step(node: Mapping[str, Any], connections: Mapping[str, Any]) -> dict[str, str]:
    ways = (connections.get(str(node["name"])) or {}).values()
    after = {str(end["node"]) for way in ways if isinstance(way, list) for ends in way for end in ends or ()}
    kind = f"{_short(node)} {node.get('typeVersion')}"
    return {"key": str(node["name"]), "type": kind, "target": ", ".join(sorted(after))}


def _action(node: Mapping[str, Any]) -> str:
    told = node.get("parameters") or {}
    return " ".join(str(word) for word in (_short(node), told.get("resource"), told.get("operation")) if word)


def _written(node: Mapping[str, Any]) -> list[str]:
    """The fields that a node which creates or updates something is given values for."""
    given = node.get("parameters") or {}
    if given.get("operation") not in WRITES:
        return []
    columns = (given.get("columns") or {}).get("value") if isinstance(given.get("columns"), dict) else None
    groups = [given.get("additionalFields"), given.get("updateFields"), columns]
    what = " ".join(str(word) for word in (_short(node), given.get("resource")) if word)
    return [f"{what}.{name}" for group in groups if isinstance(group, dict) for name in group]


def _digest(node: Mapping[str, Any]) -> str:
    """Of what a node does; of a webhook its address is a part of that."""
    names = ("parameters", "onError", "retryOnFail", "maxTries", "webhookId")
    does = {name: node[name] for name in names if name in node}
    return sha256(canonical(does)).hexdigest()[:16]


def _cron(triggers: Sequence[Mapping[str, Any]]) -> str | None:
    """The expression of a workflow that one expression alone starts."""
    rules = [(node.get("parameters") or {}).get("rule") or {} for node in triggers]
    found = [one.get("expression") for rule in rules for one in rule.get("interval") or ()]
    return str(found[0]) if len(triggers) == len(found) == 1 and found[0] else None


@once
async def tables(api: Client) -> Answer:
    """Data tables, and beside them their columns."""
    rows = await api.every(Ask(f"{API}/data-tables"), PAGES, "data")
    columns = [{**column, "table": row["id"]} for row in rows for column in row["columns"]]
    return made({"tables": rows, "columns": columns})


@once
async def roles(api: Client) -> Answer:
    """All roles, which come by what they are of: the instance, a project, a credential, a workflow."""
    told = await _of_2026(api, "roles")
    groups: list[Any] = list(told.values()) if isinstance(told, dict) else []
    if not groups or not all(isinstance(group, list) for group in groups):
        raise Malformed("the answer has no lists of roles")
    return made({"roles": [role for group in groups for role in group]})


@once
async def packages(api: Client) -> Answer:
    """Community packages: nodes that others wrote, each with the version that runs here."""
    told = await _of_2026(api, "community-packages")
    if not isinstance(told, list):
        raise Malformed("the answer is no list of packages")
    return made({"packages": told})


async def _of_2026(api: Client, name: str) -> Any:
    """An answer that older instances do not have, and say so in their words: what is not there is no empty list."""
    try:
        return (await api.ask(Ask(f"{API}/{name}"))).value()
    except Rejected as fault:
        if fault.code == "404" and fault.message == "not found":
            raise Unsupported(f"this instance's API has no /{name}: it is from before 2026", code="older") from None
        raise


@each
async def executions(api: Client, parent: Row) -> Answer:
    """How the newest executions of each workflow went, without what they carried."""
    asked = {"workflowId": parent["key"], "limit": NEWEST, "includeData": "false"}
    rows = (await api.ask(Ask(f"{API}/executions", asked))).value("data")
    if rows is None:
        raise Malformed("the answer has no data")
    return made({"runs": [health(parent, rows, api.clock.now())]})


def health(parent: Row, rows: Sequence[Mapping[str, Any]], now: float) -> dict[str, Any]:
    """One row out of executions. Those that somebody starts while drawing do not count. Where good ones are not kept, a
    failed one stays the newest for ever: after a day it says nothing."""
    found = [row for row in rows if row["mode"] not in ("manual", "evaluation", "chat")]
    found.sort(key=lambda row: int(row["id"]), reverse=True)
    ended = [row for row in found if row["status"] in SAID]
    good = next((row for row in ended if row["status"] == "success"), None)
    bad = next((row for row in ended if row["status"] in FAILED), None)
    state = found[0]["status"] if found else None
    failed_at = instant(bad and bad["stoppedAt"])
    if state in FAILED and parent.get("x_keeps_good") == "none" and failed_at is not None and now - failed_at > DAY:
        state = "unknown"
    begun, done = (instant(ended[0]["startedAt"]), instant(ended[0]["stoppedAt"])) if ended else (None, None)
    return {
        "id": parent["key"], "state": state if parent.get("active") else "inactive",
        "succeeded_at": good and good["stoppedAt"], "failed_at": bad and bad["stoppedAt"],
        "duration": done - begun if begun and done else None,
        "errors": [ended[0]["status"]] if ended and ended[0]["status"] in FAILED else [],
        "cron": parent.get("x_cron"),
    }  # fmt: skip
