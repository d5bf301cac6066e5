from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.model import Action, Address, Claim, Source
from monitor.core.rules import possible
from monitor.engine.diff import diff
from monitor.engine.words import plain, sentence
from probes.kit.contract import Kind

F, P = Kind.FIELD, Kind.PERMISSION


def said(kind: Kind, scope: str, key: str, fact: str, item: str, action: Action, before: Any, after: Any) -> str:
    return plain(sentence(Claim(Address(Source.DRIFT, "s", kind, scope, key, fact, item), action, before, after)))


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((F, "Lead", "Score__c", "", "", Action.REMOVED, {}, None), "Field Score__c was removed"),
        ((F, "Lead", "a", "", "", Action.RENAMED, "a", "b"), "Field a was renamed to b"),
        ((P, "permission-sets", "Ops", "", "", Action.ADDED, None, {}), "Permission set Ops was added"),
        ((P, "assignments", "kim/Ops", "", "", Action.ADDED, None, {}), "kim was given Ops"),
        ((F, "Lead", "Status", "options.active", "Qualified", Action.NARROWED, True, False),
         "Option Qualified was deactivated on Status"),
        ((F, "Lead", "Status", "options.label", "Q", Action.CHANGED, "Old", "New"),
         "Label of option Q on Status changed from Old to New"),
        ((F, "Lead", "Status", "options.depends", "Q", Action.CHANGED, ["a"], ["b"]),
         'Depends of option Q on Status changed from ["a"] to ["b"]'),
        ((F, "Lead", "LeadSource", "options", "", Action.REORDERED, ["a", "b"], ["b", "a"]),
         "The order of options changed on LeadSource"),
        ((F, "Lead", "Region__c", "required", "", Action.NARROWED, False, True), "Field Region__c became required"),
        ((F, "Lead", "Score__c", "precision", "", Action.NARROWED, 18, 6),
         "Precision of Score__c narrowed from 18 to 6"),
        ((F, "Lead", "x", "length", "", Action.WIDENED, 80, None), "Length of x is no longer set, was 80"),
        ((P, "Lead.field-permissions", "Int/Status", "edit", "", Action.NARROWED, True, False),
         "Int lost edit on Lead.Status"),
        ((P, "Lead.field-permissions", "Int/Status", "", "", Action.REMOVED, {}, None),
         "Int lost its rights on Lead.Status"),
        ((P, "users", "kim", "admin", "", Action.WIDENED, False, True), "User kim became an administrator"),
        ((F, "Lead", "a", "x_odd", "", Action.CHANGED, {"b": 1}, [2]), 'Odd of a changed from {"b":1} to [2]'),
    ],
)  # fmt: skip
def test_a_change_is_said_in_the_words_people_use(args: tuple[Any, ...], words: str) -> None:
    assert said(*args) == words


def test_every_possible_change_has_a_sentence() -> None:
    for kind in Kind:
        for fact, action in possible(kind):
            item = "i" if "." in fact else ""
            words = said(kind, "x", "key", fact, item, action, "was", "is")
            assert ("was" in words and "is" in words) if action is Action.RENAMED else "key" in words


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from([(kind, *one) for kind in Kind for one in possible(kind)]), JSON, JSON, st.text(max_size=3))
def test_whatever_a_vendor_has_can_be_said(
    change: tuple[Kind, str, Action], before: Any, after: Any, item: str
) -> None:
    kind, fact, action = change
    assert said(kind, "x", "key/of", fact, item, action, before, after)


def test_options_are_aligned_by_value_and_far_ones_are_folded() -> None:
    before = [{"value": str(n), "label": f"L{n}"} for n in range(40)]
    after = [o for o in before if o["value"] != "20"]
    rows = diff(Address(Source.DRIFT, "s", F, "Lead", "Status", "options", "20"), before, after)
    assert [(r.sign, r.hit) for r in rows] == [
        ("…", False), ("=", False), ("=", False), ("-", True), ("=", False), ("=", False), ("…", False),
    ]  # fmt: skip
    assert rows[0].before == "18 unchanged"


def test_sets_scalars_and_whole_resources_have_a_diff() -> None:
    address = Address(Source.DRIFT, "s", P, "users", "kim", "powers", "export")
    assert [(r.sign, r.before, r.after) for r in diff(address, ["api"], ["api", "export"])] == [
        ("=", "api", "api"),
        ("+", "", "export"),
    ]
    length = Address(Source.DRIFT, "s", F, "Lead", "x", "length")
    assert [(r.sign, r.before, r.after) for r in diff(length, 255, 80)] == [("~", "255", "80")]
    gone = Address(Source.DRIFT, "s", F, "Lead", "x")
    assert [(r.sign, r.before) for r in diff(gone, {"type": "text", "html": False}, None)] == [
        ("-", "type: text"),
        ("…", "and 1 that are off or empty"),
    ]
