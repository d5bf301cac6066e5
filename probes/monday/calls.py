"""What is asked of monday.com: its GraphQL operations, and how their answers become rows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from probes.kit.api import Answer, Ask, Client
from probes.kit.contract import Fault, Malformed
from probes.kit.listing import Fetch, Row

MOST: Final = 200  # pages of a list
BOARDS: Final = (
    "query Boards($page: Int!) { boards(limit: 50, page: $page, state: active) { id name description board_kind "
    "permissions type workspace { name } columns { id title type description archived settings_str } "
    "views { id name type } } }"
)
USERS: Final = (
    "query Users($page: Int!) { users(limit: 200, page: $page) { id email enabled is_admin is_guest is_view_only "
    "is_pending teams { name } } }"
)
SPACES: Final = "query Spaces($page: Int!) { workspaces(limit: 100, page: $page) { id name kind state description } }"
ACCOUNT: Final = "query Account { account { id name slug tier plan { max_users period tier } } version { value kind } }"


async def told(api: Client, operation: str, query: str, **variables: Any) -> Any:
    body = {"operationName": operation, "query": query, "variables": variables}
    return (await api.ask(Ask("/v2", body=body))).value("data")


async def whole(api: Client, operation: str, name: str, query: str) -> list[Any]:
    """All rows of a list, up to the first empty page."""
    rows: list[Any] = []
    for page in range(1, MOST):
        found = (await told(api, operation, query, page=page) or {}).get(name)
        if not isinstance(found, list):
            raise Malformed(f"the answer has no {name}")
        if not found:
            return rows
        rows += found
    raise Malformed(f"{name}: more than {MOST} pages", code="cap")


def every(operation: str, name: str, query: str) -> Fetch:
    """A list with all its pages."""

    async def fetch(
        api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
    ) -> AsyncIterator[tuple[Row, Answer | Fault]]:
        yield parents[0], _made(rows=await whole(api, operation, name, query))

    return fetch


async def boards(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """All boards, and their columns beside them."""
    found = await whole(api, "Boards", "boards", BOARDS)
    columns = [
        {**column, **inside(column.get("settings_str")), "of": str(board["id"])}
        for board in found
        for column in board.get("columns") or ()
    ]
    yield parents[0], _made(rows=found, columns=columns)


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
        yield parent, _made(rows=rows) if isinstance(rows, list) else Malformed("the board's webhooks are not there")


async def account(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Plan and API version."""
    yield parents[0], Answer(200, {}, msgspec.json.encode(await told(api, "Account", ACCOUNT)))


def _made(**rows: Any) -> Answer:
    return Answer(200, {}, msgspec.json.encode(rows))
