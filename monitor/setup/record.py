"""What is recorded of an account, for a vendor file that begins with the one that reads it: which listings, of what.

What the watch has off is not asked for, as in a poll. What was not recorded is not in the new file either, so that it
keeps the rules on what was.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from monitor.adapters.poller import Poller
from probes.kit.clock import Clock
from probes.kit.contract import Kind, Read, Vantage
from probes.kit.drive import read
from probes.kit.listing import Vendor
from probes.kit.memo import Memos

from .proof import Want, family
from .recording import Recorder

UNWATCHED: Final = "its watch is off"
CORE: Final = (Kind.SCHEMA, Kind.FIELD, Kind.PERMISSION)  # the rules ask for each of them
PARENTS: Final = 50  # that a list hangs on, and is asked of


class Recording(msgspec.Struct, kw_only=True):
    """`said`: what was asked and said, scrubbed, by listing, "" for who the credential is; `options`: those of the
    integration, scrubbed; `left`: listings that were not recorded, each with why, as the vendor may have said it;
    `shown`: why, in our words alone."""

    said: dict[str, list[dict[str, Any]]] = {}
    options: dict[str, Any] = {}
    left: dict[str, str] = {}
    shown: dict[str, str] = {}

    @property
    def exchanges(self) -> list[dict[str, Any]]:
        return [one for told in self.said.values() for one in told]

    def leave(self, listing: str, why: str, shown: str = "") -> None:
        self.left.setdefault(listing, why)
        self.shown.setdefault(listing, shown or why)
        self.said.pop(listing, None)


async def record(reader: Poller, clock: Clock, want: Want) -> tuple[Recording, Vantage]:
    """First who the credential is, then each listing that the watch wants: of one that is declared a few rows, so that
    little hangs on them. `reader` lends its connection and is not used."""
    made, memory = Recording(), Memos()
    vendor = reader.vendor
    api = Recorder(reader.connection, clock, made, want)
    vantage = Vantage("", "", frozenset())
    async with api:
        async for item in read(vendor, api, memory, listings=()):
            vantage = item if isinstance(item, Vantage) else vantage
        if not vantage.coverage.complete:
            return made, vantage
        bare = vendor.model_copy(update={"identity": None})
        unwanted: set[str] = set()
        had: set[Kind] = set()
        for listing in vendor.listings:
            api.turn(listing)
            if listing.for_each in made.left:
                made.leave(listing.name, f"it hangs on {listing.for_each}, which was not recorded")
                continue
            parents = family(listing, api.options, memory)
            chosen = [one for one in parents if api.wants(listing, one)]
            if parents and not chosen:
                unwanted.add(listing.name)
            if any(one.for_each == listing.name for one in vendor.listings):
                chosen = list(parents)  # a poll reads it too, for what hangs on it
            ids = [listing.read_id(one) for one in chosen]
            if not 0 < len(ids) <= PARENTS:
                few = f"there is no {listing.for_each} that it could be asked of" if not parents else UNWATCHED
                made.leave(listing.name, f"it hangs on {len(ids):,} {listing.for_each}" if ids else few)
                continue
            async for item in read(bare, api, memory, ids=ids):
                if isinstance(item, Read):
                    memory.keep(item)
                    had |= {scope.ref.kind for scope in item.scopes if scope.resources}
                    if not item.coverage.complete:
                        made.leave(listing.name, item.coverage.reason, f"it was {item.coverage.state}")
            api.settle(listing)
    _leave(vendor, made, unwanted, had)
    return made, vantage


def _leave(vendor: Vendor, made: Recording, unwanted: set[str], had: set[Kind]) -> None:
    """What nobody wants, nor what hangs on it, and what has no rows here, which the rules ask of the core."""
    for listing in reversed(vendor.listings):
        below = [one.name for one in vendor.listings if one.for_each == listing.name]
        if all(name in made.left for name in below):
            if listing.name in unwanted:
                made.leave(listing.name, UNWATCHED)
            elif not {view.kind for view in listing.views} - (set(CORE) - had):
                made.leave(listing.name, "it has no rows in this account")
