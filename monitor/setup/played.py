"""Plays what code makes of answers (`fetch`) against the vendor's spec: what its schema says answers each request.

Answers are full: every key that the schema names is there, a list has two rows, and what is asked for a second time has
come to its end. So a path that the spec does not have, a key that code takes and is not there, and an expression over
what code made that leads nowhere are the vendor file's mistakes. What cannot be played is said, and why.
"""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextvars import ContextVar
from types import ModuleType
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from probes.kit.api import Answer, Ask
from probes.kit.auth import Header, Scheme
from probes.kit.client import Connection, LiveClient
from probes.kit.clock import ManualClock
from probes.kit.contract import Fault, Malformed
from probes.kit.drive import read
from probes.kit.limiter import Limit, Limiters
from probes.kit.listing import Listing, Row, Vendor
from probes.kit.memo import Memos
from probes.kit.paging import Paging
from probes.kit.stumble import unread

from .answering import DAYS, NAMES, PLAYED, Lookup, Made, Told, described_by
from .misread import Follow, Misread, Tried, held, near
from .proof import Tokenless
from .published import Operation, Published

MOST: Final = 60  # requests of one listing: whoever asks for more waits for something that a spec never says
BASE: Final = "https://played.invalid"
_now: ContextVar[str] = ContextVar("listing", default="")


class Played(msgspec.Struct, kw_only=True):
    """One coded listing. `lost`: requests whose path no spec has; `lookups`: keys that code took; `made`: the schema of
    what it made of the answers; `words`: that values of these may have; `why`: it could not be played to its end."""

    asked: list[str] = []
    lost: list[tuple[str, str]] = []
    lookups: list[Lookup] = []
    words: set[str] = set()
    made: list[Any] = []
    why: str = ""

    @property
    def schema(self) -> Mapping[str, Any]:
        return described_by(self.made)


async def tried(vendor: Vendor, *specs: Published) -> tuple[Tried, ...]:
    """Each listing, in its order: what it declares followed through the specs, what code makes of them played."""
    found = await play(vendor, specs)
    return tuple(
        _judged(vendor.listing(one.listing), found[one.listing]) if one.coded else one for one in held(vendor, *specs)
    )


def _judged(listing: Listing, one: Played) -> Tried:
    lost = [
        Misread(listing=listing.name, place="path", expression=path, missing=path, at=method)
        for method, path in one.lost
    ]
    taken = [
        Misread(listing=listing.name, place="fetch", expression=look.key, missing=look.key, at=look.at,
                instead=near(look.key, look.known))
        for look in one.lookups if look.must
    ]  # fmt: skip
    follow = Follow(Published({"paths": {}}), listing.name)
    if one.made:
        root = follow.known([one.schema], "")
        for number, view in enumerate(listing.views):
            follow.view(view, root, f"also[{number - 1}]." if number else "")
    own = one.words | written(listing.fetch)  # a key by which code sorts rows, or that it writes for some of them
    found = [wrong for wrong in follow.found if wrong.missing not in own]
    return Tried(
        listing=listing.name, path=", ".join(dict.fromkeys(one.asked)), coded=True, read=follow.ended,
        open=follow.opened, misread=(*lost, *taken, *found), unplayed=one.why,
        sought=tuple(f"{look.key} in {look.at}" if look.at else look.key for look in one.lookups if not look.must),
    )  # fmt: skip


def written(fetch: Any) -> set[str]:
    """The texts in the code of a vendor file, its declarations aside: names among them that it may give a row."""
    code = (one for module in homes(fetch) for one in vars(module).values() if inspect.isfunction(one))
    return _texts(inspect.unwrap(one).__code__ for one in code)


def tabled(fetch: Any) -> set[str]:
    """The texts in the tables of a vendor file: names among them that its code may look for in an answer."""
    return _texts(one for module in homes(fetch) for name, one in vars(module).items() if not name.startswith("__"))


def homes(fetch: Any) -> list[ModuleType]:
    """The modules of the vendor file that this code is of."""
    home = sys.modules.get(getattr(getattr(fetch, "func", fetch), "__module__", ""))
    package = getattr(home, "__package__", "") or ""
    inside = package if hasattr(sys.modules.get(package), "VENDOR") else ""
    if not home:
        return []
    return [one for name, one in list(sys.modules.items()) if inside and name.startswith(inside)] or [home]


def _texts(said_in: Iterable[Any]) -> set[str]:
    found: set[str] = set()
    waiting = list(said_in)
    while waiting:
        said = waiting.pop()
        if inspect.iscode(said):
            waiting += said.co_consts
        elif isinstance(said, Paging):  # of code that goes through pages by itself
            waiting += [name for one in (said.next, said.more, said.total, said.while_there) for name in one.split(".")]
        elif isinstance(said, tuple | list | set | frozenset | dict):
            waiting += said
            waiting += said.values() if isinstance(said, dict) else ()
        elif isinstance(said, str):
            found.add(said)
    return found


async def play(vendor: Vendor, specs: Sequence[Published]) -> dict[str, Played]:
    """Every coded listing of a vendor file, by its name. What a text is like no schema says: where code stops, it is
    played again with texts that are numbers and days."""
    found = await _played(vendor, specs, NAMES)
    stuck = [name for name, one in found.items() if one.why and not one.lost]
    again = await _played(vendor, specs, DAYS) if stuck else {}
    for name in stuck:
        if not again[name].why:
            again[name].lookups += [look for look in found[name].lookups if look not in again[name].lookups]
            found[name] = again[name]
    return found


async def _played(vendor: Vendor, specs: Sequence[Published], form: str) -> dict[str, Played]:
    found = {one.name: Played() for one in vendor.listings if one.fetch is not None}
    whole = vendor.model_copy(update={
        "identity": None, "quota": None, "pace": None, "limits": dict.fromkeys(vendor.limits, Limit(rate=10_000)),
        "schemes": {"played": Scheme(fields=(), build=lambda credentials: Header(credentials))},
        "listings": tuple(_tapped(one, found) for one in vendor.listings),
    })  # fmt: skip
    clock = ManualClock(1_780_000_000.0, leap=True)
    hung = {one.for_each.removeprefix("options.") for one in vendor.listings if one.for_each.startswith("options.")}
    given = {name: one.default if one.default is not None else "played" for name, one in vendor.options.items()}
    connection = Connection(
        integration="played", vendor=whole, options={**given, **{name: ["played"] for name in hung}}, scheme="played",
        secret=lambda field: f"of-{field}", base=BASE, allow_private=True,
    )  # fmt: skip
    api = _Playing(connection, specs, found, form, clock)
    api.own = vendor.base
    async with api:
        async for _ in read(whole, api, Memos()):
            pass  # what came of it is kept where it was made
    for one in found.values():
        if not one.made and not one.lost and not one.why:
            one.why = "it made nothing of these answers" if one.asked else "nothing that it hangs on was read"
    return found


def _tapped(listing: Listing, found: Mapping[str, Played]) -> Listing:
    """The same of every parent, with one page of each list; what code yields is kept."""
    if (original := listing.fetch) is None:
        plain = {"paging": Paging(), "conditional": "", "only": "", "where": ""}
        declared = {name: getattr(listing, name) for name in Listing.model_fields}
        return Listing(**{**declared, **plain})  # made anew: a copy keeps the views of the other

    one = found[listing.name]

    async def fetch(api: Any, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]) -> AsyncIterator[Any]:
        answers = original(api, parents, validators).__aiter__()
        while True:
            _now.set(listing.name)  # others are read beside it
            try:
                parent, answer = await answers.__anext__()
            except StopAsyncIteration:
                return
            except Fault as fault:
                one.why = one.why or fault.message
                raise
            except Exception as error:
                one.why = one.why or unread(error).message
                raise
            if isinstance(answer, Answer):
                one.made.append(msgspec.json.decode(answer.raw))
            else:
                one.why = one.why or answer.message
            yield parent, answer

    return listing.model_copy(update={"fetch": fetch, "conditional": "", "only": ""})


class _Playing(LiveClient):
    """A client that asks nobody: specs answer, and what is taken out of their answers is noted."""

    own: str = ""

    def __init__(
        self, connection: Connection, specs: Sequence[Published], found: Mapping[str, Played], form: str,
        clock: ManualClock,
    ) -> None:  # fmt: skip
        super().__init__(connection, clock=clock, limiters=Limiters(clock), tokens=Tokenless(), transport=None)
        self._specs, self._found, self._form, self._times = specs, found, form, Counter[tuple[str, str, str]]()

    async def ask(self, ask: Ask) -> Answer:
        name = _now.get()
        one = self._found.get(name, Played())
        path = urlsplit(ask.path).path if "://" in ask.path else ask.path
        given = ask.body if isinstance(ask.body, dict) else {}
        lists = [one for one in given.values() if isinstance(one, list)]
        turn = (name, path, repr(lists))  # what is asked for by other lists is no next page
        self._times[turn] += 1
        one.asked.append(path)
        if len(one.asked) > MOST:
            raise Malformed(f"it asks more than {MOST} times: what it waits for, no spec says")
        spec, operation = self._operation(ask.method.lower(), path)
        if operation is None and path.startswith(f"/{PLAYED}"):
            raise Malformed("it follows an address that an answer gives")
        if operation is None:
            if (ask.method, path) not in one.lost:
                one.lost.append((ask.method, path))
            raise Malformed(f"no spec has {ask.method} {path}")
        made = Made(spec, one.lookups, self._form, ask.body)
        said = made.answer(operation.schema, self._times[turn] > 1, self.vendor.errors)
        one.words |= made.words
        return _Told(200, {"content-type": "application/json"}, msgspec.json.encode(said), told=said)

    async def login(self, ask: Ask) -> Answer:
        raise Malformed("it signs in by itself, which is not played")

    async def every(self, ask: Ask, paging: Paging, records: str) -> list[Any]:
        answer = await self.ask(ask)
        for word in ("next", "more", "total"):
            if (path := getattr(paging, word)) and paging.style != "graphql":
                answer.value(path)
        found = answer.value(records)
        if not isinstance(found, list):
            raise Malformed(f"the answer has no list {records}")
        return found

    def _operation(self, method: str, path: str) -> tuple[Published, Operation | None]:
        for spec in self._specs:
            if (found := spec.answer(method, self.own, path)) is not None:
                return spec, found
        return self._specs[0], None


class _Told(Answer):
    """An answer that notes what is taken out of it."""

    told: Any = None

    def value(self, path: str = "") -> Any:
        said = self.told
        for name in path.split(".") if path else ():
            said = said[int(name)] if isinstance(said, list) and name.isdigit() and int(name) < len(said) else said
            said = said.need(name) if isinstance(said, Told) else said if isinstance(said, list) else None
        return said
