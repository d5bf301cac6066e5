"""Machine-owned files from wherever a command's answers come: the daemon's API, or the engine that was opened here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import msgspec

from monitor.engine.request import Decided, Refused, as_decided

from .out import Stop
from .remote import Remote

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from monitor.adapters.records import Decision
    from monitor.engine.describing import Describe, Forget

    from .desk import Desk


class File(msgspec.Struct, frozen=True):
    folder: str
    name: str
    text: str


class Files(Protocol):
    async def rows(self) -> tuple[File, ...]: ...
    async def write(self, folder: str, asked: Describe) -> Decided: ...
    async def end(self, folder: str, name: str, asked: Forget) -> Decided: ...


def files_of(at: Desk) -> Files:
    return Away(at) if isinstance(at, Remote) else Here(at)


class Away:
    """Over the API. What is asked for is waited for until it is in git, or that takes too long."""

    def __init__(self, at: Remote) -> None:
        self._at = at

    async def rows(self) -> tuple[File, ...]:
        return await self._at.walk("described", File)

    async def write(self, folder: str, asked: Describe) -> Decided:
        return await self._at.settled(f"described/{folder}", asked)

    async def end(self, folder: str, name: str, asked: Forget) -> Decided:
        return await self._at.settled(f"described/{folder}/{quote(name, safe='')}/end", asked)


class Here:
    """In this process. `at` has the engine, and who sits at the terminal."""

    def __init__(self, at: Any) -> None:
        self._engine, self._who = at.engine, at.who

    async def rows(self) -> tuple[File, ...]:
        from monitor.engine.describing import listed

        return tuple(File(*row) for row in await listed(self._engine))

    async def write(self, folder: str, asked: Describe) -> Decided:
        from monitor.engine.describing import write

        return await self._kept(write(self._engine, folder, asked, self._who, "terminal"))

    async def end(self, folder: str, name: str, asked: Forget) -> Decided:
        from monitor.engine.describing import end

        return await self._kept(end(self._engine, folder, name, asked, self._who, "terminal"))

    async def _kept(self, work: Coroutine[Any, Any, Decision]) -> Decided:
        try:
            made = await work
        except Refused as error:
            raise Stop(*error.problems) from error
        await self._engine.commit_decisions()
        await self._engine.push()
        return as_decided(await self._engine.store.decision(made.uuid) or made)
