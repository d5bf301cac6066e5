"""driftline try: what it says of a vendor file and a spec, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Run

BLOCK = """\
base: https://api.example.com
listings:
  - {name: objects, kind: schema, path: /objects, records: data, key: name, facts: {label: titel}, always: [label]}
"""
SPEC = """\
openapi: 3.0.3
paths:
  /objects:
    get:
      responses:
        '200':
          content:
            application/json:
              schema:
                properties:
                  data: {type: array, items: {properties: {name: {type: string}, "\\x1btitle": {}, KEY: {}}}}
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    described, spec = tmp_path / "loyalty.yaml", tmp_path / "openapi.yaml"
    described.write_text(BLOCK)
    spec.write_text(SPEC.replace("KEY", "title"))
    return described, spec


def test_a_key_that_the_spec_does_not_have_is_named_with_what_it_has(run: Run, files: tuple[Path, Path]) -> None:
    described, spec = files
    done = run("try", str(described), "--spec", str(spec))
    assert done.code == 1
    assert "objects\tfacts.label\ttitel\ttitel in data[]\ttitle, " in done.out
    assert "rest: 1 listing, 2 expressions followed to the end; 1 mismatch." in done.out
    assert "\x1b" not in done.out, "a spec's text steers no terminal"
    told = json.loads(run("try", str(described), "--spec", str(spec), "--json").out)
    assert told["ok"] is False and told["listings"][0]["misread"][0]["instead"] == ["title", "\x1btitle"]


def test_what_fits_says_so(run: Run, files: tuple[Path, Path]) -> None:
    described, spec = files
    described.write_text(BLOCK.replace("titel", "title"))
    done = run("try", str(described), "--spec", str(spec))
    assert (done.code, done.out) == (0, "rest: 1 listing, 3 expressions followed to the end; 0 mismatches.\n")
    told = json.loads(run("try", str(described), "--spec", str(spec), "--json").out)
    assert told["ok"] is True and told["listings"][0]["path"] == "/objects"


def test_what_code_asks_for_is_played(run: Run, files: tuple[Path, Path]) -> None:
    done = run("try", "directus", "--spec", str(files[1]))
    assert done.code == 1 and "GET /collections" in done.out
    assert "operations is code and not checked to its end: no spec has GET /operations" in done.err


CODED = """\
from probes.kit.api import Ask
from probes.kit.auth import bearer
from probes.kit.contract import Kind
from probes.kit.listing import Listing, Vendor


async def fetch(api, parents, validators):
    answer = await api.ask(Ask("/objects"))
    answer.value().get("other")
    if False:
        yield
    if STOPS:
        raise ValueError
    yield parents[0], answer


VENDOR = Vendor(
    name="acme", title="Acme", docs="https://acme.example", base="https://acme.example", hosts=("acme.example",),
    schemes={"token": bearer("by hand")},
    listings=(Listing(name="objects", kind=Kind.SCHEMA, records="data", key="name", fetch=fetch),),
)
"""


def test_code_that_could_not_be_played_is_said_and_fails_a_strict_try(run: Run, files: tuple[Path, Path]) -> None:
    file = files[0].with_name("acme.py")
    file.write_text(CODED.replace("STOPS", "False"))
    done = run("try", str(file), "--spec", str(files[1]), "--strict")
    assert (done.code, done.out) == (0, "acme: 1 listing, 2 expressions followed to the end; 0 mismatches.\n")
    assert "objects is code that looks for what the spec does not name: other" in done.err
    file.write_text(CODED.replace("STOPS", "True"))
    assert run("try", str(file), "--spec", str(files[1])).code == 0
    done = run("try", str(file), "--spec", str(files[1]), "--strict")
    assert done.code == 3 and "objects is code and not checked to its end: the answer is not of the shape" in done.err


def test_what_is_not_there_is_a_sentence(run: Run, files: tuple[Path, Path]) -> None:
    described, spec = files
    for arguments, words in (
        (("nosuch", "--spec", str(spec)), "no vendor file is called 'nosuch': there are a"),
        (("nosuch.py", "--spec", str(spec)), "nosuch.py: there is no such file"),
        (("nosuch.yaml", "--spec", str(spec)), "nosuch.yaml: cannot be read"),
        (("directus", "--spec", str(described)), "loyalty.yaml: expected OpenAPI 3, Swagger 2 or a Google"),
        (("directus",), "--spec"),
    ):
        done = run("try", *arguments)
        assert done.code == 2 and words in done.err, arguments
