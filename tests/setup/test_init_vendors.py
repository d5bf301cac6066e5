"""driftline init for vendors of the whole department, over loopback: what it costs a day, and what to do if refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.config import load
from monitor.demo import cast
from monitor.setup.refused import advice
from probes.kit.registry import vendors

from .conftest import Driftline, Now, answering

NAMES = ("airtable-campaigns", "bynder-dam", "census-old", "fivetran", "google-sheets-taxonomy", "hightouch",
         "hootsuite", "marketo-legacy", "n8n-automations", "zoominfo")  # fmt: skip
PARTS = {part.name: part for part in cast.parts("full") if part.name in NAMES}


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    return cast.made_up(PARTS.values())


@pytest.fixture(scope="module")
def at(known: dict[str, str]) -> Iterator[dict[str, str]]:
    accounts = {name: part.account(Now(), known).app for name, part in PARTS.items()}
    accounts["refuses"], accounts["signs-in"] = answers(403, b"{}"), answers(200, b"<!doctype html>")
    with answering(accounts) as found:
        yield found


def answers(status: int, body: bytes) -> Any:
    """An application that gives one answer to all."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/html" if body[:1] == b"<" else b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def asked(name: str, base: str) -> list[str]:
    """The command line that the example's own configuration comes from."""
    part = PARTS[name]
    files = [folder / "integrations" / f"{name}.yaml" for folder in cast.folders("full")]
    entry = yaml.safe_load(next(file for file in files if file.exists()).read_text())
    sets = [f"{field}={value}" for field, value in entry["credentials"].items() if field != "scheme"]
    given = {**entry.get("options", {}), **dict.fromkeys(cast.addresses(part.vendor), base)}
    options = [f"{key}={','.join(value) if isinstance(value, list) else value}" for key, value in given.items()]
    return [
        "init", part.vendor, "--name", name, "--scheme", entry["credentials"]["scheme"], "--base", base,
        "--allow-private", "--yes", *(word for one in sets for word in ("--set", one)),
        *(word for one in options for word in ("--option", one)),
    ]  # fmt: skip


@pytest.fixture(autouse=True)
def secrets(known: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in known.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "marketo-legacy"])
def test_it_reads_the_account_says_what_a_day_costs_and_writes_a_valid_file(
    driftline: Driftline, at: dict[str, str], stack: Path, name: str
) -> None:
    done = driftline(*asked(name, at[name]))
    assert done.code == 0, done.err
    assert "Account: " in done.out and "requests a day" in done.out and "id NONE" not in done.out
    assert "unproven" not in done.err, "the vendor file was checked against the vendor's docs at least"
    assert load(stack / "config").integrations[name].account


@pytest.mark.parametrize("name", ["airtable-campaigns", "fivetran", "hightouch", "n8n-automations"])
def test_a_wrong_credential_says_where_a_right_one_comes_from(
    driftline: Driftline, at: dict[str, str], stack: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for secret in PARTS[name].credentials.values():
        monkeypatch.setenv(secret, "another-secret-0123456789")
    done = driftline(*asked(name, at[name]))
    note = next(one.note for one in vendors()[PARTS[name].vendor].schemes.values())
    assert done.code == 2 and "could not sign in: Expired" in done.err and "nothing was written" in done.err
    assert "is the credential whole, still valid and of this account? Where it comes from: " in done.err
    assert note.split(":")[0] in done.err and "another-secret" not in done.err
    assert not (stack / "config" / "integrations" / f"{name}.yaml").exists()


def test_a_right_that_lacks_and_an_address_that_is_wrong_are_told_apart(
    driftline: Driftline, at: dict[str, str]
) -> None:
    denied = driftline(*asked("airtable-campaigns", at["refuses"]))
    assert denied.code == 2 and "its rights are too few; it needs " in denied.err
    assert "`driftline vendors airtable` says how" in denied.err
    for base in (at["signs-in"], "http://127.0.0.1:9"):
        wrong = driftline(*asked("airtable-campaigns", base))
        assert wrong.code == 2 and f"is {base} the address of its API? --base names another" in wrong.err


def test_a_plan_that_the_interval_is_too_short_for_is_refused_before_anything_is_written(
    driftline: Driftline, at: dict[str, str], stack: Path
) -> None:
    done = driftline(*asked("marketo-legacy", at["marketo-legacy"]), "--every", "10s")
    assert done.code == 2 and "the plan allows 50,000, of which at most 10% are ours: --every " in done.err
    assert not (stack / "config" / "integrations" / "marketo-legacy.yaml").exists()


def test_an_account_that_is_not_the_one_meant_is_named(driftline: Driftline, at: dict[str, str]) -> None:
    done = driftline(*asked("bynder-dam", at["bynder-dam"]), "--account", "somebody-else")
    assert done.code == 2 and "not to somebody-else; nothing was written" in done.err


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("Expired: HTTP 401", "It is a client_secret; `driftline vendors braze` says how"),
        ("Denied: no", "its rights are too few; `driftline vendors braze` says how"),
        ("Throttled: wait", ""),
        ("Retired: gone", "is https://x.example the address of its API?"),
    ],
)
def test_what_a_vendor_file_does_not_say_is_left_out(reason: str, words: str) -> None:
    bare = vendors()["braze"]
    scheme = next(iter(bare.schemes.values())).model_copy(update={"note": ""})
    bare = bare.model_copy(update={"schemes": {"client_secret": scheme}, "grants": {}})
    said = advice(bare, "client_secret", "https://x.example", reason)
    assert said.startswith(words) or words in said
    assert bool(said) == bool(words)
