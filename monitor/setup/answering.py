"""Answers made of a schema: every key that it names, with a value of its kind, and a note of each key that is taken
and is not there. And the other way round: the schema of what code made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from probes.kit.errors import Errors

from .published import Published, Schema

DEEP: Final = 10
MOST: Final = 200_000  # values of one answer: schemas that contain themselves have no end
ROWS: Final = 2
PLAYED: Final = "played"
NAMES: Final = f"{PLAYED}{{}}"  # how texts are made: as names, or as numbers that are a day too
DAYS: Final = "202601{:02}"
_TEXTS: Final[Mapping[str, str]] = {
    "date-time": "2026-01-01T09:00:00Z", "date": "2026-01-01", "email": "person#@example.com",
    "uri": f"https://{PLAYED}.invalid/{PLAYED}#", "url": f"https://{PLAYED}.invalid/{PLAYED}#",
    "uuid": "00000000-0000-4000-8000-00000000000#",
}  # fmt: skip


class Lookup(msgspec.Struct, frozen=True):
    """A key that was taken where the schema names others. `must`: without it, the code stops."""

    key: str
    at: str
    known: tuple[str, ...]
    must: bool


class Told(dict[str, Any]):
    """An object of an answer. `open`: the schema allows any key."""

    def __init__(
        self, said: Mapping[str, Any], at: str, known: Sequence[str], open_: bool, notes: list[Lookup]
    ) -> None:
        super().__init__(said)
        self._at, self._known, self._open, self._notes = at, tuple(known), open_, notes

    def _note(self, key: Any, must: bool) -> None:
        if key not in self and key not in self._known and not self._open:
            found = Lookup(str(key), self._at, self._known, must)
            if found not in self._notes:
                self._notes.append(found)

    def need(self, key: str) -> Any:
        """Of a path that the vendor file declares."""
        self._note(key, True)
        return super().get(key)

    def get(self, key: Any, default: Any = None) -> Any:
        self._note(key, False)
        return super().get(key, default)

    def __missing__(self, key: str) -> Any:
        self._note(key, True)
        raise KeyError(key)


def _succeeds(said: dict[str, Any], errors: Errors) -> None:
    """Takes away what would make the answer a refusal, and puts what makes it a success."""
    if errors.failed:
        said.pop(errors.failed.partition(".")[0], None)
    if errors.ok and "." not in errors.ok and errors.ok_is is not None:
        said[errors.ok] = errors.ok_is


class Made:
    """The answer to one request. `form`: NAMES or DAYS; `asked`: the body of the request. `words`: that values may
    have, and code may make keys of."""

    def __init__(self, spec: Published, notes: list[Lookup], form: str = NAMES, asked: Any = None) -> None:
        self._spec, self._notes, self._form, self._row = spec, notes, form, 1
        self._asked = asked if isinstance(asked, dict) else {}
        self._left = MOST
        self.words: set[str] = set()

    def answer(self, schema: Schema | None, ended: bool, errors: Errors) -> Any:
        """A success as the schema has it. `ended`: it goes on no further."""
        said = self.value([schema or {}], "", 0, ended)
        if isinstance(said, dict):
            _succeeds(said, errors)
        return said

    def value(self, schemas: Sequence[Any], at: str, deep: int, ended: bool) -> Any:
        self._left -= 1
        deep = deep if self._left > 0 else DEEP
        parts = list(self._spec.parts(schemas))
        kinds = {kind for part in parts for kind in _kinds(part)}
        items = [part["items"] for part in parts if "items" in part]
        if items or "array" in kinds:
            if ended or deep >= DEEP:
                return []
            before, made = self._row, []
            wanted = self._wanted(at)
            for number in range(len(wanted) or ROWS):
                self._row = before * ROWS + number  # no two rows are equal, nor are two rows within two rows
                made.append(self.value(items, f"{at}[]", deep + 1, False))
            self._row = before
            for row, given in zip(made, wanted, strict=False):
                if isinstance(row, dict):
                    row.update({name: given[name] for name in row.keys() & given.keys()})
            return made
        declared: dict[str, list[Any]] = {}
        for part in parts:
            named = part.get("properties")
            for name, inner in named.items() if isinstance(named, dict) else ():
                declared.setdefault(str(name), []).append(inner)
        maps = [part["additionalProperties"] for part in parts if part.get("additionalProperties")]
        if declared or maps or "object" in kinds or not kinds:
            return self._object(declared, maps, bool(maps) or not declared, at, deep, ended)
        words = [word for part in parts for word in part.get("enum") or () if word is not None]
        self.words |= {str(word) for word in words}
        return _scalar(parts, kinds, words, ended, self._row, self._form)

    def _wanted(self, at: str) -> list[Any]:
        """What the request lists under the first word of this list's name: "dimensions", of "dimensionValues"."""
        last = at.rpartition(".")[2]
        for name, given in self._asked.items():
            rows = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
            if last.startswith(name.rstrip("s")):
                return rows
        return []

    def _object(
        self, declared: Mapping[str, list[Any]], maps: list[Any], open_: bool, at: str, deep: int, ended: bool
    ) -> Told:
        made: dict[str, Any] = {}
        if deep < DEEP:
            for name, inner in declared.items():
                made[name] = self.value(inner, f"{at}.{name}" if at else name, deep + 1, ended)
            if told := [one for one in maps if isinstance(one, dict)]:
                made[PLAYED] = self.value(told, f"{at}.*", deep + 1, ended)
        return Told(made, at, sorted(declared), open_, self._notes)


def _scalar(parts: Sequence[Schema], kinds: set[str], words: Sequence[Any], ended: bool, row: int, form: str) -> Any:
    if ended:
        return False if kinds == {"boolean"} else None
    if words:
        return words[row % len(words)]
    if "boolean" in kinds:
        return row % ROWS == 0 or row == 1  # one row is archived, and the other is not
    if kinds & {"integer", "number"}:
        return row
    if address := next((text for part in parts if "?" in (text := str(part.get("example")))), ""):
        return f"{address}{row}"
    named = next((str(part["format"]) for part in parts if "format" in part), "")
    return _TEXTS[named].replace("#", str(row)) if named in _TEXTS else form.format(row)


def _kinds(part: Schema) -> list[str]:
    said = part.get("type")
    return [one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str) and one != "null"]


def described_by(values: Sequence[Any]) -> dict[str, Any]:
    """The schema that values of one sort have: what none of them has is not in it; what is empty is open."""
    objects = [one for one in values if isinstance(one, dict)]
    lists = [one for one in values if isinstance(one, list)]
    if objects and len(objects) == len(values):
        names = {name: [one[name] for one in objects if name in one] for one in objects for name in one}
        return {"type": "object", "properties": {name: described_by(inner) for name, inner in names.items()}}
    if lists and len(lists) == len(values):
        inner = [entry for one in lists for entry in one]
        return {"type": "array", "items": described_by(inner)} if inner else {"type": "array"}
    return {}
