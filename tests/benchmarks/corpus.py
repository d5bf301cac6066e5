"""Describe answers of a large org on disk: every key that Salesforce sends per field, ten changes, shuffled twins.

Made once per size under build/, by the parent of the measuring processes, so that what is measured holds none of it.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from probes.simulated.salesforce import wire

FORMAT: Final = 2  # raise it when the bodies change
TYPES: Final = (
    "string", "string", "picklist", "double", "boolean", "textarea", "date", "reference", "email", "currency",
    "string", "datetime",
)  # fmt: skip
PICKLISTS: Final = (3, 5, 8, 12, 30)
# What an administrator does to ten fields: the change, and the facts that drift by it ("" stands for the field itself).
CHANGES: Final = (
    ("label", {"label"}), ("length", {"length"}), ("unique", {"unique"}), ("inlineHelpText", {"help"}),
    ("externalId", {"external_id"}), ("defaultValueFormula", {"default_formula"}), ("label", {"label"}),
    ("picklistValues", {"options"}), ("removed", {""}), ("added", {""}),
)  # fmt: skip


class Corpus:
    """Bodies by object number, in one file each. Folders: `base`; `changed`, only those with a change; `first` and
    `second`, shuffled, of which the second has the changes."""

    def __init__(self, root: Path, objects: int, fields: int) -> None:
        self.root, self.objects, self.fields = root / f"org-{FORMAT}-{objects}x{fields}", objects, fields

    def name(self, number: int) -> str:
        return f"Object_{number:04}__c"

    def path(self, folder: str, number: int) -> Path:
        changed = self.root / folder / f"{number:04}.json"
        return changed if folder != "changed" or changed.exists() else self.root / "base" / changed.name

    def raw(self, folder: str, number: int) -> bytes:
        return self.path(folder, number).read_bytes()

    def make(self) -> None:
        if (self.root / "ready").exists():
            return
        shutil.rmtree(self.root, ignore_errors=True)
        for folder in ("base", "changed", "first", "second"):
            (self.root / folder).mkdir(parents=True)
        at = dict(self._places())
        dice = random.Random(11)
        orders: list[list[str]] = []
        for number in range(self.objects):
            rows = self._rows(number)
            after = changed(rows, CHANGES[at[number]][0]) if number in at else rows
            orders = orders or [dice.sample(list(rows[0]), len(rows[0])) for _ in range(64)]
            self._write("base", number, rows)
            if number in at:
                self._write("changed", number, after)
            self._write("first", number, _shuffled(rows, orders, dice))
            self._write("second", number, _shuffled(after, orders, dice))
        (self.root / "ready").touch()

    def expected(self) -> set[tuple[str, str, str]]:
        """(object, field, fact) of the ten changes; the fact is "" where the field itself came or went."""
        found: set[tuple[str, str, str]] = set()
        for number, place in self._places():
            change, facts = CHANGES[place]
            key = "Added__c" if change == "added" else _target(self._rows(number), change)["name"]
            found |= {(self.name(number), key, fact) for fact in facts}
        return found

    def _places(self) -> Iterator[tuple[int, int]]:
        """Each change is of another object."""
        for place in range(min(len(CHANGES), self.objects)):
            yield place * self.objects // len(CHANGES) if self.objects >= len(CHANGES) else place, place

    def _rows(self, number: int) -> list[dict[str, Any]]:
        dice = random.Random(number)
        rows = [wire.system("Id", "id")]
        for place in range(self.fields - 1):
            type = TYPES[place % len(TYPES)]
            keys: dict[str, Any] = {}
            if type == "picklist":
                keys["picklistValues"] = [f"value {n}" for n in range(dice.choice(PICKLISTS))]
            if type == "reference":
                keys["referenceTo"] = ["Account"]
            if place % 5 == 0:
                keys["inlineHelpText"] = "Filled by the web form when the visitor agreed to be written to."
            rows.append(wire.field(f"Field_{place:04}__c", type, **keys))
        return rows

    def _write(self, folder: str, number: int, rows: list[dict[str, Any]]) -> None:
        name = self.name(number)
        types = [wire.record_type(name, 0, "Master", master=True, default=True)]
        parts = {"fields": rows, "recordTypeInfos": types, "childRelationships": []}
        body = wire.description(name, name, name, "a99", wire.flags(True, {}), "", parts)
        (self.root / folder / f"{number:04}.json").write_bytes(orjson.dumps(body))


def _target(rows: list[dict[str, Any]], change: str) -> dict[str, Any]:
    """The field that a change is made to: the second of its sort."""
    type = "picklist" if change == "picklistValues" else "string"
    return [row for row in rows if row["type"] == type][1]


def changed(rows: list[dict[str, Any]], change: str) -> list[dict[str, Any]]:
    """The same rows after one change."""
    if change == "added":
        return [*rows, wire.field("Added__c", "string")]
    target = _target(rows, change)
    if change == "removed":
        return [row for row in rows if row is not target]
    new: dict[str, Any] = {
        "label": target["label"] + " (old)", "length": 80, "unique": True, "inlineHelpText": "Ask the web team.",
        "externalId": True, "defaultValueFormula": "'web'",
        "picklistValues": [*target["picklistValues"], wire.option("value new")],
    }  # fmt: skip
    return [{**row, change: new[change]} if row is target else row for row in rows]


def _shuffled(rows: list[dict[str, Any]], orders: list[list[str]], dice: random.Random) -> list[dict[str, Any]]:
    mixed = [{name: row[name] for name in orders[dice.randrange(len(orders))]} for row in rows]
    dice.shuffle(mixed)
    return mixed
