"""Which alerts were pushed, so that one that is over is said to be over, whatever was killed in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import delete, select

from . import schema as t
from .store_reads import Reads, listed
from .store_tx import Tx


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """One alert. `key`: a hash of its labels; `since`: when it was pushed first; `starts_at`: when what it is about
    began; `resolved_at`: when that was over, and then `posted` has when each Alertmanager was last sent what fires."""

    key: str
    finding: str
    since: float
    starts_at: float
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    link: str = ""
    resolved_at: float | None = None
    posted: Mapping[str, float] = {}


async def alerts(reads: Reads) -> list[Pushed]:
    return [msgspec.json.decode(row["data"], type=Pushed) for row in await reads._all(select(t.alert.c.data))]


async def put_alerts(tx: Tx, rows: Iterable[Pushed]) -> None:
    await tx._put(t.alert, [{"key": one.key, "data": msgspec.json.encode(one)} for one in rows])


async def drop_alerts(tx: Tx, keys: Iterable[str]) -> None:
    await tx.run(delete(t.alert).where(t.alert.c.key.in_(listed(sorted(keys)))))
