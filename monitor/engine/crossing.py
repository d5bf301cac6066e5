"""What is looked at across integrations: flows and definitions, over the last good facts of all they join.

At each poll only the flows that touch the integration are looked at, and only where something they rest on moved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from monitor.adapters.records import Last
from monitor.core import body as bodies
from monitor.core import definition, ignores, mapping, rights
from monitor.core import ledger as ledgers
from monitor.core.graph import Flow
from monitor.core.judge import Context, Subject
from monitor.core.model import Address, Closing, Evaluation, Event, Phase, Source
from monitor.core.row import Row
from monitor.core.stack import Seen, StackView
from probes.kit.contract import Kind, Ref

from . import ignoring, told
from .live import Live

if TYPE_CHECKING:
    from .core import Engine

Place = tuple[str, Ref]
DAY = 86_400.0
PERIODS = 3  # facts that were not read for so many intervals, and for a day, are too old to judge a flow by
UNCONFIGURED = "flows.yaml no longer says so"


class Crossing:
    """What the engine keeps in memory for flows. `lock`: who folds a flow, until what it rests on is stored, does so
    alone. `unknown`: why parts of a flow cannot be judged, by flow. `rests`: what each integration's last look at its
    flows and definitions rested on."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.unknown: dict[str, tuple[str, ...]] = {}
        self.rests: dict[str, Any] = {}


class Loaded(msgspec.Struct, frozen=True):
    """The facts that flows and definitions rest on, in memory. `lasts`: how each scope was read last; `rows` by digest;
    `approved`: keys of the baseline, for scopes that lack a key that is wanted."""

    lasts: Mapping[Place, Last]
    rows: Mapping[bytes, Mapping[str, Row]]
    approved: Mapping[Place, frozenset[str]]


def flows_of(engine: Engine, name: str) -> tuple[Flow, ...]:
    return tuple(flow for flow in engine.config.flows if name in (flow.source.integration, flow.target.integration))


def places(flows: Sequence[Flow]) -> dict[Place, frozenset[str]]:
    """The scopes that flows rest on, with the keys that must be there."""
    out: dict[Place, frozenset[str]] = {}
    for flow in flows:
        for end, keys in (
            (flow.source, {pair.source for pair in flow.fields}),
            (flow.target, {pair.target for pair in flow.fields}),
        ):
            at = (end.integration, Ref(Kind.FIELD, end.scope))
            out[at] = out.get(at, frozenset()) | keys
            who = flow.reader if end == flow.source else flow.writer
            for ref in rights.scopes(end.scope) if who else ():
                out.setdefault((end.integration, ref), frozenset())
    return out


def kept(engine: Engine, name: str) -> dict[Place, frozenset[str]]:
    """The same for the definitions that an integration keeps."""
    out: dict[Place, frozenset[str]] = {}
    for one in engine.config.definitions:
        for at in one.kept:
            if at.integration == name:
                ref = Ref(Kind.FIELD, at.scope)
                out[name, ref] = out.get((name, ref), frozenset()) | {at.field}
    return out


async def load(
    engine: Engine,
    wanted: Mapping[Place, frozenset[str]],
    newest: Mapping[Place, Last],
    fresh: Mapping[bytes, bytes] = MappingProxyType({}),
) -> Loaded:
    """`newest`: what a reading on its way in says, over what is kept; `fresh`: its content that is not kept yet."""
    lasts: dict[Place, Last] = {}
    keys = dict(wanted)
    for name, ref in wanted:
        last = _last(engine, name, ref, newest)
        if last is not None and last.parent is not None:
            above = last.parent.ref
            keys[name, above] = keys.get((name, above), frozenset()) | {last.parent.key}
    rows: dict[bytes, Mapping[str, Row]] = {}
    approved: dict[Place, frozenset[str]] = {}
    for (name, ref), must in keys.items():
        last = _last(engine, name, ref, newest)
        if last is None or not last.good_digest:
            continue
        lasts[name, ref] = last
        mark = last.good_digest
        if mark not in rows:
            rows[mark] = (bodies.recall(fresh[mark]) if mark in fresh else await engine.body(mark)).rows
        if must - rows[last.good_digest].keys():
            body = await engine.baselines.body(name, ref)
            approved[name, ref] = frozenset(body.rows) if body is not None else frozenset()
    return Loaded(lasts, rows, approved)


def _last(engine: Engine, name: str, ref: Ref, newest: Mapping[Place, Last]) -> Last | None:
    if (name, ref) in newest:
        return newest[name, ref]
    live = engine.integrations.get(name)
    return live.known.get(ref) if live is not None else None


def rest(engine: Engine, wanted: Mapping[Place, frozenset[str]], newest: Mapping[Place, Last], now: float) -> Any:
    """What a look rests on, to see whether anything of it moved."""
    out = []
    for name, ref in wanted:
        last = _last(engine, name, ref, newest)
        if last is not None:
            old = now - (last.good_at or 0.0) > _good_for(engine, name, last.read)
            out.append((name, ref, last.good_digest, last.coverage.state, old))
    return out


def _good_for(engine: Engine, name: str, read: str) -> float:
    """Seconds for which facts count: some intervals of their listing, as the schedule has it, and a day at least."""
    own = engine.integrations[name].config.schedule
    every = own.listings.get(read.partition("/")[0]) or own.every or engine.config.service.poll.every
    return max(PERIODS * every, DAY)


def view(engine: Engine, loaded: Loaded, now: float) -> StackView:
    """What is missing although it is approved is unsure until the ledger has its removal, or its new name, open."""
    scopes: dict[Place, Seen] = {}
    for (name, ref), last in loaded.lasts.items():
        if name not in engine.integrations:
            continue  # it went, or got another name, since this was loaded
        rows = loaded.rows[last.good_digest]
        missing = loaded.approved.get((name, ref), frozenset()) - rows.keys()
        scopes[name, ref] = Seen(
            rows=rows,
            good_at=last.good_at or 0.0,
            good_for=_good_for(engine, name, last.read),
            gap="" if last.coverage.complete else last.coverage.reason or str(last.coverage.state),
            parent=last.parent,
            unsure=frozenset(key for key in missing if not _believed(engine, name, ref, key)),
        )
    read = frozenset(name for name, live in engine.integrations.items() if live.removed_at is None)
    return StackView(scopes, read, now)


def _believed(engine: Engine, name: str, ref: Ref, key: str) -> bool:
    found = engine.ledger.at(Address(Source.DRIFT, name, ref.kind, ref.name, key))
    return found is not None and found.phase is Phase.OPEN


def people_of(engine: Engine, flows: Sequence[Flow]) -> dict[str, str]:
    """Names of writers and readers, and the pseudonyms under which a user of that name would stand."""
    return {who: engine.people.pseudonym(who) for flow in flows for who in (flow.writer, flow.reader) if "@" in who}


async def look(
    engine: Engine, flows: Sequence[Flow], loaded: Loaded, reading: int, now: float, closing: Closing = Closing.AGREED
) -> list[Event]:
    """Evaluates and folds flows; the ledger in memory has the events applied when this returns."""
    events: list[Event] = []
    seen, people = view(engine, loaded, now), people_of(engine, flows)
    for flow in flows:
        # Readings of two integrations may end in another order than they began.
        newest = max(reading, engine.ledger.readings.get((Source.MAPPING, flow.id), 0))
        found = mapping.evaluate(flow, seen, people, newest)
        engine.crossing.unknown[flow.id] = found.unknown
        evaluation = msgspec.structs.replace(found.evaluation, closing=closing)
        around = (flow.id, flow.source.integration, flow.target.integration)
        events += await engine.fold_for(partial(context, engine, flow), around, [evaluation], now)
    return events


def defined(engine: Engine, live: Live, loaded: Loaded, reading: int, now: float) -> Evaluation:
    """What the integration keeps of the definitions, as an evaluation."""
    return definition.evaluate(live.name, engine.config.definitions, view(engine, loaded, now), reading)


def context(engine: Engine, flow: Flow) -> Context:
    """A flow is judged as what it feeds is: by its own owner and tier, and the class of its target."""
    config, target = engine.config, engine.integrations.get(flow.target.integration)
    return Context(
        integration=Subject(
            name=flow.id,
            class_=target.config.class_ if target is not None else "production",
            owner=flow.owner,
            tier=flow.tier,
        ),
        flows=config.flows,
        definitions=config.definitions,
        overrides=config.overrides,
        profile=config.service.profile,
    )


def withdraw(engine: Engine, now: float) -> list[Event]:
    """What stands about flows and definitions that are not configured any more."""
    flows = {flow.id for flow in engine.config.flows}
    agreed = {(d.name, k.integration, k.scope, k.field) for d in engine.config.definitions for k in d.kept}
    events: list[Event] = []
    for one in list(engine.ledger.findings.values()):
        a = one.address
        dropped = a.source is Source.MAPPING and a.subject not in flows
        left = a.source is Source.DEFINITION and (a.item, a.subject, a.scope, a.key) not in agreed
        if one.phase is not Phase.CLOSED and (dropped or left):
            events += engine.apply(ledgers.withdraw(engine.ledger, one.id, now, UNCONFIGURED))
    return events


async def again(engine: Engine, now: float) -> list[Event]:
    """Flows and definitions as they are configured now, over the facts that are kept."""
    flows = engine.config.flows
    events = withdraw(engine, now)
    loaded = await load(engine, places(flows), {})
    events += await look(engine, flows, loaded, 0, now, Closing.APPROVED)
    for live in list(engine.integrations.values()):
        loaded = await load(engine, kept(engine, live.name), {})
        evaluation = msgspec.structs.replace(
            defined(engine, live, loaded, live.reading, now), closing=Closing.APPROVED
        )  # fmt: skip
        events += await engine.fold(live, [evaluation], now)
    return events


async def recall(engine: Engine, now: float) -> None:
    """What of the flows cannot be judged, over the facts that are kept: after a start, nothing was read yet."""
    flows = engine.config.flows
    seen = view(engine, await load(engine, places(flows), {}), now)
    for flow in flows:
        engine.crossing.unknown[flow.id] = mapping.evaluate(flow, seen, people_of(engine, flows), 0).unknown


async def settle(engine: Engine) -> list[Event]:
    """What git says now of ignoring findings about flows."""
    now = engine.clock.now()
    events: list[Event] = []
    for flow in engine.config.flows:
        standing = ignoring.standing(engine, flow.id)
        events += engine.apply(ignores.settle(engine.ledger.of(flow.id), standing, now))
    await told.alone(engine, engine.store.transaction(), events)
    return events


async def configured(engine: Engine, now: float, anew: bool) -> tuple[Event, ...]:
    """flows.yaml was read: what it no longer says is withdrawn. `anew`: it may say something else than before."""
    async with engine.crossing.lock:
        events = await again(engine, now) if anew else withdraw(engine, now)
        if not anew:
            await recall(engine, now)
        await told.alone(engine, engine.store.transaction(), events)
    return tuple(events)


class Prepared(msgspec.Struct, frozen=True):
    """The look at the flows and definitions of one integration, before its reading is folded."""

    flows: tuple[Flow, ...]
    loaded: Loaded
    rests: Any

    async def look(self, engine: Engine, live: Live, reading: int, now: float) -> list[Event]:
        events = await engine.fold(live, [defined(engine, live, self.loaded, reading, now)], now)
        return events + await look(engine, self.flows, self.loaded, reading, now)


async def prepare(
    engine: Engine, live: Live, newest: Mapping[Ref, Last], fresh: Mapping[bytes, bytes], moved: bool, now: float
) -> Prepared | None:
    """None where nothing that the flows and definitions of an integration rest on has moved. `newest`, `fresh`: what a
    reading on its way in says, and its content. `moved`: whether the reading differs from the baseline somewhere: then
    causes may have come or gone."""
    flows, mine = flows_of(engine, live.name), kept(engine, live.name)
    wanted = {**mine}
    for place, keys in places(flows).items():
        wanted[place] = wanted.get(place, frozenset()) | keys
    if not wanted:
        return None
    over = {(live.name, ref): last for ref, last in newest.items()}
    rests = rest(engine, wanted, over, now)
    if not moved and engine.crossing.rests.get(live.name) == rests:
        return None
    return Prepared(flows, await load(engine, wanted, over, fresh), rests)
