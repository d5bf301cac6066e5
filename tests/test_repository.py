"""What holds for the repository as a whole: sizes, links, words, and the files that must be there."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 350  # lines of a file that a person can read in one sitting
FREE = (
    "deploy/prometheus/",  # generated, with a few cases for each alert
    "deploy/grafana/driftline-",  # generated, in the form that Grafana writes
    "tests/",
    "docs/reference/",
    "config/schemas/",
    "baselines/",
    "build/",
    "monitor/engine/examples.json",
)  # fmt: skip; data, and what is generated
LOCKS = ("requirements.lock", "requirements-dev.lock")
TEXT = frozenset({".py", ".md", ".yaml", ".yml", ".toml", ".sh", ".html", ".css", ".js", ".json", ".tmpl", ".mako"})
# A place on somebody's machine means nothing anywhere else; /tmp and the container's own paths are nobody's.
HOST_PATHS = re.compile(r"(?<![\w.~-])(?:/home/\w+|/Users/\w+|/root|/work|[A-Z]:\\Users)(?:[/\\]|\b)")


@cache
def files() -> tuple[str, ...]:
    """What git has, as it stands in the working folder."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def written() -> list[str]:
    return [name for name in files() if Path(name).suffix in TEXT or Path(name).name in ("Makefile", "run")]


def test_no_file_is_longer_than_a_person_reads_in_one_sitting() -> None:
    long = {
        name: lines for name in written() if not name.startswith(FREE) and (lines := text(name).count("\n")) > LONGEST
    }
    assert not long, f"divide these by what they are about: {long}"


PAGES = [name for name in files() if name.endswith(".md") and not name.startswith("tests/")]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (ROOT / page).parent / path if path else ROOT / page
        assert there.exists(), f"{page}: {target} leads nowhere"
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), f"{page}: {target}: that page has no such heading"


def anchors(page: Path) -> set[str]:
    """As the hosts of git repositories make them of headings."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in heads}


def test_paths_that_the_docs_name_are_there() -> None:
    folders = r"(?:monitor|probes|tests|docs|config|deploy|baselines)"
    for page in PAGES:
        for name in re.findall(rf"`({folders}/[\w./-]+\.\w+|{folders}(?:/[\w-]+)*/)`", text(page)):
            assert (ROOT / name).exists() or (ROOT / page).parent.joinpath(name).exists(), f"{page} names {name}"


def test_commands_that_the_docs_name_are_there() -> None:
    from monitor.reference import commands

    known = set(commands())
    for page in PAGES:
        if page.startswith("docs/reference/"):
            continue
        for line in re.findall(r"(?:^ *|`)(?:\.venv/bin/)?driftline ([^-`\n][^`\n]*)", text(page), re.M):
            words = re.findall(r"^[a-z][a-z-]*(?: [a-z][a-z-]+)?", line)
            assert words and {words[0], words[0].split()[0]} & known, f"{page}: there is no `driftline {line}`"


def test_make_targets_that_the_docs_name_are_there() -> None:
    known = set(re.findall(r"^([a-z]+):.*## ", text("Makefile"), re.M))
    for page in PAGES:
        for target in re.findall(r"`make ([a-z]+)", text(page)):
            assert target in known, f"{page}: there is no `make {target}`"


def test_every_shell_script_can_be_read_by_a_plain_shell() -> None:
    scripts = [name for name in written() if name.endswith(".sh")]
    assert scripts
    for name in scripts:
        done = subprocess.run(["sh", "-n", ROOT / name], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_nothing_names_a_place_on_somebodys_machine() -> None:
    here = Path(__file__).relative_to(ROOT).as_posix()
    for name in written():
        if name != here and name not in LOCKS:
            for number, line in enumerate(text(name).splitlines(), 1):
                assert not HOST_PATHS.search(line), f"{name}:{number}: {line.strip()}"


@pytest.mark.parametrize("name", ["LICENSE", "README.md", "CHANGELOG.md", "AGENTS.md", "Makefile", ".ci/run"])
def test_what_everyone_looks_for_is_there(name: str) -> None:
    assert (ROOT / name).stat().st_size


def test_the_licence_is_what_the_package_says() -> None:
    assert "Apache License" in text("LICENSE") and 'license = "Apache-2.0"' in text("pyproject.toml")


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    heads = re.findall(r"^## (.+)$", text("CHANGELOG.md"), re.M)
    assert heads[0] == "[Unreleased]"
    assert set(re.findall(r"^### (.+)$", text("CHANGELOG.md"), re.M)) <= {
        "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security",
    }  # fmt: skip


def test_decisions_are_numbered_without_holes_and_have_their_parts() -> None:
    found = sorted(name for name in files() if re.match(r"docs/adr/\d", name))
    assert [int(Path(name).name[:4]) for name in found] == list(range(1, len(found) + 1)) and found
    for name in found:
        heads = re.findall(r"^## (.+)$", text(name), re.M)
        assert heads == ["Status", "Context", "Decision", "Consequences"], f"{name}: {heads}"
        assert text(name).count("\n") <= 70, f"{name} is longer than a page"


def test_github_runs_what_ci_runs() -> None:
    jobs = yaml.safe_load(text(".github/workflows/test.yml"))["jobs"]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert runs == ["bash .ci/run"]
    assert "make test" in text(".ci/run")
