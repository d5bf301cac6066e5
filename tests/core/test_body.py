"""The bytes of a scope: what the store keeps is, byte for byte, the baseline file."""

from __future__ import annotations

import msgspec
import orjson
import pytest
from hypothesis import given

from monitor.core.body import BodyError, decode, encode, line_of, recall
from monitor.core.model import Body
from monitor.core.row import Row
from probes.kit.contract import Parent

from .shapes import OBJECTS, bodies


@given(bodies())
def test_a_body_survives_its_bytes(one: Body) -> None:
    whole = msgspec.structs.replace(one, parent=Parent(OBJECTS, "Lead"), api_version="v1")
    for body in (one, whole):
        assert decode(encode(body)) == body
        assert encode(decode(encode(body))) == encode(body)
        assert recall(encode(body)) == body


@given(bodies(), bodies())
def test_rows_out_of_what_is_kept_are_written_as_they_stand_beside_new_ones(kept: Body, new: Body) -> None:
    old = recall(encode(kept))
    mixed = msgspec.structs.replace(old, rows={**old.rows, **new.rows})
    assert encode(mixed) == encode(msgspec.structs.replace(kept, rows={**kept.rows, **new.rows}))
    for key, row in old.rows.items():
        assert (row.id, row.facts) == (kept.rows[key].id, kept.rows[key].facts)
        assert row == kept.rows[key] != Row({**row.facts, "another": 1}, row.id)
        assert row != kept.rows[key].facts and repr(row) == repr(decode(encode(kept)).rows[key])


GOOD = {
    "driftline": 1,
    "scope": {"kind": "field", "name": "Lead"},
    "read": "fields/Lead",
    "parent": None,
    "api_version": "",
    "facts": ["label"],
    "resources": {"a": {"label": "x"}},
}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"{\n  <<<", "line 2: not JSON"),
        (b"[]", '"driftline": expected 1'),
        (orjson.dumps({**GOOD, "driftline": 2}), '"driftline": expected 1'),
        (orjson.dumps({**GOOD, "resources": {"a": 1}}), "resources.a: expected an object of facts"),
        (orjson.dumps({**GOOD, "resources": {"a": {"@id": 1}}}), "resources.a.@id: expected text"),
        (orjson.dumps({**GOOD, "scope": {}}), "not a baseline file: KeyError"),
        (orjson.dumps({**GOOD, "facts": "label"}), "not a baseline file: ValidationError"),
        (orjson.dumps({**GOOD, "resources": []}), "not a baseline file: AttributeError"),
    ],
)
def test_a_file_that_is_no_baseline_says_what_is_wrong(raw: bytes, says: str) -> None:
    with pytest.raises(BodyError) as error:
        decode(raw)
    assert says in str(error.value)


MANY = encode(
    Body(
        ref=OBJECTS,
        read="objects",
        facts=("label", "options", "status"),
        rows={
            "a": Row({"label": "a", "status": "b"}),
            "b": Row({"label": "b", "options": [{"value": "x"}, {"value": "b"}], "status": {"c": 1, "d": ["e"]}}),
        },
    )
)


@pytest.mark.parametrize(
    ("key", "fact", "item", "says"),
    [
        ("a", "label", "", '      "label": "a",'),
        ("b", "label", "", '      "label": "b",'),
        ("b", "", "", '    "b": {'),
        ("a", "options", "b", '    "a": {'),
        ("c", "label", "", '  "resources": {'),
        ("b", "options", "b", '          "value": "b"'),
        ("b", "options", "y", '      "options": ['),
        ("b", "status", "c", '        "c": 1,'),
        ("b", "status", "e", '          "e"'),
        ("", "", "", '  "resources": {'),
    ],
)
def test_a_fact_is_placed_at_its_line_or_at_what_holds_it(key: str, fact: str, item: str, says: str) -> None:
    assert MANY.decode().split("\n")[line_of(MANY, key, fact, item) - 1] == says


@given(bodies())
def test_every_fact_of_every_body_is_placed_at_a_line_of_its_name(one: Body) -> None:
    raw = encode(one)
    lines = raw.decode().split("\n")
    for key, row in one.rows.items():
        at = line_of(raw, key)
        assert lines[at - 1].startswith(f"    {orjson.dumps(key).decode()}: {{")
        for fact in row.facts:
            assert lines[line_of(raw, key, fact) - 1].startswith(f"      {orjson.dumps(fact).decode()}: ")
            assert line_of(raw, key, fact) > at


def test_a_file_that_is_no_baseline_has_a_first_line() -> None:
    assert line_of(b"", "a", "label") == 1
