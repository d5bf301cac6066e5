"""driftline describe: files of flows, definitions and owners, the same from an engine here and through a daemon."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from .conftest import Run
from .test_standing import laid, newest, serving  # noqa: F401 - a fixture, by its name

FLOW = """\
- id: names
  from: {integration: hubspot-prod, scope: contacts}
  to: {integration: hubspot-prod, scope: companies}
  owner: marketing-operations
  fields: [{from: email, to: domain, values: {a: b}}]
"""


def test_a_flow_is_described_changed_shown_and_ended_here_and_through_the_daemon(laid: Path, run: Run) -> None:  # noqa: F811
    told = run("describe", "list", "--stack", str(laid))
    assert (told.code, told.out, told.err) == (0, "", "")
    written(laid, run, "one of them")
    with serving(laid):
        written(laid, run, "the other")
    refused = run("describe", "show", "owners", "names", "--stack", str(laid))
    assert refused.code == 2
    assert 'no file describes "names" under owners' in refused.err


def written(stack: Path, run: Run, purpose: str) -> None:
    where, file = ("--stack", str(stack)), stack / "flow.yaml"
    (entry,) = yaml.safe_load(FLOW)
    file.write_text(yaml.safe_dump([{**entry, "purpose": purpose}]))
    made = run("describe", "write", "flows", str(file), "--reason", "agreed", *where)
    assert (made.code, made.err) == (0, "")
    assert "It is described, by commit " in made.out
    assert newest(stack) == "Describe the flow names"
    assert json.loads(run("describe", "list", "--json", *where).out)["items"][0]["name"] == "names"
    shown = yaml.safe_load(run("describe", "show", "flows", "names", *where).out)
    assert shown["purpose"] == purpose
    assert shown["fields"] == entry["fields"]
    again = run("describe", "write", "flows", str(file), "--reason", "agreed", *where)
    assert (again.code, "says so already" in again.err) == (2, True)
    file.write_text("[1, 2]")
    wrong = run("describe", "write", "flows", str(file), "--reason", "agreed", *where)
    assert (wrong.code, "expected one flow" in wrong.err) == (2, True)
    gone = run("describe", "end", "flows", "names", "--reason", "no more", *where)
    assert (gone.code, newest(stack)) == (0, "Remove the flow names")
