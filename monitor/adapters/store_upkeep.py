"""The store's own housekeeping: what is old goes, integrations are renamed and dropped.

Decisions, origins and the trail are never pruned. Each step is a transaction of its own, so that no poll waits long.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from typing import Any, Protocol

import msgspec
from sqlalchemy import Column, ColumnElement, Table, delete, func, select, union, update

from monitor.core.model import Address, Claim, Finding, Source
from probes.kit.contract import Sample

from . import schema as t
from .records import Decision, DecisionState, Hour
from .store import Store
from .store_deliveries import KEPT
from .store_tx import Tx

_HOUR = 3600.0
_DAY = 86_400.0


class Ages(Protocol):
    """How long each thing is kept, in seconds: the configuration's `retention`."""

    @property
    def samples(self) -> float: ...
    @property
    def sample_hours(self) -> float: ...
    @property
    def readings(self) -> float: ...
    @property
    def events(self) -> float: ...
    @property
    def content(self) -> float: ...


async def prune(store: Store, now: float, ages: Ages) -> dict[str, int]:
    """Takes away what is older than it is to be kept; returns how many rows of each table went."""
    gone = {"sample": await _roll_up(store, now - ages.samples)}
    old_events = now - ages.events
    living = select(t.finding.c.id).where(t.finding.c.phase != "closed")
    steps = (
        (t.sample_hour, t.sample_hour.c.hour < now - ages.sample_hours),
        (t.run, t.run.c.ended < now - ages.sample_hours),
        (t.reading, t.reading.c.ended_at < now - ages.readings),
        (t.api_token, _sign_ins(t.api_token.c.name) & (t.api_token.c.expires < now - _DAY)),
        (t.outbox, (t.outbox.c.state != "waiting") & (t.outbox.c.due < now - ages.readings)),
        (t.event, (t.event.c.at < old_events) & t.event.c.finding.not_in(living)),
        (t.finding, (t.finding.c.phase == "closed") & (t.finding.c.closed_at < old_events)),
        (t.opening, t.opening.c.closed_at < old_events),
        (t.watched, t.watched.c.until < old_events),
        (t.trouble, t.trouble.c.until < old_events),
        (t.ask, t.ask.c.expires < now),
        (t.answered, t.answered.c.at < now - _DAY),
        (t.delivery, t.delivery.c.at < now - KEPT),
    )
    for table, old in steps:
        async with store.transaction() as tx:
            gone[table.name] = await tx.run(delete(table).where(old))
    async with store.transaction() as tx:
        gone["content"] = await _drop_content(tx, now - ages.content)
    return gone


def _sign_ins(name: Column[str]) -> ColumnElement[bool]:
    """Of sign-in links and signed-in browsers: people make no more of them than they sign in, and nobody revokes them
    one by one. A token that ended stays listed until it is revoked."""
    return name.startswith("link:", autoescape=True) | name.startswith("session:", autoescape=True)


async def _roll_up(store: Store, before: float) -> int:
    """Makes whole hours of samples into one row each."""
    cut = before // _HOUR * _HOUR
    count = 0
    names = [row["integration"] for row in await store._all(select(t.sample.c.integration).distinct())]
    for name in names:
        table = t.sample
        old = (table.c.integration == name) & (table.c.at < cut)
        async with store.transaction() as tx:
            rows = await tx._all(select(table).where(old).order_by(table.c.scope, table.c.key, table.c.at))
            hours = [
                {"integration": name, "scope": scope, "key": key, "hour": hour, "data": msgspec.json.encode(made)}
                for (scope, key, hour), group in groupby(
                    rows, lambda row: (row["scope"], row["key"], row["at"] // _HOUR * _HOUR)
                )
                for made in [_hour(hour, [msgspec.json.decode(row["data"], type=Sample) for row in group])]
            ]
            await tx._put(t.sample_hour, hours)
            count += await tx.run(delete(table).where(old))
    return count


def _hour(hour: float, samples: list[Sample]) -> Hour:
    def most(values: Iterable[Any]) -> Any:
        return max((value for value in values if value is not None), default=None)

    return Hour(
        hour=hour,
        states=Counter(sample.state for sample in samples),
        succeeded_at=most(sample.succeeded_at for sample in samples),
        failed_at=most(sample.failed_at for sample in samples),
        rows_failed=most(sample.rows_failed for sample in samples),
        lag=most(sample.lag for sample in samples),
    )


async def _drop_content(tx: Tx, before: float) -> int:
    """Bodies that no reading and no waiting decision points to."""
    queued = [*await tx.decisions(DecisionState.QUEUED), *await tx.decisions(DecisionState.WAITING)]
    needed = [bytes.fromhex(capture.digest) for decision in queued for capture in decision.work.captures]
    pointed = union(select(t.last.c.digest), select(t.last.c.good_digest))
    old = (t.content.c.stored_at < before) & t.content.c.digest.not_in(pointed.scalar_subquery())
    return await tx.run(delete(t.content).where(old, t.content.c.digest.not_in(needed)))


async def drop_integration(tx: Tx, name: str) -> None:
    """Takes away what was seen of an integration. Its decisions, origins, events and trail stay."""
    for table in t.BY_INTEGRATION:
        if table is not t.origin:
            await tx.run(delete(table).where(table.c.integration == name))


async def rename_integration(tx: Tx, old: str, new: str) -> bool:
    """Carries everything over to the new name; False when there is nothing under the old one. The trail keeps the
    name that was true when it was written. Raises LookupError when something is kept under the new name already."""
    if not await _kept(tx, old):
        return False
    if await _kept(tx, new):
        raise LookupError(f"{new} has a history of its own, so that of {old} cannot become its; use a name that is new")
    for table in t.BY_INTEGRATION:
        await tx.run(update(table).where(table.c.integration == old).values(integration=new))
    for row in await tx._all(select(t.finding.c.id, t.finding.c.data).where(t.finding.c.subject == old)):
        finding = msgspec.json.decode(row["data"], type=Finding)
        before, finding.claim = finding.claim.fingerprint, _claim(finding.claim, old, new)
        now = finding.claim.fingerprint  # it is made of the address too
        finding.moves = [(at, now if value == before else value) for at, value in finding.moves]
        await _rewrite(tx, t.finding, t.finding.c.id == row["id"], subject=new, data=msgspec.json.encode(finding))
    for seq, event in await tx.events(subject=old):
        claim = event.claim and _claim(event.claim, old, new)
        event = msgspec.structs.replace(event, address=_address(event.address, old, new), claim=claim)
        await _rewrite(tx, t.event, t.event.c.seq == seq, subject=new, data=msgspec.json.encode(event))
    for table in (t.event, t.opening):
        await tx.run(update(table).where(table.c.integration == old).values(integration=new))
    for row in await tx._all(select(t.decision.c.uuid, t.decision.c.data).where(t.decision.c.integration == old)):
        decision = msgspec.structs.replace(msgspec.json.decode(row["data"], type=Decision), integration=new)
        data = msgspec.json.encode(decision)
        await _rewrite(tx, t.decision, t.decision.c.uuid == row["uuid"], integration=new, data=data)
    return True


async def _kept(tx: Tx, name: str) -> bool:
    for table in t.BY_INTEGRATION:
        if await tx._one(select(func.count().label("n")).where(table.c.integration == name).having(func.count() > 0)):
            return True
    return False


async def _rewrite(tx: Tx, table: Table, where: Any, **values: Any) -> None:
    await tx.run(update(table).where(where).values(**values))


def _claim(claim: Claim, old: str, new: str) -> Claim:
    """What upkeep says names places, such as that of an ignore, and stands unchanged while it stays true."""
    under, words = claim.under and _address(claim.under, old, new), claim.words
    if claim.address.source is Source.UPKEEP:
        words = re.sub(rf"(?<![\w.-]){re.escape(old)}/", f"{new}/", words)
    return msgspec.structs.replace(claim, address=_address(claim.address, old, new), under=under, words=words)


def _address(address: Address, old: str, new: str) -> Address:
    return msgspec.structs.replace(address, subject=new) if address.subject == old else address
