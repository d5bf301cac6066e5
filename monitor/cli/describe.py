"""Commands about machine-owned files (flows, definitions, owners): describe list, show, write, end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import uuid4

import typer

from . import app
from .described import File, files_of
from .desk import desk
from .options import HERE, Folder, Json, wait
from .out import Stop, as_json, show, table
from .standing import Reason, filed

if TYPE_CHECKING:
    from monitor.engine.request import Decided

describe = typer.Typer(help="Flows, definitions and owners that Driftline keeps as files.", no_args_is_help=True)
app.add_typer(describe, name="describe")
What = Literal["flows", "definitions", "owners"]
Kind = Annotated[What, typer.Argument(metavar="flows|definitions|owners", help="What it describes.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The flow, the definition, or the system that is owned.")]


@describe.command("list")
def list_(json: Json = False, stack: Folder = HERE) -> None:
    """Every file that the pages and this command wrote; what is written by hand is not among them."""
    rows = _rows(stack)
    if json:
        as_json({"items": rows})
        return
    table(("What", "Name"), [(row.folder, row.name) for row in rows], empty="Nothing was described here yet.")


@describe.command("show")
def show_(what: Kind, name: Name, json: Json = False, stack: Folder = HERE) -> None:
    """One file, as YAML that `describe write` takes and config/flows.yaml would."""
    import orjson
    import yaml

    found = next((row for row in _rows(stack) if (row.folder, row.name) == (what, name)), None)
    if found is None:
        raise Stop(f'no file describes "{name}" under {what}; driftline describe list has those that there are')
    entry = orjson.loads(found.text)
    if json:
        as_json(entry)
        return
    del entry["driftline"]
    show(*yaml.safe_dump(entry, sort_keys=False).splitlines())  # in ASCII, whatever a name holds


@describe.command()
def write(
    what: Kind,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML in the words of flows.yaml; - for a pipe.")],
    reason: Reason,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Describe one, or change the one of that name."""
    from monitor.engine.describing import Describe

    asked = Describe(uuid=str(uuid4()), entry=_entry(file), reason=reason)

    async def work() -> Decided:
        async with desk(stack) as at:
            return await files_of(at).write(what, asked)

    filed(wait(work()), json, "It is described")


@describe.command()
def end(what: Kind, name: Name, reason: Reason, json: Json = False, stack: Folder = HERE) -> None:
    """Its file goes, and what stands open because of it is withdrawn."""
    from monitor.engine.describing import Forget

    async def work() -> Decided:
        async with desk(stack) as at:
            return await files_of(at).end(what, name, Forget(uuid=str(uuid4()), reason=reason))

    filed(wait(work()), json, f"The file of {name} is gone")


def _rows(stack: Path) -> tuple[File, ...]:
    async def work() -> tuple[File, ...]:
        async with desk(stack) as at:
            return await files_of(at).rows()

    return wait(work())


def _entry(file: Path) -> dict[str, Any]:
    """One mapping; a list of one, as it stands in flows.yaml, is the same. Raises Stop."""
    import yaml

    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        found = yaml.safe_load(raw)
    except (OSError, yaml.YAMLError) as error:
        raise Stop(f"{file} cannot be read as YAML: {error}") from error
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, dict):
        raise Stop(f"{file}: expected one flow, definition or owner, found {type(found).__name__}")
    return {str(name): value for name, value in found.items()}
