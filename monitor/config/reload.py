"""Takes up a changed configuration: built aside, swapped whole only if valid, else the old one stays.

A signal, a request and a change of a file all call the same `Reloader.reload`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from watchfiles import Change, DefaultFilter, awatch

from probes.kit.clock import Clock

from .loader import Config, load
from .problems import ConfigError, Problem


class Reloaded(msgspec.Struct, frozen=True):
    """What a reload came to. With problems the old configuration is still in use. `at`: epoch seconds."""

    at: float
    changed: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems


class Reloader:
    """`swap` takes up a valid configuration; what it raises goes to the caller of `reload`, and the same files are then
    tried again by the next reload. `last` and `succeeded_at` feed the metrics."""

    def __init__(self, current: Config, swap: Callable[[Config], Awaitable[object]], clock: Clock) -> None:
        self.current = current
        self.succeeded_at = clock.now()
        self.last = Reloaded(self.succeeded_at)
        self._swap, self._clock = swap, clock
        self._one = asyncio.Lock()

    async def reload(self) -> Reloaded:
        """One at a time. Files that say the same as before change nothing."""
        async with self._one:
            try:
                config = await asyncio.to_thread(load, self.current.folder)
            except ConfigError as error:
                self.last = Reloaded(self._clock.now(), problems=error.problems)
                return self.last
            changed = config.digest != self.current.digest
            if changed:
                await self._swap(config)
                self.current = config
            self.last = Reloaded(self._clock.now(), changed)
            self.succeeded_at = self.last.at
            return self.last


class _Configuration(DefaultFilter):
    """Only YAML: editors' temporary files and generated schemas start nothing."""

    def __call__(self, change: Change, path: str) -> bool:
        return path.endswith((".yaml", ".yml", "..data")) and super().__call__(change, path)


async def watch(folder: Path, changed: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
    """Calls `changed` after the files of the folder change, once for changes that come together, until `stop`; and once
    within seconds of its start, for what changed since the files were read and nobody watched yet.

    A mounted volume that is swapped by its `..data` link counts as a change.
    """
    begun = False
    async for found in awatch(
        folder, watch_filter=_Configuration(), stop_event=stop, debounce=500, step=100, yield_on_timeout=True
    ):
        if found or not begun:
            await changed()
        begun = True
