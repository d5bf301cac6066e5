"""Messages on their way to people, until they are there, and what was told of each finding.

A row is written in the transaction that makes it so that something is to be told, under a key that never changes: who
is killed in between tells it once more at most, and forgets nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from . import schema as t
from .store_reads import Reads, listed
from .store_tx import Tx

WAITING, SENT, DEAD = "waiting", "sent", "dead"
PATIENT: Final = 5  # tries after which a message lets those behind it go first: it may be what is refused
_O: Final = t.outbox.c


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """A message for one target. `key`: the id of what happened, and the target; `subject`: the finding that it is
    about, or ""; `what`: opened, closed, daily and so on; `at`: when it was written; `due`: from when on it may be
    sent; `state`: waiting, sent, or dead, which is given up; `fault`: why it could not be sent the last time;
    `body`: the message, empty once it is no longer needed."""

    key: str
    target: str
    subject: str
    what: str
    at: float
    due: float
    body: bytes
    state: str = WAITING
    tries: int = 0
    fault: str = ""


class Queue(msgspec.Struct, frozen=True):
    """What waits for one target. `since`: from when on the oldest of it could have been there; `fault`: why it is
    not."""

    waiting: int
    since: float
    fault: str


Queues = Mapping[str, Queue]  # by target


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What was told of a finding. `number` counts its changes of state; `open`: whether it was open then, with the
    urgency and level that it had; `to`: the targets that heard of it since it opened, to whom its end is told;
    `since`: when the last of these could hear of it; `escalated`: further targets that were told since nobody
    acknowledged it; `rejected`: that it is to be put back was told."""

    finding: str
    number: int = 0
    open: bool = True
    urgency: int = 0
    level: int = 0
    to: tuple[str, ...] = ()
    since: float = 0.0
    escalated: tuple[str, ...] = ()
    rejected: bool = False


async def tolds(reads: Reads) -> dict[str, Told]:
    rows = await reads._all(select(t.told.c.data))
    found = [msgspec.json.decode(row["data"], type=Told) for row in rows]
    return {one.finding: one for one in found}


async def put_tolds(tx: Tx, rows: Iterable[Told]) -> None:
    await tx._put(t.told, [{"finding": one.finding, "data": msgspec.json.encode(one)} for one in rows])


async def drop_tolds(tx: Tx, findings: Iterable[str]) -> None:
    await tx.run(delete(t.told).where(t.told.c.finding.in_(listed(sorted(findings)))))


async def add(tx: Tx, outs: Iterable[Out]) -> None:
    """A key that is there already stays as it is: what was told is not told again."""
    rows = [msgspec.structs.asdict(one) for one in outs]
    if rows:
        await tx.run(insert(t.outbox).on_conflict_do_nothing(index_elements=["key"]), rows)


async def take_back(tx: Tx, subject: str, target: str, now: float) -> frozenset[str]:
    """What was written of a finding for quiet hours that are not over goes: later news stand for it. Gives what it
    said."""
    held = (_O.subject == subject) & (_O.target == target) & (_O.state == WAITING) & (_O.tries == 0) & (_O.due > now)
    found = frozenset(row["what"] for row in await tx._all(select(_O.what).where(held)))
    if found:
        await tx.run(delete(t.outbox).where(held))
    return found


async def next_out(reads: Reads, target: str, now: float) -> Out | None:
    """The oldest that may be sent. What was refused often comes last: what is behind it is not to wait for it."""
    query = select(t.outbox).where(_O.target == target, _O.state == WAITING, _O.due <= now)
    row = await reads._one(query.order_by(_O.tries >= PATIENT, _O.due, _O.at, _O.key).limit(1))
    return Out(**row) if row is not None else None


async def queues(reads: Reads, now: float) -> Queues:
    """What could have been there by now and is not, by target."""
    query = select(
        _O.target, func.count().label("n"), func.min(_O.due).label("since"), func.max(_O.fault).label("fault")
    ).where(_O.state == WAITING, _O.due <= now)
    rows = await reads._all(query.group_by(_O.target))
    return {row["target"]: Queue(row["n"], row["since"], row["fault"]) for row in rows}


async def sent(tx: Tx, key: str) -> None:
    """Its body is needed no more; its key stays for as long as it could be written again."""
    await tx.run(update(t.outbox).where(_O.key == key).values(state=SENT, fault="", body=b""))


async def failed(tx: Tx, key: str, fault: str) -> None:
    await tx.run(update(t.outbox).where(_O.key == key).values(tries=_O.tries + 1, fault=fault))


async def give_up(tx: Tx, before: float, most: int, targets: Iterable[str]) -> dict[str, int]:
    """What waits for longer than that, for a target that is not there any more, or behind so many newer ones for the
    same target. Gives how many for each target."""
    place = func.row_number().over(partition_by=_O.target, order_by=(_O.due.desc(), _O.key)).label("place")
    ranked = select(_O.key, _O.target, _O.due, place).where(_O.state == WAITING).subquery()
    old = (ranked.c.due < before) | (ranked.c.place > most) | ranked.c.target.not_in(listed(sorted(targets)))
    rows = await tx._all(select(ranked.c.key, ranked.c.target).where(old))
    if rows:
        gone = _O.key.in_(listed([row["key"] for row in rows]))
        await tx.run(update(t.outbox).where(gone).values(state=DEAD, body=b""))
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["target"]] = counts.get(row["target"], 0) + 1
    return counts
