"""Planned changes from wherever a command's answers come: the daemon's API, or the engine that was opened here."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import msgspec

from monitor.engine.plan_shapes import Announced, Close, Plan, PlanDetail, PlanRow
from monitor.engine.request import Decided, Refused, as_decided
from monitor.engine.standing_shapes import End

from .out import Stop
from .remote import PAUSE, SETTLE, V1, Remote

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from .desk import Desk


class Plans(Protocol):
    async def rows(self, state: str) -> tuple[PlanRow, ...]: ...
    async def one(self, id: str) -> PlanDetail: ...
    async def add(self, asked: Plan) -> Announced: ...
    async def close(self, id: str) -> Announced: ...
    async def withdraw(self, id: str, uuid: str, reason: str) -> Announced: ...


def plans_of(at: Desk) -> Plans:
    return Away(at) if isinstance(at, Remote) else Here(at)


class Away:
    """Over the API. What is asked for is waited for until it is in git, or that takes too long."""

    def __init__(self, at: Remote) -> None:
        self._at = at

    async def rows(self, state: str) -> tuple[PlanRow, ...]:
        from monitor.engine import planlist

        return tuple(sorted(await self._at.walk("changes", PlanRow, state=state), key=planlist.order))

    async def one(self, id: str) -> PlanDetail:
        return msgspec.convert(await self._at.ask("GET", f"{V1}changes/{_part(id)}"), PlanDetail, strict=False)

    async def add(self, asked: Plan) -> Announced:
        return await self._kept("changes", asked)

    async def close(self, id: str) -> Announced:
        return await self._kept(f"changes/{_part(id)}/close", Close())

    async def withdraw(self, id: str, uuid: str, reason: str) -> Announced:
        return await self._kept(f"changes/{_part(id)}/withdraw", End(uuid=uuid, reason=reason))

    async def _kept(self, path: str, asked: Any) -> Announced:
        told = await self._at.ask("POST", V1 + path, json=msgspec.to_builtins(asked))
        made = msgspec.convert(told, Announced, strict=False)
        ends = time.monotonic() + SETTLE
        while made.decision is not None and made.decision.state == "queued" and time.monotonic() < ends:
            await asyncio.sleep(PAUSE)
            now = await self._at.ask("GET", f"{V1}decisions/{_part(made.decision.uuid)}")
            made = msgspec.structs.replace(made, decision=msgspec.convert(now, Decided, strict=False))
        return made


class Here:
    """In this process. `at` has the engine, and who sits at the terminal."""

    def __init__(self, at: Any) -> None:
        self._engine, self._who = at.engine, at.who

    async def rows(self, state: str) -> tuple[PlanRow, ...]:
        from monitor.engine.planlist import plans

        return tuple(row for row in plans(self._engine) if state in ("", row.state))

    async def one(self, id: str) -> PlanDetail:
        from monitor.engine.planlist import plan
        from monitor.engine.views import NotFound

        try:
            return plan(self._engine, id)
        except NotFound as error:
            raise Stop(str(error)) from error

    async def add(self, asked: Plan) -> Announced:
        from monitor.engine import planning

        return await self._kept(planning.add(self._engine, asked, self._who, "terminal"))

    async def close(self, id: str) -> Announced:
        from monitor.engine import planning

        return await self._kept(planning.close(self._engine, id, Close(), self._who, "terminal"))

    async def withdraw(self, id: str, uuid: str, reason: str) -> Announced:
        from monitor.engine import planning

        asked = End(uuid=uuid, reason=reason)
        return await self._kept(planning.withdraw(self._engine, id, asked, self._who, "terminal"))

    async def _kept(self, work: Coroutine[Any, Any, Announced]) -> Announced:
        try:
            made = await work
        except Refused as error:
            raise Stop(*error.problems) from error
        if made.decision is None:
            return made
        await self._engine.commit_decisions()
        await self._engine.push()
        stored = await self._engine.store.decision(made.decision.uuid)
        return msgspec.structs.replace(made, decision=as_decided(stored)) if stored is not None else made


def _part(text: str) -> str:
    return quote(text, safe="")
