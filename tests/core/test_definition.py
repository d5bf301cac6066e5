"""A meaning that systems share is kept by each of them, or it is said who left."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import definition
from monitor.core.graph import Definition, Kept
from monitor.core.judge import Context, Subject, judge
from monitor.core.model import Claim, Level

from .crossing import CONTACTS, LEAD, OBJECTS, chosen, edited, stack, view

QUALIFIED = Definition(
    "qualified", kept=(Kept("hub", "contacts", "stage", "sql"), Kept("crm", "Lead", "Status", "Qualified"))
)
STAGE = Definition(
    "stage",
    kept=(Kept("hub", "contacts", "stage"), Kept("crm", "Lead", "Status", values={"sql": "Qualified", "lead": "Open"})),
    values=("sql", "lead"),
)
CONSENT = Definition("consent", kept=(Kept("crm", "Lead", "UTM"),))
ALL = (QUALIFIED, STAGE, CONSENT)


def left(integration: str, scopes: Any = None, definitions: Any = ALL) -> tuple[Claim, ...]:
    return definition.evaluate(integration, definitions, view(scopes), 1).claims


def said(claims: tuple[Claim, ...]) -> list[tuple[str, str, str]]:
    return [(c.address.key, c.address.fact, c.address.item) for c in claims]


def test_a_meaning_that_all_keep_says_nothing() -> None:
    assert left("hub") == left("crm") == ()


def test_a_value_that_is_gone_is_named_with_who_left_and_who_still_means_it() -> None:
    scopes = edited(CONTACTS, "stage", **chosen("lead", "other"))
    claims = left("hub", scopes)
    assert said(claims) == [("stage", "value", "qualified"), ("stage", "value", "stage")]
    assert claims[0].before == ["sql"]
    assert claims[0].words == (
        "hub has left the definition of “qualified”: stage of contacts has no value sql. crm still means it."
    )
    assert left("crm", scopes) == ()


def test_canonical_values_have_a_name_of_their_own_in_each_system() -> None:
    claims = left("crm", edited(LEAD, "Status", **chosen("Qualified")))
    assert [(c.address.item, c.before) for c in claims] == [("stage", ["Open"])]


def test_a_field_that_is_gone_or_archived_keeps_nothing() -> None:
    assert said(left("crm", edited(LEAD, "UTM"))) == [("UTM", "field", "consent")]
    assert said(left("crm", edited(LEAD, "UTM", archived=True))) == [("UTM", "field", "consent")]
    assert left("crm", edited(LEAD, "UTM"))[0].words.endswith("UTM of Lead is not there.")


def test_an_object_that_is_gone_keeps_nothing() -> None:
    assert {one[2] for one in said(left("crm", edited(OBJECTS, "Lead")))} == {"qualified", "stage", "consent"}


@given(st.sampled_from(["gap", "old", "never"]), st.sampled_from(["stage", "nothing"]))
def test_what_was_not_read_is_unknown(how: str, key: str) -> None:
    scopes = edited(CONTACTS, key) if key == "stage" else stack()
    if how == "never":
        del scopes[CONTACTS]
    else:
        changes: dict[str, Any] = {"gap": "Denied"} if how == "gap" else {"good_at": 0.0}
        scopes[CONTACTS] = msgspec.structs.replace(scopes[CONTACTS], **changes)
    found = definition.evaluate("hub", ALL, view(scopes), 1)
    assert (found.claims, dict(found.covered.scopes)) == ((), {})


def test_a_field_that_may_be_gone_is_unknown() -> None:
    scopes = edited(LEAD, "UTM")
    scopes[LEAD] = msgspec.structs.replace(scopes[LEAD], unsure=frozenset({"UTM"}))
    found = definition.evaluate("crm", ALL, view(scopes), 1)
    assert found.claims == ()
    assert found.covered.scopes == {LEAD[1]: frozenset({"Status", "Region", "Name"})}


@given(st.permutations(ALL))
def test_the_order_of_definitions_says_nothing(definitions: Any) -> None:
    scopes = edited(CONTACTS, "stage", **chosen("other"))
    assert left("hub", scopes, definitions) == left("hub", scopes)


def test_having_left_is_breaking() -> None:
    (claim, *_) = left("hub", edited(CONTACTS, "stage", **chosen("lead")))
    verdict = judge(claim, Context(Subject("hub"), definitions=ALL)).verdict
    assert verdict is not None
    assert (verdict.rule, verdict.level) == ("definition.value.narrowed", Level.BREAKING)
    assert "definition" not in [reason.step for reason in verdict.chain]
