"""What deploy/Dockerfile promises that reading it can hold; building it is a proof (tests/deploy/test_image.py)."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
STEPS = [line for line in TEXT.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]


def test_the_base_is_named_before_anything_is_made_from_it() -> None:
    assert STEPS[0].startswith("ARG BASE=") and [step for step in STEPS if step.startswith("FROM")] == [
        "FROM ${BASE} AS build",
        "FROM ${BASE}",
    ]


def test_everything_that_is_installed_is_held_by_a_hash() -> None:
    installs = re.findall(r"pip install [^&\n]+", "\n".join(STEPS))
    assert len(installs) == 2
    assert "--require-hashes -r requirements.lock" in installs[0]
    assert "--no-deps --no-build-isolation" in installs[1], "the checkout itself, from nowhere else"


def test_it_is_of_the_version_that_the_package_has() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"ARG VERSION={version}" in STEPS


def test_what_is_copied_is_let_in_and_nothing_else_is() -> None:
    let = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    copied = {name for step in STEPS if re.match("COPY (?!--from)", step) for name in step.split()[1:-1]}
    assert let == copied and all((ROOT / name).exists() for name in let)
