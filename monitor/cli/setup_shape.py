"""driftline doctor --shape: one file that says of what shape an account's answers are, and shows no value of it."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .desk import local
from .options import wait
from .out import Stop, as_json, many, note, say

if TYPE_CHECKING:
    from monitor.config import Config, Integration
    from monitor.setup.shape import Shapes

PARENTS = 3  # of each listing that hangs on another: enough to see what may lack


def report(config: Config, chosen: list[Integration], allow_commands: bool, json: bool) -> None:
    """Raises Stop; then nothing was written."""
    from monitor.engine.bundle import as_text

    answering = [own for own in chosen if own.attested is None]
    for own in chosen:
        if own.attested is not None and answering:
            note(f"{own.name}: it is attested: people say what it has, and nothing answers")
    if not answering:
        raise Stop("no account is chosen that answers by itself, so nothing has a shape; driftline init adds one")
    made = wait(_all(config, answering, allow_commands, json))
    if json:
        as_json({"items": made})
        return
    target = Path(datetime.fromtimestamp(time.time(), UTC).strftime("driftline-shape-%Y%m%d-%H%M%S.json"))
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(as_text(made))
    except OSError as error:
        raise Stop(f"{target}: nothing was written: {error.strerror or error}") from error
    say(f"{target} has the shape of {many(sum(len(one.listings) for one in made), 'listing')}.")
    note("No value is in it, and no key that the vendor file does not name. Look through it before you send it on.")


async def _all(config: Config, chosen: list[Integration], allow_commands: bool, quiet: bool) -> list[Shapes]:
    """Reads beside a daemon that runs, but for refresh tokens, which are the daemon's alone."""
    from monitor.adapters.secrets import Secrets
    from monitor.adapters.state_lock import holder
    from monitor.setup.proof import Tokenless

    tokens: Any = Tokenless()
    async with AsyncExitStack() as opened:
        if holder(config.state) is None:
            tokens = (await opened.enter_async_context(local(config, allow_commands=allow_commands))).engine.tokens
        secrets = Secrets(config.root, commands=allow_commands, warn=note)
        found = []
        for own in chosen:
            if not quiet:
                note(f"{own.name}: reading …")
            found.append(await _one(own, secrets.resolve, tokens))
    return found


async def _one(own: Integration, resolve: Any, tokens: Any) -> Shapes:
    from monitor.setup.heard import overhear
    from monitor.setup.proof import poller, watched
    from monitor.setup.shape import shapes
    from probes.kit.clock import SystemClock
    from probes.kit.contract import Fault

    reader = poller(own, resolve, tokens, SystemClock())
    vendor = reader.vendor
    try:
        found = [one async for one in overhear(reader, watched(own), PARENTS)]
    except Fault as fault:
        raise Stop(f"{own.name}: {fault.message}; nothing was written") from fault
    finally:
        await reader.close()
    cover = found[0][1].coverage
    if not cover.complete:
        note(f"driftline: {own.name} could not sign in, so nothing but that has a shape: {cover.reason}")
    return shapes(vendor, [heard for heard, _ in found], found[0][1], version("driftline"))
