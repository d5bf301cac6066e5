"""What an integration's own scopes use of its fields, kept as they come in: verdicts rest on it.

A scope tells once it was read whole, and what it told stands until it is read whole again. Whatever was not read whole
by then is a gap: it may hold a user that nobody saw.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from monitor.adapters.poller import vendor_for
from monitor.core import uses
from monitor.core.uses import ALL, SOURCES
from probes.kit.contract import Coverage, Kind, Ref, Scope, State

from .live import Live

if TYPE_CHECKING:
    from monitor.adapters.records import Last
    from monitor.core.model import Body
    from probes.kit.listing import Vendor

    from .core import Engine

CALLED: Final = "uses.called/"  # beside the integration's name: what people call the users of its fields
NOTHING: Final = uses.Told()
HIDERS: Final = (Kind.AUTOMATION, Kind.TEMPLATE)
FINE: Final = (State.COMPLETE, State.UNSUPPORTED)  # what the vendor's plan does not have uses nothing


async def take(
    engine: Engine,
    live: Live,
    ref: Ref,
    facts: Collection[str],
    mark: bytes,
    body: Body | None = None,
    earlier: tuple[bytes, Body] | None = None,
) -> None:
    """A scope that was read whole says what it uses. `body`: its content, where it is at hand; `earlier`: the one
    before it, with its digest."""
    before, told = live.told.get(ref, (b"", NOTHING))
    if before == mark or not uses.speaks(ref, facts):
        return
    now = body or await engine.body(mark)
    if earlier is None or earlier[0] != before or not uses.alike(earlier[1], now):
        told_now = uses.tell(now, live.called.get(ref, {}))
        told = told if told_now == told else told_now
    live.told[ref] = (mark, told)


def call(live: Live, scope: Scope) -> bool:
    """Takes in what the rows of a scope are called now. Whether that is news."""
    if not uses.speaks(scope.ref, scope.facts):
        return False
    told = {one.key: one.evidence["label"] for one in scope.resources if "label" in one.evidence}
    known = live.called.get(scope.ref, {})
    if told.items() <= known.items():
        return False
    live.called = {**live.called, scope.ref: {**known, **told}}
    live.told.pop(scope.ref, None)
    return True


def written(live: Live) -> str:
    """What people call the users of fields, as the store keeps it."""
    return msgspec.json.encode([(ref.kind, ref.name, names) for ref, names in sorted(live.called.items())]).decode()


async def recall(engine: Engine, live: Live) -> None:
    """What the last whole reads told, for an integration that begins or comes back."""
    kept = msgspec.json.decode(await engine.store.flag(f"{CALLED}{live.name}") or "[]")
    live.called = {Ref(Kind(kind), name): names for kind, name, names in kept}
    for ref, last in live.known.items():
        if last.good_digest:
            await take(engine, live, ref, last.facts, last.good_digest)
    settle(engine, live)


def settle(
    engine: Engine,
    live: Live,
    updates: Mapping[Ref, Last] | None = None,
    reads: Iterable[tuple[str, Coverage, tuple[Kind, ...]]] = (),
) -> None:
    """What is known by now, gaps included: what was kept, under what a reading on its way in says. Verdicts are made
    with it from here on."""
    known = {**live.known, **(updates or {})}
    covered = {read: coverage for read, (coverage, _) in live.reads.items()}
    covered |= {read: coverage for read, coverage, _ in reads}
    poller = engine.pollers.get(live.name)
    vendor = poller.vendor if poller is not None else vendor_for(live.config)
    gaps, hidden = dict(_gaps(live, vendor, known, covered)), dict(_unwatched(live, vendor))
    found = ({ref: told for ref, (_, told) in live.told.items()}, gaps, hidden)
    if found != live.summed:
        live.summed = found
        live.uses = uses.merged((one for _, one in live.told.values()), gaps, hidden)
        engine.forget_context(live)


def _gaps(
    live: Live, vendor: Vendor, known: Mapping[Ref, Last], covered: Mapping[str, Coverage]
) -> Iterator[tuple[str, str]]:
    """Objects, or all of them, of which a user may have been missed; with why."""
    for ref, last in known.items():
        if ref.kind in SOURCES and last.coverage.state not in FINE and uses.speaks(ref, last.facts):
            yield ref.name.rpartition(".")[0] or ALL, f"{ref.name} was not read whole"
    given = {last.read for last in known.values()}
    tried = {read.partition("/")[0] for read in (*covered, *given)}
    for listing in vendor.listings:
        for view in listing.views:
            ref = Ref(view.kind, view.scope or listing.name)
            if view.kind not in SOURCES or not uses.speaks(ref, view.facts):
                continue
            for read, coverage in covered.items():
                mine = read.partition("/")[0] == listing.name
                if mine and read not in given and coverage.state not in FINE:
                    yield ALL, f"{read} was not read whole"
            if listing.name not in tried and live.config.level(ref.kind.value, ref.name) != "off":
                yield ALL, f"{listing.name} was not read yet"


def _unwatched(live: Live, vendor: Vendor) -> Iterator[tuple[str, str]]:
    """What uses fields and is told by nobody: what the vendor's API does not show, reports that its file leaves out
    (those in personal folders), and what is not watched. Syncs with other systems are not among it: flows tell those.
    """
    for kind, why in (*vendor.unseen.items(), *vendor.hides.items()):
        if kind in HIDERS:
            yield ALL, why
    for listing in vendor.listings:
        for view in listing.views:
            ref = Ref(view.kind, view.scope or listing.name)
            if ref.kind is Kind.TEMPLATE and view.where and uses.speaks(ref, view.facts):
                yield ALL, f"some of the {listing.name} are left out, so what those use is not seen"
    for rule in live.config.watch:
        if rule.level == "off" and rule.kind in ("*", *SOURCES):
            yield ALL, f"{rule.scope} is not watched, so what it uses is not seen"
