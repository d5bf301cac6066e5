"""How campaigns of Klaviyo are sent, by channel.

A campaign is sent once (its strategies have one date each, and none repeats): what goes out again and again is a flow,
and is read as one. So each campaign is a run of one sync, its channel: dozens come and go in a week, and none of them
is drift. What somebody has to know is that Klaviyo itself cancelled one, or that the audience of one that waits is
gone: an excluded one that is gone lets people in. A template cannot go: a message has a copy of its own. What a
campaign tracks is its own too; what the account tracks by default is read (`tracking`).

Paths, filters, the words of `status` and the limits stand in the vendor's OpenAPI; that filters are joined by commas
and times are written without quotes in its page on filtering. An audience is the id of a list or of a segment: one that
neither has, where both answer, is gone. Not verified: that `updated_at` of a cancelled campaign is when it was
cancelled, but for later edits; that a channel which an account does not have gives an empty list.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.clock import stamp
from probes.kit.coded import made, once
from probes.kit.paging import Paging
from probes.kit.values import instant

from .told import DAY

PAGES: Final = Paging(style="next", next="links.next")
CHANNELS: Final = ("email", "sms", "mobile_push")
SENT: Final = ("Sent", "Variations Sent")
SENDING: Final = ("Adding Recipients", "Preparing to send", "Sending", "Sending Segments")
ALONE: Final = "Queued without Recipients"
CANCELLED: Final = "Cancelled: "  # by Klaviyo, with why; by a person it is "Cancelled" alone


@once
async def campaigns(api: Client) -> Answer:
    """What became of the campaigns of the last week, and which audiences of those that wait are gone."""
    now = api.clock.now()
    since = stamp(now - 7 * DAY)
    of = {channel: f"equals(messages.channel,'{channel}'),equals(archived,false)" for channel in CHANNELS}
    newest = {channel: await _listed(api, f"{of[channel]},greater-or-equal(updated_at,{since})") for channel in of}
    waiting = {channel: await _listed(api, f"{of[channel]},equals(status,'Scheduled')") for channel in of}
    known = await _known(api, {id for rows in waiting.values() for row in rows for _, id in _audiences(row)})
    return made({"data": [channel_row(one, newest[one], waiting[one], known, now) for one in CHANNELS]})


async def _listed(api: Client, written: str) -> list[Any]:
    return await api.every(Ask("/api/campaigns", {"filter": written}, limit="M"), PAGES, "data")


def _audiences(row: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """How, and which."""
    told = row["attributes"]["audiences"]
    return [(way, str(id)) for way in ("included", "excluded") for id in told.get(way) or ()]


async def _known(api: Client, ids: set[str]) -> set[str]:
    """Those that are a list or a segment."""
    found: set[str] = set()
    for path in ("/api/lists", "/api/segments"):
        if left := sorted(ids - found):
            asked = {"filter": f"any(id,{json.dumps(left, separators=(',', ':'))})"}
            found |= {str(row["id"]) for row in await api.every(Ask(path, asked, limit="L"), PAGES, "data")}
    return found


def channel_row(
    channel: str, newest: Sequence[Any], waiting: Sequence[Any], known: set[str], now: float
) -> dict[str, Any]:
    """Failing for a day after Klaviyo cancelled one, and while one waits whose audience is gone."""
    by = [(str(row["attributes"]["status"]), row["attributes"]) for row in newest]
    ended = [(status, told) for status, told in by if status.startswith(CANCELLED) or status == ALONE]
    ill = [(status, told) for status, told in ended if (instant(told["updated_at"]) or 0.0) >= now - DAY]
    gone = {f"{way} audience is gone" for row in waiting for way, id in _audiences(row) if id not in known}
    sent = [str(told["send_time"]) for status, told in by if status in SENT and told.get("send_time")]
    state = "failing" if ill or gone else "running" if any(status in SENDING for status, _ in by) else None
    return {
        "name": channel,
        "state": state or ("ok" if sent else None),
        "succeeded_at": max(sent, default=None),
        "failed_at": max((str(told["updated_at"]) for _, told in ill), default=None),
        "errors": sorted({status.removeprefix(CANCELLED) for status, _ in ill} | gone),
    }
