"""Makes a dictionary for short documents of the store: what an event, a finding and a decision of every rule say.

`python -m tests.packing FILE`. The one in use (monitor/adapters/packing.zdict) stays: whoever wants another gives it a
file of its own, and leaves the first to read what it has packed. Values, names and ids are random here, so that only
the names of parts and the sentences of rules come to be in it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from zstandard import train_dictionary

from monitor.adapters.records import Decision, DecisionState
from monitor.core.judge import Context, Subject, judge
from monitor.core.model import Action, Address, Claim, Closing, Event, EventType, Finding, Phase
from monitor.core.rules import RULES, Rule
from probes.kit.contract import Kind

SIZE: Final = 16 * 1024
EACH: Final = 6  # documents of a sort for one rule


def documents(chance: random.Random) -> Iterator[bytes]:
    for rule in RULES:
        for nth in range(EACH):
            yield from map(msgspec.json.encode, _of(rule, nth % 2 == 1, chance))


def _of(rule: Rule, item: bool, chance: random.Random) -> Iterator[Any]:
    def some(length: int = 8) -> str:
        return "".join(chance.choices("0123456789abcdef", k=length))

    at = 1.79e9 + chance.randrange(10**7) + 0.5
    kind = rule.kind or chance.choice(list(Kind))
    address = Address(rule.source, some(), kind, some(5), some(6), rule.fact, some(4) if item else "")
    before: Any = (
        {"value": some(), "label": some(), "active": True} if item else chance.choice([some(), True, 255, None])
    )
    before = [some(), some()] if rule.action is Action.REORDERED else before
    claim = Claim(address, rule.action, before, before if rule.action is Action.ADDED else some(), since=at - 900)
    claim = judge(claim, Context(Subject(address.subject, owner="ops")))
    of: dict[str, Any] = {"finding": (id := address.finding_id(1)), "address": address, "reading": 7, "opening": 1}
    yield Event(type=EventType.SUSPECTED, at=at, claim=claim, **of)
    yield Event(type=EventType.OPENED, at=at, claim=claim, told=True, **of)
    yield Event(type=EventType.CLOSED, at=at, closing=chance.choice(list(Closing)), told=True, **of)
    seen: dict[str, Any] = {"id": id, "opening": 1, "claim": claim, "first_seen_at": at, "reading": 7, "opened_at": at}
    yield Finding(**seen, phase=Phase.OPEN, moves=[(at, ""), (at, claim.fingerprint)])
    yield Finding(**seen, phase=Phase.CLOSED, closed_at=at + 9, closing=Closing.APPROVED)
    if not item:
        yield Decision(uuid=some(36), kind="approve", by=f"person:p-{some()}", at=at, state=DecisionState.PUSHED,
                       integration=some(), via="page", findings={id: claim.fingerprint}, sha=some(40),
                       message=f"Approve {some()} of {some()}\n\nFinding: {id}\n", asked=some(32))  # fmt: skip


if __name__ == "__main__":
    made = train_dictionary(SIZE, list(documents(random.Random(1))), level=9, split_point=1.0)
    Path(sys.argv[1]).write_bytes(made.as_bytes())
