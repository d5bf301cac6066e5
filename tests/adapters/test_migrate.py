"""A state database is brought to the schema of this release, or refused with a sentence."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from monitor.adapters import migrate as migrating
from monitor.adapters import schema
from monitor.adapters.migrate import SchemaError


def test_the_migrations_make_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch()
    migrating.migrate(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()
    assert ScriptDirectory(str(migrating._SCRIPTS)).get_current_head() == schema.HEAD


def test_content_of_a_release_that_did_not_pack_it_is_packed_in_place(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch()
    body = b'{"resources": {}}\n' * 50
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE content (digest BLOB PRIMARY KEY, stored_at FLOAT NOT NULL, bytes BLOB NOT NULL)"
        )
        connection.executemany("INSERT INTO content VALUES (?, 1.0, ?)", [(b"a", body), (b"b", b"")])
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('0004')")
    migrating.migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        kept = dict(connection.execute("SELECT digest, bytes FROM content"))
    assert len(kept[b"a"]) < 100 and kept[b"a"] != body
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        rows = connection.execute(schema.content.select()).mappings().all()
    engine.dispose()
    assert {row["digest"]: row["bytes"] for row in rows} == {b"a": body, b"b": b""}


def test_a_database_of_a_newer_release_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
        connection.commit()
    with pytest.raises(SchemaError, match=r"revision 9999.*newer"):
        migrating.migrate(path)


def test_a_file_that_is_no_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_text("hello " * 200)
    with pytest.raises(SchemaError, match=r"state\.db.*backup"):
        migrating.migrate(path)
