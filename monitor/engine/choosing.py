"""Which findings fit a filter, from the register: numbers from what is counted already, cards only as far as read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from monitor.core.model import Level

from .register import Card, Drawer, Register
from .rows import filed
from .shapes import Counts, Filter
from .surface import Engine


class Chosen(NamedTuple):
    """What fits. `cards` are in order, and made as they are asked for; `systems` counts by integration."""

    total: int
    counts: Counts
    systems: Mapping[str, Counts]
    cards: Iterable[Card]


def choose(engine: Engine, wanted: Filter) -> Chosen:
    register = filed(engine)
    fits = fitting(engine, wanted)
    drawers = [drawer for drawer in register.drawers() if fits(drawer)]
    if not wanted.text and not wanted.cause:
        tally = Counter({drawer: drawer.count for drawer in drawers})
        return _chosen(tally, register.cards(drawers))
    cards = _under(engine, register, wanted.cause, drawers) if wanted.cause else register.cards(drawers)
    if wanted.text:
        asked = [_meant(engine, word) for word in wanted.text.casefold().split()]
        cards = [card for card in cards if all(any(one in card.text for one in meant) for meant in asked)]
    found = list(cards)
    return _chosen(Counter(card.drawer for card in found), found)


def fitting(engine: Engine, wanted: Filter) -> Callable[[Drawer], bool]:
    """Whether what lies in a drawer is listed, by all but words and cause."""
    among = _integrations(engine, wanted)
    exact = [(name, getattr(wanted, name)) for name in ("integration", "kind", "source", "owner")]
    asked = [(name, want) for name, want in exact if want]
    folded = wanted.children or bool(wanted.cause)
    waits = wanted.policy or wanted.stand != "open"

    def fits(drawer: Drawer) -> bool:
        return (
            (wanted.stand in ("all", drawer.stand))
            and (drawer.root or folded)
            and (waits or not drawer.policy or over(engine, drawer))
            and (not wanted.level or Level(drawer.level).word == wanted.level)
            and (among is None or drawer.integration in among)
            and all(getattr(drawer, name) == want for name, want in asked)
        )

    return fits


def over(engine: Engine, drawer: Drawer) -> bool:
    """Whether the policy that would approve it holds, so that a person has to."""
    live = engine.integrations.get(drawer.integration)
    return live is None or drawer.policy in live.over


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


def _meant(engine: Engine, word: str) -> tuple[str, ...]:
    """A word, and the pseudonyms of the people in whose names it is."""
    return (word, *engine.people.called(word))


def _under(engine: Engine, register: Register, cause: str, drawers: Iterable[Drawer]) -> list[Card]:
    wanted = set(drawers)
    cards = (register.card(finding.id) for finding in engine.ledger.under(cause))
    return sorted(card for card in cards if card is not None and card.drawer in wanted)


def _chosen(tally: Counter[Drawer], cards: Iterable[Card]) -> Chosen:
    systems: dict[str, Counter[int]] = {}
    for drawer, count in tally.items():
        level = drawer.level if drawer.root else 0 if drawer.stand == "open" else -1
        systems.setdefault(drawer.integration, Counter())[level] += count
    whole: Counter[int] = sum(systems.values(), Counter())
    return Chosen(tally.total(), _counts(whole), {name: _counts(one) for name, one in systems.items()}, cards)


def _counts(levels: Counter[int]) -> Counts:
    return Counts(levels[3], levels[2], levels[1], levels[0])
