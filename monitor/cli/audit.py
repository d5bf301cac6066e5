"""Commands for auditors: audit verify, audit report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import app
from .desk import desk
from .options import HERE, Folder, Json, one_of, wait
from .out import BLIND, DRIFT, FINE, as_json, emit, many, note, say, stamp
from .text import seen

if TYPE_CHECKING:
    from monitor.engine.trail_shapes import Report, Verified

FORMATS = ("csv", "json", "html")
audit = typer.Typer(help="The paper trail: whether it is whole, and a report of it.", no_args_is_help=True)
app.add_typer(audit, name="audit")


@audit.command()
def verify(json: Json = False, stack: Folder = HERE) -> None:
    """Recompute the chain of the trail, and hold it against the commits of the branch and of the remote.

    Exit 0: all is well; 1: something was changed, cut off or rewritten; 3: not all of it could be looked at.
    """

    async def work() -> Verified:
        async with desk(stack) as at:
            return await at.verify()

    found = wait(work())
    if json:
        as_json({"ok": found.good and not found.unknown, **_fields(found)})
    elif found.good:
        say(summary(found))
    for words in (*found.problems, *found.unknown):
        note(f"driftline: {seen(words)}")
    if found.more:
        note(f"driftline: and {found.more} more")
    raise typer.Exit(DRIFT if not found.good else BLIND if found.unknown else FINE)


def _fields(found: Verified) -> dict[str, object]:
    return {name: getattr(found, name) for name in found.__struct_fields__}


def summary(found: Verified) -> str:
    """One paragraph."""
    where = "of the branch and of the remote" if found.remote else "of the branch"
    words = f"The trail is whole: {many(found.entries, 'entry', 'entries')}, each following on the one before. "
    words += (
        f"{many(found.commits, 'commit')} {where} name the entry that they carry out, and it is there as they say. "
    )
    words += f"{many(found.decisions, 'decision')} that led to a commit: each is where it should be. "
    return f"{words}Looked at {stamp(found.at)}."


@audit.command()
def report(
    since: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day, such as 2026-01-01.")],
    until: Annotated[str, typer.Option("--to", metavar="DAY", help="The last day, included.")],
    form: Annotated[str, typer.Option("--format", metavar="|".join(FORMATS), help="A table, data, or a page.")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Into this file, not printed.")] = None,
    stack: Folder = HERE,
) -> None:
    """Who approved what, what went past approval, and how long each system was watched, with every gap."""
    from monitor.web.reports import render

    one_of("--format", form, FORMATS)

    async def work() -> Report:
        async with desk(stack) as at:
            return await at.report(since, until)

    made = render(wait(work()), form)
    if out is None:
        emit(made)
    else:
        out.write_text(made, encoding="utf-8", newline="")
        note(f"driftline: {out} has the report")
