"""Short documents are kept small, and what was packed once can be read for ever."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from monitor.adapters import migrate as migrating
from monitor.adapters.packing import _WORDS, Document, speak
from monitor.adapters.store import Store
from monitor.core.model import Event, EventType
from probes.kit.clock import ManualClock
from tests.packing import documents

from .test_migrate import at

# By the first release that packed documents: a dictionary that cannot read it must not take the place of the first.
FIRST = bytes.fromhex("28b52ffd233f9642115bed00007831313938323136326231326662383604f0b7611c748548999fcb94f5")
SAYS = b'{"type":"closed","at":1791198216.5,"finding":"2b12fb8625","closing":"approved","told":true}'


def test_what_was_packed_first_can_be_read() -> None:
    assert Document().process_result_value(FIRST, None) == SAYS  # type: ignore[arg-type]


def test_short_documents_of_every_rule_shrink_to_a_third_and_come_back_as_they_were() -> None:
    packed = Document()
    given = list(documents(random.Random(2)))
    kept = [packed.process_bind_param(one, None) for one in given]  # type: ignore[arg-type]
    assert [packed.process_result_value(one, None) for one in kept] == given  # type: ignore[arg-type]
    assert sum(len(one or b"") for one in kept) < sum(map(len, given)) / 3
    assert _WORDS.dict_id() == 289576511
    assert packed.process_bind_param(None, None) is None and packed.process_result_value(None, None) is None  # type: ignore[arg-type]


async def test_documents_of_an_earlier_release_are_packed_where_they_are(tmp_path: Path, event: Event) -> None:
    path = tmp_path / "state.db"
    at(path, "0021")
    said = msgspec.json.encode(event)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO event (at, type, finding, subject, told, data) VALUES (1.5, 'opened', ?, 'crm', 1, ?)",
            (event.finding, said),
        )
    migrating.migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute("SELECT data FROM event").fetchone()[0]
        speak(connection)
        assert connection.execute("SELECT unpacked(data) FROM event").fetchone()[0].encode() == said
    assert len(kept) < len(said) / 2
    store = await Store.open(tmp_path, ManualClock(2.0))
    assert [one for _, one in await store.events()] == [event]
    await store.close()


async def test_a_statement_may_look_into_a_document_and_write_it_anew(tmp_path: Path, event: Event) -> None:
    store = await Store.open(tmp_path, ManualClock(2.0))
    async with store.transaction() as tx:
        await tx.add_events([event])
        await tx.run(text("UPDATE event SET data = packed(replace(unpacked(data), 'crm', 'web'))"))
    assert (await store.events())[0][1].address.subject == "web"
    assert (await store._all(text("SELECT json_extract(unpacked(data), '$.type') AS type FROM event")))[0][
        "type"
    ] == "opened"
    await store.close()


@pytest.fixture
def event() -> Event:
    given = next(one for one in documents(random.Random(3)) if b'"type":"opened"' in one)
    one = msgspec.json.decode(given, type=Event)
    return msgspec.structs.replace(
        one, type=EventType.OPENED, address=msgspec.structs.replace(one.address, subject="crm")
    )
