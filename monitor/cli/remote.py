"""The desk of a running daemon: its API on the address it listens on, with the token in DRIFTLINE_TOKEN."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from monitor.engine.request import Decided, Polled

from .out import Stop

if TYPE_CHECKING:
    import httpx

    from monitor.config.models import Service
    from monitor.core.proposing import Proposed
    from monitor.engine.administer import Made, Token
    from monitor.engine.flowlist import FlowRow
    from monitor.engine.request import Decide
    from monitor.engine.restless import RestlessRow
    from monitor.engine.shapes import (
        Detail,
        Filter,
        FindingRow,
        FirstLook,
        Happened,
        IgnoreRow,
        Listed,
        Overview,
        Proposal,
    )
    from monitor.engine.standing_shapes import Asked, Day, End, StandingRow
    from monitor.engine.trail_shapes import Report, Verified
    from monitor.engine.undoing import Undo
    from monitor.engine.waitinglist import WaitingRow

T = TypeVar("T")
TOKEN: Final = "DRIFTLINE_TOKEN"  # noqa: S105 - the name of a variable
V1: Final = "/api/v1/"
SETTLE: Final = 10.0  # seconds that a decision gets to reach git before it is shown as queued
PAUSE: Final = 0.1
POLL: Final = 900.0
PAGE: Final = 200  # findings that the API gives at once
MOST: Final = 1000  # events that the API gives at once


class Remote:
    """The API of the daemon that holds the state."""

    def __init__(self, http: httpx.AsyncClient, service: Service, teams: tuple[str, ...] | None) -> None:
        self._http, self.teams = http, teams
        self.url = service.server.external_url.rstrip("/")

    def now(self) -> float:
        return time.time()

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        """The answer's JSON. Raises Stop with the daemon's own sentences."""
        import httpx

        at = self._http.base_url
        try:
            answer = await self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            raise Stop(f"a daemon holds this state but does not answer at {at}: {why}") from error
        try:
            told = answer.json()
        except ValueError as error:
            words = f"{at} answered {answer.status_code} without JSON; is server.listen the daemon's own address?"
            raise Stop(words) from error
        if answer.is_success:
            return told
        told = told if isinstance(told, dict) else {}
        said = [told.get("detail") or told.get("title") or f"the daemon answered HTTP {answer.status_code}"]
        if answer.status_code in (401, 403):
            said.append(f"Set {TOKEN} to a token with the right; `driftline token create` makes one.")
        raise Stop(*(told.get("problems") or said))

    async def page(self, path: str) -> str:
        """A page as a browser gets it; "" where it is none."""
        import httpx

        try:
            answer = await self._http.get(f"/{path}", headers={"accept": "text/html"})
        except httpx.HTTPError:
            return ""
        return answer.text if answer.is_success else ""

    async def get(self, path: str, type: type[T], **query: Any) -> T:
        return _as(await self.ask("GET", V1 + path, params=_given(query)), type)

    async def _items(self, path: str, type: type[T], **query: Any) -> tuple[T, ...]:
        """One page."""
        return _as((await self.ask("GET", V1 + path, params=_given(query)))["items"], tuple[type, ...])  # type: ignore[valid-type]

    async def walk(self, path: str, type: type[T], **query: Any) -> tuple[T, ...]:
        """All pages of a list that goes by a cursor."""
        found: list[T] = []
        following = ""
        while True:
            told = await self.ask("GET", V1 + path, params=_given({**query, "cursor": following}))
            found += _as(told["items"], list[type])  # type: ignore[valid-type]
            following = told["next"]
            if not following:
                return tuple(found)

    async def overview(self) -> Overview:
        from monitor.engine.shapes import Overview

        return await self.get("overview", Overview)

    async def findings(self, wanted: Filter) -> tuple[FindingRow, ...]:
        from monitor.engine.shapes import FindingRow

        given = {name: value for name, value in msgspec.to_builtins(wanted).items() if value not in ("", False)}
        query = {{"class_": "class", "text": "q"}.get(name, name): value for name, value in given.items()}
        return await self.walk("findings", FindingRow, limit=PAGE, **query)

    async def detail(self, id: str) -> Detail:
        from monitor.engine.shapes import Detail

        return await self.get(f"findings/{quote(id, safe='')}", Detail)

    async def events(self, after: int | None, limit: int, finding: str) -> tuple[Happened, ...]:
        """Oldest first, from after that number; the newest ones when it is None."""
        from monitor.engine.shapes import Happened

        query: dict[str, Any] = {"finding": finding} if finding else {}
        if after is not None:
            return await self._items("events", Happened, after=after, limit=limit, **query)
        if finding:
            return (await self._items("events", Happened, limit=MOST, **query))[-limit:]
        newest = (await self.ask("GET", V1 + "summary"))["event"]
        return await self._items("events", Happened, after=max(0, newest - limit), limit=limit)

    async def coverage(self, integration: str) -> tuple[Listed, ...]:
        from monitor.engine.shapes import Listed

        return await self._items("coverage", Listed, integration=integration)

    async def proposals(self, integration: str) -> tuple[Proposal, ...]:
        from monitor.engine.shapes import Proposal

        return await self._items("proposals", Proposal, integration=integration)

    async def flows(self) -> tuple[FlowRow, ...]:
        from monitor.engine.flowlist import FlowRow

        return await self._items("flows", FlowRow)

    async def proposed_flows(self) -> tuple[Proposed, ...]:
        from monitor.core.proposing import Proposed

        return await self._items("flows/proposals", Proposed)

    async def ignores(self, integration: str) -> tuple[IgnoreRow, ...]:
        from monitor.engine.shapes import IgnoreRow

        return await self.walk("ignores", IgnoreRow, integration=integration)

    async def restless(self, integration: str) -> tuple[RestlessRow, ...]:
        from monitor.engine.restless import RestlessRow

        return await self._items("ignores/proposed", RestlessRow, integration=integration)

    async def first_look(self) -> FirstLook:
        from monitor.engine.shapes import FirstLook

        return await self.get("first-look", FirstLook)

    async def decide(self, asked: Decide) -> Decided:
        """Waits until the daemon's committer took it to git and what was approved is closed, so that what is told is
        what became of it, and the next command sees it."""
        ends = time.monotonic() + SETTLE
        made = await self.settled("decisions", asked, ends)
        closing = asked.kind == "approve" and made.state in ("committed", "pushed")
        for id in asked.findings if closing else ():
            view = await self.detail(id)
            while view.row.stand != "closed" and not view.row.pull and time.monotonic() < ends:
                await asyncio.sleep(PAUSE)
                view = await self.detail(id)
        return made

    async def settled(self, path: str, asked: Any, ends: float | None = None) -> Decided:
        """A decision, as it is once the committer took it to git, or when that takes too long."""
        made = _as(await self.ask("POST", V1 + path, json=msgspec.to_builtins(asked)), Decided)
        ends = ends or time.monotonic() + SETTLE
        while made.state == "queued" and time.monotonic() < ends:
            await asyncio.sleep(PAUSE)
            made = await self.get(f"decisions/{quote(made.uuid, safe='')}", Decided)
        return made

    async def unignore(self, id: str, asked: End) -> Decided:
        return await self.settled(f"ignores/{quote(id, safe='')}/end", asked)

    async def standing(self) -> tuple[StandingRow, ...]:
        from monitor.engine.standing_shapes import StandingRow

        found = await self.walk("standing", StandingRow)
        return tuple(sorted(found, key=lambda row: (row.state == "ended", row.id)))

    async def digest(self) -> tuple[Day, ...]:
        from monitor.engine.standing_shapes import Day

        return await self._items("standing/digest", Day)

    async def add_standing(self, asked: Asked) -> Decided:
        return await self.settled("standing", asked)

    async def end_standing(self, name: str, asked: End) -> Decided:
        return await self.settled(f"standing/{quote(name, safe='')}/end", asked)

    async def decisions(self, limit: int) -> tuple[Decided, ...]:
        return await self._items("decisions", Decided, limit=limit)

    async def undo(self, asked: Undo) -> Decided:
        return await self.settled("undo", asked)

    async def waiting(self) -> tuple[WaitingRow, ...]:
        from monitor.engine.waitinglist import WaitingRow

        return await self.walk("waiting", WaitingRow)

    async def answer(self, decision: str, answer: str, reason: str) -> Decided:
        return await self.settled(f"decisions/{quote(decision, safe='')}/{answer}", {"reason": reason})

    async def poll(self, integration: str) -> Polled:
        path = f"{V1}integrations/{quote(integration, safe='')}/poll"
        return _as(await self.ask("POST", path, timeout=POLL), Polled)

    async def reload(self) -> None:
        await self.ask("POST", "/-/reload")

    async def tokens(self) -> tuple[Token, ...]:
        from monitor.engine.administer import Token

        return await self.walk("tokens", Token)

    async def make_token(self, name: str, role: str, seconds: float | None, teams: tuple[str, ...]) -> Made:
        from monitor.engine.administer import Made

        asked = {"name": name, "role": role, "seconds": seconds, "teams": teams}
        return _as(await self.ask("POST", V1 + "tokens", json=asked), Made)

    async def make_link(self, name: str, role: str, teams: tuple[str, ...]) -> Made:
        from monitor.engine.administer import Made

        asked = {"name": name, "role": role, "teams": teams}
        return _as(await self.ask("POST", V1 + "tokens/link", json=asked), Made)

    async def revoke(self, name: str) -> None:
        await self.ask("DELETE", f"{V1}tokens/{quote(name, safe='')}")

    async def forget(self, person: str) -> str:
        told = await self.ask("POST", V1 + "forget", json={"person": person})
        return str(told["pseudonym"])

    async def verify(self) -> Verified:
        from monitor.engine.trail_shapes import Verified

        return _as(await self.ask("POST", V1 + "trail/verify", timeout=POLL), Verified)

    async def report(self, first: str, last: str) -> Report:
        from monitor.engine.trail_shapes import Report

        asked = _given({"from": first, "to": last})
        return _as(await self.ask("GET", V1 + "trail/report", params=asked, timeout=POLL), Report)


def _given(query: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty, which says nothing."""
    return {name: value for name, value in query.items() if value != ""}


def _as(value: Any, type: type[T]) -> T:
    try:
        return msgspec.convert(value, type, strict=False)
    except (msgspec.ValidationError, KeyError) as error:
        raise Stop(f"the daemon answers in another shape ({error}); are both of the same release?") from error


@asynccontextmanager
async def remote(service: Service, teams: tuple[str, ...] | None) -> AsyncIterator[Remote]:
    """A client of the daemon of this configuration. Raises Stop for a token that is none."""
    import httpx

    token = os.environ.get(TOKEN, "").strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise Stop(f"{TOKEN}: expected one token, found characters that no token has")
    headers = {"authorization": f"Bearer {token}"} if token else {}
    server = service.server
    async with httpx.AsyncClient(
        base_url=f"http://{server.listen}", headers=headers, timeout=30, trust_env=False
    ) as http:
        yield Remote(http, service, teams)
