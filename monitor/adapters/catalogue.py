"""The pages of the dictionary, kept in a file of their own beside the state: `catalogue.db` in the state folder.

Nothing in it is known here alone. It is made again from the bodies in the store where it is missing, of another form,
or damaged; so it is written without waiting for the disk, and no transaction of the store ever waits for it. It is read
in a thread, one page at a time, so that what it costs in memory does not grow with the stack.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from monitor.core.dictionary import EXACT, LABEL, PART, RANKS, Page, Query, Row, fold, look, rows, written
from probes.kit.contract import Ref

T = TypeVar("T")
FILE: Final = "catalogue.db"
_FORM: Final = 1  # of the pages; another one in the file means that they are made again
_PAGE: Final = 16_384  # bytes; most pages of the dictionary are larger than SQLite's own
_MANY: Final = 64  # pages asked for at once, in one statement
_CACHE_KB: Final = 1_000


class Place(msgspec.Struct, frozen=True, order=True):
    """Whose page it is: a scope of an integration, and the mark of its content."""

    integration: str
    ref: Ref
    mark: bytes


class Hit(msgspec.Struct, frozen=True):
    """A row that was found. `key` empty: the scope itself is called so."""

    integration: str
    ref: Ref
    rank: int
    row: Row


class Found(msgspec.Struct, frozen=True):
    """`counts`: how many fit, by integration, those with the best hits first; `hits`: the best of the first of them;
    `behind`: pages that are not made yet."""

    counts: Mapping[str, int]
    hits: Mapping[str, Sequence[Hit]]
    behind: int


class Catalogue:
    """Opens its file when it is first asked for anything."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self.making: asyncio.Task[None] | None = None  # what makes missing pages just now
        self.current: object = None  # the state of the stack of which every page is there; None: look again
        self._thread: ThreadPoolExecutor | None = None
        self._open: sqlite3.Connection | None = None

    async def marks(self) -> frozenset[bytes]:
        """Of the pages that are there."""
        return await self._run(lambda db: frozenset(mark for (mark,) in db.execute("SELECT mark FROM page")))

    async def put(self, mark: bytes, make: Callable[[], Page]) -> None:
        """`make` is called in the thread: it reads a whole body."""

        def put(db: sqlite3.Connection) -> None:
            made = make()
            db.execute("INSERT OR REPLACE INTO page VALUES (?, ?, ?)", (mark, made.folded, made.shown))

        await self._run(put)

    async def drop(self, marks: Iterable[bytes]) -> None:
        gone = [(mark,) for mark in marks]
        if gone:
            await self._run(lambda db: db.executemany("DELETE FROM page WHERE mark = ?", gone))

    async def search(self, query: Query, places: Sequence[Place], each: int, after: int, most: int) -> Found:
        """`each`: how many hits of an integration are wanted, from number `after` of its own on; `most`: of how
        many integrations, the best first. `places` in order."""
        return await self._run(lambda db: _search(db, query, places, each, after, most))

    async def close(self) -> None:
        """What makes pages is stopped: the next one goes on where it was. Again for nothing."""
        if self.making is not None:
            self.making.cancel()
            await asyncio.wait({self.making})
        if self._thread is not None:
            thread, self._thread = self._thread, None
            await asyncio.get_running_loop().run_in_executor(thread, self._let_go)
            thread.shutdown()

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "catalogue")
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._work(work))

    def _work(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """A file that cannot be read is thrown away, and what was in it is made again by who asks next."""
        try:
            return work(self._opened())
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            self._throw_away()
            return work(self._opened())

    def _opened(self) -> sqlite3.Connection:
        if self._open is None:
            self._open = self._connected()
            if self._open.execute("PRAGMA user_version").fetchone()[0] != _FORM:
                self._throw_away()
                self._open = self._connected()
                self._open.execute("CREATE TABLE page (mark BLOB PRIMARY KEY, folded BLOB, shown BLOB) STRICT")
                self._open.execute(f"PRAGMA user_version = {_FORM}")
        return self._open

    def _connected(self) -> sqlite3.Connection:
        self.path.touch(mode=0o600)
        db = sqlite3.connect(self.path, isolation_level=None)
        for pragma in (f"page_size={_PAGE}", "journal_mode=WAL", "synchronous=OFF", f"cache_size=-{_CACHE_KB}"):
            db.execute(f"PRAGMA {pragma}")
        return db

    def _let_go(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _throw_away(self) -> None:
        self._let_go()
        for name in (FILE, f"{FILE}-wal", f"{FILE}-shm"):
            self.path.with_name(name).unlink(missing_ok=True)


class _Best:
    """The hits of one integration by rank, in their order, as many of each as could be wanted."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._ranks: list[list[tuple[Place, int]]] = [[] for _ in RANKS]
        self.count = 0

    def enough(self) -> int:
        """The rank from which on nothing more is wanted: what is there of it and of better ones fills the room."""
        room = self._wanted
        for rank in RANKS:
            room -= len(self._ranks[rank])
            if room <= 0:
                return rank
        return PART + 1

    def add(self, rank: int, place: Place, line: int) -> None:
        if len(self._ranks[rank]) < self._wanted:
            self._ranks[rank].append((place, line))

    def rank(self) -> int:
        """Of the best."""
        return next(rank for rank in RANKS if self._ranks[rank])

    def hits(self, after: int) -> list[tuple[int, Place, int]]:
        every = [(rank, place, line) for rank in RANKS for place, line in self._ranks[rank]]
        return every[after : self._wanted]


def _search(db: sqlite3.Connection, query: Query, places: Sequence[Place], each: int, after: int, most: int) -> Found:
    best: dict[str, _Best] = {}
    behind = 0
    for first in range(0, len(places), _MANY):
        some = places[first : first + _MANY]
        marks = list({one.mark for one in some})
        asked = f"SELECT mark, folded FROM page WHERE mark IN ({','.join('?' * len(marks))})"  # noqa: S608 - marks only
        pages: dict[bytes, bytes] = dict(db.execute(asked, marks))
        for place in some:
            mine = best.get(place.integration) or best.setdefault(place.integration, _Best(after + each))
            scope = written(fold(place.ref.name))
            if query.whole in scope:
                mine.count += 1
                mine.add(EXACT if scope == query.whole else LABEL, place, -1)
            folded = pages.get(place.mark)
            if folded is None:
                behind += 1
                continue
            count, hits = look(query, folded, scope, mine.enough())
            mine.count += count
            for hit in hits:
                mine.add(hit.rank, place, hit.line)
    order = sorted((one.rank(), name) for name, one in best.items() if one.count)
    counts = {name: best[name].count for _, name in order}
    chosen = {name: best[name].hits(after) for _, name in order[:most]}
    return Found(counts, _read(db, chosen), behind)


def _read(db: sqlite3.Connection, chosen: Mapping[str, list[tuple[int, Place, int]]]) -> dict[str, list[Hit]]:
    """The rows of what was chosen, each page of theirs read once."""
    wanted: dict[bytes, set[int]] = {}
    for hits in chosen.values():
        for _, place, line in hits:
            if line >= 0:
                wanted.setdefault(place.mark, set()).add(line)
    read: dict[bytes, dict[int, Row]] = {}
    for mark, lines in wanted.items():
        (shown,) = db.execute("SELECT shown FROM page WHERE mark = ?", (mark,)).fetchone()
        numbers = sorted(lines)
        read[mark] = dict(zip(numbers, rows(shown, numbers), strict=True))
    return {
        name: [Hit(name, place.ref, rank, _row(read, place, line)) for rank, place, line in hits]
        for name, hits in chosen.items()
    }


def _row(read: Mapping[bytes, Mapping[int, Row]], place: Place, line: int) -> Row:
    return read[place.mark][line] if line >= 0 else Row("", place.ref.name, ())
