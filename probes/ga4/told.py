"""What Google Analytics tells otherwise than as a list: what arrives, and who changed something.

What arrives: the Admin API has no word on health, so the Data API is asked for counts, never for who visited. Of
streams, the newest minute of the last thirty in which an event came (runRealtimeReport); of key events and of streams,
how much there was on the last day that Google has settled, which takes it up to 48 hours (runReport).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client, listed
from probes.kit.clock import stamp
from probes.kit.coded import each, made
from probes.kit.contract import Malformed, Sought, window
from probes.kit.listing import Row, Told
from probes.kit.paging import Paging

PAGES: Final = Paging(style="cursor", next="nextPageToken", into="pageToken", size=200, size_into="pageSize")
SETTLED: Final = 2  # days until a day's counts are final
BACK: Final = 7  # days looked at, for when a key event last came
SLACK: Final = 60.0


@each
async def arriving(api: Client, parent: Row) -> Answer:
    """Each stream of a property, with when something last came through it in the last half hour."""
    streams = await _rows(api, parent, "dataStreams")
    asked = {"dimensions": [{"name": "streamId"}, {"name": "minutesAgo"}], "metrics": [{"name": "eventCount"}]}
    seen: dict[str, int] = {}
    for (stream, minutes), _ in await _report(api, str(parent["key"]), "runRealtimeReport", asked):
        seen[stream] = min(int(minutes), seen.get(stream, 60))
    now = int(api.clock.now() // 60) * 60
    ids = [tail(one) for one in streams]
    rows = [
        {
            "id": id,
            "state": "events" if id in seen else "none",
            "at": now - seen[id] * 60 if id in seen else None,
        }
        for id in ids
    ]
    return made({"rows": rows})


@each
async def counted(api: Client, parent: Row) -> Answer:
    """Each key event and each stream of a property, with the newest settled day on which something came, and how much
    came on that day."""
    events = [str(one["eventName"]) for one in await _rows(api, parent, "keyEvents")]
    streams = [tail(one) for one in await _rows(api, parent, "dataStreams")]
    told = {
        "rows": await _settled(api, parent, "eventName", events),
        "streams": await _settled(api, parent, "streamId", streams),
    }
    return made(told)


async def _settled(api: Client, parent: Row, dimension: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """Counts by day of what has these names."""
    days: dict[str, dict[str, int]] = {name: {} for name in sorted(set(names))}
    if days:
        asked = {
            "dateRanges": [{"startDate": f"{BACK}daysAgo", "endDate": f"{SETTLED}daysAgo"}],
            "dimensions": [{"name": dimension}, {"name": "date"}], "metrics": [{"name": "eventCount"}],
            "dimensionFilter": {"filter": {"fieldName": dimension, "inListFilter": {"values": list(days)}}},
            "limit": "10000",
        }  # fmt: skip
        for (name, date), count in await _report(api, str(parent["key"]), "runReport", asked):
            days.setdefault(name, {})[date] = count
    return [_counted(name, days[name]) for name in sorted(set(names))]


def tail(row: Mapping[str, Any]) -> str:
    return str(row["name"]).rpartition("/")[2]


def _counted(name: str, days: Mapping[str, int]) -> dict[str, Any]:
    newest = max((day for day, count in days.items() if count), default="")
    return {"name": name, "state": "events" if newest else "none", "at": _end(newest) if newest else None,
            "count": days.get(newest)}  # fmt: skip


def _end(day: str) -> str:
    """When a day (20261122) ended, in UTC: the property's own midnight is some hours from it."""
    try:
        return (datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) + timedelta(days=1)).isoformat()
    except ValueError:
        raise Malformed("a date of a report is none") from None


async def _rows(api: Client, parent: Row, name: str) -> list[Any]:
    return await whole(api, lambda page: Ask(f"/v1beta/properties/{parent['key']}/{name}", page), name)


async def whole(api: Client, ask: Callable[[dict[str, Any]], Ask], name: str, most: int = 50) -> list[Any]:
    """A whole list, which an answer leaves out where it is empty; at most so many pages. `ask` makes the request of
    what a page is asked for by. Raises Malformed where it does not end."""
    rows: list[Any] = []
    token = ""
    for _ in range(most):
        page = (await api.ask(ask({"pageSize": 200, **({"pageToken": token} if token else {})}))).value()
        if name not in page and (extra := page.keys() - {"nextPageToken"}):
            raise Malformed(f"the answer is no list of {name}, it has {', '.join(sorted(extra)[:3])}")
        rows += listed(page, name, or_none=True)
        token = str(page.get("nextPageToken") or "")
        if not token:
            return rows
    raise Malformed(f"{name} has more than {most} pages")


async def _report(api: Client, property: str, verb: str, asked: Mapping[str, Any]) -> list[tuple[tuple[str, ...], int]]:
    """Rows of a report: values of its dimensions, and its first metric."""
    ask = Ask(f"{api.options['data']}/v1beta/properties/{property}:{verb}", body=asked, limit="data")
    told = (await api.ask(ask)).value()
    if [one.get("name") for one in told.get("dimensionHeaders") or ()] != [one["name"] for one in asked["dimensions"]]:
        raise Malformed("the report is not the one that was asked for")
    return [
        (tuple(str(one.get("value", "")) for one in row["dimensionValues"]), int(row["metricValues"][0]["value"]))
        for row in listed(told, "rows", or_none=True)
    ]


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the account's change history, asked for once. It knows properties, streams, links, settings, key events,
    dimensions and metrics; of rules, audiences, channel groups and people it tells nothing."""
    since, until = (stamp(at) for at in window(sought, SLACK))
    body = {"earliestChangeTime": since, "latestChangeTime": until}
    path = f"/v1beta/accounts/{api.options['account']}:searchChangeHistoryEvents"
    events = await whole(api, lambda page: Ask(path, body={**body, **page}), "changeHistoryEvents", most=5)
    return [_did(events, one) for one in sought]


def _did(events: Sequence[Mapping[str, Any]], sought: Sought) -> dict[str, Any]:
    for event in events:
        at = datetime.fromisoformat(str(event["changeTime"]).replace("Z", "+00:00")).timestamp()
        if not sought.during(at, SLACK):
            continue
        for change in event.get("changes") or ():
            resource = str(change.get("resource"))
            stream = "/dataStreams/" in resource and resource.count("/") == 3 and sought.ref.name.endswith(".streams")
            if (resource.rpartition("/")[2] if stream else resource) == sought.id:
                kind = str(event.get("actorType") or "").lower()
                by = event.get("userActorEmail") or (
                    kind if kind != "user" else ""
                )  # a person who is not told is nobody
                return {"by": by, "at": event["changeTime"], "action": change.get("action"), "how": "named"}
    return {}
