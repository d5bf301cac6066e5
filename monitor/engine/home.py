"""The first page: what needs somebody, system by system, and how each system stands; as much of it as a page holds.

Memory has all but the ages of baselines and the last thirty days, which are one statement each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from monitor.adapters import store_home
from monitor.core.model import EventType, Source

from . import views
from .choosing import counted
from .home_shapes import Day, Facet, Home, Need, Next, Quiet, Stage, State, Wanted
from .merging import held_back
from .register import Drawer
from .rows import filed, rows
from .shapes import Counts, FindingRow, Mark, Overview, SystemRow
from .surface import Engine

NEEDS: Final = 8  # systems that are named as needing somebody
SIZE: Final = 100  # systems on a page
DAYS: Final = 30
SOON: Final = 180 * 86_400.0  # an announced end that is nearer is worth a word
FACETS: Final = ("owner", "vendor", "class", "state", "level", "kind")
STATES: Final[Mapping[Mark, State]] = {
    "ok": "ok", "drifted": "drifted", "broken": "broken", "blind": "blind", "denied": "blind", "partial": "blind",
    "unseen": "none", "none": "none",
}  # fmt: skip
WRONG: Final = ("broken", "drifted", "blind")
_OPENED: Final = (EventType.OPENED, EventType.REOPENED)


async def home(engine: Engine, wanted: Wanted, number: int = 1) -> Home:
    view = views.overview(engine)
    every = list(view.systems)
    fitting = [one for one in every if _fits(one, wanted)]
    number = min(number, max(1, -(-len(fitting) // SIZE)))
    shown = tuple(fitting[(number - 1) * SIZE : number * SIZE])
    needs, waiting_systems = _needs(engine)
    return Home(
        whole=view,
        read=sum(one.ok_at is not None and one.ok_at == one.read_at for one in every),
        needs=needs,
        waiting_systems=waiting_systems,
        systems=shown,
        fitting=len(fitting),
        number=number,
        size=SIZE,
        baselines=await store_home.newest(engine.store, [one.name for one in shown]),
        facets=tuple(_facets(every, wanted)),
        stages=_stages(engine, view),
        quiet=await _quiet(engine, view) if every and not view.counts.total else None,
    )


# -- what needs somebody ----------------------------------------------------------------------------------------------


def _needs(engine: Engine) -> tuple[tuple[Need, ...], int]:
    """One line a system, so that one that is all broken hides no other."""
    register, of = filed(engine), dict[str, Counter[Drawer]]()
    drawers, merges = views.urgent(engine), held_back(engine)
    less = Counter(merges.values())
    for drawer in drawers:
        if drawer.count > less[drawer]:
            of.setdefault(drawer.integration, Counter())[drawer] = drawer.count - less[drawer]
    worst: dict[str, str] = {}
    for card in register.cards(drawers):
        if len(worst) == min(len(of), NEEDS):
            break
        if card.id not in merges:
            worst.setdefault(card.drawer.integration, card.id)
    found = rows(engine, [engine.ledger.findings[id] for id in worst.values()])
    return tuple(_need(row, counted(of[name])) for name, row in zip(worst, found, strict=True)), len(of)


def _need(row: FindingRow, all_of: Counts) -> Need:
    state: State = "blind" if row.source == Source.FAULT else "broken" if row.level == "breaking" else "drifted"
    less = int(row.level == "breaking"), int(row.level == "warning")
    return Need(state, row, Counts(all_of.breaking - less[0], all_of.warning - less[1]))


# -- which systems ----------------------------------------------------------------------------------------------------


def _said(row: SystemRow, wanted: Wanted) -> dict[str, frozenset[str]]:
    """Of each filter, the values that this system has."""
    kinds = {one.kind: STATES[one.mark] for one in row.kinds}
    levels = {"breaking": row.counts.breaking, "warning": row.counts.warning, "info": row.counts.info}
    state = kinds.get(wanted.kind, "none") if wanted.kind else STATES[row.mark]
    return {
        "owner": frozenset((row.owner,)),
        "vendor": frozenset((row.vendor,)),
        "class": frozenset((row.class_,)),
        "state": frozenset((state,)),
        "level": frozenset(word for word, count in levels.items() if count),
        "kind": frozenset(kind for kind, state in kinds.items() if _of(state, wanted)),
    }


def _of(state: State, wanted: Wanted) -> bool:
    return state == wanted.state if wanted.state else state in WRONG


def _asked(wanted: Wanted) -> dict[str, str]:
    return {name: getattr(wanted, name + "_" * (name == "class")) for name in FACETS}


def _fits(row: SystemRow, wanted: Wanted, but: str = "") -> bool:
    if wanted.name and wanted.name.casefold() not in f"{row.name} {row.title}".casefold():
        return False
    asked = {name: value for name, value in _asked(wanted).items() if value and name != but}
    return not asked or _has(_said(row, wanted), asked)


def _has(said: Mapping[str, frozenset[str]], asked: Mapping[str, str]) -> bool:
    return all(value in said[name] for name, value in asked.items())


def _facets(every: Sequence[SystemRow], wanted: Wanted) -> Iterator[Facet]:
    """What each filter would leave, were it the only one that changed."""
    asked, tallies = _asked(wanted), {name: Counter[str]() for name in FACETS}
    word = wanted.name.casefold()
    for row in every:
        if word and word not in f"{row.name} {row.title}".casefold():
            continue
        said = _said(row, wanted)
        misses = [name for name, value in asked.items() if value and value not in said[name]]
        for name in FACETS if not misses else misses if len(misses) == 1 else ():
            tallies[name].update(said[name])
    for name, tally in tallies.items():
        yield Facet(name, asked[name], tuple(sorted(tally.items(), key=lambda one: (-one[1], one[0]))))


# -- the first run, and days on which nothing is wrong ----------------------------------------------------------------


def _stages(engine: Engine, view: Overview) -> tuple[Stage, ...]:
    lives = engine.integrations
    if any(live.approved is not None for live in lives.values()) or engine.ledger.findings:
        return ()
    answered = [name for name, live in lives.items() if live.last_ok_at is not None]
    silent = tuple((row.name, row.problem) for row in view.systems if row.name not in answered and row.problem)
    chosen = [name for name, live in lives.items() if live.config.watch]
    connected = f"{len(answered)} of {len(lives)} answer." if lives else ""
    watched = f"Of {_many(view.scopes)} read, rules stand in {len(chosen)} of {len(lives)} files."
    return (
        Stage("connect", bool(lives) and len(answered) == len(lives), connected, silent),
        Stage("choose", bool(lives) and len(chosen) == len(lives), watched if view.scopes else ""),
        Stage("capture", False, f"To capture: {_many(view.proposals)}." if view.proposals else ""),
    )


async def _quiet(engine: Engine, view: Overview) -> Quiet:
    return Quiet(await _days(engine, view.at), tuple([one async for one in _next(engine, view)]))


async def _days(engine: Engine, now: float) -> tuple[Day, ...]:
    zone: tzinfo = engine.config.zone
    today = datetime.fromtimestamp(now, zone).date()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    since = datetime.combine(days[0], time(), zone).timestamp()
    counted_ = await store_home.happened(engine.store, (*_OPENED, EventType.CLOSED), since)
    opened, ended = Counter[date](), Counter[date]()
    for (type_, slot), count in counted_.items():
        tally = ended if type_ == EventType.CLOSED else opened
        tally[datetime.fromtimestamp(slot, zone).date()] += count
    return tuple(Day(day.isoformat(), opened[day], ended[day]) for day in days)


async def _next(engine: Engine, view: Overview) -> AsyncIterator[Next]:
    """The soonest announced end, what no baseline covers, the baseline that was left alone the longest."""
    if (end := _soonest(engine.integrations.values(), view.at)) is not None:
        at, live, what = end
        title = live.config.title or live.name
        yield Next(live.name, f"{what} of {title} ends in {_days_of(at - view.at)}.", "system")
    if view.proposals:
        yield Next("", f"Capture what was read and stands in no baseline: {_many(view.proposals)}.", "proposals")
    old = await store_home.oldest(engine.store, engine.integrations)
    if old is not None:
        live = engine.integrations[old[0]]
        title, age = live.config.title or live.name, _days_of(view.at - old[1])
        yield Next(live.name, f"The baseline of {title} is the oldest: nothing was approved in it for {age}.", "system")
    if not view.proposals and old is None:
        yield Next("", "Look through what was already there when watching began.", "first-look")


def ends(lives: Iterable[Any]) -> Iterator[tuple[float, Any, str]]:
    """What vendors announced to end: when, of which integration, and what."""
    return ((at, live, what) for live in lives if live.signals for what, at in live.signals.sunset.items())


def _soonest(lives: Iterable[Any], now: float) -> tuple[float, Any, str] | None:
    near = [end for end in ends(lives) if end[0] - now <= SOON]
    return min(near, key=lambda end: (end[0], end[1].name), default=None)


def _days_of(seconds: float) -> str:
    days = int(seconds // 86_400)
    return "less than a day" if days < 1 else "1 day" if days == 1 else f"{days} days"


def _many(scopes: int) -> str:
    return "1 scope" if scopes == 1 else f"{scopes} scopes"
