"""new-stack: a repository that is valid from its first commit, or nothing at all."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from monitor.config import ConfigError, load
from monitor.scaffold import ScaffoldError, scaffold


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_a_new_stack_is_a_repository_with_one_commit_and_a_valid_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "acme"
    paths = scaffold(folder, "acme")
    assert git(folder, "status", "--porcelain") == ""
    assert git(folder, "log", "--format=%an %s") == "Driftline Set up the stack"
    assert git(folder, "symbolic-ref", "--short", "HEAD") == "main"
    assert git(folder, "ls-files").splitlines() == sorted(paths)
    assert load(folder / "config").stack == "acme"
    assert not [text for path in paths if "@stack@" in (text := (folder / path).read_text())]
    assert list(tmp_path.glob("deep/.*")) == []


def test_what_it_holds_parses(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    scaffold(folder, "acme")
    for name in ("compose.yaml", "helm-values.yaml", ".github/workflows/check.yml"):
        assert yaml.safe_load((folder / name).read_text())
    assert yaml.safe_load((folder / "helm-values.yaml").read_text())["stack"] == "acme"
    subprocess.run(["sh", "-n", ".githooks/pre-commit"], cwd=folder, check=True)
    example = (folder / "config/integrations/README.md").read_text()
    draft = "".join(line[4:] + "\n" for line in example.splitlines() if line.startswith("    "))
    (folder / "config/integrations/hubspot-prod.yaml").write_text(draft)
    assert load(folder / "config").integrations["hubspot-prod"].vendor == "hubspot"


def test_the_hook_checks_what_is_staged(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    scaffold(folder, "acme")
    tool = tmp_path / "bin" / "driftline"
    tool.parent.mkdir()
    tool.write_text(
        '#!/bin/sh\ncase "$*" in "check-baselines --staged") git diff --cached --quiet -- baselines;;'
        ' check) grep -q "^stack:" config/driftline.yaml;; *) false;; esac\n'
    )
    tool.chmod(0o755)
    environ = {**os.environ, "PATH": f"{tool.parent}:{os.environ['PATH']}"}
    commit = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x"]
    main = folder / "config" / "driftline.yaml"
    main.write_text("broken")
    git(folder, "add", "config")
    main.write_text("stack: {name: acme}")  # only the working folder is right
    assert subprocess.run(commit, cwd=folder, env=environ, check=False).returncode == 1
    git(folder, "add", "config")
    assert subprocess.run(commit, cwd=folder, env=environ, check=False).returncode == 0
    (folder / "baselines" / "x.json").write_text("{}")
    git(folder, "add", "baselines")
    assert subprocess.run(commit, cwd=folder, env=environ, check=False).returncode == 1
    assert subprocess.run([*commit, "--allow-empty", "-o"], cwd=folder, env=environ, check=False).returncode == 0


def test_no_identity_hook_or_surrounding_repository_gets_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    scaffold(tmp_path / "acme", "acme")
    assert (tmp_path / "acme" / ".git").is_dir()
    assert not (tmp_path / "elsewhere").exists()


def test_an_empty_folder_is_filled_and_any_other_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    scaffold(tmp_path / "empty", "acme")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("full", "file", "empty"):
        with pytest.raises(ScaffoldError, match="choose another"):
            scaffold(tmp_path / name, "acme")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(ScaffoldError, match="git is not installed"):
        scaffold(tmp_path / "acme", "acme")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ScaffoldError, match="is no name for a stack"):
        scaffold(tmp_path / "acme", "Acme Inc")
    (tmp_path / "file").write_text("")
    with pytest.raises(ScaffoldError, match="file: "):
        scaffold(tmp_path / "file" / "acme", "acme")


def test_a_literal_secret_in_a_new_stack_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    scaffold(folder, "acme")
    (folder / "config/integrations/hubspot-prod.yaml").write_text(
        "vendor: hubspot\nowner: marketing-operations\ncredentials: {scheme: token, token: pat-eu1-canary}\n"
    )
    with pytest.raises(ConfigError, match=r"credentials\.token: expected a reference") as caught:
        load(folder / "config")
    assert "canary" not in str(caught.value)
