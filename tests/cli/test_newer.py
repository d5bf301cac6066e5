"""A store that a newer release wrote: every way in says so in a sentence, and leaves it as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.serving import free_port

from .conftest import Run


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    ports = f"listen: 127.0.0.1:{free_port()}, metrics: 127.0.0.1:{free_port()}"
    (tmp_path / "config" / "driftline.yaml").write_text(f"stack: {{name: acme}}\nserver: {{{ports}}}\n")
    (tmp_path / "var").mkdir()
    with closing(sqlite3.connect(tmp_path / "var" / "state.db")) as store, store:
        store.execute("CREATE TABLE alembic_version (version_num TEXT)")
        store.execute("INSERT INTO alembic_version VALUES ('9999')")
    return tmp_path


@pytest.mark.parametrize("command", [("serve",), ("findings",), ("backup", "acme.tar.gz")], ids=" ".join)
def test_a_store_of_a_newer_release_is_refused_in_a_sentence_and_left_alone(
    command: tuple[str, ...], stack: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(stack)
    store = stack / "var" / "state.db"
    before = store.read_bytes()
    said = run(*command, "--stack", str(stack))
    assert said.code == 2
    assert "its schema is at revision 9999, which this release does not know" in said.err
    assert "run the release that wrote it, or a newer one" in said.err and "unforeseen" not in said.err
    assert store.read_bytes() == before
    assert sorted(one.name for one in stack.iterdir()) == ["config", "var"]
