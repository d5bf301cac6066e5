"""Commands of the first hour: new-stack, init, capture. doctor, authorize and report stand beside in setup_*.py."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from . import app
from .desk import desk
from .options import HERE, Folder, Json, wait
from .out import Stop, as_json, many, note, say, table
from .setup_ask import agreed
from .setup_init import Asked, init_stack

if TYPE_CHECKING:
    from monitor.engine.request import Decided

    from .desk import Desk

SHOWN = 40  # scopes that a capture lists before it counts


@app.command("new-stack")
def new_stack(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet, or empty.")],
    name: Annotated[str, typer.Option(help="The stack's name; the folder's when not given.")] = "",
    json: Json = False,
) -> None:
    """Make the git repository of a stack of your own: configuration, baselines, ways to run it."""
    from monitor.scaffold import ScaffoldError, scaffold

    called = name or folder.resolve().name.lower().replace("_", "-").replace(" ", "-")
    try:
        made = scaffold(folder, called)
    except ScaffoldError as error:
        raise Stop(str(error)) from error
    if json:
        as_json({"folder": str(folder), "name": called, "files": made})
        return
    say(f"{folder}: the stack {called}, a git repository with {many(len(made), 'file')} and a first commit.")
    say("Next:")
    say(f"  1. cd {folder}, and name your teams in config/people.yaml")
    say("  2. driftline init        adds an account and proves what its credential can see")
    say("  3. driftline capture     takes the first baseline; driftline serve watches from then on")


@app.command()
def init(
    vendor: Annotated[str, typer.Argument(metavar="[VENDOR]", help="As `driftline vendors` names it.")] = "",
    name: Annotated[str, typer.Option(help="What to call the account, such as hubspot-prod.")] = "",
    owner: Annotated[str, typer.Option(metavar="TEAM", help="A team of people.yaml.")] = "",
    scheme: Annotated[str, typer.Option(help="The way to sign in.")] = "",
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=REF", help="A credential field, by reference only.")
    ] = None,
    option: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="An option of the vendor.")] = None,
    base: Annotated[str, typer.Option(metavar="URL", help="Another address than the vendor's own.")] = "",
    allow_private: Annotated[bool, typer.Option(help="The address is on a private network, or without TLS.")] = False,
    described: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For rest: a YAML file with its `rest:` block.")
    ] = None,
    account: Annotated[str, typer.Option(metavar="ID", help="Refuse any other account than this.")] = "",
    every: Annotated[str, typer.Option(metavar="30m", help="The time between two polls of this account.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; what is missing is an error.")] = False,
    allow_secret_commands: Annotated[bool, typer.Option(help="Let ${cmd:…} references run programs.")] = False,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Add an account: proves what its credential can see, shows the cost, proposes what to watch, writes its file."""
    if json and not yes:
        raise Stop("--json asks nothing, so it needs --yes and all that is to be known on the command line")
    asked = Asked(
        vendor=vendor, name=name, owner=owner, scheme=scheme, given=tuple(given or ()), options=tuple(option or ()),
        base=base, allow_private=allow_private, account=account, every=every, yes=yes, json=json,
        allow_commands=allow_secret_commands, described=described,
    )  # fmt: skip
    init_stack(stack, asked)


@app.command()
def capture(
    integration: Annotated[str, typer.Argument(metavar="[INTEGRATION]", help="All when not given.")] = "",
    scope: Annotated[
        list[str] | None, typer.Option("--scope", metavar="KIND/NAME", help="Only this scope, such as field/Lead.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    reason: Annotated[str, typer.Option(help="Why, for the commit.")] = "",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Take what is there now as the baseline, marked captured and not approved: drift is told from here on."""
    wanted = tuple(scope or ())
    if wanted and not integration:
        raise Stop("--scope needs the INTEGRATION that it belongs to")
    if json and not yes:
        raise Stop("--json asks nothing, so it needs --yes")

    async def work() -> list[dict[str, Any]]:
        async with desk(stack) as at:
            names = [one.name for one in (await at.overview()).systems]
            if integration and integration not in names:
                raise Stop(f"there is no integration {integration!r}; configured are: {', '.join(names) or 'none'}")
            if not names:
                raise Stop("nothing is configured to capture; `driftline init` adds an account")
            return [await _captured(at, one, wanted, yes, json, reason) for one in names if integration in ("", one)]

    done = wait(work())
    if json:
        as_json({"items": done})
    if any(one["state"] == "conflicted" for one in done):
        raise Stop("a baseline changed meanwhile, so not all was captured; run driftline capture again", code=1)


async def _captured(
    at: Desk, name: str, wanted: tuple[str, ...], yes: bool, json: bool, reason: str
) -> dict[str, Any]:  # fmt: skip
    """Polls one integration, shows what it would capture, and does."""
    from monitor.engine.request import Decide

    note(f"{name}: reading …")
    polled = await at.poll(name)
    found = await at.proposals(name)
    known = {f"{one.kind}/{one.scope}": one for one in found}
    if unknown := [text for text in wanted if text not in known]:
        what = "nothing is proposed" if not known else f"proposed are {', '.join(sorted(known)[:6])} …"
        raise Stop(f"{name}: {', '.join(unknown)} is no proposal to capture; {what}")
    ready = [text for text, one in known.items() if one.state == "complete" and (not wanted or text in wanted)]
    left = [(text, known[text].state) for text in (wanted or known) if known[text].state != "complete"]
    if wanted and left:
        raise Stop(*(f"{name}: {text} is {state} now; only complete scopes are captured" for text, state in left))
    told: dict[str, Any] = {
        "integration": name, "reading": polled.reading.id, "outcome": polled.reading.outcome,
        "left_out": {text: state for text, state in left}, "scopes": ready, "state": "nothing", "sha": "",
    }  # fmt: skip
    if polled.reading.outcome == "failed":
        raise Stop(f"{name} could not be read: {polled.reading.reason or 'see driftline doctor'}; nothing was captured")
    if not ready:
        if not json:
            say(f"{name}: nothing to capture; everything that was read completely has a baseline.")
        return told
    if not json:
        _shown(name, ready, known, left)
    if not yes and not agreed(f"Capture {many(len(ready), 'scope')} of {name}, as found and not approved?"):
        raise Stop("nothing was captured")
    made: Decided = await at.decide(
        Decide(uuid=str(uuid4()), kind="capture", integration=name, scopes=tuple(ready), reason=reason)
    )
    if not json:
        commit = f" in commit {made.sha[:10]}" if made.sha else f" ({made.state}; serve commits it)"
        say(f"{name}: {many(len(ready), 'scope')} captured{commit}; captured means as found, not approved.")
    return told | {"state": made.state, "sha": made.sha, "decision": made.uuid}


def _shown(name: str, ready: list[str], known: dict[str, Any], left: list[tuple[str, str]]) -> None:
    by_kind: dict[str, int] = {}
    for text in ready:
        kind = text.partition("/")[0]
        by_kind[kind] = by_kind.get(kind, 0) + 1
    say(f"{name}: {many(len(ready), 'scope')} ({', '.join(f'{count} {kind}' for kind, count in by_kind.items())})")
    table(("Scope", "Why"), [(text, known[text].words) for text in ready[:SHOWN]], empty="")
    if len(ready) > SHOWN:
        say(f"… and {len(ready) - SHOWN} more")
    for text, state in left[:SHOWN]:
        note(f"{name}: {text} is {state} and is left out; driftline doctor {name} says why")
