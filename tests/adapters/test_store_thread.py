"""The store's threads: how many trips a transaction takes, and that one of which a statement failed keeps nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, InvalidRequestError

from monitor.adapters.records import Reading
from monitor.adapters.store import Store
from monitor.adapters.store_thread import Thread


async def test_a_transaction_of_which_a_statement_failed_keeps_nothing(store: Store) -> None:
    reading = Reading(id=1, integration="a", started_at=1, ended_at=2, outcome="ok")
    with pytest.raises(InvalidRequestError, match="has failed"):
        async with store.transaction() as tx:
            await tx.set_flag("before", "lost")
            await tx.end_reading(reading)
            await tx.end_reading(reading)
            with pytest.raises(IntegrityError):
                await tx.flag("before")
            await tx.set_flag("after", "lost")
    assert await store.flags("") == {} and await store.readings() == []
    async with store.transaction() as tx:
        await tx.end_reading(reading)
    assert await store.readings() == [reading]


async def test_what_is_only_written_takes_one_trip(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    trips: list[Thread] = []
    run = Thread.run

    async def counted(self: Thread, work: Callable[[Engine], object]) -> object:
        trips.append(self)
        return await run(self, work)

    monkeypatch.setattr(Thread, "run", counted)
    async with store.transaction() as tx:
        await tx.set_flag("a", "1")
        await tx.add_quota("a", "2026-01-01", 1)
        await tx.set_flag("b", "2")
        assert trips == []
    assert len(trips) == 1
    async with store.transaction():
        pass
    assert len(trips) == 1
    assert await store.flag("a") == "1"
