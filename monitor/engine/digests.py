"""What comes by the day and the week: one message for each owner, with what happened, what is open, and each week what
policies approve and what of it can still be taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from heapq import nsmallest
from typing import TYPE_CHECKING, Final

from monitor.adapters.notified import Message
from monitor.adapters.records import DecisionState
from monitor.core.model import Finding, Level, Phase

from . import alert_facts
from .alert_text import said
from .figure_shapes import took
from .messages import title
from .rows import rows, stand, waits_for
from .standing import digest as days
from .standing import standing

if TYPE_CHECKING:
    from .core import Engine

SOME: Final = 10  # of each kind that are named
_LINE: Final = 160  # characters
_TAKES: Final = 200  # days of policies that are looked through
_WRITTEN: Final = frozenset({DecisionState.COMMITTED, DecisionState.PROPOSED, DecisionState.PUSHED})


def owners(engine: Engine) -> tuple[str, ...]:
    """Teams that own something here."""
    config = engine.config
    own = {one.owner for one in config.integrations.values()} | {flow.owner for flow in config.flows}
    return tuple(sorted(own | {alert_facts.owner(one) for one in _roots(engine)} & config.people.teams.keys()))


async def written(engine: Engine, owner: str, every: str, since: float, id: str) -> Message | None:
    """None for a day on which there is nothing to say."""
    now, url = engine.clock.now(), alert_facts.pages_at(engine)
    mine = [one for one in _roots(engine) if alert_facts.owner(one) == owner]
    open_ = [one for one in mine if one.phase is Phase.OPEN]
    new = [one for one in open_ if (one.opened_at or 0.0) >= since]
    over = [one for one in mine if one.phase is Phase.CLOSED and (one.closed_at or 0.0) >= since]
    if every == "daily" and not (open_ or over):
        return None
    levels = [f"{sum(one.level is level for one in open_)} {level.word}" for level in sorted(Level, reverse=True)]
    lines = [f"Open: {', '.join(levels)}. New since the last time: {len(new)}. Over: {len(over)}."]
    worst = nsmallest(SOME, open_, key=lambda one: (-one.level, one.opened_at or 0.0, one.id))
    lines += _named(engine, "The gravest that are open, oldest first:", worst, len(open_), now)
    lines += _named(engine, "Over:", over[:SOME], len(over), now)
    if every == "weekly":
        lines += [line async for line in _policies(engine, owner, since)]
    return Message(
        id=id, type=f"digest.{every}", stack=engine.config.stack, at=now, urgency="digest",
        title=title(engine, f"{said(owner, 40)}: {len(open_)} open, {len(new)} new, {len(over)} over"),
        text="\n".join([*lines, f"{url}/review?owner={owner}"]), link=f"{url}/review?owner={owner}",
        data={"owner": owner, "open": len(open_), "new": len(new), "over": len(over)},
    )  # fmt: skip


def _roots(engine: Engine) -> Iterator[Finding]:
    """What people are told of: neither ignored, nor a policy's."""
    now = engine.clock.now()
    for one in engine.ledger.findings.values():
        told = one.phase is Phase.CLOSED and one.opened_at is not None
        if not one.cause and (told or stand(one, now) == Phase.OPEN) and not waits_for(engine, one):
            yield one


def _named(engine: Engine, heading: str, some: list[Finding], all_of: int, now: float) -> Iterator[str]:
    if some:
        yield f"\n{heading}"
    for row in rows(engine, some):
        age = took(max(0.0, now - (row.opened_at or row.first_seen_at)))
        yield f"- {row.level}: {said(f'{row.title}: {row.says}', _LINE)} ({age})"
        yield f"  {alert_facts.pages_at(engine)}/findings/{row.id}"
    if all_of > len(some):
        yield f"- and {all_of - len(some)} more"


async def _policies(engine: Engine, owner: str, since: float) -> AsyncIterator[str]:
    url = alert_facts.pages_at(engine)
    taken = [one for one in await days(engine, _TAKES) if one.at >= since]
    mine = [row for row in standing(engine) if row.owner == owner and row.state != "ended"]
    yield "\nStanding approvals:" if mine else "\nStanding approvals: none."
    for row in mine[:SOME]:
        count = sum(one.policy == row.id for day in taken for one in day.taken)
        yield f"- {said(row.id, 63)}: until {row.last_day}, took {count}, {row.waiting} wait for it"
    config = engine.config.integrations
    back = [
        day for day in taken
        if day.integration in config and config[day.integration].owner == owner
        and day.state in _WRITTEN and any(not one.undone for one in day.taken)
    ]  # fmt: skip
    if back:
        yield "\nCan still be taken back:"
    for day in back[:SOME]:
        left = sum(not one.undone for one in day.taken)
        yield f"- {said(day.integration, 63)}: {left} approved by policy\n  {url}/standing#{day.decision}"
