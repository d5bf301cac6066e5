"""Many claims are worked on while the loop goes on, and under the rules that hold at the end."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from monitor.core.judge import Context, Subject
from monitor.engine import judging
from monitor.engine.apart import MANY, apart, slices


async def test_many_are_worked_on_while_the_loop_goes_on() -> None:
    free = threading.Event()
    working = asyncio.create_task(apart(MANY + 1, free.wait, 10.0))
    await asyncio.sleep(0)
    free.set()  # from the loop: work that held it up would wait in vain
    assert await working


async def test_few_are_done_where_they_are() -> None:
    assert await apart(MANY, threading.get_ident) == threading.get_ident()


async def test_a_mistake_in_a_thread_is_raised_as_any_other() -> None:
    with pytest.raises(ZeroDivisionError):
        await apart(MANY + 1, divmod, 1, 0)


async def test_slices_are_all_in_their_order_and_others_have_their_turn_between() -> None:
    turns: list[str] = []
    items = list(range(2 * MANY + 1))
    asyncio.get_running_loop().call_soon(turns.append, "another")
    async for some in slices(items):
        turns.append(f"{some[0]}-{some[-1]}")
    assert turns == [f"0-{MANY - 1}", "another", f"{MANY}-{2 * MANY - 1}", f"{2 * MANY}-{2 * MANY}"]


async def test_rules_that_changed_while_many_were_judged_count_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = (Context(Subject("crm-prod"), profile=name) for name in ("standard", "strict"))
    contexts = iter((before, after, after, after))
    under: list[Context] = []

    def judge(engine: Any, live: Any, claims: Any, others: Any, known: Context, now: float) -> str:
        under.append(known)
        return known.profile

    monkeypatch.setattr(judging, "_judged", judge)
    engine: Any = None
    assert await judging.judged(engine, None, [], [], lambda: next(contexts), 0.0) == "strict"
    assert under == [before, after]
