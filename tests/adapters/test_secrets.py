"""Secrets by reference: read again at each use, and never seen in anything but the result."""

from __future__ import annotations

import shlex
import sys
import traceback
from pathlib import Path

import pytest

from monitor.adapters.secrets import SecretError, Secrets
from monitor.config.types import Reference

CANARY = "canary-5up3rs3cr3t"


def secrets(root: Path, warned: list[str] | None = None, **options: object) -> Secrets:
    said = [] if warned is None else warned
    return Secrets(root, warn=said.append, **options)  # type: ignore[arg-type]


def python(code: str) -> Reference:
    return Reference("cmd", shlex.join([sys.executable, "-c", code]))


def test_an_environment_variable_is_read_at_each_use(tmp_path: Path) -> None:
    environ = {"TOKEN": "one"}
    resolver = secrets(tmp_path, environ=environ)
    assert resolver.resolve(Reference("env", "TOKEN")) == "one"
    environ["TOKEN"] = "two"
    assert resolver.resolve(Reference("env", "TOKEN")) == "two"


def test_a_file_is_read_at_each_use_and_loses_one_line_end(tmp_path: Path) -> None:
    file = tmp_path / "token"
    resolver = secrets(tmp_path)
    for written, read in ((b"one\n", "one"), (b"two\r\n", "two"), (b" three \n\n", " three \n")):
        file.write_bytes(written)
        file.chmod(0o600)
        assert resolver.resolve(Reference("file", "token")) == read
        assert resolver.resolve(Reference("file", str(file))) == read


def test_a_file_that_others_can_read_is_warned_of_once(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(CANARY)
    file.chmod(0o644)
    warned: list[str] = []
    resolver = secrets(tmp_path, warned)
    for _ in range(2):
        assert resolver.resolve(Reference("file", "token")) == CANARY
    assert len(warned) == 1
    assert "chmod 600" in warned[0]
    assert CANARY not in warned[0]


async def test_a_command_gives_its_output_when_commands_are_allowed(tmp_path: Path) -> None:
    resolver = secrets(tmp_path, commands=True)
    assert await resolver.resolve_later(python(f"print('{CANARY}')")) == CANARY


def test_a_command_is_no_shell(tmp_path: Path) -> None:
    code = "import sys; print(sys.argv[1:])"
    reference = Reference("cmd", shlex.join([sys.executable, "-c", code]) + " $HOME ; touch made | cat")
    said = secrets(tmp_path, commands=True).resolve(reference)
    assert said == "['$HOME', ';', 'touch', 'made', '|', 'cat']"
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (Reference("env", "ABSENT"), "not set"),
        (Reference("env", "EMPTY"), "found nothing"),
        (Reference("file", "absent"), "No such file"),
        (Reference("file", "."), "directory"),
        (Reference("file", "empty"), "found nothing"),
        (Reference("file", "bytes"), "UTF-8"),
        (Reference("file", "long"), "at most 64 KiB"),
        (Reference("cmd", "/absent/program --password " + CANARY), "cannot be run"),
        (Reference("cmd", f"echo '{CANARY}"), "quote"),
        (Reference("cmd", f"true --password {CANARY}"), "cmd true: expected a secret, found nothing in it"),
        (python(f"import sys; print('{CANARY}'); sys.exit('{CANARY}')"), "exit code 1"),
        (python(f"import time; print('{CANARY}', flush=True); time.sleep(60)"), "within 1 seconds"),
    ],
)
def test_what_cannot_be_had_is_said_without_any_of_it(tmp_path: Path, reference: Reference, words: str) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "bytes").write_bytes(CANARY.encode() + b"\xff")
    (tmp_path / "long").write_text(CANARY * 8000)
    resolver = secrets(tmp_path, commands=True, environ={"EMPTY": ""}, patience=1.0)
    with pytest.raises(SecretError, match=words) as caught:
        resolver.resolve(reference)
    assert CANARY not in "".join(traceback.format_exception(caught.value, chain=True))


def test_commands_are_refused_unless_allowed(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="--allow-secret-commands"):
        secrets(tmp_path).resolve(Reference("cmd", "touch made"))
    assert list(tmp_path.iterdir()) == []
