"""Decisions: what is shown before, what is sent, and what is never taken along unseen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.adapters.records import DecisionState
from monitor.cli import setup_ask
from tests.web.standin import NOW, StandIn

from .conftest import Run, Stage
from .test_looking import id_of


class Told:
    """Takes decisions and remembers them across the commands of a test."""

    def __init__(self, stage: Stage) -> None:
        self.requests: list[Any] = []
        self.change: Any = lambda engine: None
        stage.change = self.wire

    def wire(self, engine: StandIn) -> None:
        self.change(engine)
        decide = engine.decide

        async def remembered(request: Any, by: str, via: str) -> Any:
            self.requests.append((request, by, via))
            row = await decide(request, by, via)
            async with engine.store.transaction() as tx:
                await tx.set_decision(replace(row, state=DecisionState.COMMITTED, sha="c41f" * 10))
            return await engine.store.decision(row.uuid)

        engine.decide = remembered  # type: ignore[method-assign]


ANSWERED = ("--reason", "meant", "--ticket", "OPS-1")


@pytest.fixture
def told(stage: Stage) -> Told:
    return Told(stage)


def test_approving_shows_what_will_be_done_and_needs_a_yes(stage: Stage, run: Run, told: Told) -> None:
    id = id_of(stage, run, "Notes__c")
    said = run("approve", id[:7])
    assert said.code == 2
    assert "- 255" in said.out and "+ 1000" in said.out
    assert "Makes what is there now the baseline of Notes__c by a commit; this closes." in said.out
    assert "nothing was approved: add --yes, or answer in a terminal" in said.err
    assert told.requests == []


def test_approving_decides_on_the_version_that_was_shown(stage: Stage, run: Run, told: Told) -> None:
    id = id_of(stage, run, "Notes__c")
    said = run("approve", id, "--yes", "--reason", "meant", "--ticket", "MOPS-1")
    assert said.code == 0
    assert f"approve {id} (salesforce-prod): committed in c41fc41fc4." in said.out
    request, _, _ = told.requests[0]
    finding = stage.last.ledger.findings[id]
    assert request.findings == {id: finding.claim.fingerprint}
    assert (request.kind, request.reason, request.ticket) == ("approve", "meant", "MOPS-1")


@pytest.mark.parametrize(("answer", "decided"), [("y\n", 1), ("yes\n", 1), ("n\n", 0), ("\n", 0), ("sure\n", 0)])
def test_a_person_is_asked_and_may_say_no(
    stage: Stage, run: Run, told: Told, monkeypatch: pytest.MonkeyPatch, answer: str, decided: int
) -> None:
    from io import StringIO

    id = id_of(stage, run, "Notes__c")
    stdin = StringIO(answer)
    monkeypatch.setattr(stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(setup_ask.sys, "stdin", stdin)
    said = run("approve", id)
    assert "Approve 1 finding? [y/N]" in said.err
    assert (len(told.requests), said.code) == (decided, 0 if decided else 2)


def moved(id: str) -> Any:
    def change(engine: StandIn) -> None:
        engine.ledger.findings[id].changed_at = NOW - 60

    return change


def test_a_changed_value_is_never_taken_along(stage: Stage, run: Run, told: Told) -> None:
    quiet, changed = id_of(stage, run, "Region__c"), id_of(stage, run, "Notes__c")
    told.change = moved(changed)
    said = run("approve", quiet, changed, "--yes", *ANSWERED)
    assert said.code == 0
    assert f"{changed} is left out: its value changed 1 m ago" in said.err
    assert [list(request.findings) for request, _, _ in told.requests] == [[quiet]]


def test_a_changed_value_alone_with_yes_takes_its_fingerprint(stage: Stage, run: Run, told: Told) -> None:
    id = id_of(stage, run, "Notes__c")
    told.change = moved(id)
    said = run("approve", id, "--yes")
    assert said.code == 2 and told.requests == []
    version = said.err.split(" as ")[-1].strip()
    assert version.startswith(f"{id}:")
    assert run("approve", version, "--yes").code == 0
    assert len(told.requests) == 1


def test_a_version_that_is_no_more_is_refused(stage: Stage, run: Run, told: Told) -> None:
    id = id_of(stage, run, "Notes__c")
    for verb in (("approve", "--yes"), ("reject", "--reason", "x")):
        said = run(verb[0], f"{id}:000000000000", *verb[1:])
        assert said.code == 2 and "changed since you looked at it" in said.err
    assert told.requests == []


def test_one_decision_per_integration(stage: Stage, run: Run, told: Told) -> None:
    both = id_of(stage, run, "Sales Qualified Lead"), id_of(stage, run, "Notes__c")
    said = run("approve", *both, "--yes", "--json", *ANSWERED)
    assert [one["integration"] for one in json.loads(said.out)["items"]] == ["hubspot-prod", "salesforce-prod"]
    assert [list(request.findings) for request, _, _ in told.requests] == [[both[0]], [both[1]]]


def test_effects_come_along_when_asked_and_only_drift(stage: Stage, run: Run, told: Told) -> None:
    root = id_of(stage, run, "lost edit")
    run("approve", root, "--effects", "--yes", *ANSWERED)
    assert [list(request.findings) for request, _, _ in told.requests] == [[root]], "rejected rows are no drift"


def test_effects_that_are_not_taken_along_are_named_with_the_flag_that_takes_them(
    stage: Stage, run: Run, told: Told
) -> None:
    root, effect = id_of(stage, run, "Region__c"), id_of(stage, run, "Notes__c")

    def hung(engine: StandIn) -> None:
        engine.ledger.findings[effect].cause = root
        engine.moved()

    told.change = hung
    warned = run("approve", root)
    assert warned.code == 2 and "1 effect will stay open; --effects takes them along" in warned.err
    said = run("approve", root, "--yes", "--json", *ANSWERED)
    words = f"1 effect stays open, to be decided alone ({effect}); --effects would have taken them along"
    assert said.code == 0 and words in said.err and words not in said.out
    for more in (["--effects"], [effect]):
        quiet = run("approve", root, *more, "--yes", *ANSWERED)
        assert "open, to be decided alone" not in quiet.err
        assert sorted(told.requests[-1][0].findings) == sorted([root, effect])
    alone = run("approve", id_of(stage, run, "lost edit"), "--yes", *ANSWERED)
    assert "open, to be decided alone" not in alone.err, "what is no drift has nothing to approve"


def test_what_is_breaking_takes_a_reason_and_a_ticket(stage: Stage, run: Run, told: Told) -> None:
    id = id_of(stage, run, "Region__c")
    for given in ((), ANSWERED[:2], ANSWERED[2:]):
        said = run("approve", id, "--yes", *given)
        assert said.code == 2 and f"--reason and --ticket: give both; {id} is breaking" in said.err
    assert told.requests == []
    assert '--reason "…" --ticket "…"' in run("show", id).out


def test_what_is_no_drift_cannot_be_approved(stage: Stage, run: Run, told: Told) -> None:
    id = id_of(stage, run, "rejected 312 rows")
    said = run("approve", id, "--yes")
    assert said.code == 2
    assert f"{id} (health, open) takes no approve: it can be decided with ignore, acknowledge" in said.err


@pytest.mark.parametrize(
    ("command", "sent"),
    [
        (("reject", "--reason", "put it back"), {"kind": "reject", "reason": "put it back"}),
        (("acknowledge",), {"kind": "acknowledge"}),
        (("assign", "--to", "marketing-operations"), {"kind": "assign", "assignee": "marketing-operations"}),
        (("comment", "--reason", "hm"), {"kind": "comment", "reason": "hm"}),
        (("ignore", "--until", "2999-12-31", "--reason", "later"), {"kind": "ignore", "until": "2999-12-31"}),
    ],
)
def test_the_other_decisions(
    stage: Stage, run: Run, told: Told, command: tuple[str, ...], sent: dict[str, Any]
) -> None:
    id = id_of(stage, run, "Notes__c")
    said = run(command[0], id, *command[1:])
    assert (said.code, said.err) == (0, "")
    request, _, _ = told.requests[0]
    assert {name: getattr(request, name) for name in sent} == sent


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("reject",), "--reason: say why"),
        (("ignore", "--reason", "x"), "--until: say until when"),
        (("ignore", "--until", "2001-01-01", "--reason", "x"), "is past already"),
        (("ignore", "--until", "2027-02-30", "--reason", "x"), "not in the calendar"),
        (("ignore", "--until", "soon", "--reason", "x"), "expected a day such as 2026-12-31"),
        (("ignore", "--until", "0d", "--reason", "x"), "--until"),
        (("assign",), "--to: say which team"),
        (("assign", "--to", "nobody"), "--to: expected one of marketing-operations, revenue-operations"),
        (("release", "--reason", "x"), "takes no release"),
    ],
)
def test_what_is_missing_is_said(stage: Stage, run: Run, told: Told, command: tuple[str, ...], words: str) -> None:
    id = id_of(stage, run, "Notes__c")
    said = run(command[0], id, *command[1:])
    assert (said.code, said.out, told.requests) == (2, "", [])
    assert words in said.err


def test_a_conflict_is_no_success(stage: Stage, run: Run) -> None:
    id = id_of(stage, run, "Notes__c")

    def wire(engine: StandIn) -> None:
        decide = engine.decide

        async def conflicted(request: Any, by: str, via: str) -> Any:
            row = await decide(request, by, via)
            async with engine.store.transaction() as tx:
                await tx.set_decision(replace(row, state=DecisionState.CONFLICTED, note="somebody pushed 80"))
            return await engine.store.decision(row.uuid)

        engine.decide = conflicted  # type: ignore[method-assign]

    stage.change = wire
    said = run("approve", id, "--yes")
    assert said.code == 2
    assert "the baseline says something else by now. somebody pushed 80" in " ".join(said.out.split())


def test_whoever_made_it_is_asked_by_a_link_to_send(stage: Stage, run: Run) -> None:
    items = json.loads(run("findings", "--json").out)["items"]
    named, unnamed = (next(o["id"] for o in items if words in o["says"]) for words in ("Sales Qualif", "Region__c"))
    said = run("ask", named)
    assert said.code == 0 and "Send this to admin-03@example.com" in said.out
    assert any("/answer/" in line for line in said.out.splitlines()) and "mailto:admin-03@example.com" in said.out
    assert json.loads(run("ask", named[:6], "--json").out)["finding"] == named
    refused = run("ask", unnamed)
    assert refused.code == 2 and "Nobody is recorded" in refused.err
    assert run("ask", "ffffff").code == 2
