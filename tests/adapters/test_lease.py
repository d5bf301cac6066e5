"""Leases: one holder at a time, and a late one is fenced off."""

from __future__ import annotations

import pytest

from monitor.adapters.lease import LeaseLost, Leases
from monitor.adapters.store import Store
from probes.kit.clock import ManualClock


async def test_one_owner_at_a_time_and_tokens_only_grow(store: Store, clock: ManualClock) -> None:
    leases = Leases(store, clock)
    first = await leases.lease("git", "a", 10.0)
    assert first is not None
    assert await leases.lease("git", "b", 10.0) is None
    assert await leases.lease("notify", "b", 10.0) is not None
    await leases.renew("git", first, 10.0)
    await leases.release("git", first)
    second = await leases.lease("git", "b", 10.0)
    assert second is not None
    assert second > first
    await leases.release("git", first)  # late: not its own any more
    assert await leases.lease("git", "a", 10.0) is None


async def test_a_holder_that_slept_too_long_keeps_nothing(store: Store, clock: ManualClock) -> None:
    leases = Leases(store, clock)
    late = await leases.lease("git", "a", 10.0)
    assert late is not None
    clock.advance(11.0)
    newer = await leases.lease("git", "b", 10.0)
    assert newer is not None
    for token, fits in ((late, False), (newer, True)):
        try:
            async with store.transaction() as tx:
                await tx.set_flag("done", str(token))
                await leases.check(tx, "git", token)
        except LeaseLost:
            assert not fits
    assert await store.flag("done") == str(newer)
    with pytest.raises(LeaseLost, match="git"):
        await leases.renew("git", late, 10.0)
    clock.advance(11.0)
    with pytest.raises(LeaseLost):
        await leases.renew("git", newer, 10.0)
