"""driftline new-vendor: the files of a vendor that nobody has written yet, to go on with."""

from __future__ import annotations

import json
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from pprint import pformat
from string import Template
from typing import TYPE_CHECKING, Annotated

import typer

from . import app
from .desk import configured
from .options import HERE, Folder, wait
from .out import Stop, note, say

if TYPE_CHECKING:
    from monitor.adapters.poller import Poller
    from monitor.config import Config, Integration
    from monitor.setup.newvendor import NewVendor

OUTSIDE = Path("vendors")  # where a folder of vendor files begins, outside of the project
PARENTS = 2


@app.command("new-vendor")
def new_vendor(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the vendor is called, such as acme-crm.")],
    integration: Annotated[
        str, typer.Option("--from", metavar="INTEGRATION", help="An integration: its listings, its answers.")
    ] = "",
    into: Annotated[
        Path | None, typer.Option(metavar="DIR", help="probes/ in the project, else vendors/, where not given.")
    ] = None,
    allow_secret_commands: Annotated[bool, typer.Option(help="Let ${cmd:…} references run programs.")] = False,
    stack: Folder = HERE,
) -> None:
    """Write a vendor file with its answers and a first test: a skeleton, or from what an account answers, scrubbed."""
    from monitor.setup.newvendor import blank, unfit, write
    from monitor.setup.replied import tried
    from probes.kit.registry import vendors

    if why := unfit(name):
        raise Stop(why)
    if name in vendors() or name in ("rest", "attested", "kit", "simulated", "testing"):
        raise Stop(f"{name} is taken: choose another name")
    inside = into is None and _project()
    home = into or (Path("probes") if inside else OUTSIDE)
    told = _from(configured(stack), name, integration, allow_secret_commands, home) if integration else None
    made = wait(told) if told else blank(name)
    wrong, unread = wait(tried(made, home))
    planned = _files(made, inside, home, unread)
    try:
        write(planned)
    except FileExistsError as error:
        there = f"{error.filename} is there already" if error.filename else str(error)
        raise Stop(f"{there}; nothing was written") from error
    except OSError as error:
        raise Stop(f"{error.filename}: {error.strerror}; nothing was written") from error
    for path in planned:
        say(str(path))
    if integration:
        note("Values are stand-ins. Addresses, paths and words of the description stand as they are in it:")
        note("look through the files before you show them.")
    for listing, why in made.left.items():
        note(f"driftline: {listing} could not be read ({why}): write its answers by hand")
    for listing, why in made.out.items():
        note(f"driftline: {listing} was not recorded ({why}): the file says so and leaves it out")
    for id, why in wrong.items():
        if id.partition("/")[0] not in made.left:
            note(f"driftline: {id} is not read completely from these answers: {why}")
    _next(made, inside, home)


async def _from(config: Config, name: str, integration: str, allow_commands: bool, home: Path) -> NewVendor:
    from monitor.adapters.secrets import Secrets
    from monitor.setup.heard import overhear
    from monitor.setup.newvendor import described
    from monitor.setup.proof import Tokenless, poller, watched
    from probes.kit.clock import SystemClock
    from probes.kit.contract import Fault

    own: Integration | None = config.integrations.get(integration)
    if own is None:
        known = ", ".join(sorted(config.integrations)) or "none; driftline init adds one"
        raise Stop(f"there is no integration {integration!r}; configured are: {known}")
    secrets = Secrets(config.root, commands=allow_commands, warn=note)
    reader = poller(own, secrets.resolve, Tokenless(), SystemClock())
    if own.rest is None:
        return await _recorded(name, reader, home)
    try:
        found = [one async for one in overhear(reader, watched(own), PARENTS)]
    except Fault as fault:
        raise Stop(f"{integration}: {fault.message}; nothing was written") from fault
    finally:
        await reader.close()
    if not found[0][1].coverage.complete:
        why = found[0][1].coverage.reason
        raise Stop(f"{integration} could not sign in: {why}; nothing was written")
    return described(name, own, [heard for heard, _ in found])


async def _recorded(name: str, reader: Poller, home: Path) -> NewVendor:
    """From a vendor file that is there: it is begun with, and held to what the account answered."""
    from monitor.setup.derived import Underivable, derived
    from monitor.setup.proof import watched
    from monitor.setup.record import record
    from probes.kit.contract import Fault

    try:
        begin = derived(name, reader.vendor, home)
        made, vantage = await record(reader, reader.clock, watched(reader.config))
    except Underivable as error:
        raise Stop(f"{reader.config.name}: {error}; nothing was written") from error
    except Fault as fault:
        raise Stop(f"{reader.config.name}: {fault.message}; nothing was written") from fault
    if not vantage.coverage.complete:
        why = vantage.coverage.reason
        raise Stop(f"{reader.config.name}: who the credential is could not be recorded: {why}; nothing was written")
    return begin(made)


def _files(made: NewVendor, inside: bool, home: Path, unread: list[str]) -> dict[Path, str]:
    """Where each file goes: beside the others in the project, else all in one folder."""
    tests = Path("tests/probes") if inside else home
    replies = tests / "replies" / made.name
    template = files("monitor.scaffold") / "files" / f"vendor_test{'' if inside else '_outside'}.py.tmpl"
    names = pformat(set(unread), width=110, compact=True)
    test = Template(template.read_text("utf-8")).substitute(
        title=made.title, name=made.name, stem=made.stem, scheme=made.scheme, called=made.stem.title().replace("_", ""),
        secrets={field: f"the-{field}-0123456789" for field in made.fields}, unread=names,
    )  # fmt: skip
    said = {replies / f"{name}.json": f"{json.dumps(said, indent=1)}\n" for name, said in made.replies.items()}
    return {home / f"{made.stem}.py": made.text, **said, tests / f"test_{made.stem}.py": test}


def _project() -> bool:
    """Whether this folder is a checkout of Driftline itself."""
    return Path("probes/kit/listing.py").exists() and Path("tests/probes/accounts.py").exists()


def _next(made: NewVendor, inside: bool, home: Path) -> None:
    named = made.name if made.stem == made.name else f'"{made.name} or {made.stem}"'
    run = f"tests/probes/test_contract.py tests/probes/test_{made.stem}.py -k {named}" if inside else home
    if find_spec("pytest") is None:
        note(f"driftline: pytest is not installed here: {'make check' if inside else 'pip install pytest'} brings it")
    say("Next:")
    say(f"  1. python -m pytest {run}   holds it to the rules; do it after each change")
    say(f"  2. write over {home / f'{made.stem}.py'}, and the answers, from the vendor's documentation")
    say(f"  3. driftline try {home / f'{made.stem}.py'} --spec FILE, where the vendor publishes a spec")
    if inside:
        say("  4. make generate, which puts it into the list of vendors")
