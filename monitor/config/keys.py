"""Every key of a configuration file with what it expects and says, from the JSON Schema: for the reference docs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from .types import DURATION, NAME, REFERENCE


class Setting(NamedTuple):
    """`path`: the key with all above it; `[]` is an item of a list, `<name>` a name of one's own."""

    path: str
    expected: str
    default: str
    says: str


def settings(schema: Mapping[str, Any]) -> Iterator[Setting]:
    """Every key of a file, in the order of the file's models but those required first."""
    yield from _keys(schema, schema, "")


def _keys(whole: Mapping[str, Any], part: Mapping[str, Any], above: str) -> Iterator[Setting]:
    needed = part.get("required", ())
    says = _clauses(part)
    for name, raw in sorted(part.get("properties", {}).items(), key=lambda entry: entry[0] not in needed):
        inner, path = _resolved(whole, raw), above + name
        own = " ".join(filter(None, (says.get(name, ""), _clauses(inner)[""])))
        yield Setting(path, _expected(inner), "required" if name in needed else _default(raw), own)
        yield from _within(whole, inner, path)


def _within(whole: Mapping[str, Any], part: Mapping[str, Any], path: str) -> Iterator[Setting]:
    yield from _keys(whole, part, f"{path}.")
    patterns = list(part.get("patternProperties", {}).values())
    for inner, mark in ((part.get("items"), "[]"), (part.get("additionalProperties", patterns[:1]), ".<name>")):
        for raw in [inner] if isinstance(inner, dict) else inner if isinstance(inner, list) else ():
            one = _resolved(whole, raw)
            if one.get("properties") or mark == ".<name>":
                yield Setting(path + mark, _expected(one), "", _clauses(one)[""])
            yield from _within(whole, one, path + mark)


def _clauses(part: Mapping[str, Any]) -> dict[str, str]:
    """A model's docstring taken apart: what it says of itself under "", and of each key as "`key`: words"."""
    names = "|".join(part.get("properties", {})) or "(?!)"
    text = " ".join(part.get("description", "").split())
    first, *pairs = re.split(rf"`({names})`: ", text)
    said = {"": first, **dict(zip(pairs[::2], pairs[1::2], strict=True))}
    return {name: _sentence(words) for name, words in said.items()}


def _sentence(words: str) -> str:
    text = words.strip().rstrip(";,.")
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _resolved(whole: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in part:
        return dict(whole["$defs"][part["$ref"].rpartition("/")[2]])
    return part


def _expected(part: Mapping[str, Any]) -> str:
    if "anyOf" in part:
        return " or ".join(_expected(one) for one in part["anyOf"] if one.get("type") != "null")
    if "enum" in part:
        return ", ".join(code(one) for one in part["enum"])
    known = {DURATION: "duration", NAME: "name", REFERENCE: "reference to a secret", "^https?://": "address"}
    if part.get("pattern") in known:
        return known[part["pattern"]]
    match part.get("type"):
        case "array":
            inner = part.get("items", {})
            return "list" if "$ref" in inner else f"list of {_expected(inner)}"
        case "object":
            return "keys and values" if "additionalProperties" in part and "properties" not in part else "block"
        case "integer" | "number":
            low, high = part.get("minimum", part.get("exclusiveMinimum")), part.get("maximum")
            bounds = "" if low is None else f" from {low}" + ("" if high is None else f" to {high}")
            return ("whole number" if part["type"] == "integer" else "number") + bounds
        case "boolean":
            return "true or false"
    return f"such as {code(part['examples'][0])}" if part.get("examples") else "text"


def _default(part: Mapping[str, Any]) -> str:
    value = part.get("default")
    if value in (None, "", [], {}) or isinstance(value, dict):
        return ""
    return code(value if isinstance(value, str) else orjson.dumps(value).decode())


def code(value: object) -> str:
    return f"`{value}`" if value not in ("", None) else ""
