"""Opens an engine: store, repository, ledger, integrations, in the order in which each can refuse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog

from monitor.adapters.baselines import Baselines, BaselinesError
from monitor.adapters.committer import Committer
from monitor.adapters.forge import FORGES, Forge, ForgeError
from monitor.adapters.git import GitError, ssh_command
from monitor.adapters.lease import Leases
from monitor.adapters.migrate import SchemaError
from monitor.adapters.people import People
from monitor.adapters.secrets import SecretError, Secrets
from monitor.adapters.state_lock import StoreLocked
from monitor.adapters.store import Store
from monitor.adapters.tokens import TokenKeyError, Tokens
from monitor.config import Config
from probes.kit.clock import Clock

from . import inforce, leasing, second
from .core import Engine
from .proposals import describe
from .reconfigure import reconfigure
from .reloading import overrides

log = structlog.get_logger()
# What refuses to open one. Each says where, what and what to do, and is for a person's eyes as it stands.
REFUSALS = (StoreLocked, SchemaError, BaselinesError, GitError, SecretError, TokenKeyError)


@asynccontextmanager
async def open_engine(config: Config, clock: Clock, *, allow_commands: bool = False) -> AsyncIterator[Engine]:
    """An engine ready for use; closed in reverse order, whatever happens.

    Raises REFUSALS, StoreLocked when another process serves this state, and OSError.
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
        forge = _forge(config, secrets, clock)
        if forge is not None:
            stack.push_async_callback(forge.close)
        committer = Committer(store, baselines, leases, clock, forge)
        engine = Engine(
            config=config, store=store, leases=leases, baselines=baselines, committer=committer, people=people,
            clock=clock, secrets=secrets, tokens=tokens,
        )  # fmt: skip
        if committer.proposer is not None:
            committer.proposer.describe = partial(describe, engine)
        stack.push_async_callback(engine.close)
        await inforce.load(engine)
        await committer.recover()
        await engine.reload_ledger()
        await second.load(engine)
        await reconfigure(engine, config)
        await overrides(engine, "driftline", "start")
        await engine.refresh_baselines()
        await engine.register.fill(engine.ledger, clock.now())
        engine.wake.set()  # what a killed predecessor had queued, or committed and not pushed
        engine.state = "ready"
        yield engine


def _forge(config: Config, secrets: Secrets, clock: Clock) -> Forge | None:
    """Where pull requests are opened, in mode propose. The token is read afresh at each use."""
    git = config.service.git
    if git.mode != "propose" or git.forge is None:
        return None
    where = git.forge

    async def token() -> str:
        try:
            return await secrets.resolve_later(where.token)
        except SecretError as error:
            raise ForgeError(str(error)) from error

    return FORGES[where.kind](where, token, clock)
