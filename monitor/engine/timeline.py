"""The timeline: events, decisions, and the times in which a system was not read, in one order, a page at a time.

Each stream is asked for a page from the place of the reader on, and they are merged; no page costs more than that,
however long the stack has been watched.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import nlargest
from typing import Any, Final, cast

import msgspec

from monitor.adapters import store_figures, store_timeline, store_trouble
from monitor.adapters.records import Decision
from monitor.adapters.store_figures import Window
from monitor.adapters.store_timeline import Narrowed
from monitor.core.model import EventType, Source

from .figure_shapes import Item, Name, Timeline
from .figures import SAID, watched
from .figures import Asked as Of
from .request import Refused
from .rows import who
from .shapes import Happened
from .surface import Engine
from .trailing import span
from .views import as_happened
from .words import plain, sentence

STREAMS: Final = ("decision", "event", "incident", "measured")  # of the same instant, in this order
SIZE: Final = 50
PARTS: Final = ("events", "decisions", "incidents", "all")
WHAT: Final = (*PARTS, *SAID, *(str(one) for one in EventType))
_DECIDED: Final = ("acknowledged", "assigned", "rejected", "released", "commented")  # decisions tell these already


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader wants. Empty means any; `what` is one of WHAT, and nothing means all that people were told of;
    `first` and `last` are days of the stack's time zone, both included; `cursor` is where the page before ended."""

    system: str = ""
    owner: str = ""
    kind: str = ""
    what: str = ""
    first: str = ""
    last: str = ""
    cursor: str = ""


Place = tuple[float, str, str]  # at, stream, id


async def timeline(engine: Engine, asked: Asked, size: int = SIZE) -> Timeline:
    """Newest first. Raises Refused for a day or a cursor that is none."""
    since, until = span(asked.first, asked.last, engine.config.zone)
    place = _place(asked.cursor) if asked.cursor else None
    window = since or 0.0, until if until is not None else float("inf")
    found: list[Item] = []
    for stream in _streams(asked):
        found += await _ASK[stream](engine, asked, window, _before(stream, place), size + 1)
    page = nlargest(size, found, key=_order)
    return Timeline(tuple(page), _cursor(page[-1]) if len(found) > size else "")


def _streams(asked: Asked) -> tuple[str, ...]:
    if asked.what in SAID:
        return ("measured",)
    if asked.what in PARTS and asked.what != "all":
        return ("incident", "event") if asked.what == "incidents" else (asked.what.rstrip("s"),)
    if asked.what and asked.what != "all":
        return ("event",)
    return ("decision", "event", "incident")


def _order(one: Item) -> tuple[float, int, Any]:
    id: Any = int(one.id) if one.stream == "event" else one.id
    return one.at, -STREAMS.index(one.stream), id


def _cursor(one: Item) -> str:
    return f"{one.at!r}~{one.stream}~{one.id}"


def _place(cursor: str) -> Place:
    at, _, rest = cursor.partition("~")
    stream, _, id = rest.partition("~")
    try:
        found = float(at), stream, id
        if stream not in STREAMS or not id or (stream == "event" and not (id.isascii() and id.isdigit())):
            raise ValueError
    except ValueError:
        words = f"cursor: expected what `next` of the page before said, found {cursor[:40]!r}; leave it out to begin."
        raise Refused(words) from None
    return found


def _before(stream: str, place: Place | None) -> tuple[float, Any] | None:
    """From where on a stream is asked: what is older, or of the same instant and not shown yet."""
    if place is None:
        return None
    at, of, id = place
    if stream == of:
        return at, int(id) if stream == "event" else id
    later = STREAMS.index(stream) > STREAMS.index(of)
    return at, (1 << 62 if stream == "event" else "\uffff") if later else (-1 if stream == "event" else "")


async def _events(engine: Engine, asked: Asked, window: tuple[float, float], before: Any, limit: int) -> list[Item]:
    one = asked.what if asked.what not in (*PARTS, "") else ""
    incidents = asked.what == "incidents"
    given = Narrowed(
        system=asked.system, owner=asked.owner, kind=asked.kind, source=Source.FAULT if incidents else "",
        types=(one,) if one else (), but=() if one or asked.what in ("all", "events") else _DECIDED,
        told=not one and asked.what not in ("all", "events"), since=window[0], until=window[1],
    )  # fmt: skip
    rows = await store_timeline.events(engine.store, given, before, limit)
    return [_event(as_happened(engine, number, event)) for number, event in rows]


def _event(one: Happened) -> Item:
    return Item(
        stream="event", id=str(one.number), at=one.at, what=one.type, system=one.integration, says=one.says,
        words=" ".join(part for part in (one.closing, one.words) if part), by=one.by, level=one.level,
        finding=one.finding,
    )  # fmt: skip


async def _decisions(engine: Engine, asked: Asked, window: tuple[float, float], before: Any, limit: int) -> list[Item]:
    given = Narrowed(system=asked.system, owner=asked.owner, kind=asked.kind, since=window[0], until=window[1])
    rows = await store_timeline.decisions(engine.store, given, before, limit)
    return [_decision(engine, one) for one in rows]


def _decision(engine: Engine, one: Decision) -> Item:
    ids = list(one.findings)
    first = engine.ledger.findings.get(ids[0]) if ids else None
    return Item(
        stream="decision", id=one.uuid, at=one.at, what=one.kind, system=one.integration,
        says=plain(sentence(first.claim, who(engine))) if first is not None else "",
        words=" ".join(part for part in (one.reason, one.ticket, one.note) if part), by=one.by,
        finding=ids[0] if ids else "", findings=len(ids), sha=one.sha,
    )  # fmt: skip


async def _incidents(engine: Engine, asked: Asked, window: tuple[float, float], before: Any, limit: int) -> list[Item]:
    """Times in which a system was not read, or its vendor said that something was wrong there. They concern all kinds,
    and are `platform` where one is asked for."""
    if asked.kind not in ("", "platform"):
        return []
    now = engine.clock.now()
    found = [
        Item(
            stream="incident", id=row.system, at=gap.since, what="not read", system=row.system, says=gap.reason,
            until=gap.until if gap.until < now else None, seconds=gap.seconds,
        )
        for row in await watched(engine, Of(system=asked.system, owner=asked.owner), window[0], now)
        for gap in row.gaps
        if window[0] <= gap.since < window[1] and (before is None or (gap.since, row.system) < before)
    ]  # fmt: skip
    systems = [
        name for name, live in engine.integrations.items()
        if asked.system in ("", name) and asked.owner in ("", live.config.owner)
    ]  # fmt: skip
    theirs = await store_trouble.troubles(engine.store, systems, window, before, limit)
    found += [
        Item(
            stream="incident", id=one.id, at=one.since, what="at the vendor", system=one.integration, says=one.says,
            until=one.until, seconds=(one.until or now) - one.since,
        )
        for one in theirs
    ]  # fmt: skip
    return nlargest(limit, found, key=_order)


async def _measured(engine: Engine, asked: Asked, window: tuple[float, float], before: Any, limit: int) -> list[Item]:
    """What a figure counts: as many lines as its n, where the first day is that of its window."""
    name, until = cast(Name, asked.what), min(window[1], engine.clock.now() + 1.0)
    given = Window(since=window[0], until=until, integration=asked.system, kind=asked.kind, owner=asked.owner)
    rows = await store_figures.measured(engine.store, name, given, before, limit)
    return [_counted(engine, asked.what, dict(row)) for row in rows]


def _counted(engine: Engine, what: str, row: Mapping[str, Any]) -> Item:
    finding = engine.ledger.findings.get(row["finding"])
    claim = finding.claim if finding is not None else None
    return Item(
        stream="measured", id=row["finding"], at=row["at"], what=what, system=row["integration"],
        says=plain(sentence(claim, who(engine))) if claim is not None else "", words=row["closing"],
        level=finding.level.word if finding is not None else "", finding=row["finding"], seconds=row["took"],
    )  # fmt: skip


_ASK: Final = {"event": _events, "decision": _decisions, "incident": _incidents, "measured": _measured}
