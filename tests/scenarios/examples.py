"""One example each way of every rule, for its page and the terminal: taken from what the corpus plays.

`python -m tests.scenarios.examples` writes monitor/engine/examples.json; a test holds it current.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .corpus import cases
from .vectors import Vector, vectors

FILE = Path(__file__).resolve().parents[2] / "monitor" / "engine" / "examples.json"
LONG = 160
NAMES = ("id", "name")  # of the row, which every row has


def examples() -> dict[str, list[str]]:
    """Rule -> what it speaks of, and what it must not speak of."""
    found: dict[str, list[str]] = {}
    for one in vectors():
        found.setdefault(one.rule, [_says(one), _silent(one)])
    fires, calm = _first("fires"), _first("calm")
    for rule in fires.keys() & calm.keys() - found.keys():
        found[rule] = [fires[rule], calm[rule]]
    return dict(sorted(found.items()))


def _first(tag: str) -> dict[str, str]:
    """Rule -> the first case that shows it so."""
    found: dict[str, str] = {}
    for case in cases():
        for rule in case.get(tag, []):
            found.setdefault(rule, case["case"])
    return found


def _says(one: Vector) -> str:
    thing = f"{one.kind} {one.fact or one.scope}"
    if one.before is None:
        return _cut(f"{thing}: {_row(one.after)} comes")
    if one.after is None:
        return _cut(f"{thing}: {_row(one.before)} goes")
    if one.action == "renamed":
        return f"{thing}: {one.before['name']} is called {one.after['name']} now, under the same id"
    return _cut(f"{thing}: {_row(one.before)} becomes {_row(one.after)}")


def _silent(one: Vector) -> str:
    before = one.before or one.after
    again = {name: value for name, value in one.resent.items() if name not in NAMES}
    if before is None or again == {name: value for name, value in before.items() if name not in NAMES}:
        return _cut(f"{_row(one.resent)} comes again as it was")
    return _cut(f"{_row(before)} comes again as {_row(again)}")


def _row(row: dict[str, Any] | None) -> str:
    facts = {name: value for name, value in (row or {}).items() if name not in NAMES}
    only = next(iter(facts.values()), None) if len(facts) == 1 else facts
    return json.dumps(only, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def written() -> str:
    return json.dumps(examples(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), "utf-8")
