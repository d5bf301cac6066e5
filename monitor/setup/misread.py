"""Holds a vendor file against the vendor's own spec: each path it asks for, each key that its expressions read.

An expression is followed through the schema as it would be through an answer. Where the schema is open (any object, a
map, a reference out of the file) nothing can be said and nothing is; where it names its keys, a key that it does not
name is misread. What code makes of answers (`fetch`) cannot be followed, and is said to be unheld.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from functools import partial
from typing import Any, Final

import jmespath
import msgspec

from probes.kit.listing import Listing, Vendor, View

from .published import Published, Schema, plain

NEAR: Final = 3
LISTED: Final = 12  # keys of a schema that are named where none is near
_AS_GIVEN: Final = ("sort", "reverse", "sort_by", "to_array", "known")
_ONE_OF: Final = ("max_by", "min_by", "max", "min")
_SCALARS: Final = frozenset({"string", "number", "integer", "boolean"})


class Misread(msgspec.Struct, frozen=True, kw_only=True):
    """What a listing reads and the schema does not have. `place`: the word of the listing ("facts.type"); `missing`:
    the key, `at` where it was looked for; `instead`: the nearest names that are there, else what is."""

    listing: str
    place: str
    expression: str
    missing: str
    at: str = ""
    instead: tuple[str, ...] = ()


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """One listing. `path`: the spec's, empty where it has none; of a coded one what it asked for. `read`: expressions
    followed to their end, `open`: those that lead into what the spec leaves open. Of a coded one also `sought`: keys
    that it would take and does without, and `unplayed`: why it was not played to its end."""

    listing: str
    path: str = ""
    coded: bool = False
    read: int = 0
    open: int = 0
    misread: tuple[Misread, ...] = ()
    sought: tuple[str, ...] = ()
    unplayed: str = ""


class Shape:
    """What a value may be: `parts` are schemas; `items` and `keys` of what an expression makes. None at all is
    anything."""

    def __init__(self, parts: Sequence[Schema] = (), at: str = "", items: Shape | None = None,
                 keys: dict[str, Shape] | None = None) -> None:  # fmt: skip
        self.parts, self.at, self.items, self.keys = tuple(parts), at, items, keys

    @property
    def open(self) -> bool:
        return not self.parts and self.items is None and self.keys is None


OPEN: Final = Shape()


def held(vendor: Vendor, *specs: Published) -> tuple[Tried, ...]:
    """Each listing of a vendor file, in its order, against the first of the specs that has its path."""
    return tuple(_listing(vendor, listing, specs) for listing in vendor.listings)


def _listing(vendor: Vendor, listing: Listing, specs: Sequence[Published]) -> Tried:
    if listing.fetch is not None:
        return Tried(listing=listing.name, coded=True)
    method = "get" if listing.body is None else "post"
    answers = ((spec, spec.answer(method, vendor.base, listing.path)) for spec in specs)
    spec, found = next((pair for pair in answers if pair[1] is not None), (specs[0], None))
    if found is None:
        every = (one for spec in specs for one in spec.operations if one.method == method)
        known = {plain(one.spelled): one.spelled for one in every}
        near = get_close_matches(plain(listing.path), known, NEAR, 0.5)
        lost = Misread(listing=listing.name, place="path", expression=listing.path, missing=listing.path,
                       at=method.upper(), instead=tuple(known[one] for one in near))  # fmt: skip
        return Tried(listing=listing.name, misread=(lost,))
    follow = Follow(spec, listing.name)
    root = follow.known([found.schema], "") if found.schema else OPEN
    for place in ("next", "more", "total"):
        if (path := getattr(listing.paging, place)) and listing.paging.style != "graphql":
            follow.read(f"paging.{place}", path, root, partial(follow.dotted, path=path))
    for number, view in enumerate(listing.views):
        follow.view(view, root, f"also[{number - 1}]." if number else "")
    return Tried(listing=listing.name, path=found.spelled, read=follow.ended, open=follow.opened,
                 misread=tuple(follow.found))  # fmt: skip


class _Missing(Exception):
    """A key that is not there: the expression leads nowhere from here on."""

    def __init__(self, name: str, at: str, instead: tuple[str, ...]) -> None:
        super().__init__(name)
        self.name, self.at, self.instead = name, at, instead


class Follow:
    """Follows the expressions of one listing, and keeps what they misread."""

    def __init__(self, spec: Published, listing: str) -> None:
        self._spec, self._listing = spec, listing
        self.found: list[Misread] = []
        self.ended = self.opened = 0

    def view(self, view: View, root: Shape, prefix: str) -> None:
        if view.empty:
            self.expression(f"{prefix}empty", view.empty, root)
        rows = self.read(f"{prefix}records", view.records, root, lambda shape: self._rows(shape, view.records))
        if rows is None:
            return
        said = {"key": view.key, "id": view.id, "where": view.where, "scope_by": view.scope_by}
        said |= {f"facts.{name}": one for name, one in view.facts.items()}
        said |= {f"evidence.{name}": one for name, one in view.evidence.items()}
        said |= {f"health.{name}": one for name, one in view.health.items()}
        for place, expression in said.items():
            if expression:
                self.expression(f"{prefix}{place}", expression, rows)

    def expression(self, place: str, expression: str, shape: Shape) -> None:
        tree = jmespath.compile(expression).parsed
        self.read(place, expression, shape, lambda shape: self._value(tree, shape))

    def read(self, place: str, expression: str, shape: Shape, how: Callable[[Shape], Shape]) -> Shape | None:
        """The shape an expression leads to; None where it misreads, which is kept."""
        before = len(self.found)
        self._place, self._expression = place, expression
        try:
            ends = how(shape)
        except _Missing as missing:
            self._keep(missing)
            return None
        if len(self.found) == before:
            self.ended += 1
            self.opened += ends.open
        return ends

    def _keep(self, missing: _Missing) -> None:
        said = Misread(listing=self._listing, place=self._place, expression=self._expression, missing=missing.name,
                       at=missing.at, instead=missing.instead)  # fmt: skip
        if said not in self.found:
            self.found.append(said)

    # -- schemas ------------------------------------------------------------------------------------------------------

    def known(self, schemas: Sequence[Any], at: str) -> Shape:
        return Shape(list(self._spec.parts(schemas)), at)

    def dotted(self, shape: Shape, path: str) -> Shape:
        for name in path.split(".") if path else ():
            if name == "*":
                shape = self._values(shape)
            else:
                shape = self._items(shape) if name.isdigit() else self._field(shape, name)
        return shape

    def _rows(self, root: Shape, records: str) -> Shape:
        """What a row is: an entry of the list, or the one object. One that is no object is seen as `value`."""
        shape = self.dotted(root, records)
        if any(_is(part, "array") for part in shape.parts):
            shape = self._items(shape)
        if shape.parts and all(set(_types(part)) & _SCALARS for part in shape.parts):
            return Shape(at=shape.at, keys={"value": shape})
        return shape

    def _field(self, shape: Shape, name: str) -> Shape:
        if shape.open or name in ("@parent", "@path"):
            return OPEN
        if shape.keys is not None:
            if name not in shape.keys:
                raise _Missing(name, shape.at, near(name, shape.keys))
            return shape.keys[name]
        declared = _declared(shape.parts)
        if name in declared:
            return self.known(declared[name], f"{shape.at}.{name}" if shape.at else name)
        maps = [part["additionalProperties"] for part in shape.parts if part.get("additionalProperties")]
        if maps or any(_open(part) for part in shape.parts):
            told = [one for one in maps if isinstance(one, dict)]
            return self.known(told, f"{shape.at}.*") if told else OPEN
        raise _Missing(name, shape.at, near(name, declared) or _said(shape.parts))

    def _items(self, shape: Shape) -> Shape:
        if shape.items is not None or shape.open:
            return shape.items or OPEN
        lists = [part for part in shape.parts if _is(part, "array")]
        if not lists:
            if any(_open(part) and not _types(part) for part in shape.parts):
                return OPEN
            raise _Missing("[]", shape.at, _said(shape.parts))
        return self.known([part["items"] for part in lists if "items" in part], f"{shape.at}[]")

    def _values(self, shape: Shape) -> Shape:
        """The values of a map: what may be under any name."""
        maps = [
            part["additionalProperties"] for part in shape.parts if isinstance(part.get("additionalProperties"), dict)
        ]
        declared = [inner for schemas in _declared(shape.parts).values() for inner in schemas]
        return self.known(maps or declared, f"{shape.at}.*") if maps or declared else OPEN

    # -- expressions --------------------------------------------------------------------------------------------------

    def _tried(self, node: Any, shape: Shape) -> Shape:
        """One of several ways: that it misreads is kept, and the others are followed all the same."""
        try:
            return self._value(node, shape)
        except _Missing as missing:
            self._keep(missing)
            return OPEN

    def _value(self, node: Any, shape: Shape) -> Shape:
        kind, inner = node["type"], node["children"]
        if kind == "field":
            return self._field(shape, node["value"])
        if kind in ("subexpression", "pipe", "index_expression"):
            for one in inner:
                shape = self._value(one, shape)
            return shape
        if kind == "index":
            return self._items(shape)
        if kind in ("current", "identity", "slice"):
            return shape
        if kind == "flatten":
            return self._flat(self._value(inner[0], shape))
        if kind in ("projection", "filter_projection"):
            item = self._items(self._value(inner[0], shape))
            for condition in inner[2:]:
                self._tried(condition, item)
            return Shape(items=self._value(inner[1], item))
        if kind == "value_projection":
            return Shape(items=self._value(inner[1], self._values(self._value(inner[0], shape))))
        if kind == "multi_select_dict":
            return Shape(at=shape.at, keys={pair["value"]: self._tried(pair["children"][0], shape) for pair in inner})
        if kind == "function_expression":
            return self._called(node["value"], inner, shape)
        ways = [self._tried(one, shape) for one in inner]
        if kind in ("or_expression", "and_expression"):
            return _either(ways)
        return Shape(items=_either(ways)) if kind == "multi_select_list" else OPEN

    def _called(self, name: str, given: Sequence[Any], shape: Shape) -> Shape:
        ways = [self._tried(one, shape) for one in given if one["type"] != "expref"]
        first = ways[0] if ways else OPEN
        ends = OPEN
        for one in given:
            if one["type"] == "expref":
                of = next((way for way in ways if way.items or any(_is(part, "array") for part in way.parts)), OPEN)
                ends = self._tried(one["children"][0], self._items(of))
        if name in _AS_GIVEN:
            return first
        if name in _ONE_OF:
            return self._items(first)
        if name == "map":
            return Shape(items=ends)
        if name == "values":
            return Shape(items=self._values(first))
        return _either(ways) if name == "not_null" else OPEN

    def _flat(self, shape: Shape) -> Shape:
        item = self._items(shape)
        deeper = item.items is not None or any(_is(part, "array") for part in item.parts)
        return Shape(items=self._items(item) if deeper else item)


def _either(ways: Sequence[Shape]) -> Shape:
    """What may be one or the other: known only where all of them are schemas."""
    if any(way.open or way.items is not None or way.keys is not None for way in ways):
        made = [way for way in ways if way.keys is not None or way.items is not None]
        return made[0] if len(made) == len(ways) == 1 else OPEN
    return Shape([part for way in ways for part in way.parts], ways[0].at if ways else "")


def _types(part: Schema) -> list[str]:
    said = part.get("type")
    return [one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str)]


def _is(part: Schema, kind: str) -> bool:
    return kind in _types(part) or (kind == "array" and "items" in part)


def _declared(parts: Sequence[Schema]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for part in parts:
        properties = part.get("properties")
        for name, inner in properties.items() if isinstance(properties, dict) else ():
            found.setdefault(name, []).append(inner)
    return found


def _open(part: Schema) -> bool:
    """Whether a schema says nothing of the keys of an object that it allows."""
    if part.get("properties") or part.get("additionalProperties") is False or "items" in part:
        return False
    return not _types(part) or "object" in _types(part)


def near(name: str, known: Any) -> tuple[str, ...]:
    near = get_close_matches(name, known, NEAR, 0.6)
    if not near:  # a word of the name, written another way: createdAt for created_at
        near = [one for one in known if one.replace("_", "").casefold() == name.replace("_", "").casefold()]
    return tuple(near or sorted(known)[:LISTED])


def _said(parts: Sequence[Schema]) -> tuple[str, ...]:
    kinds = sorted({kind for part in parts for kind in _types(part)})
    return (f"no such key: it is {' or '.join(kinds)}",) if kinds else ()


def every(tried: Sequence[Tried]) -> Iterator[Misread]:
    """All that is misread."""
    for one in tried:
        yield from one.misread
