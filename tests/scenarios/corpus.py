"""The corpus as data: the cases of cases/*.yaml, what there is to show, and how much of it is shown.

A case is a mapping: `case` (what it says, a sentence), `laws`, `pains`, `fires` (rules that must speak) and `calm`
(rules near by that must not), `given` (what differs from given/shop.yaml), `steps` and `expect`, as play.py has them.
`across: true`: what flows and definitions miss is expected too; else nobody looks at it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
KEYS = frozenset({"case", "laws", "pains", "fires", "calm", "given", "uncaptured", "across", "steps", "expect"})
NOISE = ("fault", "upkeep")  # to say that something could not be read, or runs out, is no drift


def table(name: str) -> dict[Any, str]:
    found: dict[Any, str] = yaml.safe_load((HERE / f"{name}.yaml").read_text())
    return found


@cache
def cases() -> tuple[dict[str, Any], ...]:
    """Raises ValueError for a case with a word that nothing reads."""
    found = []
    for file in sorted((HERE / "cases").glob("*.yaml")):
        for case in yaml.safe_load(file.read_text()):
            if odd := case.keys() - KEYS:
                raise ValueError(f"{file.name}: {case.get('case')}: unknown {', '.join(sorted(odd))}")
            found.append({**case, "file": file.stem})
    return tuple(found)


def silent(case: dict[str, Any]) -> bool:
    """Whether it expects that no drift and no failing sync is said, from its first step to its last."""
    said = list(case["expect"])
    for step in case["steps"]:
        if isinstance(step, dict):
            said += step.get("expect") or []
    return all(text.split()[1] in NOISE for text in said)


def shown(tag: str) -> dict[Any, int]:
    """How many cases show each entry of a tag."""
    counts: dict[Any, int] = {}
    for case in cases():
        for entry in case.get(tag, []):
            counts[entry] = counts.get(entry, 0) + 1
    return counts
