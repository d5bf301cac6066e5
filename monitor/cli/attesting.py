"""driftline attest: how a system without an API is, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from . import app
from .desk import Desk, Local, desk
from .options import HERE, Folder, Json, wait
from .out import Stop, as_json, show
from .remote import V1, Remote

if TYPE_CHECKING:
    from monitor.engine.attesting import Taken


@app.command()
def attest(
    integration: Annotated[str, typer.Argument(metavar="INTEGRATION", help="With `vendor: attested`.")],
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="JSON or CSV, by its ending; without one: it is still as attested last."),
    ] = None,
    only: Annotated[str, typer.Option("--list", metavar="NAME", help="Which list the file has, where not all.")] = "",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Attest how a system without an API is. A file that is not as declared changes nothing."""
    raw: bytes | None = None
    if file is not None:
        if file.suffix.lower() not in (".json", ".csv"):
            raise Stop(f"{file}: expected a file that ends in .json or .csv")
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise Stop(f"{file}: cannot be read: {error.strerror}") from error

    async def work() -> Taken:
        async with desk(stack) as at:
            return await _attest(at, integration, raw, file is not None and file.suffix.lower() == ".csv", only)

    made = wait(work())
    if json:
        as_json(made)
        return
    rows = ", ".join(f"{count} in {name}" for name, count in made.rows.items())
    show(f"Attested by {made.by}: {rows or 'still as it was'}.")
    if made.again:
        words = "was there before and is missing" if made.again == 1 else "were there before and are missing"
        show(f"{made.again} {words}: gone only once a later upload lacks it too. Attest again in half a minute.")


async def _attest(at: Desk, name: str, raw: bytes | None, csv: bool, only: str) -> Taken:
    import msgspec

    from monitor.engine import attesting
    from monitor.engine.request import Refused

    if isinstance(at, Local):
        try:
            if raw is None:
                return await attesting.heartbeat(at.engine, name, by=at.who)
            return await attesting.upload(at.engine, name, raw, by=at.who, csv=csv, only=only)
        except Refused as refused:
            raise Stop(*refused.problems) from refused
    assert isinstance(at, Remote)  # noqa: S101 - a desk is one of the two
    path, more = f"{V1}attested/{quote(name, safe='')}", dict[str, Any]()
    if raw is None:
        path += "/heartbeat"
    else:
        more = {"content": raw, "headers": {"content-type": "text/csv" if csv else "application/json"}}
        more |= {"params": {"list": only}} if only else {}
    return msgspec.convert(await at.ask("POST", path, **more), attesting.Taken)
