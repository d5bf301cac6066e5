"""What the first page says of baselines, and that it says it as quickly however much was approved by then."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import TextClause

from monitor.adapters import store_home
from monitor.adapters.records import Origin
from monitor.adapters.store import Store
from monitor.adapters.store_home import Newest
from probes.kit.contract import Kind, Ref

FIELDS = Ref(Kind.FIELD, "Lead")


async def approved(store: Store, integration: str, *times: float) -> None:
    origins = [
        Origin(integration=integration, ref=FIELDS, key=f"f{n}", how="approved", sha=f"sha-{at}", by="local:ops", at=at)
        for n, at in enumerate(times)
    ]
    async with store.transaction() as tx:
        await tx.set_origin(*origins)


async def test_newest_is_the_last_commit_of_each_baseline_and_oldest_the_one_left_alone_the_longest(
    store: Store,
) -> None:
    await approved(store, "crm", 300.0, 500.0, 400.0)
    await approved(store, "mail", 200.0, 100.0)
    await approved(store, "other", 1.0)
    names = ["crm", "mail", "never-captured"]
    assert await store_home.newest(store, names) == {
        "crm": Newest(500.0, "sha-500.0", "approved"),
        "mail": Newest(200.0, "sha-200.0", "approved"),
    }
    assert await store_home.oldest(store, names) == ("mail", 200.0)
    assert await store_home.oldest(store, ["never-captured"]) is None


@pytest.mark.parametrize("statement", [store_home._NEWEST, store_home._OLDEST])
async def test_neither_walks_over_all_that_was_ever_approved(
    store: Store, tmp_path: Path, statement: TextClause
) -> None:
    plan = sqlite3.connect(tmp_path / "var" / "state.db").execute(f"EXPLAIN QUERY PLAN {statement.text}", ["[]"])
    steps = [str(step[-1]) for step in plan]
    assert any("origin_by_at (integration=?)" in step for step in steps)
    assert not [step for step in steps if "SCAN o" in step or "TEMP B-TREE FOR GROUP" in step]
