"""What was decided, and taking it back: decisions, undo."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from . import app
from .desk import desk
from .options import HERE, Folder, Json, wait
from .out import as_json, stamp, table
from .standing import filed

if TYPE_CHECKING:
    from monitor.engine.request import Decided


@app.command()
def decisions(
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many of the newest.")] = 20,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """What was decided, the newest first: by whom, why, and what became of it."""

    async def work() -> tuple[tuple[Decided, ...], float]:
        async with desk(stack) as at:
            return await at.decisions(limit), at.now()

    rows, now = wait(work())
    if json:
        as_json({"items": rows})
        return
    columns = ("When", "Decision", "State", "What", "By", "Because", "Undo until")
    taken = {one.undoes for one in rows if one.undoes and one.state not in ("conflicted", "unmerged")}
    table(columns, [_row(one, now, taken) for one in rows], empty="Nothing was decided yet.")


def _row(one: Decided, now: float, taken: Collection[str]) -> tuple[str, ...]:
    what = f"{one.kind} {one.integration}".strip() + (f" ({len(one.findings)})" if len(one.findings) > 1 else "")
    why = " ".join(part for part in (one.reason, one.ticket) if part)
    left = "undone" if one.uuid in taken else stamp(one.undo_until) if (one.undo_until or 0.0) > now else ""
    state = f"{one.state} {one.pull}" if one.pull else one.state
    return stamp(one.at), one.uuid, state, what, one.by, why, left


@app.command()
def undo(
    decision: Annotated[
        str,
        typer.Argument(
            metavar="DECISION",
            help="As `driftline decisions` or, for a policy's day, `driftline standing digest` names it.",
        ),
    ],
    reason: Annotated[str, typer.Option(help="Why; needed for what a policy approved.")] = "",
    finding: Annotated[
        list[str] | None, typer.Option("--finding", metavar="ID", help="This alone of a policy's day; may be repeated.")
    ] = None,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Take back a decision of the last ten minutes, or what policies approved on a day, by another commit; what it
    approved is then asked of people."""
    from monitor.engine.undoing import Undo

    asked = Undo(uuid=str(uuid4()), decision=decision, reason=reason, findings=tuple(finding or ()))

    async def work() -> Decided:
        async with desk(stack) as at:
            return await at.undo(asked)

    filed(wait(work()), json, f"{decision} is undone")
