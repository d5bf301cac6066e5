"""Commands about flows: how each stands and what is not known of it, and which may be there that nobody described."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from . import app
from .desk import config_folder, desk
from .options import HERE, Folder, Json, wait
from .out import Stop, as_json, many, note, show, table, text
from .setup_ask import ask, present

if TYPE_CHECKING:
    from monitor.core.graph import End
    from monitor.core.proposing import Pair, Proposed
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


@flows_.command()
def propose(json: Json = False, stack: Folder = HERE) -> None:
    """Find flows in what was read, with the evidence; in a terminal, confirm each field of each by itself."""

    async def work() -> tuple[Proposed, ...]:
        async with desk(stack) as at:
            return await at.proposed_flows()

    found = wait(work())
    if json:
        as_json({"items": found})
        return
    if present() and found:
        _write(stack, _confirmed(found))
        return
    rows = [
        (pair.strength, f"{_place(one.source)}.{pair.source}", f"{_place(one.target)}.{pair.target}".rstrip("."),
         "; ".join((*pair.evidence, *one.evidence)))
        for one in found for pair in one.fields
    ]  # fmt: skip
    columns = ("Strength", "From", "To", "Evidence")
    table(columns, rows, empty="Nothing is found that is not described yet.")


def _confirmed(found: Sequence[Proposed]) -> list[tuple[Proposed, list[Pair]]]:
    """Field by field, strongest first; `q` keeps what was confirmed by then."""
    chosen: list[tuple[Proposed, list[Pair]]] = []
    for one in found:
        note("")
        note(f"{_place(one.source)} → {_place(one.target)}: {'; '.join(one.evidence)}")
        taken: list[Pair] = []
        chosen.append((one, taken))
        for pair in one.fields:
            left = f"; no place for {', '.join(pair.left)}" if pair.left else ""
            why = f"{'; '.join(pair.evidence)}{left}"
            words = f"  {pair.strength}: {pair.source} → {pair.target or 'not known'} ({why}). Is it so?"
            said = ask(f"{words} y, n or q", _answer, "n")
            if said == "q":
                return chosen
            if said == "y":
                taken.append(pair)
    return chosen


def _answer(said: str) -> str:
    if said.lower() in ("y", "yes", "n", "no", "q", "quit"):
        return said.lower()[0]
    raise ValueError("expected y, n, or q to end here and keep what was confirmed")


def _write(stack: Path, chosen: Sequence[tuple[Proposed, list[Pair]]]) -> None:
    from monitor.config import ConfigError
    from monitor.setup.confirm import confirm

    some = [(one, pairs) for one, pairs in chosen if pairs]
    if not some:
        show("Nothing was confirmed, so nothing is written.")
        return
    try:
        file = confirm(config_folder(stack), some)
    except ConfigError as error:
        raise Stop(*(str(problem) for problem in error.problems)) from error
    except OSError as error:
        raise Stop(f"the confirmed flows cannot be written: {error}") from error
    count = sum(len(pairs) for _, pairs in some)
    show(text((f"{many(count, 'field')} of {many(len(some), 'flow')}", "bold"), f" in {file}; commit it."))


def _place(end: End) -> str:
    return f"{end.integration}/{end.scope}" if end.scope else end.integration
