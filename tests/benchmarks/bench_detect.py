"""CPU of detecting ten changes among 300,000 field rows, as a ratio to streaming orjson.loads over the same bytes.

Run: python tests/benchmarks/bench_detect.py [bodies]. Prints one line per mode: ratio, peak RSS, longest loop stall.
The answers come from memory, so that what is measured is detection and not HTTP.
"""

from __future__ import annotations

import asyncio
import gc
import random
import resource
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import orjson

from probes.kit.api import Answer, Client
from probes.kit.auth import Header, Scheme
from probes.kit.client import Connection, connect
from probes.kit.clock import SystemClock
from probes.kit.contract import Fault, Kind, Read
from probes.kit.drive import read
from probes.kit.limiter import Limiters
from probes.kit.listing import Listing, OptionSpec, Row, Vendor, keep

ROWS = 300
FACTS = keep(
    "label length precision scale digits unique encrypted custom createable updateable permissionable",
    "calculated",
    nullable="nillable",
    native_type="type",
    soap_type="soapType",
    case_sensitive="caseSensitive",
    external_id="externalId",
    auto_number="autoNumber",
    formula="calculatedFormula",
    default="defaultValue",
    references="referenceTo",
    help="inlineHelpText",
    options="picklistValues[].{value: value, label: label, active: active, default: defaultValue}",
)


class Answers:
    """Bodies by number, made again at each reading so that no two readings share memory."""

    def __init__(self, bodies: int) -> None:
        self.bodies = bodies
        self.mode = "body-equal"
        self.changed: frozenset[tuple[int, int]] = frozenset()
        self.round = 0

    def raw(self, number: int) -> bytes:
        rows = [_row(number, i, (number, i) in self.changed) for i in range(ROWS)]
        if self.mode == "shuffled":
            dice = random.Random(number * 7919 + self.round)
            names = list(rows[0])
            dice.shuffle(names)
            rows = [{name: row[name] for name in names} for row in rows]
            dice.shuffle(rows)
        stamp = self.round if self.mode != "body-equal" else 0
        return orjson.dumps({"name": f"O{number}", "stamp": stamp, "fields": rows})

    async def fetch(
        self, api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
    ) -> AsyncIterator[tuple[Row, Answer | Fault]]:
        for parent in parents:
            yield parent, self.made[int(parent["key"])]

    made: Mapping[int, Answer] = {}


def _row(body: int, i: int, changed: bool) -> dict[str, Any]:
    values = 5 + (i * 7 + body) % 20 if i % 10 == 0 else 0
    return {
        "aggregatable": True, "autoNumber": False, "byteLength": 765, "calculated": False, "calculatedFormula": None,
        "cascadeDelete": False, "caseSensitive": False, "compoundFieldName": None, "controllerName": None,
        "createable": True, "custom": i > 40, "defaultValue": None, "defaultedOnCreate": False, "digits": 0,
        "encrypted": False, "externalId": False, "extraTypeInfo": None, "filterable": True, "groupable": True,
        "inlineHelpText": "Filled by the web form when the visitor agreed", "label": f"Field {i}{' x' * changed}",
        "length": 255, "name": f"Field_{i}__c", "nillable": True, "permissionable": True,
        "picklistValues": [{"active": True, "defaultValue": False, "label": f"Value {v}", "validFor": None,
                            "value": f"value_{v}"} for v in range(values)],
        "precision": 0, "referenceTo": [], "relationshipName": None, "restrictedPicklist": False, "scale": 0,
        "soapType": "xsd:string", "sortable": True, "type": "string", "unique": False, "updateable": True,
    }  # fmt: skip


class Memories:
    def __init__(self) -> None:
        self.memos: dict[str, bytes] = {}

    async def recall(self, id: str) -> bytes | None:
        return self.memos.get(id)


class Tokens:
    async def load(self, name: str) -> dict[str, Any] | None:
        return None

    async def refresh_started(self, name: str) -> None: ...

    async def save(self, name: str, token: dict[str, Any]) -> None: ...


def bodies(answers: Answers) -> Iterator[bytes]:
    for number in range(answers.bodies):
        yield answers.raw(number)


def streaming(answers: Answers) -> float:
    """CPU seconds of parsing every body, one after the other."""
    spent = 0.0
    for raw in bodies(answers):
        start = time.process_time()
        orjson.loads(raw)
        spent += time.process_time() - start
    return spent


class Lazy(Mapping[int, Answer]):
    """Makes a body when it is asked for, and keeps the CPU of that out of the account."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.making = 0.0

    def __getitem__(self, number: int) -> Answer:
        start = time.process_time()
        raw = self.answers.raw(number)
        self.making += time.process_time() - start
        return Answer(200, {}, raw)

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.answers.bodies))

    def __len__(self) -> int:
        return self.answers.bodies


async def poll(vendor: Vendor, answers: Answers, memories: Memories) -> tuple[float, int]:
    """CPU seconds of one poll, and how many rows it listed as changed."""
    made = Lazy(answers)
    answers.made = made
    connection = Connection("bench", vendor, {"objects": list(range(answers.bodies))}, "token", lambda field: "x" * 20)
    clock = SystemClock()
    async with connect(connection, clock=clock, limiters=Limiters(clock), tokens=Tokens()) as api:
        start, changed = time.process_time(), 0
        async for item in read(vendor, api, memories):
            if isinstance(item, Read):
                assert item.coverage.complete, item.coverage
                changed += sum(len(scope.resources) for scope in item.scopes)
                if item.memo is not None:
                    memories.memos[item.id] = item.memo
        return time.process_time() - start - made.making, changed


async def main(count: int) -> None:
    answers = Answers(count)
    vendor = Vendor(
        name="bench", title="Bench", docs="https://bench.test", base="https://bench.test", hosts=("bench.test",),
        schemes={"token": Scheme(fields=("token",), build=lambda c: Header(c, Authorization="Bearer {token}"))},
        options={"objects": OptionSpec(says="objects")},
        listings=(Listing(name="fields", kind=Kind.FIELD, for_each="options.objects", fetch=answers.fetch, batch=10,
                          records="fields", key="name", facts=FACTS),),
    )  # fmt: skip
    ten = frozenset((n * count // 10, n * 17) for n in range(10))
    for mode in ("body-equal", "row-stable", "shuffled"):
        answers.mode, answers.changed, answers.round = mode, frozenset(), 0
        memories = Memories()
        cold, _ = await poll(vendor, answers, memories)
        answers.round = 1
        await poll(vendor, answers, memories)
        answers.round, answers.changed = 2, ten
        warm, changed = await poll(vendor, answers, memories)
        answers.round, answers.changed = 3, frozenset()
        gc.collect()
        base = streaming(answers)
        size = sum(len(memo) for memo in memories.memos.values())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{mode:10}  warm {warm / base:5.2f}x  cold {cold / base:5.1f}x  loads {base:.2f} s  changed {changed}  "
              f"memos {size / 1e6:.1f} MB  peak RSS {peak:.0f} MB")  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
