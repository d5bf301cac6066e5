"""One example each way for every rule of drift, as tables: vectors/<kind>.yaml. Nothing here comes from the monitor.

A row is `[facts, action, before, after, levels, resent]`. `facts`: names with spaces between, "-" is the resource
itself, `fact#item` one item of a list; `THIS` in a value stands for the attribute after the dot. `levels`: one of B, W
and I (breaking, warning, info), or three: of a thing that nothing is known about, of one that a flow writes into, of
one that a flow reads from. `before` null: it was not there; `after` null: it is gone. `resent` is what is sent again
of the value before in another form, for the twin of which nothing may be said; without it, the very value comes again.
`way` is which way the things of a group go over a described API, whose rules have names of their own.
`scope` holds `{use}` where one object is unknown, one written and one read; else the key says which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "vectors"
WORDS = {"B": "breaking", "W": "warning", "I": "info"}
USES = ("plain", "written", "read")
Row = dict[str, Any]


@dataclass(frozen=True)
class Vector:
    """`before`, `after` and `resent` are rows of the system's answer, None where there is none."""

    rule: str
    kind: str
    scope: str
    key: str
    use: str
    fact: str
    item: str
    action: str
    level: str
    because: str
    before: Row | None
    after: Row | None
    resent: Row

    @property
    def twin(self) -> str:
        return f"{self.key}-twin"

    @property
    def finding(self) -> tuple[str, ...]:
        """What must be said: scope, key, fact, item, action, level, rule."""
        return (self.scope, self.key, self.fact, self.item, self.action, self.level, self.rule)


def vectors() -> list[Vector]:
    return [one for file in sorted(FOLDER.glob("*.yaml")) for one in _file(yaml.safe_load(file.read_text()))]


def _file(table: dict[str, Any]) -> Iterator[Vector]:
    kind, scopes = table["kind"], table["scopes"]
    for group in table["groups"]:
        scope = group.get("scope", next(iter(scopes)))
        shape = scopes[scope].get("key", "{name}")
        for row in group["rows"]:
            yield from _row(kind, scope, shape, group, row)


def _row(kind: str, scope: str, shape: str, group: dict[str, Any], row: list[Any]) -> Iterator[Vector]:
    names, action, before, after, levels, *more = row
    for name in names.split():
        fact, _, item = name.removeprefix("-").partition("#")
        called = group.get("rule") or fact.replace("x_", "own ").split()[0] if fact else group.get("rule", "resource")
        if way := group.get("way"):
            called = f"{way}-{called}" if fact else way
        for use, level in zip(USES, levels.split("/"), strict=False):
            slug = f"{fact.replace('.', '-') or called}-{action}"
            if "{use}" not in scope and "/" in levels:
                slug = f"{use}-{slug}"
            key = shape.format(use=use, name=slug)
            first, last = _facts(fact, before), _facts(fact, after)
            again = _facts(fact, more[0]) if more else first if first is not None else last
            renamed = action == "renamed"
            yield Vector(
                rule=f"{kind}.{called}.{action}", kind=kind, scope=scope.format(use=use), key=key, use=use, fact=fact,
                item=item, action=action, level=WORDS[level], because=group["because"],
                before=None if first is None else {"name": key, "id": f"id {key}", **first},
                after=None if last is None else {"name": f"{key}-2" if renamed else key, "id": f"id {key}", **last},
                resent={"id": f"id {key}-twin", **again, "name": f"{key}-twin"},
            )  # fmt: skip


def _facts(fact: str, value: Any) -> Row | None:
    """The value as it stands in a row; the resource itself is a row of facts, or none."""
    if not fact:
        return value
    whole, _, attribute = fact.partition(".")
    return {} if value is None else {whole: _this(value, attribute)}


def _this(value: Any, attribute: str) -> Any:
    if isinstance(value, dict):
        return {attribute if name == "THIS" else name: _this(inner, attribute) for name, inner in value.items()}
    return [_this(one, attribute) for one in value] if isinstance(value, list) else value
