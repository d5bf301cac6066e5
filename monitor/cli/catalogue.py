"""catalogue: any field, option or right of the stack, found by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from . import app
from .desk import Desk, Local, desk
from .options import HERE, Folder, Integration, Json, wait
from .out import Stop, as_json, many, note, stamp, table
from .remote import Remote

if TYPE_CHECKING:
    from monitor.engine.catalogue_shapes import Results


@app.command()
def catalogue(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A name, Object.Field, a label, an option or a right.")],
    integration: Integration = "",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Find fields, options and rights in what was read of every system; six of each, or many of one."""

    async def work() -> Results:
        async with desk(stack) as at:
            return await _search(at, query, integration)

    found = wait(work())
    if found.refused:
        raise Stop(found.refused)
    if json:
        as_json(found)
        return
    rows = [
        (one.integration, f"{one.kind}/{one.scope}", one.name, one.label, one.value or one.why, stamp(one.good_at))
        for group in found.groups for one in group.items
    ]  # fmt: skip
    table(("System", "Scope", "Name", "Label", "Found by", "Read"), rows, empty="Nothing that was read fits.")
    shown, behind = len(rows), f"; {found.behind} scopes are not looked through yet" if found.behind else ""
    if found.total > shown or behind:
        note(
            f"driftline: {shown} of {found.total} in {many(found.systems, 'system')}{behind}; --integration shows more"
        )


async def _search(at: Desk, query: str, integration: str) -> Results:
    from monitor.engine.catalogue_shapes import Results

    if isinstance(at, Remote):
        return await at.get("catalogue", Results, q=query, integration=integration)
    assert isinstance(at, Local)  # noqa: S101 - a desk is one of the two
    from monitor.engine.catalogue import MOST, follow, search
    from monitor.engine.views import NotFound

    await follow(at.engine)
    try:
        return await search(at.engine, query, integration, each=MOST) if integration else await search(at.engine, query)
    except NotFound as error:
        raise Stop(str(error)) from error
