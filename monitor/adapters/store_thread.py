"""Where the store's statements run: in threads of its own, since SQLite answers by blocking.

Each trip to a thread and back costs the event loop more than most statements cost SQLite, and a transaction that makes
many of them holds up every other one meanwhile. So what only writes waits in memory, and goes along with the next
statement whose answer somebody needs, or with the commit: a poll writes all it has in two trips.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Engine, Executable, RowMapping
from sqlalchemy.exc import InvalidRequestError

T = TypeVar("T")
Values = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class Thread:
    """So many threads for the connections of one database engine. Work is begun first come first served."""

    def __init__(self, engine: Engine, width: int, name: str) -> None:
        self._engine, self._workers = engine, ThreadPoolExecutor(width, name)

    async def run(self, work: Callable[[Engine], T]) -> T:
        """What a cancelled caller has begun is run to its end."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, work, self._engine)

    async def alone(self, work: Callable[[Connection], T]) -> T:
        """With a connection, outside of a transaction of ours."""

        def connected(engine: Engine) -> T:
            with engine.connect() as connection:
                return work(connection)

        return await self.run(connected)

    async def close(self) -> None:
        """Once what was begun is done. Again for nothing."""
        await asyncio.to_thread(self._workers.shutdown)
        await asyncio.to_thread(self._engine.dispose)


class Transaction:
    """One transaction on the thread that writes. It begins with the first statement that is run, so that whatever is
    read in it is what it changes; statements are run in the order in which they were given."""

    def __init__(self, thread: Thread) -> None:
        self._thread = thread
        self._waiting: list[tuple[Executable, Values]] = []
        self._connection: Connection | None = None  # the thread's own
        self._spoilt = False

    def later(self, statement: Executable, values: Values = None) -> None:
        """With the next one whose answer is asked for, or at the end. What is wrong with it is raised there."""
        self._waiting.append((statement, values))

    async def rows(self, statement: Executable, values: Values = None) -> Sequence[RowMapping]:
        return await self._run(statement, values, lambda done: done.mappings().all())

    async def count(self, statement: Executable, values: Values = None) -> int:
        """How many rows it touched."""
        return await self._run(statement, values, lambda done: int(done.rowcount))

    async def keep(self) -> None:
        """Runs what waits, and commits. Raises what went wrong; then nothing is kept. Costs nothing for nothing."""

        def commit(connection: Connection) -> None:
            connection.commit()
            self._let_go()

        if self._waiting or self._connection is not None or self._spoilt:
            await self._work(commit)

    async def drop(self) -> None:
        await self._thread.run(lambda _: self._let_go())

    async def _run(self, statement: Executable, values: Values, answer: Callable[[CursorResult[Any]], T]) -> T:
        return await self._work(lambda connection: answer(connection.execute(statement, values)))

    async def _work(self, last: Callable[[Connection], T]) -> T:
        waiting, self._waiting = self._waiting, []

        def work(engine: Engine) -> T:
            if self._spoilt:
                raise InvalidRequestError("a statement of this transaction has failed, so none of it can be kept")
            try:
                connection = self._begun(engine)
                for each in waiting:
                    connection.execute(*each)
                return last(connection)
            except BaseException:
                self._spoilt = True
                self._let_go()
                raise

        return await self._thread.run(work)

    def _begun(self, engine: Engine) -> Connection:
        if self._connection is None:
            self._connection = engine.connect()
            self._connection.begin()
        return self._connection

    def _let_go(self) -> None:
        """Gives the connection back; what was not committed is rolled back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
