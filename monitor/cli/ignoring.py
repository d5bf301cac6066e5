"""Commands about what is ignored: ignores, unignore. An ignore is made by `ignore`, a decision like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from . import app
from .desk import desk
from .options import HERE, Folder, Integration, Json, wait
from .out import ago, as_json, table
from .standing import Reason, filed

if TYPE_CHECKING:
    from monitor.engine.shapes import IgnoreRow

    from .desk import Decided


@app.command()
def ignores(integration: Integration = "", json: Json = False, stack: Folder = HERE) -> None:
    """What is ignored: why, until when, who answers for it, and how often it held."""

    async def work() -> tuple[tuple[IgnoreRow, ...], float]:
        async with desk(stack) as at:
            return await at.ignores(integration), at.now()

    rows, now = wait(work())
    if json:
        as_json({"items": rows})
        return
    columns = ("Id", "State", "Until", "Hides", "Hits", "Last", "What", "Because", "Owner")
    shown = [
        (one.id, one.state, one.until, str(one.holds), str(one.hits), ago(one.last_at, now) if one.last_at else "never",
         f"{one.pattern} (any value)" if one.any_value else one.pattern, one.reason, one.owner)
        for one in rows
    ]  # fmt: skip
    table(columns, shown, empty="Nothing is ignored.")


@app.command()
def unignore(
    id: Annotated[str, typer.Argument(metavar="ID", help="As `driftline ignores` shows it.")],
    reason: Reason,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """End an ignore before its day: its file goes by a commit, and what it hid is told."""
    from monitor.engine.standing_shapes import End

    async def work() -> Decided:
        async with desk(stack) as at:
            return await at.unignore(id, End(uuid=str(uuid4()), reason=reason))

    filed(wait(work()), json, f"The ignore {id} has ended")
