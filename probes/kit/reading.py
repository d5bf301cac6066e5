"""One request's answers become scopes, by the cheapest proof that they did not change.

The ladder: a 304 or an equal body -> rows with equal bytes -> rows equal but for the order of their keys -> facts.
All before the last come before any projection.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any, Final, TypeAlias

import msgspec
import orjson

from .api import Answer
from .contract import Coverage, Fault, Malformed, Read, Ref, Resource, Scope, State
from .ladder import Ladder, New
from .memo import VERSION, Memo, Rows, child, pack
from .memo import rows as unpacked
from .project import Projector
from .shelf import Kept
from .stumble import UNREADABLE
from .values import Names, http_date, search, walk

CHUNK: Final = 512  # rows between two looks at the loop; more looks cost the caches, whose rows the others push out
WHOLE_BODY: Final = 2 << 20  # bytes; a larger body is parsed row by row, so that the loop is never held
TWICE: Final = "duplicate"
LEFT_OUT: Final = Coverage(State.FAILED, "the vendor left it out of its answer")
Fetch: TypeAlias = Callable[[Kept], Awaitable[bytes | None]]  # the kept rows of a read
VALIDATOR: Final = {"etag": ("etag", "If-None-Match"), "last-modified": ("last-modified", "If-Modified-Since")}


class Eyes(msgspec.Struct, frozen=True):
    """Who looks: `stamp` stands for the identity of this poll; `fresh`: nothing is asked for by comparison."""

    stamp: bytes
    fresh: bool
    now: Callable[[], float]


class Reading:
    """One run of a listing for one parent. `take` each answer, `end` with how it ended, then `result` once."""

    def __init__(self, kept: Kept, eyes: Eyes, rows: Fetch) -> None:
        self.prepared = prepared = kept.read
        self.id = prepared.id
        self._ground, self._parent, self._refs = prepared.ground, prepared.parent, prepared.refs
        self._kept, self._eyes, self._fetch = kept, eyes, rows
        self._memo = memo = kept.memo
        self.validators: dict[str, str] = {}
        if memo and memo.stamp == eyes.stamp and not eyes.fresh:
            self.validators = memo.validators
        self._coverage = LEFT_OUT
        self._old: Rows | None = None
        self._fresh: dict[Ref, list[Resource]] = {}
        self._same: dict[Ref, list[str]] = {}
        self._sizes: Mapping[Ref, int] = {}
        self._dropped: set[Ref] = set()
        self._witnessed: dict[Ref, set[str]] = {}
        self._children: list[dict[str, Any]] = []
        self._names: list[set[str]] = [set() for _ in self._ground.projectors]
        self._pages = 0
        self._body = b""
        self._size = 0
        self._learned: dict[str, str] = {}
        self._unchanged = False
        self.added_keys = 0

    @cached_property
    def _ladder(self) -> Ladder:
        """Built when a row is looked at: most answers are as they were."""
        return Ladder(self._memo, self._old)

    @property
    def unchanged(self) -> bool:
        """Whether the vendor, or the bytes, said that all is as before: no row was looked at."""
        return self._unchanged

    @property
    def known(self) -> bytes:
        """Digest of the body that needs no judging, if it comes again."""
        return self._memo.body if self._memo else b""

    def end(self, how: Coverage | Fault) -> None:
        self._coverage = Coverage.of(how) if isinstance(how, Fault) else how

    async def take(self, answer: Answer) -> bool:
        """Take an answer over; True when it says that nothing changed, and no page needs to follow."""
        self._pages += 1
        self._size += len(answer.raw)
        memo = self._memo
        if answer.unchanged and not (self.validators and self._pages == 1):
            raise Malformed("the vendor answers 304 to a request that asked for no comparison")
        if memo and self._pages == 1 and (answer.unchanged or (memo.body and answer.digest == memo.body)):
            self._unchanged = True
            return True
        self._body = answer.digest if self._pages == 1 else b""
        if self._ground.listing.conditional:
            self._learn(answer)
        if memo and self._pages == 1:
            await self._recall()
        try:
            for number, projector in enumerate(self._ground.projectors):
                wanted = number in self._refs or projector.view.scope_by
                if wanted or (number == 0 and self._ground.parental):
                    await self._view(number, projector, answer)
        except UNREADABLE as error:
            size = len(answer.raw)
            raise Malformed(f"the answer is cut or not JSON ({size} bytes): {type(error).__name__}") from None
        return False

    async def _recall(self) -> None:
        """Fetches the rows that go with the memo; without them it is worth nothing."""
        raw = await self._fetch(self._kept)
        if not raw:
            self._memo = None
        else:
            self._old = unpacked(raw)

    def _learn(self, answer: Answer) -> None:
        header, ask = VALIDATOR[self._ground.listing.conditional]
        value = answer.headers.get(header)
        if value and not (header == "last-modified" and _too_young(value, answer, self._eyes.now())):
            self._learned = {ask: value}

    async def _view(self, number: int, projector: Projector, answer: Answer) -> None:
        view, ladder = projector.view, self._ladder
        if answer.nothing:
            return
        if view.empty and answer.at(view.records) is None and search(view.empty)(answer.value()):
            return
        parts = tuple(view.records.split(".")) if view.records else ()
        if ladder.unstable and not view.single and "*" not in parts and len(answer.raw) <= WHOLE_BODY:
            rows = _inside(orjson.loads(answer.raw), parts)
            for start in range(0, len(rows), CHUNK):
                self._project(number, projector, (), ladder.parsed(rows[start : start + CHUNK], (), number))
                if start + CHUNK < len(rows):
                    await asyncio.sleep(0)
            return
        for names, raws in walk(answer.raw, parts, single=view.single):
            for start in range(0, len(raws), CHUNK):
                self._project(number, projector, names, ladder.unparsed(raws[start : start + CHUNK], names, number))
                if start + CHUNK < len(raws):
                    await asyncio.sleep(0)

    def _project(self, number: int, projector: Projector, names: Names, news: list[New]) -> None:
        for new in news:
            row = projector.row(new.value, names, self._parent)
            self._names[number] |= projector.unread(row)
            ref = self._ref_of(number, projector, row) if projector.wanted(row) else None
            if ref is None:
                self._ladder.note(new, "", None)
                continue
            ground = self._ground
            place = {**ground.place, "parent": self._parent, "scope": ref.name}
            resource = projector.resource(row, place)
            if number == 0 and ground.parental:
                self._children.append(child(resource.key, resource.id, ref, resource.facts))
            if not projector.view.scope_by and number not in self._refs:
                continue  # only read for its children's sake; not remembered, so that it is read again
            self._fresh.setdefault(ref, []).append(resource)
            if projector.view.always:
                self._witnessed.setdefault(ref, set()).update(resource.facts.keys() & set(projector.view.always))
            self._ladder.note(new, resource.key, ref)

    def _ref_of(self, number: int, projector: Projector, row: Any) -> Ref | None:
        """The scope of a row; None when the watch leaves it out."""
        view, ground = projector.view, self._ground
        if not view.scope_by:
            return self._refs.get(number) or ground.listing.ref(view, self._parent, ground.options)
        scope = search(view.scope_by)(row)
        if scope in (None, ""):
            raise Malformed(f"a row has no {view.scope_by}")
        ref = Ref(view.kind, str(scope))
        if ground.want(ref.kind, ref.name):
            return ref
        self._dropped.add(ref)
        return None

    def result(self) -> tuple[Read, list[dict[str, Any]]]:
        """The read, and the rows that other listings fan out from."""
        memo = self._memo
        if self._unchanged and memo:
            return self._again(memo)
        coverage = self._coverage
        if coverage.state not in (State.COMPLETE, State.PARTIAL):
            return Read(self.id, coverage, tuple(self._scope(ref, coverage) for ref in self._refs.values())), []
        coverage = msgspec.structs.replace(coverage, rows=self._ladder.count)
        for ref in self._refs.values():
            self._ladder.scope(ref)
        again = self._ladder.settle()
        if again is None and memo and coverage.complete:
            return self._as_before(self._renewed(memo), coverage)
        self._keep(again, memo)
        scopes = tuple(self._scope(ref, self._certified(ref, coverage)) for ref in self._ladder.scopes)
        worst = next((scope.coverage for scope in scopes if not scope.coverage.complete), coverage)
        if not worst.complete:  # nothing is remembered of what was not whole: the next reading brings every row
            return Read(self.id, worst, scopes, b""), self._children
        kept = self._remember()
        rows = self._ladder.packed(unstable=kept.unstable)
        return Read(self.id, coverage, scopes, pack(kept), rows), self._children

    def _keep(self, again: dict[Ref, list[str]] | None, memo: Memo | None) -> None:
        """Rows that came again, and the children among them."""
        self._sizes = self._ladder.sizes()
        self._same = again or {}
        if memo and self._ground.parental:
            kept = {(str(ref.kind), ref.name, key) for ref, keys in self._same.items() for key in keys}
            self._children += [c for c in memo.offspring() if (c["@ref"][0], c["@ref"][1], c["key"]) in kept]

    def _again(self, memo: Memo) -> tuple[Read, list[dict[str, Any]]]:
        """Nothing was looked at. Other eyes are remembered, since the next comparison is only worth what they see."""
        read, children = self.prepared.whole(memo)
        if memo.stamp != self._eyes.stamp:
            read = msgspec.structs.replace(read, memo=pack(msgspec.structs.replace(memo, stamp=self._eyes.stamp)))
        return read, children

    def _as_before(self, memo: Memo, coverage: Coverage) -> tuple[Read, list[dict[str, Any]]]:
        scopes = tuple(self._scope(ref, coverage, whole=True) for ref in memo.scopes)
        return Read(self.id, coverage, scopes, pack(memo)), memo.offspring() if self._ground.parental else []

    def _certified(self, ref: Ref, coverage: Coverage) -> Coverage:
        """A scope's own coverage: its read's, unless its rows contradict themselves."""
        fresh, same = self._fresh.get(ref, []), self._same.get(ref, [])
        keys = {resource.key for resource in fresh} | set(same)
        if len(keys) < len(fresh) + len(same):
            return Coverage(State.PARTIAL, "two rows have one key", TWICE, self._pages, len(keys))
        missing = set(self.prepared.tag(ref).view.always) - self._witnessed.get(ref, set())
        if missing and fresh and not same:
            words = f"Malformed: no row has {', '.join(sorted(missing))}: the vendor changed its answer"
            return Coverage(State.FAILED, words, "always", self._pages, len(keys))
        return coverage

    def _scope(self, ref: Ref, coverage: Coverage, *, whole: bool = False) -> Scope:
        fresh, same = self._fresh.get(ref, []), self._same.get(ref, [])
        if coverage.state not in (State.COMPLETE, State.PARTIAL):
            fresh, same = [], []
        elif coverage.code == TWICE:  # which of two rows is meant, nobody knows: neither is taken
            times = Counter([*(resource.key for resource in fresh), *same])
            fresh, same = [one for one in fresh if times[one.key] == 1], [key for key in same if times[key] == 1]
        elif coverage.complete and not fresh and not whole:
            whole = ref in self._sizes and len(same) == self._sizes[ref]
        return self.prepared.scope(ref, coverage, tuple(fresh), () if whole else tuple(same), whole=whole)

    def _single(self) -> tuple[bytes, dict[str, str]]:
        """Digest and validators stand for the whole list only when all of it came in one answer, end included."""
        alone = self._pages == 1 and self._ground.listing.paging.style != "link"
        return (self._body, self._learned) if alone else (b"", {})

    def _renewed(self, memo: Memo) -> Memo:
        """The memo of the same rows in a body that is not the same."""
        unstable, first = self._ladder.steady()
        (body, learned), stamp = self._single(), self._eyes.stamp
        return msgspec.structs.replace(
            memo, stamp=stamp, body=body, size=self._size, unstable=unstable, first=first, validators=learned
        )

    def _remember(self) -> Memo:
        unstable, first = self._ladder.steady()
        body, learned = self._single()
        before = self._memo.names if self._memo else [[] for _ in self._names]
        names = [sorted(found | set(old)) for found, old in zip(self._names, before, strict=True)]
        if self._memo:
            self.added_keys = sum(len(new) - len(old) for new, old in zip(names, before, strict=True))
        return Memo(
            VERSION, self.prepared.seal, self._eyes.stamp, body, self._size, unstable, first, learned,
            self._ladder.scopes, sorted(self._dropped), pack(self._children) if self._ground.parental else b"", names,
        )  # fmt: skip


def _inside(value: Any, parts: Names) -> list[Any]:
    """The rows at a path of a parsed body; the same answer as `walk`."""
    for part in parts:
        if isinstance(value, list) and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            raise Malformed(f"the answer has no {'.'.join(parts)}")
    if not isinstance(value, list):
        raise Malformed(f"{'.'.join(parts) or 'the answer'} is not a list")
    return value


def _too_young(value: str, answer: Answer, now: float) -> bool:
    """A Last-Modified of this very second proves nothing about the rest of the second."""
    changed = http_date(value)
    answered = http_date(answer.headers.get("date", ""))
    return changed is None or changed > (now if answered is None else answered) - 2
