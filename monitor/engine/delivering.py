"""Brings what waits in the outbox to its targets, one message at a time for each, and keeps what came of it.

A target that takes nothing is left alone for a while that doubles up to half an hour; what it answered in Retry-After
is kept to. Nothing is dropped for that: messages stay until they are too old, or too many.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

import msgspec
import structlog
import xxhash

from monitor.adapters import apprised, store_outbox
from monitor.adapters.notified import Message, NotifyError
from monitor.adapters.secrets import SecretError
from monitor.adapters.store_outbox import Out, Queue
from monitor.adapters.webhook import Webhook
from monitor.config.egress import through
from monitor.config.notifying import Target
from monitor.config.types import Reference

from . import leasing
from .writing import folders, write

if TYPE_CHECKING:
    from .core import Engine

log = structlog.get_logger()
FIRST: Final = 10.0  # seconds until a target that took nothing is tried again
LONGEST: Final = 1800.0  # the same after many tries
JITTER: Final = 0.2  # of that time, up or down
MOST: Final = 1000  # messages that wait for one target; of more, the oldest are given up


class Line:
    """What is known of one target. `failures` in a row; `not_before`: monotonic moment; `sent_at`: epoch seconds."""

    def __init__(self) -> None:
        self.failures = 0
        self.not_before = 0.0
        self.sent_at: float | None = None
        self.fault = ""
        self.task: asyncio.Task[None] | None = None


class Delivering:
    """`outcomes`: messages by target and what came of them: sent, failed, dropped."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.lines: dict[str, Line] = {}
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self._clients: dict[str, tuple[object, Webhook]] = {}

    def line(self, target: str) -> Line:
        return self.lines.setdefault(target, Line())

    async def start(self, queues: Mapping[str, Queue]) -> None:
        """Work for each target that something waits for and that may be tried; what runs already goes on. What is too
        old, or more than anybody would read, is given up."""
        engine = self._engine
        notify, now = engine.config.service.notify, engine.clock.now()
        known = {*notify.targets, *folders(engine)}
        if any(one.waiting > MOST or one.since < now - notify.kept for one in queues.values()) or queues.keys() - known:
            await self._give_up(known, now - notify.kept)
        for target in queues.keys() & known:
            line = self.line(target)
            if line.task is None and engine.clock.monotonic() >= line.not_before:
                line.task = asyncio.create_task(self._work(target, line), name=f"notify {target}")

    async def settled(self) -> None:
        """Until nothing is being sent."""
        while tasks := [line.task for line in self.lines.values() if line.task is not None]:
            await asyncio.gather(*tasks)

    async def close(self) -> None:
        tasks = [line.task for line in self.lines.values() if line.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _, client in self._clients.values():
            await client.close()

    async def _give_up(self, known: Collection[str], before: float) -> None:
        engine = self._engine
        async with engine.leases.keeping(leasing.NOTIFY) as tx:
            gone = await store_outbox.give_up(tx, before, MOST, known)
        for target, count in gone.items():
            self.outcomes[target, "dropped"] += count
            log.error("messages are given up: too old, too many, or for a target that is gone", to=target, count=count)

    async def _work(self, target: str, line: Line) -> None:
        engine = self._engine
        try:
            refused = ""
            while (out := await store_outbox.next_out(engine.store, target, engine.clock.now())) is not None:
                if out.key == refused or not await self._one(target, line, out):
                    return
                refused = out.key
        except Exception as error:  # a full disk, a lease that was lost: said, and done again
            log.error("messages could not be sent and will be again", to=target, exc_info=error)
            self._later(target, line, 0.0)
        finally:
            line.task = None

    async def _one(self, target: str, line: Line, out: Out) -> bool:
        """Whether the next one may follow at once."""
        engine = self._engine
        try:
            await self.send(target, msgspec.json.decode(out.body, type=Message))
        except NotifyError as error:
            self.outcomes[target, "failed"] += 1
            if not line.failures:
                log.error("a message is not taken; it is sent again until it is", to=target, why=str(error))
            line.fault = str(error)
            self._later(target, line, error.wait)
            async with engine.leases.keeping(leasing.NOTIFY) as tx:
                await store_outbox.failed(tx, out.key, str(error))
            return error.alone and out.tries + 1 == store_outbox.PATIENT
        async with engine.leases.keeping(leasing.NOTIFY) as tx:
            await store_outbox.sent(tx, out.key)
        if line.failures:
            log.info("messages are taken again", by=target)
        self.outcomes[target, "sent"] += 1
        line.failures, line.fault, line.not_before, line.sent_at = 0, "", 0.0, engine.clock.now()
        return True

    def _later(self, target: str, line: Line, wait: float) -> None:
        """Spread by a part of itself that is the target's own, so that many do not come back at once."""
        line.failures += 1
        delay = min(LONGEST, FIRST * 2 ** min(line.failures - 1, 16))
        share = xxhash.xxh3_64_intdigest(f"{self._engine.config.stack}/{target}/{line.failures}".encode()) / 2**64
        line.not_before = self._engine.clock.monotonic() + max(wait, delay * (1 - JITTER + 2 * JITTER * share))

    async def send(self, target: str, message: Message) -> str:
        """Gives what the other end answered. Raises NotifyError."""
        found = self._engine.config.service.notify.targets.get(target)
        if found is None:
            folder = folders(self._engine).get(target)
            if folder is None:
                raise NotifyError(f"{target}: there is no target of this name")
            return await asyncio.to_thread(write, folder, message)
        if found.webhook is not None:
            return await (await self._webhook(target, found)).send(message, await self._secret(found.webhook.secret))
        assert found.apprise is not None  # noqa: S101 - the configuration was checked: one of the two is there
        return await apprised.send(await self._secret(found.apprise), message)

    async def _webhook(self, name: str, target: Target) -> Webhook:
        """Kept while its settings are as they were."""
        own, config = target.webhook, self._engine.config
        assert own is not None  # noqa: S101 - asked of those alone that have one
        egress = config.service.egress
        marks = (own, egress)
        kept = self._clients.get(name)
        if kept is not None and kept[0] == marks:
            return kept[1]
        ca_file = own.ca_file or egress.ca_file
        made = Webhook(
            own.url, allow_private=own.allow_private, proxy=through(egress, own.url),
            ca_file=None if ca_file is None else str(config.root / ca_file), now=self._engine.clock.now,
        )  # fmt: skip
        if kept is not None:
            await kept[1].close()
        self._clients[name] = (marks, made)
        return made

    async def _secret(self, reference: Reference) -> str:
        try:
            return await self._engine.secrets.resolve_later(reference)
        except SecretError as error:
            raise NotifyError(str(error)) from error
