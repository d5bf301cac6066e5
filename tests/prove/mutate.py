"""Random changes of single keys, each with what must be said of it. Drawn from every key that an answer has."""

from __future__ import annotations

import copy
import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from .edits import (
    DERIVED,
    Found,
    Said,
    altered,
    dropped,
    get,
    inserted,
    lists,
    other,
    put,
    put_in,
    replaced,
    row_steps,
    said,
)
from .sheet import Spec, Steps, expected, leaves, place, spared, unclassified

Where = tuple[str, str, str, str, str]  # kind, scope, key, fact, item
Entries = Sequence[tuple[str, str]]  # kind of document, key of its sheet
_SOURCES: Final = {"series": "health", "paging": "fault", "identity": "vantage"}


class Mutation(NamedTuple):
    """`marks`: what it touches, so that two of one round never touch the same. `allowed`: what may be said besides;
    `alone`: brings so much that it is not drawn together with others."""

    document: tuple[str, ...]
    path: str
    steps: Steps
    edit: Callable[[Any], None]
    expected: Mapping[Where, Said]
    marks: frozenset[tuple[Any, ...]]
    allowed: str = ""
    alone: bool = False
    structural: bool = False
    entry: str = ""  # what classifies it

    @property
    def names(self) -> bool:
        """Whether it alters what a record is found by, so that it comes after what else is altered of the record."""
        return self.path.rpartition(".")[2] in ("Id", "DurableId", "Name", "SobjectType", "Field")

    def __str__(self) -> str:
        return f"{' '.join(self.document)} {self.path} {self.steps} -> {dict(self.expected) or 'silence'}"


class Pool:
    """All keys of the documents of one vendor, by entry, so that a rare key is drawn as often as a common one."""

    def __init__(self, documents: list[tuple[Spec, Mapping[str, str], Any]], person: Callable[[str], str]) -> None:
        self.person, self.unclassified = person, set[str]()
        self._found: dict[tuple[str, str], list[Found]] = defaultdict(list)
        for spec, params, body in documents:
            self.unclassified |= {f"{spec.vendor} {spec.name}: {path}" for path in unclassified(spec, body)}
            for at in leaves(body):
                met = expected(spec, at.path)
                if met is not None:
                    key, entry, wild = met
                    found = Found(spec, params, at._replace(wild=wild), entry)
                    self._found[spec.name, key].append(found)
        # The others have nothing to change by themselves: the entries of their rows cover them, or the fault cases.
        self.entries = sorted(name for name, found in self._found.items() if not _elsewhere(found[0].entry))
        self.classified = len(self._found)
        self._held: dict[tuple[str, str], list[Found]] = {}  # where an entry holds: of many places it may be few

    def queue(self, rng: random.Random) -> deque[tuple[str, str]]:
        """All entries in random order, those that go with no other change first: they are hardly ever drawn first of
        a round of many."""
        some = list(self.entries)
        rng.shuffle(some)
        return deque(sorted(some, key=lambda entry: not _alone(self._found[entry][0].entry)))

    def draw(self, rng: random.Random, entry: tuple[str, str]) -> Mutation | None:
        """A change under an entry; None where this entry is of no change by itself, or does not hold here."""
        if entry not in self._held:
            self._held[entry] = [found for found in self._found[entry] if not _spared(found)]
        if not self._held[entry]:
            return None
        found = rng.choice(self._held[entry])
        if isinstance(found.entry, str):
            return self._silent(found, rng)
        several = found.entry if isinstance(found.entry, list) else [found.entry]
        kind = next(
            (k for k in ("rows", "items", "order", "flag", "whole", "into", "swap", "cases") if k in several[0]), ""
        )
        made = getattr(self, f"_{kind or 'value'}")(found, several, rng)
        if made is not None and any(found.spec.unwatched.fullmatch(name) for name in found.params.values()):
            made = made._replace(expected={})
        return None if made is None else made._replace(alone=_alone(found.entry))

    # -- changes of one value -----------------------------------------------------------------------------------------

    def _silent(self, found: Found, rng: random.Random) -> Mutation:
        words, _, rest = found.entry.partition(":")
        after = other(rng, found.at.value, {})
        allowed = _SOURCES.get(words, "") if rest else ""
        return self._mutation(found, after, {})._replace(allowed=allowed, alone=_alone(found.entry))

    def _value(self, found: Found, entries: list[Any], rng: random.Random) -> Mutation | None:
        after = other(rng, found.at.value, entries[0])
        if after == found.at.value:
            return None
        wanted: dict[Where, Said] = {}
        marks: set[tuple[Any, ...]] = set()
        for one in entries:
            before, now = found.at.value, after
            if "as" in one:
                marks.add((found.document, row_steps(found.at.steps), one["as"]))
                before, now = DERIVED[one["as"]](altered(found.at)), DERIVED[one["as"]](altered(found.at, after))
            if (verdict := said(one, before, now)) is not None:
                wanted[self._where(found, one["at"], one["fact"])] = verdict
        return self._mutation(found, after, wanted, *marks)

    def _cases(self, found: Found, entries: list[Any], rng: random.Random) -> Mutation | None:
        cases = entries[0]["cases"]
        ways = cases.get(str(found.at.value)) or (cases.get("*") if found.at.value is not None else None)
        if not ways:
            return None
        after, facts = rng.choice(list(ways.items()))
        facts = dict(facts)
        row = found.at.elements[lists(found.at)[-1]]
        if any(row[name] != value for name, value in facts.pop("only_if", {}).items()):
            return None
        wanted = {}
        for fact, words in facts.items():
            action, level = words.split()
            wanted[self._where(found, entries[0]["at"], fact)] = (action, level)
        value = None if after == "null" else after.replace("{value}", str(found.at.value))
        return self._mutation(found, value, wanted, (found.document, row_steps(found.at.steps), "type"))

    def _flag(self, found: Found, entries: list[Any], rng: random.Random) -> Mutation | None:
        """A yes or no whose key's end is an item of a set."""
        one = entries[0]
        item = found.at.wild
        action = "removed" if found.at.value else "added"
        where = self._where(found, one["flag"], one["fact"])
        return self._mutation(found, not found.at.value, {(*where[:4], item): (action, one[action])})

    def _whole(self, found: Found, entries: list[Any], rng: random.Random) -> Mutation | None:
        where = self._where(found, entries[0]["whole"], entries[0]["fact"])
        mark = (found.document, found.at.steps[:-1], "whole")
        return self._mutation(found, f"{found.at.value}9", {where: ("changed", entries[0]["changed"])}, mark)

    def _into(self, found: Found, entries: list[Any], rng: random.Random) -> Mutation | None:
        """An empty list that gets items, or that brings some to a fact."""
        one = entries[0]
        where = self._where(found, one["at"], one["fact"])
        of = f"{where[4]}/" if where[4] else ""
        items = one.get("brings", one["sample"])
        wanted = {(*where[:4], f"{of}{item}"): ("added", one["into"][0]) for item in items}
        return self._mutation(found, copy.deepcopy(one["sample"]), wanted)

    def _swap(self, found: Found, entries: list[Any], rng: random.Random) -> Mutation | None:
        one, after, name = entries[0], f"{found.at.value}_NEW", str(found.at.value).rpartition(".")[2]
        where = self._where(found, one["at"], one["fact"])
        added, removed = one["swap"]
        of = f"{where[4]}/" if where[4] else ""
        wanted = {
            (*where[:4], f"{of}{name}_NEW"): ("added", added),
            (*where[:4], f"{of}{name}"): ("removed", removed),
            **{(*where[:3], fact, ""): (action, level) for fact, (action, level) in one.get("along", {}).items()},
        }
        return self._mutation(found, after, wanted)

    # -- changes of a list --------------------------------------------------------------------------------------------

    def _rows(self, found: Found, entries: list[Any], rng: random.Random) -> Mutation | None:
        one, element = entries[0], found.at.value
        ways = [way for way in ("added", "removed", "renamed", "reordered") if way in one]
        way = rng.choice(ways)
        if found.spec.name == "describe" and found.params["object"] == "PermissionSet":
            return None  # which powers an org knows is read from these fields
        if way == "reordered":
            return self._reordered(found, one, rng)
        if way == "removed":
            wanted = {self._where(found, one["rows"], one.get("fact", "")): ("removed", one["removed"])}
            return self._mutation(found, None, wanted, edit=dropped(found))
        new = copy.deepcopy(element)
        put(new, one["name"].split("."), str(one.get("new") or f"{get(new, one['name'].split('.'))}x"))
        at = found.at._replace(elements={**found.at.elements, lists(found.at)[-1]: new})
        where = self._where(found._replace(at=at), one["rows"], one.get("fact", ""))
        if way == "renamed":
            where = self._where(found, one["rows"], "")
            return self._mutation(found, None, {where: ("renamed", one["renamed"])}, edit=replaced(found, new))
        if "id" in one:
            put(new, [one["id"]], f"{get(new, [one['id']])}x")
        if found.spec.name == "describe" and "label" in new:
            new["label"] = f"{new['label']} x"
        must = "filled" in one and not any(new.get(name) for name in one["filled"])
        level = "breaking" if must else one["added"]
        return self._mutation(found, None, {where: ("added", level)}, edit=inserted(found, new))

    def _reordered(self, found: Found, one: Any, rng: random.Random) -> Mutation | None:
        number = found.at.steps[-1]
        if not isinstance(number, int) or number == 0:
            return None
        kind, scope, key, fact, _ = self._where(found, one["rows"], one["fact"])
        wanted = {(kind, scope, key, fact, ""): ("reordered", one["reordered"])}

        def edit(document: Any) -> None:
            rows = get(document, found.at.steps[:-1])
            rows[number - 1], rows[number] = rows[number], rows[number - 1]

        return self._mutation(found, None, wanted, edit=edit)

    def _items(self, found: Found, entries: list[Any], rng: random.Random) -> Mutation | None:
        """A list that is a set: one of its items goes, or one comes."""
        one = entries[0]
        name = one.get("by")
        old = str(found.at.value[name] if name else found.at.value)
        where = self._where(found, one["items"], one["fact"])
        brings = {
            (*where[:3], fact, ""): (action, level)
            for key, (fact, action, level) in one.get("also", {}).items() if found.at.value[key]
        }  # fmt: skip
        if rng.random() < 0.5:
            wanted = {(*where[:4], old): ("removed", one["removed"]), **brings}
            return self._mutation(found, None, wanted, edit=dropped(found))
        new = {**found.at.value, name: f"{old}x"} if name else f"{old}x"
        wanted = {(*where[:4], f"{old}x"): ("added", one["added"]), **brings}
        return self._mutation(found, None, wanted, edit=inserted(found, new))

    def _order(self, found: Found, entries: list[Any], rng: random.Random) -> Mutation | None:
        """Rows are sorted by a number that they carry: two of them change places."""
        one, number = entries[0], found.at.steps[-2]
        if not isinstance(number, int) or number == 0:
            return None
        kind, scope, key, fact, _ = self._where(found, one["order"], one["fact"])

        def edit(document: Any) -> None:
            rows, name = get(document, found.at.steps[:-2]), found.at.steps[-1]
            rows[number - 1][name], rows[number][name] = rows[number][name], rows[number - 1][name]

        return self._mutation(found, None, {(kind, scope, key, fact, ""): ("reordered", one["reordered"])}, edit=edit)

    # -- what all share -----------------------------------------------------------------------------------------------

    def _where(self, found: Found, name: str, fact: str) -> Where:
        kind, scope, key, item = place(found.spec.places[name], found.params, found.at, self.person)
        return kind, scope, key, fact, item

    def _mutation(
        self, found: Found, after: Any, wanted: Mapping[Where, Said], *marks: tuple[Any, ...],
        edit: Callable[[Any], None] | None = None,
    ) -> Mutation:  # fmt: skip
        structural = edit is not None
        rows = found.at.steps[:-2] if "order" in str(found.entry) and structural else found.at.steps[:-1]
        own = (found.document, rows if structural else found.at.steps, "list" if structural else "key")
        wheres = {("where", *where) for where in wanted}
        return Mutation(
            found.document, found.at.path, found.at.steps, edit or put_in(found, after), wanted,
            frozenset({own, *marks, *wheres}), structural=structural,
        )  # fmt: skip


def _spared(found: Found) -> bool:
    several = found.entry if isinstance(found.entry, list) else [found.entry]
    return any(isinstance(one, dict) and spared(one.get("unless"), found.params, found.at) for one in several)


def _elsewhere(entry: Any) -> bool:
    return isinstance(entry, str) and (entry.startswith(("transport:", "held as ")) or "a part of the" in entry)


def _alone(entry: Any) -> bool:
    """Whether it goes with no other change. A broken page or another identity puts all else of a reading in doubt."""
    if isinstance(entry, str):
        words, _, rest = entry.partition(":")
        return bool(rest) and _SOURCES.get(words) in ("fault", "vantage")
    return bool((entry[0] if isinstance(entry, list) else entry).get("alone"))


def clash(one: Mutation, others: list[Mutation]) -> bool:
    """Whether a change cannot be told apart from another of the same round: the same key, or a list and its inside."""
    for there in others:
        if one.marks & there.marks:
            return True
        if one.document == there.document and (one.structural or there.structural):
            short, long = sorted((one.steps[:-1] if one.structural else one.steps,
                                  there.steps[:-1] if there.structural else there.steps), key=len)  # fmt: skip
            if long[: len(short)] == short:
                return True
    return False


def drawn(pool: Pool, rng: random.Random, width: int, first: Entries = ()) -> Iterator[Mutation]:
    """A round of up to `width` changes that can be told apart, those of the `first` entries before others."""
    chosen: list[Mutation] = []
    for entry in (*first, *rng.choices(pool.entries, k=width * 2)):
        made = pool.draw(rng, entry)
        if made is None or len(chosen) == width or (made.alone and chosen) or clash(made, chosen):
            continue
        made = made._replace(entry=" ".join(entry))
        chosen.append(made)
        yield made
        if made.alone:
            return
