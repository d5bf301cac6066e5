"""The stack of the soak: its configuration, and a first baseline of every integration, before the daemon begins."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import yaml

from monitor.config import load
from monitor.engine.opening import open_engine
from monitor.engine.request import Decide
from probes.kit.clock import SystemClock
from tests.adapters.repositories import Person, clone, start
from tests.e2e.serving import free_port

from .figures import STACK
from .vendors import TOKEN

ROOT: Final = Path(__file__).resolve().parents[2]
SYNCS: Final = 10
Ports = Mapping[str, Any]


class Vendors:
    """The vendors' process. `ports` as it printed them."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self._api = httpx.Client(base_url=f"http://127.0.0.1:{ports['rest']}", trust_env=False)

    def spoil(self, share: float) -> dict[str, int]:
        """From now on this share of the answers is another; gives what was spoiled so far, by kind of fault."""
        return dict(self._api.post(f"/spoil/{share}").json())

    def set(self, name: str, what: str, value: str = "") -> None:
        self._api.post(f"/set/{int(name.removeprefix('system-'))}/{what}/{value}")

    def close(self) -> None:
        self._api.close()


@contextmanager
def vendors(rest: int, accounts: int, seed: int) -> Iterator[Vendors]:
    command = [sys.executable, "-m", "tests.soak.vendors", str(rest), str(accounts), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        found = Vendors(json.loads(process.stdout.readline()))
        try:
            yield found
        finally:
            found.close()
            process.terminate()


def rest(number: int) -> dict[str, Any]:
    """An in-house system's block. One in ten has a sync: what is remembered of syncs grows for fifty polls."""
    at = f"/{number}"
    rows = {"records": "data", "key": "name"}
    found: dict[str, Any] = {
        "auth": {"style": "header", "headers": {"X-Api-Key": "{token}"}},
        "limit": {"key": "{integration}", "rate": 50, "concurrency": 4},
        "identity": {"path": f"{at}/me", "account": "org.id", "subject": "login", "grants": "scopes"},
        "listings": [
            {"name": "objects", "kind": "schema", "path": f"{at}/objects", "facts": ["label"], **rows},
            {"name": "fields", "kind": "field", "for_each": "objects", "path": at + "/objects/{parent.key}/fields",
             "facts": {"label": "label", "type": "kind"}, "words": {"type": {"text": "text"}}, **rows},
            {"name": "loads", "kind": "sync", "path": f"{at}/loads", "facts": {"schedule": "cron"},
             "health": {"state": "status", "rows_ok": "good"}, "states": {"done": "ok"}, **rows},
        ],
    }  # fmt: skip
    if number % SYNCS:
        del found["listings"][2]
    return found


def entry(folder: Path, name: str, vendor: str, port: int, deadline: float) -> None:
    """One integration's file."""
    found: dict[str, Any] = {
        "vendor": vendor, "owner": "ops", "base": f"http://127.0.0.1:{port}", "allow_private": True,
        "deadline": f"{deadline:g}s",
        "credentials": {"scheme": "header" if vendor == "rest" else "token", "token": "${file:token}"},
    }  # fmt: skip
    if vendor == "rest":
        found["rest"] = rest(int(name.removeprefix("system-")))
    if vendor == "salesforce":
        secret = {"client_id": "${file:id}", "client_secret": "${file:token}"}
        found |= {"options": {"my_domain": "soak"}, "credentials": {"scheme": "client_credentials", **secret}}
    (folder / "integrations" / f"{name}.yaml").write_text(yaml.safe_dump(found))


def lay_out(folder: Path, ports: Ports, every: float, deadline: float) -> Path:
    """A stack with one in-house system and all accounts, its repository beside it. Gives the configuration's folder."""
    hub = start(folder / "hub.git", bare=True)
    first = clone(hub.folder, folder / "first")
    first.git("checkout", "-q", "-b", "main")
    first.commit("Begin", **{"README.md": "baselines"})
    first.git("push", "-q", "origin", "main")
    config = folder / "stack" / "config"
    (config / "integrations").mkdir(parents=True)
    for name, value in (("token", TOKEN), ("id", "soak")):
        file = config.parent / name
        file.touch(0o600)
        file.write_text(value)
    settings = {
        "stack": {"name": STACK},
        "baselines": {"repository": str(hub.folder)},
        "server": {"listen": f"127.0.0.1:{free_port()}", "metrics": f"127.0.0.1:{free_port()}"},
        "poll": {"every": f"{every:g}s", "jitter": 1.0, "confirm_after": "30s"},
    }
    (config / "driftline.yaml").write_text(yaml.safe_dump(settings))
    (config / "people.yaml").write_text(yaml.safe_dump({"teams": {"ops": {"contact": "ops@example.com"}}}))
    entry(config, "system-0", "rest", ports["rest"], deadline)
    for vendor in ("salesforce", "hubspot"):
        for number, port in enumerate(ports[vendor]):
            entry(config, f"{vendor}-{number}", vendor, port, deadline)
    return config


async def captured(config: Path) -> None:
    """Every integration is read once, and what was read is its baseline."""
    async with open_engine(load(config), SystemClock()) as engine:
        for name in engine.integrations:
            seen = await engine.poll(name)
            assert seen.reading.outcome == "ok", seen.reading
            await engine.decide(Decide(uuid=str(uuid4()), kind="capture", integration=name), "local:soak", "test")
        await engine.commit_decisions()
        await engine.push()
        assert not engine.push_fault, engine.push_fault


def multiplied(folder: Path, config: Path, ports: Ports, systems: int, deadline: float) -> None:
    """A person adds the other systems, which are like the first, with its baselines, by one commit."""
    first = folder / "first"
    person = Person(first)
    person.git("pull", "-q", "origin", "main")
    for number in range(1, systems):
        made = shutil.copytree(first / "baselines" / "system-0", first / "baselines" / f"system-{number}")
        if number % SYNCS:
            shutil.rmtree(made / "sync")
        entry(config, f"system-{number}", "rest", ports["rest"], deadline)
    person.git("add", "-A")
    person.git("commit", "-q", "-m", "Add the other systems")
    person.git("push", "-q", "origin", "main")
