"""What a parameter of an address may be: said once, as JSON Schema, for the description and for the check alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

TEXT: Final = 200  # characters of a parameter that is any text
_DAY: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_DIGITS: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


class Parameter(msgspec.Struct, frozen=True):
    """`says`: what it is for, in words; `schema`: what it may be."""

    says: str
    schema: Mapping[str, Any]
    required: bool = False


def line(says: str, most: int = TEXT) -> Parameter:
    """Any text; empty means the same as none."""
    return Parameter(says, {"type": "string", "maxLength": most})


def whole(says: str, most: int, default: int | None = None, *, least: int = 1) -> Parameter:
    """A whole number, in digits alone."""
    more = {} if default is None else {"default": default}
    return Parameter(says, {"type": "integer", "minimum": least, "maximum": most, **more})


def one_of(says: str, words: Iterable[str]) -> Parameter:
    return Parameter(says, {"type": "string", "enum": list(words)})


def flag(says: str) -> Parameter:
    return one_of(says, ("1", "0", "true", "false"))


def several(says: str, most: int) -> Parameter:
    """One that is given again for each of its values."""
    return Parameter(says, {"type": "array", "items": {"type": "string", "maxLength": TEXT}, "maxItems": most})


def day(says: str, *, required: bool = False) -> Parameter:
    return Parameter(says, {"type": "string", "pattern": _DAY, "format": "date"}, required)


def wrong(described: Sequence[Mapping[str, Any]], given: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """A sentence for each parameter of a query that is not as described. `given` are all values by name."""
    known = {one["name"]: one for one in described if one["in"] == "query"}
    for name, values in given.items():
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            yield f'"{name[:40]}" is no parameter of this address; there are: {there}.'
        else:
            yield from _misfits(name, known[name]["schema"], values)
    for name, one in known.items():
        if one.get("required") and name not in given:
            yield f"{name}: expected a value, found none."


def _misfits(name: str, schema: Mapping[str, Any], values: Sequence[str]) -> Iterator[str]:
    if schema["type"] == "array":
        if len(values) > schema["maxItems"]:
            yield f"{name}: expected at most {schema['maxItems']} of them, found {len(values)}."
        schema = schema["items"]
    elif len(values) > 1:
        yield f"{name}: expected one value, found {len(values)}."
    for value in values:
        if (expected := _expected(schema, value)) is not None:
            yield f'{name}: expected {expected}, found "{value[:40]}".'


def _expected(schema: Mapping[str, Any], value: str) -> str | None:
    """What was expected instead of the value; None where it fits."""
    if schema["type"] == "integer":
        least, most = schema["minimum"], schema["maximum"]
        fits = _DIGITS.fullmatch(value) and least <= int(value) <= most
        return None if fits else f"a whole number from {least} to {most}"
    if "enum" in schema:
        return None if value in schema["enum"] else f"one of {', '.join(schema['enum'])}"
    if len(value) > schema.get("maxLength", TEXT):
        return f"at most {schema.get('maxLength', TEXT)} characters"
    if "pattern" in schema and not re.fullmatch(schema["pattern"].strip("^$"), value, re.ASCII):
        return "a day such as 2026-12-31" if schema.get("format") == "date" else f"text like {schema['pattern']}"
    return None
