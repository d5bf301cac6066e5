"""Brings a state database to the schema of this release. Alembic is loaded only for a database of an earlier one: an
empty one gets what all migrations make together, which `make generate` writes down."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import structlog

from .schema import HEAD

log = structlog.get_logger()
_INCREMENTAL = 2  # PRAGMA auto_vacuum
_SCRIPTS = Path(__file__).parent / "migrations"
FRESH = _SCRIPTS / "fresh.sql"


class SchemaError(Exception):
    """The database is not one that this release can use; the message says what to do."""


def migrate(path: Path) -> None:
    """Blocking. Raises SchemaError when the database is newer than the program, or no database."""
    found = revision(path)
    if found != HEAD and not (found is None and _begun(path)):
        _upgrade(path, found)


def script() -> str:
    """What the migrations make of an empty database, as statements; its first line names their newest revision."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        _upgrade(path, None)
        with closing(sqlite3.connect(path)) as connection:
            made = connection.execute("SELECT sql FROM sqlite_master WHERE sql <> '' AND name NOT LIKE 'sqlite_%'")
            statements = [" ".join(sql.split()) for (sql,) in made]
            kept = "SELECT printf('INSERT INTO alembic_version VALUES (%Q)', version_num) FROM alembic_version"
            statements.append(connection.execute(kept).fetchone()[0])
    return f"-- {HEAD}: made from the migrations by `make generate`; do not edit it.\n" + "".join(
        f"{statement};\n" for statement in statements
    )


def _begun(path: Path) -> bool:
    """Makes the schema in an empty database, all or nothing. False where there is something in it, and while what is
    written down is not that of the newest migration."""
    made = FRESH.read_text("utf-8")
    if not made.startswith(f"-- {HEAD}:"):
        return False
    with closing(sqlite3.connect(path)) as connection:
        if connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            return False
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # see _shrinking; heeded before the first table alone
        connection.executescript(f"BEGIN IMMEDIATE;\n{made}COMMIT;")
    return True


def _upgrade(path: Path, found: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{path}", hide_parameters=True)
    try:
        if found is None:
            _shrinking(path)
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
    if found is not None:
        _shrinking(path)


def _shrinking(path: Path, wait: float = 5.0) -> None:
    """From now on the file can give pages back (sqlite.org/pragma.html#pragma_auto_vacuum). One that was made without
    is written anew, once; where the disk has no room for that, it stays as it is: its pages are used again."""
    with closing(sqlite3.connect(path, timeout=wait, isolation_level=None)) as connection:
        if connection.execute("PRAGMA auto_vacuum").fetchone()[0] == _INCREMENTAL:
            return
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        try:
            connection.execute("VACUUM")
        except sqlite3.OperationalError as error:
            log.warning("the store keeps its size: it could not be written anew", why=str(error), at=str(path))


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
