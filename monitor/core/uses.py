"""What uses a field, as far as it was read: formulas, validation rules, forms, automations, mappings of syncs. Pure.

Each scope tells what its rows use, and where they may use something without saying so. Only who has seen every user
may say that there is none: what was not read, and what does not tell, keeps the use of a field unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from probes.kit.contract import Kind, Ref

from .model import Body

ANY: Final = "*"  # an object that the user did not name: whichever has a field of that name
ALL: Final = ""  # of what is hidden: every object of the integration
SOURCES: Final = frozenset({Kind.FIELD, Kind.AUTOMATION, Kind.TEMPLATE, Kind.SYNC})
SHOWN: Final = 12  # users that a finding names; the rest is counted

Place = tuple[str, str]  # object, field; without a field: the object as a whole

_FORMULAS: Final = ("formula", "default_formula")
_TELLING: Final = frozenset(
    {*_FORMULAS, "calculated", "controller", "references"}
)  # facts by which a field uses another
_NAMING: Final = "relationship"  # what formulas call the way that a lookup gives
_WORD: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_MOVED: Final = ("object", "source", "target")


class Use(msgspec.Struct, frozen=True, order=True):
    """One user. `by`: what people call it; `does`: what it does with the field; `where`: kind and scope it was read
    in."""

    by: str
    does: str
    where: str


class Told(msgspec.Struct, frozen=True):
    """What one scope tells. `hidden`: objects (or ALL) that something in it may use without saying so, with what that
    is; `names`: the vendor's ids of objects, with their keys."""

    uses: Mapping[Place, tuple[Use, ...]] = {}
    hidden: Mapping[str, str] = {}
    names: Mapping[str, str] = {}


class Known(msgspec.Struct, frozen=True):
    """The same of a whole integration. `gaps`: the part of what is hidden that would be told, were it read whole."""

    uses: Mapping[Place, tuple[Use, ...]] = {}
    hidden: Mapping[str, str] = {}
    gaps: Mapping[str, str] = {}

    def of(self, object: str, field: str) -> tuple[Use, ...]:
        """All that is known to use a field, or, without one, anything of an object."""
        own, anywhere = self.uses.get((object, field), ()), self.uses.get((ANY, field), ()) if field else ()
        return tuple(sorted({*own, *anywhere}))

    def gap(self, object: str) -> str:
        """What was not read whole, in words; empty where everything was."""
        return self.gaps.get(object) or self.gaps.get(ALL, "")

    def unseen(self, object: str) -> str:
        """Why there may be users that nobody sees, in words; empty where there can be none."""
        return self.gap(object) or self.hidden.get(object) or self.hidden.get(ALL, "")


def speaks(ref: Ref, facts: Iterable[str]) -> bool:
    """Whether a scope that covers these facts tells, or should tell, what it uses. A list of past runs does not: it
    names no object and no field."""
    there = set(facts)
    match ref.kind:
        case Kind.AUTOMATION:
            return True
        case Kind.FIELD:
            return not there.isdisjoint(_TELLING)
        case Kind.TEMPLATE:
            return "fields" in there
        case Kind.SYNC:
            return not there.isdisjoint({"mapping", *_MOVED})
    return ref == Ref(Kind.SCHEMA, "objects")


def tell(body: Body, called: Mapping[str, str]) -> Told:
    """What one scope that was read whole uses. `called`: what people call its rows, where that is no fact of them."""
    found = _Found(body, called)
    match body.ref.kind:
        case Kind.FIELD:
            found.fields()
        case Kind.AUTOMATION:
            found.automations()
        case Kind.TEMPLATE:
            found.templates()
        case Kind.SYNC:
            found.syncs()
        case _:
            found.objects()
    return Told({place: tuple(sorted(some)) for place, some in found.uses.items()}, found.hidden, found.names)


def alike(before: Body, after: Body) -> bool:
    """Whether two contents of one scope surely tell the same: fields that are there in both, with nothing changed by
    which one uses another."""
    if before.ref.kind is not Kind.FIELD or before.rows.keys() != after.rows.keys():
        return False
    moved = [(before.rows[key].facts, row.facts) for key, row in after.rows.items() if row is not before.rows[key]]
    return all(old.get(name) == new.get(name) for old, new in moved for name in (*_TELLING, _NAMING))


def merged(told: Iterable[Told], gaps: Mapping[str, str], hidden: Mapping[str, str]) -> Known:
    """All scopes together; ids of objects become their keys. `hidden`: what is not watched at all."""
    listed = list(told)
    names = {id: key for one in listed for id, key in one.names.items()}
    uses: dict[Place, set[Use]] = {}
    unseen = dict(hidden)
    for one in listed:
        for (object, field), some in one.uses.items():
            named = names.get(object, object)
            uses.setdefault((named, field), set()).update(some)
        for object, why in one.hidden.items():
            unseen.setdefault(names.get(object, object), why)
    return Known({place: tuple(sorted(some)) for place, some in uses.items()}, unseen, gaps)


class _Found:
    """One scope on its way."""

    def __init__(self, body: Body, called: Mapping[str, str]) -> None:
        self.body, self.called, self.where = body, called, f"{body.ref.kind} {body.ref.name}"
        self.uses: dict[Place, set[Use]] = {}
        self.hidden: dict[str, str] = {}
        self.names: dict[str, str] = {}

    def add(self, object: str, field: str, by: str, does: str) -> None:
        """A use of a field is one of its object too, but for what an object does with its own."""
        self.uses.setdefault((object, field), set()).add(Use(by, does, self.where))
        if field and object not in (ANY, self.body.ref.name) and self.body.ref.kind is not Kind.SCHEMA:
            self.uses.setdefault((object, ""), set()).add(Use(by, "uses its fields", self.where))

    def objects(self) -> None:
        for key, row in self.body.rows.items():
            if row.id and row.id != key:
                self.names[row.id] = key
            if primary := row.facts.get("primary_field"):
                self.add(key, str(primary), f"the object {key}", "names its records by it")

    def fields(self) -> None:
        object, every = self.body.ref.name, self.body.rows
        rows = {key: row for key, row in every.items() if any(map(row.facts.get, _TELLING))}
        keys = {key.casefold(): key for key in every} if rows else {}
        across: dict[str, list[str]] = {}
        for row in rows.values():
            if relationship := row.facts.get(_NAMING):
                across[str(relationship).casefold()] = [str(one) for one in row.facts.get("references") or ()]
        for key, row in rows.items():
            facts, by = row.facts, f"the field {object}.{key}"
            for target in facts.get("references") or ():
                self.add(str(target), "", by, "looks up its records")
            if controller := facts.get("controller"):
                self.add(object, str(controller), by, "offers its values by it")
            formulas = [str(facts[name]) for name in _FORMULAS if facts.get(name)]
            for at, field in {place for one in formulas for place in _named(one, object, keys, across)}:
                if (at, field) != (object, key):
                    self.add(at, field, by, "is worked out from it")
            if facts.get("calculated") is True and not facts.get("formula"):
                self.hidden.setdefault(ALL, f"{object}.{key} is calculated, and nothing tells from what")

    def automations(self) -> None:
        noun = _noun(self.body.ref)
        above = self.body.ref.name.rpartition(".")[0]
        told = {"reads", "writes", "formula"} & set(self.body.facts)
        for key, row in self.body.rows.items():
            facts = row.facts
            by = f"the {noun} “{self.called.get(key, key)}”"
            if facts.get("active") is False:
                by += " (switched off)"
            object = str(facts.get("object") or above)
            if object:
                self.add(object, "", by, "works on its records")
            for name, does in (("writes", "writes it"), ("reads", "decides by it")):
                for place in _places(facts.get(name) or (), object or ANY):
                    self.add(*place, by, does)
            for path in _WORD.findall(str(facts.get("formula") or "")):
                first, *further = path.split(".")
                self.add(object or ANY, first, by, "decides by it")
                for word in further:  # a field of another object; of which, the formula does not say
                    self.add(ANY, word, by, "decides by it")
            if not told:
                self.hidden.setdefault(object or ALL, f"what the {noun}s use is not read")
            elif facts.get("opaque") is True:
                self.hidden.setdefault(ALL, f"{by} does what we cannot see into")

    def templates(self) -> None:
        noun = _noun(self.body.ref)
        for key, row in self.body.rows.items():
            by = f"the {noun} “{self.called.get(key, key)}”"
            for place in _places(row.facts.get("fields") or (), ANY):
                self.add(*place, by, "has this field")
            if row.facts.get("opaque") is True:
                self.hidden.setdefault(ALL, f"{by} reads what we cannot see into")

    def syncs(self) -> None:
        for key, row in self.body.rows.items():
            facts, by = row.facts, f"the sync “{row.facts.get('label') or key}”"
            ends = [str(facts[name]) for name in _MOVED if facts.get(name)]
            for item in facts.get("mapping") or ():
                for name, end, does in (("from", "source", "takes it"), ("to", "target", "writes it")):
                    if item.get(name):
                        object = str(facts.get(end) or facts.get("object") or ANY)
                        for place in _places((item[name],), object):
                            self.add(*place, by, does)
            if "mapping" not in self.body.facts:
                for end in ends:
                    self.hidden.setdefault(end, f"which fields {by} moves is not read")


def _noun(ref: Ref) -> str:
    """What one row of a scope is called: "validation rule" for Lead.validation-rules."""
    return ref.name.rpartition(".")[2].replace("-", " ").replace("_", " ").removesuffix("s")


def _places(named: Iterable[Any], object: str) -> Iterator[Place]:
    """`contacts/region`, or a field of the object at hand. Names of both may have slashes of their own: then it is each
    way to part them, since a place too many only keeps a field in use."""
    for one in named:
        parts = str(one).split("/")
        for at in range(1, len(parts)):
            yield "/".join(parts[:at]), "/".join(parts[at:])
        if len(parts) == 1:
            yield object, parts[0]


def _named(formula: str, object: str, keys: Mapping[str, str], across: Mapping[str, list[str]]) -> Iterator[Place]:
    """Fields that a formula may speak of: any word of it that is one. A word too many only keeps a field in use."""
    for path in _WORD.findall(formula):
        before = ""
        for word in path.split("."):
            if word.casefold() in keys:
                yield object, keys[word.casefold()]
            for target in across.get(before, ()):
                yield target, word
            before = word.casefold()
