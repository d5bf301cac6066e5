"""The invariants I1 to I6 of tests/faults/invariants.py over a whole soak, from what its daemon left behind. I7, that
memory, files and tasks do not grow, is judged by the figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from monitor.adapters.records import Decision, Reading
from monitor.adapters.store import Store
from monitor.core.body import decode
from monitor.core.model import Event, EventType, Finding, Source
from tests.adapters.repositories import Person
from tests.faults.invariants import OUTCOMES, forms

from .vendors import TOKEN


def drift(wanted: dict[tuple[str, str, str], str], findings: Sequence[Finding]) -> Iterator[str]:
    """I1 and I3: what was changed is found, and stands as it should; nothing else was ever told as drift."""
    found = {
        (one.address.subject, one.address.key, one.claim.action.value): one.phase.value
        for one in findings
        if one.address.source is Source.DRIFT and one.opened_at is not None
    }
    for key in sorted(wanted.keys() | found.keys()):
        if wanted.get(key) != found.get(key):
            yield f"{key} is {found.get(key, 'not found')} and should be {wanted.get(key, 'unheard of')}"


def once(events: Sequence[Event]) -> Iterator[str]:
    """I3: opened once, closed once."""
    drifts = [one for one in events if one.address.source is Source.DRIFT]
    for type in (EventType.OPENED, EventType.CLOSED, EventType.REOPENED):
        counts = Counter(one.finding for one in drifts if one.type is type)
        most = 0 if type is EventType.REOPENED else 1
        yield from (f"{id} was {type.value} {count} times" for id, count in counts.items() if count > most)


def outcomes(readings: Sequence[Reading]) -> Iterator[str]:
    """I2: each reading has one outcome, and none began before the one before it had ended."""
    by: dict[str, list[Reading]] = defaultdict(list)
    for one in sorted(readings, key=lambda one: one.started_at):
        if one.outcome not in OUTCOMES:
            yield f"reading {one.id} ended as {one.outcome}"
        if by[one.integration] and one.started_at < by[one.integration][-1].ended_at:
            yield f"{one.integration}: reading {one.id} began before {by[one.integration][-1].id} had ended"
        by[one.integration].append(one)


async def aged(store: Store, dead: str, died: float, every: float) -> list[str]:
    """I4: what could not be read since then says so."""
    lasts = (await store.lasts(dead)).values()
    return [f"{dead}: {one.ref} looks as if it was read" for one in lasts if (one.good_at or 0) > died + every]


def branch(folder: Path, commits: int, decisions: Sequence[Decision]) -> Iterator[str]:
    """I5: the branch parses, holds a commit for each decision and no other, and is the same here and at the remote."""
    hub, ours = Person(folder / "hub.git"), Person(folder / "stack" / "var" / "baselines.git")
    if hub.git("rev-parse", "main") != ours.git("rev-parse", "main"):
        yield "the branch is not what was pushed"
    log = hub.git("log", "--format=%(trailers:key=Driftline-Decision,valueonly)", "main").split()
    if sorted(log) != sorted(one.uuid for one in decisions):
        yield f"{len(log)} commits are by decisions, of which there were {len(decisions)}"
    if (count := int(hub.git("rev-list", "--count", "main"))) != commits + len(decisions):
        yield f"there are {count} commits, and {commits} were not by decisions"
    for path in hub.git("ls-tree", "-r", "--name-only", "main", "baselines").splitlines():
        if not path.endswith("/vantage.json"):
            decode(hub.git("cat-file", "blob", f"main:{path}").encode())


def secrets(folder: Path, metrics: bytes) -> Iterator[str]:
    """I6: the credential stands nowhere but in its file."""
    texts = {"the metrics": metrics, "the log": (folder / "said").read_bytes()}
    for file in (folder / "stack" / "var").rglob("*"):
        if file.is_file() and "baselines.git" not in file.parts:
            texts[file.name] = file.read_bytes()
    for where, raw in texts.items():
        yield from (f"{where} has the secret" for form in forms(TOKEN) if form in raw)
