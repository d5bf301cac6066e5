"""Commands about planned changes: planned list, show, add, close, withdraw, and what a range of commits stands for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from . import app
from .desk import desk
from .options import HERE, Folder, Json, until, wait
from .out import BLIND, Stop, as_json, note, say, stamp, table
from .plans import plans_of
from .standing import Reason, filed
from .text import seen

if TYPE_CHECKING:
    from monitor.engine.plan_shapes import Announced, PlanDetail, PlanRow

    from .sources import Found

planned = typer.Typer(help="What was said to change, before or after the fact, and what came of it.")
app.add_typer(planned, name="planned")
Name = Annotated[str, typer.Argument(metavar="ID", help="As `driftline planned list` shows it.")]
Ticket = Annotated[str, typer.Option(metavar="TICKET", help="Under which it was planned.")]
Until = Annotated[
    str,
    typer.Option("--until", metavar="TIME", help="A day, a time as 2026-12-01T14:00, or so long from now, as 2h."),
]


@planned.callback(invoke_without_command=True)
def from_git(
    context: typer.Context,
    between: Annotated[
        str,
        typer.Option(
            "--from-git", metavar="A..B",
            help="In a Salesforce DX checkout: the patterns that what differs between two commits stands for.",
        ),
    ] = "",
    integration: Annotated[str, typer.Option("--integration", "-i", metavar="NAME", help="Where it goes.")] = "",
    announce: Annotated[
        bool, typer.Option("--announce", help="Open a deployment with them; without it they are printed.")
    ] = False,
    ticket: Ticket = "",
    id: Annotated[str, typer.Option("--id", metavar="ID", help="What it is to be called.")] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")] = "",
    until_: Until = "",
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 3 where metadata stands for nothing that is read.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="As a body for POST /api/v1/changes.")] = False,
    stack: Folder = HERE,
) -> None:  # fmt: skip
    """Planned changes. With --from-git A..B: what changed between two commits of Salesforce source, as patterns."""
    if context.invoked_subcommand is not None:
        return
    if not between:
        say(context.get_help())
        return
    from .sources import found_in

    if not integration:
        raise Stop("--integration: say which integration is deployed to; its name begins each pattern")
    if announce and not ticket.strip():
        raise Stop("--ticket: expected the ticket under which it is planned, to announce it")
    found = found_in(Path.cwd(), between)
    patterns = tuple(f"{integration}/{place}" for place in found.places)
    asked = {"id": id, "ticket": ticket, "reason": reason, "expected_end": _time(until_), "patterns": list(patterns)}
    body = {name: value for name, value in asked.items() if value} | {"integrations": [integration]}
    _unmapped(found)
    if not patterns:
        words = f"nothing in {between} stands for anything that is read, so there is nothing to announce"
        if json:
            raise Stop(words)
        note(f"driftline: {words}")
    elif announce:
        _announced(_make(body, stack), json)
    elif json:
        as_json(body)
    else:
        for pattern in patterns:
            say(seen(pattern))
    if strict and found.unmapped:
        raise typer.Exit(BLIND)


def _unmapped(found: Found) -> None:
    for path, why in found.left:
        note(f"driftline: not in the plan: {seen(path)}: {seen(why)}")


@planned.command("list")
def list_(
    state: Annotated[str, typer.Option("--state", metavar="open|coming|over", help="These alone.")] = "",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Planned changes, open ones first: what came with each, what is outstanding, what came beside it."""

    async def work() -> tuple[PlanRow, ...]:
        async with desk(stack) as at:
            return await plans_of(at).rows(state)

    rows = wait(work())
    if json:
        as_json({"items": rows})
        return
    columns = ("Id", "State", "Ticket", "Until", "Waits", "Closed", "Not in it", "Outstanding", "Because")
    shown = [
        (r.id, r.state, r.ticket, stamp(r.end), str(r.waiting), str(r.done), str(r.beside), str(len(r.outstanding)),
         r.reason) for r in rows
    ]  # fmt: skip
    table(columns, shown, empty="Nothing is planned, and nothing was.")


@planned.command()
def show(id: Name, json: Json = False, stack: Folder = HERE) -> None:
    """One with its findings: what can be approved, what cannot yet, what is closed, what is not in the plan."""

    async def work() -> PlanDetail:
        async with desk(stack) as at:
            return await plans_of(at).one(id)

    view = wait(work())
    if json:
        as_json(view)
        return
    groups = (("ready", view.ready), ("not yet", view.later), ("closed", view.done), ("not in the plan", view.beside))
    shown = [(word, one.id, one.level, one.says) for word, rows in groups for one in rows]
    shown += [("outstanding", "", "", pattern) for pattern in view.row.outstanding]
    table(("", "Finding", "Level", "What"), shown, empty="Nothing came with it, and nothing is outstanding.")


@planned.command()
def add(
    id: Annotated[str, typer.Argument(metavar="ID", help="What it is to be called.")],
    ticket: Ticket,
    on: Annotated[
        list[str] | None,
        typer.Option("--on", metavar="PATTERN", help="integration/kind/scope/key, * for any text; may be repeated."),
    ] = None,
    actor: Annotated[str, typer.Option(metavar="WHO", help="Exactly as the vendor names them.")] = "",
    integration: Annotated[
        list[str] | None, typer.Option("--integration", "-i", metavar="NAME", help="Where; may be repeated.")
    ] = None,
    since: Annotated[str, typer.Option(metavar="TIME", help="When it begins or began; now if not given.")] = "",
    until_: Until = "",
    owner: Annotated[str, typer.Option(metavar="TEAM", help="The team that answers for it.")] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")] = "",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Announce one, before or after the fact. Without --until it is a deployment, which `close` ends."""
    body = {
        "id": id, "ticket": ticket, "patterns": on or [], "actor": actor, "integrations": integration or [],
        "start": since or None, "end": _time(until_), "owner": owner, "reason": reason,
    }  # fmt: skip
    _announced(_make(body, stack), json)


@planned.command()
def close(id: Name, json: Json = False, stack: Folder = HERE) -> None:
    """It is over now: a deployment that went through, or a window that ends early."""

    async def work() -> Announced:
        async with desk(stack) as at:
            return await plans_of(at).close(id)

    _kept(wait(work()), json, f"{id} is closed")


@planned.command()
def withdraw(id: Name, reason: Reason, json: Json = False, stack: Folder = HERE) -> None:
    """It is not planned any more: what came with it is judged without it."""

    async def work() -> Announced:
        async with desk(stack) as at:
            return await plans_of(at).withdraw(id, str(uuid4()), reason)

    _kept(wait(work()), json, f"{id} is withdrawn")


def _make(body: dict[str, Any], stack: Path) -> Announced:
    import msgspec

    from monitor.engine.plan_shapes import Plan

    async def work() -> Announced:
        async with desk(stack) as at:
            return await plans_of(at).add(msgspec.convert(body, Plan))

    return wait(work())


def _time(text: str) -> float | str | None:
    """So long from now in epoch seconds; a day or a time as it is written, which the stack's clocks say."""
    return (text if "-" in text else until("--until", text)) if text else None


def _announced(done: Announced, json: bool) -> None:
    what = "deployment" if done.deployment else "planned change"
    _kept(done, json, f"The {what} {done.id} is announced until {stamp(done.end)}")


def _kept(done: Announced, json: bool, words: str) -> None:
    if done.decision is not None:
        filed(done.decision, json, words)
    elif json:
        as_json(done)
    else:
        say(f"{words}; it was so already.")
