"""monday.com on demand: one board or workspace, and who changed a board or a column, by the board's activity log.

`look`: a board or workspace that was archived or deleted is given where all states are asked for, and says so
(reference: `state`), for as long as it stands in the bin. One that is not given at all is gone for good, or not for
this token's user: that is not told apart. Of a column nothing is: people may be kept from seeing one.

By the reference (activity logs): nested in a board alone, newest first, 10,000 lines at most; `user_id` without a name,
`created_at` as Unix time of 17 digits, `data` as JSON in a string, `entity` board or pulse (an item). The words of
`event` stand on no page: those of columns and boards are as public clients met them (create_column, delete_column,
update_column_name, change_column_settings; update_board_name, board_workspace_id_changed, board_view_added,
board_state_changed …), each with `column_id` or `board_id` in its data. Cells are events too, with the same column_id,
and no change of the column: they end in `_value`. A line may come half a minute late, as such a client measured.

Names come from `users`, which takes ids; one that was deactivated takes the status INACTIVE, and one that was deleted,
or that the token may not see, stays its number. What an automation does is done by a user with a negative number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Client
from probes.kit.clock import stamp
from probes.kit.contract import Absent, Denied, Kind, Malformed, Ref, Rejected, Sought, Unsupported, window
from probes.kit.listing import Found, Told

from .calls import BOARD, LEVELS, SPACE, listed, told

LINES: Final = 500  # of a page of each board's log
PAGES: Final = 20  # 10,000 lines, which is all that the vendor keeps in reach
TICKS: Final = 1e7  # of a second
BOARDS: Final = Ref(Kind.SCHEMA, "boards")
ONE: Final = {
    BOARDS: ("boards", f"query One($ids: [ID!]) {{ boards(ids: $ids, state: all, {LEVELS}) {{ {BOARD} }} }}"),
    Ref(Kind.SCHEMA, "workspaces"): (
        "workspaces", f"query One($ids: [ID!]) {{ workspaces(ids: $ids, state: all) {{ {SPACE} }} account {{ slug }} }}"
    ),
}  # fmt: skip
GONE_STATES: Final = ("archived", "deleted")
LOGS: Final = (
    "query Logs($ids: [ID!], $from: ISO8601DateTime, $to: ISO8601DateTime, $count: Int!, $page: Int!) { "
    f"boards(ids: $ids, state: all, limit: $count) {{ id activity_logs(from: $from, to: $to, limit: {LINES}, "
    "page: $page) { event data user_id created_at } } }"
)
NAMES: Final = "query Names($ids: [ID!], $count: Int!) { users(ids: $ids, limit: $count) { id email } }"
GONE: Final = (
    "query Gone($ids: [ID!], $count: Int!) { users(ids: $ids, status: [INACTIVE], limit: $count) { id email } }"
)


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    if ref not in ONE:
        raise Unsupported(f"monday.com is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    name, query = ONE[ref]
    answer = await told(api, "One", query, ids=[key])
    found = listed(answer, name)
    if not found:
        raise Denied(f"{name} has no {key} that this user may see: gone for good, or hidden", code="not given")
    (row,) = found
    if row["state"] in GONE_STATES:
        return Absent(row["state"])
    return Found(name, {**row, "slug": (answer.get("account") or {}).get("slug")})


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the logs of the boards in question, all in one operation, and one more for the names."""
    asked: dict[str, list[int]] = {}
    for place, one in enumerate(sought):
        if board := _board(one):
            asked.setdefault(board, []).append(place)
    found: list[Told] = [{} for _ in sought]
    await _search(api, asked, sought, found)
    names = await _names(api, {str(line["user_id"]) for line in found if isinstance(line, Mapping) and line})
    return [_named(line, names) if isinstance(line, Mapping) else line for line in found]


def _board(sought: Sought) -> str:
    """The board that a change is on: its log knows the board itself and its columns, and nothing else that is read."""
    if sought.ref.kind is Kind.FIELD:
        return sought.ref.name
    return sought.key if sought.ref == BOARDS else ""


async def _search(api: Client, asked: Mapping[str, list[int]], sought: Sequence[Sought], found: list[Told]) -> None:
    """The newest line about each thing, page by page, until all are found or a log is at its end. One board that is
    refused refuses them all: each is then asked for by itself."""
    left, page = dict(asked), 1
    since, until = (stamp(at) for at in window(sought))
    while left and page <= PAGES:
        span: dict[str, Any] = {"ids": sorted(left), "from": since, "to": until, "count": len(left), "page": page}
        try:
            rows = (await told(api, "Logs", LOGS, **span) or {}).get("boards")
        except Denied as fault:
            for board, places in left.items():
                if len(left) > 1:
                    await _search(api, {board: places}, sought, found)
                else:
                    found[:] = [fault if place in places and not line else line for place, line in enumerate(found)]
            return
        if not isinstance(rows, list):
            raise Malformed("the answer has no boards")
        logs = {str(row["id"]): row["activity_logs"] or [] for row in rows}
        for board, places in left.items():
            for place in places:
                found[place] = found[place] or _line(logs.get(board, []), sought[place])
        left = {board: [place for place in places if not found[place]] for board, places in left.items()}
        left = {board: places for board, places in left.items() if places and logs.get(board)}
        page += 1


def _line(lines: Sequence[Any], sought: Sought) -> Mapping[str, Any]:
    """The newest line about the thing in that time."""
    for line in lines:
        if sought.during(int(line["created_at"]) / TICKS) and _about(str(line["event"]), line["data"], sought):
            return dict(line)
    return {}


def _about(event: str, data: str, sought: Sought) -> bool:
    if sought.ref == BOARDS:
        return "board" in event and "pulse" not in event
    if "column" not in event or event.endswith("_value"):
        return False
    return str(json.loads(data).get("column_id")) in sought.names


async def _names(api: Client, ids: set[str]) -> dict[str, str]:
    """User -> mailbox, as far as the token may see users. Nobody is asked for who has no number of a person."""
    found: dict[str, str] = {}
    for operation, query in (("Names", NAMES), ("Gone", GONE)):
        left = sorted(id for id in ids - found.keys() if id.isdecimal())
        if not left:
            break
        try:
            rows = (await told(api, operation, query, ids=left, count=len(left)) or {}).get("users")
        except (Denied, Rejected):
            break
        found |= {str(row["id"]): str(row["email"]) for row in rows or () if row.get("email")}
    return found


def _named(line: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    if not line:
        return {}
    user = str(line["user_id"])
    by = names.get(user, "automation" if user.startswith("-") else user)
    return {"by": by, "at": int(line["created_at"]) / TICKS, "action": line["event"], "how": "named"}
