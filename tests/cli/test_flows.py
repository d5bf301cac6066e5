"""driftline flows: how each flow stands, the same from an engine here and from a daemon; and what nobody watches."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from monitor.cli import flows, setup_ask
from monitor.core.graph import End, FieldMap, Flow
from monitor.core.proposing import Pair, Proposed
from monitor.engine.live import Compared
from monitor.scaffold import scaffold
from probes.kit.contract import Kind, Ref

from .conftest import Run, Stage

WHY = "What is known of Lead in salesforce-prod is too old."
UP = Flow("up", End("hubspot-prod", "contacts"), End("salesforce-prod", "Lead"), (FieldMap("email", "Email"),),
          owner="revenue-operations")  # fmt: skip


def test_a_flow_is_told_with_its_state_and_what_is_not_known_of_it(stage: Stage, run: Run) -> None:
    assert run("flows").out == ""

    def flow(engine: object) -> None:
        engine.config.flows, engine.crossing.unknown = (UP,), {"up": (WHY,)}  # type: ignore[attr-defined]

    stage.change = flow
    (row,) = json.loads(run("flows", "--json").out)["items"]
    assert (row["id"], row["state"], row["unknown"], row["target"]) == ("up", "unknown", [WHY], "salesforce-prod/Lead")
    said = " ".join(run("flows").out.split())
    assert "unknown" in said and "too old" in said


def test_new_objects_that_nobody_watches_are_counted_under_the_list(stage: Stage, run: Run) -> None:
    def fresh(engine: object) -> None:
        compared = Compared(b"a", b"b", None, fresh=("Alpha__c", "Beta__c"))
        engine.integrations["salesforce-prod"].compared[Ref(Kind.SCHEMA, "objects")] = compared  # type: ignore[attr-defined]

    assert "not watched" not in run("findings").out
    stage.change = fresh
    assert "not watched: 2 new (salesforce-prod 2)" in run("findings").out
    assert json.loads(run("findings", "--json").out)["not_watched"] == {"salesforce-prod": 2}


FOUND = Proposed(
    id="contacts-to-lead", source=UP.source, target=UP.target, owner="marketing-operations",
    evidence=("salesforceleadid of contacts keeps the id of Lead in salesforce-prod",), fields=(
        Pair(source="email", target="Email", strength="likely", evidence=("both have the same name",)),
        Pair(source="stage", target="Status", strength="possible", evidence=("Status cannot be empty",), left=("x",)),
        Pair(source="phone", target="Phone", strength="possible", evidence=("both have the same name",)),
    ),
)  # fmt: skip


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def propose(engine: Any) -> tuple[Proposed, ...]:
        return (FOUND,)

    for where in ("monitor.engine.proposing.propose", "monitor.web.flows.propose"):
        monkeypatch.setattr(where, propose)


@pytest.mark.usefixtures("found")
def test_what_is_found_is_listed_where_nobody_can_answer(stage: Stage, run: Run) -> None:
    (item,) = json.loads(run("flows", "propose", "--json").out)["items"]
    assert [(one["source"], one["strength"]) for one in item["fields"]] == [
        ("email", "likely"), ("stage", "possible"), ("phone", "possible")]  # fmt: skip
    first = run("flows", "propose").out.splitlines()[0].split("\t")
    assert first[:3] == ["likely", "hubspot-prod/contacts.email", "salesforce-prod/Lead.Email"]
    assert first[3].startswith("both have the same name; salesforceleadid")


@pytest.mark.usefixtures("found")
@pytest.mark.parametrize(
    ("said", "kept"), [("y\nwhat\nn\ny\n", ["email", "phone"]), ("y\nq\n", ["email"]), ("q\n", [])]
)
def test_each_field_is_confirmed_by_itself(
    stage: Stage, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, kept: list[str]
) -> None:
    there = tmp_path / "own"
    scaffold(there, "own")
    for name in ("hubspot-prod", "salesforce-prod"):
        (there / "config" / "integrations").mkdir(exist_ok=True)
        example = Path(__file__).parents[2] / "config" / "integrations" / f"{name}.yaml"
        (there / "config" / "integrations" / f"{name}.yaml").write_text(example.read_text())
    teams = Path(__file__).parents[2] / "config" / "people.yaml"
    (there / "config" / "people.yaml").write_text(teams.read_text())
    for module in (flows, setup_ask):
        monkeypatch.setattr(module, "present", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(said))
    told = run("flows", "propose", "--stack", str(there))
    assert told.code == 0, told.err
    assert "no place for x" in told.err or not kept
    file = there / "config" / "flows-confirmed.yaml"
    assert file.exists() is bool(kept)
    if kept:
        assert f"{len(kept)} field" in told.out and "commit it" in told.out
        assert [line.split()[-1] for line in file.read_text().splitlines() if "- from:" in line] == kept
    else:
        assert "Nothing was confirmed" in told.out
