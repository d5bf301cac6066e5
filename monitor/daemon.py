"""serve: wires the engine to the scheduler, the committer, the pages and the metrics; reloads; drains on SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
import uvicorn

from monitor.adapters.scheduler import Job, Scheduler
from monitor.config import Config
from monitor.config.reload import watch
from monitor.config.types import Listen
from monitor.engine.core import Engine
from monitor.engine.measure import Measure
from monitor.engine.opening import open_engine
from monitor.engine.tick import tick
from monitor.web.app import create_app
from monitor.web.demo import Demo

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from probes.kit.clock import Clock

log = structlog.get_logger()
DRAIN = 8.0  # seconds that readings under way get after SIGTERM; the rest of the ten is for closing
TICK = 15.0
FETCH = 60.0  # seconds between looks at the remote of the baselines


class Daemon:
    """One running stack. `run` ends after `stop`, or when a part of it died; then everything is closed."""

    def __init__(self, config: Config, clock: Clock, *, allow_commands: bool = False) -> None:
        self.config, self.clock, self.allow_commands = config, clock, allow_commands
        self.stopping = asyncio.Event()
        self.ready = asyncio.Event()

    def stop(self) -> None:
        self.stopping.set()

    async def run(self, stage: Callable[[Engine], Awaitable[Demo]] | None = None) -> None:
        """`stage` makes the demo's side of the "Break something" page. Raises what made a part die."""
        async with open_engine(self.config, self.clock, allow_commands=self.allow_commands) as engine:
            poll = self.config.service.poll
            scheduler = Scheduler(
                self.clock, engine.run_job, _crashed, seed=self.config.stack, jitter=poll.jitter, width=poll.width
            )
            engine.bind(scheduler)
            measure = Measure(engine)
            await measure.start()
            demo = await stage(engine) if stage is not None else None
            server = self.config.service.server
            async with asyncio.TaskGroup() as tasks:
                parts = [
                    tasks.create_task(serve_http(create_app(engine, demo=demo), server.listen, self.stopping)),
                    tasks.create_task(serve_http(measure.app, server.metrics, self.stopping)),
                    tasks.create_task(scheduler.serve()),
                    tasks.create_task(_commit(engine)),
                    tasks.create_task(_every(self.clock, TICK, lambda: tick(engine))),
                    tasks.create_task(_every(self.clock, FETCH, engine.fetch)),
                    tasks.create_task(watch(self.config.folder, lambda: _reload(engine), self.stopping)),
                ]
                self._signals(engine, tasks)
                self.ready.set()
                log.info("ready", of=self.config.stack, integrations=len(engine.integrations))
                await self.stopping.wait()
                engine.state = "draining"
                log.info("draining", seconds=DRAIN)
                cancelled = await scheduler.drain(DRAIN)
                if cancelled:
                    log.warning("readings cancelled", integrations=cancelled)
                for part in parts[2:]:
                    part.cancel()
        log.info("stopped")

    def _signals(self, engine: Engine, tasks: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: tasks.create_task(_reload(engine)))


async def _reload(engine: Engine) -> None:
    for problem in await engine.reload():
        log.error("reload refused; the running configuration stays", problem=problem)


async def _commit(engine: Engine) -> None:
    while True:
        await engine.wake.wait()
        await engine.commit_decisions()


async def _every(clock: Clock, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        await clock.sleep(seconds)
        await work()


def _crashed(job: Job, error: Exception) -> None:
    log.error("a reading crashed", integration=job.integration, why=job.why, exc_info=error)


async def serve_http(app: ASGIApp, at: Listen, stopping: asyncio.Event) -> None:
    """One listener; when `stopping` is set it takes no more requests and lets those under way finish."""
    server = _Server(
        uvicorn.Config(app, host=at.host, port=at.port, log_config=None, lifespan="off", timeout_graceful_shutdown=2)
    )
    serving = asyncio.create_task(server.serve())
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((serving, stop), return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        stop.cancel()


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: stopping is the daemon's to decide."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
