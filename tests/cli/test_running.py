"""How every command starts and ends: exit codes, sentences for misuse, and what `--help` does not load."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from monitor.cli import drift
from monitor.cli.out import Stop
from probes.kit.registry import vendors

from .conftest import Run

HEAVY = (
    "httpx", "sqlalchemy", "alembic", "pydantic", "fastapi", "starlette", "uvicorn", "jinja2", "deepdiff",
    "cryptography", "jwt", "rich", "yaml", "prometheus_client", "watchfiles", "structlog", "jmespath",
    "asyncio_throttle", "pg8000",
)  # fmt: skip


def driftline(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    code = "import sys; from monitor.cli import main; sys.argv[0] = 'driftline'; main()"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, **more)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from monitor.cli import run; code = run(['--help']);"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "[]\n")
    for command in ("diff", "findings", "show", "approve", "events", "history", "poll", "check", "rules", "token"):
        assert f"  {command} " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["findigs"], "driftline: No such command 'findigs'. Did you mean 'findings'? (see driftline --help)"),
        (["findings", "--nope"], "driftline findings: No such option: --nope"),
        (["show"], "driftline show: Missing argument"),
        (["events", "--limit", "many"], "driftline events: Invalid value for '--limit'"),
        (["events", "--limit", "0"], "driftline events: Invalid value for '--limit'"),
        (["token", "make"], "driftline token: No such command 'make'"),
        (["rules", "zzz"], "no rule has an id that begins with 'zzz'"),
        (["vendors", "\x1b[31mzz"], f"vendor: expected one of {', '.join(vendors())}, rest, found"),
    ],
)
def test_misuse_gets_one_sentence_and_ends_with_2(run: Run, arguments: list[str], words: str) -> None:
    said = run(*arguments)
    assert (said.code, said.out) == (2, "")
    assert words in said.err and said.err.count("\n") == 1 and "\x1b" not in said.err


def test_nothing_asked_shows_the_help_and_ends_with_2(run: Run) -> None:
    said = run()
    assert said.code == 2 and "Commands:" in said.err


@pytest.mark.parametrize(
    ("raised", "code", "words"),
    [
        (KeyboardInterrupt(), 130, ""),
        (Stop("no", "and no"), 2, "driftline: no\ndriftline: and no\n"),
        (RuntimeError("odd\x1b[2J"), 2, "driftline: this failed unforeseen: RuntimeError: odd\\u001b[2J"),
    ],
)
def test_how_a_command_ends_whatever_happens(
    run: Run, monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, words: str
) -> None:
    @asynccontextmanager
    async def desk(folder: Path) -> Any:
        raise raised
        yield

    monkeypatch.setattr(drift, "desk", desk)
    monkeypatch.delenv("DRIFTLINE_DEBUG", raising=False)
    said = run("findings")
    assert (said.code, said.out) == (code, "")
    assert said.err.startswith(words)


def test_an_interrupt_while_the_commands_load_ends_with_130_and_no_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(name: str) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("monitor.cli.import_module", stopped)
    said = run("findings")
    assert (said.code, said.out, said.err) == (130, "", "")


def test_a_reader_that_goes_away_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    code = "import sys; from monitor.cli import main; sys.argv[0] = 'driftline'; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "rules"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_narrow_encoding_shows_escapes() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = driftline("vendors", "directus", env=environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stack_that_is_not_there(run: Run, tmp_path: Path) -> None:
    said = run("findings", "--stack", str(tmp_path / "none"))
    assert said.code == 2
    assert "expected the folder of a configuration, found none: `driftline new-stack DIR` makes one" in said.err


def test_the_release_is_told_by_itself(run: Run) -> None:
    said = run("--version")
    assert (said.code, said.out, said.err) == (0, f"driftline {version('driftline')}\n", "")
    assert run("--help").out.count("Watches the systems of a marketing stack") == 1


def test_rules_and_vendors_need_no_stack(run: Run) -> None:
    assert "field.options.removed\twarning\t" in run("rules").out
    assert "never under warning" in run("rules", "permission.admin.widened").out
    assert "hubspot\tHubSpot\tschema, field, permission" in run("vendors").out
    assert "\treal system in CI\n" in next(line for line in run("vendors").out.splitlines(True) if "Directus" in line)
    assert "Checked against  vendor's docs, 20" in run("vendors", "salesforce").out
    assert '"how": "vendor\'s docs"' in run("vendors", "salesforce", "--json").out
    assert "Needs" in run("vendors", "salesforce").out
    assert '"scope"' in run("vendors", "salesforce", "--json").out
