"""Leases: one owner at a time, and a late one is fenced off by its token."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.adapters.lease import RENEW, TTL, LeaseLost, Leases, owner_of
from monitor.adapters.store import Store
from probes.kit.clock import ManualClock


def rival(store: Store, clock: ManualClock) -> Leases:
    """Of another state folder over the same database."""
    return Leases(store, clock, "another")


async def test_an_owner_takes_its_own_again_after_a_restart_and_the_process_before_it_keeps_nothing(
    store: Store, clock: ManualClock
) -> None:
    before = await Leases.open(store, clock, ["git", "tick"])
    after = await Leases.open(store, clock, ["git", "tick"])
    assert after.owner == before.owner and after.token("git") > before.token("git") > 0
    with pytest.raises(LeaseLost, match="'git'"):
        async with before.keeping("git") as tx:
            await tx.set_flag("done", "by the one before")
    assert await store.flag("done") is None and not before.holds("git") and before.holds("tick")
    async with after.keeping("git") as tx:
        await tx.set_flag("done", "by the one after")
    assert await store.flag("done") == "by the one after"


async def test_another_owner_waits_until_the_time_is_over(store: Store, clock: ManualClock) -> None:
    first, second = await Leases.open(store, clock, ["git"]), rival(store, clock)
    await second.add(["git", "notify"])
    assert second.holds("notify") and not second.holds("git")
    clock.advance(TTL - 1)
    assert await second.renew() == (set(), set()) and not second.holds("git")
    clock.advance(RENEW)
    assert await second.renew() == (set(), {"git"})
    assert await first.renew() == ({"git"}, set()) and not first.holds("git")


async def test_who_slept_past_its_time_goes_on_where_nobody_took_it(store: Store, clock: ManualClock) -> None:
    first, second = await Leases.open(store, clock, ["git"]), rival(store, clock)
    clock.advance(10 * TTL)
    async with first.keeping("git") as tx:
        await tx.set_flag("done", "late")
    await second.add(["git"])
    assert await store.flag("done") == "late" and not second.holds("git"), "what is kept renews the lease"


async def test_work_is_kept_under_the_token_with_which_it_began(store: Store, clock: ManualClock) -> None:
    first, second = await Leases.open(store, clock, ["git"]), rival(store, clock)
    began = first.token("git")
    clock.advance(TTL + 1)
    await second.add(["git"])
    clock.advance(TTL + 1)
    assert await first.renew() == ({"git"}, {"git"}), "it was lost, and ran out again meanwhile"
    with pytest.raises(LeaseLost):
        async with first.keeping("git", began) as tx:
            await tx.set_flag("done", "late")
    assert await store.flag("done") is None and first.holds("git")


async def test_all_are_renewed_by_one_statement_at_a_third_of_their_time(store: Store, clock: ManualClock) -> None:
    many = [f"poll/{number}" for number in range(500)]
    leases, other = await Leases.open(store, clock, many), rival(store, clock)
    await leases.renew()
    before = store.counts.statements, store.counts.commits
    for _ in range(12):
        clock.advance(RENEW / 2)
        assert await leases.renew() == (set(), set())
    spent = store.counts.statements - before[0], store.counts.commits - before[1]
    assert spent == (2 * 6, 6), "each time: BEGIN, and one for all"
    await other.add(many)
    assert not any(map(other.holds, many))
    await leases.add(many)
    assert store.counts.commits - before[1] == 7, "what is held already costs nothing"


def test_an_owner_has_a_name_of_its_own_that_stays(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first = owner_of(tmp_path / "a")
    assert first == owner_of(tmp_path / "a") != owner_of(tmp_path / "b")
    (tmp_path / "a" / "owner").write_text("")  # a kill between making the file and writing it
    assert owner_of(tmp_path / "a") not in ("", first)
