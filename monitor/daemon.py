"""serve: wires the engine to the scheduler, the committer, the pages and the metrics; reloads; drains on SIGTERM."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from operator import attrgetter
from typing import TYPE_CHECKING

import structlog
import uvicorn

from monitor.adapters.lease import LeaseLost
from monitor.adapters.scheduler import Job, Outcome, Scheduler
from monitor.adapters.secrets import SecretError, Secrets
from monitor.adapters.state_lock import StoreLocked, holder
from monitor.config import Config
from monitor.config.reload import watch
from monitor.config.types import Listen
from monitor.engine.administer import first_link
from monitor.engine.catalogue import follow
from monitor.engine.core import Engine
from monitor.engine.measure import Measure
from monitor.engine.night import night
from monitor.engine.opening import open_engine
from monitor.engine.reloading import FILE
from monitor.engine.statuses import Statuses
from monitor.engine.tick import tick
from monitor.memory import one_heap, settle
from monitor.said import Said
from monitor.web.app import create_app
from monitor.web.demo import Demo
from monitor.web.recaps import render

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from monitor.adapters.provider import Provider
    from probes.kit.clock import Clock

log = structlog.get_logger()
DRAIN = 8.0  # seconds that readings under way get after SIGTERM; the rest of the ten is for closing
TICK = 15.0
AT_START = ("stack.name", "server", "state", "baselines", "git", "token_keys", "poll.jitter", "poll.width")  # read once
AGAIN = 5.0  # seconds until a commit or a push that failed is tried again
FILES = 10_240  # open at once: ten for each of a thousand integrations
CATALOGUE = 30.0  # seconds between looks at what was read and is not in the catalogue yet
STATUS = 60.0  # seconds between looks at which status pages are due
NIGHT = 300.0  # seconds between looks at whether it is time to tidy
FETCH = 60.0  # seconds between looks at the remote of the baselines


class Daemon:
    """One running stack. `run` ends after `stop`, or when a part of it died; then everything is closed."""

    def __init__(self, config: Config, clock: Clock, *, allow_commands: bool = False) -> None:
        self.config, self.clock, self.allow_commands = config, clock, allow_commands
        self.stopping = asyncio.Event()
        self.ready = asyncio.Event()
        self._opening: asyncio.Task[object] | None = None
        self._said = Said()

    def stop(self) -> None:
        """From a signal, or from a test: drain and end. What is not open yet is given up at once."""
        self.stopping.set()
        if self._opening is not None and not self.ready.is_set():
            self._opening.cancel()

    async def run(self, stage: Callable[[Engine], Awaitable[Demo]] | None = None) -> None:
        """`stage` makes the demo's side of the "Break something" page. Raises what made a part die."""
        loop = asyncio.get_running_loop()
        self._opening = asyncio.current_task()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.stop)
        try:
            await self._run(stage)
        except asyncio.CancelledError:
            if not self.stopping.is_set() or self.ready.is_set():
                raise
            log.info("stopped before it was ready")

    async def _run(self, stage: Callable[[Engine], Awaitable[Demo]] | None) -> None:
        if (pid := holder(self.config.state)) is not None:  # said before an address that the other has is found taken
            raise StoreLocked(self.config.state, pid)
        server = self.config.service.server
        measure = Measure(token=await self._metrics_token(), scrapers=server.metrics_auth == "tokens")
        roomy()
        one_heap()
        async with AsyncExitStack() as held:
            pages, measures = (held.enter_context(closing(listen(at))) for at in (server.listen, server.metrics))
            told = await held.enter_async_context(serving(measure.app, measures, self.stopping))
            engine = await held.enter_async_context(
                open_engine(self.config, self.clock, allow_commands=self.allow_commands)
            )
            poll = self.config.service.poll
            scheduler = Scheduler(
                self.clock,
                self._reading(engine),
                self._crashed,
                seed=self.config.stack,
                jitter=poll.jitter,
                width=poll.width,
            )
            if (link := await first_link(engine)) is not None:
                log.warning(
                    "nobody can sign in yet: this address makes an administrator, once, within 15 minutes", at=link
                )
            engine.bind(scheduler)
            engine.notifying.draw = render
            await measure.start(engine)
            demo = await stage(engine) if stage is not None else None
            provider = await self._provider()
            if provider is not None:
                held.push_async_callback(provider.close)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(ended(told))
                app = create_app(engine, demo=demo, provider=provider, measure=measure)
                tasks.create_task(serve_http(app, pages, self.stopping))
                parts = [
                    tasks.create_task(scheduler.serve()),
                    tasks.create_task(self._woken(engine.wake, "commit", engine.commit_decisions)),
                    tasks.create_task(self._woken(engine.unpushed, "push", self._remote(engine, engine.push))),
                    tasks.create_task(self._every(TICK, "tick", lambda: tick(engine))),
                    tasks.create_task(self._every(NIGHT, "night", lambda: night(engine))),
                    tasks.create_task(self._fetching(engine)),
                    tasks.create_task(self._statuses(engine)),
                    tasks.create_task(engine.alerting.serve()),
                    tasks.create_task(engine.notifying.serve()),
                    tasks.create_task(self._fleet(engine)),
                    tasks.create_task(self._every(CATALOGUE, "catalogue", lambda: follow(engine))),
                    tasks.create_task(watch(self.config.folder, lambda: self._reload(engine, FILE), self.stopping)),
                ]
                asyncio.get_running_loop().add_signal_handler(
                    signal.SIGHUP, lambda: tasks.create_task(self._reload(engine, "signal"))
                )
                settle()
                self.ready.set()
                log.info("ready", of=self.config.stack, integrations=len(engine.integrations))
                await self.stopping.wait()
                engine.drain()
                log.info("draining", seconds=DRAIN)
                cancelled = await scheduler.drain(DRAIN)
                if cancelled:
                    log.warning("readings cancelled", integrations=cancelled)
                for part in parts:
                    part.cancel()
        log.info("stopped")

    async def _provider(self) -> Provider | None:
        """In mode oidc; its secret is read at each use. Raises SecretError when it cannot be had at the start."""
        auth = self.config.service.server.auth
        if auth.mode != "oidc" or auth.oidc is None:
            return None
        from monitor.adapters.provider import Provider

        secrets, reference = self._secrets(), auth.oidc.client_secret
        if reference is not None:
            await secrets.resolve_later(reference)
        read = None if reference is None else lambda: secrets.resolve_later(reference)
        ca_file = None if auth.oidc.ca_file is None else str(self.config.root / auth.oidc.ca_file)
        return Provider(auth.oidc, read, self.clock.now, ca_file)

    def _secrets(self) -> Secrets:
        return Secrets(self.config.root, commands=self.allow_commands, warn=log.warning)

    async def _metrics_token(self) -> Callable[[], Awaitable[str | None]] | None:
        """Reads it afresh at each scrape. Raises SecretError when it cannot be had at the start."""
        reference = self.config.service.server.metrics_token
        if reference is None:
            return None
        secrets = self._secrets()
        await secrets.resolve_later(reference)

        async def token() -> str | None:
            try:
                found = await secrets.resolve_later(reference)
            except SecretError as error:
                self._said.failed("the token of /metrics, which answers nobody", str(error))
                return None
            self._said.works("the token of /metrics, which answers nobody")
            return found

        return token

    async def _woken(self, wake: asyncio.Event, what: str, work: Callable[[], Awaitable[object]]) -> None:
        """Decisions stay in the store until they are in git and at the remote, so what cannot be done now is later."""
        while True:
            await wake.wait()
            if not await self._guarded(what, work):
                await self.clock.sleep(AGAIN)
                wake.set()

    async def _reload(self, engine: Engine, via: str) -> None:
        async def reload() -> None:
            for problem in await engine.reload("driftline", via):
                log.error("reload refused; the running configuration stays", problem=problem)
            later = [name for name in AT_START if _at(engine.config, name) != _at(self.config, name)]
            if later:
                log.warning("the new value takes effect with the next start", settings=later)

        await self._guarded("reload", reload)

    async def _fetching(self, engine: Engine) -> None:
        """At once, for what people pushed while no daemon ran, and then again and again."""
        fetch = self._remote(engine, engine.fetch)
        await self._guarded("fetch", fetch)
        await self._every(FETCH, "fetch", fetch)

    async def _statuses(self, engine: Engine) -> None:
        """What vendors say of themselves: at once, and then whatever is due by its own interval."""
        found = Statuses()
        await self._guarded("vendor status", lambda: found.look(engine))
        await self._every(STATUS, "vendor status", lambda: found.look(engine))

    async def _fleet(self, engine: Engine) -> None:
        """How often may be changed while it runs."""
        while True:
            await self._guarded("fleet", lambda: engine.fleet.look(engine))
            await self.clock.sleep(engine.config.service.fleet.every)

    async def _every(self, seconds: float, what: str, work: Callable[[], Awaitable[object]]) -> None:
        while True:
            await self.clock.sleep(seconds)
            await self._guarded(what, work)

    async def _guarded(self, what: str, work: Callable[[], Awaitable[object]]) -> bool:
        """A full disk or a broken repository ends one attempt, never the monitor: what else works goes on."""
        try:
            await work()
        except LeaseLost as lost:
            log.warning("this is dropped, and done again when its lease is ours", work=what, why=str(lost))
            return False
        except Exception as error:
            self._said.failed(what, error)
            return False
        self._said.works(what)
        return True

    def _remote(self, engine: Engine, work: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        """The same, and what git answered where the remote does not take what is committed."""
        what = "reach the remote of the baselines"

        async def done() -> None:
            await work()
            if engine.push_fault:
                self._said.failed(what, engine.push_fault)
            else:
                self._said.works(what)

        return done

    def _reading(self, engine: Engine) -> Callable[[Job], Awaitable[Outcome]]:
        async def read(job: Job) -> Outcome:
            outcome = await engine.run_job(job)
            self._said.works(_poll_of(job))
            return outcome

        return read

    def _crashed(self, job: Job, error: Exception) -> None:
        self._said.failed(_poll_of(job), error, integration=job.integration, why=job.why)


def _poll_of(job: Job) -> str:
    return f"poll {job.integration}"


def _at(config: Config, name: str) -> object:
    return attrgetter(name)(config.service)


def roomy() -> None:
    """Each integration keeps a few connections open between its polls, and many shells give a process 1,024 files
    unless it asks for more (setrlimit(2)): take what this user may have, up to what is plenty everywhere."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def listen(at: Listen) -> socket.socket:
    """Takes the address before anything is read. Raises OSError in words."""
    family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((at.host, at.port))
        found.listen(128)
    except OSError as error:
        found.close()
        why = error.strerror or str(error)
        raise OSError(
            f"{at} cannot be listened on: {why}; end what uses it, or change server: in driftline.yaml"
        ) from error
    return found


async def serve_http(app: ASGIApp, at: socket.socket, stopping: asyncio.Event) -> None:
    """One listener; when `stopping` is set it takes no more requests and lets those under way finish."""
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=2,
            proxy_headers=False,  # whom to believe where somebody is stands in server.auth.peers
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[at]))
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((serving, stop), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.cancel()
        server.should_exit = True
        await serving


@asynccontextmanager
async def serving(app: ASGIApp, at: socket.socket, stopping: asyncio.Event) -> AsyncIterator[asyncio.Task[None]]:
    """A listener that answers from now on, while the rest is still being opened. Gives what serves it."""
    task = asyncio.create_task(serve_http(app, at, stopping))
    try:
        yield task
    finally:
        if not stopping.is_set():  # what was to be served did not open, or died
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def ended(task: asyncio.Task[None]) -> None:
    """Makes a task that began before the others one of them: when it dies they end too."""
    await task


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: stopping is the daemon's to decide."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
