"""Which way a thing goes, and what fits in whose place."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core import rules
from monitor.core.compare import compare, direction
from monitor.core.judge import Context, Subject, judge
from monitor.core.model import Action, Address, Body, Claim, Level, Source
from monitor.core.row import Row
from monitor.core.wire import fits, way
from probes.kit.contract import Kind, Ref
from probes.kit.facts import fact

N, W, C = Action.NARROWED, Action.WIDENED, Action.CHANGED


def at(key: str, scope: str = "api:Card", kind: Kind = Kind.FIELD, name: str = "") -> Address:
    return Address(Source.DRIFT, "api", kind, scope, key, name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("integer", "number"),
        ("integer:int32", "integer:int64"),
        ("integer:int32", "number"),
        ("string:date", "string"),
        ("[integer]", "[number]"),
        ("[Int!]", "[Int]"),
        ("Int!", "Int"),
        ("[Int!]!", "[Int]!"),
        ("A", "A | B"),
        ("A | B", "A | B | C"),
        ("Card", "any"),
    ],
)
def test_a_narrower_type_fits_a_wider_one_and_not_the_other_way(one: str, other: str) -> None:
    assert fits(one, other) and not fits(other, one)
    assert direction(fact(Kind.FIELD, "wire_type"), one, other) is W
    assert direction(fact(Kind.FIELD, "wire_type"), other, one) is N


@pytest.mark.parametrize(
    ("one", "other"), [("integer", "string"), ("A | B", "B | C"), ("[A]", "A"), (None, "A"), ("", "A")]
)
def test_other_types_fit_in_neither_place(one: Any, other: Any) -> None:
    assert not fits(one, other) and not fits(other, one) and not fits(other, other)
    assert direction(fact(Kind.FIELD, "wire_type"), one, other) is C


@pytest.mark.parametrize(
    ("name", "before", "after", "action"),
    [("minimum", 1, 5, N), ("minimum", 5, None, W), ("minimum", "1", "5", C), ("maximum", None, 5, N),
     ("pattern", None, "^a", N), ("pattern", "^a", None, W), ("pattern", "^a", "^b", C)],
)  # fmt: skip
def test_bounds_and_patterns_narrow_by_closing_in(name: str, before: Any, after: Any, action: Action) -> None:
    assert direction(fact(Kind.FIELD, name), before, after) is action


def test_a_list_of_values_that_comes_or_goes_is_one_change() -> None:
    def body(*rows: Any) -> Body:
        return Body(Ref(Kind.FIELD, "api:Card"), "", ("values",), {"k": Row({"values": list(rows)} if rows else {})})

    (come,) = compare(body(), body("a", "b"), None)
    (gone,) = compare(body("a", "b"), body(), None)
    (less,) = compare(body("a", "b"), body("a"), None)
    assert (come.action, gone.action, less.action) == (N, W, Action.REMOVED)
    assert (come.item, come.after, less.item) == ("", ["a", "b"], "b")


def test_the_key_says_which_way_and_only_in_a_described_api() -> None:
    assert way(at("request/query.q")) == "sent" and way(at("response-value/A")) == "answered-value"
    assert way(at("request/q", scope="public.request")) == way(at("request/q", kind=Kind.SCHEMA)) == way(at("q")) == ""
    assert rules.find(at("response/a", name="required"), W).id == "field.answered-required.widened"
    assert rules.find(at("request/a", name="required"), W).id == "field.required.widened"
    assert rules.find(at("request/a", scope="Lead", name="nullable"), N).id == "field.nullable.narrowed"


@pytest.mark.parametrize(("key", "level"), [("request/a", Level.BREAKING), ("response/a", Level.INFO)])
def test_what_must_be_there_is_asked_only_of_who_sends(key: str, level: Level) -> None:
    claim = Claim(at(key), Action.ADDED, None, {"required": True})
    verdict = judge(claim, Context(Subject("api", "openapi", owner="ops"))).verdict
    assert verdict is not None and verdict.level is level
