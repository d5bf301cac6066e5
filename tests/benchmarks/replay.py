"""An engine over a stack of one integration, whose answers come from files instead of sockets.

What is measured is what happens from the bytes of an answer on: the CPU of reading files and putting answers together
is counted apart, in `Replay.spent`. Nothing in `ask` awaits, so no other work is counted there.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson
import yaml

from monitor.config import load
from monitor.engine.core import Engine
from monitor.engine.opening import open_engine
from probes.kit.api import Answer, Ask
from probes.kit.client import LiveClient
from probes.kit.clock import ManualClock
from probes.salesforce import FIELD, TYPES
from probes.simulated.salesforce import wire

from .corpus import Corpus

NAME: Final = "crm-prod"
START: Final = 1_790_000_000.0
REST: Final = {
    "listings": [
        {"name": "objects", "kind": "schema", "path": "/sobjects", "records": "sobjects", "key": "name",
         "facts": ["label", "custom", "queryable"]},
        {"name": "fields", "kind": "field", "for_each": "objects", "path": "/sobjects/{parent.key}/describe",
         "records": "fields", "key": "name", "facts": dict(FIELD), "words": {"type": TYPES},
         "repeats": {"options": "label"}, "always": ["label", "type", "nullable"]},
    ],
}  # fmt: skip
SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "rest": {"vendor": "rest", "base": "http://127.0.0.1:9", "credentials": {"scheme": "none"}, "rest": REST},
    "salesforce": {
        "vendor": "salesforce", "base": "http://127.0.0.1:9", "options": {"my_domain": "bench"},
        "credentials": {
            "scheme": "client_credentials", "client_id": "${env:BENCH_ID}", "client_secret": "${env:BENCH_SECRET}",
        },
    },
}  # fmt: skip


class Replay:
    """Answers what `rest` and `salesforce` ask, out of a folder of the corpus. With `stamped`, each round's bodies
    differ in a byte outside of the rows."""

    def __init__(self, api: LiveClient, corpus: Corpus) -> None:
        self.api, self.corpus = api, corpus
        self.folder, self.stamped, self.round = "base", False, 0
        self.spent = 0.0
        self.asked = 0

    def body(self, number: int) -> bytes:
        raw = self.corpus.raw(self.folder, number)
        return b'{"stamp":%d,' % self.round + raw[1:] if self.stamped else raw

    async def ask(self, ask: Ask) -> Answer:
        """As the client does it from the answer on: errors are judged, unless the body is known."""
        start = time.process_time()
        answer = Answer(200, {"content-type": "application/json"}, self._raw(ask))
        self.asked += 1
        self.spent += time.process_time() - start
        if not (ask.known and answer.digest == ask.known):
            self.api.vendor.errors.judge(answer, START, walked=ask.walked)
        return answer

    def _raw(self, ask: Ask) -> bytes:
        path = ask.path.partition("/sobjects/")[2]
        if path:
            return self.body(_number(path))
        if ask.path.endswith("/sobjects"):
            names = [self.corpus.name(number) for number in range(self.corpus.objects)]
            able = wire.flags(True, {})
            return orjson.dumps({"sobjects": [wire.summary(name, name, name, "a99", able) for name in names]})
        if ask.path.endswith("/composite"):
            parts = [
                {"body": orjson.Fragment(self.body(_number(part["url"].partition("/sobjects/")[2]))),
                 "httpHeaders": {}, "httpStatusCode": 200, "referenceId": part["referenceId"]}
                for part in ask.body["compositeRequest"]
            ]  # fmt: skip
            return orjson.dumps({"compositeResponse": parts})
        if ask.path.endswith("/userinfo"):
            return orjson.dumps({"user_id": "005", "organization_id": "00D", "preferred_username": "monitor"})
        return orjson.dumps({"totalSize": 0, "done": True, "records": []})


def _number(path: str) -> int:
    return int(path.partition("_")[2][:4])


def lay_out(folder: Path, integrations: dict[str, dict[str, Any]], **settings: Any) -> Path:
    """A stack with these integrations; gives its configuration folder."""
    config = folder / "config"
    (config / "integrations").mkdir(parents=True)
    main = {"stack": {"name": "bench"}, **settings}
    (config / "driftline.yaml").write_text(yaml.safe_dump(main))
    (config / "people.yaml").write_text(yaml.safe_dump({"teams": {"ops": {"contact": "ops@example.com"}}}))
    for name, own in integrations.items():
        entry = {"owner": "ops", "allow_private": True, **own}
        (config / "integrations" / f"{name}.yaml").write_text(yaml.safe_dump(entry))
    return config


@asynccontextmanager
async def replaying(
    folder: Path, vendor: str, corpus: Corpus, git: Callable[[Path], object]
) -> AsyncIterator[tuple[Engine, Replay, ManualClock]]:
    """An engine whose one integration reads the corpus. `git` makes the repository of the stack."""
    config = lay_out(folder, {NAME: SETTINGS[vendor]}, baselines={"push": False})
    git(folder)
    clock = ManualClock(START)
    async with open_engine(load(config), clock) as engine:
        api = await engine.pollers[NAME].client()
        replay = Replay(api, corpus)
        api.ask = replay.ask  # type: ignore[method-assign]
        yield engine, replay, clock
