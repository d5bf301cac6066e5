"""Runs the example stack: live with the daemon and its pages, or once through the story on a clock of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from monitor.daemon import Daemon
from monitor.engine import views
from monitor.engine.core import Engine
from monitor.engine.opening import open_engine
from monitor.engine.shapes import Filter
from monitor.logs import logging_to
from monitor.web.demo import DemoStep, NoStep, NotHere
from probes.kit.clock import ManualClock, SystemClock
from probes.simulated.story import HUBSPOT, SALESFORCE, Step

from . import play
from .play import Player, Report, capture, step_of
from .stage import Stage, stage

log = structlog.get_logger()
ADDRESS = "http://127.0.0.1:9731"
LIVE = {"poll": {"every": "15s", "confirm_after": "30s"}}
CALM = {"poll": {"every": "60s", "confirm_after": "30s"}}  # of the whole department, which is many systems


async def once(folder: Path, which: str = "spine") -> Report:
    """The whole story over real HTTP, on a clock that leaps: no wait costs anything."""
    logging_to(json=False, least=logging.CRITICAL)  # the story breaks things on purpose, and its report tells of them
    clock = ManualClock(time.time(), leap=True)
    async with stage(folder, clock, {}, which) as set_up, open_engine(set_up.config, clock) as engine:
        return await Player(engine, set_up, clock).everything()


def live(folder: Path, settings: Mapping[str, Any] = LIVE, which: str = "spine") -> None:
    """`settings` replaces what driftline.yaml of the example says, one level deep."""
    logging_to(json=False)
    asyncio.run(_live(folder, settings, which))


async def _live(folder: Path, settings: Mapping[str, Any], which: str) -> None:
    clock = SystemClock()
    async with stage(folder, clock, settings, which) as set_up:

        async def attach(engine: Engine) -> Breaker:
            breaker = Breaker(engine, set_up)
            await capture(engine)
            log.info("the example stack is alive", page=f"{set_up.config.service.server.external_url}/")
            return breaker

        await Daemon(set_up.config, clock).run(attach)


class NoDemo(Exception):
    """The demo cannot be asked; the message says why and what to do."""


class Breaker:
    """The "Break something" page: does lines of the story at the accounts and asks for a reading at once."""

    def __init__(self, engine: Engine, set_up: Stage) -> None:
        self.engine, self.stage = engine, set_up
        self.story = play.lines(engine)
        self.done: set[str] = set()

    def steps(self) -> Sequence[DemoStep]:
        return [
            DemoStep(step.number, step.title, step.says, step.number in self.done, self._found(step.number))
            for step in self.story
        ]

    def _found(self, number: str) -> tuple[str, ...]:
        if number not in self.done:
            return ()
        wanted = [one for one in step_of(number).expect if not one.silent]
        return tuple(
            row.id
            for row in views.findings(self.engine, Filter(children=True, policy=True), 1, 200).items
            for one in wanted
            if (row.integration, row.source) == (one.integration, one.source) and one.scope in ("*", row.scope)
            and one.key in ("*", row.key) and one.fact in ("*", row.fact)
        )  # fmt: skip

    def _here(self, number: str) -> Step:
        """The step, when each system that it changes can be read. Raises NoStep, NotHere."""
        try:
            step = step_of(number)
        except KeyError:
            raise NoStep(number) from None
        there = self.engine.config.integrations
        for name in sorted({one.integration for one in step.expect} - there.keys()):
            if name not in (SALESFORCE, HUBSPOT):
                raise NotHere(f"{name} is not in this stack. Start the demo with `--stack full`, which has it.")
            now = next((own.name for own in there.values() if own.renamed_from == name), None)
            gone = f"{name} is called {now} now" if now else f"{name} is not in the configuration any more"
            raise NotHere(
                f"{gone}, and the story knows it by that name alone. Call it {name} again, and try once more."
            )
        return step

    async def do(self, number: str) -> None:
        """What is done already is only looked at again."""
        step = self._here(number)
        if number in self.done:
            await self._look(step)
            return
        for needed in step.needs:
            if needed not in self.done:
                await self.do(needed)
        self.done.add(number)
        for act in (step.do, *step.turns):
            act(self.stage.accounts)
            await self._look(step)

    async def undo(self, number: str) -> None:
        step = self._here(number)
        if number in self.done:
            step.undo(self.stage.accounts)
            self.done.discard(number)
        await self._look(step)

    async def _look(self, step: Step) -> None:
        if step.configures:
            await self.engine.reload()
        if self.engine.scheduler is not None:
            names = {one.integration for one in step.expect}
            await asyncio.gather(*(self.engine.scheduler.poll_now(name) for name in names))


async def ask(verb: str, number: str) -> str:
    """Asks the running demo. Raises NoDemo in words when there is none, or when it says no."""
    import httpx

    try:
        async with httpx.AsyncClient(base_url=ADDRESS, trust_env=False, timeout=60) as http:
            answer = await http.post(
                f"/break/{number}/{verb}", headers={"origin": ADDRESS, "accept": "application/json"}
            )
    except httpx.ConnectError:
        raise NoDemo(f"no demo answers at {ADDRESS}; start one with `make run` or `driftline demo`") from None
    if answer.status_code >= 400:
        told: dict[str, Any] = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        raise NoDemo(told.get("detail") or told.get("title") or f"the demo answered {answer.status_code}")
    step = step_of(number)
    return f"{step.number}. {step.title}: {'done' if verb == 'do' else 'put back'}. Look at {ADDRESS}/"


def lines(report: Report, *, coloured: bool) -> Iterator[str]:
    """The run for people."""
    red, green, plain = ("\033[31m", "\033[32m", "\033[0m") if coloured else ("", "", "")
    for one in report.story:
        good = not one.missing and not one.unexpected
        yield f"{green if good else red}{'ok  ' if good else 'FAIL'}{plain} {one.number:>3}  {one.title}"
        for found in one.found:
            yield f"            {found.says}"
        for missing in one.missing:
            yield f"      {red}missing{plain}     {missing}"
        for extra in one.unexpected:
            yield f"      {red}unexpected{plain}  {extra}"
    for extra in report.unexpected:
        yield f"{red}unexpected before anything was changed{plain}: {extra}"
    resources = ", ".join(f"{count} {kind}" for kind, count in report.resources.items())
    yield f"{len(report.integrations)} integrations, {report.scopes} scopes ({resources}), {report.requests} requests"
