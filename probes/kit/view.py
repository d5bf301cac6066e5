"""What a vendor file says of rows: which ones of an answer are read, what names them, and which facts they have."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final, Self

import msgspec
from pydantic import Field, field_validator, model_validator

from .contract import Kind, Sample
from .facts import Form, fact, stranger
from .values import Model, attributes, places, search

STATES: Final = frozenset({"ok", "running", "failing", "paused", "disabled", "unknown"})
SAMPLE: Final = frozenset(field.name for field in msgspec.structs.fields(Sample))


class View(Model):
    """How rows of an answer become resources of a kind.

    - `scope`: template over {parent.x} and {options.x}; empty is the parent's key, or the listing's name.
      `scope_by`: JMESPath; groups the rows into scopes instead.
    - `records`: dotted path of the rows; `*` walks the entries of a map, whose names a row sees as `"@path"`. A row
      also sees its parent as `"@parent"`; a row that is no object is seen as `value`.
      `single`: it is one object and no list; the other of the two is Malformed. So is a map without entries that is
      the whole answer.
    - `empty`: JMESPath on the answer that must hold where absent `records`, or no entries, mean none; unset: Malformed.
      Of a coded listing, on any answer that its code takes for one with none.
    - `where`: JMESPath; rows for which it is not true are left out.
    - `key`: JMESPath; a list is joined by "/", each part percent-encoded. `person`: the key (of a list its first part)
      names a person, or does where this JMESPath holds. `id`: JMESPath of the vendor's own id, which pairs renames.
    - `facts`: `keep(...)`. `always`: facts that at least one row must have, else the scope is Malformed. Null and empty
      values are dropped. Sets are sorted. `unordered`: `x_` facts that are lists without order. `people`: facts that
      name people beside those that facts.py says. `words`: fact -> the vendor's word -> ours ("*": any other; without
      it an unnamed word stays as it is), which is how a vendor's field types become the closed ones of facts.py.
      `repeats`: fact that is a keyed list -> attribute that tells items of one key apart ("AL" of two countries): those
      that repeat are then keyed "AL/Alabama". Undeclared, two items of one key are Malformed.
    - `evidence`: name -> JMESPath; `at` (a time), `by` (a person) and `link` are known words; never compared.
    - `health`: field of Sample -> JMESPath; times may be ISO 8601, epoch seconds or milliseconds. `states`: the
      vendor's word -> ok, running, failing, paused, disabled, unknown; what is not named is unknown.
    - `needs`: grants, templates over {parent.x}, {options.x}, {scope}, without which rows may be missing; "*": any.
    - `under`: "<kind>/<scope>" of the resources that `scope_by` scopes hang on, by their name: "schema/collections"; a
      template over {parent.x}.
    - `link`: deep link, a template over {base}, {account}, {options.x}, {parent.x}, {key}, {id}, {row.<name of a key>}.
      Of several, the first whose places all have a value; where none has, there is no link.
    """

    kind: Kind
    scope: str = ""
    scope_by: str = ""
    records: str = ""
    single: bool = False
    empty: str = ""
    where: str = ""
    key: str = "id"
    person: bool | str = False
    id: str = ""
    facts: dict[str, str] = Field(default_factory=dict)
    always: tuple[str, ...] = ()
    unordered: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    words: dict[str, dict[str, str]] = Field(default_factory=dict)
    repeats: dict[str, str] = Field(default_factory=dict)
    evidence: dict[str, str] = Field(default_factory=dict)
    health: dict[str, str] = Field(default_factory=dict)
    states: dict[str, str] = Field(default_factory=dict)
    needs: tuple[str, ...] = ("*",)
    under: str = ""
    link: str | tuple[str, ...] = ""

    @field_validator("facts", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return {name: name for name in value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _checked(self) -> Self:
        for name in self.facts:
            try:
                entry = fact(self.kind, name)
            except KeyError:
                raise ValueError(stranger(self.kind, name)) from None
            if name in self.unordered and entry.form is not Form.JSON:
                raise ValueError(f"{name!r} is a {entry.form}, only a vendor's own x_ fact can be declared unordered")
        listed = {"always": self.always, "unordered": self.unordered, "people": self.people, "words": self.words,
                  "repeats": self.repeats}  # fmt: skip
        for word, names in listed.items():
            if unknown := set(names) - set(self.facts):
                raise ValueError(f"{word} names {', '.join(sorted(unknown))}, which facts does not have")
        if copy := set(self.always) - self.compared.keys():
            raise ValueError(f"always names {', '.join(sorted(copy))}, which is shown and never compared")
        if unknown := set(self.health) - SAMPLE:
            raise ValueError(f"health names {', '.join(sorted(unknown))}; known are {', '.join(sorted(SAMPLE))}")
        if unknown := set(self.states.values()) - STATES:
            raise ValueError(f"states gives {', '.join(sorted(unknown))}; known are {', '.join(sorted(STATES))}")
        for expression in (self.key, self.scope_by, self.empty, self.where, self.id, *self.facts.values(),
                           str(self.person or ""), *self.evidence.values(), *self.health.values()):  # fmt: skip
            if expression:
                search(expression)
        return self

    @cached_property
    def compared(self) -> dict[str, str]:
        """The facts that are compared; what people read beside them is evidence."""
        return {name: path for name, path in self.facts.items() if not fact(self.kind, name).shown}

    @cached_property
    def told(self) -> dict[str, str]:
        """What is told beside a row and never compared."""
        copy = {name: path for name, path in self.facts.items() if name not in self.compared}
        return {**copy, **self.evidence}

    @cached_property
    def covers(self) -> tuple[str, ...]:
        """The names of the facts a scope of this view covers, sorted; of a keyed list also the attributes that are
        read of its items ("options.label"), where the expression says which."""
        names = set(self.compared)
        for name, expression in self.compared.items():
            entry = fact(self.kind, name)
            if entry.form is Form.MAP:
                names |= {f"{name}.{attr}" for attr in attributes(expression) if attr in entry.attrs}
        return tuple(sorted(names))

    @cached_property
    def links_rows(self) -> bool:
        """Whether each row has a deep link of its own."""
        return any(name in ("key", "id", "row") for name, _ in places(self.link))
