"""What putting a change back takes, as sentences."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core.model import Action, Address, Claim, Source
from monitor.core.steps import put_back
from probes.kit.contract import Kind


@pytest.mark.parametrize(
    ("fact", "item", "action", "before", "after", "last"),
    [
        ("required", "", Action.NARROWED, False, True, "Set required back to off."),
        ("required", "", Action.WIDENED, True, False, "Set required back to on."),
        ("label", "", Action.CHANGED, "Old", "New", "Set label back to Old."),
        ("length", "", Action.NARROWED, 80, 40, "Set length back to 80."),
        ("length", "", Action.NARROWED, None, 40, "Clear length."),
        ("x_odd_one", "", Action.CHANGED, [1, "b"], [2], "Set odd one back to 1, b."),
        ("x_odd", "", Action.CHANGED, [{"a": 1}], [], 'Set odd back to [{"a":1}].'),
        ("byte_length", "", Action.WIDENED, 240, 960,
         "“byte length” is set by nobody. It follows the field's length: put that back."),
        ("x_body_digest", "", Action.CHANGED, "8c", "b0",
         "Put its body back. What it was is kept as a digest alone: look for it at the vendor."),
        ("x_digests", "", Action.CHANGED, {"a": "8c"}, {"a": "b0"},
         "Put its content back. What it was is kept as a digest alone: look for it at the vendor."),
        ("options", "sql", Action.ADDED, None, {"value": "sql"}, "Take sql out of its options."),
        ("options", "sql", Action.REMOVED, {"value": "sql", "label": "SQL"}, None,
         "Add sql to its options again, with label SQL."),
        ("references", "Lead", Action.REMOVED, "Lead", None, "Add Lead to its references again."),
        ("options.active", "sql", Action.NARROWED, True, False, "Set active of sql in options back to on."),
        ("options", "", Action.REORDERED, ["b", "a"], ["a", "b"], "Put its options back into this order: b, a."),
        ("", "", Action.ADDED, None, {}, "Remove Status from Lead, if nothing uses it yet."),
        ("", "", Action.RENAMED, "Status", "State", "Rename State in Lead back to Status."),
        ("", "", Action.REMOVED, {"type": "text"}, None, "Restore its data from a backup, if it had any."),
    ],
)  # fmt: skip
def test_each_change_says_how_to_put_it_back(
    fact: str, item: str, action: Action, before: Any, after: Any, last: str
) -> None:
    claim = Claim(Address(Source.DRIFT, "crm", Kind.FIELD, "Lead", "Status", fact, item), action, before, after)
    assert put_back(claim)[-1] == last


@pytest.mark.parametrize(("source", "scope"), [(Source.HEALTH, "runs"), (Source.DRIFT, "vantage")])
def test_what_is_no_thing_at_the_vendor_has_no_steps(source: Source, scope: str) -> None:
    assert put_back(Claim(Address(source, "crm", Kind.SYNC, scope, "k", "state"), Action.CHANGED)) == ()


REQUIRED = Address(Source.DRIFT, "crm", Kind.FIELD, "Lead", "Status", "required")


@pytest.mark.parametrize(
    ("scope", "fact", "action", "before", "after", "under", "last"),
    [
        ("Lead.field-permissions", "edit", Action.NARROWED, True, False, None, "Give Int edit on Lead.Status again."),
        ("Lead.field-permissions", "edit", Action.WIDENED, False, True, None,
         "Take edit on Lead.Status away from Int."),
        ("assignments", "active", Action.NARROWED, True, False, None, "Give Int active again."),
        ("Lead.field-permissions", "", Action.REMOVED, {"edit": True, "read": True, "x": 1}, None, None,
         "Give Int edit and read on Lead.Status again."),
        ("assignments", "", Action.REMOVED, "was", None, None, "Give Int Status again."),
        ("Lead.field-permissions", "", Action.REMOVED, None, None, None, "Give Int its rights on Lead.Status again."),
        ("Lead.field-permissions", "", Action.REMOVED, {"edit": True}, None, REQUIRED,
         "Nothing is lost: Lead.Status is required, so it is open to all who may edit Lead."),
        ("field-permissions", "", Action.REMOVED, {"edit": True}, None, REQUIRED,
         "Nothing is lost: Status is required, so it is open to all who may edit the object."),
        ("Lead.field-permissions", "", Action.ADDED, None, {"edit": True}, None,
         "Take its rights on Lead.Status away from Int."),
        ("assignments", "", Action.ADDED, None, {}, None, "Take Status away from Int."),
        ("assignments", "", Action.REMOVED, {}, None, None, "Give Int Status again."),
        ("assignments", "", Action.RENAMED, "Int/Status", "Int/State", None,
         "Rename Int/State in assignments back to Int/Status."),
        ("assignments", "owner", Action.CHANGED, "a", "b", None, "Set owner back to a."),
    ],
)  # fmt: skip
def test_a_right_is_given_again_to_its_holder_or_taken_away(
    scope: str, fact: str, action: Action, before: Any, after: Any, under: Address | None, last: str
) -> None:
    address = Address(Source.DRIFT, "crm", Kind.PERMISSION, scope, "Int/Status", fact)
    assert put_back(Claim(address, action, before, after, under=under))[-1] == last


def test_only_what_holds_data_has_data_to_restore() -> None:
    address = Address(Source.DRIFT, "crm", Kind.SYNC, "syncs", "61")
    assert put_back(Claim(address, Action.REMOVED, {"label": "Scores"}, None)) == (
        "Create 61 in syncs again, with label Scores.",
    )
