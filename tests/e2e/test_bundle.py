"""`driftline debug bundle` of a real daemon that was given secrets, names of people and hostile text wherever it takes
any: none of it is in any file of the bundle."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from monitor import cli
from probes.kit.clock import SystemClock
from probes.simulated import hubspot
from tests.e2e.serving import Serving, Stack, account, until
from tests.hostile.corpus import LABELS, MARK

NAME: Final = "jane-roes-sandbox"
SECRETS: Final = {
    "env": "canary-env-5f3a91", "config": "canary-config-77aa02", "userinfo": "canary-userinfo-90c1",
    "header": "canary-header-1b1b", "token": "canary-token-eeff00", "value": "canary-value-4711",
}  # fmt: skip
PEOPLE: Final = ("Jane", "Roe", "jane", "roe@", "example.org", "kestrel")
NEVER: Final = (*SECRETS.values(), *PEOPLE, MARK, "sandbox", "acme", "/stack/", "127.0.0.1", "localhost")
LARGEST: Final = 8 << 20


def read(file: Path) -> dict[str, str]:
    with tarfile.open(file) as tar:
        members = tar.getmembers()
        assert all((one.uid, one.uname, one.isfile()) == (0, "", True) for one in members)
        return {
            one.name.removeprefix("driftline-debug/"): (tar.extractfile(one) or pytest.fail(one.name)).read().decode()
            for one in members
        }


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Its people call their integration, team, headers and titles as they like."""
    hub = hubspot.Account(clock=SystemClock())
    hub.alter_property(type="contacts", name="email", label=f"{SECRETS['value']} {LABELS[0]}")
    with account(hub.app) as base:
        stack = Stack(tmp_path_factory.mktemp("bundle") / "stack", hub=False)
        stack.set(
            "driftline.yaml",
            alerts={"alertmanager": {
                "urls": ["http://127.0.0.1:9/kestrel"], "allow_private": True,
                "headers": {"x-kestrel": f"${{env:{'CANARY_HEADER'}}}"},
            }},
        )  # fmt: skip
        stack.set("people.yaml", teams={"team-kestrel": {"contact": "jane.roe@example.org"}})
        token = stack.secret("hub", SECRETS["token"])
        stack.integration(
            NAME, "hubspot", base, {"scheme": "token", "token": token}, title=f"Jane Roe {LABELS[1]}",
        )  # fmt: skip
        stack.set(f"integrations/{NAME}.yaml", owner="team-kestrel")
        yield stack


@pytest.fixture(scope="module")
def daemon(stack: Stack) -> Iterator[Serving]:
    with Serving(stack, CANARY_HEADER=SECRETS["header"], DRIFTLINE_CANARY=SECRETS["env"]) as made:
        made.poll(NAME)  # the token is wrong: what the vendor answers is in the log and in the reads
        until(lambda: "cannot be read as it should be" in made.log, 20, "the log has the failure")
        until(lambda: "are not taken in" in made.log, 20, "the push has failed")
        yield made


def test_nothing_of_what_was_planted_is_in_it(
    daemon: Serving, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bug.tar.gz"
    assert cli.run(["debug", "bundle", str(file), "--stack", str(daemon.stack.folder)]) == 0
    assert "Look through it before you send it on" in capsys.readouterr().err
    found = read(file)
    assert sorted(found) == [
        "about.json", "config.json", "log.jsonl", "metrics.txt", "status.json", "store.json", "tasks.txt",
    ]  # fmt: skip
    for name, text in found.items():
        for word in NEVER:
            assert word not in text, (name, word, text[max(0, text.find(word) - 200) : text.find(word) + 100])
        assert "this part failed" not in text, (name, text)
    assert sum(map(len, found.values())) < LARGEST and file.stat().st_mode & 0o777 == 0o600


def test_it_says_what_a_maintainer_asks_for(daemon: Serving, tmp_path: Path) -> None:
    file = tmp_path / "bug.tar.gz"
    assert cli.run(["debug", "bundle", str(file), "--json", "--stack", str(daemon.stack.folder)]) == 0
    found = read(file)
    about, store, status = (json.loads(found[f"{name}.json"]) for name in ("about", "store", "status"))
    assert about["packages"]["httpx"] and about["schema"] == store["schema"]
    assert store["rows"]["reading"] >= 1 and store["files"]["state.db"] > 0
    (integration,) = status["integrations"]
    assert integration["name"] == "integration-1" and integration["vendor"] == "hubspot"
    assert integration["failures"] >= 1 and set(integration["why not"]) <= {"Expired", "Denied"}
    assert status["alerts"]["on"] and not status["alerts"]["works"] and status["jobs"]["planned"] == 1
    lines = [json.loads(line) for line in found["log.jsonl"].splitlines()]
    (fails,) = [one for one in lines if one["event"].startswith("this integration cannot be read")]
    assert fails["integration"] == "integration-1" and fails["reading"] >= 1
    assert any("Unreachable" in one.get("why", "") or "characters" in one.get("why", "") for one in lines)
    settings = json.loads(found["config.json"])
    assert settings["driftline.yaml"]["settings"]["poll"]["every"] == "1d"
    assert settings["integrations/integration-1.yaml"]["settings"]["vendor"] == "hubspot"
    assert "monitor/adapters/scheduler.py" in found["tasks.txt"] and "driftline_integration_up" not in NEVER
    assert (
        'integration="integration-1"' in found["metrics.txt"]
        and "process_resident_memory_bytes" in found["metrics.txt"]
    )


def test_a_file_that_is_there_is_not_replaced(
    daemon: Serving, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bug.tar.gz"
    file.write_text("mine")
    assert cli.run(["debug", "bundle", str(file), "--stack", str(daemon.stack.folder)]) == 2
    assert "nothing was written" in capsys.readouterr().err and file.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [file]


def test_of_a_stack_that_does_not_start_it_has_what_the_files_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = Stack(tmp_path / "stack", hub=False)
    file = tmp_path / "bug.tar.gz"
    assert cli.run(["debug", "bundle", str(file), "--stack", str(stack.folder)]) == 0
    assert "no daemon runs" in capsys.readouterr().err
    found: dict[str, Any] = read(file)
    assert sorted(found) == ["about.json", "config.json", "store.json"]
    repository = f"https://ops:{SECRETS['userinfo']}@git.example.org/kestrel.git"
    stack.set("driftline.yaml", baselines={"repository": repository})  # a mistake: a secret belongs elsewhere
    with_secret = tmp_path / "secret.tar.gz"
    assert cli.run(["debug", "bundle", str(with_secret), "--stack", str(stack.folder)]) == 0
    assert "only what the files say is in it" in capsys.readouterr().err
    found = read(with_secret)
    told = json.loads(found["config.json"])["driftline.yaml"]["settings"]["baselines"]["repository"]
    assert told == f"(https address of {len(repository)} characters)"
    assert not [word for word in NEVER for text in found.values() if word in text]
    stack.write("driftline.yaml", f"state: {SECRETS['config']}\nnonsense: [{SECRETS['config']}\n")
    again = tmp_path / "again.tar.gz"
    assert cli.run(["debug", "bundle", str(again), "--stack", str(stack.folder)]) == 0
    assert all(SECRETS["config"] not in text for text in read(again).values())
