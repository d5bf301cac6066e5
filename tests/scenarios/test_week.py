"""A boring week: two hundred harmless changes must not become two hundred decisions, and none of six may be missed."""

from __future__ import annotations

from pathlib import Path

from monitor.core.model import Phase
from monitor.engine.gauges import snapshot
from monitor.engine.views import findings
from tests.engine.conftest import captured

from .week import Queue, week


async def test_a_boring_week_brings_ten_items_at_most_and_all_that_is_harmful_is_among_them(tmp_path: Path) -> None:
    plan = week()
    assert (len(plan.harmless), len(plan.harmful), len(plan.days), plan.most) == (200, 6, 7, 10)
    async with captured(tmp_path) as world:
        assert world.open() == []
        queue = Queue(world.player)
        await queue.play(plan.days)
        said = [f"{one.level.word} {one.address}" for one in queue.reached.values()]
        for step in plan.harmful:
            assert step.seen is not None
            found = queue.at(step.seen)
            assert found is not None and found.id in queue.reached, f"missed: {step.seen}; told were {said}"
        assert len(queue.reached) <= plan.most, said
        assert queue.urgent == set()
        shown = findings(world.engine)
        (figure,) = [one for one in snapshot(world.engine).series if one.name == "driftline_review_items_new"]
        assert sum(figure.values.values()) == shown.total <= plan.most
        assert {owner for (_, owner), count in figure.values.items() if count} <= {
            "marketing-operations", "revenue-operations",
        }  # fmt: skip
        days = [one for one in await world.engine.store.decisions() if one.how == "policy"]
        taken = [world.engine.ledger.findings[id] for one in days for id in one.findings]
        assert len(taken) >= 180 and {one.phase for one in taken} == {Phase.CLOSED}
        assert len(days) == len({(one.integration, int(one.at // 86_400)) for one in days}) <= 14
        assert all(one.state == "pushed" for one in days)
