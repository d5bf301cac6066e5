"""driftline backup and driftline restore: one file that a stack can be brought back from."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import app
from .desk import config_folder
from .options import HERE, Folder, Json
from .out import Stop, as_json, many, note, say, stamp

if TYPE_CHECKING:
    from monitor.adapters.backup import Manifest
    from monitor.config.models import Service

Archive = Annotated[Path, typer.Argument(metavar="FILE", help="The archive, such as acme-2026-11-23.tar.gz.")]


@app.command()
def backup(file: Archive, json: Json = False, stack: Folder = HERE) -> None:
    """Write one archive of store, baselines and configuration, also while the daemon runs. No credential is in it."""
    from monitor.adapters.backup import BackupError, back_up
    from monitor.adapters.git import GitError
    from monitor.adapters.migrate import SchemaError

    folder = config_folder(stack)
    service = _service(folder)
    try:
        made = back_up(folder, service, file, time.time())
    except (BackupError, GitError, SchemaError, sqlite3.Error) as error:
        raise Stop(f"no backup was made: {error}") from error
    except OSError as error:
        raise Stop(f"no backup was made: {file} cannot be written: {error.strerror or error}") from error
    if json:
        as_json(made)
        return
    say(f"{file} has {made.stack} as of {stamp(made.at)}: {_parts(made)}.")
    note("Keep it where only you can read it: it has the names of people and the trail. Not in it are the keys of "
         "token_keys and every other secret: keep those too, elsewhere.")  # fmt: skip


@app.command()
def restore(
    file: Archive,
    stack: Annotated[Path, typer.Option("--stack", help="The folder of the stack to be: new, or empty.")],
    json: Json = False,
) -> None:
    """Bring a stack back from a backup, into an empty folder, whole or not at all."""
    from monitor.adapters.backup import BackupError
    from monitor.adapters.git import GitError
    from monitor.adapters.migrate import SchemaError
    from monitor.adapters.restore import restore as bring_back

    try:
        made = bring_back(file, stack)
    except (BackupError, GitError, SchemaError, OSError, sqlite3.Error) as error:
        raise Stop(f"nothing was restored: {error}") from error
    if json:
        as_json(made)
        return
    say(f"{stack} has {made.stack} as of {stamp(made.at)}: {_parts(made)}.")
    note("Before it starts: the daemon that it was taken of must never run again. Put secrets and the keys of "
         "token_keys in place, then `driftline check` and `driftline doctor`. Integrations whose refresh token rotates "
         "ask for `driftline authorize NAME --again`. What waited to be sent was dropped.")  # fmt: skip
    if not made.state:
        note(f"The store lay outside the stack's folder. It is in {stack / 'var'} now: move it to where `state` of "
             "driftline.yaml says, or take that line out.")  # fmt: skip
    if not made.here:
        note("baselines.repository of driftline.yaml is another place, which is not in the backup. Where it is lost "
             "too, push the branch there from baselines.git, in the folder of the store.")  # fmt: skip


def _service(folder: Path) -> Service:
    """driftline.yaml alone: a mistake in another file stops no backup."""
    import msgspec
    from pydantic import ValidationError

    from monitor.config.document import Document
    from monitor.config.models import Service as Settings

    file = folder / "driftline.yaml"
    if not file.is_file():
        raise Stop(f"{file}: expected this file, which names the stack, found none")
    try:
        return Settings.model_validate_json(msgspec.json.encode(Document.read(file).data))
    except ValidationError as error:
        raise Stop(f"{file} has mistakes, so where the store is cannot be told; see `driftline check`") from error


def _parts(made: Manifest) -> str:
    integrations = sum(name.startswith("config/integrations/") for name in made.files)
    return f"the store (schema {made.schema}), {many(len(made.refs), 'ref')} of the baselines, " + many(
        integrations, "integration"
    )
