"""The bytes of a scope: what the store keeps, and, byte for byte, a baseline file. Pure.

Pretty, sorted JSON, one fact or item per line. Equality of two bodies is equality of their digests, and capturing a
baseline is copying the bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

import msgspec
import orjson

from probes.kit.contract import Kind, Parent, Ref

from .model import Body
from .row import Row

FORMAT = 1
_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


class _Kept(msgspec.Struct):
    scope: dict[str, str]
    read: str
    parent: dict[str, str] | None
    api_version: str
    facts: tuple[str, ...]
    resources: dict[str, msgspec.Raw]


_kept = msgspec.json.Decoder(_Kept)


class BodyError(ValueError):
    """A baseline file that cannot be read: the message says what is wrong and what was expected."""


def encode(body: Body) -> bytes:
    rows = {key: _written(row) for key, row in body.rows.items()}
    parent = body.parent
    return orjson.dumps(
        {
            "driftline": FORMAT,
            "scope": {"kind": body.ref.kind, "name": body.ref.name},
            "read": body.read,
            "parent": {"kind": parent.ref.kind, "scope": parent.ref.name, "key": parent.key} if parent else None,
            "api_version": body.api_version,
            "facts": sorted(body.facts),
            "resources": rows,
        },
        option=_OPTIONS,
    )


def _written(row: Row) -> Any:
    if row.written:
        return orjson.Fragment(row.written)
    return {"@id": row.id, **row.facts} if row.id else dict(row.facts)


def recall(raw: bytes) -> Body:
    """Content that `encode` wrote, and that its digest vouches for: no row of it is parsed yet."""
    kept = _kept.decode(raw)
    return Body(
        ref=Ref(Kind(kept.scope["kind"]), kept.scope["name"]),
        read=kept.read,
        facts=kept.facts,
        rows={key: Row(None, "", bytes(row)) for key, row in kept.resources.items()},
        parent=_parent(kept.parent),
        api_version=kept.api_version,
    )


def decode(raw: bytes) -> Body:
    """Raises BodyError for anything but what `encode` writes."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BodyError(f"line {error.lineno}: not JSON: {error.msg}") from error
    try:
        return _body(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, BodyError):
            raise
        raise BodyError(f"not a baseline file: {type(error).__name__}: {error}") from error


def _body(value: Any) -> Body:
    if not isinstance(value, dict) or value.get("driftline") != FORMAT:
        raise BodyError(f'"driftline": expected {FORMAT}, the format of this release')
    scope = value["scope"]
    rows: dict[str, Row] = {}
    for key, facts in value["resources"].items():
        if not isinstance(facts, dict):
            raise BodyError(f"resources.{key}: expected an object of facts")
        id_ = facts.pop("@id", "")
        if not isinstance(id_, str):
            raise BodyError(f"resources.{key}.@id: expected text")
        rows[key] = Row(facts, id_)
    return Body(
        ref=Ref(Kind(scope["kind"]), msgspec.convert(scope["name"], str)),
        read=msgspec.convert(value["read"], str),
        facts=tuple(msgspec.convert(value["facts"], list[str])),
        rows=rows,
        parent=_parent(value["parent"]),
        api_version=msgspec.convert(value["api_version"], str),
    )


def _parent(said: Mapping[str, str] | None) -> Parent | None:
    return Parent(Ref(Kind(said["kind"]), said["scope"]), said["key"]) if said else None


def value_of(body: Body | None, key: str, fact: str) -> Any:
    """A fact of one resource, or with an empty `fact` all of its facts; None where there is none."""
    row = body.rows.get(key) if body is not None else None
    if row is None:
        return None
    return dict(row.facts) if not fact else row.facts.get(fact)


def line_of(raw: bytes, key: str, fact: str = "", item: str = "") -> int:
    """The line of a baseline file, from 1, at which a fact stands, or its nearest part that does: the fact before its
    item, the resource before its fact, the place of resources before a resource that is not there."""
    at = 0
    lines = raw.decode().split("\n")
    for part, depth in (("resources", 1), (key, 2), (fact, 3)):
        found = _below(lines, at, part, depth) if part else None
        if found is None:
            return at + 1
        at = found
    return (_holding(lines, at, item) if item else at) + 1


def _below(lines: Sequence[str], at: int, name: str, depth: int) -> int | None:
    """Where a key of that depth stands, behind `at` and before the end of what holds it."""
    head, end = f"{'  ' * depth}{orjson.dumps(name).decode()}: ", "  " * (depth - 1) + "}"
    number = next((n for n in range(at + 1, len(lines)) if lines[n].startswith((head, end))), at)
    return number if lines[number].startswith(head) else None


def _holding(lines: Sequence[str], at: int, item: str) -> int:
    """The first line of a fact that says the item, as a key or as a value; that of the fact where none does."""
    said, indent = orjson.dumps(item).decode(), "  " * 4

    def says(number: int) -> bool:
        words = lines[number].strip().rstrip(",")
        return words == said or words.startswith(f"{said}: ") or words.endswith(f": {said}")

    inside = takewhile(lambda number: lines[number].startswith(indent), range(at + 1, len(lines)))
    return next(filter(says, inside), at)
