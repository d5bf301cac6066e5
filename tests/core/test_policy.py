"""Standing approvals: what each takes, and what none of them may ever take, whatever it says."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core import cause, policy
from monitor.core.graph import Definition, End, FieldMap, Flow, Kept, Override, path
from monitor.core.judge import Context, Subject, judge
from monitor.core.ledger import Ledger
from monitor.core.model import (
    Action,
    Address,
    CauseReason,
    Claim,
    Finding,
    Level,
    Phase,
    Source,
)
from monitor.core.policy import RECORD, STRONG, VENDOR
from monitor.core.rules import RULES, possible
from monitor.core.standing import Standing
from monitor.core.uses import Known, Use
from probes.kit.contract import Kind, Ref

from .shapes import evaluation, step

NOW, DAY = 1_790_000_000.0, 86_400.0
ALL = Standing(
    id="all", owner="ops", reason="Takes whatever may be taken", until=NOW + DAY, cap=5, levels=("info", "warning")
)
FLOW = Flow(
    "contact-to-lead", End("hub", "contacts"), End("crm", "Lead"),
    (FieldMap("email", "Email"), FieldMap("stage", "Status", {"sql": "Qualified"})), writer="HubSpot_Integration",
)  # fmt: skip
MEANT = Definition("region", kept=(Kept("crm", "Account", "Region__c"),))
HERE = Context(
    Subject("crm", "salesforce", owner="ops", subject="p-monitor"), (FLOW,), (MEANT,), standing=(ALL,),
    own_sets=frozenset({"Monitor_Set"}), strong=frozenset({"profile:Admin", "Power_Set"}),
    references=Known({("Account", "Used__c"): (Use("a form", "has it", "template forms"),)}),
)  # fmt: skip


def drift(
    kind: Kind, scope: str, key: str, fact: str = "", action: Action = Action.CHANGED, before: Any = "a",
    after: Any = "b", item: str = "", **more: Any,
) -> Claim:  # fmt: skip
    source = more.pop("source", Source.DRIFT)
    return Claim(Address(source, "crm", kind, scope, key, fact, item), action, before, after, **more)


def added(kind: Kind, scope: str, key: str, facts: dict[str, Any], **more: Any) -> Claim:
    return drift(kind, scope, key, "", Action.ADDED, None, facts, **more)


def taken(
    *claims: Claim, context: Context = HERE, now: float = NOW, recorded: bool = False, **stood: Claim
) -> list[str]:
    judged = [judge(claim, context, now) for claim in claims]
    roots = {claim.address: claim for claim in stood.values()}
    marked = policy.mark(
        judged, context, now, root=roots.get, seen=lambda _: now, recorded=lambda _: recorded, people=lambda _: False
    )
    return [one.verdict.standing for one in marked if one.verdict is not None]


LABEL = drift(Kind.FIELD, "Account", "Notes__c", "label")
NEW = added(Kind.FIELD, "Lead", "New__c", {"label": "New", "required": False, "custom": True})
JOINER = added(Kind.PERMISSION, "users", "p-1", {"active": True, "profile": "Marketing"})


def right(holder: str, **facts: Any) -> Claim:
    """A right to the field NEW, as it comes with the field."""
    return added(Kind.PERMISSION, "Lead.field-permissions", f"{holder}/New__c", {"read": True, **facts},
                 under=NEW.address, because=CauseReason.IMPLIED)  # fmt: skip


# -- laws -------------------------------------------------------------------------------------------------------------

MOVES = [(kind, fact, action) for kind in Kind for fact, action in (*possible(kind), ("x_own", Action.CHANGED))]
SCOPES = ("Lead", "Account", "users", "permission-sets", "Lead.object-permissions", "Account.field-permissions",
          "assignments", "objects", "bulk-ingest", "forms", "workflows", "vantage")  # fmt: skip
KEYS = ("Email", "Status", "Region__c", "Notes__c", "Used__c", "p-monitor", "Monitor_Set", "HubSpot_Integration/Email",
        "Agency/Notes__c", "p-monitor/Agency", "Lead/upsert", "p-2", "Account")  # fmt: skip
values = st.sampled_from([None, True, False, 3, "a", "email", ["email", "b"], {"admin": True}, {"profile": "Admin"},
                          {"label": "x", "required": True}, {"label": "x", "powers": ["ModifyMetadata"]},
                          {"label": "x", "custom": False}])  # fmt: skip


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    kind, fact, action = draw(st.sampled_from(MOVES))
    sides = st.just(["a", "b"]) if action is Action.REORDERED else values
    return drift(
        kind, draw(st.sampled_from(SCOPES)), draw(st.sampled_from(KEYS)), fact, action, draw(sides), draw(sides),
        item=draw(st.sampled_from(["", "Email", "x"])), source=draw(st.sampled_from([Source.DRIFT] * 5 + list(Source))),
        evidence=draw(st.sampled_from([{}, {"made by": VENDOR}, {"holds": STRONG}])),
    )  # fmt: skip


contexts = st.builds(
    lambda class_, profile, override: msgspec.structs.replace(
        HERE, integration=msgspec.structs.replace(HERE.integration, class_=class_), profile=profile,
        overrides=(Override("*", "*", Level.INFO, "ours"),) if override else (),
    ),
    st.sampled_from(["production", "laboratory", "sunset", "restricted"]),
    st.sampled_from(["strict", "standard", "quiet"]),
    st.booleans(),
)  # fmt: skip
settled = settings(max_examples=max(600, settings().max_examples))


def judged_and_taken(claim: Claim, context: Context) -> tuple[Claim, bool]:
    judged = judge(claim, context, NOW)
    (mark,) = taken(claim, context=context)
    return judged, bool(mark)


@settled
@given(claims(), contexts)
def test_nothing_breaking_is_ever_taken_not_even_when_another_rule_lowered_it(claim: Claim, context: Context) -> None:
    judged, gone = judged_and_taken(claim, context)
    assert judged.verdict is not None
    if any(reason.effect is Level.BREAKING for reason in judged.verdict.chain):
        assert not gone


@settled
@given(claims(), contexts)
def test_no_removal_is_ever_taken(claim: Claim, context: Context) -> None:
    if claim.action in (Action.REMOVED, Action.RENAMED):
        assert not judged_and_taken(claim, context)[1]


@settled
@given(claims(), contexts)
def test_no_gained_power_is_ever_taken(claim: Claim, context: Context) -> None:
    judged, gone = judged_and_taken(claim, context)
    assert judged.verdict is not None
    a, facts = claim.address, claim.after if isinstance(claim.after, dict) else {}
    wider = a.kind is Kind.PERMISSION and claim.action is Action.WIDENED
    strong = bool(facts.get("admin") or facts.get("powers") or facts.get("profile") == "Admin")
    right = a.kind is Kind.PERMISSION and claim.action is Action.ADDED and not a.fact and (strong or "/" in a.key)
    if judged.verdict.security or wider or right or (a.kind is Kind.PERMISSION and claim.evidence.get("holds")):
        assert not gone


@settled
@given(claims(), contexts)
def test_nothing_in_a_flow_or_definition_is_ever_taken(claim: Claim, context: Context) -> None:
    named = {("Lead", "Email"), ("Lead", "Status"), ("Account", "Region__c")}
    a = claim.address
    if a.kind is Kind.FIELD and (a.scope, a.key) in named:
        assert not judged_and_taken(claim, context)[1]
    if a.kind is not Kind.FIELD and a.scope == "Lead.object-permissions":  # the object itself is an end of the flow
        assert not judged_and_taken(claim, context)[1]
    if a.kind in (Kind.SYNC, Kind.AUTOMATION, Kind.TEMPLATE) and "Email" in (a.item, a.key):
        assert not judged_and_taken(claim, context)[1]


@settled
@given(claims(), contexts)
def test_the_integrations_own_user_and_sets_are_never_touched(claim: Claim, context: Context) -> None:
    own = {"p-monitor", "Monitor_Set", "HubSpot_Integration"}
    if claim.address.kind is Kind.PERMISSION and own & {claim.address.key, *claim.address.key.split("/")}:
        assert not judged_and_taken(claim, context)[1]


@settled
@given(claims(), contexts)
def test_only_drift_of_what_was_read_is_taken(claim: Claim, context: Context) -> None:
    if claim.address.source is not Source.DRIFT or claim.address.scope == "vantage":
        assert not judged_and_taken(claim, context)[1]


def test_the_laws_are_not_kept_by_taking_nothing() -> None:
    assert taken(LABEL, NEW, JOINER) == ["all", "all", "all"]


# -- the borders of the laws ------------------------------------------------------------------------------------------


def test_rights_to_a_new_field_go_with_it_and_those_to_a_field_that_was_there_do_not() -> None:
    assert taken(NEW, right("Agency")) == ["all", "all"]
    alone = added(Kind.PERMISSION, "Account.field-permissions", "Agency/Notes__c", {"read": True})
    assert taken(alone) == [""]
    other = msgspec.structs.replace(LABEL, address=NEW.address)
    assert taken(other, right("Agency")) == ["all", ""]


def test_the_reader_may_see_a_new_field_and_may_not_come_to_write_it() -> None:
    assert taken(NEW, right("Monitor_Set")) == ["all", "all"]
    assert taken(NEW, right("Monitor_Set", edit=True)) == ["all", ""]


def test_what_hangs_under_something_that_a_person_decides_stays_with_it() -> None:
    root = drift(Kind.FIELD, "Lead", "Status", "label")
    child = msgspec.structs.replace(LABEL, under=root.address, because=CauseReason.SAME_EDIT)
    assert taken(root, child) == ["", ""]
    assert taken(child, root=judge(root, HERE, NOW)) == [""]
    assert taken(child) == ["all"]  # its cause is closed: it stands by itself


def test_a_field_that_must_be_filled_or_is_used_already_is_shown() -> None:
    must = added(Kind.FIELD, "Account", "Must__c", {"label": "x", "required": True})
    used = added(Kind.FIELD, "Account", "Used__c", {"label": "x"})
    assert taken(must, used) == ["", ""]


def test_joiners_and_leavers_go_unless_they_hold_strong_rights() -> None:
    leaver = drift(Kind.PERMISSION, "users", "p-1", "active", Action.NARROWED, True, False)
    assert taken(leaver) == ["all"]
    assert taken(msgspec.structs.replace(leaver, evidence={"holds": STRONG})) == [""]
    assert taken(added(Kind.PERMISSION, "users", "p-1", {"profile": "Admin"})) == [""]
    assert taken(added(Kind.PERMISSION, "users", "p-1", {"roles": ["Power_Set"]})) == [""]
    assert policy.strong({"powers": ["RunReports", "ManageRoles"]}) and not policy.strong({"powers": ["RunReports"]})


def test_a_form_that_begins_to_ask_for_a_mapped_field_is_shown() -> None:
    def form(item: str) -> Claim:
        return drift(Kind.TEMPLATE, "forms", "Newsletter", "fields", Action.ADDED, None, item, item=item)

    hub = msgspec.structs.replace(HERE, integration=msgspec.structs.replace(HERE.integration, name="hub"))
    moved = [msgspec.structs.replace(one, address=msgspec.structs.replace(one.address, subject="hub"))
             for one in (form("email"), form("fax"))]  # fmt: skip
    assert taken(*moved, context=hub) == ["", "all"]


def test_what_came_beside_a_planned_change_is_shown() -> None:
    judged = judge(LABEL, HERE, NOW)
    assert judged.verdict is not None
    beside = msgspec.structs.replace(judged, verdict=msgspec.structs.replace(judged.verdict, beside="gh-1"))
    assert (policy.never(judged, HERE), policy.never(beside, HERE)) == (
        "", "It came beside gh-1, and is not in the plan."
    )  # fmt: skip
    assert policy.fits(ALL, beside, NOW, NOW)


def test_a_finding_without_a_verdict_or_a_cause_yet_is_left_alone() -> None:
    assert policy.never(LABEL, HERE) and not policy.fits(ALL, LABEL, NOW, NOW)
    (same,) = policy.mark(
        [LABEL], HERE, NOW, root=lambda _: None, seen=lambda _: NOW, recorded=lambda _: False, people=lambda _: False
    )
    assert same is LABEL


# -- what one takes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"rules": ("field.*.changed",)}, True),
        ({"rules": ("field.options.*",)}, False),
        ({"patterns": ("crm/field/Account/*/label",)}, True),
        ({"patterns": ("crm/field/Contact", "hub")}, False),
        ({"levels": ("warning",)}, False),
        ({"kinds": (Kind.SCHEMA,)}, False),
        ({"kinds": (Kind.FIELD, Kind.SCHEMA)}, True),
        ({"vendor_made": True}, True),
        ({"vendor_made": False}, False),
        ({"actor": "7001"}, True),
        ({"actor": "700"}, False),
        ({"since": NOW}, True),
        ({"since": NOW + 1}, False),
        ({"before": NOW + 1}, True),
        ({"before": NOW}, False),
        ({"until": NOW}, False),
    ],
)
def test_each_part_narrows_what_it_takes(change: dict[str, Any], fits: bool) -> None:
    claim = msgspec.structs.replace(LABEL, evidence={"made by": VENDOR, "by": "7001"})
    context = msgspec.structs.replace(HERE, standing=(msgspec.structs.replace(ALL, **change),))
    assert taken(claim, context=context) == ["all" if fits else ""]


def test_an_actor_who_is_only_supposed_is_not_exactly_that_actor() -> None:
    context = msgspec.structs.replace(HERE, standing=(msgspec.structs.replace(ALL, actor="7001"),))
    for how, taker in (("named", "all"), ("last", "all"), ("alone", "")):
        claim = msgspec.structs.replace(LABEL, evidence={"by": "7001", "how": how})
        assert taken(claim, context=context) == [taker]


def folded(*claims: Claim) -> list[tuple[str, str, str]]:
    """Key, the key that it hangs under, the policy that takes it: as the engine does it."""

    def marked(found: Any) -> tuple[Claim, ...]:
        return policy.mark(
            found, HERE, NOW, root={}.get, seen=lambda _: NOW, recorded=lambda _: False, people=lambda _: False
        )

    alone = marked([judge(claim, HERE, NOW) for claim in claims])
    done = marked(cause.hang(alone, ()))
    return [(c.address.key, c.under.key if c.under else "", c.verdict.standing) for c in done if c.verdict]


def test_one_edit_hangs_under_what_a_person_decides_though_a_policy_takes_what_is_graver() -> None:
    edit = {"evidence": {"by": "p-1", "at": "2026-11-22T02:10:05Z"}}
    graver = drift(Kind.FIELD, "Account", "Other__c", "history_tracked", **edit)
    tame = drift(Kind.FIELD, "Account", "Notes__c", "label", **edit)
    asked = drift(Kind.FIELD, "Lead", "Email", "label", **edit)
    assert folded(tame, graver) == [("Notes__c", "Other__c", "all"), ("Other__c", "", "all")]
    assert folded(tame, asked, graver) == [("Notes__c", "Email", ""), ("Email", "", ""), ("Other__c", "Email", "")]


def test_what_was_undone_is_asked_from_then_on_and_another_value_is_not() -> None:
    context = msgspec.structs.replace(HERE, standing=(msgspec.structs.replace(ALL, but=(LABEL.fingerprint,)),))
    assert taken(LABEL, context=context) == [""]
    assert taken(msgspec.structs.replace(LABEL, after="c"), context=context) == ["all"]


def test_what_is_watched_at_the_level_record_is_taken_whatever_it_is() -> None:
    gone = drift(Kind.FIELD, "Account", "Region__c", "", Action.REMOVED, {"label": "x"}, None)
    fault = drift(Kind.FIELD, "reads", "fields", "read", source=Source.FAULT)
    assert taken(gone, fault, recorded=True) == [RECORD, ""]


def test_every_rule_can_be_found_by_its_id_and_paths_are_what_patterns_name() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert path(LABEL.address) == "crm/field/Account/Notes__c/label"


# -- the cap, and people ----------------------------------------------------------------------------------------------


def finding(number: int, **more: Any) -> Finding:
    claim = drift(Kind.FIELD, "Account", f"F{number}__c", "label")
    (marked,) = policy.mark(
        [judge(claim, HERE, NOW)],
        HERE,
        NOW,
        root=lambda _: None,
        seen=lambda _: NOW,
        recorded=lambda _: False,
        people=lambda _: False,
    )
    given: dict[str, Any] = {"phase": Phase.OPEN, **more}
    return Finding(id=str(number), opening=1, claim=marked, first_seen_at=NOW, reading=1, **given)


def test_over_its_cap_it_holds() -> None:
    found = [finding(number) for number in range(5)]
    assert policy.over(found, [ALL]) == {}
    assert policy.over([*found, finding(5)], [ALL]) == {"all": (6, 5)}


@pytest.mark.parametrize(
    "answer",
    [{"acknowledged_by": "ops"}, {"rejected_by": "ops"}, {"assignee": "web"}, {"ignored_until": NOW + 9},
     {"flapping": True}, {"phase": Phase.SUSPECTED}],
)  # fmt: skip
def test_what_a_person_answered_or_is_not_settled_is_left_to_people(answer: dict[str, Any]) -> None:
    assert policy.waits(finding(1)) == "all"
    assert policy.waits(finding(1, **answer)) == ""
    assert policy.waits(msgspec.structs.replace(finding(1), claim=LABEL)) == ""


@pytest.mark.parametrize(
    ("change", "says"),
    [({"owner": " "}, "owner"), ({"reason": ""}, "reason"), ({"cap": 0}, "cap"), ({"levels": ("breaking",)}, "levels"),
     ({"rules": ()}, "rules")],
)  # fmt: skip
def test_one_that_cannot_be_used_says_why(change: dict[str, Any], says: str) -> None:
    (problem,) = msgspec.structs.replace(ALL, **change).problems()
    assert problem.startswith(f"{says}: ")
    assert list(ALL.problems()) == []


def test_the_vendors_own_things_are_known_by_their_facts() -> None:
    assert policy.made_by_vendor({"vendor_defined": True}) and policy.made_by_vendor({"custom": False})
    assert not policy.made_by_vendor({"custom": True}) and not policy.made_by_vendor({})
    assert Ref(Kind.FIELD, "Account") == LABEL.address.ref


# -- telling ----------------------------------------------------------------------------------------------------------


def test_nobody_is_told_of_what_a_policy_takes_until_it_takes_it_no_more() -> None:
    def by(policy: str, after: str = "n") -> Claim:
        verdict = judge(LABEL, HERE, NOW).verdict
        assert verdict is not None
        at = msgspec.structs.replace(LABEL.address, scope="Lead")
        return msgspec.structs.replace(
            LABEL, address=at, after=after, verdict=msgspec.structs.replace(verdict, standing=policy)
        )

    ledger = Ledger()
    told = [
        [(event.type.value, event.told) for event in step(ledger, evaluation(*claims, reading=reading), NOW)]
        for reading, claims in enumerate(
            ([by("all")], [by("all", "o")], [by("", "o")], [by("all", "o")], [by("all", "p")], []), 1
        )
    ]
    assert told == [
        [("opened", False)],
        [("changed", False)],
        [("judged", True)],
        [("judged", False)],
        [("changed", False)],
        [("closed", False)],
    ]
