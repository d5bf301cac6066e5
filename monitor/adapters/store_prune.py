"""What is old goes out of the store, a few rows at a time, so that no poll waits long for the one who may write.

Decisions, origins and the trail are never pruned. Rows are looked for beside the transactions, which then take away
what was found and is still old. Each slice is a transaction of its own, and a slice may be done again: a kill at any
moment leaves less for the next night, and nothing half done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import ColumnElement, Integer, Table, and_, bindparam, delete, func, literal_column, select, union

from monitor.core.runs import KEPT as RUNS
from probes.kit.contract import Sample

from . import schema as t
from .records import DecisionState, Hour
from .store import Store
from .store_deliveries import KEPT
from .store_gaps import GOOD
from .store_reads import Reads, among, packed
from .store_tx import Tx

Transactions = Callable[[], AbstractAsyncContextManager[Tx]]
SLICE: Final = 500  # rows that one transaction takes away
BODIES: Final = 20  # the same of content, of which one may have megabytes
SYNCS: Final = 20  # whose runs one transaction looks through
HOUR, DAY = 3600.0, 86_400.0
_ROW: Final = literal_column("rowid", Integer)


class Ages(Protocol):
    """How long each thing is kept, in seconds: the configuration's `retention`."""

    @property
    def samples(self) -> float: ...
    @property
    def sample_hours(self) -> float: ...
    @property
    def runs(self) -> float: ...
    @property
    def readings(self) -> float: ...
    @property
    def events(self) -> float: ...
    @property
    def content(self) -> float: ...


async def prune(store: Store, now: float, ages: Ages, keeping: Transactions | None = None) -> Counter[str]:
    """Takes away what is older than it is to be kept; counts the rows of each table that went. `keeping` makes each
    transaction, where not the store alone does."""
    begin = keeping or store.transaction
    gone = Counter({"sample": await _roll_up(store, begin, now - ages.samples)})
    gone["run"] = await _runs(store, begin, now - ages.runs)
    gone["reading"] = await _readings(store, begin, now - ages.readings)
    for table, old in _old(now, ages):
        gone[table.name] = await drop(store, begin, table, old)
    gone["content"] = await _content(store, begin, now - ages.content)
    return gone


def _old(now: float, ages: Ages) -> list[tuple[Table, ColumnElement[bool]]]:
    """What is old of the tables that nothing else points into, and of those that only findings do."""
    old, polls = now - ages.events, now - ages.readings
    token = t.api_token.c  # of sign-in links and browsers: one that a person made stays listed until it is revoked
    signed_in = token.name.startswith("link:", autoescape=True) | token.name.startswith("session:", autoescape=True)
    day = datetime.fromtimestamp(polls, UTC).strftime("%Y-%m-%d")
    return [
        (t.sample_day, t.sample_day.c.day < now - ages.sample_hours - DAY),
        (t.quota, t.quota.c.day < day),
        (t.api_token, signed_in & (token.expires < now - DAY)),
        (t.outbox, (t.outbox.c.state != "waiting") & (t.outbox.c.due < polls)),
        (t.finding, (t.finding.c.phase == "closed") & (t.finding.c.closed_at < old)),
        (t.event, (t.event.c.at < old) & t.event.c.finding.not_in(select(t.finding.c.id))),
        (t.told, t.told.c.finding.not_in(select(t.finding.c.id))),
        (t.opening, t.opening.c.closed_at < old),
        (t.watched, _watched(old)),
        (t.trouble, t.trouble.c.until < old),
        (t.ask, t.ask.c.expires < now),
        (t.answered, t.answered.c.at < now - DAY),
        (t.delivery, t.delivery.c.at < now - KEPT),
    ]


async def _readings(store: Store, begin: Transactions, before: float) -> int:
    """Of each integration, by the index on when they ended. Its newest reading and its newest good one stay, however
    old they are."""
    c, gone = t.reading.c, 0
    for row in await store._all(select(c.integration).distinct()):
        of = c.integration == row["integration"]
        newest = select(func.max(c.id).label("id")).where(of)
        good = select(c.id).where(of, c.outcome.in_(GOOD)).order_by(c.id.desc()).limit(1)
        kept = [one["id"] for query in (newest, good) for one in await store._all(query)]
        gone += await drop(store, begin, t.reading, of & (c.ended_at < before) & c.id.not_in(kept))
    return gone


def _watched(old: float) -> ColumnElement[bool]:
    """Of the times that are over, all but the newest of each integration: it says that the first one kept begins after
    a gap."""
    other = t.watched.alias()
    same = and_(other.c.integration == t.watched.c.integration, other.c.until < old)
    newest = select(func.max(other.c.since)).where(same).correlate(t.watched).scalar_subquery()
    return (t.watched.c.until < old) & (t.watched.c.since < newest)


async def drop(store: Store, begin: Transactions, table: Table, old: ColumnElement[bool]) -> int:
    """Takes rows away, a slice at a time; returns how many."""
    gone = 0
    find = select(_ROW.label("row")).select_from(table).where(old).limit(SLICE)
    while rows := await store._all(find):
        async with begin() as tx:
            gone += await tx.run(delete(table).where(_ROW.in_(_among(row["row"] for row in rows)), old))
    return gone


def _among(numbers: Iterable[int]) -> Any:
    return among(bindparam("numbers", msgspec.json.encode(list(numbers)).decode(), unique=True))


def _of(table: Table, sync: Mapping[Any, Any]) -> ColumnElement[bool]:
    return and_(*(table.c[part] == sync[part] for part in ("integration", "scope", "key")))


async def _roll_up(store: Store, begin: Transactions, before: float) -> int:
    """Makes whole days of samples into one row each, with one entry an hour: a sync at a time."""
    cut, c, count = before // DAY * DAY, t.sample.c, 0
    for sync in await store._all(select(c.integration, c.scope, c.key).where(c.at < cut).distinct()):
        old = _of(t.sample, sync) & (c.at < cut)
        async with begin() as tx:
            rows = await tx._all(select(c.at, c.data).where(old).order_by(c.at))
            samples = [(row["at"], msgspec.json.decode(row["data"], type=Sample)) for row in rows]
            made = [_hour(hour, [one for _, one in group]) for hour, group in groupby(samples, _hour_of)]
            await _keep_hours(tx, sync, made)
            count += await tx.run(delete(t.sample).where(old))
    return count


def _hour_of(one: tuple[float, Sample]) -> float:
    return one[0] // HOUR * HOUR


async def _keep_hours(tx: Tx, sync: Mapping[Any, Any], made: Sequence[Hour]) -> None:
    """With what the same days have already."""
    c = t.sample_day.c
    days = {day: list(group) for day, group in groupby(made, lambda one: one.hour // DAY * DAY)}
    there = select(c.day, c.hours).where(_of(t.sample_day, sync), c.day.in_(list(days)))
    for row in await tx._all(there):
        days[row["day"]] = [*msgspec.json.decode(row["hours"], type=list[Hour]), *days[row["day"]]]
    names = {part: sync[part] for part in ("integration", "scope", "key")}
    rows = [{**names, "day": day, "hours": msgspec.json.encode(hours)} for day, hours in days.items()]
    await tx._put(t.sample_day, rows)


def _hour(hour: float, samples: Sequence[Sample]) -> Hour:
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


async def _runs(store: Store, begin: Transactions, before: float) -> int:
    """Old runs of each sync, but for the newest ones: these are looked at however old."""
    c, gone = t.run.c, 0
    syncs = await store._all(select(c.integration, c.scope, c.key).where(c.ended < before).distinct())
    for start in range(0, len(syncs), SYNCS):
        async with begin() as tx:
            for sync in syncs[start : start + SYNCS]:
                of = _of(t.run, sync)
                kept = select(c.ended).where(of).order_by(c.ended.desc()).limit(1).offset(RUNS - 1).scalar_subquery()
                gone += await tx.run(delete(t.run).where(of, c.ended < before, c.ended < kept))
    return gone


async def _content(store: Store, begin: Transactions, before: float) -> int:
    """Bodies that no reading and no waiting decision points to."""
    c, gone = t.content.c, 0

    async def loose(reads: Reads) -> ColumnElement[bool]:
        queued = [*await reads.decisions(DecisionState.QUEUED), *await reads.decisions(DecisionState.WAITING)]
        needed = [capture.digest for decision in queued for capture in decision.work.captures]
        pointed = union(select(t.last.c.digest), select(t.last.c.good_digest)).scalar_subquery()
        hexed = among(bindparam("needed", packed(needed), unique=True))
        return and_(c.stored_at < before, c.digest.not_in(pointed), func.lower(func.hex(c.digest)).not_in(hexed))

    while rows := await store._all(
        select(_ROW.label("row")).select_from(t.content).where(await loose(store)).limit(BODIES)
    ):
        async with begin() as tx:
            found = _ROW.in_(_among(row["row"] for row in rows))
            gone += await tx.run(delete(t.content).where(found, await loose(tx)))
    return gone


async def drop_seen(store: Store, begin: Transactions, name: str) -> None:
    """The many rows that were seen of an integration; `drop_integration` takes what is left of it."""
    for table in (t.sample, t.sample_day, t.run, t.reading):
        await drop(store, begin, table, table.c.integration == name)
