"""driftline flows: how each flow stands, the same from an engine here and from a daemon; and what nobody watches."""

from __future__ import annotations

import json

from monitor.core.graph import End, FieldMap, Flow
from monitor.engine.live import Compared
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
