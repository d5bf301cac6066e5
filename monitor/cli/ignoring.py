"""Commands about what is ignored: ignores, unignore. An ignore is made by `ignore`, a decision like any other."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from . import app
from .desk import desk
from .options import HERE, Folder, Integration, Json, wait
from .out import ago, as_json, table
from .standing import Reason, filed

if TYPE_CHECKING:
    from monitor.engine.request import Decided
    from monitor.engine.restless import RestlessRow
    from monitor.engine.shapes import IgnoreRow


@app.command()
def ignores(
    integration: Integration = "",
    proposed: Annotated[
        bool, typer.Option("--proposed", help="What could be: facts that change in most polls, with the evidence.")
    ] = False,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """What is ignored: why, until when, who answers for it, and how often it held."""
    if proposed:
        _proposed(integration, json, stack)
        return

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


def _proposed(integration: str, json: bool, stack: Path) -> None:
    """Nothing is ignored by itself: the command that would do it stands beside each."""

    async def work() -> tuple[RestlessRow, ...]:
        async with desk(stack) as at:
            return await at.restless(integration)

    rows = wait(work())
    if json:
        as_json({"items": rows})
        return
    columns = ("Changed", "What", "Last values", "To ignore it")
    shown = [
        (f"{one.changed} of {one.polls} polls", one.pattern, ", ".join(one.values),
         f"driftline ignore {' '.join(one.findings)} --any-value --pattern {quote(one.pattern)} --owner {one.owner} "
         f"--until {one.until} --reason {quote(one.reason)}")
        for one in rows
    ]  # fmt: skip
    table(columns, shown, empty="Nothing changes in most polls.")


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
