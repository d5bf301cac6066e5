"""Pseudonyms: keyed, stable, forgettable."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.adapters.people import People
from monitor.adapters.store import Store
from probes.kit.clock import ManualClock


async def test_a_name_gets_the_same_pseudonym_for_ever_and_another_in_another_store(
    store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    people = await People.open(store)
    made = people.pseudonym("Admin-03@example.com")
    assert made.startswith("p-")
    assert len(made) == 12
    assert people.pseudonym(" admin-03@EXAMPLE.com ") == made
    assert people.pseudonym("admin-04@example.com") != made
    async with store.transaction() as tx:
        await people.flush(tx)
    again = await People.open(store)
    assert again.name(made) == "Admin-03@example.com"
    assert again.pseudonym("admin-03@example.com") == made
    other = await Store.open(tmp_path / "other", clock)
    assert (await People.open(other)).pseudonym("admin-03@example.com") != made
    await other.close()


async def test_a_name_whose_transaction_failed_is_stored_with_the_next(store: Store) -> None:
    people = await People.open(store)
    made = people.pseudonym("admin-03@example.com")
    with pytest.raises(ZeroDivisionError):
        async with store.transaction() as tx:
            await people.flush(tx)
            raise ZeroDivisionError
    assert (await People.open(store)).name(made) is None
    async with store.transaction() as tx:
        await people.flush(tx)
    assert (await People.open(store)).name(made) == "admin-03@example.com"
    async with store.transaction() as tx:
        before = store.counts.statements
        await people.flush(tx)
    assert store.counts.statements == before


async def test_a_forgotten_name_is_nowhere_in_the_state_folder(store: Store) -> None:
    people = await People.open(store)
    made = people.pseudonym("admin-77@example.com")
    async with store.transaction() as tx:
        await people.flush(tx)
    assert await people.forget("admin-77@example.com") == made
    assert people.name(made) is None
    assert (await People.open(store)).name(made) is None
    with pytest.raises(LookupError, match="nobody"):
        await people.forget("admin-78@example.com")
    for file in store.folder.iterdir():
        assert b"admin-77" not in file.read_bytes(), file
