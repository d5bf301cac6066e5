"""How grave a change is here: the lines of the example stack's story, and each step of the chain by itself."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from monitor.core.graph import Definition, End, FieldMap, Flow, Kept, Override
from monitor.core.judge import Context, Subject, judge
from monitor.core.model import Action, Address, Claim, Level, Source, Urgency, Verdict
from monitor.core.planned import PlannedChange
from monitor.core.uses import SHOWN, Known, Use
from probes.kit.contract import Kind

HUB = Subject("hub", "hubspot", owner="marketing-operations")
CRM = Subject("crm", "salesforce", owner="revenue-operations", subject="p-robot")
STAGES = {"sql": "Qualified", "lead": "Open"}
UP = Flow(
    "up",
    End("hub", "contacts"),
    End("crm", "Lead"),
    (FieldMap("stage", "Status", STAGES), FieldMap("region", "Region"), FieldMap("utm", "UTM")),
    tier=1,
    writer="HubSpot_Integration",
)
ADS = Flow("ads", End("crm", "Lead"), End("ads", "leads"), (FieldMap("Notes", "notes"), FieldMap("Owner", "owner")))
MORE = Flow("more", End("crm", "Lead"), End("wh", "lead"), (FieldMap("Notes", "notes"),))
QUALIFIED = Definition("qualified_lead", kept=(Kept("hub", "contacts", "stage", "sql"), Kept("crm", "Lead", "Score")))
B, W, I = Level.BREAKING, Level.WARNING, Level.INFO  # noqa: E741


def ruled(
    key: str, fact: str, action: Action, *, item: str = "", kind: Kind = Kind.FIELD, scope: str = "Lead",
    of: Subject = CRM, source: Source = Source.DRIFT, now: float | None = None, after: Any = None, **context: Any,
) -> Verdict:  # fmt: skip
    claim = Claim(Address(source, of.name, kind, scope, key, fact, item), action, "b", after)
    known: dict[str, Any] = {"flows": (UP, ADS, MORE), "definitions": (QUALIFIED,)}
    found = judge(claim, Context(of, **{**known, **context}), now)
    assert found.verdict is not None
    return found.verdict


def steps(verdict: Verdict) -> list[str]:
    return [reason.step for reason in verdict.chain]


def test_a_mapped_option_that_is_removed_breaks_the_mapping_and_leaves_the_definition() -> None:
    found = ruled("stage", "options", Action.REMOVED, item="sql", scope="contacts", of=HUB)
    assert (found.level, found.owner, found.urgency) == (B, "marketing-operations", Urgency.TICKET)
    assert steps(found) == ["rule", "direction", "use", "definition"]
    words = " ".join(reason.words for reason in found.chain)
    assert "The mapping to Status of Lead in crm names exactly this value." in words
    assert "“qualified_lead” is kept here as sql: this system has left the definition." in words
    assert ("up", "crm/Lead/Status") in {(r.via, r.target) for r in found.reach}


def test_an_option_that_no_flow_carries_stays_at_the_rules_level() -> None:
    found = ruled("stage", "options", Action.REMOVED, item="other", scope="contacts", of=HUB)
    assert (found.level, steps(found)) == (W, ["rule"])


def test_a_flow_that_carries_any_value_names_none() -> None:
    found = ruled("region", "options", Action.REMOVED, item="EMEA", scope="contacts", of=HUB)
    assert (found.level, steps(found)) == (W, ["rule", "direction"])


def test_a_field_that_a_flow_writes_is_missed() -> None:
    found = ruled("UTM", "", Action.REMOVED)
    assert (found.level, found.chain[1].words) == (B, "A flow from hub writes into it.")


@pytest.mark.parametrize(("key", "level"), [("Region", B), ("Other", B), ("Notes", I)])
def test_a_field_that_becomes_required_hurts_writers_and_not_readers(key: str, level: Level) -> None:
    assert ruled(key, "required", Action.NARROWED).level is level


@pytest.mark.parametrize(("key", "level"), [("Region", I), ("Other", I), ("Notes", W)])
def test_a_wider_field_hurts_readers_and_not_writers(key: str, level: Level) -> None:
    found = ruled(key, "length", Action.WIDENED)
    assert found.level is level
    if key == "Notes":
        assert found.chain[1].words == "A flow to ads (and 1 more) reads from it."


def test_a_new_administrator_is_never_lowered() -> None:
    lab = msgspec.structs.replace(HUB, class_="laboratory")
    where = {"kind": Kind.PERMISSION, "scope": "users"}
    off = (Override("*", "*", I, "we do not care"),)
    found = ruled("p-3", "admin", Action.WIDENED, of=lab, overrides=off, flows_complete=True, **where)
    assert (found.level, found.security) == (W, True)
    assert "not on the list" in found.chain[1].words
    allowed = ruled("p-3", "admin", Action.WIDENED, of=HUB, allowed_admins=frozenset({"p-3"}), **where)
    assert (allowed.level, "is on the list" in allowed.chain[1].words) == (W, True)
    strict = msgspec.structs.replace(HUB, class_="restricted")
    assert ruled("p-3", "admin", Action.WIDENED, of=strict, **where).level is B


@pytest.mark.parametrize(
    ("key", "scope", "level"),
    [
        ("HubSpot_Integration/Status", "Lead.field-permissions", B),
        ("Sales/Owner", "Lead.field-permissions", I),
        ("Sales/Other", "Lead.field-permissions", W),
        ("p-robot", "users", B),
        ("Own_Set", "permission-sets", B),
    ],
)
def test_a_right_to_write_that_goes_hurts_those_who_write(key: str, scope: str, level: Level) -> None:
    found = ruled(key, "edit", Action.NARROWED, kind=Kind.PERMISSION, scope=scope, own_sets=frozenset({"Own_Set"}))
    assert found.level is level


def test_a_right_that_is_given_is_not_one_that_goes() -> None:
    where = {"kind": Kind.PERMISSION, "scope": "users"}
    assert "own" not in steps(ruled("p-robot", "edit", Action.WIDENED, **where))
    nobody = msgspec.structs.replace(CRM, subject="")
    assert "own" not in steps(ruled("p-2", "edit", Action.NARROWED, of=nobody, **where))


def test_only_what_is_known_to_be_unused_is_lowered() -> None:
    assert ruled("Other", "", Action.REMOVED).level is B
    assert ruled("Other", "", Action.REMOVED, flows_complete=True).level is W
    assert ruled("UTM", "", Action.REMOVED, flows_complete=True).level is B
    used = {
        ("Lead", "Other"): (Use("validation rule A", "reads it", "x"),),
        ("*", "Other"): (Use("form B", "has it", "x"),),
    }
    found = ruled("Other", "", Action.REMOVED, flows_complete=True, references=Known(used))
    assert (found.level, found.chain[-1].words) == (B, "It is used by form B, validation rule A.")
    assert [(one.target, one.words) for one in found.reach] == [("form B", "has it"), ("validation rule A", "reads it")]


@pytest.mark.parametrize("place", ["Lead", ""])
def test_what_was_not_seen_keeps_the_use_of_a_thing_unknown(place: str) -> None:
    for known in (Known(gaps={place: "forms was not read whole"}), Known(hidden={place: "code runs"})):
        found = ruled("Other", "", Action.REMOVED, flows_complete=True, references=known)
        assert (found.level, steps(found)) == (B, ["rule", "use"])
        assert "more may" in found.chain[-1].words
    elsewhere = Known(gaps={"Contact": "forms was not read whole"}, hidden={"Case": "code runs"})
    assert ruled("Other", "", Action.REMOVED, flows_complete=True, references=elsewhere).level is W


def test_of_many_users_the_first_are_named_and_the_rest_is_counted() -> None:
    many = Known({("Lead", "Other"): tuple(Use(f"form {n:02}", "has it", "template forms") for n in range(20))})
    found = ruled("Other", "", Action.REMOVED, references=many)
    assert found.chain[-1].words == "It is used by form 00, form 01, form 02 and 17 more."
    assert (len(found.reach), found.reach[-1].target) == (SHOWN + 1, f"{20 - SHOWN} more")


def test_a_field_that_keeps_a_definition_is_at_least_a_warning() -> None:
    assert ruled("Score", "rules", Action.REMOVED, item="r").level is W
    assert ruled("Score", "options", Action.REORDERED).level is I
    assert "definition" not in steps(ruled("Score", "options", Action.ADDED, item="x"))
    assert "definition" in steps(ruled("Score", "type", Action.WIDENED))


def test_a_laboratory_is_taken_less_seriously_and_the_strict_profile_undoes_that() -> None:
    lab = msgspec.structs.replace(CRM, class_="laboratory")
    assert ruled("Other", "", Action.REMOVED, of=lab).level is W
    assert ruled("Other", "", Action.ADDED, of=lab).level is I
    found = ruled("Other", "", Action.REMOVED, of=lab, profile="strict")
    assert (found.level, steps(found)[-1]) == (B, "profile")
    assert "class" not in steps(ruled("Other", "", Action.ADDED, of=msgspec.structs.replace(CRM, class_="restricted")))


def test_the_quiet_profile_takes_unknown_use_for_none_and_nothing_else() -> None:
    assert ruled("Other", "default", Action.CHANGED).level is W
    quiet = ruled("Other", "default", Action.CHANGED, profile="quiet")
    assert (quiet.level, steps(quiet)[-1]) == (I, "profile")
    assert ruled("Other", "", Action.REMOVED, profile="quiet").level is B
    used = Known({("Lead", "Other"): (Use("a form", "has it", "x"),)})
    assert ruled("Other", "default", Action.CHANGED, profile="quiet", references=used).level is W
    missed = ruled("Other", "default", Action.CHANGED, profile="quiet", references=Known(gaps={"": "forms failed"}))
    assert (missed.level, missed.chain[-1].words) == (W, "The quiet profile would lower it, but forms failed.")
    untold = Known(hidden={"": "code runs"})
    assert ruled("Other", "default", Action.CHANGED, profile="quiet", references=untold).level is I
    assert ruled("Other", "encrypted", Action.WIDENED, profile="quiet").level is W  # security


def test_an_announced_change_is_linked_inside_its_time() -> None:
    plan = PlannedChange("taxonomy", "MOPS-1", ("crm/field/Lead/New*",), 100, 200)
    inside = ruled("New_Field", "", Action.REMOVED, planned=(plan,), now=150)
    assert (inside.planned, inside.level) == ("taxonomy", I)
    assert "taxonomy (MOPS-1)" in inside.chain[-1].words
    for now in (50.0, 250.0, None):
        assert ruled("New_Field", "", Action.REMOVED, planned=(plan,), now=now).planned == ""
    assert ruled("Other", "", Action.REMOVED, planned=(plan,), now=150).planned == ""
    bare = msgspec.structs.replace(plan, ticket="")
    assert "as taxonomy." in ruled("New_Field", "", Action.ADDED, planned=(bare,), now=150).chain[-1].words


def test_ones_own_rule_has_the_last_word() -> None:
    ours = (Override("field.label.*", "crm/field/Lead/*", B, "labels are printed"),)
    found = ruled("Other", "label", Action.CHANGED, overrides=ours)
    assert (found.level, found.chain[-1].words) == (B, "Your own rule says so: labels are printed")
    assert ruled("Other", "label", Action.CHANGED, of=HUB, overrides=ours).level is I


@pytest.mark.parametrize(
    ("of", "action", "source", "fact", "urgency"),
    [
        (CRM, Action.NARROWED, Source.HEALTH, "rows", Urgency.PAGE),
        (CRM, Action.CHANGED, Source.HEALTH, "rows", Urgency.DIGEST),
        (CRM, Action.CHANGED, Source.FAULT, "credential", Urgency.PAGE),
        (CRM, Action.CHANGED, Source.FAULT, "version", Urgency.TICKET),
        (Subject("ads", tier=2), Action.NARROWED, Source.HEALTH, "rows", Urgency.TICKET),
        (Subject("shop", tier=1), Action.NARROWED, Source.HEALTH, "rows", Urgency.PAGE),
    ],
)
def test_a_page_is_for_data_that_is_lost_now_on_what_the_business_stops_without(
    of: Subject, action: Action, source: Source, fact: str, urgency: Urgency
) -> None:
    assert ruled("nightly", fact, action, kind=Kind.SYNC, scope="runs", of=of, source=source).urgency is urgency


def test_a_verdict_depends_on_nothing_but_what_it_is_given() -> None:
    assert ruled("UTM", "", Action.REMOVED) == ruled("UTM", "", Action.REMOVED)


def test_an_object_that_is_removed_hurts_all_who_use_any_of_its_fields() -> None:
    found = ruled("Lead", "", Action.REMOVED, kind=Kind.SCHEMA, scope="objects")
    assert found.level is B
    assert found.chain[1].words == "A flow from hub writes into it and a flow to ads (and 1 more) reads from it."


def test_a_level_that_only_hurts_the_other_side_is_lowered_and_says_why() -> None:
    found = ruled("Notes", "required", Action.NARROWED)
    assert found.chain[1].words == "A flow to ads (and 1 more) reads from it; that side is not hurt by this."


@pytest.mark.parametrize(
    ("after", "level"),
    [
        ({"type": "text", "required": True}, B),
        ({"type": "text", "required": True, "default": "web"}, I),
        ({"type": "boolean", "required": True, "default": False}, I),
        ({"type": "text", "required": True, "auto_number": True}, I),
        ({"type": "text", "required": False}, I),
        (None, I),
    ],
)
def test_a_new_field_that_must_be_filled_refuses_what_is_written_as_before(after: Any, level: Level) -> None:
    assert ruled("New", "", Action.ADDED, after=after).level is level


def test_a_right_of_another_set_than_the_writers_own_does_not_stop_the_flow() -> None:
    found = ruled("Sales/Region", "edit", Action.NARROWED, kind=Kind.PERMISSION, scope="Lead.field-permissions")
    assert (found.level, steps(found)) == (W, ["rule"])


def test_taking_the_writers_set_from_the_user_who_holds_it_stops_the_flow() -> None:
    gone = {"kind": Kind.PERMISSION, "scope": "assignments"}
    assert ruled("p-7/HubSpot_Integration", "", Action.REMOVED, **gone).level is B
    assert ruled("p-7/Sales", "", Action.REMOVED, **gone).level is W
