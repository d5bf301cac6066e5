"""Commands that tell what happened: events of the whole stack, history of one finding or of one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import app
from .desk import desk
from .drift import names_of
from .options import HERE, Folder, Integration, Json, finding, kind, wait
from .out import as_json, show, stamp, table, text

if TYPE_CHECKING:
    from monitor.engine.shapes import Detail, Happened, Listed

    from .desk import Desk


@app.command()
def events(
    after: Annotated[int | None, typer.Option(min=0, metavar="N", help="Only what came after this number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    finding_: Annotated[str, typer.Option("--finding", metavar="ID", help="Of this finding alone.")] = "",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """What happened, oldest first: the newest ones, or those after a number."""
    wanted = finding(finding_) if finding_ else ""

    async def work() -> tuple[Happened, ...]:
        async with desk(stack) as at:
            whole = (await at.detail(wanted)).row.id if wanted else ""
            return await at.events(after, limit, whole)

    rows = wait(work())
    if json:
        as_json({"items": rows, "next": rows[-1].number if rows else after or 0})
    else:
        _happened(rows)


@app.command()
def coverage(integration: Integration = "", json: Json = False, stack: Folder = HERE) -> None:
    """What can be seen and what not: every read, the least complete first."""

    async def work() -> tuple[Listed, ...]:
        async with desk(stack) as at:
            return await at.coverage(integration)

    rows = wait(work())
    if json:
        as_json({"items": rows})
        return
    shown = [(one.words, one.integration, one.read, stamp(one.at), one.reason) for one in rows]
    table(("State", "Integration", "Read", "When", "Why"), shown, empty="Nothing was read yet.")


def _happened(rows: Sequence[Happened]) -> None:
    columns = ("No", "When", "What", "Level", "Finding", "Says")
    table(columns, [_event(one) for one in rows], empty="Nothing has happened yet.")


def _event(one: Happened) -> tuple[str, ...]:
    closing = f" ({one.closing})" if one.closing else ""
    by = f" by {one.by}" if one.by else ""
    says = " · ".join(part for part in (one.integration, one.says, one.words) if part)
    return str(one.number), stamp(one.at), f"{one.type}{closing}{by}", one.level, one.finding, says


@app.command()
def history(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="Id of a finding, or integration/kind/scope/key[/fact].")],
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Everything that happened to one finding, or to one place in a system."""

    async def work() -> dict[str, Any]:
        async with desk(stack) as at:
            views = [await at.detail(finding(what))] if "/" not in what else await _at(at, what)
            told = {one.number: one for view in views for one in view.history}
            origins = {view.origin for view in views if view.origin is not None}
            return {
                "what": what,
                "findings": [view.row for view in views],
                "origins": sorted(origins, key=lambda one: one.at or 0.0),
                "events": [told[number] for number in sorted(told)],
            }

    found = wait(work())
    if json:
        as_json(found)
        return
    if not found["findings"]:
        show(text(f"Nothing ever happened at {what}."))
        return
    for one in found["origins"]:
        by = f" by {one.by}" if one.by else ""
        sha = f" in {one.sha[:10]}" if one.sha else ""
        show(text(f"The baseline's value was {one.how}{by}{sha} {stamp(one.at)}".rstrip()))
    _happened(found["events"])


async def _at(at: Desk, what: str) -> list[Detail]:
    """All findings there ever were at an address or beneath it. Raises Stop for an address of nothing."""
    from monitor.engine.shapes import Filter

    from .comparison import every

    integration, _, rest = what.partition("/")
    kinds, _, place = rest.partition("/")
    await names_of(at, integration)
    rows = await every(at, Filter(stand="all", integration=integration, kind=kind(kinds), children=True))
    hits = []
    for row in rows:
        own = "/".join(part for part in (row.scope, row.key, row.fact, row.item) if part)
        if not place or own == place or own.startswith((f"{place}/", f"{place}.")):
            hits.append(await at.detail(row.id))
    return hits
