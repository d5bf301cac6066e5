"""Finding rows by name, label, value and right."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import dictionary
from monitor.core.dictionary import EXACT, LABEL, PART, PREFIX, RANKS, VALUE, Hit, Page, Query, look, rows
from monitor.core.model import Body
from monitor.core.row import Row
from probes.kit.contract import Kind, Ref

EVERY = len(RANKS)
STAGES = [{"value": "sql", "label": "Sales Qualified"}, {"value": "won", "label": ""}]
LEAD = {
    "Status": {"label": "Lead Status", "options": STAGES},
    "StatusReason__c": {"label": "Reason"},
    "Old_Status": {"label": "Before"},
    "Step": {"label": "Status of the step"},
    "Score": {"label": "Score", "options": [{"value": "status", "label": "x"}]},
    "Region": {"label": None, "references": ["Account"], "x_own": ["status"], "required": True},
}


def page(there: dict[str, dict[str, Any]], kind: Kind = Kind.FIELD, scope: str = "Lead", **called: str) -> Page:
    body = Body(Ref(kind, scope), "read", (), {key: Row(facts) for key, facts in there.items()})
    return dictionary.page(body, called)


def asked(text: str, *people: str) -> Query:
    found = dictionary.query(text, people)
    assert found is not None
    return found


def found(text: str, made: Page, *people: str, scope: str = "lead", enough: int = EVERY) -> list[tuple[int, str]]:
    count, hits = look(asked(text, *people), made.folded, scope.encode(), enough)
    assert enough < EVERY or count == len(hits)
    return [(hit.rank, row.key) for hit, row in zip(hits, rows(made.shown, [h.line for h in hits]), strict=True)]


def test_what_is_called_so_comes_before_what_only_begins_so_or_has_it() -> None:
    assert sorted(found("STATUS", page(LEAD))) == [
        (EXACT, "Status"), (PREFIX, "StatusReason__c"), (LABEL, "Step"), (VALUE, "Score"), (PART, "Old_Status"),
    ]  # fmt: skip


def test_a_field_is_found_as_people_write_it() -> None:
    assert found("Lead.Status", page(LEAD)) == [(EXACT, "Status"), (PREFIX, "StatusReason__c")]
    assert found("sf/field/lead/status", page(LEAD))[0] == (EXACT, "Status")
    assert found("Account.Status", page(LEAD)) == []
    assert found("Account.", page({"Account.Name": {}}), scope="account") == [(PREFIX, "Account.Name")]
    assert found("a.b", page({"B": {"label": "a.b"}}), scope="a") == [(EXACT, "B")]


def test_options_members_and_rights_are_values() -> None:
    assert found("sales qual", page(LEAD)) == [(VALUE, "Status")]
    assert found("account", page(LEAD)) == [(VALUE, "Region")]
    sets = page({"Marketing": {"export": True, "modify_all": False, "powers": ["ManageUsers"]}}, Kind.PERMISSION, "s")
    assert found("export", sets) == [(VALUE, "Marketing")]
    assert found("manageusers", sets) == [(VALUE, "Marketing")]
    assert found("modify_all", sets) == []


def test_the_value_that_fits_is_told_as_the_vendor_spells_it() -> None:
    made = page(LEAD)
    (row,) = rows(made.shown, [3])
    assert row.key == "Status" and row.values == ("sql", "Sales Qualified", "won")
    assert dictionary.value(asked("qualified"), row) == "Sales Qualified"
    assert dictionary.value(asked("lead"), row) == ""


def test_all_words_must_be_there_in_any_order() -> None:
    made = page({"Utm_Source": {"label": "Campaign source"}, "Source": {"label": "Lead"}})
    assert found("source campaign", made) == [(LABEL, "Utm_Source")]


def test_automations_are_found_by_what_people_call_them() -> None:
    made = page({"301": {"active": True}}, Kind.AUTOMATION, "flows", **{"301": "Route to sales"})
    assert found("route", made) == [(LABEL, "301")]
    assert found("active", made) == []


def test_people_are_found_by_their_pseudonyms_once() -> None:
    made = page(
        {"p-0123456789": {"label": "anna"}, "set": {"members": ["p-0123456789", "p-aaaaaaaaaa"]}}, Kind.PERMISSION
    )
    keys = [key for _, key in found("anna", made, "p-0123456789", "p-aaaaaaaaaa")]
    assert sorted(keys) == ["p-0123456789", "set"]


def test_what_cannot_be_shown_is_only_counted() -> None:
    made = page(LEAD)
    for enough in range(EVERY + 1):
        count, hits = look(asked("status"), made.folded, b"lead", enough)
        assert count == 5
        assert [hit.rank for hit in hits] == [rank for rank in (PART, VALUE, EXACT, PREFIX, LABEL) if rank < enough]
        assert look(asked("status reason"), made.folded, b"lead", enough)[0] == 1
        assert look(asked("status none"), made.folded, b"lead", enough) == (0, [])
    assert look(asked("lead.status"), made.folded, b"lead", EXACT) == (2, [])


NAMES = st.text("ab .", min_size=1, max_size=4)


@given(
    st.dictionaries(NAMES, st.fixed_dictionaries({"label": NAMES}), max_size=6), st.text("ab ", min_size=2, max_size=4)
)
def test_what_is_only_counted_is_ranked_the_same_where_it_is_shown(there: dict[str, dict[str, Any]], text: str) -> None:
    made, one = page(there), dictionary.query(text)
    if one is None or one.scope:
        return
    words = text.split()
    count, hits = look(one, made.folded, b"", EVERY)
    kept = rows(made.shown, [hit.line for hit in hits])
    assert [row.key for row in kept] == [
        key for key, facts in sorted(there.items())
        if all(word in f"{key}\0{facts['label']}" for word in words)
    ]  # fmt: skip
    for enough in range(EVERY):
        assert look(one, made.folded, b"", enough) == (count, [hit for hit in hits if hit.rank < enough])


def test_too_little_is_not_looked_for() -> None:
    assert [dictionary.query(text) for text in ("", " ", "a", "\n\n")] == [None] * 4


def test_rights_on_single_fields_are_told_on_the_page_of_the_field() -> None:
    rights = page({"Marketing/Status": {"read": True}}, Kind.PERMISSION, "Lead.field-permissions")
    assert rights == Page(b"", b"") and look(asked("status"), b"", b"", EVERY) == (0, [])


hostile = st.text(max_size=12).filter(bool)


@given(st.dictionaries(hostile, st.fixed_dictionaries({"label": st.text(max_size=12)}), max_size=6))
def test_every_row_is_found_by_its_own_name_whatever_it_is_made_of(there: dict[str, dict[str, Any]]) -> None:
    made = page(there)
    for key in there:
        if (query := dictionary.query(key)) is not None:
            _, hits = look(query, made.folded, b"", EVERY)
            assert key in [row.key for row in rows(made.shown, [hit.line for hit in hits])]


@pytest.mark.parametrize("key", ["a\nb", "a\x1fb", "a\u2028b", "a\x00b"])
def test_no_name_can_break_the_lines(key: str) -> None:
    made = page({key: {"label": "x\ny"}, "zz": {}})
    assert look(asked("zz"), made.folded, b"", EVERY) == (1, [Hit(EXACT, 1)])
    assert rows(made.shown, [0])[0].key == key
