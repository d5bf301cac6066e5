"""Who changed something in Jira: its audit log (reference: objectItem, authorAccountId, created), asked once for all.

An entry names its thing by id or by name. There is no `look`: 404 means "not there" and "not for you" alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from probes.kit.api import Ask, Client
from probes.kit.contract import Sought
from probes.kit.listing import Told
from probes.kit.values import instant

SLACK: Final = 5.0  # seconds that the site's clock and ours may be apart
MOST: Final = 1000  # records, which is the most that one answer has


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    since, until = min(one.after for one in sought) - SLACK, max(one.until for one in sought) + SLACK
    asked = {"from": _iso(since), "to": _iso(until), "limit": MOST}
    records: list[dict[str, Any]] = (await api.ask(Ask("/rest/api/3/auditing/record", asked))).value("records")
    return [_did(records, one) for one in sought]


def _did(records: Sequence[dict[str, Any]], sought: Sought) -> dict[str, Any]:
    for record in records:
        item = record.get("objectItem") or {}
        at = instant(record["created"]) or 0.0
        during = sought.after - SLACK <= at <= sought.until + SLACK
        if during and sought.names & {str(item.get("id")), str(item.get("name"))}:
            by = record.get("authorAccountId") or record.get("authorKey")
            return {"by": by, "at": record["created"], "action": record.get("category"), "how": "named"}
    return {}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
