"""On demand, for one thing: is it there, and who changed it. A Fault is a value here, never raised.

The vendor file only asks and hands over what the vendor said; keys, facts, people and times stay with the kit. Both
share the integration's limits and budget with its polls.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import orjson

from .client import LiveClient
from .clock import stamp
from .contract import Absent, Fault, Malformed, Ref, Resource, Sought, Unsupported, Vantage
from .listing import Found, Listing, Told, Vendor, View
from .project import Projector
from .redact import clean
from .stumble import VENDOR_ERRORS, named, sound, unread
from .values import instant, search

T = TypeVar("T")
HOW: Final = frozenset({"named", "last", "alone"})


async def look(
    vendor: Vendor, api: LiveClient, ref: Ref, key: str, *, person: Callable[[str], str]
) -> Resource | Absent | Fault:
    """One thing as it is now. `Absent` is the vendor's own word that it does not exist, as good as a second complete
    listing without it; where the vendor does not tell that from a missing right, the answer is a Fault."""
    asked = vendor.look
    if asked is None:
        return Unsupported(f"{vendor.title} cannot be asked for one thing", code="look")

    async def answer() -> Resource | Absent:
        found = await asked(api, ref, key)
        if not isinstance(found, Absent):
            return _resource(vendor, api, ref, key, found, person)
        if not vendor.absent:
            raise Malformed(f"{vendor.name} does not declare how it knows that a thing is gone", code="absent")
        return found

    return await _safely(api, answer())


async def identity(vendor: Vendor, api: LiveClient) -> Vantage | Fault:
    """From where it is asked now. Raises nothing."""
    if vendor.identity is None:
        return Unsupported(f"{vendor.title} does not tell who asks", code="identity")
    asked = vendor.identity

    async def answer() -> Vantage:
        return sound(await asked(api))

    return await _safely(api, answer())


async def who(
    vendor: Vendor, api: LiveClient, sought: Sequence[Sought], *, person: Callable[[str], str]
) -> Sequence[Mapping[str, str] | Fault]:
    """Evidence of who made each change, in the order asked: `by` (through `person`), `at` (ISO 8601, UTC), `action`,
    `how` sure that is (see Vendor.who). Empty when the vendor does not know."""
    asked = vendor.who
    if asked is None:
        return [Unsupported(f"{vendor.title} does not tell who changed what", code="who")] * len(sought)

    async def answer() -> Sequence[Told]:
        found = await asked(api, sought)
        if len(found) != len(sought):
            raise Malformed(f"the vendor file gives {len(found)} answers to {len(sought)} questions", code="who")
        return found

    told = await _safely(api, answer())
    if isinstance(told, Fault):
        return [told] * len(sought)
    return [await _safely(api, _evidence(one, person)) for one in told]


async def _safely(api: LiveClient, answer: Awaitable[T]) -> T | Fault:
    try:
        return await answer
    except Fault as fault:
        return clean(fault, api.credentials.seen)
    except VENDOR_ERRORS as error:
        return clean(unread(error), api.credentials.seen)


def _resource(
    vendor: Vendor, api: LiveClient, ref: Ref, key: str, found: Found, person: Callable[[str], str]
) -> Resource:
    """The row through the view that gives `ref`. Raises Malformed when the row is not the thing that was asked for."""
    listing = vendor.listing(found.listing)
    refs = {_ref(api, listing, view, found): view for view in listing.views}
    if ref not in refs:
        raise Malformed(f"the vendor file found a row of {listing.name}, which gives no {ref.kind}/{ref.name}")
    view = refs[ref]
    projector = Projector(view, person)
    place = {
        "base": api.base,
        "account": api.account,
        "parent": found.parent,
        "options": api.options,
        "scope": ref.name,
    }
    resource = projector.resource(projector.row(_kept(found.row), (), found.parent), place)
    if resource.key != key:
        raise Malformed("the vendor answered about another thing than was asked for", code="other")
    return resource


def _kept(row: Any) -> Any:
    """The row as a poll would read it out of bytes. Raises Malformed where it has what no bytes of ours can hold."""
    try:
        return orjson.loads(orjson.dumps(row))
    except TypeError:
        raise Malformed("the answer has a number that is too large, or text that is none") from None


def _ref(api: LiveClient, listing: Listing, view: View, found: Found) -> Ref:
    """The scope that a view puts the row into; one that goes by the row names none where the row does not."""
    if not view.scope_by:
        return listing.ref(view, found.parent, api.options)
    return Ref(view.kind, str(search(view.scope_by)(found.row) or ""))


async def _evidence(told: Told, person: Callable[[str], str]) -> Mapping[str, str]:
    """Raises the Fault that the vendor file gave for this one, and Malformed where who or when is no such value."""
    if isinstance(told, Fault):
        raise told
    by, how = told.get("by"), told.get("how")
    if not by or how not in HOW:
        return {}
    if not named(by):
        raise Malformed("who did it is neither a name nor a number")
    at = instant(told.get("at"))
    found = {"by": person(str(by)), "how": str(how), "action": str(told.get("action") or "")}
    if at is not None:
        found["at"] = stamp(at)
    return {name: value for name, value in found.items() if value}
