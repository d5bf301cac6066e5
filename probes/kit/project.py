"""One row of an answer becomes one Resource: key, facts in their forms, evidence, health."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from .clock import stamp
from .contract import Malformed, Resource, Sample, canonical
from .facts import Form, fact
from .listing import View
from .values import instant, link, places, search

EMPTY: tuple[Any, ...] = (None, "", [], {})
NUMBERS: Final = frozenset({bool, int, float})
FLAT: Final = frozenset({bool, int, str})  # in their plain form as they come
WIDE: Final = 2.0**63  # a number from here on is no integer in any of the forms that we write
TIMES = frozenset({"succeeded_at", "failed_at", "due_at"})
EPOCH: Final = re.compile(r"\d{9,13}")  # seconds, or milliseconds, as text
COUNTS = frozenset({"rows_ok", "rows_failed"})


class Projector:
    """A view, compiled. Raises Malformed where a row is not what the view declares."""

    def __init__(self, view: View, person: Callable[[str], str]) -> None:
        self.view = view
        self._person = person
        self._key = search(view.key)
        self._id = search(view.id) if view.id else None
        self._where = search(view.where) if view.where else None
        self._who = search(view.person) if isinstance(view.person, str) else None
        self._facts = [
            (name, path if path.isidentifier() else "", search(path), self._worded(name))
            for name, path in view.compared.items()
        ]
        self._evidence = [(name, search(path)) for name, path in view.told.items()]
        self._health = [(name, search(path)) for name, path in view.health.items()]
        text = " ".join([view.key, view.id, view.where, view.scope_by, str(view.person), *view.facts.values(),
                         *view.evidence.values(), *view.health.values()])  # fmt: skip
        linked = {name for place, name in places(view.link) if place == "row"}
        self._around = '"@path"' in text or '"@parent"' in text
        self._bare = bool(re.search(r"\bvalue\b|@path", view.key))  # where a row may be a text, or stand in a map
        self._touched = frozenset(re.findall(r"\w+", text)) | linked

    def row(self, value: Any, names: tuple[str, ...], parent: Mapping[str, Any]) -> dict[str, Any]:
        """The row as expressions see it."""
        if not isinstance(value, dict) and not self._bare:
            raise Malformed("a row is not an object")
        row = value if isinstance(value, dict) else {"value": value}
        return {**row, "@path": list(names), "@parent": parent} if self._around else row

    def wanted(self, row: dict[str, Any]) -> bool:
        return self._where is None or self._where(row) not in (None, False, "", [], {})

    def unread(self, row: dict[str, Any]) -> set[str]:
        """Names of the vendor's keys that no expression reads."""
        return {name for name in row.keys() - self._touched if name[:1] != "@"}

    def resource(self, row: dict[str, Any], place: Mapping[str, Any]) -> Resource:
        person = self.view.person is True or (self._who is not None and self._who(row) not in (None, False, *EMPTY))
        key = self._named(self._key(row), person)
        id = "" if self._id is None or (found := self._id(row)) is None else str(found)
        facts: dict[str, Any] = {}
        for name, own, get, form in self._facts:
            value = row.get(own) if own else get(row)
            if value or type(value) in NUMBERS:  # null, "", [] and {} say nothing
                facts[name] = value if form is _plain and type(value) in FLAT else form(value)
        evidence = {name: _said(value) for name, get in self._evidence if (value := get(row)) not in EMPTY}
        if "by" in evidence:
            evidence["by"] = self._person(evidence["by"])
        if EPOCH.fullmatch(at := evidence.get("at", "")):
            evidence["at"] = stamp(float(instant(at) or 0))
        if self.view.link and (deep := link(self.view.link, place, row, key=key, id=id)):
            evidence["link"] = deep
        return Resource(key, facts, id, evidence, self._sample(row, evidence) if self._health else None)

    def _named(self, value: Any, person: bool) -> str:
        parts = value if isinstance(value, list) else [value]
        names: list[str] = []
        for part in parts:
            if part is None or part == "" or isinstance(part, bool | float | list | dict):
                raise Malformed(f"a row has no {self.view.key}")
            names.append(str(part))
        if not names:
            raise Malformed(f"a row has no {self.view.key}")
        if person:
            names[0] = self._person(names[0])
        if not isinstance(value, list):
            return names[0]
        return "/".join(name.replace("%", "%25").replace("/", "%2F") for name in names)

    def _worded(self, name: str) -> Callable[[Any], Any]:
        """The form of a fact, after the vendor's word for it was translated into ours and its items told apart."""
        form, words = self._former(name), self.view.words.get(name)
        if name in self.view.repeats:
            key, by = fact(self.view.kind, name).item_key, self.view.repeats[name]
            return lambda value: form(_apart(value, key, by))
        if words is None:
            return form
        other = words.get("*")
        return lambda value: form(words.get(str(value), value if other is None else other))

    def _former(self, name: str) -> Callable[[Any], Any]:
        """How a fact's value is brought into its form."""
        entry, view = fact(self.view.kind, name), self.view
        people = entry.person or name in view.people

        def as_set(value: Any) -> Any:
            if not isinstance(value, list):
                raise Malformed(f"{name} is a set, and the answer gives no list")
            plain = [self._person(str(v)) if people else _plain(v) for v in value if v not in EMPTY]
            return [v for _, v in sorted({canonical(v): v for v in plain}.items())]

        def as_map(value: Any) -> Any:
            items: list[dict[str, Any]] = []
            seen: set[str] = set()
            if not isinstance(value, list):
                raise Malformed(f"{name} is a list of objects, and the answer gives none")
            for item in value:
                if not isinstance(item, dict) or item.get(entry.item_key) is None:
                    raise Malformed(f"an item of {name} has no {entry.item_key}")
                if (mark := str(item[entry.item_key])) in seen:
                    raise Malformed(f"two items of {name} have one {entry.item_key}")
                seen.add(mark)
                items.append({k: _plain(v) for k, v in item.items() if k == entry.item_key or v not in EMPTY})
            return items

        def as_person(value: Any) -> Any:
            return [self._person(str(v)) for v in value] if isinstance(value, list) else self._person(str(value))

        if entry.form is Form.SET or name in view.unordered:
            return as_set
        if entry.form is Form.MAP:
            return as_map
        return as_person if people else _plain

    def _sample(self, row: dict[str, Any], evidence: dict[str, str]) -> Sample:
        values: dict[str, Any] = {"state": "unknown"}
        for name, get in self._health:
            value = get(row)
            if value is None:
                continue
            if name == "state":
                word = _said(value)
                evidence.setdefault("state", word)
                values["state"] = self.view.states.get(word, "unknown")
            elif name in TIMES:
                values[name] = instant(value)
            elif name == "writes":
                values[name] = value is True
            elif name == "cron":
                values[name] = _said(value)
            elif name == "errors":
                found = value if isinstance(value, list) else [value]
                values[name] = tuple(sorted({_said(v) for v in found if v not in EMPTY}))
            else:
                values[name] = _number(name, value)
        return Sample(**values)


def _apart(value: Any, key: str, by: str) -> Any:
    """The items of a list, those whose key repeats keyed by an attribute beside it too."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return value
    times = Counter(str(item.get(key)) for item in value)
    if len(times) == len(value):
        return value
    return [
        item if times[str(item.get(key))] == 1 else {**item, key: f"{item.get(key)}/{item.get(by)}"} for item in value
    ]


def _number(name: str, value: Any) -> int | float:
    try:
        if isinstance(value, bool):
            raise ValueError
        found = int(value) if name in COUNTS else float(value)
        if not abs(found) < WIDE:
            raise ValueError
        return found
    except (TypeError, ValueError):
        raise Malformed(f"{name} is not a number") from None


def _said(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value).decode()


def _plain(value: Any) -> Any:
    """1.0 and 1 are one value, at any depth."""
    if isinstance(value, float) and value.is_integer() and abs(value) < WIDE:
        return int(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list) else value
