"""Brings a state database to the schema of this release. Alembic is loaded only when there is something to do."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from .schema import HEAD

_SCRIPTS = Path(__file__).parent / "migrations"


class SchemaError(Exception):
    """The database is not one that this release can use; the message says what to do."""


def migrate(path: Path) -> None:
    """Blocking. Raises SchemaError when the database is newer than the program, or no database."""
    found = revision(path)
    if found == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{path}", hide_parameters=True)
    try:
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(_SCRIPTS))
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        raise _unknown(path, found) from error
    finally:
        engine.dispose()


def known(found: str | None, path: Path) -> None:
    """Raises SchemaError for a revision that this release does not have. `path` is what the error speaks of."""
    if found == HEAD:
        return
    from alembic.script import ScriptDirectory

    if found not in {script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}:
        raise _unknown(path, found)


def _unknown(path: Path, found: str | None) -> SchemaError:
    return SchemaError(
        f"{path}: its schema is at revision {found}, which this release does not know (it knows up to {HEAD}); "
        "run the release that wrote it, or a newer one"
    )


def revision(path: Path) -> str | None:
    """Of a database; None where it has none. Raises SchemaError for what is no database."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
    except sqlite3.DatabaseError as error:
        raise SchemaError(f"{path}: {error}; move it away and put a backup of the state folder in its place") from error
    return row[0] if row else None
