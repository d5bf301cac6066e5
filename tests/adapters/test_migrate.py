"""A state database is brought to the schema of this release, or refused with a sentence."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, select

from monitor.adapters import migrate as migrating
from monitor.adapters import schema
from monitor.adapters.chain import Check
from monitor.adapters.migrate import SchemaError
from monitor.adapters.pseudonyms import pseudonym
from monitor.adapters.records import Hour
from monitor.adapters.store import Store
from monitor.adapters.store_trail import given, marks, names
from monitor.core.model import (
    Action,
    Address,
    Claim,
    Closing,
    Event,
    EventType,
    Level,
    Reason,
    Source,
    Urgency,
    Verdict,
)  # fmt: skip
from probes.kit.clock import ManualClock
from probes.kit.contract import Kind


@pytest.mark.parametrize("made", ["at once", "by each migration"])
def test_the_migrations_make_the_tables_that_the_code_uses(tmp_path: Path, made: str) -> None:
    path = tmp_path / "state.db"
    path.touch()
    if made == "by each migration":
        at(path, "0004")
    migrating.migrate(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()
    assert ScriptDirectory(str(migrating._SCRIPTS)).get_current_head() == schema.HEAD


def at(path: Path, revision: str) -> None:
    """An empty database of an earlier release."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(migrating._SCRIPTS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_an_empty_database_needs_no_alembic(tmp_path: Path) -> None:
    make = (
        "import sys; from pathlib import Path; from monitor.adapters.migrate import migrate; migrate(Path(sys.argv[1]))"
    )
    tell = f"{make}; print('alembic' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", tell, tmp_path / "state.db"], capture_output=True, text=True, check=True
    )
    assert (done.stdout, migrating.revision(tmp_path / "state.db")) == ("False\n", schema.HEAD)


def test_what_is_written_down_of_another_revision_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fresh.sql").write_text("-- 0004: made earlier\nCREATE TABLE other (one TEXT);\n")
    monkeypatch.setattr(migrating, "FRESH", tmp_path / "fresh.sql")
    migrating.migrate(tmp_path / "state.db")
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        made = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert "finding" in made and "other" not in made
    assert migrating.revision(tmp_path / "state.db") == schema.HEAD


def test_a_database_with_something_in_it_is_not_begun_anew(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        connection.execute("CREATE TABLE mine (one TEXT)")
    assert not migrating._begun(tmp_path / "state.db")


def test_content_of_a_release_that_did_not_pack_it_is_packed_in_place(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    at(path, "0004")
    body = b'{"resources": {}}\n' * 50
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO content (digest, stored_at, bytes) VALUES (?, 1.0, ?)", [(b"a", body), (b"b", b"")]
        )
    migrating.migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        kept = dict(connection.execute("SELECT digest, bytes FROM content"))
    assert len(kept[b"a"]) < 100 and kept[b"a"] != body
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        rows = connection.execute(schema.content.select()).mappings().all()
    engine.dispose()
    assert {row["digest"]: row["bytes"] for row in rows} == {b"a": body, b"b": b""}


@pytest.mark.parametrize("key", [b"k" * 32, None], ids=["people known", "nobody known"])
async def test_a_trail_with_names_is_hashed_anew_over_pseudonyms(tmp_path: Path, key: bytes | None) -> None:
    path = tmp_path / "state.db"
    at(path, "0005")
    entries = [
        ("local:anna", "approve", "crm", b'{"decision":"u-1","reason":"bea@example.com asked for it"}'),
        ("ops <ops@example.com>", "approved outside", "", b'{"sha":"abc"}'),
        ("policy:renamed-from", "rename", "crm", b'{"from":"old"}'),
        ("anna", "sign-in link made", "link:carl:00ff", b'{"role":"viewer"}'),
    ]
    with closing(sqlite3.connect(path)) as connection, connection:
        statement = "INSERT INTO trail (at, who, what, subject, data, before_hash, hash) VALUES (1.5, ?, ?, ?, ?, ?, ?)"
        connection.executemany(statement, [(*entry, b"x", b"x") for entry in entries])
        if key is not None:
            connection.execute("INSERT INTO meta (name, value) VALUES ('people.key', ?)", (key,))
            made = pseudonym(key, "anna")
            connection.execute("INSERT INTO person (pseudonym, name) VALUES (?, 'Anna')", (made,))
    store = await Store.open(tmp_path, ManualClock(2.0))
    check = Check()
    for entry in await store.trail():
        check.see(entry)
    check.end(await given(store))
    assert (check.problems, check.last.seq) == ([], 4)
    assert (await marks(store, ["u-1"]))["u-1"].startswith("1:")
    known = await names(store, [row["pseudonym"] for row in await store._all(schema.person.select())])
    assert {name.lower() for name in known.values()} == {"anna", "bea@example.com", "ops@example.com", "carl"}
    kept = [(entry.who, entry.subject, str(entry.data)) for entry in await store.trail()]
    assert not [line for line in kept if any(name in str(line) for name in ("anna", "ops@", "bea@", "carl"))]
    assert [who.partition(":")[0][:2] for who, *_ in kept] == ["lo", "p-", "po", "p-"]
    await store.close()


async def test_events_of_an_earlier_release_make_the_same_openings_and_facets(tmp_path: Path) -> None:
    """What was there before is as if this release had written it."""
    a = Address(Source.DRIFT, "crm", Kind.FIELD, "Lead", "a", "label")
    verdict = Verdict("r", Level.BREAKING, Urgency.TICKET, "web", (Reason("rule", "r", Level.BREAKING),))
    said = Claim(a, Action.CHANGED, 1, 2, verdict, evidence={"at": "5"}, since=4.0)
    ends = Event(type=EventType.CLOSED, at=20.0, finding="f1", address=a, closing=Closing.APPROVED)
    events = [
        Event(type=EventType.OPENED, at=10.0, finding="f1", address=a, claim=said),
        Event(type=EventType.ASSIGNED, at=12.0, finding="f1", address=a, by="p-1", words="brand"),
        Event(type=EventType.OPENED, at=11.0, finding="f2", address=a, claim=said, cause="f1"),
        ends,
        Event(type=EventType.REOPENED, at=30.0, finding="f1", address=a, claim=said),
    ]
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    at(old / "state.db", "0006")
    with closing(sqlite3.connect(old / "state.db")) as connection, connection:
        connection.executemany(
            "INSERT INTO event (at, type, finding, subject, told, data) VALUES (?, ?, ?, ?, 1, ?)",
            [(one.at, one.type.value, one.finding, "crm", msgspec.json.encode(one)) for one in events],
        )
    found = []
    for folder in (old, new):
        store = await Store.open(folder, ManualClock(2.0))
        if folder is new:
            async with store.transaction() as tx:
                await tx.add_events(events)
        openings = [dict(row) for row in await store._all(schema.opening.select())]
        e = schema.event.c
        narrowed = [tuple(row.values()) for row in await store._all(select(e.integration, e.kind, e.source, e.owner))]
        found.append((openings, narrowed))
        await store.close()
    assert found[0] == found[1]
    openings, narrowed = found[0]
    first = next(row for row in openings if row["finding"] == "f1" and row["opened_at"] == 10.0)
    told = {"owner": "brand", "answered_at": 12.0, "closed_at": 20.0, "closing": "approved", "since": 4.0}
    assert {**first, **told, "changed_at": 5.0, "level": 3, "root": True} == first
    assert len(openings) == 3 and narrowed[3] == ("crm", "field", "drift", "brand")


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


def test_hours_of_an_earlier_release_are_laid_together_by_the_day(tmp_path: Path) -> None:
    path, day = tmp_path / "state.db", 86_400.0
    at(path, "0019")
    with closing(sqlite3.connect(path)) as connection, connection:
        rows = [
            (key, hour, msgspec.json.encode(Hour(hour=hour, states={"ok": 4})))
            for key in ("a", "b")
            for hour in (day + 3600.0, day, 3 * day - 3600.0)
        ]
        statement = "INSERT INTO sample_hour (integration, scope, key, hour, data) VALUES ('crm', 'jobs', ?, ?, ?)"
        connection.executemany(statement, rows)
    migrating.migrate(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        found = connection.execute(schema.sample_day.select()).mappings().all()
    engine.dispose()
    kept = {(row["key"], row["day"]): msgspec.json.decode(row["hours"], type=list[Hour]) for row in found}
    assert {of: [one.hour / 3600 for one in hours] for of, hours in kept.items()} == {
        (key, of): hours for key in ("a", "b") for of, hours in ((day, [24, 25]), (2 * day, [71]))
    }
    assert all(one.states == {"ok": 4} for hours in kept.values() for one in hours)


def test_a_store_can_give_room_back_a_new_one_and_one_of_an_earlier_release(tmp_path: Path) -> None:
    for name, earlier in (("new.db", ""), ("old.db", "0019")):
        path = tmp_path / name
        path.touch()
        if earlier:
            at(path, earlier)
        migrating.migrate(path)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,), name


def test_a_disk_without_room_for_a_second_copy_stops_no_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "state.db"
    at(path, "0019")
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("BEGIN IMMEDIATE")  # as little can be written anew as on a full disk
        migrating._shrinking(path, wait=0.0)
    assert "the store keeps its size" in capsys.readouterr().out
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (0,)
