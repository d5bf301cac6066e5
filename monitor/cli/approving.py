"""check-baselines: what a commit or a pull request approves, for a hook, a CI step, or a reviewer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from . import app
from .desk import config_folder
from .options import HERE, Folder, one_of
from .out import DRIFT, FINE, SHAPES, Stop, as_json, emit, note, say
from .text import seen

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.engine.approving import Approved, Told

FORMATS = ("text", "markdown", "json")


@app.command("check-baselines")
def check_baselines(
    between: Annotated[
        str, typer.Argument(metavar="[A..B]", help="What bringing B into A approves; what is staged when not given.")
    ] = "",
    staged: Annotated[bool, typer.Option("--staged", help="What the next commit approves.")] = False,
    form: Annotated[
        str, typer.Option("--format", metavar="|".join(FORMATS), help="For people, for a pull request, or as data.")
    ] = "text",
    stack: Folder = HERE,
) -> None:
    """Say in plain words what changed baselines, vantages, ignores, planned changes and standing approvals approve.

    Exit 0: every file can be used; 1: one cannot, and its file and line are named; 2: it could not be looked at.
    """
    one_of("--format", form, FORMATS)
    if between and staged:
        raise Stop("A..B and --staged: expected one of them, found both")
    told = _told(between, stack)
    if form == "json":
        from monitor.engine.approving import plain

        as_json({"ok": not told.mistakes, "files": told.files, "mistakes": told.mistakes,
                 "items": [plain(one) for one in told.items]})  # fmt: skip
    elif form == "markdown":
        from monitor.engine.approving_markdown import markdown

        emit(markdown(told))
    else:
        _print(told)
    for mistake in told.mistakes if form != "json" else ():
        note(seen(str(mistake)))
    raise typer.Exit(DRIFT if told.mistakes else FINE)


def _told(between: str, stack: Folder) -> Told:
    from monitor.adapters.checkout import Checkout
    from monitor.adapters.git import GitError
    from monitor.engine.approving import File, tell

    config = _config(stack)
    try:
        checkout = Checkout(config.root)
        if between:
            base, dots, head = between.replace("...", "..").partition("..")
            if not dots or not base:
                raise Stop(f"expected two commits such as main..HEAD, found {between!r}")
            found = checkout.between(base, head or "HEAD")
        else:
            found = checkout.staged()
        return tell((File(*one) for one in found), config)
    except GitError as error:
        raise Stop(f"{config.root}: {error}") from error


def _config(stack: Folder) -> Config:
    from monitor.config import ConfigError, load

    try:
        return load(config_folder(stack))
    except ConfigError as error:
        raise Stop(*map(str, error.problems)) from error


def _print(told: Told) -> None:
    from monitor.engine.approving_markdown import summary

    say(summary(told))
    for one in told.items:
        say()
        for line in _lines(one):
            say(line)


def _lines(one: Approved) -> Iterable[str]:
    head = f"{SHAPES[one.level]} {one.level}: " if one.level else ""
    of = f"{one.integration} " if one.integration else ""
    yield seen(f"{head}{of}{''.join(part.text for part in one.says)}")
    yield seen(f"    {one.path}:{one.line}" if one.line else f"    {one.path}")
    for words in one.why:
        yield seen(f"    {words}")
    if one.question:
        yield seen(f"    {one.question}")
