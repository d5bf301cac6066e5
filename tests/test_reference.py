"""The reference is current and whole: regenerated here and compared, and each metric, rule and setting is in it."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from monitor import reference, reference_vendors
from monitor.adapters import migrate
from monitor.config import schemas
from monitor.config.keys import settings
from monitor.core.ledger import TABLE
from monitor.core.rules import RULES
from monitor.setup.cost import unit
from probes.kit.contract import Kind
from probes.kit.errors import Errors
from probes.kit.facts import FACTS
from probes.kit.limiter import Limit, Quota
from probes.kit.listing import Listing, Vendor
from probes.kit.paging import Paging
from probes.kit.registry import vendors
from tests import proof
from tests.probes.accounts import has_account, stem

ROOT = Path(__file__).resolve().parents[1]
HELD = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout into which everything was generated anew."""
    root = tmp_path_factory.mktemp("made")
    reference.write(root)
    return root


def test_the_page_of_proofs_is_that_of_its_runs_and_says_which_are_older_than_the_code() -> None:
    assert proof.PAGE.read_text("utf-8") == proof.page(), "run `python -m tests.proof` and commit docs/proof.md"
    told = {"at": "", "commit": "abc", "seed": 1, "python": "", "clean": True, "code": proof.code()}
    assert "Older" not in proof.when(told, proof.code())
    assert "Older than the code" in proof.when({**told, "code": "another"}, proof.code())


@pytest.mark.parametrize("folder", ["docs/reference", "config/schemas"])
def test_what_is_generated_is_current(made: Path, folder: str) -> None:
    fresh = {path.name: path.read_text("utf-8") for path in (made / folder).iterdir()}
    held = {path.name: path.read_text("utf-8") for path in (ROOT / folder).iterdir()}
    assert sorted(held) == sorted(fresh), "run `make generate` and commit what it writes"
    for name, text in fresh.items():
        assert held[name] == text, f"{folder}/{name} is not current: run `make generate` and commit what it writes"


def test_an_empty_store_gets_what_the_migrations_make(made: Path) -> None:
    fresh = migrate.FRESH.relative_to(ROOT)
    assert migrate.FRESH.read_text("utf-8") == (made / fresh).read_text("utf-8"), f"{fresh}: run `make generate`"


def test_a_page_that_is_made_no_more_goes(tmp_path: Path) -> None:
    old = tmp_path / "docs" / "reference" / "gone.md"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    reference.write(tmp_path)
    assert not old.exists()


def test_every_rule_is_documented() -> None:
    page = (HELD / "rules.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([^`]+)` \|", page, re.M)) == {rule.id for rule in RULES}
    assert all(rule.reason and rule.question for rule in RULES)


def test_every_metric_that_the_code_names_is_documented() -> None:
    named: set[str] = set()
    monitor = ROOT / "monitor"
    for file in (monitor / "adapters/metrics.py", monitor / "engine/measure.py", *monitor.glob("engine/gauges*.py")):
        said = re.findall(r'"(driftline_[a-z0-9_]+)"', file.read_text("utf-8"))
        named |= {name.removesuffix("_info") for name in said}
    documented = {re.sub("_(total|info)$", "", family.name) for family in reference.metrics()}
    assert documented == named
    assert all(family.says for family in reference.metrics())
    assert [one.name for one in reference.metrics() if "stack" not in one.labels] == [
        "driftline_metrics_dropped_series"
    ]


@pytest.mark.parametrize("file", sorted(schemas.schemas()))
def test_every_setting_says_what_it_does(file: str) -> None:
    found = list(settings(orjson.loads(schemas.schemas()[file])))
    assert found
    assert not [one.path for one in found if not one.says and not one.path.endswith((".<name>", "[]"))]


def test_a_model_speaks_for_its_keys() -> None:
    part = {
        "type": "object",
        "description": "A gate. `high`: in metres; `shut`: by night.",
        "properties": {"high": {"type": "number", "minimum": 1, "default": 2}, "shut": {"type": "boolean"}},
        "required": ["shut"],
    }
    assert list(settings({"properties": {"gate": part}})) == [
        ("gate", "block", "", "A gate."),
        ("gate.shut", "true or false", "required", "By night."),
        ("gate.high", "number from 1", "`2`", "In metres."),
    ]


def test_the_ledger_page_has_every_row_of_the_table() -> None:
    rows = [line for line in (HELD / "ledger.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    assert len(rows) == len(TABLE) + 2


def test_every_command_that_the_terminal_lists_is_documented() -> None:
    program = [sys.executable, "-c", "from monitor.cli import main; main()", "--help"]
    told = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    listed = set(re.findall(r"^  ([a-z][a-z-]*)  ", told.partition("Commands:")[2], re.M))
    documented = reference.commands()
    assert listed and listed == {name for name in documented if " " not in name}
    assert all(command.help for command in documented.values())


def test_every_exit_code_is_documented() -> None:
    from monitor.cli import out

    assert [code for code, _ in reference.EXIT_CODES] == [out.FINE, out.DRIFT, out.USAGE, out.BLIND, out.INTERRUPTED]


def test_every_vendor_is_documented_with_all_it_needs() -> None:
    page = (HELD / "vendors.md").read_text("utf-8")
    for vendor in vendors().values():
        part = page.partition(f"## {vendor.title}\n")[2].partition("\n## ")[0]
        names = [*vendor.schemes, *vendor.grants, *vendor.options, *(listing.name for listing in vendor.listings)]
        assert part and all(f"`{name}`" in part for name in names), vendor.name
        facts = {fact for listing in vendor.listings for view in listing.views for fact in view.facts}
        assert all(re.search(rf"\b{fact}\b", part) for fact in facts), vendor.name
        assert (
            "Least grants" in part
            and "Where the facts are from" in part
            and f"\n{unit(vendor).capitalize()}: every " in part
        ), vendor.name
        if vendor.quota:
            assert f"The vendor allows {vendor.quota.per_day:,} a day" in part, vendor.name


def test_every_kind_is_read_of_a_vendor_or_said_to_be_not_observable() -> None:
    every = vendors().values()
    read = {v.name: {view.kind for listing in v.listings for view in listing.views} for v in every if v.listings}
    unsaid = {
        v.name: sorted(gone)
        for v in every
        if v.listings and (gone := set(Kind) - read[v.name] - v.unseen.keys() - v.lacks.keys())
    }
    assert unsaid == {}, (
        "read each kind, or say in `unseen` where a person looks instead, or in `lacks` why there is none"
    )
    assert {v.name: whole for v in every if (whole := v.hides.keys() - read.get(v.name, set()))} == {}


def test_prose_of_a_vendor_file_is_no_mark_of_markdown() -> None:
    said = reference_vendors.prose("[a](b) <c> *d* `e*_` https://x.example/a_b, f_g")
    assert said == "\\[a](b) \\<c> \\*d\\* `e*_` https://x.example/a_b, f\\_g"


def test_every_fact_and_every_word_of_a_declaration_is_documented() -> None:
    page = (HELD / "words.md").read_text("utf-8")
    for kind, facts in FACTS.items():
        part = page.partition(f"## Facts of {kind}\n")[2].partition("\n## ")[0]
        assert set(re.findall(r"^\| `(\w+)` \|", part, re.M)) == set(facts)
    for one in (Vendor, Listing, Paging, Errors, Limit, Quota):
        part = page.partition(f"## {one.__name__}\n")[2].partition("\n## ")[0]
        assert part and all(name in part for name in one.model_fields), one.__name__


def test_the_readme_has_the_table_of_vendors_as_it_is_today() -> None:
    held = (ROOT / "README.md").read_text("utf-8")
    assert held == reference_vendors.filled(held), "run `make generate` and commit README.md"
    told = held.partition(reference_vendors.BEGIN)[2].partition(reference_vendors.END)[0]
    assert told.count("\n") == len(vendors()) + 2
    with pytest.raises(ValueError, match="no place for the table"):
        reference_vendors.filled("# A page without marks\n")


def test_the_readme_is_written_where_there_is_one(tmp_path: Path) -> None:
    marks = f"# Ours\n\n{reference_vendors.BEGIN}old\n{reference_vendors.END}the rest\n"
    (tmp_path / "README.md").write_text(marks)
    reference.write(tmp_path)
    written = (tmp_path / "README.md").read_text("utf-8")
    assert "old" not in written and "Directus" in written and written.endswith("the rest\n")


def lacking(name: str, how: str, root: Path = ROOT) -> str:
    """What a vendor file would need for the word it says of itself; empty where that is there."""
    tests, file_of = root / "tests", stem(name)
    if how == "real":
        read = [
            file for file in tests.glob(f"real/test_{file_of}*.py") if imports(file, f"probes.{file_of}") & {"VENDOR"}
        ]
        return "" if read else f"a tests/real/test_{name}_probe.py that reads a real system with the VENDOR"
    if how == "spec":
        named = {"spec", "strangers", "SPECS", "misread"}
        held = [file for file in tests.glob(f"probes/test_{file_of}*.py") if imports(file, "specs") & named]
        return "" if held else f"a tests/probes/test_{name}.py that holds answers against tests/probes/specs.py"
    if how == "docs":
        vendor = vendors()[name]
        host = vendor.docs.split("/")[2]
        said = importlib.import_module(f"probes.{file_of}").__doc__ or ""
        if host not in said:
            return f"a docstring that names the documentation read, on {host}"
        return (
            "" if has_account(vendor) else f"answers in tests/probes/replies/{name} or an account in probes/simulated"
        )
    return ""


def imports(file: Path, module: str) -> set[str]:
    """The names that a test takes from a module and uses."""
    tree = ast.parse(file.read_text("utf-8"))
    taken = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(module)
        for alias in node.names
    }
    return taken & {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("name", sorted(vendors()))
def test_no_vendor_file_is_said_to_be_checked_better_than_it_is(name: str) -> None:
    how = vendors()[name].verified.how
    assert not (missing := lacking(name, how)), f"{name} says Verified({how!r}) and there lacks {missing}"


def test_a_word_without_its_evidence_is_found_out(tmp_path: Path) -> None:
    assert "reads a real system" in lacking("airtable", "real")
    assert "holds answers" in lacking("hubspot", "spec")
    (tmp_path / "tests" / "probes").mkdir(parents=True)
    (tmp_path / "tests" / "probes" / "test_asana.py").write_text(
        "from tests.probes.specs import spec, unread\nunread()"
    )
    assert "holds answers" in lacking("asana", "spec", tmp_path), "imported is not used"
    assert not lacking("directus", "unproven")
