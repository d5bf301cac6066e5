"""Proves by reads what a credential can see: who it is, and each listing as ok, denied, unsupported or failed.

Nothing is stored. A listing that fans out is asked for one batch of its parents, or for all of them where the caller
needs the whole, so that a proof costs a few requests and not a poll.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import httpx
import msgspec

from monitor.adapters.poller import Poller, vendor_for
from monitor.config import Integration
from monitor.config.types import Reference
from probes.kit.auth import TokenStore
from probes.kit.clock import Clock
from probes.kit.contract import Coverage, Expired, Kind, Read, Scope, Signals, State, Vantage
from probes.kit.limiter import Limiters
from probes.kit.listing import Listing, Vendor
from probes.kit.memo import Memos, unpack
from probes.kit.values import fill, search

Parent = Mapping[str, Any]
Want = Callable[[Kind, str], bool]
Resolve = Callable[[Reference], str]
UNASKED: Final = "unasked"
WORST: Final = (State.COMPLETE, State.UNSUPPORTED, State.PARTIAL, State.DENIED, State.FAILED)


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One listing as read. `state`: a coverage state, or `unasked` where its parents gave nothing to ask about.

    `missing`: grants that the vendor file needs for it and the credential does not hold, each with how to give it in
    `give`. `asked` of `parents` were read.
    """

    listing: str
    kinds: tuple[str, ...]
    state: str
    reason: str = ""
    missing: tuple[str, ...] = ()
    give: Mapping[str, str] = {}
    asked: int = 1
    parents: int = 1
    pages: int = 1
    scopes: int = 0
    rows: int = 0


class Proof(msgspec.Struct, kw_only=True):
    """What the reads gave. `unheld`: grants the vendor file knows and the credential lacks, with how to give them.
    `families`: per listing its parents; `scopes`: what was read but fields, of which `fields` has per scope how many
    there are and how many are the account's own; `identity`: requests it takes to prove who we are, at each poll."""

    vantage: Vantage
    seen: list[Seen] = []
    unheld: Mapping[str, str] = {}
    signals: Signals = Signals()
    requests: int = 0
    identity: int = 0
    families: dict[str, Sequence[Parent]] = {}
    scopes: list[Scope] = []
    fields: dict[str, tuple[int, int]] = {}

    @property
    def signed_in(self) -> bool:
        return self.vantage.coverage.complete


class Tokenless:
    """A TokenStore where nothing is kept: for ways to sign in that need none."""

    async def load(self, name: str) -> dict[str, Any] | None:
        return None

    async def refresh_started(self, name: str) -> None:
        raise Expired(f"{name} has no refresh token yet: run driftline authorize {name}", code="authorize")

    async def save(self, name: str, token: dict[str, Any]) -> None:
        raise Expired("a refresh token has no place to be kept here", code="authorize")


def poller(
    own: Integration,
    resolve: Resolve,
    tokens: TokenStore,
    clock: Clock,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Poller:
    """Reads an integration with a memory of its own. People's names stay here: nothing of a proof is stored.
    `transport` answers in the place of the network."""

    def secret(field: str) -> str:
        if field not in own.credentials.fields:
            words = f"{own.name} has no {field.replace('_', ' ')} yet: run driftline authorize {own.name}"
            raise Expired(words, code="secret")
        return resolve(own.credentials.fields[field])

    return Poller(
        own, vendor_for(own), secret=secret, memory=Memos(), person=lambda name: name, clock=clock,
        limiters=Limiters(clock), tokens=tokens, transport=transport,
    )  # fmt: skip


def watched(own: Integration) -> Want:
    """Whether an integration's own watch wants a scope."""
    return lambda kind, scope: own.level(kind.value, scope) != "off"


async def prove(
    reader: Poller, want: Want, whole: Collection[str] = (), told: Callable[[str], None] = lambda listing: None,
    confirm: Callable[[Vantage], None] = lambda vantage: None,
) -> Proof:  # fmt: skip
    """One probing read per listing; of those in `whole` every parent that `want` wants. `told` hears what is read;
    `confirm` sees whose account it is before anything else is asked for, and may raise.

    Raises nothing of the vendor's: faults come as states. `reader` must have been made by `poller`.
    """
    proof = Proof(vantage=Vantage("", "", frozenset()))
    async for item in reader.stream(listings=(), want=want):
        if isinstance(item, Vantage):
            proof.vantage = item
        elif isinstance(item, Signals):
            proof.signals = item
    proof.identity = proof.requests = sum(proof.signals.requests.values())
    if reader.vendor.grants_told:
        proof.unheld = {name: how for name, how in reader.vendor.grants.items() if name not in proof.vantage.grants}
    if not proof.signed_in:
        return proof
    confirm(proof.vantage)
    for level in _levels(reader.vendor):
        await _level(reader, level, proof, want, whole, told)
    return proof


def _levels(vendor: Vendor) -> list[list[Listing]]:
    """Listings by how far they hang below the roots: one pass each, since each pass asks who we are again."""
    depth: dict[str, int] = {}
    levels: dict[int, list[Listing]] = defaultdict(list)
    for listing in vendor.listings:
        up = "" if listing.for_each.startswith("options.") else listing.for_each
        depth[listing.name] = depth[up] + 1 if up else 0
        levels[depth[listing.name]].append(listing)
    return [levels[number] for number in sorted(levels)]


async def _level(
    reader: Poller, level: Sequence[Listing], proof: Proof, want: Want, whole: Collection[str],
    told: Callable[[str], None],
) -> None:  # fmt: skip
    memory, options = reader.memory, (await reader.client()).options
    assert isinstance(memory, Memos)  # noqa: S101 - parents are found again in what was kept
    asked: dict[str, Sequence[Parent]] = {}
    for listing in level:
        parents = proof.families[listing.name] = family(listing, options, memory)
        chosen = [parent for parent in parents if wants(listing, parent, options, want)]
        every = listing.name in whole or listing.for_each.startswith("options.")
        asked[listing.name] = chosen if every else chosen[: listing.batch]
    ids = [listing.read_id(parent) for listing in level for parent in asked[listing.name]]
    reads: dict[str, list[Read]] = defaultdict(list)
    if ids:
        async for item in reader.stream(ids=ids, want=want):
            if isinstance(item, Read):
                name = item.id.partition("/")[0]
                if not reads[name]:
                    told(name)
                reads[name].append(_lightened(item, proof))
                memory.keep(item)
            elif isinstance(item, Signals):
                proof.signals = item
                proof.requests += sum(item.requests.values())
    for listing in level:
        proof.seen.append(_seen(reader.vendor, listing, asked[listing.name], reads[listing.name], proof, options))
        found = (scope for read in reads[listing.name] for scope in read.scopes)
        proof.scopes += [scope for scope in found if scope.ref.kind is not Kind.FIELD]


def _lightened(read: Read, proof: Proof) -> Read:
    """Fields are counted and let go: a large account has hundreds of thousands."""
    for scope in read.scopes:
        if scope.ref.kind is Kind.FIELD and "type" in scope.facts and scope.coverage.complete:
            own = sum(row.facts.get("custom", not row.facts.get("vendor_defined")) is True for row in scope.resources)
            proof.fields[scope.ref.name] = (len(scope.resources), own)
    kept = tuple(
        msgspec.structs.replace(scope, resources=(), same=tuple(row.key for row in scope.resources))
        if scope.ref.kind is Kind.FIELD
        else scope
        for scope in read.scopes
    )
    return msgspec.structs.replace(read, scopes=kept)


def family(listing: Listing, options: Mapping[str, Any], memory: Memos) -> Sequence[Parent]:
    """What a listing fans out from, as far as it was read; one empty parent where it does not."""
    if not listing.for_each:
        return ({},)
    up, _, option = listing.for_each.partition(".")
    if option:
        return [{"key": str(value)} for value in options.get(option) or ()]
    found: list[Parent] = []
    for id, raw in memory.memos.items():
        if id.partition("/")[0] == up and (memo := unpack(raw)) is not None:
            found += memo.offspring()
    only = search(listing.only) if listing.only else None
    return [parent for parent in found if only is None or only(parent)]


def wants(listing: Listing, parent: Parent, options: Mapping[str, Any], want: Want) -> bool:
    """Whether the watch wants anything that a listing gives of this parent."""
    for view in listing.views:
        if view.scope_by:
            return True
        ref = listing.ref(view, parent, options)
        if want(ref.kind, ref.name):
            return True
    return False


def _kinds(listing: Listing) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(view.kind) for view in listing.views))


def _seen(
    vendor: Vendor, listing: Listing, asked: Sequence[Parent], reads: Sequence[Read], proof: Proof,
    options: Mapping[str, Any],
) -> Seen:  # fmt: skip
    parents = len(proof.families[listing.name])
    if not asked:
        why = "the watch has it off" if parents else f"no {listing.for_each} were read that it could be asked of"
        return Seen(listing=listing.name, kinds=_kinds(listing), state=UNASKED, reason=why, asked=0, parents=parents)
    by_state: dict[State, list[Coverage]] = defaultdict(list)
    for read in reads:
        by_state[read.coverage.state].append(read.coverage)
    worst = max(by_state, key=WORST.index, default=State.FAILED)
    reason = by_state[worst][0].reason if by_state else "the vendor gave nothing for it"
    if worst is not State.COMPLETE and 0 < len(by_state[worst]) < len(reads):
        reason = f"{len(by_state[worst])} of {len(reads)}: {reason}"
    missing = missing_grants(vendor, listing, asked, proof.vantage, options) if worst is State.DENIED else ()
    scopes = [scope for read in reads for scope in read.scopes]
    return Seen(
        listing=listing.name, kinds=_kinds(listing), state=str(worst),
        reason="" if worst is State.COMPLETE else reason, missing=missing,
        give={name: vendor.grants[name] for name in missing if name in vendor.grants}, asked=len(asked),
        parents=parents, pages=max((read.coverage.pages for read in reads), default=1) or 1, scopes=len(scopes),
        rows=sum(len(scope.keys) for scope in scopes),
    )  # fmt: skip


def missing_grants(
    vendor: Vendor, listing: Listing, asked: Sequence[Parent], vantage: Vantage, options: Mapping[str, Any]
) -> tuple[str, ...]:
    """Grants that the listing says it needs and the vantage lacks. Where it says "any", those the vendor file names."""
    needed: dict[str, None] = {}
    for parent in asked:
        for view in listing.views:
            for need in view.needs:
                if need != "*":
                    needed[str(fill(need, {"parent": parent, "options": options}))] = None
    return tuple(name for name in needed or vendor.grants if name not in vantage.grants)
