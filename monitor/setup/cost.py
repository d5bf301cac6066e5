"""What watching costs a day, by listing and by object, against what the vendor allows: in requests, or in the unit in
which the vendor counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from monitor.config.check_quota import DAY, INTERVALS, interval
from probes.kit.contract import State
from probes.kit.listing import Vendor

from .proof import Proof, Want, wants


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Of `unit` a day when read `every` so many seconds. `limit`: what the vendor allows in a day, as it told or as it
    documents; `share`: the part of it we allow ourselves; `used`: what was used of this day, by anybody, if told."""

    every: float
    listings: Mapping[str, float]
    identity: float
    unit: str = "requests"
    limit: float | None = None
    share: float = 1.0
    used: float | None = None

    @property
    def total(self) -> float:
        return sum(self.listings.values()) + self.identity

    @property
    def cap(self) -> float | None:
        return None if self.limit is None else self.limit * self.share

    @property
    def fits(self) -> bool:
        return self.cap is None or self.total <= self.cap


def unit(vendor: Vendor) -> str:
    return vendor.quota.unit if vendor.quota else "requests"


def counts(vendor: Vendor, proof: Proof, options: Mapping[str, object], want: Want) -> dict[str, int]:
    """How many reads each listing takes under a watch. What the plan does not have is not asked for again."""
    unread = {seen.listing for seen in proof.seen if seen.state == State.UNSUPPORTED}
    return {
        listing.name: sum(wants(listing, parent, options, want) for parent in proof.families.get(listing.name, ()))
        for listing in vendor.listings
        if listing.name not in unread
    }


def cost(
    vendor: Vendor, proof: Proof, reads: Mapping[str, int], every: float, own: Mapping[str, float] | None = None
) -> Cost:
    """The cost of so many reads. `own`: intervals that the integration sets for single listings, as the scheduler takes
    them. Unchanged answers count as well: a 304 is a request."""
    pages = {seen.listing: seen.pages for seen in proof.seen}
    each: dict[str, float] = {}
    for listing in vendor.listings:
        if (wanted := reads.get(listing.name)) is not None:
            runs = DAY / interval(listing, every, own or {})
            each[listing.name] = runs * listing.cost(wanted, pages.get(listing.name, 1)) if wanted else 0.0
    return Cost(
        every=every, listings=each, identity=proof.identity * DAY / every, limit=proof.signals.quota_limit,
        share=vendor.quota.share if vendor.quota else 1.0, used=proof.signals.quota_used, unit=unit(vendor),
    )  # fmt: skip


def running(vendor: Vendor, options: Mapping[str, object], reads: Iterable[str], every: float,
            own: Mapping[str, float]) -> Cost:  # fmt: skip
    """The cost of the reads that a running daemon makes, by their ids; a page each, since it does not tell how many."""
    counted = Counter(id.partition("/")[0] for id in reads)
    each = {
        one.name: one.cost(counted[one.name]) * DAY / interval(one, every, own)
        for one in vendor.listings
        if counted[one.name]
    }
    said = {**{name: one.default for name, one in vendor.options.items()}, **options}
    quota = vendor.quota.on(said) if vendor.quota else None
    return Cost(
        every=every, listings=each, identity=DAY / every if vendor.identity else 0.0,
        limit=float(quota.per_day) if quota and not quota.headers else None, share=quota.share if quota else 1.0,
        unit=unit(vendor),
    )  # fmt: skip


def per_object(vendor: Vendor, parent_listing: str, proof: Proof, every: float) -> float:
    """What one more object of a listing takes a day; batches are shared, so it is a fraction of each."""
    pages = {seen.listing: seen.pages for seen in proof.seen}
    total = 0.0
    for listing in vendor.listings:
        if listing.for_each == parent_listing:
            once = (listing.per_fetch if listing.fetch else pages.get(listing.name, 1)) / listing.batch
            total += once * listing.spends * DAY / interval(listing, every, {})
    return total


def fitting(
    vendor: Vendor, proof: Proof, reads: Mapping[str, int], own: Mapping[str, float] | None = None
) -> float | None:
    """The shortest usual interval whose cost fits; None when none does."""
    return next((every for every in INTERVALS if cost(vendor, proof, reads, every, own).fits), None)
