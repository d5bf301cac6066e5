"""The properties of a JSON Schema as rows of fields: tracking plans and event contracts are written as such schemas."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from .contract import Malformed

DEEP: Final = 8  # levels of a schema that become fields
TYPES: Final = {"string": "text", "integer": "integer", "number": "decimal", "boolean": "boolean", "object": "json",
                "array": "json"}  # fmt: skip
FORMATS: Final = {"date-time": "datetime", "date": "date", "time": "time", "email": "email", "uri": "url"}
BOUNDS: Final = {"minLength": "min_length", "maxLength": "length", "minimum": "minimum", "maximum": "maximum",
                 "pattern": "pattern", "description": "description", "default": "default"}  # fmt: skip
KNOWN: Final = frozenset({"type", "enum", "format", "properties", "required", "items", "title", "$schema", "$id",
                          *BOUNDS})  # fmt: skip


def properties(
    schema: Mapping[str, Any], bounds: Mapping[str, str] = BOUNDS, known: Collection[str] = KNOWN
) -> list[dict[str, Any]]:
    """All properties of a schema, each under its dotted `path` ("order.products[].sku"), `required` or not, with its
    type in our words. `bounds`: a word of the schema -> what the row calls it. What is not `known`, such as
    conditions, is `left`. Raises Malformed for what is no JSON Schema."""
    try:
        return list(_within(schema, bounds, known, "", 0))
    except (AttributeError, TypeError) as error:
        raise Malformed(f"the schema of an event is no JSON Schema: {type(error).__name__}") from None


def _within(
    schema: Mapping[str, Any], bounds: Mapping[str, str], known: Collection[str], at: str, depth: int
) -> Iterator[dict[str, Any]]:
    must = schema.get("required") or ()
    for name, told in (schema.get("properties") or {}).items():
        path = f"{at}{name}"
        row = {"path": path, "required": name in must, **_described(told)}
        left = {word: value for word, value in told.items() if word not in known} | row["left"]
        yield {**row, "left": left, **{bounds[word]: told[word] for word in bounds if told.get(word) not in (None, "")}}
        items = told.get("items")
        inner, mark = (items, "[].") if isinstance(items, Mapping) else (told, ".")
        if depth < DEEP:
            yield from _within(inner, bounds, known, f"{path}{mark}", depth + 1)


def _described(told: Mapping[str, Any]) -> dict[str, Any]:
    """The type of one property. Without one, or with one that stands elsewhere, anything goes."""
    given = told.get("type")
    kinds = sorted(map(str, given)) if isinstance(given, list) else [str(given)] if given else []
    plain = [kind for kind in kinds if kind != "null"]
    ours = TYPES.get(plain[0], "any") if len(plain) == 1 else "any"
    values = told.get("enum")
    if ours == "text":
        ours = "option" if values else FORMATS.get(str(told.get("format")), "text")
    return {
        "type": ours, "native": " or ".join(kinds), "nullable": "null" in kinds if kinds else None,
        "options": sorted({_said(value) for value in values}) if values else None,
        "left": {"format": told["format"]} if told.get("format") and ours == "text" else {},
    }  # fmt: skip


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
