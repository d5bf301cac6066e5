"""The JSON Schemas for editors: current, and of one mind with the loader."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from jsonschema import Draft202012Validator

from monitor.config import load
from monitor.config.document import Document
from monitor.config.schemas import schemas, write

from .stacks import stack

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "config"


def validator(name: str) -> Draft202012Validator:
    schema = orjson.loads(schemas()[name])
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_schemas_in_the_repository_are_current() -> None:
    held = {path.name: path.read_bytes() for path in (EXAMPLE / "schemas").iterdir()}
    assert held == dict(schemas()), "run `make generate`"


def test_they_can_be_written_into_a_new_folder(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b")
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == sorted(schemas())


@pytest.mark.parametrize("file", sorted(EXAMPLE.rglob("*.yaml")), ids=lambda file: file.name)
def test_every_file_of_the_example_names_its_schema_and_satisfies_it(file: Path) -> None:
    name = "integration.json" if file.parent.name == "integrations" else f"{file.stem}.json"
    first = file.read_text().splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (file.parent / first.partition("=")[2]).resolve() == EXAMPLE / "schemas" / name
    assert not list(validator(name).iter_errors(Document.read(file).data))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("driftline.json", {"stack": {"name": "a"}, "bogus": 1}),
        ("driftline.json", {"stack": {"name": "A B"}}),
        ("driftline.json", {"stack": {"name": "a"}, "poll": {"every": "5 minutes"}}),
        ("integration.json", {"vendor": "x", "owner": "a", "credentials": {"scheme": "s", "token": "literal"}}),
        ("integration.json", {"vendor": "x", "owner": "a", "credentials": {"scheme": "s"}, "class": "prod"}),
        ("flows.json", {"flows": [{"id": "a"}]}),
        ("rules.json", {"overrides": [{"pattern": "*", "level": "info"}]}),
        ("people.json", {"teams": {"ops": {}}}),
    ],
)
def test_an_editor_marks_what_the_loader_refuses(name: str, value: object) -> None:
    assert list(validator(name).iter_errors(value))


def test_defaults_are_spelled_as_people_write_them() -> None:
    poll = orjson.loads(schemas()["driftline.json"])["$defs"]["Poll"]["properties"]
    assert (poll["every"]["default"], poll["confirm_after"]["default"]) == ("15m", "45s")


def test_the_example_stack_is_valid() -> None:
    config = load(EXAMPLE)
    assert sorted(config.integrations) == ["hubspot-prod", "salesforce-prod"]
    assert {"contact-to-lead", "lead-to-contact"} <= {flow.id for flow in config.flows}
    assert "qualified_lead" in {definition.name for definition in config.definitions}


def test_a_stack_that_the_loader_takes_satisfies_the_schemas(tmp_path: Path) -> None:
    folder = stack(tmp_path)
    load(folder)
    for file in folder.rglob("*.yaml"):
        name = "integration.json" if file.parent.name == "integrations" else f"{file.stem}.json"
        assert not list(validator(name).iter_errors(Document.read(file).data))
