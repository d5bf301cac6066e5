"""What is asked of monday.com: its GraphQL operations, and how their answers become rows.

Boards of several levels are in lists only where they are asked for (guide to multi-level boards). What an automation is
made of (`workflow_blocks`) is JSON of no published shape, to which the vendor may add keys at any time: the time of its
last change stands for it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Fault, Malformed
from probes.kit.listing import Fetch, Row

MOST: Final = 200  # pages of a list
LEVELS: Final = "hierarchy_types: [classic, multi_level]"
COLUMN: Final = "id title description type archived settings_str"
BOARD: Final = "id name description board_kind permissions type state url workspace { name } views { id name type }"
BOARDS: Final = (
    f"query Boards($page: Int!) {{ boards(limit: 50, page: $page, state: active, {LEVELS}) {{ {BOARD} "
    f"columns {{ {COLUMN} }} }} }}"
)
USERS: Final = "query Users($page: Int!) { users(limit: 200, page: $page) { id email kind status url teams { name } } }"
SPACE: Final = "id name kind state description"
SPACES: Final = f"query Spaces($page: Int!) {{ workspaces(limit: 100, page: $page) {{ {SPACE} }} account {{ slug }} }}"
ACCOUNT: Final = "query Account { account { id name slug tier plan { max_users period tier } } version { value kind } }"
ROLES: Final = "query Roles { account_roles { id name roleType } }"
AUTOMATIONS: Final = (
    "query Automations($cursor: String) { board_automations(limit: 100, cursor: $cursor) { cursor items { id active "
    "title description updated_at template_reference_id workflow_host_data } } }"
)
CONNECTIONS: Final = (
    "query Connections($last: Int) { account_connections(pagination: {limit: 100, lastId: $last}) { id provider method "
    "state updatedAt } }"
)


async def told(api: Client, operation: str, query: str, **variables: Any) -> Any:
    body = {"operationName": operation, "query": query, "variables": variables}
    return (await api.ask(Ask("/v2", body=body))).value("data")


async def whole(api: Client, operation: str, name: str, query: str) -> list[Any]:
    """All rows of a list, up to the first empty page."""
    rows: list[Any] = []
    for page in range(1, MOST):
        answer = await told(api, operation, query, page=page) or {}
        found = listed(answer, name)
        if not found:
            return rows
        slug = (answer.get("account") or {}).get("slug")
        rows += [{**row, "slug": slug} for row in found] if slug else found
    raise Malformed(f"{name}: more than {MOST} pages", code="cap")


def listed(answer: Any, name: str) -> list[Any]:
    """A list of an answer. Raises Malformed where there is none: that would look like an empty one."""
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise Malformed(f"the answer has no {name}")
    return found


def every(operation: str, name: str, query: str) -> Fetch:
    """A list with all its pages."""

    @once
    async def fetch(api: Client) -> Answer:
        return made({"rows": await whole(api, operation, name, query)})

    return fetch


@once
async def users(api: Client) -> Answer:
    """The people of the account, with what their kind and status say as it is compared."""
    rows = []
    for row in await whole(api, "Users", "users", USERS):
        kind, status = str(row["kind"]).lower(), str(row["status"]).upper()
        is_ = {f"is_{one}": kind == one for one in ("admin", "guest", "view_only")}
        rows.append({**row, **is_, "kind": kind, "enabled": status != "INACTIVE", "is_pending": status == "PENDING"})
    return made({"rows": rows})


@once
async def boards(api: Client) -> Answer:
    """All boards, and their columns beside them."""
    found = await whole(api, "Boards", "boards", BOARDS)
    columns = [
        {**column, **inside(column.get("settings_str")), "of": str(board["id"]), "url": board.get("url")}
        for board in found
        for column in board.get("columns") or ()
    ]
    return made({"rows": found, "columns": columns})


def inside(settings: str | None) -> dict[str, Any]:
    """What is read of a column's settings: labels by name (one that repeats with its id), formula, connected boards."""
    try:
        found = json.loads(settings or "{}")
    except ValueError:
        raise Malformed("the settings of a column are no JSON") from None
    labels = found.get("labels") or []
    pairs = labels.items() if isinstance(labels, dict) else [(one.get("id"), one.get("name")) for one in labels]
    names: dict[str, None] = {}
    for id, name in pairs:
        if name:
            names[f"{name}/{id}" if str(name) in names else str(name)] = None
    return {"labels": list(names), "formula": found.get("formula"), "boards": found.get("boardIds")}


async def webhooks(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """The webhooks of many boards in one operation, each under its board's own name."""
    parts = (f"b{parent['id']}: webhooks(board_id: {int(parent['id'])}) {{ id event config }}" for parent in parents)
    try:
        found = await told(api, "Webhooks", f"query Webhooks {{ {' '.join(parts)} }}") or {}
    except Fault as fault:
        for parent in parents:
            yield parent, fault
        return
    for parent in parents:
        rows = found.get(f"b{parent['id']}")
        there = isinstance(rows, list)
        yield parent, made({"rows": rows}) if there else Malformed("the board's webhooks are not there")


async def validations(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """What the columns of many boards must hold, in one operation: which are required, and a board's own rules."""
    parts = (f"b{one['id']}: validations(id: {int(one['id'])}) {{ required_column_ids rules }}" for one in parents)
    try:
        found = await told(api, "Validations", f"query Validations {{ {' '.join(parts)} }}") or {}
    except Fault as fault:
        for parent in parents:
            yield parent, fault
        return
    for parent in parents:
        board = found.get(f"b{parent['id']}", {})
        held = {"required_column_ids": None} if board is None else board  # a board of which nothing is held has null
        if not isinstance(held, dict) or not isinstance(held.get("required_column_ids", 0), list | None):
            yield parent, Malformed("the board's validations are not there")
            continue
        if held.get("rules") not in (None, []) and not isinstance(held["rules"], dict):
            yield parent, Malformed("the board's rules are not told by column")
            continue
        rows: list[dict[str, Any]] = [{"id": id, "required": True} for id in held["required_column_ids"] or ()]
        if held.get("rules"):  # by column, each with a list of its own
            own = [{"column": id, "rules": of} for id, of in sorted(held["rules"].items()) if isinstance(of, list)]
            rows.append({"id": "(rules)", "required": False, "rules": own})
        yield parent, made({"rows": rows})


@once
async def roles(api: Client) -> Answer:
    """The roles that users of the account may have, by name: what each may do is told nowhere."""
    return made({"rows": listed(await told(api, "Roles", ROLES), "account_roles")})


@once
async def automations(api: Client) -> Answer:
    """Every automation of the account, without what its blocks hold."""
    rows: list[Any] = []
    cursor: str | None = None
    for _ in range(MOST):
        answer = await told(api, "Automations", AUTOMATIONS, cursor=cursor) or {}
        rows += [automation(row) for row in listed(answer.get("board_automations"), "items")]
        cursor = answer["board_automations"]["cursor"]
        if not cursor:
            return made({"rows": rows})
    raise Malformed(f"board_automations: more than {MOST} pages", code="cap")


def automation(row: Mapping[str, Any]) -> dict[str, Any]:
    host = row.get("workflow_host_data")
    return {
        **{name: row.get(name) for name in ("id", "active", "title", "description", "updated_at")},
        "template": row.get("template_reference_id"), "opaque": True,
        "board": host.get("id") if isinstance(host, dict) else None,
    }  # fmt: skip


@once
async def connections(api: Client) -> Answer:
    """Connections of the account to other services, without the names and accounts of whom they belong to."""
    rows: list[Any] = []
    last: int | None = None
    for _ in range(MOST):
        answer = await told(api, "Connections", CONNECTIONS, last=last)
        found = listed(answer, "account_connections")
        if not found:
            return made({"rows": rows})
        rows += found
        last = int(found[-1]["id"])
    raise Malformed(f"account_connections: more than {MOST} pages", code="cap")


@once
async def account(api: Client) -> Answer:
    """Plan and API version."""
    found = await told(api, "Account", ACCOUNT)
    found["version"]["slug"] = found["account"]["slug"]
    return made(found)
