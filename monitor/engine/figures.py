"""The figures of a stack: how quick people are, what waits, how much was reviewed, how long each system was watched.

The database counts, over whole weeks of days that end with today; docs/figures.md says what each figure means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, time, timedelta, tzinfo
from typing import Final

import msgspec

from monitor.adapters import store_watched
from monitor.adapters.store_figures import Window
from monitor.adapters.store_past import Weeks
from monitor.core.figures import Spread, spread
from monitor.core.observing import Gap, Stretch, allowed, gaps

from .choosing import choose
from .figure_shapes import Backlog, Figure, Figures, Name, Reviewed, Watched
from .polling import rhythm
from .shapes import Filter
from .surface import Engine

WEEKS: Final = (4, 13, 52, 104)
_AT_ONCE: Final = 20  # integrations of which readings are taken up in one statement
DAYS: Final = tuple(weeks * 7 for weeks in WEEKS)
SAID: Final[dict[Name, tuple[str, str]]] = {
    "detect": ("Time to detect", "from the vendor's own time of the change to its finding, where the vendor tells it"),
    "detect_within": ("Detected within", "at most this: from the last whole read before the change to its finding, "
                      "where the vendor does not tell when it was"),
    "acknowledge": ("Time to a first answer", "from its finding to the first word of a person: acknowledged, assigned, "
                    "rejected, ignored or approved"),
    "resolve": ("Time to resolve", "from its finding to its end, where the vendor was put back or the change approved; "
                "what was withdrawn or superseded does not count"),
}  # fmt: skip


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What figures are asked of. Empty means all; `days` is one of DAYS."""

    days: int = 91
    system: str = ""
    kind: str = ""
    owner: str = ""


async def figures(engine: Engine, asked: Asked) -> Figures:
    now, weeks = engine.clock.now(), asked.days // 7
    since = _midnight(now, asked.days, engine.config.zone)
    window = Window(
        since=since, until=now + 1.0, weeks=weeks, integration=asked.system, kind=asked.kind, owner=asked.owner
    )
    store = engine.store
    parts, reviewed, looked = await asyncio.gather(  # in several threads, beside each other
        store.past.counted(store, window),
        review(engine, asked),
        watched(engine, asked, since, now),
    )
    counted = Weeks(window, parts)
    found = [await _figure(name, counted.took(name)) for name in SAID]
    return Figures(
        stack=engine.config.stack,
        at=now,
        since=since,
        days=asked.days,
        system=asked.system,
        kind=asked.kind,
        owner=asked.owner,
        figures=tuple(found),
        ended=counted.unresolved(),
        backlog=Backlog(_open_now(engine, asked), tuple(counted.open_at()), _new(counted)),
        reviewed=reviewed,
        watched=tuple(looked),
    )


def _midnight(now: float, days: int, zone: tzinfo) -> float:
    """The beginning of so many days, of which today is the last."""
    first = datetime.fromtimestamp(now, zone).date() - timedelta(days=days - 1)
    return datetime.combine(first, time(), zone).timestamp()


async def _figure(name: Name, took: list[list[float]]) -> Figure:
    title, how = SAID[name]
    by_week = tuple([await _spread(values) for values in took])
    whole = await _spread([one for values in took for one in values])
    return Figure(name=name, title=title, how=how, whole=whole, weeks=by_week)


async def _spread(values: list[float]) -> Spread:
    """Many are sorted aside, so that nobody else waits."""
    return await asyncio.to_thread(spread, values) if len(values) > 5000 else spread(values)


def _open_now(engine: Engine, asked: Asked) -> int:
    return choose(engine, Filter(integration=asked.system, kind=asked.kind, owner=asked.owner)).counts.total


def _new(counted: Weeks) -> dict[str, tuple[int, ...]]:
    return {owner or "nobody": tuple(weeks) for owner, weeks in sorted(counted.came().items())}


async def review(engine: Engine, asked: Asked) -> Reviewed:
    """Of scopes that stand in a baseline and were read: their things by the last whole reading."""
    approved = await engine.store.past.approved(engine.store)
    total = some = 0
    for name, live in engine.integrations.items():
        if asked.system not in ("", name) or asked.owner not in ("", live.config.owner):
            continue
        for ref, known in live.known.items():
            if ref in live.proposals or asked.kind not in ("", ref.kind):
                continue
            whole, parts = approved.get((name, ref.kind.value, ref.name), (False, 0))
            total += known.rows
            some += known.rows if whole else min(parts, known.rows)
    return Reviewed(total, some)


# -- how long each system was watched ---------------------------------------------------------------------------------


def interval(engine: Engine) -> Callable[[str], float]:
    """Seconds between two readings of an integration, as it is configured now."""
    every = engine.config.service.poll.every

    def of(name: str) -> float:
        live = engine.integrations.get(name)
        return rhythm(live, every) if live is not None else float(every)

    return of


async def watched(engine: Engine, asked: Asked, since: float, now: float) -> list[Watched]:
    """Worst first. A system that was never read is left out: the overview tells of it."""
    names = [
        name
        for name, live in engine.integrations.items()
        if asked.system in ("", name) and asked.owner in ("", live.config.owner)
    ]
    every = interval(engine)
    found = await store_watched.known(engine.store, names, since, lambda name: allowed(every(name)))
    rows = [_watched(name, some, every(name), since, now) for name, some in found.items()]
    return sorted(rows, key=lambda one: (one.share, one.system))


def _watched(name: str, some: list[Stretch], every: float, since: float, now: float) -> Watched:
    begin = max(since, some[0].since)
    missed: list[Gap] = []
    for before, after in zip(some, [*some[1:], None], strict=True):
        end = after.since if after is not None else now
        if after is not None or end - before.until > allowed(every):
            missed += gaps([(before.until, end)], [(end, why) for why in before.reasons], every, begin, now)
    lost = sum(gap.seconds for gap in missed)
    share = 1.0 - lost / (now - begin) if now > begin else 1.0
    return Watched(system=name, since=begin, share=share, gaps=tuple(missed))


async def follow(engine: Engine) -> None:
    """Takes up the readings that ended since, so that no figure has to look at each of them."""
    every = interval(engine)
    names = sorted(engine.integrations)
    for start in range(0, len(names), _AT_ONCE):
        part = names[start : start + _AT_ONCE]
        await store_watched.follow(engine.store, part, lambda name: allowed(every(name)))
