"""What a bug report is made of: how the process stands, without a secret, a value of a fact or the name of anybody.

Each part is made by itself, so that what is broken takes no other part along: then the part says what kind of error it
was. Names of integrations, teams and places are marks, the same in all parts of one bundle.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from monitor import logs
from monitor.adapters.lease import GIT
from monitor.redact import Marks, frame, own, where

from . import leasing
from .bundle_files import files

if TYPE_CHECKING:
    from .core import Engine
    from .live import Live

LARGEST: Final = 1 << 20  # characters of one part
TASKS: Final = 300
FRAMES: Final = 12


class Bundle(msgspec.Struct, frozen=True):
    """Names of files, and what stands in each."""

    files: Mapping[str, str]


async def bundle(engine: Engine, exposition: Callable[[], Awaitable[bytes]] | None) -> Bundle:
    """Of the running process. `exposition` gives what /metrics says; None where nothing serves it."""
    marks = Marks()
    for name in sorted(engine.integrations):
        marks.of("integration", name)
    parts: dict[str, Callable[[], Any]] = {
        "status.json": lambda: _status(engine, marks),
        "log.jsonl": lambda: _log(marks),
        "tasks.txt": _tasks,
    }
    made = {name: _cut(_made(part)) for name, part in parts.items()}
    if exposition is not None:
        try:
            made["metrics.txt"] = _cut(_metrics((await exposition()).decode(), marks))
        except Exception as error:
            made["metrics.txt"] = _failed(error)
    there = await asyncio.to_thread(files, engine.config.folder, engine.store.folder, marks)
    return Bundle({**{name: _cut(text) for name, text in there.items()}, **made})


def _made(part: Callable[[], Any]) -> str:
    try:
        found = part()
    except Exception as error:
        return _failed(error)
    return found if isinstance(found, str) else as_text(found)


def as_text(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n"


def _failed(error: Exception) -> str:
    """A part that could not be made says why, and stops no other."""
    return as_text({"this part failed": where(error)})


def _cut(text: str) -> str:
    if len(text) <= LARGEST:
        return text
    kept = text[:LARGEST].rpartition("\n")[0]
    return f"{kept}\n({len(text) - len(kept)} characters more are left out)\n"


def _log(marks: Marks) -> str:
    lines = []
    for line in [*logs.newest]:
        if name := line.get("integration"):
            line = {**line, "integration": marks.of("integration", name)}
        lines.append(msgspec.json.encode(line).decode())
    return "\n".join([*lines, ""])


def _status(engine: Engine, marks: Marks) -> Any:
    now = engine.clock.now()
    alerting, settings = engine.alerting, engine.config.service
    standing = engine.ledger.findings.values()
    counted = Counter((str(one.phase), str(one.address.source), one.level.word) for one in standing)
    scheduler, lives = engine.scheduler, engine.integrations.values()
    due = [live.next_due_at - now for live in lives if live.next_due_at is not None]
    return {
        "state": engine.state,
        "up for": now - engine.started_at,
        "findings": {" ".join(key): count for key, count in sorted(counted.items())},
        "integrations": [_integration(engine, live, marks, now) for _, live in sorted(engine.integrations.items())],
        "leases": {"git": engine.leases.holds(GIT), "notify": engine.leases.holds(leasing.NOTIFY),
                   "integrations": sum(leasing.ours(engine, live) for live in lives)},
        "jobs": {"scheduled": scheduler is not None, "planned": len(due), "overdue": sum(one < 0 for one in due),
                 "most overdue": min(due, default=0.0), "under way": sum(live.lock.locked() for live in lives),
                 "periods skipped": scheduler.missed.total() if scheduler is not None else 0},
        "git": {"mode": settings.git.mode, "push": settings.baselines.push, "push fails": bool(engine.push_fault),
                "problems": len(engine.baselines.problems), "decisions wait to be committed": engine.wake.is_set(),
                "commits wait to be pushed": engine.unpushed.is_set(), "wait for a second person": len(engine.waiting),
                "in pull requests": len(engine.in_pulls)},
        "alerts": {"on": alerting.on, "works": alerting.works, "pushes": dict(alerting.pushes),
                   "alertmanagers": len(alerting.clients), "fail": len(alerting.faults), "left out": alerting.left_out,
                   "failing for": None if alerting.failing_since is None else now - alerting.failing_since,
                   "silences": len(alerting.silences)},
        "configuration": {"at": now - engine.config_at, "problems": len(engine.config_problems)},
    }  # fmt: skip


def _integration(engine: Engine, live: Live, marks: Marks, now: float) -> Any:
    states = Counter(str(cover.state) for cover, _ in live.reads.values())
    why = Counter(own(cover.reason.partition(":")[0]) for cover, _ in live.reads.values() if cover.reason)
    return {
        "name": marks.of("integration", live.name), "vendor": own(live.config.vendor), "class": live.config.class_,
        "tier": live.config.tier, "reads": dict(states), "why not": dict(why), "failures": live.failures,
        "fails since": [now - at for at in sorted(live.failing.values())][:1],
        "read whole": _ago(live.last_ok_at, now), "polled": _ago(live.last_poll_at, now),
        "scopes": len(live.known), "proposals": len(live.proposals), "requests": dict(live.requests),
        "held": live.lock.locked(), "lease": leasing.ours(engine, live),
        "due in": None if live.next_due_at is None else live.next_due_at - now,
        "findings": len(engine.ledger.of(live.name)), "removed": live.removed_at is not None,
        "status page": own(live.status.state) if live.status is not None else None,
    }  # fmt: skip


def _ago(at: float | None, now: float) -> float | None:
    return None if at is None else now - at


def _metrics(text: str, marks: Marks) -> str:
    """The same series; a label that is no word of a closed list is a mark."""
    from prometheus_client.parser import text_string_to_metric_families

    lines = []
    for family in text_string_to_metric_families(text):
        lines.append(f"# TYPE {family.name} {family.type}")
        for sample in family.samples:
            labels = ",".join(f'{name}="{_label(name, value, marks)}"' for name, value in sample.labels.items())
            lines.append(f"{sample.name}{{{labels}}} {sample.value:g}")
    return "\n".join([*lines, ""])


def _label(name: str, value: str, marks: Marks) -> str:
    kept = own(value)
    return kept if kept == value else marks.of(name, value)


def _tasks() -> str:
    """Where each task and each thread stands."""
    every = sorted(asyncio.all_tasks(), key=lambda task: task.get_coro().__qualname__)  # type: ignore[union-attr]
    lines = [f"{len(every)} tasks"]
    for task in every[:TASKS]:
        lines.append(f"task {task.get_coro().__qualname__}")  # type: ignore[union-attr]
        stack = islice(reversed(task.get_stack(limit=FRAMES)), FRAMES)
        lines += [f"    {frame(one.f_code.co_filename, one.f_lineno, one.f_code.co_name)}" for one in stack]
    current = sys._current_frames()
    lines.append(f"{threading.active_count()} threads")
    for thread in threading.enumerate():
        lines.append(f"thread{' daemon' if thread.daemon else ''}")
        at, depth = current.get(thread.ident or 0), 0
        while at is not None and depth < FRAMES:
            lines.append(f"    {frame(at.f_code.co_filename, at.f_lineno, at.f_code.co_name)}")
            at, depth = at.f_back, depth + 1
    return "\n".join([*lines, ""])


def without(config: Path, state: Path | None) -> Bundle:
    """Where no daemon runs: what the files say."""
    return Bundle({name: _cut(text) for name, text in files(config, state, Marks()).items()})
