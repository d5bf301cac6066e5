"""Which findings fit a filter, from the register: numbers from what is counted already, cards only as far as read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from operator import attrgetter
from typing import NamedTuple

from monitor.core.model import Level

from .register import Card, Drawer, Place, Register, Shelf, Words, having, laid, within
from .rows import filed
from .shapes import Counts, Filter
from .surface import Engine

Narrow = Callable[[Iterable[Drawer]], list[Drawer]]
_DRAWER = attrgetter("drawer")


class Chosen(NamedTuple):
    """What fits. `cards` are in order, and made as they are asked for; `newest` gives them by when each was first
    seen, from behind a place on; `of` counts what fits of one integration."""

    total: int
    counts: Counts
    cards: Iterable[Card]
    newest: Callable[[Place | None], Iterator[Card]]
    of: Callable[[str], Counts]


def choose(engine: Engine, wanted: Filter) -> Chosen:
    register = filed(engine)
    shelves = [shelf for shelf in register.shelves.values() if _stands(shelf, wanted)]
    narrow = narrowing(engine, wanted)
    if wanted.text or wanted.cause:
        words = _words(engine, wanted)
        found = _looked_through(engine, shelves, wanted, narrow, words)
        tally: Mapping[Drawer, int] = Counter(map(_DRAWER, found))

        def has(card: Card) -> bool:
            return card.drawer in tally and having(card, words) and wanted.cause in ("", card.cause)

        newest = partial(_newest, register, shelves, has)
        return Chosen(len(found), counted(tally), found, newest, _by_integration(tally))

    def of(name: str) -> Counts:
        return counted({drawer: drawer.count for drawer in narrow(d for shelf in shelves for d in shelf.of(name))})

    if _plain(wanted) and not any(shelf.waits for shelf in shelves):
        newest = partial(register.newest, shelves)
        return Chosen(sum(len(shelf.cards) for shelf in shelves), _summed(shelves), laid(shelves), newest, of)
    drawers = narrow(drawer for shelf in shelves for drawer in _in(shelf, wanted))
    tally = {drawer: drawer.count for drawer in drawers}
    newest = partial(_newest, register, shelves, lambda card: card.drawer in tally)
    return Chosen(sum(tally.values()), counted(tally), within(shelves, drawers), newest, of)


def _newest(
    register: Register, shelves: Sequence[Shelf], fits: Callable[[Card], bool], after: Place | None
) -> Iterator[Card]:
    return filter(fits, register.newest(shelves, after))


def narrowing(engine: Engine, wanted: Filter) -> Narrow:
    """Leaves of drawers those that are listed, by all but where they stand, words and cause."""
    exact = {name: getattr(wanted, name) for name in ("integration", "kind", "source", "owner", "planned", "beside")}
    exact["level"] = Level[wanted.level.upper()] if wanted.level else ""
    among = _integrations(engine, wanted)
    waits = _with_policy(wanted)

    def narrow(drawers: Iterable[Drawer]) -> list[Drawer]:
        found = list(drawers)
        for name, want in exact.items():
            if want:
                found = [drawer for drawer in found if getattr(drawer, name) == want]
        if among is not None:
            found = [drawer for drawer in found if drawer.integration in among]
        return found if waits else [drawer for drawer in found if not drawer.policy or over(engine, drawer)]

    return narrow


def fits(engine: Engine, wanted: Filter, drawer: Drawer) -> bool:
    stands = wanted.stand in ("all", drawer.stand) and (drawer.root or _folded(wanted))
    return stands and bool(narrowing(engine, wanted)([drawer]))


def over(engine: Engine, drawer: Drawer) -> bool:
    """Whether the policy that would approve it holds, so that a person has to."""
    live = engine.integrations.get(drawer.integration)
    return live is None or drawer.policy in live.over


def _folded(wanted: Filter) -> bool:
    return wanted.children or bool(wanted.cause) or _of_a_plan(wanted)


def _of_a_plan(wanted: Filter) -> bool:
    """A plan hides nothing: all that came with it is listed, whatever it hangs under."""
    return bool(wanted.planned or wanted.beside)


def _with_policy(wanted: Filter) -> bool:
    return wanted.policy or wanted.stand != "open" or _of_a_plan(wanted)


def _stands(shelf: Shelf, wanted: Filter) -> bool:
    return wanted.stand in ("all", shelf.stand) and (shelf.root or _folded(wanted))


def _plain(wanted: Filter) -> bool:
    names = ("integration", "vendor", "environment", "class_", "owner", "level", "kind", "source", "planned", "beside")
    return not any(getattr(wanted, name) for name in names)


def _in(shelf: Shelf, wanted: Filter) -> Iterable[Drawer]:
    return shelf.of(wanted.integration) if wanted.integration else shelf.every()


def _integrations(engine: Engine, wanted: Filter) -> frozenset[str] | None:
    """Those that fit by what only their configuration says; None where nothing of that is asked."""
    if not (wanted.vendor or wanted.environment or wanted.class_):
        return None
    configs = ((name, live.config) for name, live in engine.integrations.items())
    return frozenset(
        name
        for name, config in configs
        if wanted.vendor in ("", config.vendor)
        and wanted.environment in ("", config.environment)
        and wanted.class_ in ("", str(config.class_))
    )


def _words(engine: Engine, wanted: Filter) -> list[tuple[str, ...]]:
    """A word also means the people in whose names it is."""
    return [(word, *engine.people.called(word)) for word in wanted.text.casefold().split()]


def _looked_through(
    engine: Engine, shelves: Sequence[Shelf], wanted: Filter, narrow: Narrow, words: Words
) -> list[Card]:
    """What has every word, or hangs under the cause."""
    drawers = narrow(drawer for shelf in shelves for drawer in _in(shelf, wanted))
    if not wanted.cause:
        return list(within(shelves, drawers, words))
    inside, register = set(drawers), filed(engine)
    there = (register.card(finding.id) for finding in engine.ledger.under(wanted.cause))
    return sorted(card for card in there if card is not None and card.drawer in inside and having(card, words))


def _summed(shelves: Iterable[Shelf]) -> Counts:
    levels = Counter[int]()
    for shelf in shelves:
        levels.update(shelf.levels if shelf.root else {0: len(shelf.cards) * (shelf.stand == "open")})
    return Counts(levels[3], levels[2], levels[1], levels[0])


def _by_integration(tally: Mapping[Drawer, int]) -> Callable[[str], Counts]:
    """Parted when it is asked first: a list that shows no systems has no need of it."""

    @cache
    def parts() -> Mapping[str, dict[Drawer, int]]:
        out: dict[str, dict[Drawer, int]] = defaultdict(dict)
        for drawer, count in tally.items():
            out[drawer.integration][drawer] = count
        return out

    return lambda name: counted(parts().get(name, {}))


def counted(tally: Mapping[Drawer, int]) -> Counts:
    """Roots by level; of what hangs under others, what is open."""
    levels = Counter[int]()
    for drawer, count in tally.items():
        levels[drawer.level if drawer.root else 0] += count if drawer.root or drawer.stand == "open" else 0
    return Counts(levels[3], levels[2], levels[1], levels[0])
