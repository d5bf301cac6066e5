"""driftline try: holds what a vendor file reads against the spec that its vendor publishes. Asks nobody anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import app
from .options import Json, wait
from .out import BLIND, DRIFT, Stop, as_json, many, note, say, table

if TYPE_CHECKING:
    from monitor.setup.misread import Misread, Tried
    from probes.kit.listing import Vendor


@app.command("try")
def try_(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="A vendor file by its name or path, or a YAML file with a `rest:` block."),
    ],
    spec: Annotated[
        list[Path],
        typer.Option(
            metavar="FILE", help="OpenAPI 3, Swagger 2 or Google discovery, JSON or YAML, .gz too; again for more."
        ),
    ],
    strict: Annotated[bool, typer.Option(help="Exit 3 where code could not be played to its end.")] = False,
    json: Json = False,
) -> None:
    """Hold each path and key that a vendor file reads against the vendor's published spec; exit 1 where one is not
    there. Code is played against answers made of the spec."""
    from monitor.setup.misread import every
    from monitor.setup.played import tried as played
    from monitor.setup.published import Published, SpecError

    vendor = _vendor(name)
    try:
        tried = wait(played(vendor, *map(Published.read, spec)))
    except SpecError as error:
        raise Stop(str(error)) from error
    wrong = list(every(tried))
    if json:
        as_json({"vendor": vendor.name, "ok": not wrong, "listings": tried})
    else:
        _show(vendor, tried, wrong)
    if wrong:
        raise typer.Exit(DRIFT)
    if strict and any(one.unplayed for one in tried):
        raise typer.Exit(BLIND)


def _vendor(name: str) -> Vendor:
    """Raises Stop."""
    from monitor.setup.described import described
    from monitor.setup.draft import DraftError
    from probes.kit.registry import vendors

    known = vendors()
    if name in known:
        return known[name]
    if Path(name).suffix == ".py":
        return _at(Path(name))
    if Path(name).suffix in (".yaml", ".yml"):
        try:
            return described(Path(name))[0]
        except DraftError as error:
            raise Stop(*error.problems) from error
    raise Stop(
        f"no vendor file is called {name!r}: there are {', '.join(known)}, or give a YAML file with a rest: block"
    )


def _at(file: Path) -> Vendor:
    """A vendor file that is nowhere registered yet, or one of ours. Raises Stop."""
    import probes
    from probes.kit.registry import checked, own

    if not file.is_file():
        raise Stop(f"{file}: there is no such file; give a vendor file by its name or path")
    package = file.parent if file.name == "__init__.py" else file
    ours = own().get(package.stem.replace("_", "-"))
    if ours is not None and Path(probes.__file__).resolve().parent in file.resolve().parents:
        return ours
    try:
        return checked(package)
    except ValueError as error:
        raise Stop(f"{error}; nothing was tried") from error


def _show(vendor: Vendor, tried: tuple[Tried, ...], wrong: list[Misread]) -> None:
    if wrong:
        rows = [(one.listing, one.place, one.expression, _where(one), ", ".join(one.instead)) for one in wrong]
        table(("Listing", "Word", "Reads", "Not in the spec", "There is"), rows, empty="")
    for one in tried:
        if one.unplayed:
            note(f"driftline: {one.listing} is code and not checked to its end: {one.unplayed}")
        if one.sought:
            note(
                f"driftline: {one.listing} is code that looks for what the spec does not name: {', '.join(one.sought)}"
            )
    read, opened = sum(one.read for one in tried), sum(one.open for one in tried)
    leave = f", {opened} of them into what the spec leaves open" if opened else ""
    held = many(sum(not one.unplayed for one in tried), "listing")
    ends = many(len(wrong), "mismatch", "mismatches")
    say(f"{vendor.name}: {held}, {many(read, 'expression')} followed to the end{leave}; {ends}.")


def _where(one: Misread) -> Any:
    if one.place.endswith("path"):
        return f"{one.at} {one.missing}"
    return f"{one.missing} in {one.at}" if one.at else one.missing
