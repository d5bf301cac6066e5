"""Law 1: a reading compared with itself yields nothing, in whatever order it came."""

from __future__ import annotations

import random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.body import decode, encode
from monitor.core.compare import compare
from monitor.core.model import Body
from monitor.core.row import Row

from .shapes import bodies, body


def shuffled(one: Body, seed: int) -> Body:
    chance = random.Random(seed)

    def mixed(value: Any) -> Any:
        if isinstance(value, dict):
            pairs = [(k, mixed(v)) for k, v in value.items()]
            chance.shuffle(pairs)
            return dict(pairs)
        return [mixed(v) for v in value] if isinstance(value, list) else value

    rows = [(key, Row(mixed(row.facts), row.id)) for key, row in one.rows.items()]
    chance.shuffle(rows)
    return msgspec.structs.replace(one, rows=dict(rows), facts=tuple(reversed(one.facts)))


@given(bodies())
def test_a_reading_compared_with_itself_yields_nothing(one: Body) -> None:
    assert compare(one, decode(encode(one)), None) == ()


@given(bodies(), st.integers(0, 9))
def test_the_order_of_records_and_keys_yields_nothing(one: Body, seed: int) -> None:
    other = shuffled(one, seed)
    assert compare(one, other, None) == compare(other, one, None) == ()
    assert encode(one) == encode(other)


def test_the_order_of_a_set_yields_nothing() -> None:
    assert compare(body({"a": {"references": ["x", "y"]}}), body({"a": {"references": ["y", "x"]}}), None) == ()


def test_an_attribute_that_is_null_is_the_same_as_one_that_is_not_there() -> None:
    one = body({"a": {"options": [{"value": "x", "label": None}]}})
    assert compare(one, body({"a": {"options": [{"value": "x"}]}}), None) == ()
