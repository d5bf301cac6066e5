"""What waits for a second person, in the terminal: listed by whoever asks, answered by whoever signed in."""

from __future__ import annotations

import json

from monitor.adapters.records import Decision, DecisionState, Waits
from tests.web.standin import StandIn

from .conftest import Run, Stage

UNTIL = 1_790_604_800.0


def holding(engine: StandIn) -> None:
    (first, *_) = engine.ledger.findings
    held = Decision(
        uuid="u-held", kind="approve", by="token:kim", at=engine.clock.now(), integration="hubspot-prod",
        state=DecisionState.WAITING, reason="meant", ticket="OPS-1",
        findings={first: engine.ledger.findings[first].claim.fingerprint},
        waits=Waits(findings=(first,), one=(engine.people.pseudonym("kim"),), until=UNTIL),
    )  # fmt: skip
    engine.waiting[held.uuid] = held


def test_it_is_listed_with_what_it_would_do(stage: Stage, run: Run) -> None:
    said = run("waiting")
    assert (said.code, said.out) == (0, "")  # piped, so a list of nothing is nothing
    stage.change = holding
    (row,) = json.loads(run("waiting", "--json").out)["items"]
    assert (row["uuid"], row["by"], row["mine"]) == ("u-held", "token:kim", False) and row["says"]
    assert "A second person signs in" in row["not_you"]
    assert "u-held" in run("waiting").out


def test_nobody_answers_without_having_signed_in(stage: Stage, run: Run) -> None:
    stage.change = holding
    (finding,) = json.loads(run("waiting", "--json").out)["items"][0]["findings"]
    for words in (("confirm", "u-h"), ("decline", finding, "--reason", "no"), ("withdraw", "u-held")):
        said = run(*words)
        assert said.code == 2, said
    unknown = run("confirm", "other")
    assert unknown.code == 2 and "names no decision that waits" in unknown.err
