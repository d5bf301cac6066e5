"""The properties of a JSON Schema as fields: their paths, what each may hold, and what no word of ours says."""

from __future__ import annotations

from typing import Any

import pytest

from probes.kit.contract import Malformed
from probes.kit.schemas import BOUNDS, DEEP, KNOWN, properties


def one(told: Any, **how: Any) -> dict[str, Any]:
    (row,) = properties({"properties": {"it": told}}, **how)
    return row


def test_properties_stand_under_their_dotted_paths_with_those_that_must_be_there() -> None:
    line = {
        "type": "object",
        "required": ["sku"],
        "properties": {"sku": {"type": "string"}, "price": {"type": "number"}},
    }
    whole = {"required": ["lines"], "properties": {"lines": {"type": "array", "items": line}, "buyer": line}}
    assert {row["path"]: (row["type"], row["required"]) for row in properties(whole)} == {
        "lines": ("json", True), "lines[].sku": ("text", True), "lines[].price": ("decimal", False),
        "buyer": ("json", False), "buyer.sku": ("text", True), "buyer.price": ("decimal", False),
    }  # fmt: skip
    deep: dict[str, Any] = {}
    deep["properties"] = {"in": deep}
    assert len(properties(deep)) == DEEP + 1 and properties({}) == []


@pytest.mark.parametrize(
    ("told", "type", "native", "nullable"),
    [
        ({}, "any", "", None),
        ({"type": "file"}, "any", "file", False), ({"type": "boolean"}, "boolean", "boolean", False),
        ({"type": ["string", "null"]}, "text", "null or string", True),
        ({"type": ["string", "integer"]}, "any", "integer or string", False),
        ({"type": "string", "format": "date"}, "date", "string", False), ({"type": "null"}, "any", "null", True),
        ({"type": "integer", "enum": [1, 2]}, "integer", "integer", False),
        ({"type": "string", "enum": ["b", "a"], "format": "date"}, "option", "string", False),
    ],
)  # fmt: skip
def test_a_type_is_ours_where_there_is_one_plain_type(told: Any, type: str, native: str, nullable: bool | None) -> None:
    row = one(told)
    assert (row["type"], row["native"], row["nullable"]) == (type, native, nullable)


def test_what_a_property_may_hold_is_told_and_the_rest_is_left() -> None:
    told = {
        "type": "string",
        "enum": ["b", 2, True],
        "maxLength": 9,
        "minLength": 0,
        "pattern": "",
        "minItems": 1,
        "x": 5,
    }
    row = one(told)
    assert row["options"] == ["2", "b", "true"] and one({})["options"] is None
    assert row["length"] == 9 and row["min_length"] == 0 and "pattern" not in row
    assert row["left"] == {"minItems": 1, "x": 5}
    row = one(told, bounds={**BOUNDS, "minItems": "least_items"}, known=KNOWN | {"minItems", "x"})
    assert row["least_items"] == 1 and row["left"] == {}
    assert one({"type": "string", "format": "isbn"})["left"] == {"format": "isbn"}
    assert one({"type": "integer", "format": "int64"})["left"] == {}


def test_what_is_no_schema_is_malformed() -> None:
    for schema in ({"properties": 7}, {"properties": {"a": "b"}}, {"properties": {"a": {}}, "required": 7}):
        with pytest.raises(Malformed, match="no JSON Schema"):
            properties(schema)
