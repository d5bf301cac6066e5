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
        ("x_odd_one", "", Action.CHANGED, [1], [2], "Set odd one back to [1]."),
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
