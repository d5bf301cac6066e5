"""Where a command's answers come from: the running daemon's API, or, when none runs, an engine opened here.

While `serve` runs it holds the state folder, so everything goes through its API with the token in DRIFTLINE_TOKEN.
Otherwise the command takes the lock itself and acts as local:<user>, which never counts as a second pair of eyes.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from .out import Stop

if TYPE_CHECKING:
    import httpx

    from monitor.config import Config
    from monitor.engine.core import Engine
    from monitor.engine.request import Decide
    from monitor.engine.shapes import Detail, Filter, FirstLook, Happened, Overview, Page, Proposal

T = TypeVar("T")


class Desk(Protocol):
    """The same questions and answers either way. All raise Stop with sentences when they cannot be answered."""

    async def overview(self) -> Overview: ...
    async def findings(self, wanted: Filter, number: int, size: int) -> Page: ...
    async def detail(self, id: str) -> Detail: ...
    async def events(self, after: int, limit: int, finding: str) -> tuple[Happened, ...]: ...
    async def proposals(self, integration: str) -> tuple[Proposal, ...]: ...
    async def first_look(self) -> FirstLook: ...
    async def decide(self, asked: Decide) -> Mapping[str, Any]: ...
    async def poll(self, integration: str) -> Mapping[str, Any]: ...


def configured(folder: Path) -> Config:
    """The configuration of a stack's folder, or of its config/ folder. Raises Stop with every problem."""
    from monitor.config import ConfigError, load

    inside = folder / "config"
    try:
        return load(inside if (inside / "driftline.yaml").is_file() else folder)
    except ConfigError as error:
        raise Stop(*(str(problem) for problem in error.problems)) from error


@asynccontextmanager
async def desk(folder: Path, *, allow_commands: bool = False) -> AsyncIterator[Desk]:
    config = configured(folder)
    from monitor.adapters.state_lock import holder

    if holder(config.state) is not None:
        async with _remote(config) as remote:
            yield remote
        return
    async with local(config, allow_commands=allow_commands) as here:
        yield here


@asynccontextmanager
async def local(config: Config, *, allow_commands: bool = False) -> AsyncIterator[Local]:
    """An engine of our own. Raises Stop where the state, the repository or a secret refuses."""
    from monitor.adapters.baselines import BaselinesError
    from monitor.adapters.git import GitError
    from monitor.adapters.secrets import SecretError
    from monitor.adapters.state_lock import StoreLocked
    from monitor.adapters.tokens import TokenKeyError
    from monitor.engine.opening import open_engine
    from probes.kit.clock import SystemClock

    try:
        async with open_engine(config, SystemClock(), allow_commands=allow_commands) as engine:
            yield Local(engine)
    except (StoreLocked, BaselinesError, GitError, SecretError, TokenKeyError) as error:
        raise Stop(str(error)) from error


class Local:
    """The engine, in this process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def overview(self) -> Overview:
        from monitor.engine import views

        return views.overview(self.engine)

    async def findings(self, wanted: Filter, number: int, size: int) -> Page:
        from monitor.engine import views

        return views.findings(self.engine, wanted, number, size)

    async def detail(self, id: str) -> Detail:
        from monitor.engine import views

        try:
            return await views.detail(self.engine, id)
        except views.NotFound as error:
            raise Stop(str(error)) from error

    async def events(self, after: int, limit: int, finding: str) -> tuple[Happened, ...]:
        from monitor.engine import views

        return await views.events(self.engine, finding=finding or None, after=after, limit=limit)

    async def proposals(self, integration: str) -> tuple[Proposal, ...]:
        from monitor.engine import views

        return views.proposals(self.engine, integration)

    async def first_look(self) -> FirstLook:
        from monitor.engine.firstlook import first_look

        return await first_look(self.engine)

    async def decide(self, asked: Decide) -> Mapping[str, Any]:
        from monitor.engine.request import Refused

        try:
            made = await self.engine.decide(asked, f"local:{getpass.getuser()}", "terminal")
        except Refused as error:
            raise Stop(*error.problems) from error
        await self.engine.commit_decisions()
        stored = await self.engine.store.decision(made.uuid)
        return msgspec.to_builtins(stored or made)  # type: ignore[no-any-return]

    async def poll(self, integration: str) -> Mapping[str, Any]:
        """A reading with its second look, as the daemon would make it; the wait between them is kept."""
        if integration not in self.engine.integrations:
            known = ", ".join(sorted(self.engine.integrations)) or "none"
            raise Stop(f"there is no integration {integration!r}; configured are: {known}")
        seen = await self.engine.poll(integration)
        if seen.confirm:
            await self.engine.clock.sleep(self.engine.config.service.poll.confirm_after)
            await self.engine.poll(integration, ids=seen.confirm, fresh=True)
        return msgspec.to_builtins(seen.reading)  # type: ignore[no-any-return]


class Remote:
    """The API of the daemon that holds the state."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def _get(self, path: str, type: type[T], **query: Any) -> T:
        return msgspec.convert(await self.ask("GET", path, params=query), type, strict=False)

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        """Raises Stop with the daemon's own sentences."""
        import httpx

        try:
            answer = await self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise Stop(f"a daemon holds this state but does not answer at {self._http.base_url}: {error}") from error
        if answer.is_success:
            return answer.json()
        told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        said = told.get("problems") or [told.get("detail") or told.get("title") or f"HTTP {answer.status_code}"]
        if answer.status_code in (401, 403):
            said = [*said, "Set DRIFTLINE_TOKEN to a token with the right; `driftline token` makes one."]
        raise Stop(*said)

    async def overview(self) -> Overview:
        from monitor.engine.shapes import Overview

        return await self._get("summary", Overview)

    async def findings(self, wanted: Filter, number: int, size: int) -> Page:
        from monitor.engine.shapes import Page

        query = {
            name.rstrip("_"): value for name, value in msgspec.to_builtins(wanted).items() if value not in ("", False)
        }
        query["q"] = query.pop("text", "")
        return await self._get("findings", Page, page=number, size=size, **query)

    async def detail(self, id: str) -> Detail:
        from monitor.engine.shapes import Detail

        return await self._get(f"findings/{id}", Detail)

    async def events(self, after: int, limit: int, finding: str) -> tuple[Happened, ...]:
        from monitor.engine.shapes import Happened

        query = {"finding": finding} if finding else {}
        told = await self.ask("GET", "events", params={"after": after, "limit": limit, **query})
        return msgspec.convert(told["items"], tuple[Happened, ...], strict=False)

    async def proposals(self, integration: str) -> tuple[Proposal, ...]:
        from monitor.engine.shapes import Proposal

        told = await self.ask("GET", "proposals", params={"integration": integration})
        return msgspec.convert(told["items"], tuple[Proposal, ...], strict=False)

    async def first_look(self) -> FirstLook:
        from monitor.engine.shapes import FirstLook

        return await self._get("first-look", FirstLook)

    async def decide(self, asked: Decide) -> Mapping[str, Any]:
        made: Mapping[str, Any] = await self.ask("POST", "decisions", json=msgspec.to_builtins(asked))
        return made

    async def poll(self, integration: str) -> Mapping[str, Any]:
        made: Mapping[str, Any] = await self.ask("POST", "poll", json={"integration": integration}, timeout=600)
        return made


@asynccontextmanager
async def _remote(config: Config) -> AsyncIterator[Remote]:
    import httpx

    server = config.service.server
    base = f"http://{server.listen}/api/v1/"
    token = os.environ.get("DRIFTLINE_TOKEN", "")
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=30, trust_env=False) as http:
        yield Remote(http)
