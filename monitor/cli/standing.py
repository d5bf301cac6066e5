"""Commands about what is approved by policy: standing list, digest, add, end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from . import app
from .desk import desk
from .options import HERE, Folder, Json, until, wait
from .out import USAGE, as_json, show, table, text, waits

if TYPE_CHECKING:
    from monitor.engine.request import Decided

standing = typer.Typer(help="What is approved by policy, so that nobody has to see it.", no_args_is_help=True)
app.add_typer(standing, name="standing")
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; kept with it.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")]


@standing.command("list")
def list_(json: Json = False, stack: Folder = HERE) -> None:
    """Every standing approval, with what it takes and what waits for it."""

    async def work() -> Any:
        async with desk(stack) as at:
            return await at.standing()

    rows = wait(work())
    if json:
        as_json({"items": rows})
        return
    columns = ("Name", "State", "Waiting", "At most", "Until", "Owner", "Takes", "Because")
    table(
        columns,
        [(r.id, r.state, str(r.waiting), f"{r.cap} a day", r.last_day, r.owner, _takes(r), r.reason) for r in rows],
        empty="There is none: every drift is decided by a person.",
    )


def _takes(row: Any) -> str:
    parts = [" ".join(row.rules), f"on {' '.join(row.patterns)}", " or ".join(row.levels), " or ".join(row.kinds)]
    parts += [] if row.vendor_made is None else ["made by the vendor" if row.vendor_made else "not made by the vendor"]
    parts += [f"by {row.actor}"] if row.actor else []
    return ", ".join(part for part in parts if part)


@standing.command()
def digest(json: Json = False, stack: Folder = HERE) -> None:
    """What policies approved, day by day, the newest first."""

    async def work() -> Any:
        async with desk(stack) as at:
            return await at.digest()

    days = wait(work())
    if json:
        as_json({"items": days})
        return
    rows = [
        (one.decision, one.state, taken.finding, taken.policy, "undone" if taken.undone else "", taken.says)
        for one in days
        for taken in one.taken
    ]
    table(("Day", "State", "Finding", "Policy", "", "Says"), rows, empty="No policy has approved anything yet.")


@standing.command()
def add(
    name: Name,
    rule: Annotated[list[str], typer.Option("--rule", metavar="ID", help="A rule, * for any text; may be repeated.")],
    until_: Annotated[str, typer.Option("--until", metavar="DAY", help="A day such as 2026-12-31, or 90d.")],
    owner: Annotated[str, typer.Option(metavar="TEAM", help="The team that answers for it.")],
    reason: Reason,
    cap: Annotated[int, typer.Option(min=1, metavar="N", help="At most so many a day and system.")] = 50,
    on: Annotated[
        list[str] | None, typer.Option("--on", metavar="PATTERN", help="integration/kind/scope/key, * for any text.")
    ] = None,
    level: Annotated[list[str] | None, typer.Option(metavar="info|warning", help="Which levels; info if none.")] = None,
    kind_: Annotated[list[str] | None, typer.Option("--kind", metavar="KIND", help="Only of these kinds.")] = None,
    vendor_made: Annotated[
        bool | None, typer.Option("--vendor-made/--customer-made", help="Only what the vendor made, or only the rest.")
    ] = None,
    actor: Annotated[str, typer.Option(metavar="WHO", help="Only changes by exactly this one.")] = "",
    since: Annotated[str, typer.Option(metavar="DAY", help="Only what was first seen after that day.")] = "",
    before: Annotated[str, typer.Option(metavar="DAY", help="Only what was first seen up to that day.")] = "",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Make one, or change the one of that name."""
    from monitor.engine.standing_shapes import Asked
    from probes.kit.contract import Kind

    from .options import kind

    asked = Asked(
        uuid=str(uuid4()), id=name, owner=owner, reason=reason, until=until("--until", until_), cap=cap,
        rules=tuple(rule), patterns=tuple(on or ("*",)), levels=tuple(level or ("info",)),
        kinds=tuple(Kind(kind(one)) for one in kind_ or ()), vendor_made=vendor_made, actor=actor,
        since=since or None, before=before or None,
    )  # fmt: skip

    async def work() -> Decided:
        async with desk(stack) as at:
            return await at.add_standing(asked)

    filed(wait(work()), json, f"The standing approval {name} is made")


@standing.command()
def end(name: Name, reason: Reason, json: Json = False, stack: Folder = HERE) -> None:
    """From now on it takes nothing."""
    from monitor.engine.standing_shapes import End

    async def work() -> Decided:
        async with desk(stack) as at:
            return await at.end_standing(name, End(uuid=str(uuid4()), reason=reason))

    filed(wait(work()), json, f"The standing approval {name} has ended")


def filed(done: Decided, json: bool, words: str) -> None:
    """Says what became of a decision that writes a file; `words`: what is so now, where nothing stood against it."""
    if json:
        as_json(done)
    elif done.state == "conflicted":
        show(text(f"Nothing was written: {done.note}"))
    elif done.state == "waiting":
        show(text(f"Kept; {waits(done.uuid)}"))
    elif done.state == "queued":
        show(text(f"Kept; it is on its way into git as decision {done.uuid}."))
    else:
        show(text(f"{words}, by commit {done.sha[:10]}." if done.sha else f"{words}."))
    if done.state == "conflicted":
        raise typer.Exit(USAGE)
