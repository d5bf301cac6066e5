"""What is sent and answered over an API that describes itself: which way a thing goes, and what fits in whose place.

A vendor file of such a description (OpenAPI, GraphQL) names the scopes of its fields "api:<name>" and begins each key
with the way that it goes: "request/", "response/", or "request-value/", "response-value/" for the values of a list that
has a name. What narrows hurts who sends, what widens hurts who reads. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from probes.kit.contract import Kind

from .model import Address

SCOPE: Final = "api:"
ANSWERED: Final = "answered"
WAYS: Final[Mapping[str, str]] = {
    "request": "sent", "response": ANSWERED, "request-value": "sent-value", "response-value": "answered-value",
}  # fmt: skip
# What can stand in whose place as it is: of JSON Schema, a whole number wherever any number is taken.
_WIDER: Final[Mapping[str, str]] = {"integer:int32": "integer:int64", "integer": "number"}


def way(address: Address) -> str:
    """A word of WAYS; "" for what is no part of a described API."""
    if address.kind is not Kind.FIELD or not address.scope.startswith(SCOPE):
        return ""
    return WAYS.get(address.key.partition("/")[0], "")


def fits(one: Any, other: Any) -> bool:
    """Whether every value of type `one` is one of type `other`, and the types are not the same.

    A type is a name, with its format after a colon ("string:date"); "[T]" is a list, "T!" one that is never empty of a
    value, "A | B" one of several.
    """
    return isinstance(one, str) and isinstance(other, str) and one != other and _fits(one, other)


def _fits(one: str, other: str) -> bool:
    if one == other or other == "any":
        return True
    if " | " in one or " | " in other:
        return all(any(_fits(a, b) for b in other.split(" | ")) for a in one.split(" | "))
    if one.endswith("!"):
        return _fits(one[:-1], other.removesuffix("!"))
    if one[:1] == other[:1] == "[" and one[-1:] == other[-1:] == "]":
        return _fits(one[1:-1], other[1:-1])
    if (wider := _WIDER.get(one)) is not None:
        return _fits(wider, other)
    name, colon, _ = one.partition(":")
    return bool(colon) and _fits(name, other)
