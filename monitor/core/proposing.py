"""Proposes edges of the workflow graph out of what was read, each with its evidence. Pure.

Objects are joined where one keeps the other's id, or both are called alike. Within them a field is thought to feed
another where names, labels or values are the same and types fit. Only a mapping that a sync tells is certain; what is
alike is likely at most; a person confirms each. What cannot be written, or refuses the other's type, is never proposed.
A right that was made for a system which nobody monitors tells what that system reads, and not what it calls it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from .fits import Fit, choosable, fills_itself, read_only, type_fit
from .graph import End, Flow
from .naming import plain as _plain
from .naming import words as _words
from .readers import Reader, outside

Facts = Mapping[str, Any]
STRENGTHS: Final = ("possible", "likely", "certain")
POSSIBLE, LIKELY, CERTAIN = STRENGTHS
LIKELIEST: Final = 1  # the rank that what is alike can have
UNNAMED: Final = "what it is called there is not known here"
UNTOLD: Final = "nothing tells which of the two feeds the other"
_KEYS: Final = frozenset({"id", "reference"})  # types that point at records, and say nothing of another system
_LONG: Final = 4  # letters from which on a value that is a part of another says something


class Writer(msgspec.Struct, frozen=True):
    """A permission set that may write an object. `fields`: those that it may edit; `creates`: whether it may make
    records."""

    name: str
    label: str
    creates: bool
    fields: frozenset[str]


class Move(msgspec.Struct, frozen=True):
    """A sync with its own mapping, between two objects by their names."""

    name: str
    source: str
    target: str
    pairs: tuple[tuple[str, str], ...]


class System(msgspec.Struct, frozen=True):
    """One integration as read. `objects`: fields by object; `writers`: by object, where rights on it were read;
    `moves`: what its syncs say they move; `readers`: by object, whoever may read some of its fields and change none."""

    name: str
    vendor: str
    owner: str
    objects: Mapping[str, Mapping[str, Facts]]
    writers: Mapping[str, Sequence[Writer]] = {}
    moves: Sequence[Move] = ()
    readers: Mapping[str, Sequence[Reader]] = {}


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One field that may feed another. `target` is empty where it is not known what it is called there. `values`: what
    its values become, where each has a place; `left`: those that have none."""

    source: str
    target: str
    strength: str
    evidence: tuple[str, ...]
    values: Mapping[str, str] = {}
    left: tuple[str, ...] = ()


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A flow that may be there. `writer`, `reader`, `creates`: as in a flow. `elsewhere`: what its target is, where
    nobody monitors it."""

    id: str
    source: End
    target: End
    owner: str
    evidence: tuple[str, ...]
    fields: tuple[Pair, ...]
    writer: str = ""
    reader: str = ""
    creates: bool = False
    elsewhere: str = ""


class Link(NamedTuple):
    """Two objects that belong together. `firm`: one keeps the other's id."""

    one: End
    other: End
    firm: bool
    evidence: tuple[str, ...]


def links(systems: Sequence[System]) -> tuple[Link, ...]:
    """Objects of different systems that keep each other's ids, or are called alike."""
    out: list[Link] = []
    for place, one in enumerate(systems):
        for other in systems[place + 1 :]:
            for a in one.objects:
                for b in other.objects:
                    said = [*_kept_id(one, a, other, b), *_kept_id(other, b, one, a)]
                    alike = _plain(a).rstrip("s") == _plain(b).rstrip("s")
                    named = any(by for by, _ in said)
                    if not (named or alike):
                        continue
                    words = [words for _, words in said] + ([f"{a} and {b} are called alike"] if alike else [])
                    out.append(Link(End(one.name, a), End(other.name, b), bool(said), tuple(words)))
    return tuple(out)


def _kept_id(one: System, a: str, other: System, b: str) -> Iterator[tuple[bool, str]]:
    """Fields of one object that keep an id of the other system: whether they name the other object, and in words."""
    vendor = _plain(other.vendor)
    for key in one.objects[a]:
        plain = _plain(key)
        if not plain.startswith(vendor) or not plain.endswith("id"):
            continue
        rest = plain[len(vendor) : -2]
        if rest in ("", _plain(b).rstrip("s")):
            yield bool(rest), f"{key} of {a} keeps the id of {b if rest else 'a record'} in {other.name}"


def propose(systems: Sequence[System], flows: Sequence[Flow], taken: Iterable[str] = ()) -> tuple[Proposed, ...]:
    """`flows`: what is known already, and not proposed again; `taken`: further names that no flow may have."""
    by_name = {one.name: one for one in systems}
    names = {*taken, *by_name, *(flow.id for flow in flows)}
    known = {(f.source, f.target, pair.source, pair.target) for f in flows for pair in f.fields}
    found = list(_told(systems))
    for link in links(systems):
        ahead = _Way(by_name, link.one, link.other, link)
        back = _Way(by_name, link.other, link.one, link)
        found += [ahead.flow(back, either=True), back.flow(ahead, either=False)]
    found += _outside(systems)
    out: list[Proposed] = []
    for one in found:
        new = tuple(p for p in one.fields if not _known(one, p, known))
        if new:
            id = _name(one, names)
            names.add(id)
            out.append(msgspec.structs.replace(one, id=id, fields=new))
            known |= {(one.source, one.target, p.source, p.target) for p in new}
    return tuple(out)


def _known(one: Proposed, pair: Pair, known: Iterable[tuple[End, End, str, str]]) -> bool:
    """Where the name at the target is not known, any flow of the field to that system is this one."""
    if pair.target:
        return (one.source, one.target, pair.source, pair.target) in known
    return (one.source, one.target.integration, pair.source) in {(s, t.integration, field) for s, t, field, _ in known}


def _outside(systems: Sequence[System]) -> Iterator[Proposed]:
    """What permission sets tell of systems that nobody monitors."""
    vendors, monitored = {_plain(one.vendor) for one in systems}, {one.name for one in systems}
    for system in systems:
        for object, readers in system.readers.items():
            for found in outside(readers, _plain(system.vendor), vendors, object):
                if found.name in monitored:
                    continue
                words = (f"{found.reader.name} may read it", UNNAMED)
                strength = LIKELY if found.sure else POSSIBLE
                yield Proposed(
                    id="", source=End(system.name, object), target=End(found.name, ""), owner=system.owner,
                    evidence=found.evidence, reader=found.reader.name,
                    elsewhere=f"Reads {system.name} by the permission set {found.reader.name}; not monitored here",
                    fields=tuple(Pair(source=field, target="", strength=strength, evidence=words)
                                 for field in sorted(found.reader.fields)),
                )  # fmt: skip


def _told(systems: Sequence[System]) -> Iterator[Proposed]:
    """What a sync says it moves, where each end is an object of exactly one system."""
    homes: dict[str, list[System]] = {}
    for one in systems:
        for object in one.objects:
            homes.setdefault(object, []).append(one)
    for system in systems:
        for move in system.moves:
            ends = [homes.get(name, []) for name in (move.source, move.target)]
            if any(len(end) != 1 for end in ends) or ends[0][0] is ends[1][0]:
                continue
            source, target = ends[0][0], ends[1][0]
            there, into = source.objects[move.source], target.objects[move.target]
            words = f"the sync {move.name} of {system.name} maps it so"
            pairs = [Pair(source=a, target=b, strength=CERTAIN, evidence=(words,), **_values(there[a], into[b]))
                     for a, b in move.pairs if a in there and b in into]  # fmt: skip
            yield Proposed(id="", source=End(source.name, move.source), target=End(target.name, move.target),
                           owner=target.owner, evidence=(words,), fields=tuple(pairs))  # fmt: skip


class _Way:
    """One direction of a link: which fields of the source may feed which of the target."""

    def __init__(self, systems: Mapping[str, System], source: End, target: End, link: Link) -> None:
        self.source, self.target, self.link = source, target, link
        self.given, self.taken = systems[source.integration], systems[target.integration]
        there = self.taken.writers.get(target.scope)
        vendor = _plain(self.given.vendor)
        self.rights_read = there is not None
        self.writer = next((one for one in there or () if vendor in _plain(one.name) + _plain(one.label)), None)
        self.found = self._alike()

    def flow(self, back: _Way, either: bool) -> Proposed:
        """What stands, once what rather goes the other way is left out. `either`: whether this is the way that is
        proposed where nothing tells which it is."""
        pairs: dict[str, Pair] = {}
        for pair in self.found:
            ahead, other = self._rank(pair.strength), back.reverse(pair)
            if other is None or ahead > self._rank(other.strength) or (ahead, self.mirrors(pair)) == (LIKELIEST, True):
                pairs[pair.target] = pair
            elif either and ahead == self._rank(other.strength) and not back.mirrors(other):
                pairs[pair.target] = msgspec.structs.replace(pair, evidence=(*pair.evidence, UNTOLD))
        shown = {pair.target for pair in back.found if back.mirrors(pair)}
        for pair in self._must(pairs.keys(), shown):
            pairs[pair.target] = pair
        fields = tuple(sorted(pairs.values(), key=lambda one: (-self._rank(one.strength), one.target)))
        return Proposed(
            id="", source=self.source, target=self.target, owner=self.taken.owner, evidence=self.link.evidence,
            fields=fields, writer=self.writer.name if self.writer else "",
            creates=bool(self.writer and self.writer.creates),
        )  # fmt: skip

    def reverse(self, pair: Pair) -> Pair | None:
        """The same pair the other way round."""
        return next((one for one in self.found if (one.source, one.target) == (pair.target, pair.source)), None)

    @staticmethod
    def _rank(strength: str) -> int:
        return STRENGTHS.index(strength)

    def mirrors(self, pair: Pair) -> bool:
        """Whether the vendor of the target made the field after the source's object: it shows what is there."""
        facts, words = self.taken.objects[self.target.scope][pair.target], _words(pair.target)
        return facts.get("vendor_defined") is True and _plain(self.source.scope).rstrip("s") in words

    def _alike(self) -> tuple[Pair, ...]:
        """For each field of the target the one of the source that is most alike."""
        best: dict[str, tuple[int, Pair]] = {}
        sources = {key: facts for key, facts in self._fields(self.source) if facts.get("type") not in _KEYS}
        plain: dict[str, list[str]] = {}
        for key in sources:
            for name in {_plain(key), self._bare(key)}:
                plain.setdefault(name, []).append(key)
        for key, facts in self._fields(self.target):
            if facts.get("type") in _KEYS or read_only(facts) or not self._writable(key):
                continue
            for other in sorted({*plain.get(_plain(key), ()), *plain.get(self._bare(key), ())}):
                if type_fit(sources[other], facts) is Fit.REFUSED and not _yes_or_no(sources[other], facts):
                    continue
                score, pair = self._pair(other, sources[other], key, facts)
                if key not in best or score > best[key][0]:
                    best[key] = (score, pair)
        return tuple(pair for _, pair in best.values())

    def _writable(self, key: str) -> bool:
        """Whether anybody may write a field of the target, as far as its rights are read."""
        there = self.taken.writers.get(self.target.scope)
        return there is None or any(key in one.fields for one in there)

    def _fields(self, end: End) -> Iterator[tuple[str, Facts]]:
        rows = (self.given if end == self.source else self.taken).objects[end.scope]
        yield from ((key, facts) for key, facts in rows.items() if facts.get("archived") is not True)

    def _bare(self, key: str) -> str:
        """The name without those of both objects and of both vendors' own prefixes."""
        objects = {_plain(end.scope).rstrip("s") for end in (self.source, self.target)}
        return "".join(word for word in _words(key) if word not in objects) or _plain(key)

    def _pair(self, source: str, given: Facts, target: str, taken: Facts) -> tuple[int, Pair]:
        said: list[str] = []
        score = 2 if _plain(source) == _plain(target) else 1
        said.append("both have the same name" if score == 2 else "both have the same name but for that of the object")
        if (label := _plain(str(given.get("label") or ""))) and label == _plain(str(taken.get("label") or "")):
            score, said = score + 1, [*said, "both are labelled alike"]
        comes, goes = choosable(given) or frozenset(), choosable(taken) or frozenset()
        if len(comes) > 1 and {_plain(one) for one in comes} == {_plain(one) for one in goes}:
            score, said = score + 2, [*said, f"both have the same {len(comes)} values"]
        may = self.writer is not None and target in self.writer.fields
        if self.writer is not None and may:
            said.append(f"{self.writer.name} may write it")
        pair = Pair(source=source, target=target, strength=POSSIBLE, evidence=(), **_values(given, taken))
        shown = self.mirrors(pair)
        if shown:
            said.append(f"{self.target.integration} made it after {self.source.scope}")
        firm = self.link.firm and (may if self.rights_read else shown)
        return score, msgspec.structs.replace(pair, strength=LIKELY if firm else POSSIBLE, evidence=tuple(said))

    def _must(self, filled: Iterable[str], shown: set[str]) -> Iterator[Pair]:
        """What a new record must have and nothing alike gives: the choice whose values have most words in common."""
        for key, facts in self._fields(self.target):
            goes = choosable(facts)
            must = facts.get("required") is True or self._held(facts)
            if key in filled or not goes or not must or self.writer is None or not self.writer.creates:
                continue
            best = max(
                ((len(common), source, common) for source, given in self._fields(self.source) if source not in shown
                 if (common := _common(given, goes))), default=None,
            )  # fmt: skip
            if best is not None:
                a, b = best[2][0]
                words = (f"{key} cannot be empty", f"its value {b} is a part of {a}")
                yield Pair(source=best[1], target=key, strength=POSSIBLE, evidence=words)

    @staticmethod
    def _held(facts: Facts) -> bool:
        """Whether it is never empty, and only a default of its own fills it."""
        return facts.get("nullable") is False and fills_itself(facts) and not read_only(facts)


def _common(given: Facts, goes: Iterable[str]) -> list[tuple[str, str]]:
    """Values of a choice of which one of the other side is a part."""
    return [
        (a, b) for a in sorted(choosable(given) or ()) for b in sorted(goes)
        if len(b) >= _LONG and _plain(b) in _plain(a)
    ]  # fmt: skip


def _yes_or_no(given: Facts, taken: Facts) -> bool:
    """A choice of true and false is a yes or no by another name."""
    return taken.get("type") == "boolean" and (choosable(given) or frozenset()) == {"true", "false"}


def _values(given: Facts, taken: Facts) -> dict[str, Any]:
    """What each value of a choice becomes, where all have a place; else those that have none."""
    comes, goes = choosable(given), choosable(taken)
    if comes is None or goes is None:
        return {}
    places = {_plain(value): value for value in sorted(goes)}
    left = tuple(sorted(value for value in comes if _plain(value) not in places))
    return {"left": left} if left else {"values": {value: places[_plain(value)] for value in sorted(comes)}}


def _name(one: Proposed, taken: Iterable[str]) -> str:
    short = f"{_slug(one.source.scope)}-to-{_slug(one.target.scope or one.target.integration)}"
    long = f"{_slug(one.source.integration)}-{short}"
    names = [short, long, *(f"{long[:58]}-{n}" for n in range(2, 1000))]
    return next(name for name in names if name[:63] not in taken)[:63]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-") or "x"
