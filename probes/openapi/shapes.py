"""A schema of a document as rows: one for the value itself and one for each property in it, by its path.

A schema that has a name is not followed: it is a type of that name, with rows of its own. So one change is one row, and
a schema that contains itself ends. `allOf` is the exception: it is merged, as whoever sends or reads it must do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from probes.kit.contract import Malformed, canonical

from .document import DEPTH, References, as_object, component, items, mapping

Schema = Mapping[str, Any]
Row = dict[str, Any]
BOUNDS: Final = {
    "maxLength": "length", "minLength": "min_length", "minItems": "least_items", "maxItems": "most_items",
    "minimum": "minimum", "maximum": "maximum", "pattern": "pattern",
}  # fmt: skip
OTHER: Final = (
    "multipleOf", "uniqueItems", "minProperties", "maxProperties", "contentEncoding", "not", "propertyNames",
    "dependentRequired",
)  # fmt: skip
ALTERNATIVES: Final = ("oneOf", "anyOf")
STEPS: Final = 400_000  # of one document, however often its parts refer to each other; one of 3 MB took 30,000
JOINED: Final = 4_000_000  # words of schemas that `allOf` brings together: about a second's work


class Shapes:
    """`used`: the names of the schemas that were met, by whether they are sent. Raises Malformed without an end."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._steps = self._joined = 0
        self.used: dict[bool, set[str]] = {True: set(), False: set()}

    def rows(self, schema: Any, key: str, *, sent: bool, required: bool = False, depth: int = 0) -> Iterator[Row]:
        """`sent`: goes from the client to the vendor; what is only read is then left out, else what is only written."""
        beside = as_object(schema)
        nullable, schema = self._single(schema)
        name = component(schema.get("$ref"))
        whole = {} if name else self._merged(schema)
        row = {"key": key, "required": required, "nullable": nullable or _null(whole), **_facts(whole)}
        told = {**whole, **beside}
        row |= {"deprecated": told.get("deprecated") is True, "sunset": told.get("x-sunset")}
        row["wire"] = self._type(schema, sent, depth)
        yield {fact: value for fact, value in row.items() if value is not None and value is not False}
        if not name:
            yield from self._inner(whole, key, sent, depth + 1)

    def _inner(self, whole: Schema, key: str, sent: bool, depth: int) -> Iterator[Row]:
        self._step(depth)
        must = {name for name in _list(whole.get("required")) if isinstance(name, str)}
        hidden = "readOnly" if sent else "writeOnly"
        for name, inner in mapping(whole, "properties").items():
            if (
                as_object(inner).get(hidden) is not True
                and self._merged(self._single(inner)[1]).get(hidden) is not True
            ):
                yield from self.rows(inner, f"{key}.{safe(name)}", sent=sent, required=name in must, depth=depth)
        for word, mark in (("items", "[]"), ("additionalProperties", "{}")):
            if (inner := as_object(whole.get(word))) and not component(self._single(inner)[1].get("$ref")):
                yield from self.rows(inner, f"{key}{mark}", sent=sent, depth=depth)
        seen: dict[str, Row] = {}
        for one in (one for way in ALTERNATIVES for one in _ways(whole, way)):
            for row in self._inner(self._merged(self._single(one)[1]), key, sent, depth) if unnamed(one) else ():
                seen.setdefault(str(row["key"]), {**row, "required": False})  # another alternative does without it
        yield from seen.values()

    def _step(self, depth: int) -> None:
        self._steps += 1
        if self._steps > STEPS or depth > DEPTH:
            raise Malformed("the document refers to itself without end, or unfolds to too much", code="cycle")

    def _single(self, schema: Any) -> tuple[bool, Schema]:
        """A schema without "or null", and whether it was so: `anyOf: [X, {type: null}]` is X that may be empty."""
        schema = as_object(schema)
        null = schema.get("nullable") is True
        for way in (*ALTERNATIVES, "allOf"):
            found = _ways(schema, way)
            left = [one for one in found if one.get("type") != "null"]
            if len(left) == 1 and not schema.get("properties") and (len(found) > 1 or "$ref" in left[0]):
                deeper, single = self._single(left[0])
                return null or deeper or len(found) > 1, single
        if "$ref" in schema and not component(schema["$ref"]):
            return self._single(self._references.follow(schema))
        return null, schema

    def _merged(self, schema: Schema, over: frozenset[str] = frozenset()) -> Schema:
        """A schema with all that `allOf` adds to it; one that is met again on the way adds nothing more."""
        if isinstance(ref := schema.get("$ref"), str):
            return {} if ref in over else self._merged(as_object(self._references.at(ref)), over | {ref})
        parts = _ways(schema, "allOf")
        if not parts:
            return schema
        self._step(len(over))
        found: dict[str, Any] = {}
        for one in (*(self._merged(part, over) for part in parts), schema):
            _join(found, {name: value for name, value in one.items() if name != "allOf"})
            self._joined += len(found) + sum(map(len, filter(None, (found.get("properties"), found.get("required")))))
            if self._joined > JOINED:
                raise Malformed("what the document brings together by `allOf` unfolds to too much", code="cycle")
        return found

    def _type(self, schema: Schema, sent: bool, depth: int) -> str:
        """The type as it is sent: a name, "[…]" for a list, "A | B" for one of several, in a fixed order."""
        self._step(depth)
        if name := component(schema.get("$ref")):
            self.used[sent].add(name)
            return name
        whole = self._merged(schema)
        for way in ALTERNATIVES:
            if found := [one for one in _ways(whole, way) if one.get("type") != "null"]:
                return " | ".join(sorted({self._type(self._single(one)[1], sent, depth + 1) for one in found}))
        kinds = whole.get("type")
        names = [str(kind) for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind not in (None, "null")]
        if not names:
            names = ["object"] if "properties" in whole else ["array"] if "items" in whole else ["any"]
        return " | ".join(sorted({self._one(name, whole, sent, depth) for name in names}))

    def _one(self, name: str, whole: Schema, sent: bool, depth: int) -> str:
        if name == "array":
            return f"[{self._type(self._single(whole.get('items'))[1], sent, depth + 1)}]"
        more = self._single(whole.get("additionalProperties"))[1]
        if name == "object" and component(more.get("$ref")):
            return f"object:{self._type(more, sent, depth + 1)}"
        form = whole.get("format")
        return f"{name}:{form}" if isinstance(form, str) and form and name != "object" else name


def _facts(whole: Schema) -> Row:
    facts: Row = {fact: whole.get(word) for word, fact in BOUNDS.items()}
    other = {word: whole[word] for word in OTHER if word in whole}
    for word, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        value = whole.get(word)  # a flag beside the bound in 3.0, the bound itself in 3.1
        if value is True or (isinstance(value, int | float) and not isinstance(value, bool)):
            other[word] = True
            facts[bound] = facts[bound] if value is True else value
    if whole.get("additionalProperties") is False:
        other["additionalProperties"] = False
    values = [whole["const"]] if "const" in whole else whole.get("enum")
    if isinstance(values, list):
        plain = [value for value in values if isinstance(value, str | int | float)]
        facts["values"] = plain + [canonical(value).decode() for value in values if isinstance(value, list | dict)]
    if "default" in whole and not isinstance(whole["default"], list | dict):
        facts["default"] = whole["default"]
    elif "default" in whole:
        facts["default"] = canonical(whole["default"]).decode()
    facts["other"] = other or None
    return facts


def _null(whole: Schema) -> bool:
    return None in _list(whole.get("enum")) or "null" in _list(whole.get("type")) or whole.get("nullable") is True


def _ways(schema: Schema, word: str) -> list[Schema]:
    """The schemas of `allOf` and the like. Raises Malformed where something else is among them."""
    found = items(schema, word)
    for one in found:
        as_object(one)
    return [one for one in found if isinstance(one, dict)]


def unnamed(schema: Any) -> bool:
    return isinstance(schema, dict) and not component(schema.get("$ref"))


def _join(found: dict[str, Any], more: Schema) -> None:
    """Both hold: properties and what must be there add up; of anything else the later word counts."""
    for name, value in more.items():
        if name == "properties":
            found[name] = {**found.get(name, {}), **mapping(more, name)}
        elif name == "required":
            found[name] = [*_list(found.get(name)), *_list(value)]
        elif name in ALTERNATIVES and name in found:
            found[name] = [*found[name], *items(more, name)]
        else:
            found[name] = value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def safe(name: str) -> str:
    """A name within a path: what separates names there is written as its code."""
    return "".join(f"%{ord(char):02X}" if char in "%.[]{}/" else char for char in name)
