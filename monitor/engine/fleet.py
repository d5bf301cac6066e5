"""Other stacks at a glance: each is asked for its own summary, which has counts alone, and nothing of it is kept.

A stack that does not answer is told of as that, and since when, never as one without findings. What another stack says
is text of somebody else: it goes through the same sinks as what vendors say.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from monitor.adapters.secrets import SecretError
from monitor.config.egress import way_to
from monitor.config.fleet import Member
from probes.kit.api import Answer, Ask
from probes.kit.contract import Fault
from probes.kit.transport import Transport

from .fleet_shapes import Fleet as View
from .fleet_shapes import FleetCounts, FleetRow
from .surface import Engine as Surface

if TYPE_CHECKING:
    from .core import Engine

AT_ONCE: Final = 8  # stacks that are asked at the same time
DEADLINE: Final = 10.0  # seconds that one has to answer
CAP: Final = 64 << 10  # bytes of an answer
MISSED: Final = 5  # looks after which what was told is no news any more
PATH: Final = "api/v1/summary"
_SAID: Final = {
    401: "it refuses the token: make a new one there (driftline token create NAME --role viewer)",
    403: "the token may not look there: it takes the role viewer",
    404: "no Driftline answers at this address; look at its path",
    421: "it does not answer under this name: its server.external_url or server.hosts names another",
}
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class _Summary(msgspec.Struct):
    """What is needed of another stack's summary. Its release may be older or newer than ours: what it does not tell is
    not known, and what is new in it is left alone."""

    breaking: Count
    warning: Count
    info: Count | None = None
    scopes: Count | None = None
    complete: Count | None = None
    proposals: Count | None = None
    stack: str = ""
    state: str = ""


class Known(msgspec.Struct):
    """What is remembered of one stack. `since`: when it stopped answering, None while it answers."""

    told: FleetCounts | None = None
    told_at: float | None = None
    asked_at: float = 0.0
    since: float | None = None
    why: str = ""


class NoAnswer(Exception):
    """The message says why, and what to do."""


class Fleet:
    """What was told last, by name and address: a stack that moved is another one."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Known] = {}

    async def look(self, engine: Engine) -> None:
        """Asks all of them, some at a time."""
        stacks = engine.config.service.fleet.stacks
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(member: Member) -> None:
            async with slots:
                await self._look(engine, member)

        await asyncio.gather(*(one(member) for member in stacks))
        there = {(member.name, member.url) for member in stacks}
        self._known = {key: known for key, known in self._known.items() if key in there}

    async def _look(self, engine: Engine, member: Member) -> None:
        known = self._known.setdefault((member.name, member.url), Known())
        try:
            found = await _ask(engine, member)
        except NoAnswer as error:
            known.asked_at, known.why = engine.clock.now(), str(error)
            if known.since is None:
                known.since = known.asked_at
            return
        known.told, known.why, known.since = found, "", None
        known.told_at = known.asked_at = engine.clock.now()

    def view(self, engine: Surface) -> View:
        """What needs a person most comes first."""
        own, now = engine.config.service.fleet, engine.clock.now()
        rows = [self._row(member, own.every, now) for member in own.stacks]
        rows.sort(key=_need)
        answering = [row.told for row in rows if row.told is not None and row.answers]
        return View(
            stack=engine.config.stack,
            at=now,
            every=own.every,
            silent=sum(not row.answers for row in rows),
            breaking=sum(told.breaking for told in answering),
            warning=sum(told.warning for told in answering),
            stacks=tuple(rows),
        )

    def _row(self, member: Member, every: float, now: float) -> FleetRow:
        known = self._known.get((member.name, member.url), Known(why="it was not asked yet"))
        since, why = known.since, known.why
        if since is None and known.told_at is not None and now - known.told_at > MISSED * every + DEADLINE:
            since, why = known.told_at, "it was not asked for a while: this daemon has other trouble"
        answers = known.told is not None and since is None
        return FleetRow(
            name=member.name,
            url=member.url,
            answers=answers,
            state=_state(known.told) if answers and known.told is not None else "silent",
            since=since,
            why=why,
            told=known.told,
            told_at=known.told_at,
        )


async def _ask(engine: Engine, member: Member) -> FleetCounts:
    """Raises NoAnswer."""
    config = engine.config
    try:
        token = await engine.secrets.resolve_later(member.token)
        answer = await _get(
            member, token, *way_to(member.url, member.proxy, member.ca_file, config.service.egress, config.root)
        )
    except SecretError as error:
        raise NoAnswer(f"its token cannot be had: {error}") from None
    except Fault as fault:
        raise NoAnswer(fault.message) from None
    if 300 <= answer.status < 400:
        raise NoAnswer("it sends elsewhere, and no token is taken there: set its url to the address where it is")
    if answer.status != 200:
        raise NoAnswer(_SAID.get(answer.status, f"it answers HTTP {answer.status}"))
    try:
        found = msgspec.json.decode(answer.raw, type=_Summary)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NoAnswer("what it answers is no summary of a Driftline; look at its address") from None
    return msgspec.convert(msgspec.structs.asdict(found), FleetCounts)


async def _get(member: Member, token: str, proxy: str | None, ca_file: str | None) -> Answer:
    http = Transport(allow_private=member.allow_private, proxy=proxy, ca_file=ca_file, cap=CAP)
    try:
        return await http.send(Ask(PATH), f"{member.url}/{PATH}", {"authorization": f"Bearer {token}"}, DEADLINE)
    finally:
        await http.close()


def _state(told: FleetCounts) -> str:
    """broken, drifted, blind or ok. Whoever does not say how much it sees is not said to see all."""
    if told.breaking:
        return "broken"
    if told.warning or told.info:
        return "drifted"
    seen = told.scopes is not None and told.complete is not None and told.complete >= told.scopes > 0
    return "ok" if seen and told.state == "ready" else "blind"


def _need(row: FleetRow) -> tuple[object, ...]:
    """Who does not answer may have anything, so it comes first; then by what is open, and how much is not seen."""
    told = row.told if row.told is not None else FleetCounts(breaking=0, warning=0)
    unseen = (told.scopes or 0) - (told.complete or 0)
    return row.answers, -told.breaking, -told.warning, -unseen, -(told.proposals or 0), -(told.info or 0), row.name
