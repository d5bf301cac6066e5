"""driftline new-vendor --from an account that has hosts of its own: none of their names is recorded, nor a number."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.setup.derived import derived
from monitor.setup.record import Recording, record
from monitor.setup.recording import Recorder
from monitor.setup.replied import tried
from probes.kit.client import Connection
from probes.kit.clock import SystemClock
from probes.kit.drive import everything
from probes.kit.registry import vendors
from probes.simulated import eloqua

from .conftest import Now, answering

SECRETS = {"user": "Company\\user-of-eloqua", "password": "password-of-eloqua"}
ACCOUNT = vendors()["eloqua"].model_copy(update={"hosts": ("eloqua.com", "localhost")})


def connection(at: str, **options: Any) -> Connection:
    return Connection(
        integration="eloqua-emea", vendor=ACCOUNT, options={"login": at, **options}, scheme="basic",
        secret=SECRETS.__getitem__, base=at, allow_private=True,
    )  # fmt: skip


def test_an_account_that_signs_in_at_one_host_and_answers_at_another_is_recorded() -> None:
    account = eloqua.Account(clock=Now())
    account.user, account.password = SECRETS["user"], SECRETS["password"]
    with answering({"login": account.app}) as at:
        account.pod = at["login"].replace("127.0.0.1", "localhost")
        reader: Any = SimpleNamespace(vendor=ACCOUNT, connection=connection(at["login"]))
        made, vantage = asyncio.run(record(reader, SystemClock(), everything))
    assert vantage.coverage.complete and not made.left
    new = derived("acme-two", ACCOUNT, Path())(made)
    assert asyncio.run(tried(new))[0] == {}, "it is read completely from these answers"
    told = json.dumps(new.replies)
    assert account.pod and "localhost" not in told and "127.0.0.1" not in told
    assert new.replies["@options"] == {"login": "https://account.test"}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("http://127.0.0.1:1/api/rest/2.0/assets/form/17", "http://127.0.0.1:1/api/rest/2.0/assets/form/880001"),
        ("https://secure.p03.eloqua.com/api?page=2", "https://secure.p03.eloqua.com/api?page=880001"),
        ("https://secure.p03.eloqua.com/Northwind%20Ltd?page=2", "https://secure.p03.eloqua.com/text-2?page=880001"),
        ("https://elsewhere.example.com/17", "https://example.com/1"),
        ("https://[half", "https://example.com/1"),
    ],
)
def test_an_address_keeps_its_host_and_no_number(said: str, shown: str) -> None:
    recorder = Recorder(connection("http://127.0.0.1:1"), SystemClock(), Recording(), everything)
    found = recorder._stand.text(said)
    assert found == shown
