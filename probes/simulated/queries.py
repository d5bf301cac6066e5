"""As much of GraphQL as an account needs to answer queries: one operation, fields with
aliases, arguments and variables.

Parsed by the specification's grammar (https://spec.graphql.org/October2021/), without fragments, directives and
introspection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

_TOKEN: Final = re.compile(r'"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?|\$?\w+|[{}()\[\]:!=@|]|\.\.\.')


class Wrong(Exception):
    """A document that is none, or asks for what there is not."""


class Variable(msgspec.Struct, frozen=True):
    name: str


class Field(msgspec.Struct, frozen=True):
    """`arguments` may hold Variables; `inner` is empty for a leaf; `alias` is what it is called in the answer."""

    name: str
    arguments: Mapping[str, Any]
    inner: tuple[Field, ...]
    alias: str = ""

    @property
    def told(self) -> str:
        return self.alias or self.name


def parse(document: str) -> tuple[Field, ...]:
    """The fields that a query asks for at its root. Raises Wrong."""
    words = _TOKEN.findall(re.sub(r"#[^\n]*", "", document))[::-1]
    try:
        if words[-1] in ("query", "mutation"):
            if words.pop() == "mutation":
                raise Wrong("nothing is written here")
            while words[-1] != "{":
                words.pop()
        return _selection(words)
    except IndexError:
        raise Wrong("the document ends in the middle") from None


def _selection(words: list[str]) -> tuple[Field, ...]:
    if words.pop() != "{":
        raise Wrong("a selection was expected")
    found = []
    while words[-1] != "}":
        name, alias = words.pop(), ""
        if words[-1] == ":":
            words.pop()
            name, alias = words.pop(), name
        arguments = _arguments(words) if words[-1] == "(" else {}
        found.append(Field(name, arguments, _selection(words) if words[-1] == "{" else (), alias))
    words.pop()
    return tuple(found)


def _arguments(words: list[str]) -> dict[str, Any]:
    words.pop()
    found = {}
    while words[-1] != ")":
        name = words.pop()
        words.pop()
        found[name] = _value(words)
    words.pop()
    return found


def _value(words: list[str]) -> Any:
    word = words.pop()
    if word == "{":
        found = {}
        while words[-1] != "}":
            name = words.pop()
            words.pop()
            found[name] = _value(words)
        words.pop()
        return found
    if word == "[":
        items = []
        while words[-1] != "]":
            items.append(_value(words))
        words.pop()
        return items
    if word.startswith("$"):
        return Variable(word[1:])
    return json.loads(word) if word[0] in '"-0123456789' or word in ("true", "false", "null") else word


def filled(value: Any, variables: Mapping[str, Any]) -> Any:
    """An argument with its variables in their places."""
    if isinstance(value, Variable):
        return variables.get(value.name)
    if isinstance(value, Mapping):
        return {name: filled(inner, variables) for name, inner in value.items()}
    return [filled(inner, variables) for inner in value] if isinstance(value, list) else value


def picked(value: Any, field: Field) -> Any:
    """What is asked for of a value, under the names that the document gives it. Raises Wrong for what it has not."""
    if value is None or not field.inner:
        return value
    if isinstance(value, list):
        return [picked(item, field) for item in value]
    if missing := [one.name for one in field.inner if one.name not in value]:
        raise Wrong(f"Cannot query field '{missing[0]}' on type of '{field.name}'.")
    return {one.told: picked(value[one.name], one) for one in field.inner}
