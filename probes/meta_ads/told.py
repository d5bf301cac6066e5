"""What Meta tells beside its lists: how much of the limits is used up, and who changed what.

`who` is the history of the ad account (edge activities, the vendor's SDK: event_time, event_type, actor_name,
object_id), which names things by their ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.contract import Sought, window
from probes.kit.listing import Told
from probes.kit.paging import Paging
from probes.kit.values import instant

VERSION: Final = "v26.0"
PAGES: Final = Paging(
    style="cursor", next="paging.cursors.after", into="after", while_there="paging.next", size=100, size_into="limit"
)
MOST: Final = 3600.0  # seconds
SLACK: Final = 60.0
FULL: Final = 90.0  # per cent of a limit, from which on others are given way


def pace(answer: Answer) -> float:
    """Seconds to give way: until there is room again where a header says so, else a minute once a limit is nearly
    used up. Its shares are of the whole app and account, whoever used them."""
    used, regain = 0.0, 0.0
    for name in ("x-business-use-case-usage", "x-ad-account-usage", "x-app-usage"):
        for told in _usage(answer.headers.get(name, "")):
            shares = [told.get(word) for word in ("call_count", "total_cputime", "total_time", "acc_id_util_pct")]
            used = max([used, *(float(share) for share in shares if isinstance(share, int | float))])
            minutes = told.get("estimated_time_to_regain_access")
            regain = max(regain, 60.0 * minutes if isinstance(minutes, int | float) else 0.0)
    return min(regain, MOST) or (60.0 if used >= FULL else 0.0)


def _usage(header: str) -> Iterator[dict[str, Any]]:
    """What a usage header tells: an object, or lists of them by the business they are of."""
    try:
        told = json.loads(header) if header else {}
    except ValueError:
        return
    if isinstance(told, dict):
        yield told
        for inner in told.values():
            yield from (one for one in (inner if isinstance(inner, list) else ()) if isinstance(one, dict))


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the ad account's history, which names campaigns, audiences and the account by their ids."""
    since, until = window(sought, SLACK)
    asked = {"fields": "event_time,event_type,actor_name,object_id", "since": int(since), "until": int(until)}
    events = await api.every(Ask(f"/{VERSION}/act_{api.options['account']}/activities", asked), PAGES, "data")
    return [_did(events, one) for one in sought]


def _did(events: Sequence[dict[str, Any]], sought: Sought) -> dict[str, Any]:
    for event in events:
        at = instant(event["event_time"]) or 0.0
        if str(event.get("object_id")) in sought.names and sought.during(at, SLACK):
            return {"by": event.get("actor_name"), "at": at, "action": event.get("event_type"), "how": "named"}
    return {}
