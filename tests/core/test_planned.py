"""Planned changes: what is part of one, what came beside it, and that none of them hides anything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.core import cause
from monitor.core.judge import Context, Subject, judge
from monitor.core.model import Action, Address, CauseReason, Claim, Level, Source
from monitor.core.planned import DAY, PlannedChange, beside, between, fit, gains, marked
from probes.kit.contract import Kind

PLAN = PlannedChange("taxonomy", "MOPS-1", ("crm/field/Lead/Region*",), 1000.0, 2000.0)
WORK = PlannedChange("work", "OPS-2", (), 1000.0, 2000.0, actor="p-ann")
DEPLOY = PlannedChange("run-7", "OPS-3", ("crm/field/Lead/A",), 1000.0, 2000.0, deployment=True)
BY_ANN = {"by": "p-ann", "at": "1500", "how": "named"}


def claim(key: str = "Region__c", action: Action = Action.CHANGED, **more: Any) -> Claim:
    kind, scope = more.pop("kind", Kind.FIELD), more.pop("scope", "Lead")
    fact = more.pop("fact", "label")
    of, source = more.pop("of", "crm"), more.pop("source", Source.DRIFT)
    return Claim(Address(source, of, kind, scope, key, fact), action, "a", "b", **more)


def judged(plans: tuple[PlannedChange, ...], *claims: Claim, seen: float = 1500.0) -> dict[str, Claim]:
    """By key, as the engine judges and hangs them."""
    known = Context(Subject("crm"), planned=plans)
    hung = cause.hang([judge(one, known, seen) for one in claims], ())
    done = marked(hung, plans, root=lambda address: None, seen=lambda one: seen)
    return {one.address.key: one for one in done}


# -- what can be made -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (replace(PLAN, ticket=" "), "ticket: expected the ticket"),
        (replace(PLAN, patterns=()), "found neither"),
        (replace(WORK, deployment=True), "integrations: expected the systems that are deployed to"),
        (replace(PLAN, end=1000.0), "end: expected a time after its start"),
        (replace(PLAN, start=1e18, end=1e18 + 60), "start: expected times that a calendar has"),
        (replace(PLAN, end=float("inf")), "start: expected times that a calendar has"),
        (replace(PLAN, end=1000.0 + 91 * DAY), "a window of at most 90 days, found one of 91.0"),
        (replace(WORK, end=1000.0 + 8 * DAY), "a window for one actor of at most 7 days, found one of 8.0"),
        (replace(DEPLOY, end=1000.0 + 2 * DAY), "a deployment of at most 1 day, found one of 2.0"),
        (replace(PLAN, patterns=("*/field/Lead/A",)), "the integration by its name, found '*/field/Lead/A'"),
        (replace(PLAN, patterns=("/field/Lead",)), "the integration by its name, found '/field/Lead'"),
        (replace(PLAN, patterns=("crm/*",)), "found 'crm/*'"),
        (replace(PLAN, patterns=("crm/feild/Lead",)), "found 'crm/feild/Lead'"),
        (replace(PLAN, integrations=("hub",)), "expected one of the integrations hub, found 'crm/field/Lead/Region*'"),
    ],
)
def test_what_cannot_be_a_plan_is_said(plan: PlannedChange, words: str) -> None:
    (said,) = plan.problems()
    assert words in said


def test_plans_that_can_be_made_have_no_problem() -> None:
    for plan in (PLAN, WORK, DEPLOY, replace(PLAN, patterns=("crm/*/Lead/A",))):
        assert not list(plan.problems())
    assert (PLAN.systems, WORK.systems, replace(WORK, integrations=("hub",)).systems) == (("crm",), (), ("hub",))


def test_a_plan_concerns_the_systems_that_it_names_or_all() -> None:
    assert PLAN.concerns("crm") and not PLAN.concerns("hub")
    assert WORK.concerns("hub") and not replace(WORK, integrations=("crm",)).concerns("hub")
    assert replace(PLAN, patterns=("h*/field/x",)).concerns("hub"), "a file that a person wrote may say so"


# -- when it happened -------------------------------------------------------------------------------------------------


def test_a_change_happened_between_two_readings_or_when_the_vendors_trail_says() -> None:
    assert between(claim(), 1500.0) == (1500.0, 1500.0)
    assert between(claim(since=1200.0), 1500.0) == (1200.0, 1500.0)
    assert between(claim(since=1600.0), 1500.0) == (1500.0, 1500.0), "time was put back"
    assert between(claim(since=1000.0, evidence=BY_ANN | {"at": "1300"}), 1500.0) == (1240.0, 1360.0)
    assert between(claim(since=1000.0, evidence={"by": "p-ann", "at": "1300"}), 1500.0) == (1000.0, 1360.0)
    assert between(claim(since=1000.0, evidence={"by": "p-ann", "at": "500"}), 1500.0) == (1000.0, 1500.0)
    assert between(claim(since=1000.0, evidence=BY_ANN | {"how": "alone"}), 1500.0) == (1000.0, 1500.0)
    iso = BY_ANN | {"at": "1970-01-01T00:21:40+00:00"}
    assert between(claim(since=1000.0, evidence=iso), 1500.0) == (1240.0, 1360.0)
    for at in ("noon", "1970-01-01T00:21:40"):
        assert between(claim(since=1000.0, evidence=BY_ANN | {"at": at}), 1500.0) == (1000.0, 1500.0)


def test_a_deployment_that_ended_before_the_next_reading_still_finds_its_drift() -> None:
    late = claim(since=1900.0)
    found = fit((PLAN,), late, 2400.0)
    assert found is not None and found.exact
    assert fit((PLAN,), claim(since=2001.0), 2400.0) is None
    assert fit((PLAN,), claim(since=500.0), 900.0) is None
    assert fit((PLAN,), claim(since=1900.0, evidence=BY_ANN | {"at": "2100"}), 2400.0) is None, "the trail knows better"


# -- what is part of it -----------------------------------------------------------------------------------------------


def test_only_drift_that_a_pattern_names_is_part_of_it() -> None:
    assert fit((PLAN,), claim("Other"), 1500.0) is None
    assert fit((PLAN,), claim(source=Source.POLICY), 1500.0) is None
    assert beside((DEPLOY,), claim(source=Source.POLICY), 1500.0) is None


@pytest.mark.parametrize(
    ("evidence", "part"),
    [
        (BY_ANN, True),
        (BY_ANN | {"how": "last"}, True),
        ({"by": "p-ann", "at": "1500"}, True),
        ({"by": "p-ann"}, False),
        (BY_ANN | {"how": "alone"}, False),
        (BY_ANN | {"by": "p-bob"}, False),
        ({}, False),
    ],
)
def test_an_actor_is_believed_only_on_exact_evidence(evidence: dict[str, str], part: bool) -> None:
    found = fit((WORK,), claim(evidence=evidence), 1500.0)
    assert (found is not None) is part
    if found is not None:
        sure = "the vendor's own trail" if evidence.get("how") == "named" else "its own mark"
        assert sure in found.words and not found.exact


def test_an_actor_may_be_held_to_some_systems() -> None:
    held = replace(WORK, integrations=("hub",))
    assert fit((held,), claim(evidence=BY_ANN), 1500.0) is None
    assert fit((held,), claim(of="hub", evidence=BY_ANN), 1500.0) is not None


def test_what_somebody_else_did_is_no_part_of_it_though_a_pattern_names_it() -> None:
    plan = replace(PLAN, actor="p-bob")
    assert fit((plan,), claim(evidence=BY_ANN), 1500.0) is None
    assert fit((plan,), claim(evidence=BY_ANN | {"how": "alone"}), 1500.0) is not None, "nobody knows better"
    found = beside((plan,), claim(evidence=BY_ANN), 1500.0)
    assert found is not None and "somebody else did it" in found[1]


# -- beside it --------------------------------------------------------------------------------------------------------


def test_what_came_in_its_time_and_is_not_named_is_marked() -> None:
    by_same = beside((replace(PLAN, actor="p-ann"),), claim("Other", evidence=BY_ANN), 1500.0)
    assert by_same is not None and "no pattern of it names this" in by_same[1]
    on_system = beside((DEPLOY,), claim("Other"), 1500.0)
    assert on_system is not None and "deployed here" in on_system[1]
    assert beside((PLAN,), claim("Other"), 1500.0) is None, "a window for patterns says nothing of the rest"
    assert beside((DEPLOY,), claim("Other", of="hub"), 1500.0) is None
    assert beside((DEPLOY,), claim("Other"), 2500.0) is None


def test_what_comes_with_a_planned_change_by_itself_belongs_to_its_plan() -> None:
    field = claim("A", Action.ADDED, fact="")
    row = claim("set/A", Action.ADDED, fact="", kind=Kind.FIELD, scope="Lead.x")
    row = replace(row, under=field.address, because=CauseReason.IMPLIED)
    found = judged((DEPLOY,), field, row, claim("B"))
    assert found["A"].verdict is not None and found["set/A"].verdict is not None and found["B"].verdict is not None
    assert (found["A"].verdict.planned, found["set/A"].verdict.planned) == ("run-7", "run-7")
    assert (found["B"].verdict.planned, found["B"].verdict.beside) == ("", "run-7")
    assert "not in the plan" in found["B"].verdict.chain[-1].words


def test_the_root_of_an_effect_may_stand_from_before() -> None:
    known = Context(Subject("crm"), planned=(DEPLOY,))
    root = judge(claim("A"), known, 1500.0)
    child = replace(judge(claim("B"), known, 1500.0), under=root.address, because=CauseReason.IMPLIED)
    (done,) = marked([child], (DEPLOY,), root={root.address: root}.get, seen=lambda one: 1500.0)
    assert done.verdict is not None and done.verdict.planned == "run-7"
    (alone,) = marked([child], (DEPLOY,), root=lambda address: None, seen=lambda one: 1500.0)
    assert alone.verdict is not None and alone.verdict.beside == "run-7"
    bare = claim("B")
    assert marked([bare], (DEPLOY,), root=lambda address: None, seen=lambda one: 1500.0) == (bare,)
    assert marked([child], (), root=lambda address: None, seen=lambda one: 1500.0) == (child,)


# -- its level, and that it hides nothing -----------------------------------------------------------------------------


def level(plan: PlannedChange, one: Claim) -> Level:
    done = judge(one, Context(Subject("crm"), planned=(plan,)), 1500.0)
    assert done.verdict is not None
    return done.verdict.level


def test_a_window_of_somebodys_work_lowers_neither_removals_nor_powers() -> None:
    removed = claim(action=Action.REMOVED, fact="", evidence=BY_ANN)
    given_ = claim("role", Action.WIDENED, kind=Kind.PERMISSION, scope="roles", fact="admin", evidence=BY_ANN)
    for one in (removed, given_):
        assert gains(one) and level(WORK, one) == level(replace(WORK, actor="p-bob"), one) > Level.INFO
    assert level(WORK, claim(fact="type", evidence=BY_ANN)) is Level.INFO
    assert level(PLAN, removed) is Level.INFO, "this one was named"


def test_security_stays_a_warning_whoever_planned_it() -> None:
    plan = replace(PLAN, patterns=("crm/permission/*",))
    power = claim("role", Action.WIDENED, kind=Kind.PERMISSION, scope="roles", fact="admin")
    assert level(plan, power) >= Level.WARNING


PLANS = st.builds(
    PlannedChange,
    id=st.sampled_from(["one", "two"]),
    ticket=st.just("T-1"),
    patterns=st.sampled_from([(), ("crm/field/Lead/A",), ("crm/field/*", "crm/permission/roles")]),
    start=st.floats(0, 2000),
    end=st.floats(0, 4000),
    actor=st.sampled_from(["", "p-ann", "p-bob"]),
    integrations=st.sampled_from([(), ("crm",), ("hub",)]),
    deployment=st.booleans(),
)
EVIDENCE = st.fixed_dictionaries(
    {}, optional={"by": st.sampled_from(["p-ann", "p-bob"]), "at": st.sampled_from(["1500", "x"]),
                  "how": st.sampled_from(["named", "last", "alone"])},
)  # fmt: skip
CLAIMS = st.builds(
    claim,
    key=st.sampled_from("ABC"),
    action=st.sampled_from([Action.ADDED, Action.REMOVED, Action.CHANGED, Action.WIDENED]),
    kind=st.sampled_from([Kind.FIELD, Kind.PERMISSION]),
    scope=st.sampled_from(["Lead", "roles"]),
    fact=st.sampled_from(["", "label", "admin", "type"]),
    evidence=EVIDENCE,
    since=st.none() | st.floats(0, 3000),
)


@given(st.lists(PLANS, max_size=3).map(tuple), st.lists(CLAIMS, max_size=6), st.floats(0, 4000))
def test_a_planned_change_never_hides(plans: tuple[PlannedChange, ...], claims: list[Claim], seen: float) -> None:
    """What was claimed is claimed with its values; security is never under warning and hangs under security alone; a
    plan that is named is one of those given; beside and in it at once is nothing."""
    every = {one.address: one for one in claims}
    known = Context(Subject("crm"), planned=plans)
    hung = cause.hang([judge(one, known, seen) for one in every.values()], ())
    done = marked(hung, plans, root=lambda address: None, seen=lambda one: seen)
    assert {one.address: one.fingerprint for one in done} == {a: one.fingerprint for a, one in every.items()}
    there = {one.address: one for one in done}
    for one in done:
        verdict = one.verdict
        assert verdict is not None
        assert not verdict.security or verdict.level >= Level.WARNING
        assert not (verdict.planned and verdict.beside)
        assert {verdict.planned, verdict.beside} <= {"", *(plan.id for plan in plans)}
        if one.because is CauseReason.PLANNED and one.under is not None:
            root = there[one.under]
            assert root.verdict is not None and root.under is None
            assert root.verdict.planned == verdict.planned
            assert not cause.security(one) or cause.security(root)
