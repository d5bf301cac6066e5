"""A week or a month in review: what was caught before it broke anything, how fast, what is left, what lies ahead."""

from __future__ import annotations

import asyncio
import calendar
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from heapq import nsmallest
from typing import Any, Final, cast

from monitor.adapters import store_figures, store_recap
from monitor.adapters.records import NOTHING_DONE
from monitor.adapters.store_figures import Window
from monitor.adapters.store_recap import Began
from monitor.core.figures import Spread, spread
from monitor.core.model import Level, Source

from .choosing import choose
from .figure_shapes import Name
from .figures import SAID, Asked, review, watched
from .home import ends
from .recap_shapes import Group, Pace, Period, Policy, Recap, Seen, Sunset, Told
from .request import Refused
from .rows import rows
from .shapes import Filter
from .standing import standing
from .surface import Engine
from .trailing import span

PERIODS: Final[tuple[Period, ...]] = ("week", "month")
SOME: Final = 10  # causes of a kind that are told in words
_SOON: Final = 30 * 86_400.0
_CHANGES: Final = (Source.DRIFT, Source.MAPPING, Source.DEFINITION, Source.POLICY)


async def recap(engine: Engine, period: Period, until: str = "") -> Recap:
    """Of the week or the month whose last day is `until` (YYYY-MM-DD in the stack's time zone; today where empty).
    Raises Refused for what is no day, or one that is still to come."""
    zone, now = engine.config.zone, engine.clock.now()
    today = datetime.fromtimestamp(now, zone).date()
    end = span("", until, zone)[1]  # raises Refused
    last = datetime.fromtimestamp(end - 1.0, zone).date() if end is not None else today
    if last > today:
        raise Refused(f"until: {last} is still to come; today is {today}.")
    first = _first(last, period)
    before = _first(first - timedelta(days=1), period)
    since, stop = _span(engine, first, last)
    now_window = Window(since=since, until=stop)
    then_window = Window(since=_span(engine, before, first)[0], until=since)
    began = await store_recap.began(engine.store, since, stop, Level.BREAKING)
    hurt = await store_recap.damaging(engine.store, since, now + 1.0)
    changes = [one for one in began if one.source in _CHANGES]
    known = await review(engine, Asked())
    return Recap(
        stack=engine.config.stack,
        period=period,
        first=f"{first}",
        last=f"{last}",
        zone=engine.config.service.stack.timezone or "UTC",
        at=now,
        since=since,
        until=stop,
        caught=_group(engine, [one for one in changes if one.finding not in hurt]),
        damage=_group(engine, [one for one in changes if one.finding in hurt]),
        unexplained=_group(engine, [one for one in began if one.source == Source.HEALTH]),
        paces=tuple([await _pace(engine, name, now_window, then_window) for name in SAID]),
        counts=choose(engine, Filter()).counts,
        oldest=_oldest(engine),
        policies=await _policies(engine, since, stop, now),
        reviewed=known.some,
        things=known.total,
        sunsets=_sunsets(engine, now),
        seen=await _seen(engine, since, min(stop, now)),
        systems=len(engine.integrations),
    )


def _first(last: date, period: Period) -> date:
    """Of the period that ends with this day. A month begins after the same day of the month before."""
    if period == "week":
        return last - timedelta(days=6)
    year, month = (last.year, last.month - 1) if last.month > 1 else (last.year - 1, 12)
    days = calendar.monthrange(year, month)[1]
    return date(year, month, min(last.day, days)) + timedelta(days=1)


def _span(engine: Engine, first: date, last: date) -> tuple[float, float]:
    since, until = span(f"{first}", f"{last}", engine.config.zone)
    assert since is not None and until is not None  # noqa: S101 - both days were given
    return since, until


def _group(engine: Engine, began: Sequence[Began]) -> Group:
    # What ended long ago may be known by its figures alone.
    known = [one for one in began if one.finding in engine.ledger.findings]
    return Group(len(began), _told(engine, [one.finding for one in known[:SOME]]))


def _told(engine: Engine, ids: Iterable[str]) -> tuple[Told, ...]:
    found = rows(engine, [engine.ledger.findings[id] for id in ids])
    return tuple(
        Told(
            id=row.id, level=row.level, system=row.integration, says=row.says, owner=row.owner,
            opened_at=row.opened_at or row.first_seen_at, state=row.closing or row.stand,
        )
        for row in found
    )  # fmt: skip


def _oldest(engine: Engine) -> tuple[Told, ...]:
    """What is open for the longest, from warning on."""
    cards = (card for level in ("breaking", "warning") for card in choose(engine, Filter(level=level)).cards)
    found = (engine.ledger.findings[card.id] for card in cards)
    return _told(engine, [one.id for one in nsmallest(SOME, found, key=lambda one: (one.opened_at or 0.0, one.id))])


async def _pace(engine: Engine, name: Name, now: Window, before: Window) -> Pace:
    async def took(window: Window) -> Spread:
        return await asyncio.to_thread(spread, await store_figures.durations(engine.store, name, window))

    return Pace(name=name, title=SAID[name][0], now=await took(now), before=await took(before))


async def _policies(engine: Engine, since: float, until: float, now: float) -> tuple[Policy, ...]:
    decisions = await store_recap.decided(engine.store, since, now + 1.0)
    undone = {id for one in decisions if one.undoes and one.state not in NOTHING_DONE for id in one.findings}
    taken, back = Counter[str](), Counter[str]()
    for one in decisions:
        if one.how == "policy" and one.at < until and one.state not in NOTHING_DONE:
            taken.update(one.policies.values())
            back.update(policy for finding, policy in one.policies.items() if finding in undone)
    return tuple(
        Policy(
            id=row.id, owner=row.owner, actor=row.actor, last_day=row.last_day, soon=row.until - now <= _SOON,
            taken=taken[row.id], undone=back[row.id],
        )
        for row in standing(cast(Any, engine)) if row.state != "ended"
    )  # fmt: skip


def _sunsets(engine: Engine, now: float) -> tuple[Sunset, ...]:
    ahead = (Sunset(live.name, what, at) for at, live, what in ends(engine.integrations.values()) if at >= now)
    return tuple(sorted(ahead, key=lambda one: (one.at, one.system, one.what)))


async def _seen(engine: Engine, since: float, until: float) -> tuple[Seen, ...]:
    """Those that were not read all the time, the worst first."""
    found = await watched(engine, Asked(), since, until)
    return tuple(Seen(one.system, one.share, one.gaps[-1].reason if one.gaps else "") for one in found if one.gaps)
