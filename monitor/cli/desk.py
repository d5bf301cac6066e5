"""Where a command's answers come from: the running daemon's API, or, when none runs, an engine opened here.

While `serve` runs it holds the state folder, so everything goes through its API with the token in DRIFTLINE_TOKEN.
Otherwise the command takes the lock itself and acts as local:<user>, which never counts as a second pair of eyes.
"""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from monitor.engine.request import Decided, Polled, as_decided

from .out import Stop, note

if TYPE_CHECKING:
    from monitor.config import Config, ConfigError
    from monitor.config.models import Service
    from monitor.core.proposing import Proposed
    from monitor.engine import shapes
    from monitor.engine.administer import Made, Token
    from monitor.engine.core import Engine
    from monitor.engine.flowlist import FlowRow
    from monitor.engine.request import Decide
    from monitor.engine.restless import RestlessRow
    from monitor.engine.standing_shapes import Asked, Day, End, StandingRow
    from monitor.engine.trail_shapes import Report, Verified
    from monitor.engine.undoing import Undo

T = TypeVar("T")


class Desk(Protocol):
    """The same questions and answers either way. All raise Stop with sentences when they cannot be answered.
    `now` is the clock that ages count from; `url` is where the pages are; `teams` are those of people.yaml, None where
    that file cannot be used.
    """

    url: str
    teams: tuple[str, ...] | None

    def now(self) -> float: ...
    async def overview(self) -> shapes.Overview: ...
    async def findings(self, wanted: shapes.Filter) -> tuple[shapes.FindingRow, ...]: ...
    async def detail(self, id: str) -> shapes.Detail: ...
    async def events(self, after: int | None, limit: int, finding: str) -> tuple[shapes.Happened, ...]: ...
    async def coverage(self, integration: str) -> tuple[shapes.Listed, ...]: ...
    async def proposals(self, integration: str) -> tuple[shapes.Proposal, ...]: ...
    async def flows(self) -> tuple[FlowRow, ...]: ...
    async def proposed_flows(self) -> tuple[Proposed, ...]: ...
    async def ignores(self, integration: str) -> tuple[shapes.IgnoreRow, ...]: ...
    async def restless(self, integration: str) -> tuple[RestlessRow, ...]: ...
    async def first_look(self) -> shapes.FirstLook: ...
    async def decide(self, asked: Decide) -> Decided: ...
    async def poll(self, integration: str) -> Polled: ...
    async def reload(self) -> None: ...
    async def tokens(self) -> tuple[Token, ...]: ...
    async def make_token(self, name: str, role: str, seconds: float | None, teams: tuple[str, ...]) -> Made: ...
    async def make_link(self, name: str, role: str, teams: tuple[str, ...]) -> Made: ...
    async def revoke(self, name: str) -> None: ...
    async def forget(self, person: str) -> str: ...
    async def verify(self) -> Verified: ...
    async def report(self, first: str, last: str) -> Report: ...
    async def unignore(self, id: str, asked: End) -> Decided: ...
    async def standing(self) -> tuple[StandingRow, ...]: ...
    async def digest(self) -> tuple[Day, ...]: ...
    async def add_standing(self, asked: Asked) -> Decided: ...
    async def end_standing(self, name: str, asked: End) -> Decided: ...
    async def decisions(self, limit: int) -> tuple[Decided, ...]: ...
    async def undo(self, asked: Undo) -> Decided: ...


def configured(folder: Path) -> Config:
    """The configuration of a stack's folder, or of its config/ folder. Raises Stop with every problem."""
    from monitor.config import ConfigError, load

    try:
        return load(config_folder(folder))
    except ConfigError as error:
        raise Stop(*(str(problem) for problem in error.problems)) from error


def config_folder(folder: Path) -> Path:
    inside = folder / "config"
    return folder if (folder / "driftline.yaml").is_file() and not (inside / "driftline.yaml").is_file() else inside


@asynccontextmanager
async def desk(folder: Path, *, allow_commands: bool = False) -> AsyncIterator[Desk]:
    from monitor.adapters.state_lock import holder
    from monitor.config import ConfigError, load

    from .remote import remote

    try:
        config = load(config_folder(folder))
    except ConfigError as error:
        service = _served(config_folder(folder), error)
        async with remote(service, None) as there:
            yield there
        return
    if holder(config.state) is not None:
        async with remote(config.service, tuple(config.people.teams)) as there:
            yield there
        return
    async with local(config, allow_commands=allow_commands) as here:
        await here.engine.fetch()  # no daemon has brought in what people pushed
        if here.engine.push_fault:
            note(f"driftline: what was pushed since the last look is not seen: {here.engine.push_fault}")
        yield here


def _served(folder: Path, error: ConfigError) -> Service:
    """While a daemon runs on what it read before, a mistake in the files since then must not close the terminal.
    Raises Stop with every problem when there is no such daemon."""
    from pydantic import ValidationError

    from monitor.adapters.state_lock import holder
    from monitor.config.document import Document
    from monitor.config.models import Service

    problems = Stop(*(str(problem) for problem in error.problems))
    file = folder / "driftline.yaml"
    if not file.is_file():
        raise problems from error
    try:
        service = Service.model_validate_json(msgspec.json.encode(Document.read(file).data))
    except ValidationError:
        raise problems from error
    if holder(folder.resolve().parent / service.state) is None:
        raise problems from error
    note(f"driftline: {folder} has mistakes and the daemon goes on with what it read before; see `driftline check`")
    return service


@asynccontextmanager
async def local(config: Config, *, allow_commands: bool = False) -> AsyncIterator[Local]:
    """An engine of our own. Raises Stop where the state, the repository or a secret refuses."""
    from sqlalchemy.exc import DatabaseError

    from monitor.engine.opening import REFUSALS, open_engine
    from monitor.logs import logging_to
    from probes.kit.clock import SystemClock

    logging_to(json=False)
    try:
        async with open_engine(config, SystemClock(), allow_commands=allow_commands) as engine:
            yield Local(engine)
    except REFUSALS as error:
        raise Stop(str(error)) from error
    except (OSError, DatabaseError) as error:
        raise Stop(f"{config.state}: the state cannot be used: {error}") from error


class Local:
    """The engine, in this process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        service = engine.config.service
        self.url = service.server.external_url.rstrip("/")
        self.teams: tuple[str, ...] | None = tuple(engine.config.people.teams)
        self.who = f"local:{getpass.getuser()}"

    def now(self) -> float:
        return self.engine.clock.now()

    async def overview(self) -> shapes.Overview:
        from monitor.engine import views

        return views.overview(self.engine)

    async def findings(self, wanted: shapes.Filter) -> tuple[shapes.FindingRow, ...]:
        from monitor.engine.walk import whole

        return whole(self.engine, wanted)

    async def detail(self, id: str) -> shapes.Detail:
        from monitor.engine import views

        try:
            return await views.detail(self.engine, id)
        except LookupError as error:  # no such finding, or content that the store has no more
            raise Stop(str(error)) from error

    async def events(self, after: int | None, limit: int, finding: str) -> tuple[shapes.Happened, ...]:
        """Oldest first, from after that number; the newest ones when it is None."""
        from monitor.engine import views

        newest = after is None
        found = await views.events(
            self.engine, finding=finding or None, after=after or 0, limit=limit, newest_first=newest
        )
        return found[::-1] if newest else found

    async def coverage(self, integration: str) -> tuple[shapes.Listed, ...]:
        from monitor.engine import views

        return views.coverage(self.engine, integration)

    async def proposals(self, integration: str) -> tuple[shapes.Proposal, ...]:
        from monitor.engine import views

        return views.proposals(self.engine, integration)

    async def flows(self) -> tuple[FlowRow, ...]:
        from monitor.engine.flowlist import flows

        return flows(self.engine)

    async def proposed_flows(self) -> tuple[Proposed, ...]:
        from monitor.engine.proposing import propose

        return await propose(self.engine)

    async def ignores(self, integration: str) -> tuple[shapes.IgnoreRow, ...]:
        from monitor.engine.ignorelist import ignores

        return ignores(self.engine, integration)

    async def restless(self, integration: str) -> tuple[RestlessRow, ...]:
        from monitor.engine.restless import proposed

        return await proposed(self.engine, integration)

    async def first_look(self) -> shapes.FirstLook:
        from monitor.engine.firstlook import first_look

        return await first_look(self.engine)

    async def decide(self, asked: Decide) -> Decided:
        again = asked.integration if asked.kind == "recapture" else ""
        return await self._settled(self.engine.decide(asked, self.who, "terminal"), again)

    async def _settled(self, work: Coroutine[Any, Any, Any], again: str = "") -> Decided:
        """A decision, as it is once the committer took it to git. `again`: an integration to read after it."""
        made = await _asked(work)
        if again:
            await _asked(self.engine.poll(again))
        await self.engine.commit_decisions()
        await self.engine.push()
        stored = await self.engine.store.decision(made.uuid)
        return as_decided(stored or made)

    async def unignore(self, id: str, asked: End) -> Decided:
        from monitor.engine.unignore import unignore

        return await self._settled(unignore(self.engine, id, asked, self.who, "terminal"))

    async def standing(self) -> tuple[StandingRow, ...]:
        from monitor.engine import standing

        return standing.standing(self.engine)

    async def digest(self) -> tuple[Day, ...]:
        from monitor.engine import standing

        return await standing.digest(self.engine)

    async def add_standing(self, asked: Asked) -> Decided:
        from monitor.engine import standing

        return await self._settled(standing.add(self.engine, asked, self.who, "terminal"))

    async def end_standing(self, name: str, asked: End) -> Decided:
        from monitor.engine import standing

        return await self._settled(standing.end(self.engine, name, asked, self.who, "terminal"))

    async def decisions(self, limit: int) -> tuple[Decided, ...]:
        return tuple(map(as_decided, await self.engine.store.decisions(newest_first=True, limit=limit)))

    async def undo(self, asked: Undo) -> Decided:
        from monitor.engine import undoing

        return await self._settled(undoing.undo(self.engine, asked, self.who, "terminal"))

    async def poll(self, integration: str) -> Polled:
        """A reading with what is asked on demand about it and its second look, as the daemon would make them; the wait
        between them is kept. There is no second look where the vendor said of each thing by itself that it is gone."""
        from monitor.engine.observe import suspects

        seen = await _asked(self.engine.poll(integration))
        await self.engine.demand.settled()
        events = len(seen.events)
        if seen.confirm and seen.confirm & suspects(self.engine, self.engine.integrations[integration]):
            pause = self.engine.config.service.poll.confirm_after
            note(f"{integration}: something is gone; a second look in {pause:.0f} s says whether it is")
            await self.engine.clock.sleep(pause)
            second = await _asked(self.engine.poll(integration, ids=seen.confirm, fresh=True))
            await self.engine.demand.settled()
            events += len(second.events)
        return Polled(seen.reading, events)

    async def reload(self) -> None:
        raise Stop("no daemon serves this stack, so none can reload; the next command reads the files as they are")

    async def tokens(self) -> tuple[Token, ...]:
        from monitor.engine import administer

        return await administer.tokens(self.engine)

    async def make_token(self, name: str, role: str, seconds: float | None, teams: tuple[str, ...]) -> Made:
        from monitor.engine import administer

        return await _asked(administer.make_token(self.engine, name, role, seconds, self.who, teams))

    async def make_link(self, name: str, role: str, teams: tuple[str, ...]) -> Made:
        from monitor.engine import administer

        return await _asked(administer.make_link(self.engine, name, role, self.who, teams))

    async def revoke(self, name: str) -> None:
        from monitor.engine import administer

        await _asked(administer.revoke(self.engine, name, self.who))

    async def forget(self, person: str) -> str:
        from monitor.engine import administer

        return await _asked(administer.forget(self.engine, person, self.who))

    async def verify(self) -> Verified:
        from monitor.engine import auditing

        return await auditing.verify(self.engine)

    async def report(self, first: str, last: str) -> Report:
        from monitor.engine import paper

        return await _asked(paper.report(self.engine, first, last))


async def _asked(work: Coroutine[Any, Any, T]) -> T:
    from monitor.engine.request import Refused

    try:
        return await work
    except Refused as error:
        raise Stop(*error.problems) from error
