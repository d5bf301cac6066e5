"""For commands that are about the process itself: the daemon that serves a stack, and no engine in its place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from .desk import config_folder, desk
from .out import Stop
from .remote import Remote


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Remote]:
    """Raises Stop where none runs."""
    if not runs(folder):
        raise Stop(f"no daemon serves {folder}: this is about one that runs; begin with `driftline serve`")
    async with desk(folder) as at:
        if not isinstance(at, Remote):
            raise Stop(f"the daemon of {folder} has just ended; begin again with `driftline serve`")
        yield at


def runs(folder: Path) -> bool:
    """Whether a daemon holds the state. Of files with a mistake that is not known here: the desk looks, and says what
    is wrong where none goes on without them."""
    from monitor.adapters.state_lock import holder
    from monitor.config import ConfigError, load

    try:
        return holder(load(config_folder(folder)).state) is not None
    except ConfigError:
        return True
