"""Commands that look at drift: diff, findings, show, poll."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from . import app
from .desk import desk
from .options import (
    HERE,
    LEVELS,
    STANDS,
    FailOn,
    Folder,
    Integration,
    Json,
    Level,
    OfKind,
    Owner,
    Strict,
    finding,
    kind,
    one_of,
    verdict,
    wait,
)
from .out import Stop, as_json, emit, many, note, show, span, text

if TYPE_CHECKING:
    from monitor.engine.request import Polled

    from .comparison import Comparison
    from .desk import Desk

FORMATS = ("text", "json", "markdown", "junit", "sarif")


@app.command()
def diff(
    integration: Integration = "",
    kind_: OfKind = "",
    owner: Owner = "",
    format: Annotated[str, typer.Option(metavar="|".join(FORMATS), help="How to say it.")] = "text",
    json: Json = False,
    poll: Annotated[bool, typer.Option("--poll", help="Read the systems first.")] = False,
    fail_on: FailOn = "",
    strict: Strict = False,
    stack: Folder = HERE,
) -> None:
    """What differs from the baselines, as last read: values before and after, and who is hurt."""
    format = "json" if json else one_of("--format", format or "text", FORMATS)
    one_of("--fail-on", fail_on, LEVELS)
    kinds = kind(kind_)

    async def work() -> Comparison:
        from monitor.engine.shapes import Filter

        from .comparison import compared

        async with desk(stack) as at:
            names = await names_of(at, integration)
            if poll:
                _told(await _polled(at, names))
            wanted = Filter(
                integration=integration, source="drift", kind=kinds, owner=owner, children=True, policy=True
            )
            return await compared(at, names, wanted)

    view = wait(work())
    emit_as(format, view, fail_on=fail_on, strict=strict)
    raise typer.Exit(verdict(view.levels(), len(view.incomplete), fail_on=fail_on, strict=strict))


def emit_as(format: str, view: Comparison, *, fail_on: str, strict: bool) -> None:
    from importlib.metadata import version

    from . import formats, lists

    match format:
        case "json":
            as_json(view)
        case "markdown":
            emit(formats.markdown(view))
        case "junit":
            emit(formats.junit(view, fail_on=fail_on, strict=strict))
        case "sarif":
            from monitor.engine.rulelist import rules

            emit(formats.sarif(view, rules(), version("driftline")))
        case _:
            show(*lists.comparison(view))


@app.command()
def findings(
    integration: Integration = "",
    stand: Annotated[str, typer.Option(metavar="|".join(STANDS), help="Which to list.")] = "open",
    level: Level = "",
    kind_: OfKind = "",
    owner: Owner = "",
    search: Annotated[str, typer.Option(metavar="WORDS", help="In sentence, path or id.")] = "",
    children: Annotated[bool, typer.Option("--children", help="Also what is folded under a cause.")] = False,
    policy: Annotated[bool, typer.Option("--policy", help="Also what a policy will approve.")] = False,
    json: Json = False,
    fail_on: FailOn = "",
    strict: Strict = False,
    stack: Folder = HERE,
) -> None:
    """What needs a person: all findings, worst first."""
    one_of("--stand", stand, STANDS)
    one_of("--level", level, LEVELS)
    one_of("--fail-on", fail_on, LEVELS)
    kinds = kind(kind_)

    async def work() -> tuple[Any, ...]:
        from monitor.engine.shapes import Filter

        from .comparison import every, incomplete, not_watched

        async with desk(stack) as at:
            names = await names_of(at, integration)
            wanted = Filter(
                stand=cast(Any, stand or "open"), integration=integration, level=level, kind=kinds, owner=owner,
                text=search, children=children, policy=policy,
            )  # fmt: skip
            return await every(at, wanted), await incomplete(at, names), await not_watched(at, names), at.now()

    rows, blind, fresh, now = wait(work())
    from . import lists

    if json:
        as_json({"items": rows, "total": len(rows), "incomplete": blind, "not_watched": fresh})
    elif rows:
        show(text((lists.TITLES[stand or "open"], "bold"), f"  {len(rows)}"), "", *lists.findings(rows, now))
        show(*lists.blind(blind), *lists.fresh(fresh))
    else:
        chosen = integration or level or kind_ or owner or search or stand not in ("", "open")
        calm = "Nothing is open. What the baselines approve is what is there, wherever we could look."
        show("Nothing fits this filter." if chosen else calm, *lists.blind(blind), *lists.fresh(fresh))
    levels = [row.level for row in rows if row.source == "drift" and row.stand == "open"]
    raise typer.Exit(verdict(levels, len(blind), fail_on=fail_on, strict=strict))


@app.command("show")
def show_(
    id: Annotated[str, typer.Argument(metavar="ID", help="Id of a finding; a unique beginning is enough.")],
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """One finding in full: before and after, why it matters, who is hurt, what may be decided."""
    wanted = finding(id)

    async def work() -> tuple[Any, float]:
        async with desk(stack) as at:
            return await at.detail(wanted), at.now()

    view, now = wait(work())
    if json:
        as_json(view)
        return
    from .page import page

    show(*page(view, now))


@app.command()
def poll(
    integrations: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="All, where none is named.")
    ] = None,
    json: Json = False,
    fail_on: FailOn = "",
    strict: Strict = False,
    stack: Folder = HERE,
) -> None:
    """Read systems now, and say what came of it."""
    one_of("--fail-on", fail_on, LEVELS)

    async def work() -> tuple[Any, ...]:
        from monitor.engine.shapes import Filter

        from .comparison import every, incomplete

        async with desk(stack) as at:
            names = [name for wanted in integrations or [""] for name in await names_of(at, wanted)]
            polled = await _polled(at, names)
            rows = [
                row
                for name in names
                for row in await every(at, Filter(integration=name, source="drift", children=True, policy=True))
            ]
            return polled, rows, await incomplete(at, names)

    polled, rows, blind = wait(work())
    from . import lists

    if json:
        as_json({"items": polled, "incomplete": blind})
    else:
        show(*(_line(one) for one in polled), *lists.blind(blind))
    raise typer.Exit(verdict([row.level for row in rows], len(blind), fail_on=fail_on, strict=strict))


async def names_of(at: Desk, wanted: str) -> list[str]:
    """The integration that was named, else all. Raises Stop."""
    names = [row.name for row in (await at.overview()).systems]
    one_of("integration", wanted, names)
    return [wanted] if wanted else names


async def _polled(at: Desk, names: Sequence[str]) -> list[Polled]:
    """All at once; one that cannot be read keeps none of the others from being told. Raises Stop after all."""
    done = await asyncio.gather(*(at.poll(name) for name in names), return_exceptions=True)
    stops = [problem for one in done if isinstance(one, Stop) for problem in one.problems]
    for one in done:
        if isinstance(one, BaseException) and not isinstance(one, Stop):
            raise one
    if stops:
        raise Stop(*stops)
    return [one for one in done if not isinstance(one, BaseException)]


def _told(polled: Sequence[Polled]) -> None:
    for one in polled:
        note(str(_line(one)))


def _line(one: Polled) -> Any:
    run = one.reading
    classes = ", ".join(f"{count} {name}" for name, count in sorted(run.requests.items()))
    why = f": {run.reason}" if run.reason else ""
    style = {"ok": "green", "failed": "bold red"}.get(run.outcome, "yellow")
    took = span(run.ended_at - run.started_at)
    asked = f"{many(sum(run.requests.values()), 'request')}{f' ({classes})' if classes else ''}"
    return text((run.outcome, style), f"  {run.integration}  {asked}, {took}, {many(one.events, 'event')}{why}")
