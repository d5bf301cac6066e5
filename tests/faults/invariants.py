"""What must hold after every fault, whatever it was. Each function raises AssertionError in words.

I1 a read that failed changes no baseline and removes nothing · I2 each poll has exactly one outcome · I3 drift is
found once, told once, resolved once · I4 what could not be read gets older · I5 the branch parses, and is what the
store and the ledger stand on · I6 no secret anywhere · I7 memory, tasks, threads and files go back to where they were
"""

from __future__ import annotations

import asyncio
import base64
import os
import threading
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from monitor.adapters.metrics import Metrics
from monitor.core.body import decode
from monitor.core.model import Action, Event, EventType, Finding, Phase, Source
from monitor.engine import gauges
from monitor.engine.observe import Observed

from .stack import CANARY, NAME, Stack

ROOM = 96 << 20  # bytes by which the process may have grown after a case; what one answer may be is 64 MiB
OUTCOMES = ("ok", "partial", "failed")


class Mark:
    """How things stood before the fault."""

    def __init__(self, stack: Stack, head: str) -> None:
        self.head = head
        self.known = dict(stack.live.known)
        self.tasks, self.threads, self.files = len(asyncio.all_tasks()), threading.active_count(), _files()
        self.memory = _memory()

    @classmethod
    async def of(cls, stack: Stack) -> Mark:
        return cls(stack, await _head(stack))


async def nothing_removed(stack: Stack, mark: Mark, *, approved: bool = False) -> None:
    """I1, while the fault lasts. `approved`: a person moved the baseline meanwhile."""
    assert approved or await _head(stack) == mark.head, "a fault moved the baseline"
    for one in drift(stack):
        gone = one.claim.action is Action.REMOVED and one.phase is Phase.OPEN
        assert not gone, f"a fault was told as a removal: {one.address}"
    for ref, before in mark.known.items():
        now = stack.live.known.get(ref)
        assert now is not None, f"a fault made {ref} unknown"
        if not now.coverage.complete:
            assert now.good_digest == before.good_digest, f"{ref}: what was last read well is lost"
            assert now.good_at == before.good_at, f"{ref} was not read and says it was"


async def one_outcome_each(stack: Stack, polls: int) -> None:
    """I2."""
    kept = (await stack.engine.store.readings(NAME, limit=10_000))[: -stack.template.readings]
    assert len(kept) == polls, f"{polls} polls left {len(kept)} outcomes"
    assert [one.id for one in kept] == sorted({one.id for one in kept}, reverse=True)
    assert all(one.outcome in OUTCOMES for one in kept), kept


async def told_once(stack: Stack, stage: str) -> None:
    """I3: `stage` is "open" while the drift stands, "closed" after it was put back."""
    counted: Counter[tuple[str, str]] = Counter()
    hung: set[str] = set()  # told with what they hang under, at their end too
    for event in (await _events(stack))[stack.template.events :]:
        if event.address.source is Source.DRIFT and event.type in (EventType.OPENED, EventType.CLOSED):
            hung |= {str(event.address)} if event.cause else set()
            assert event.told or str(event.address) in hung, f"nobody was told of {event}"
            counted[str(event.address), event.type.value] += 1
    opened = [address for address, kind in counted if kind == "opened"]
    assert opened, "the drift was not found"
    assert all(number == 1 for number in counted.values()), f"told more than once: {counted}"
    closed = [address for address, kind in counted if kind == "closed"]
    assert sorted(closed) == (sorted(opened) if stage == "closed" else []), (stage, counted)
    standing = [one for one in drift(stack) if one.phase in (Phase.OPEN, Phase.SUSPECTED, Phase.HELD)]
    assert len(standing) == (0 if stage == "closed" else len(opened)), [one.address for one in standing]


def ages(stack: Stack, seen: Observed, before: float | None) -> None:
    """I4: the moment of the last success stands still while nothing succeeds, and the age counts from it."""
    if seen.reading.outcome == "failed":
        assert stack.live.last_ok_at == before and stack.live.failures, "a failed poll says it went well"
        text = metrics(stack)
        assert f"driftline_probe_consecutive_failures{{{_labels(stack)}}} {float(stack.live.failures)}" in text
        assert f"driftline_probe_success{{{_labels(stack)}}} 0.0" in text


async def branch_parses(stack: Stack) -> None:
    """I5."""
    baselines = stack.engine.baselines
    assert await baselines.resolve(baselines.ref) == baselines.seen, "the branch moved and nobody looked"
    assert dict(stack.engine.index(NAME)) == dict(baselines.entries(NAME))
    for ref, entry in baselines.entries(NAME).items():
        assert decode(await baselines.git.run("cat-file", "blob", entry.blob)).ref == ref


async def no_secret(stack: Stack, printed: str) -> None:
    """I6: logs, metrics, findings, the store's files, the branch. Also what the account gave us to sign in with."""
    texts = {"the log": printed.encode(), "the metrics": metrics(stack).encode()}
    texts["findings"] = repr([(one.claim, one.id) for one in stack.engine.ledger.findings.values()]).encode()
    texts["memory"] = repr((stack.live.reads, stack.live.fault, stack.engine.pollers)).encode()
    for file in stack.engine.config.state.rglob("*"):
        if file.is_file() and "baselines.git" not in file.parts:
            texts[file.name] = await asyncio.to_thread(file.read_bytes)
    log = stack.engine.baselines.git
    texts["the branch"] = await log.run("log", "-p", "-1", "--format=%B", stack.engine.baselines.ref)
    for where, raw in texts.items():
        for form in forms(CANARY, *stack.hostile.seen):
            assert form not in raw, f"{where} has the secret, spelled {form[:12]!r}"


def forms(*secrets: str) -> set[bytes]:
    found: set[bytes] = {CANARY[:8].encode()}
    for secret in secrets:
        found |= {secret.encode(), quote(secret, safe="").encode()}
        found |= {base64.b64encode(secret[shift:].encode())[:16] for shift in range(3)}
    return found


def bounded(stack: Stack, seconds: float, longest: float) -> None:
    """No busy loop and no long wait: requests of one poll, open connections, and real time."""
    plan = 2 * stack.template.requests + 60
    assert stack.hostile.requests <= plan, f"{stack.hostile.requests} requests where {plan} are plenty"
    most = stack.hostile.most_connections
    assert most <= 12, f"{most} connections at once"  # ten, and those whose goodbye is on its way
    assert seconds < longest, f"the poll took {seconds:.1f} s of real time"


async def back_to_the_start(mark: Mark) -> None:
    """I7, once the engine is closed or at rest."""
    for _ in range(20):  # closing sockets need a turn of the loop or two
        if len(asyncio.all_tasks()) <= mark.tasks:
            break
        await asyncio.sleep(0.01)
    assert len(asyncio.all_tasks()) <= mark.tasks, [task.get_name() for task in asyncio.all_tasks()]
    assert threading.active_count() <= mark.threads + 12, "threads were left"
    assert _files() <= mark.files + 24, "open files were left"
    assert _memory() - mark.memory < ROOM, f"{(_memory() - mark.memory) >> 20} MiB more than before"


def metrics(stack: Stack) -> str:
    return Metrics().render(gauges.snapshot(stack.engine)).decode()


def drift(stack: Stack) -> list[Finding]:
    return [one for one in stack.engine.ledger.findings.values() if one.address.source is Source.DRIFT]


def _labels(stack: Stack) -> str:
    return f'environment="production",integration="{NAME}",stack="faults",vendor="{stack.vendor}"'


async def _events(stack: Stack) -> list[Event]:
    return [event for _, event in await stack.engine.store.events(limit=100_000)]


async def _head(stack: Stack) -> str:
    baselines = stack.engine.baselines
    return await baselines.resolve(baselines.ref)


def _files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
