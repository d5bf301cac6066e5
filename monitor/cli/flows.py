"""Commands about flows: how each stands, and what is not known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from . import app
from .desk import desk
from .options import HERE, Folder, Json, wait
from .out import as_json, table

if TYPE_CHECKING:
    from monitor.engine.flowlist import FlowRow

flows_ = typer.Typer(help="How each flow stands, and what is not known of it.", invoke_without_command=True)
app.add_typer(flows_, name="flows")


@flows_.callback()
def flows(
    context: typer.Context,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """How each flow stands, and what is not known of it."""
    if context.invoked_subcommand is not None:
        return

    async def work() -> tuple[FlowRow, ...]:
        async with desk(stack) as at:
            return await at.flows()

    rows = wait(work())
    if json:
        as_json({"items": rows})
        return
    shown = [
        (one.state, one.id, f"{one.source} → {one.target}", ", ".join(one.findings), " ".join(one.unknown), one.owner)
        for one in rows
    ]
    columns = ("State", "Flow", "Feeds", "Open", "Not known", "Owner")
    table(columns, shown, empty="No flow is described yet; driftline flows propose finds them in what was read.")
