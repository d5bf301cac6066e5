"""What the reads of a listing are under one configuration, worked out once: what is asked, which scopes can come of it.

Most answers are as they were, and then a poll needs little more of a read than this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from xxhash import xxh3_128_digest

from .api import Ask
from .contract import COMPLETE, Coverage, Kind, Parent, Read, Ref, Resource, Scope, canonical
from .listing import Listing, Row, Vendor, View
from .memo import VERSION, Memo, unpack
from .project import Projector
from .values import fill, link

Want = Callable[[Kind, str], bool]
Children = list[dict[str, Any]]
NOTHING: Final[Children] = []


class Plan:
    """The listings of one integration, as polls have prepared them. Made anew when what they rest on is not the same:
    the watch, the account, the base address."""

    def __init__(self) -> None:
        self._rests: tuple[object, ...] = ()
        self._grounds: dict[str, Ground] = {}

    def rest(self, *on: object) -> None:
        if on != self._rests:
            self._rests = on
            self._grounds.clear()

    def ground(self, listing: Listing, make: Callable[[Listing], Ground]) -> Ground:
        if listing.name not in self._grounds:
            self._grounds[listing.name] = make(listing)
        return self._grounds[listing.name]


class Ground:
    """What all reads of a listing share. `seal` stands for how rows are read; `place` is what templates may be filled
    with whatever the row is; `parental`: other listings fan out from its rows."""

    def __init__(
        self,
        vendor: Vendor,
        listing: Listing,
        options: Mapping[str, Any],
        base: str,
        account: str,
        want: Want,
        person: Callable[[str], str],
    ) -> None:
        self.listing, self.options, self.want = listing, options, want
        self.projectors = tuple(Projector(view, person) for view in listing.views)
        self.place: Mapping[str, Any] = {"base": base, "account": account, "options": options}
        self.seal = VERSION.to_bytes(2) + listing.projection
        self.parental = any(child.for_each == listing.name for child in vendor.listings)
        self._reads: dict[str, Prepared] = {}
        self._before: list[Prepared] = []

    def reads(self, parents: Sequence[Row]) -> list[Prepared]:
        """One for each parent, in order. Those of other parents are let go."""
        same = len(parents) == len(self._before)
        if not same or any(one.parent is not parent for one, parent in zip(self._before, parents, strict=True)):
            self._before = [self._read(parent) for parent in parents]
            self._reads = {one.id: one for one in self._before}
        return list(self._before)

    def _read(self, parent: Row) -> Prepared:
        id = self.listing.read_id(parent)
        found = self._reads.get(id)
        return found if found is not None and found.parent == parent else Prepared(self, parent, id)


class Tag(msgspec.Struct, frozen=True):
    """What is said of a scope whatever its rows are."""

    view: View
    above: Parent | None
    needs: tuple[str, ...]
    source: str
    link: str


class Prepared:
    """A listing for one parent. `refs`: the scopes that the watch wants, by the number of their view, where a view has
    one; `unwatched`: the kinds of those that it does not."""

    def __init__(self, ground: Ground, parent: Row, id: str) -> None:
        self.ground, self.parent, self.id = ground, parent, id
        self.refs: dict[int, Ref] = {}
        self.unwatched: list[Kind] = []
        for number, view in enumerate(ground.listing.views):
            if view.scope_by:
                continue
            ref = ground.listing.ref(view, parent, ground.options)
            if ground.want(ref.kind, ref.name):
                self.refs[number] = ref
            else:
                self.unwatched.append(ref.kind)
        self.seal = xxh3_128_digest(ground.seal + canonical(dict(parent)) + canonical(list(self.refs)))
        self._ask: Ask | None = None
        self._tags: dict[Ref, Tag] = {}
        self._raw = b""
        self._memo: Memo | None = None
        self._whole: tuple[Read, Children] | None = None

    @property
    def wanted(self) -> bool:
        """Whether the watch wants anything that it can give."""
        return bool(self.refs) or any(view.scope_by for view in self.ground.listing.views)

    @property
    def walks(self) -> bool:
        """Whether every byte of an answer that is not equal to the last is parsed."""
        return self.wanted or self.ground.parental

    def ask(self, validators: Mapping[str, str], known: bytes, *, walked: bool) -> Ask:
        """Raises KeyError with a sentence for a place of a template that has no value."""
        if self._ask is None:
            self._ask = self.ground.listing.ask(self.parent, self.ground.options)
        headers = {**self._ask.headers, **validators} if validators else self._ask.headers
        return msgspec.structs.replace(self._ask, headers=headers, known=known, walked=walked)

    def memo(self, raw: bytes | None) -> Memo | None:
        """The memo in these bytes, if it is of this read as it would be made now."""
        if not raw:
            return None
        if raw != self._raw:
            self._raw, self._memo, self._whole = raw, unpack(raw), None
        return self._memo if self._memo is not None and self._fits(self._memo) else None

    def _fits(self, memo: Memo) -> bool:
        if memo.seal != self.seal:
            return False
        if not memo.dropped and memo.scopes == list(self.refs.values()):  # these were asked for just now
            return True
        want = self.ground.want
        return not any(want(ref.kind, ref.name) for ref in memo.dropped) and all(
            want(ref.kind, ref.name) for ref in memo.scopes
        )

    def whole(self, memo: Memo) -> tuple[Read, Children]:
        """What comes of an answer that is as it was when `memo`, the one that was asked for last, was made."""
        if self._whole is None:
            scopes = tuple(self.scope(ref, COMPLETE, (), (), whole=True) for ref in memo.scopes)
            self._whole = Read(self.id, COMPLETE, scopes), memo.offspring() if self.ground.parental else NOTHING
        return self._whole

    def scope(
        self, ref: Ref, coverage: Coverage, rows: tuple[Resource, ...], same: tuple[str, ...], *, whole: bool
    ) -> Scope:
        tag = self.tag(ref)
        return Scope(
            ref, coverage, rows, same, whole, tag.view.covers, tag.above, tag.needs, tag.source, tag.link
        )  # fmt: skip

    def tag(self, ref: Ref) -> Tag:
        if ref not in self._tags:
            view = self._view_of(ref)
            place = {**self.ground.place, "parent": self.parent, "scope": ref.name}
            needs = tuple(fill(need, place) for need in view.needs)
            deep = "" if view.links_rows else link(view.link, place)
            self._tags[ref] = Tag(view, self._above(view, ref), needs, self._source(place), deep)
        return self._tags[ref]

    def _view_of(self, ref: Ref) -> View:
        views = self.ground.listing.views
        for number, own in self.refs.items():
            if own == ref:
                return views[number]
        return next(view for view in views if view.scope_by and view.kind is ref.kind)

    def _above(self, view: View, ref: Ref) -> Parent | None:
        """The resource that a scope hangs on."""
        if view.under:
            kind, _, name = str(fill(view.under, {"parent": self.parent})).partition("/")
            return Parent(Ref(Kind(kind), name), ref.name)
        up = self.parent.get("@ref")
        return Parent(Ref(Kind(up[0]), up[1]), str(self.parent["key"])) if up else None

    def _source(self, place: Mapping[str, Any]) -> str:
        """The path that was asked. A place in it without a value has failed the read, and is shown as it stands."""
        path = self.ground.listing.path
        try:
            return fill(path, place, quoted=True) or self.ground.listing.name
        except KeyError:
            return path
