"""One request's answers become scopes, by the cheapest proof that they did not change.

The ladder: a 304 or an equal body -> rows with equal bytes -> rows equal but for the order of their keys -> facts.
All before the last come before any projection.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import orjson
from xxhash import xxh3_64_intdigest, xxh3_128_digest

from .api import Answer
from .contract import COMPLETE, Coverage, Fault, Kind, Malformed, Parent, Read, Ref, Resource, Scope, State, canonical
from .listing import Listing, Row, View
from .memo import VERSION, WIDTH, Memo, Rows, child, pack
from .project import Projector
from .values import Names, fill, search, walk

CHUNK: Final = 256  # rows between two looks at the loop
WHOLE_BODY: Final = 2 << 20  # bytes; a larger body is parsed row by row, so that the loop is never held
VALIDATOR: Final = {"etag": ("etag", "If-None-Match"), "last-modified": ("last-modified", "If-Modified-Since")}


class Ground(msgspec.Struct):
    """What all reads of a listing in one poll share. `stamp` stands for the identity."""

    listing: Listing
    projectors: tuple[Projector, ...]
    options: Mapping[str, Any]
    base: str
    stamp: bytes
    fresh: bool
    parental: bool
    want: Callable[[Kind, str], bool]
    now: Callable[[], float]


class Reading:
    """One run of a listing for one parent. `take` each answer, `end` with how it ended, then `result`."""

    def __init__(self, ground: Ground, parent: Row, memo: Memo | None) -> None:
        listing = ground.listing
        self.id = listing.read_id(parent)
        self._ground = ground
        self._parent = parent
        self._refs: dict[int, Ref] = {}  # of views with one scope, those that the watch wants
        for number, view in enumerate(listing.views):
            if not view.scope_by and ground.want(view.kind, (ref := listing.ref(view, parent, ground.options)).name):
                self._refs[number] = ref
        marks = [VERSION.to_bytes(2), listing.projection, canonical(dict(parent)), canonical(sorted(self._refs))]
        self._seal = xxh3_128_digest(b"".join(marks))
        self._memo = memo if memo is not None and self._fits(memo) else None
        self.validators: dict[str, str] = {}
        if self._memo and self._memo.stamp == ground.stamp and not ground.fresh:
            self.validators = dict(self._memo.validators)
        self._coverage = Coverage(State.FAILED, "the vendor left it out of its answer")
        self._fresh: dict[Ref, list[Resource]] = {ref: [] for ref in self._refs.values()}
        self._same: dict[Ref, list[str]] = {}
        self._dropped: set[Ref] = set()
        self._witnessed: dict[Ref, set[str]] = {}
        self._rows = Rows()
        self._scopes: list[Ref] = list(self._fresh)
        self._numbers: dict[Ref, int] = {ref: n for n, ref in enumerate(self._scopes)}
        self._raw: list[bytes] = []
        self._canon: list[bytes] = []
        self._children: list[dict[str, Any]] = []
        self._names: list[set[str]] = [set() for _ in listing.views]
        self._unstable = self._memo.unstable if self._memo else False
        self._hits: list[int] = []  # rows of the last stored reading that came again, by their number there
        self._moved: list[tuple[int, bytes]] = []  # the same, where the bytes differ and the content does not
        self._first = b""
        self._pages = 0
        self._body = b""
        self._size = 0
        self._learned: dict[str, str] = {}
        self._unchanged = False
        self._old: Rows | None = None
        self._raw_index: dict[bytes, int] = {}
        self._canon_index: dict[bytes, int] = {}
        self._counts: Counter[Ref] | None = None
        self.added_keys = 0

    def _fits(self, memo: Memo) -> bool:
        want = self._ground.want
        if memo.seal != self._seal or any(want(ref.kind, ref.name) for ref in memo.dropped):
            return False
        return all(want(ref.kind, ref.name) for ref in memo.scopes)

    @property
    def known(self) -> bytes:
        """Digest of the body that needs no judging, if it comes again."""
        return self._memo.body if self._memo else b""

    @property
    def remembers(self) -> bool:
        """Whether the memo still holds."""
        return self._memo is not None

    def end(self, how: Coverage | Fault) -> None:
        self._coverage = Coverage.of(how) if isinstance(how, Fault) else how

    async def take(self, answer: Answer) -> bool:
        """Take an answer over; True when it says that nothing changed, and no page needs to follow."""
        self._pages += 1
        self._size += len(answer.raw)
        memo = self._memo
        if answer.unchanged and not self.validators:
            raise Malformed("the vendor answers 304 to a request that asked for no comparison")
        if memo and self._pages == 1 and (answer.unchanged or (memo.body and answer.digest == memo.body)):
            self._unchanged = True
            return True
        self._body = answer.digest if self._pages == 1 else b""
        if self._ground.listing.conditional:
            self._learn(answer)
        if memo and self._old is None:
            self._old = memo.unpacked()
        try:
            for number, projector in enumerate(self._ground.projectors):
                wanted = number in self._refs or projector.view.scope_by
                if wanted or (number == 0 and self._ground.parental):
                    await self._view(number, projector, answer)
        except (orjson.JSONDecodeError, msgspec.DecodeError, RecursionError) as error:
            raise Malformed(
                f"the answer is cut or not JSON ({len(answer.raw)} bytes): {type(error).__name__}"
            ) from None
        return False

    def _learn(self, answer: Answer) -> None:
        header, ask = VALIDATOR[self._ground.listing.conditional]
        value = answer.headers.get(header)
        if value and not (header == "last-modified" and _too_young(value, answer, self._ground.now())):
            self._learned = {ask: value}

    async def _view(self, number: int, projector: Projector, answer: Answer) -> None:
        view = projector.view
        if view.empty and answer.at(view.records) is None and search(view.empty)(answer.value()):
            return
        parts = tuple(view.records.split(".")) if view.records else ()
        if self._unstable and "*" not in parts and len(answer.raw) <= WHOLE_BODY:
            rows = _inside(orjson.loads(answer.raw), parts)
            for start in range(0, len(rows), CHUNK):
                self._parsed(number, projector, (), rows[start : start + CHUNK])
                await asyncio.sleep(0)
            return
        for names, raws in walk(answer.raw, parts):
            for start in range(0, len(raws), CHUNK):
                chunk = raws[start : start + CHUNK]
                if self._unstable:
                    self._parsed(number, projector, names, [orjson.loads(memoryview(raw)) for raw in chunk])
                else:
                    self._unparsed(number, projector, names, chunk)
                await asyncio.sleep(0)

    def _unparsed(self, number: int, projector: Projector, names: Names, raws: list[msgspec.Raw]) -> None:
        """Rows by their bytes: those that came before are not even parsed."""
        seed = _seed(names, number)
        marks = [xxh3_128_digest(memoryview(raw), seed) for raw in raws]
        old = self._old
        if old is None:
            self._parsed(number, projector, names, [orjson.loads(memoryview(raw)) for raw in raws], marks)
            return
        at = len(self._hits)
        if old.raw[at * WIDTH : (at + len(marks)) * WIDTH] == b"".join(marks):  # in the same order, too
            self._hits.extend(range(at, at + len(marks)))
            return
        index = self._raw_index = self._raw_index or old.index(raw=True)
        missed: list[int] = []
        for i, mark in enumerate(marks):
            if (found := index.get(mark)) is not None:
                self._hits.append(found)
            else:
                missed.append(i)
        values = [orjson.loads(memoryview(raws[i])) for i in missed]
        self._parsed(number, projector, names, values, [marks[i] for i in missed])

    def _parsed(
        self, number: int, projector: Projector, names: Names, values: list[Any], marks: list[bytes] | None = None
    ) -> None:
        """Rows by their content; `marks`, where the bytes are worth remembering, are their digests as they came."""
        seed = _seed(names, number)
        canons = [xxh3_128_digest(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), seed) for value in values]
        if not self._first and values:
            self._first = xxh3_128_digest(orjson.dumps(values[0]))
        index: dict[bytes, int] = {}
        if self._old is not None and values:
            index = self._canon_index = self._canon_index or self._old.index(raw=False)
        for i, (value, canon) in enumerate(zip(values, canons, strict=True)):
            found = index.get(canon)
            if found is None:
                self._new(number, projector, names, marks[i] if marks else b"", canon, value)
            elif marks:
                self._moved.append((found, marks[i]))
            else:
                self._hits.append(found)

    def _again(self, old: Rows, memo: Memo, at: int, mark: bytes) -> None:
        """A row that the last stored reading had."""
        key = old.keys[at]
        canon = old.canon[at * WIDTH : at * WIDTH + WIDTH]
        if not key:
            self._note(mark, canon, "", None)
            return
        ref = memo.scopes[old.scope[at]] if old.scope else memo.scopes[0]
        self._same.setdefault(ref, []).append(key)
        self._note(mark, canon, key, ref)

    def _settle(self) -> bool:
        """Once all pages are in: True when exactly the rows of the last stored reading came again."""
        old, memo = self._old, self._memo
        if old is None or memo is None:
            return False
        every = len(self._hits) == len(old.keys) and len(set(self._hits)) == len(old.keys)
        if every and not self._canon and not self._moved:
            return True
        for at in self._hits:
            self._again(old, memo, at, old.raw[at * WIDTH : at * WIDTH + WIDTH])
        for at, mark in self._moved:
            self._again(old, memo, at, mark)
        if self._ground.parental:
            kept = {(str(ref.kind), ref.name, key) for ref, keys in self._same.items() for key in keys}
            self._children += [c for c in memo.offspring() if (c["@ref"][0], c["@ref"][1], c["key"]) in kept]
        return False

    def _note(self, mark: bytes, canon: bytes, key: str, ref: Ref | None) -> None:
        self._raw.append(mark)
        self._canon.append(canon)
        self._rows.keys.append(key)
        if ref is not None and ref not in self._numbers:
            self._numbers[ref] = len(self._scopes)
            self._scopes.append(ref)
        self._rows.scope.append(self._numbers[ref] if ref is not None else 0)

    def _new(self, number: int, projector: Projector, names: Names, mark: bytes, canon: bytes, value: Any) -> None:
        row = projector.row(value, names, self._parent)
        self._names[number] |= projector.unread(row)
        if not projector.wanted(row):
            self._note(mark, canon, "", None)
            return
        view, ground = projector.view, self._ground
        if view.scope_by:
            scope = search(view.scope_by)(row)
            if scope in (None, ""):
                raise Malformed(f"a row has no {view.scope_by}")
            ref = Ref(view.kind, str(scope))
            if not ground.want(ref.kind, ref.name):
                self._dropped.add(ref)
                self._note(mark, canon, "", None)
                return
        else:
            found = self._refs.get(number)
            ref = found or ground.listing.ref(view, self._parent, ground.options)
        place = {"base": ground.base, "parent": self._parent, "options": ground.options, "scope": ref.name}
        resource = projector.resource(row, self._parent, place)
        if number == 0 and ground.parental:
            self._children.append(child(resource.key, resource.id, ref, resource.facts))
        if view.scope_by or number in self._refs:
            self._fresh.setdefault(ref, []).append(resource)
            if view.always:
                self._witnessed.setdefault(ref, set()).update(resource.facts.keys() & set(view.always))
            self._note(mark, canon, resource.key, ref)

    def result(self) -> tuple[Read, list[dict[str, Any]]]:
        """The read, and the rows that other listings fan out from."""
        if self._unchanged and self._memo:
            stamp = self._ground.stamp
            memo = self._memo if self._memo.stamp == stamp else msgspec.structs.replace(self._memo, stamp=stamp)
            return self._as_before(memo, COMPLETE)
        coverage = self._coverage
        if coverage.state not in (State.COMPLETE, State.PARTIAL):
            scopes = tuple(self._scope(ref, coverage) for ref in self._refs.values())
            return Read(self.id, coverage, scopes), []
        coverage = msgspec.structs.replace(coverage, rows=len(self._hits) + len(self._moved) + len(self._canon))
        if self._settle() and self._memo and coverage.complete:
            return self._as_before(self._renewed(self._memo), coverage)
        scopes = tuple(self._scope(ref, self._certified(ref, coverage)) for ref in dict.fromkeys(self._scopes))
        worst = next((scope.coverage for scope in scopes if not scope.coverage.complete), coverage)
        if not worst.complete:  # nothing is remembered of what was not whole: the next reading brings every row
            return Read(self.id, worst, scopes, b""), self._children
        return Read(self.id, coverage, scopes, pack(self._remember())), self._children

    def _as_before(self, memo: Memo, coverage: Coverage) -> tuple[Read, list[dict[str, Any]]]:
        scopes = tuple(self._scope(ref, coverage, whole=True) for ref in memo.scopes)
        again = None if memo is self._memo else pack(memo)
        return Read(self.id, coverage, scopes, again), memo.offspring() if self._ground.parental else []

    def _renewed(self, memo: Memo) -> Memo:
        """The memo of the same rows in a body that is not the same."""
        unstable = memo.unstable and self._first != memo.first
        first = self._first if unstable else b""
        body, learned = self._single()
        return msgspec.structs.replace(
            memo,
            stamp=self._ground.stamp,
            body=body,
            size=self._size,
            unstable=unstable,
            first=first,
            validators=learned,
        )

    def _single(self) -> tuple[bytes, dict[str, str]]:
        """Digest and validators stand for the whole list only when all of it came in one answer, end included."""
        alone = self._pages == 1 and self._ground.listing.paging.style != "link"
        return (self._body, self._learned) if alone else (b"", {})

    def _certified(self, ref: Ref, coverage: Coverage) -> Coverage:
        """A scope's own coverage: its read's, unless its rows contradict themselves."""
        fresh, same = self._fresh.get(ref, []), self._same.get(ref, [])
        keys = {resource.key for resource in fresh} | set(same)
        if len(keys) < len(fresh) + len(same):
            return Coverage(State.PARTIAL, "two rows have one key", "duplicate", self._pages, len(keys))
        missing = set(self._view_of(ref).always) - self._witnessed.get(ref, set())
        if missing and fresh and not same:
            words = f"Malformed: no row has {', '.join(sorted(missing))}: the vendor changed its answer"
            return Coverage(State.FAILED, words, "always", self._pages, len(keys))
        return coverage

    def _view_of(self, ref: Ref) -> View:
        for number, own in self._refs.items():
            if own == ref:
                return self._ground.listing.views[number]
        return next((v for v in self._ground.listing.views if v.scope_by and v.kind is ref.kind), self._ground.listing)

    def _scope(self, ref: Ref, coverage: Coverage, *, whole: bool = False) -> Scope:
        listing, view, ground = self._ground.listing, self._view_of(ref), self._ground
        fresh, same = self._fresh.get(ref, []), self._same.get(ref, [])
        if coverage.state not in (State.COMPLETE, State.PARTIAL):
            fresh, same = [], []
        elif coverage.complete and not fresh and not whole:
            whole = ref in self._before() and len(same) == self._before()[ref]
        place = {"parent": self._parent, "options": ground.options, "scope": ref.name, "base": ground.base}
        up = self._parent.get("@ref")
        parent = Parent(Ref(Kind(up[0]), up[1]), str(self._parent["key"])) if up else None
        if view.under:
            kind, _, name = view.under.partition("/")
            parent = Parent(Ref(Kind(kind), name), ref.name)
        return Scope(
            ref,
            coverage,
            tuple(fresh),
            () if whole else tuple(same),
            whole,
            view.covers,
            parent,
            tuple(fill(need, place) for need in view.needs),
            fill(listing.path, place, quoted=True) or listing.name,
            fill(view.link, place),
        )

    def _before(self) -> Counter[Ref]:
        """How many rows the last stored reading had, by scope."""
        if self._counts is None:
            self._counts = Counter()
            if self._old is not None and self._memo is not None:
                scopes, keys = self._memo.scopes, self._old.keys
                self._counts.update(dict.fromkeys(scopes, 0))
                numbers = self._old.scope or [0] * len(keys)
                self._counts.update(scopes[n] for key, n in zip(keys, numbers, strict=True) if key)
        return self._counts

    def _remember(self) -> Memo:
        rows = self._rows
        unstable = self._unstable
        if unstable:  # try the bytes again once the first row has kept its order
            unstable = self._memo is None or self._first != self._memo.first
        elif self._old is not None and self._old.raw and len(self._moved) * 2 > len(self._canon):
            unstable = True
        rows.raw = b"" if unstable or self._unstable else b"".join(self._raw)
        rows.canon = b"".join(self._canon)
        if not any(rows.scope):
            rows.scope = []
        names = [sorted(found | set(old)) for found, old in zip(self._names, self._old_names(), strict=True)]
        if self._memo:
            self.added_keys = sum(len(new) - len(old) for new, old in zip(names, self._old_names(), strict=True))
        body, learned = self._single()
        return Memo(
            VERSION, self._seal, self._ground.stamp, body, self._size, unstable, self._first, learned, self._scopes,
            sorted(self._dropped), pack(rows), pack(self._children) if self._ground.parental else b"", names,
        )  # fmt: skip

    def _old_names(self) -> list[list[str]]:
        return self._memo.names if self._memo else [[] for _ in self._names]


def _seed(names: Names, number: int) -> int:
    """Equal bytes at another place of the answer, or seen by another view, are another row."""
    return xxh3_64_intdigest("/".join(names).encode(), number)


def _inside(value: Any, parts: Names) -> list[Any]:
    """The rows at a path of a parsed body; the same answer as `walk`."""
    for part in parts:
        if isinstance(value, list) and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            raise Malformed(f"the answer has no {'.'.join(parts)}")
    return value if isinstance(value, list) else [value]


def _too_young(value: str, answer: Answer, now: float) -> bool:
    """A Last-Modified of this very second proves nothing about the rest of the second."""
    from email.utils import parsedate_to_datetime

    try:
        changed = parsedate_to_datetime(value).timestamp()
        answered = parsedate_to_datetime(answer.headers["date"]).timestamp() if "date" in answer.headers else now
    except ValueError:
        return True
    return changed > answered - 2
