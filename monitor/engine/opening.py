"""Opens an engine: store, repository, ledger, integrations, in the order in which each can refuse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from monitor.adapters.baselines import Baselines
from monitor.adapters.committer import Committer
from monitor.adapters.git import ssh_command
from monitor.adapters.lease import Leases
from monitor.adapters.people import People
from monitor.adapters.secrets import Secrets
from monitor.adapters.store import Store
from monitor.adapters.tokens import Tokens
from monitor.config import Config
from probes.kit.clock import Clock

from . import leasing, second
from .core import Engine
from .reconfigure import reconfigure
from .reloading import overrides

log = structlog.get_logger()


@asynccontextmanager
async def open_engine(config: Config, clock: Clock, *, allow_commands: bool = False) -> AsyncIterator[Engine]:
    """An engine ready for use; closed in reverse order, whatever happens.

    Raises StoreLocked when another process serves this state, and the errors of store, git and secrets, each of which
    says where, what and what to do.
    """
    async with AsyncExitStack() as stack:
        store = await Store.open(config.state, clock)
        stack.push_async_callback(store.close)
        leases = await Leases.open(store, clock, leasing.names(config))
        people = await People.open(store)
        secrets = Secrets(config.root, commands=allow_commands, warn=log.warning)
        keys = [await secrets.resolve_later(key) for key in config.service.token_keys]
        tokens = await Tokens.open(store, keys, clock)
        where = config.service.baselines
        bare = config.state / "baselines.git"
        ssh = (
            ssh_command(config.root / own.key, config.root / own.known_hosts) if (own := config.service.git.ssh) else ""
        )
        baselines = await Baselines.open(config.repository, bare, where.branch, where.path, clock, ssh)
        committer = Committer(store, baselines, leases, clock)
        engine = Engine(
            config=config, store=store, leases=leases, baselines=baselines, committer=committer, people=people,
            clock=clock, secrets=secrets, tokens=tokens,
        )  # fmt: skip
        stack.push_async_callback(engine.close)
        await committer.recover()
        await engine.reload_ledger()
        await second.load(engine)
        await reconfigure(engine, config)
        await overrides(engine, "driftline", "start")
        await engine.refresh_baselines()
        engine.wake.set()  # what a killed predecessor had queued, or committed and not pushed
        engine.state = "ready"
        yield engine
