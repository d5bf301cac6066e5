"""The state store: SQLite with one writer, durable at each commit, and readers that never wait for it.

`transaction` is the only way to write. It takes the write lock at its start (BEGIN IMMEDIATE), so that what it reads is
what it changes, and an exception leaves nothing behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Executable, RowMapping, create_engine, event

from probes.kit.clock import Clock

from . import schema as t
from .migrate import migrate
from .packing import speak
from .state_lock import StateLock
from .store_past import Past
from .store_reads import Reads
from .store_thread import Thread, Transaction
from .store_tx import Tx

_FILE = "state.db"
_CHUNK = 64  # bodies staged per transaction
_CACHE_KB = 500  # of each reader: what is read is mostly large and read once; the system keeps the file's pages anyway
_BUSY_MS = 5000
_PAGES = 256  # given back to the file system at once
_SPARE = 20  # the part of the pages that may stay free, so that a file does not shrink and grow every day
_READERS = 4  # threads, with a connection each
# A read is one statement, which sees one state by itself: a transaction around it would be more statements for nothing.
ALONE: Final = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True, "pool_reset_on_return": None}


class Counts(msgspec.Struct):
    """What the store did since it was opened: for tests that hold counts. Each commit that wrote is one fsync."""

    statements: int = 0
    transactions: int = 0
    commits: int = 0


class Store(Reads):
    """Made by `open`; holds the state folder's lock until `close`."""

    def __init__(self, folder: Path, clock: Clock, lock: StateLock) -> None:
        self.folder = folder
        self.counts = Counts()
        self._clock = clock
        self._lock = lock
        self._writing = asyncio.Lock()
        path = folder / _FILE
        self._writer = Thread(self._engine(path, writes=True), 1, "store writes")
        self._readers = Thread(self._engine(path, writes=False), _READERS, "store reads")
        self._reading = 0
        self.past = Past()

    @classmethod
    async def open(cls, folder: Path, clock: Clock) -> Store:
        """Makes what is missing and brings the schema up to date. Raises StoreLocked, SchemaError, OSError."""
        lock = await asyncio.to_thread(_prepare, folder)
        try:
            await asyncio.to_thread(migrate, folder / _FILE)
        except BaseException:
            lock.release()
            raise
        store = cls(folder, clock, lock)
        try:
            store._reading = await store._newest(t.reading, "id")
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        async with self._writing:
            await self._readers.close()
            await self._writer.close()
            self._lock.release()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """One unit of work, first come first served. A commit that was begun is waited for, even when the caller is
        cancelled meanwhile: the caller's exception then never hides whether it was kept."""
        async with self._writing:
            work = Transaction(self._writer)
            self.counts.transactions += 1
            tx = Tx(work, self._clock.now())
            try:
                yield tx
            except BaseException:
                await _finish(work.drop())
                raise
            await _finish(work.keep())
            self.counts.commits += 1
            if tx.wrote_origins:
                self.past.forget_origins()
            tx.kept()

    async def stage(self, contents: Iterable[tuple[bytes, bytes]]) -> None:
        """Bodies ahead of the transaction that points to them, in chunks, so that a large read holds no long lock.
        What nothing points to is pruned later."""
        for part in _chunks(contents, _CHUNK):
            async with self.transaction() as tx:
                await tx.put_contents(part)

    async def scrub(self) -> None:
        """Empties SQLite's log, in which deleted text would else stay readable for a while."""

        async with self._writing:
            await self._writer.alone(lambda one: _pragma(one, "wal_checkpoint(TRUNCATE)"))

    async def shrink(self) -> None:
        """Gives free pages back to the file system, but for as many as the next days will take. Some at a time: others
        write in between. Nothing happens in a database that was not made for it (see migrate.py)."""
        size, free = await self._pages()
        spare, before = size // _SPARE, free + 1
        while spare < free < before:
            count = min(_PAGES, free - spare)
            async with self._writing:
                await self._writer.alone(lambda one, count=count: _give_back(one, count))  # type: ignore[misc]
            before, (_, free) = free, await self._pages()
        async with self._writing:
            await self._writer.alone(lambda one: _pragma(one, "wal_checkpoint(PASSIVE)"))  # waits for nobody

    async def _pages(self) -> tuple[int, int]:
        """How many the file has, and how many of them are free."""
        of = [
            await self._readers.alone(lambda one, name=name: _pragma(one, name))  # type: ignore[misc]
            for name in ("page_count", "freelist_count")
        ]
        return of[0], of[1]

    def bytes(self) -> int:
        """Of the database and its log, on disk."""
        files = (self.folder / _FILE, self.folder / f"{_FILE}-wal")
        return sum(one.stat().st_size for one in files if one.exists())

    async def next_reading(self, integration: str) -> int:
        """The number of a reading that begins now: greater than every one given or stored before. Costs no statement;
        a number whose reading never ended may be given again after a restart."""
        self._reading += 1
        return self._reading

    async def _all(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[RowMapping]:
        return await self._readers.alone(lambda one: one.execute(statement, values).mappings().all())

    def _engine(self, path: Path, *, writes: bool) -> Engine:
        engine = create_engine(
            f"sqlite:///{path}",
            hide_parameters=True,  # an error names the statement, never the values
            pool_size=1 if writes else _READERS,
            max_overflow=0,
            **({} if writes else ALONE),
        )

        @event.listens_for(engine, "connect")
        def connected(connection: Any, _: Any) -> None:
            connection.isolation_level = None  # the driver begins nothing by itself
            speak(connection)
            cursor = connection.cursor()
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", f"busy_timeout={_BUSY_MS}"):
                cursor.execute(f"PRAGMA {pragma}")
            if not writes:
                cursor.execute("PRAGMA query_only=ON")
                cursor.execute(f"PRAGMA cache_size=-{_CACHE_KB}")
            cursor.close()

        if writes:

            @event.listens_for(engine, "begin")
            def begun(connection: Any) -> None:
                connection.exec_driver_sql("BEGIN IMMEDIATE")

        @event.listens_for(engine, "before_cursor_execute")
        def executing(*_: Any) -> None:
            self.counts.statements += 1

        return engine


def _give_back(one: Connection, pages: int) -> None:
    """As a script, whose statements are run to their end: of one that gives no columns the driver runs one step, which
    here is one page."""
    cursor = one.connection.cursor()
    cursor.executescript(f"PRAGMA incremental_vacuum({pages})")
    cursor.close()


def _pragma(one: Connection, asked: str) -> int:
    """The first number that it answers."""
    cursor = one.connection.cursor()  # the driver's own: SQLAlchemy would begin a transaction
    rows = cursor.execute(f"PRAGMA {asked}").fetchall()
    cursor.close()
    return int(rows[0][0]) if rows else 0


def _prepare(folder: Path) -> StateLock:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = StateLock(folder)
    (folder / _FILE).touch(mode=0o600)  # SQLite gives its side files the rights of this one
    return lock


async def _finish(work: Any) -> None:
    """Awaits to the end what must not be left half done, then lets a cancellation through."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        if not task.done():
            await asyncio.wait([task])
        task.result()
        raise


def _chunks(items: Iterable[tuple[bytes, bytes]], size: int) -> Iterator[list[tuple[bytes, bytes]]]:
    part: list[tuple[bytes, bytes]] = []
    for item in items:
        part.append(item)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
