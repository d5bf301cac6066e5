"""A resource as a baseline keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson


class Row:
    """Facts and the vendor's id. One that comes from content we keep is `written`: its bytes as they stand in
    a baseline file, parsed when they are first asked for; most rows of a large scope never are."""

    __slots__ = ("_facts", "_id", "written")

    def __init__(self, facts: Mapping[str, Any] | None, id: str = "", written: bytes = b"") -> None:
        self._facts, self._id, self.written = facts, id, written

    @property
    def facts(self) -> Mapping[str, Any]:
        return self._facts if self._facts is not None else self._parse()

    @property
    def id(self) -> str:
        if self._facts is None:
            self._parse()
        return self._id

    def _parse(self) -> Mapping[str, Any]:
        facts: dict[str, Any] = orjson.loads(self.written)
        self._id, self._facts = facts.pop("@id", ""), facts
        return facts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and self.facts == other.facts and self.id == other.id

    def __repr__(self) -> str:
        return f"Row({self.facts!r}, {self.id!r})"
