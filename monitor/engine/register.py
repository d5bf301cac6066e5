"""The register: every finding filed under what lists ask for, so that no page walks or sorts the ledger.

It follows the ledger: what an event touched is filed anew, a ledger that was read again from the store is filed whole,
and an ignore that lapses moves its finding without an event. All else that a filter names (vendor, class, a policy
that is over its cap) is known of the integration, so that a change of configuration files nothing anew.

It follows when somebody asks it, never while a reading is taken in: what is found must not hang on how it is said. At
the start it is filled before anybody can ask: a hundred thousand findings take seconds, and nobody should wait so long.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import heappop, heappush, merge
from itertools import accumulate, islice
from typing import NamedTuple

import msgspec

from monitor.core import policy
from monitor.core.graph import home
from monitor.core.ledger import Ledger
from monitor.core.model import Finding

from .rows import stand, worst_first
from .words import path, plain, sentence

Words = Sequence[Sequence[str]]  # of each, one is enough
Place = tuple[float, str]  # when it was first seen, negative, and its id
CLOSED = "closed"
SLICE = 500  # findings that are filed at one go: some ten milliseconds
RARE = 2  # one in so many: then going from one to the next in the long text is quicker than asking each


class Drawer(msgspec.Struct, eq=False):
    """All findings that are alike to every filter, as a number. `stand` as in shapes.Stand; `policy`: what would
    approve them; `planned` and `beside`: the planned change that they are part of, or came beside."""

    stand: str
    root: bool
    integration: str
    kind: str
    source: str
    level: int
    owner: str
    policy: str
    acknowledged: bool
    rejected: bool
    flapping: bool
    planned: str
    beside: str
    count: int = 0


class Card(NamedTuple):
    """One finding. Cards sort by `order`: worst first, then newest; what is closed comes last, by when it was. `seen`
    is its place in the order that never changes. `text` is what a search looks through, in small letters, people by
    their pseudonyms."""

    order: tuple[float, float]
    id: str
    seen: Place
    drawer: Drawer
    cause: str
    text: str


class Shelf:
    """The cards of findings that stand alike, sorted; the places of the same, the newest first; how many there are of
    each level; the drawers by integration.
    All texts as one, and where each begins, are kept from one search to the next: to look through one long text is
    quicker than through a hundred thousand short ones."""

    def __init__(self, stand: str, root: bool, waits: bool) -> None:
        self.stand, self.root, self.waits = stand, root, waits
        self.cards: list[Card] = []
        self.newest: list[Place] = []
        self.levels: Counter[int] = Counter()
        self.drawers: dict[str, dict[Facets, Drawer]] = {}
        self._text: tuple[str, list[int]] | None = None

    def lay(self, card: Card) -> None:
        insort(self.cards, card)
        insort(self.newest, card.seen)
        self._text = None

    def take(self, card: Card) -> None:
        del self.cards[bisect_left(self.cards, card)]
        del self.newest[bisect_left(self.newest, card.seen)]
        self._text = None

    def having(self, words: Words) -> list[Card]:
        """The cards, in order, that have one of each; no word has space in it. Where few have one of them, only those
        are looked at for the rest."""
        if self._text is None:
            texts = [card.text for card in self.cards]
            self._text = "\n".join(texts), [0, *accumulate(len(text) + 1 for text in texts)]
        (whole, starts), cards, left = self._text, self.cards, list(words)
        times, fewest = min((sum(map(whole.count, ways)), ways) for ways in words)
        if RARE * times < len(cards):
            cards = [
                self.cards[number] for number in sorted({n for word in fewest for n in _holding(word, whole, starts)})
            ]
            left.remove(fewest)
        for ways in left:
            cards = _having_one(cards, ways)
        return cards

    def of(self, integration: str) -> Collection[Drawer]:
        return self.drawers.get(integration, {}).values()

    def every(self) -> list[Drawer]:
        return [drawer for drawers in self.drawers.values() for drawer in drawers.values()]


def having(card: Card, words: Words) -> bool:
    """Whether it has one of each."""
    return all(any(word in card.text for word in ways) for ways in words)


def _having_one(cards: Iterable[Card], ways: Sequence[str]) -> list[Card]:
    """Those in whose text one of these is: mostly there is one."""
    if len(ways) == 1:
        (word,) = ways
        return [card for card in cards if word in card.text]
    return [card for card in cards if any(word in card.text for word in ways)]


def _holding(word: str, text: str, starts: Sequence[int]) -> Iterator[int]:
    """The numbers of the texts, of all that are in this one, that have the word."""
    found = text.find(word)
    while found >= 0:
        number = bisect_right(starts, found)
        yield number - 1
        found = text.find(word, starts[number])


Where = tuple[str, bool, bool]  # stand, root, whether a policy would approve it
Facets = tuple[str, str, int, str, str, bool, bool, bool, str, str]


class Register:
    """Asked after `follow`, which costs as much as moved since. `under` counts what stands under a cause."""

    def __init__(self) -> None:
        self._begin(Ledger(), 0.0)

    def follow(self, ledger: Ledger, now: float) -> Register:
        """Takes up what moved in the ledger, or in time, since it was asked last. Where much moved, sorting all again
        is quicker than moving each."""
        if ledger is not self._ledger or 4 * len(ledger.touched) > len(ledger.findings):
            self._begin(ledger, now)
        for id in ledger.touched:
            self._file(id, now)
        ledger.touched.clear()
        while self._lapses and self._lapses[0][0] <= now:
            self._file(heappop(self._lapses)[1], now)
        return self

    async def fill(self, ledger: Ledger, now: float) -> None:
        """Files all while nobody asks yet, with room for others in between. The ledger may move on meanwhile."""
        for _ in self._filling(ledger, now):
            await asyncio.sleep(0)

    def _begin(self, ledger: Ledger, now: float) -> None:
        for _ in self._filling(ledger, now):
            pass

    def _filling(self, ledger: Ledger, now: float) -> Iterator[None]:
        self._ledger = ledger
        self.shelves: dict[Where, Shelf] = {}
        self.under: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()  # of all drawers: what a filter can be set to
        self.owners: Counter[str] = Counter()
        self.came: Counter[str] = Counter()  # what is open and came with a planned change
        self.beside: Counter[str] = Counter()
        self._cards: dict[str, Card] = {}
        self._at_home: dict[str, dict[str, None]] = {}
        self._lapses: list[tuple[float, str]] = []
        ledger.touched.clear()
        for number, finding in enumerate(list(ledger.findings.values())):
            shelf, card = self._put(finding, now)
            shelf.cards.append(card)
            shelf.newest.append(card.seen)
            if not number % SLICE:
                yield
        for shelf in self.shelves.values():
            shelf.cards.sort()
            shelf.newest.sort()

    def standing(self, integration: str) -> Collection[str]:
        """Ids of what is not closed of one integration."""
        return self._at_home.get(integration, {})

    def card(self, id: str) -> Card | None:
        return self._cards.get(id)

    def drawers(self) -> list[Drawer]:
        return [drawer for shelf in self.shelves.values() for drawer in shelf.every()]

    def of(self, integration: str) -> list[Drawer]:
        return [drawer for shelf in self.shelves.values() for drawer in shelf.of(integration)]

    def newest(self, shelves: Sequence[Shelf], after: Place | None) -> Iterator[Card]:
        """The cards of some shelves, the newest first, from behind a place on; what is not asked for is not walked."""
        rows = (islice(s.newest, 0 if after is None else bisect_right(s.newest, after), None) for s in shelves)
        return (self._cards[id] for _, id in merge(*rows))

    def cards(self, drawers: Collection[Drawer]) -> Iterator[Card]:
        """What is in these drawers, in order."""
        return within([self.shelves[where] for where in {_where(drawer) for drawer in drawers}], drawers)

    # -- filing -------------------------------------------------------------------------------------------------------

    def _file(self, id: str, now: float) -> None:
        self._take(id)
        finding = self._ledger.findings.get(id)
        if finding is not None:
            shelf, card = self._put(finding, now)
            shelf.lay(card)

    def _take(self, id: str) -> None:
        card = self._cards.pop(id, None)
        if card is None:
            return
        drawer, where = card.drawer, _where(card.drawer)
        shelf = self.shelves[where]
        shelf.take(card)
        shelf.levels[drawer.level] -= 1
        drawer.count -= 1
        self._planned(drawer, -1)
        if not drawer.count:
            del shelf.drawers[drawer.integration][_facets(drawer)]
            self.kinds[drawer.kind] -= 1
            self.owners[drawer.owner] -= 1
        if not shelf.cards:
            del self.shelves[where]
        if drawer.stand != CLOSED:
            del self._at_home[drawer.integration][id]
            self.under[card.cause] -= 1

    def _planned(self, drawer: Drawer, more: int) -> None:
        if drawer.stand == "open":
            self.came[drawer.planned] += more
            self.beside[drawer.beside] += more

    def _put(self, finding: Finding, now: float) -> tuple[Shelf, Card]:
        """Counts it; the caller lays the card on the shelf."""
        address, verdict = finding.address, finding.claim.verdict
        stands, by, integration = stand(finding, now), policy.waits(finding), home(address)
        facets = (
            address.kind.value, address.source.value, int(finding.level),
            finding.assignee or (verdict.owner if verdict else ""), by,
            bool(finding.acknowledged_by), bool(finding.rejected_by), finding.flapping,
            verdict.planned if verdict else "", verdict.beside if verdict else "",
        )  # fmt: skip
        where = (stands, not finding.cause, bool(by))
        shelf = self.shelves.get(where)
        if shelf is None:
            shelf = self.shelves[where] = Shelf(*where)
        drawers = shelf.drawers.setdefault(integration, {})
        drawer = drawers.get(facets)
        if drawer is None:
            drawer = drawers[facets] = Drawer(stands, not finding.cause, integration, *facets)
            self.kinds[drawer.kind] += 1
            self.owners[drawer.owner] += 1
        drawer.count += 1
        self._planned(drawer, 1)
        shelf.levels[drawer.level] += 1
        shut = stands == CLOSED
        order = (0.0, -(finding.closed_at or 0.0)) if shut else worst_first(finding)[:2]
        seen = (-finding.first_seen_at, finding.id)
        card = self._cards[finding.id] = Card(order, finding.id, seen, drawer, finding.cause, _text(finding))
        if not shut:
            self._at_home.setdefault(integration, {})[finding.id] = None
            self.under[finding.cause] += 1
        if stands == "ignored" and finding.ignored_until is not None:
            heappush(self._lapses, (finding.ignored_until, finding.id))
        return shelf, card


def laid(shelves: Sequence[Shelf]) -> Iterator[Card]:
    """All cards of some shelves as one row of them."""
    return _row([shelf.cards for shelf in shelves])


def _row(sorted_: Sequence[Sequence[Card]]) -> Iterator[Card]:
    return iter(sorted_[0]) if len(sorted_) == 1 else merge(*sorted_)


def within(shelves: Sequence[Shelf], drawers: Collection[Drawer], words: Words = ()) -> Iterator[Card]:
    """What is in these drawers of these shelves and has one of each of the words, in order, one by one: nothing is
    sorted, and who stops early has not walked on."""
    cards = _row([shelf.having(words) if words else shelf.cards for shelf in shelves])
    if sum(len(shelf.cards) for shelf in shelves) == sum(drawer.count for drawer in drawers):
        return cards
    wanted = set(drawers)
    return (card for card in cards if card.drawer in wanted)


def _facets(drawer: Drawer) -> Facets:
    d = drawer
    told = (d.acknowledged, d.rejected, d.flapping, d.planned, d.beside)
    return (d.kind, d.source, d.level, d.owner, d.policy, *told)


def _where(drawer: Drawer) -> Where:
    return (drawer.stand, drawer.root, bool(drawer.policy))


def _text(finding: Finding) -> str:
    claim = finding.claim
    said = f"{finding.id} {plain(sentence(claim))} {path(claim)} {finding.address.subject} {home(finding.address)}"
    return said.casefold()
