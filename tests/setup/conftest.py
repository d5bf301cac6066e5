"""A new stack beside simulated accounts that answer on loopback from a thread of their own, as vendors do."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from monitor.cli import run
from monitor.demo.stage import served
from monitor.scaffold import scaffold
from probes.simulated import hubspot, salesforce

SECRET, TOKEN = "s3cret-of-salesforce", "pat-eu1-token-of-hubspot"


class Now:
    def now(self) -> float:
        return time.time()


class Accounts:
    """Both accounts, their addresses, and the options of init that lead to them."""

    def __init__(self) -> None:
        self.salesforce = salesforce.Account(clock=Now(), client_id="driftline", client_secret=SECRET)
        self.hubspot = hubspot.Account(clock=Now(), token=TOKEN)
        self.at: dict[str, str] = {}

    def options(self, vendor: str) -> list[str]:
        fields = {"salesforce": ("client_id", "client_secret"), "hubspot": ("token",)}[vendor]
        sets = [part for field in fields for part in ("--set", f"{field}=${{env:{vendor}_{field}}}".upper()
                .replace("ENV:", "env:").replace(field.upper(), field, 1))]  # fmt: skip
        return [vendor, "--base", self.at[vendor], "--allow-private", *sets]


@contextmanager
def answering(apps: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Applications on loopback, each on a port of its own, in a thread of their own."""
    ready, at, loop = threading.Event(), dict[str, str](), asyncio.new_event_loop()
    ends = asyncio.Event()

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            for name, app in apps.items():
                at[name] = await stack.enter_async_context(served(app))
            ready.set()
            await ends.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(20)
    try:
        yield at
    finally:
        loop.call_soon_threadsafe(ends.set)
        thread.join()
        loop.close()


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Accounts]:
    made = Accounts()
    monkeypatch.setenv("SALESFORCE_CLIENT_ID", "driftline")
    monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("HUBSPOT_TOKEN", TOKEN)
    with answering({"salesforce": made.salesforce.app, "hubspot": made.hubspot.app}) as made.at:
        yield made


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    scaffold(tmp_path / "acme", "acme")
    return tmp_path / "acme"


class Done:
    """What a command said, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


Driftline = Callable[..., Done]


@pytest.fixture
def driftline(stack: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Driftline:
    """The command line in this process, on the stack."""
    monkeypatch.setenv("DRIFTLINE_STACK", str(stack))

    def call(*arguments: str) -> Done:
        capsys.readouterr()
        code = run(arguments)
        told = capsys.readouterr()
        for secret in (SECRET, TOKEN):
            assert secret not in told.out + told.err, "a secret was printed"
        return Done(code, told.out, told.err)

    return call
