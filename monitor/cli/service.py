"""Commands that run something: serve and demo."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from . import app
from .desk import configured
from .options import HERE, Folder
from .out import DRIFT, Stop, as_json, watched


@app.command()
def serve(
    stack: Folder = HERE,
    allow_secret_commands: Annotated[bool, typer.Option(help="Let ${cmd:…} references run programs.")] = False,
    log_json: Annotated[bool, typer.Option(help="Log as JSON lines.")] = False,
) -> None:
    """Watch the stack: poll, compare, alert, and answer on the pages, the API and /metrics."""
    import structlog

    from monitor.daemon import Daemon
    from monitor.engine.opening import REFUSALS
    from monitor.logs import logging_to
    from probes.kit.clock import SystemClock
    from probes.kit.registry import found

    logging_to(json=log_json)
    config = configured(stack)
    for words in found().broken.values():  # no integration reads by it, or the configuration would be wrong
        structlog.get_logger().warning("a vendor file cannot be read", problem=words)
    try:
        asyncio.run(Daemon(config, SystemClock(), allow_commands=allow_secret_commands).run())
    except (*REFUSALS, OSError) as error:
        raise Stop(str(error)) from error


demo_app = typer.Typer(help="The example stack with simulated vendors; no credentials.", invoke_without_command=True)
app.add_typer(demo_app, name="demo")
State = Annotated[Path, typer.Option(help="Where the demo keeps its state; emptied at each start.")]


class Which(StrEnum):
    spine = "spine"
    full = "full"


@demo_app.callback()
def demo(
    context: typer.Context,
    once: Annotated[bool, typer.Option(help="Play the whole story without waiting, then end.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --once: one JSON document.")] = False,
    state: State = Path("var/demo"),
    stack: Annotated[Which, typer.Option(help="The two systems of the spine, or the whole department.")] = Which.spine,
) -> None:
    """The example stack, alive on http://127.0.0.1:9731/; break it on its page or with `driftline demo break N`."""
    if context.invoked_subcommand is not None:
        return
    from monitor.demo import run

    if not once:
        run.live(state, run.LIVE if stack is Which.spine else run.CALM, stack)
        return
    report = asyncio.run(run.once(state, stack))
    if json:
        as_json(report)
    else:
        for line in run.lines(report, coloured=watched()):
            typer.echo(line)
    if not report.ok:
        raise Stop("the story was not told as it must be", code=DRIFT)


@demo_app.command("break")
def break_(number: Annotated[str, typer.Argument(help="A line of the story, such as 2.")]) -> None:
    """Do one line of the story at the vendors of the running demo."""
    _ask("do", number)


@demo_app.command("undo")
def undo(number: Annotated[str, typer.Argument(help="A line of the story, such as 2.")]) -> None:
    """Put one line of the story back."""
    _ask("undo", number)


Secrets = Annotated[Path, typer.Option(help="The folder in which the vendors' credentials are files.")]


@demo_app.command("vendors")
def vendors(
    secrets: Secrets,
    host: Annotated[str, typer.Option(help="The address to answer on, ports 9741 and 9742.")] = "127.0.0.1",
) -> None:
    """Serve the simulated vendors alone, for a daemon that runs elsewhere; `demo break` beside it changes them."""
    from monitor.demo import apart

    try:
        apart.vendors(secrets, host)
    except OSError as error:
        raise Stop(str(error)) from error


@demo_app.command("stack")
def stack(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the stack is made, unless it is there.")],
    secrets: Secrets,
    vendors: Annotated[str, typer.Option(metavar="HOST", help="Where `demo vendors` answers.")] = "127.0.0.1",
    url: Annotated[str, typer.Option(help="The address by which people reach the pages.")] = "http://localhost:9731",
    alertmanager: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="An Alertmanager that is told of findings; again for more.")
    ] = None,
) -> None:
    """Make the example stack for `serve`, reading those vendors, with first baselines; sign-in is by links."""
    from monitor.demo import apart

    apart.stack(folder.resolve(), secrets.resolve(), vendors, url, alertmanager or ())


def _ask(verb: str, number: str) -> None:
    from monitor.demo import run

    try:
        typer.echo(asyncio.run(run.ask(verb, number)))
    except run.NoDemo as error:
        raise Stop(str(error)) from error
