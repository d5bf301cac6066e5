"""Which way a fact moved, and how odd values are compared."""

from __future__ import annotations

import sys
from typing import Any
from unittest.mock import patch

import msgspec
import pytest

from monitor.core.compare import compare, direction
from monitor.core.model import Action
from monitor.core.row import Row
from probes.kit.contract import Kind
from probes.kit.facts import Fact, Narrower, fact

from .shapes import body

N, W, C = Action.NARROWED, Action.WIDENED, Action.CHANGED


@pytest.mark.parametrize(
    ("name", "before", "after", "action"),
    [
        ("required", False, True, N),
        ("required", None, True, N),
        ("required", True, None, W),
        ("required", None, False, C),
        ("nullable", True, False, N),
        ("nullable", False, True, W),
        ("length", 80, 40, N),
        ("length", None, 40, N),
        ("length", 40, None, W),
        ("type", "text", "long_text", W),
        ("type", "boolean", "html", W),
        ("type", "long_text", "option", N),
        ("type", "text", "own", C),
        ("type", "geo", None, C),
        ("label", "a", "b", C),
        ("options.active", True, False, N),
        ("options.hidden", False, True, N),
    ],
)
def test_the_facts_table_says_what_is_narrower(name: str, before: Any, after: Any, action: Action) -> None:
    assert direction(fact(Kind.FIELD, name), before, after) is action


@pytest.mark.parametrize(("before", "after", "action"), [("full", "partial", N), (None, "full", W), ("odd", "none", C)])
def test_levels_of_access_go_from_none_to_full(before: Any, after: Any, action: Action) -> None:
    assert direction(Fact("access", narrower=Narrower.LEVEL), before, after) is action


@pytest.mark.parametrize(
    "value",
    ["text", [], [{"label": "no value"}], [{"value": "x", "strange": 1}], [{"value": "x"}, {"value": "x"}], [3]],
)
def test_a_map_in_another_form_is_compared_as_a_whole(value: Any) -> None:
    (change,) = compare(body({"a": {"options": [{"value": "x"}]}}), body({"a": {"options": value}}), None)
    assert (change.fact, change.item, change.after) == ("options", "", value)


def test_the_text_1_and_the_number_1_are_two_values_of_a_set() -> None:
    (change,) = compare(body({"a": {"references": ["1"]}}), body({"a": {"references": [1]}}), None)
    assert (change.item, change.before, change.after) == ("", ["1"], [1])


def test_one_and_true_are_two_values() -> None:
    (change,) = compare(body({"a": {"x_own": 1}}), body({"a": {"x_own": True}}), None)
    assert change.after is True


def test_an_added_resource_carries_its_id_so_that_a_later_rename_is_seen() -> None:
    after = msgspec.structs.replace(body({}), rows={"a": Row({"label": "A"}, "id1")})
    (change,) = compare(body({}), after, None)
    assert change.after == {"@id": "id1", "label": "A"}


def test_of_two_candidates_with_one_id_no_rename_is_guessed() -> None:
    before = msgspec.structs.replace(body({}), rows={"a": Row({}, "1"), "b": Row({}, "1")})
    after = msgspec.structs.replace(body({}), rows={"c": Row({}, "1")})
    assert [c.action for c in compare(before, after, None)] == [Action.REMOVED, Action.REMOVED, Action.ADDED]


def test_a_poll_without_a_changed_list_never_imports_deepdiff() -> None:
    with patch.dict(sys.modules, {"deepdiff": None}):
        assert compare(body({"a": {"label": "x"}}), body({"a": {"label": "y"}}), None)
        with pytest.raises(ImportError):
            compare(body({"a": {"references": ["x"]}}), body({"a": {"references": ["y"]}}), None)


def test_removing_most_options_of_a_list_is_one_change_for_each() -> None:
    before = body({"a": {"options": [{"value": str(n), "label": "x"} for n in range(10)]}})
    after = body({"a": {"options": [{"value": str(n), "label": "x"} for n in (1, 2)]}})
    changes = compare(before, after, None)
    assert [c.action for c in changes] == [Action.REMOVED] * 8


def test_of_keys_that_were_not_read_nothing_is_said() -> None:
    before = body({"a": {"label": "A"}, "b": {"label": "B"}, "c": {"label": "C"}})
    after = body({"a": {"label": "Z"}, "c": {"label": "Y"}, "d": {"label": "D"}})
    assert [(one.key, one.action) for one in compare(before, after, frozenset("a"))] == [("a", C)]
    assert {one.key for one in compare(before, after, None)} == {"a", "b", "c", "d"}
