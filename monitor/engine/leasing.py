"""Which work is this process's own: git, notify, tick, and the account of each integration, each under a lease."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final

from monitor.adapters.lease import GIT
from monitor.adapters.store_tx import Tx
from monitor.config import Config

from .live import Live

if TYPE_CHECKING:
    from .core import Engine

NOTIFY: Final = "notify"
TICK: Final = "tick"
ACCOUNT: Final = "poll/"


def account(name: str) -> str:
    """The lease under which an integration is read."""
    return ACCOUNT + name


def names(config: Config) -> frozenset[str]:
    return frozenset({GIT, NOTIFY, TICK, *map(account, config.integrations)})


def ours(engine: Engine, live: Live) -> bool:
    """Whether what memory has of an integration is what the store has: nobody else has kept a reading of it since."""
    return live.token != 0 and engine.leases.token(account(live.name)) == live.token


def keeping(engine: Engine, live: Live) -> AbstractAsyncContextManager[Tx]:
    """A transaction for what came of an integration. Raises LeaseLost when somebody else has it by now."""
    return engine.leases.keeping(account(live.name), live.token)
