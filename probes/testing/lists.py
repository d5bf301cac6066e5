"""The rule that an answer without its list is no empty list: a 200 that says `{}`, null, or something else in the place
of a list is malformed, unless the vendor file declares in `empty` that the vendor leaves empty lists out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias

import httpx

from probes.kit.contract import Malformed, Read, Ref, Resource
from probes.kit.listing import Listing, View
from probes.kit.values import search

from .contract import Contract
from .rules import rule

Place: TypeAlias = tuple[str, ...]
Facts: TypeAlias = Mapping[Ref, Mapping[str, Resource]]
Meant: TypeAlias = Callable[[int, Any], bool]  # of an answer's number and body: whether it is the one that is twisted
NOTHING: Final = object()  # in the place of a body: one of no bytes, or that is no JSON


class Twist(NamedTuple):
    """What comes in the place of what stands at a place of a body."""

    place: Place
    value: Any

    def __call__(self, body: Any) -> Any:
        return _with(body, self.place, self.value)

    def __str__(self) -> str:
        value = "no bytes" if self.value is NOTHING else json.dumps(self.value)
        return f"{value} in the place of {'.'.join(self.place) or 'the answer'}"


@rule("no-list")
async def an_answer_without_its_list_is_malformed_and_no_empty_list(contract: Contract, held: str) -> None:
    _, scopes, _ = await contract.world.poll()
    before = {ref: {one.key: one for one in scope.resources} for ref, scope in scopes.items()}
    for listing in contract.vendor.listings:
        said: list[Any] = []

        def heard(request: httpx.Request, given: httpx.Response, said: list[Any] = said) -> httpx.Response:
            said.append(_body(given))
            return given

        contract.wire.twist = heard
        if await contract.armed(listings=[listing.name], fresh=True):
            await (_coded if listing.fetch else _plain)(contract, listing, said, before)


async def _plain(contract: Contract, listing: Listing, said: list[Any], before: Facts) -> None:
    """All answers are of this listing, so that none of its reads may be complete; nor, where there are several, one
    whose last page came without its list."""
    ways = {_way(view)[:end] for view in listing.views for end in range(1, len(_way(view)) + 1)}
    for twist in _twists(said[0], sorted(ways)):
        if _declared(twist, twist(said[0]), listing.views):
            continue
        reads = await _played(contract, listing, twist, lambda number, body: True)
        if all(twist(body) != body for body in said):
            assert not any(found.coverage.complete for found in reads), (
                f"{listing.name}: {twist} is taken for an answer"
            )
        _nothing_lost(listing, str(twist), reads, before, facts=True)
        if (last := len(said)) > 1:
            reads = await _played(contract, listing, twist, partial(_numbered, last))
            _nothing_lost(listing, f"{twist}, on the last page,", reads, before, facts=True)


async def _coded(contract: Contract, listing: Listing, said: list[Any], before: Facts) -> None:
    """What the answers are is only known by the code, so that each sort of them is tried by itself: without all of it
    nothing is complete that is not as before, without a list in it nothing is gone."""
    for body in {_sort(body): body for body in said if body is not NOTHING}.values():
        for twist in _twists(body, _lists(body)):
            if listing.empty and _holds(listing.empty, twist(body)):
                continue
            reads = await _played(contract, listing, twist, partial(_alike, _sort(body)))
            where = f"{twist} of one with {', '.join(_sort(body)[:9])}"
            _nothing_lost(listing, where, reads, before, facts=not twist.place)


async def _played(contract: Contract, listing: Listing, twist: Twist, meant: Meant) -> list[Read]:
    number = 0

    def play(request: httpx.Request, given: httpx.Response) -> httpx.Response:
        nonlocal number
        number += 1
        if not meant(number, _body(given)):
            return given
        body = twist(_body(given))
        content = b"" if body is NOTHING else json.dumps(body).encode()
        return httpx.Response(given.status_code, headers=given.headers, content=content)

    contract.wire.twist = play
    return await contract.armed(listings=[listing.name], fresh=True)


def _numbered(wanted: int, number: int, body: Any) -> bool:
    return number == wanted


def _alike(sort: Place, number: int, body: Any) -> bool:
    return _sort(body) == sort


def _nothing_lost(listing: Listing, where: str, reads: Iterable[Read], before: Facts, *, facts: bool) -> None:
    """What says that it is complete has all its rows, and `facts` as they were; what is not complete says why."""
    for found in reads:
        assert found.coverage.complete or found.coverage.reason, f"{listing.name}: {where}: no reason in {found}"
        for scope in found.scopes if found.coverage.complete else ():
            was = before.get(scope.ref, {})
            gone = set() if scope.whole else was.keys() - scope.keys
            assert not gone, f"{listing.name}: {where} takes {sorted(gone)} out of {scope.ref}"
            other = [one.key for one in scope.resources if one.key in was and one.facts != was[one.key].facts]
            assert not (facts and other), f"{listing.name}: {where} changes {other} of {scope.ref}"


def _twists(body: Any, places: Iterable[Place]) -> Iterator[Twist]:
    """In the place of a body no bytes, `{}`, null and, where it is an object, `[]`; at each place of it null and the
    wrong one of list and object."""
    yield Twist((), NOTHING)
    if body is NOTHING:
        return
    yield Twist((), {})
    yield Twist((), None)
    if isinstance(body, dict):
        yield Twist((), [])
    for place in places:
        there = _inside(body, place)
        if there is not None:
            yield Twist(place, None)
            yield Twist(place, [] if isinstance(there, dict) else {})


def _declared(twist: Twist, body: Any, views: Iterable[View]) -> bool:
    """Whether such a body is one of an empty list for all who read at the place."""
    at = twist.place
    touched = [view for view in views if _way(view)[: len(at)] == at]
    return all(view.empty and _inside(body, _way(view)) is None and _holds(view.empty, body) for view in touched)


def _holds(expression: str, body: Any) -> bool:
    try:
        return body is not NOTHING and bool(search(expression)(body))
    except Malformed:
        return False


def _way(view: View) -> Place:
    """The way to the rows of a view, or to the map that they are the entries of."""
    parts = view.records.split(".") if view.records else []
    return tuple(parts[: parts.index("*")] if "*" in parts else parts)


def _lists(body: Any) -> list[Place]:
    """The lists in a body at most two names into it, and the objects that they are in."""
    found: list[Place] = []
    for name, value in body.items() if isinstance(body, dict) else ():
        inner = [one for one, two in value.items() if isinstance(two, list)] if isinstance(value, dict) else []
        found += [(name,), *((name, one) for one in inner)] if inner or isinstance(value, list) else []
    return found


def _sort(body: Any) -> Place:
    """What tells sorts of answers apart: the names in it, two deep."""
    if not isinstance(body, dict):
        return (type(body).__name__,)
    deep = [f"{name}.{one}" for name, value in body.items() if isinstance(value, dict) for one in value]
    return tuple(sorted([*body, *deep]))


def _body(given: httpx.Response) -> Any:
    try:
        return json.loads(given.content)
    except ValueError:
        return NOTHING


def _inside(body: Any, place: Place) -> Any:
    for name in place:
        if isinstance(body, list) and name.isdigit():
            body = body[int(name)] if int(name) < len(body) else None
        else:
            body = body.get(name) if isinstance(body, dict) else None
    return body


def _with(body: Any, place: Place, value: Any) -> Any:
    """The body with a value at a place; as it is where it has no such place."""
    if not place:
        return value
    name, rest = place[0], place[1:]
    if isinstance(body, list) and name.isdigit() and int(name) < len(body):
        return [_with(one, rest, value) if number == int(name) else one for number, one in enumerate(body)]
    if not isinstance(body, dict) or name not in body:
        return body
    return {**body, name: _with(body[name], rest, value)}
