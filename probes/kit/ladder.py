"""Tells which rows of an answer are as the last stored reading had them, before anything is projected.

Two rungs: rows with equal bytes, which are not even parsed, and rows equal but for the order of their keys. A vendor
whose bytes change with every answer is remembered as unstable, and then the first rung is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import orjson
from xxhash import xxh3_64_intdigest, xxh3_128_digest

from .contract import Ref
from .memo import WIDTH, Memo, Rows, pack
from .values import Names


class New(msgspec.Struct):
    """A row that was not there before: its value and its two digests (`mark` empty where bytes are unstable)."""

    value: Any
    mark: bytes
    canon: bytes


class Ladder:
    """The rows of one reading against those of the last stored one."""

    def __init__(self, memo: Memo | None, old: Rows | None) -> None:
        self.unstable = memo.unstable if memo else False
        self._memo, self._old = memo, old
        self._raw_index: dict[bytes, int] = {}
        self._canon_index: dict[bytes, int] = {}
        self._hits: list[int] = []  # rows that came again, by their number in the last stored reading
        self._moved: list[tuple[int, bytes]] = []  # the same, where the bytes differ and the content does not
        self._first = b""
        self._raw: list[bytes] = []
        self._canon: list[bytes] = []
        self._keys: list[str] = []
        self._scope: list[int] = []
        self.scopes: list[Ref] = []
        self._numbers: dict[Ref, int] = {}

    @property
    def count(self) -> int:
        """Rows so far; before `settle`."""
        return len(self._hits) + len(self._moved) + len(self._keys)

    def unparsed(self, raws: list[msgspec.Raw], names: Names, view: int) -> list[New]:
        """The new ones among rows that nobody has parsed yet."""
        if self.unstable:
            return self.parsed([orjson.loads(memoryview(raw)) for raw in raws], names, view)
        seed = _seed(names, view)
        marks = [xxh3_128_digest(memoryview(raw), seed) for raw in raws]
        old = self._old
        if old is None:
            return self.parsed([orjson.loads(memoryview(raw)) for raw in raws], names, view, marks)
        at = len(self._hits)
        if old.raw[at * WIDTH : (at + len(marks)) * WIDTH] == b"".join(marks):  # in the same order, too
            self._hits.extend(range(at, at + len(marks)))
            return []
        missed: list[int] = []
        for i, mark in enumerate(marks):
            place = at + i
            if old.raw[place * WIDTH : (place + 1) * WIDTH] == mark:  # most rows keep their place
                self._hits.append(place)
                continue
            index = self._raw_index = self._raw_index or old.index(raw=True)
            if (found := index.get(mark)) is not None:
                self._hits.append(found)
            else:
                missed.append(i)
        values = [orjson.loads(memoryview(raws[i])) for i in missed]
        return self.parsed(values, names, view, [marks[i] for i in missed])

    def parsed(self, values: list[Any], names: Names, view: int, marks: list[bytes] | None = None) -> list[New]:
        """The new ones among parsed rows; `marks` are the digests of their bytes, where these are worth keeping."""
        seed = _seed(names, view)
        canons = [xxh3_128_digest(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), seed) for value in values]
        if values and not self._first:
            self._first = xxh3_128_digest(orjson.dumps(values[0]))
        old = self._old
        index: dict[bytes, int] = {}
        if old is not None and values:
            index = self._canon_index = self._canon_index or old.index(raw=False)
        new: list[New] = []
        for i, (value, canon) in enumerate(zip(values, canons, strict=True)):
            found = index.get(canon)
            if found is None:
                new.append(New(value, marks[i] if marks else b"", canon))
            elif marks:
                self._moved.append((found, marks[i]))
            else:
                self._hits.append(found)
        return new

    def note(self, new: New, key: str, ref: Ref | None) -> None:
        """Remember what a new row became: a resource of a scope, or nothing (`key` empty)."""
        self._raw.append(new.mark)
        self._canon.append(new.canon)
        self._keys.append(key)
        if ref is not None:
            self.scope(ref)
        self._scope.append(self._numbers[ref] if ref is not None else 0)

    def settle(self) -> dict[Ref, list[str]] | None:
        """Once all pages are in: the keys that came again, by scope; None when exactly the rows of the last stored
        reading did."""
        old, memo = self._old, self._memo
        if old is None or memo is None:
            return {}
        every = len(self._hits) == len(old.keys) and len(set(self._hits)) == len(old.keys)
        if every and not self._keys and not self._moved:
            return None
        came = self._hits + [at for at, _ in self._moved]
        keys = [old.keys[at] for at in came]
        numbers = [old.scope[at] for at in came] if old.scope else [0] * len(came)
        by_number: dict[int, list[str]] = {}
        for number, key in zip(numbers, keys, strict=True):
            if key:
                by_number.setdefault(number, []).append(key)
        again = {memo.scopes[number]: own for number, own in by_number.items()}
        for ref in again:
            self.scope(ref)
        bare = b"" if self.unstable else old.raw
        self._raw += [bare[a * WIDTH : b * WIDTH] for a, b in _runs(self._hits)] + [mark for _, mark in self._moved]
        self._canon += [old.canon[a * WIDTH : b * WIDTH] for a, b in _runs(came)]
        self._keys += keys
        now = [self._numbers.get(ref, 0) for ref in memo.scopes]
        self._scope += [now[number] if key else 0 for number, key in zip(numbers, keys, strict=True)]
        return again

    def sizes(self) -> Counter[Ref]:
        """How many rows the last stored reading had, by scope; scopes without rows are there with 0."""
        old, memo = self._old, self._memo
        if old is None or memo is None:
            return Counter()
        sizes = Counter(dict.fromkeys(memo.scopes, 0))
        numbers = old.scope or [0] * len(old.keys)
        sizes.update(memo.scopes[n] for key, n in zip(old.keys, numbers, strict=True) if key)
        return sizes

    def steady(self) -> tuple[bool, bytes]:
        """Whether the bytes are unstable from now on, and the first row's own order of keys, by which one sees when
        they no longer are."""
        if self.unstable:
            unstable = self._memo is None or self._first != self._memo.first
        else:
            old = self._old
            unstable = old is not None and bool(old.raw) and len(self._moved) * 2 > len(self._keys)
        return unstable, self._first if unstable else b""

    def packed(self, *, unstable: bool) -> bytes:
        """The rows as the memo keeps them; after `settle`."""
        raw = b"" if unstable or self.unstable else b"".join(self._raw)
        return pack(Rows(raw, b"".join(self._canon), self._keys, self._scope if any(self._scope) else []))

    def scope(self, ref: Ref) -> None:
        """A scope exists, be it without rows."""
        if ref not in self._numbers:
            self._numbers[ref] = len(self.scopes)
            self.scopes.append(ref)


def _runs(places: list[int]) -> Iterator[tuple[int, int]]:
    """Places that follow one another, as (first, behind the last)."""
    start = 0
    for i in range(1, len(places) + 1):
        if i == len(places) or places[i] != places[i - 1] + 1:
            yield places[start], places[i - 1] + 1
            start = i


def _seed(names: Names, view: int) -> int:
    """Equal bytes at another place of the answer, or seen by another view, are another row."""
    return xxh3_64_intdigest("/".join(names).encode(), view)
