"""Runs a vendor's listings over a Client: one Vantage, then one Read at a time, then Signals.

Parents before children, ten workers, in-flight bytes bounded. A Fault becomes coverage; nothing else is raised for
what a vendor answers.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import msgspec

from .client import LiveClient
from .contract import (
    COMPLETE,
    Coverage,
    Expired,
    Fault,
    Kind,
    Malformed,
    Memory,
    Read,
    Signals,
    Throttled,
    Unreachable,
    Vantage,
    canonical,
    digest,
)
from .fetching import coded, plain
from .gate import Gate
from .listing import Listing, Vendor
from .prepared import Ground, Plan, Prepared
from .reading import Eyes, Reading
from .redact import clean
from .shelf import Kept, Shelf
from .stumble import VENDOR_ERRORS, sound, unread
from .values import search

Children: TypeAlias = list[dict[str, Any]]
WORKERS: Final = 10
GUESS: Final = 256 << 10  # bytes of an answer that we have never seen


def same(name: str) -> str:
    """Keys of people as they come; the monitor gives its own function."""
    return name


def everything(kind: Kind, scope: str) -> bool:
    return True


async def read(
    vendor: Vendor,
    api: LiveClient,
    memory: Memory,
    *,
    listings: Collection[str] | None = None,
    want: Callable[[Kind, str], bool] = everything,
    ids: Collection[str] = (),
    fresh: bool = False,
    person: Callable[[str], str] = same,
    plan: Plan | None = None,
) -> AsyncGenerator[Vantage | Read | Signals, None]:
    """One poll. `listings`: those that are due (None: all). `want`: the watch, asked before anything is fetched.
    `ids`: these reads alone ("<listing>/*" for all of one). `fresh`: send no validators. `person`: name -> pseudonym.
    `plan`: what the poll before has prepared of the reads; one for each client.

    The first item is the Vantage: who compares its account first and stops, sends nothing more.
    """
    api.start()
    run = Run(vendor, api, memory, want, frozenset(ids), fresh, person, plan or Plan())
    vantage = await run.identify()
    yield vantage
    due = run.due(listings)
    if run.dead is not None:
        for listing in due:
            yield Read(f"{listing.name}/*" if listing.for_each else listing.name, Coverage.of(run.dead))
    else:
        for listing in run.plan(due):
            async with aclosing(run.listing(listing, listing in due)) as reads:
                async for item in reads:
                    yield item
    yield run.signals()


class Run:
    """One poll's state."""

    def __init__(
        self,
        vendor: Vendor,
        api: LiveClient,
        memory: Memory,
        want: Callable[[Kind, str], bool],
        ids: frozenset[str],
        fresh: bool,
        person: Callable[[str], str],
        plan: Plan,
    ) -> None:
        self._vendor = vendor
        self._api = api
        self._memory = memory
        self._want = want
        self._ids = ids
        self._person = person
        self._plan = plan
        self._parents: dict[str, list[dict[str, Any]]] = {}
        self._ended: dict[str, Coverage] = {}
        self._parental: set[str] = set()
        self._unwatched: Counter[str] = Counter()
        self._added = 0
        self._eyes = Eyes(b"", fresh, api.clock.now)
        self._gate = Gate(api.width_bytes)
        self.dead: Fault | None = None  # why asking on is useless, and may lock the account

    async def identify(self) -> Vantage:
        identity = self._vendor.identity
        if identity is None:
            vantage = Vantage(urlsplit(self._api.base).netloc, "", frozenset())
        else:
            try:
                vantage = sound(await identity(self._api))
            except Fault as fault:
                vantage = self._unknown(clean(fault, self._api.credentials.seen))
            except VENDOR_ERRORS as error:
                vantage = self._unknown(unread(error))
        seen = [vantage.account, vantage.subject, sorted(vantage.grants), vantage.api_version, vantage.locale]
        self._api.account = vantage.account
        stamp = digest(canonical([*seen, vantage.coverage.state]))
        self._eyes = msgspec.structs.replace(self._eyes, stamp=stamp)
        self._plan.rest(self._want, self._person, self._api.base, vantage.account)
        return vantage

    def _unknown(self, fault: Fault) -> Vantage:
        if isinstance(fault, Expired | Throttled | Unreachable):
            self.dead = fault
        return Vantage("", "", frozenset(), coverage=Coverage.of(fault))

    def due(self, listings: Collection[str] | None) -> list[Listing]:
        """Raises KeyError, with a sentence, for a listing that the vendor file does not have."""
        named = {id.partition("/")[0] for id in self._ids} if self._ids else listings
        if named is None:
            return list(self._vendor.listings)
        chosen = {self._vendor.listing(name).name for name in named}
        return [listing for listing in self._vendor.listings if listing.name in chosen]

    def plan(self, due: Collection[Listing]) -> Iterator[Listing]:
        """The due ones with those they fan out from, parents first, as declared."""
        needed = {listing.name for listing in due}
        for listing in reversed(self._vendor.listings):
            if listing.name in needed and listing.for_each and not listing.for_each.startswith("options."):
                needed.add(listing.for_each)
                self._parental.add(listing.for_each)
        return (listing for listing in self._vendor.listings if listing.name in needed)

    async def listing(self, listing: Listing, due: bool) -> AsyncGenerator[Read, None]:
        if not due and (children := await self._remembered(listing)) is not None:
            self._parents[listing.name] = children
            self._ended[listing.name] = COMPLETE
            return
        parents, stop = self._fan(listing)
        if stop is not None:
            self._ended[listing.name] = stop
            if due:
                yield Read(f"{listing.name}/*", stop)
        if parents is None:
            return
        chosen = [read for read in self._ground(listing).reads(parents) if self._chosen(read, due)]
        self._parents[listing.name] = []
        worst = stop or COMPLETE
        async with aclosing(self._reads(listing, chosen)) as reads:
            async for found, children in reads:
                self._parents[listing.name] += children
                if not found.coverage.complete:
                    worst = found.coverage
                yield found
        self._ended[listing.name] = worst

    def _fan(self, listing: Listing) -> tuple[list[dict[str, Any]] | None, Coverage | None]:
        """The parents of a listing, and why they are not all of them."""
        if not listing.for_each:
            return [{}], None
        if listing.for_each.startswith("options."):
            name = listing.for_each.removeprefix("options.")
            ids, values = self._api.vendor.options[name].ids, self._api.options.get(name) or ()
            return [{"key": str(value), "id": ids.get(str(value), str(value))} for value in values], None
        ended = self._ended[listing.for_each]
        stop = None
        if not ended.complete:
            words = f"{listing.for_each} was not read completely: {ended.reason}"
            stop = Coverage(ended.state, words, ended.code)
        found = self._parents.get(listing.for_each)
        if stop is not None and not found:
            return None, stop
        try:
            only = search(listing.only) if listing.only else None
            return [parent for parent in found or () if only is None or only(parent)], stop
        except Malformed as fault:
            return None, Coverage.of(fault)

    def _chosen(self, read: Prepared, due: bool) -> bool:
        """Whether this read is asked for, and whether the watch wants anything that it can give."""
        name = read.ground.listing.name
        if self._ids and due and f"{name}/*" not in self._ids and read.id not in self._ids:
            return False
        if read.unwatched:
            self._unwatched.update(read.unwatched)
        return read.wanted or name in self._parental

    async def _remembered(self, listing: Listing) -> list[dict[str, Any]] | None:
        """What a listing that is not due gave last time, for those that fan out from it; None: it must be read."""
        parents, stop = self._fan(listing)
        if stop is not None or parents is None:
            return None
        children: list[dict[str, Any]] = []
        shelf = Shelf(self._memory, listing.batch, self._ground(listing).reads(parents))
        while batch := await shelf.batch():
            for kept in batch:
                if kept.memo is None or not kept.memo.children:
                    return None
                children += kept.memo.offspring()
        return children

    def _ground(self, listing: Listing) -> Ground:
        return self._plan.ground(listing, self._laid)

    def _laid(self, listing: Listing) -> Ground:
        api = self._api
        return Ground(self._vendor, listing, api.options, api.base, api.account, self._want, self._person)

    async def _reads(
        self, listing: Listing, chosen: Sequence[Prepared]
    ) -> AsyncGenerator[tuple[Read, list[dict[str, Any]]]]:
        """Workers take batches; what they made is handed out one at a time, and only then is its room given back."""
        shelf = Shelf(self._memory, listing.batch, chosen)
        made: Queue = asyncio.Queue()
        desk = Gate(WORKERS)

        async def work() -> None:
            try:
                while batch := await shelf.batch():
                    await self._batch(listing, batch, shelf, made, desk)
                made.put_nowait(None)
            except Exception as error:
                made.put_nowait(error)  # a fault of ours: the poll ends with it, in the reader's hands

        workers = [asyncio.create_task(work()) for _ in range(min(WORKERS, -(-len(chosen) // listing.batch)))]
        running = len(workers)
        try:
            while running:
                item = await made.get()
                if item is None:
                    running -= 1
                elif isinstance(item, BaseException):
                    raise item
                else:
                    found, children = item.reading.result()
                    self._added += item.reading.added_keys
                    yield found, children
                    desk.leave(item.place)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _batch(self, listing: Listing, batch: Sequence[Kept], shelf: Shelf, made: Queue, desk: Gate) -> None:
        weight = await self._gate.enter(sum(kept.memo.size if kept.memo else GUESS for kept in batch))
        try:
            readings = [Reading(kept, self._eyes, shelf.rows) for kept in batch]
            if listing.fetch is None:
                for reading in readings:
                    await plain(self._api, listing, reading)
                    await _hand_out(reading, made, desk)
            else:
                async with aclosing(coded(self._api, listing, readings)) as ended:
                    async for reading in ended:
                        await _hand_out(reading, made, desk)
        finally:
            self._gate.leave(weight)

    def signals(self) -> Signals:
        budget = self._api.budget
        sunset = {
            version: datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
            for version, day in self._vendor.sunset.items()
        }
        return Signals(
            requests=dict(self._api.tally),
            quota_limit=budget.limit if budget else None,
            quota_used=budget.used if budget else None,
            quota_resets_at=budget.resets_at if budget else None,
            budget_left=budget.left if budget else None,
            sunset={**sunset, **self._api.sunset},
            unwatched=dict(self._unwatched),
            added_keys=self._added,
        )


class Made(msgspec.Struct):
    """A reading that has ended and waits to be handed out; `place` is what it takes up of the desk meanwhile."""

    reading: Reading
    place: int


Queue: TypeAlias = asyncio.Queue[Made | BaseException | None]


async def _hand_out(reading: Reading, made: Queue, desk: Gate) -> None:
    """A reading with rows waits alone; several that hold none may wait together."""
    made.put_nowait(Made(reading, await desk.enter(1 if reading.unchanged else WORKERS)))
