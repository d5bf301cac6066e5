"""What a change is made of: another value of the same sort, a row that goes or comes, and how a record is
found again."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from .sheet import At, Spec, Steps

DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
Said = tuple[str, str]  # action, level


class Found(NamedTuple):
    """One key of one document, with the entry that classifies it."""

    spec: Spec
    params: Mapping[str, str]
    at: At
    entry: Any

    @property
    def document(self) -> tuple[str, ...]:
        return (self.spec.name, *self.params.values())


def said(one: Mapping[str, Any], before: Any, after: Any) -> Said | None:
    if before == after:
        return None
    if "changed" in one:
        return "changed", one["changed"]
    if "smaller" in one:
        how, narrower = "smaller", after < before
    else:
        how, narrower = ("restricts", bool(after)) if "restricts" in one else ("allows", not after)
    return ("narrowed", one[how][0]) if narrower else ("widened", one[how][1])


def other(rng: random.Random, value: Any, one: Mapping[str, Any]) -> Any:
    """Another value of the same sort."""
    if "values" in one:
        return rng.choice([v for v in one["values"] if v != value])
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + rng.choice([1, 2, 7, -1] if value else [1, 2, 7])
    if isinstance(value, str) and DATE.match(value):
        return value[:17] + f"{(int(value[17:19]) + rng.randrange(1, 59)) % 60:02d}" + value[19:]
    if isinstance(value, str):
        return f"{value} {rng.choice('xyz')}"
    return one.get("sample", "a sample" if value is None else value)


def put_in(found: Found, after: Any) -> Callable[[Any], None]:
    def edit(document: Any) -> None:
        rows = reach(document, found, found.at.steps[:-1])
        if rows is not None:
            rows[found.at.steps[-1]] = after

    return edit


def dropped(found: Found) -> Callable[[Any], None]:
    return spliced(found, lambda rows, number: rows.pop(number), -1)


def inserted(found: Found, new: Any) -> Callable[[Any], None]:
    return spliced(found, lambda rows, number: rows.insert(number + 1, copy.deepcopy(new)), 1)


def replaced(found: Found, new: Any) -> Callable[[Any], None]:
    return spliced(found, lambda rows, number: rows.__setitem__(number, copy.deepcopy(new)), 0)


def spliced(found: Found, act: Callable[[list[Any], int], Any], more: int) -> Callable[[Any], None]:
    def edit(document: Any) -> None:
        rows = reach(document, found, found.at.steps[:-1])
        number = None if rows is None else _index(rows, found)
        if number is None:
            return
        act(rows, number)
        if found.spec.total:
            document[found.spec.total] += more

    return edit


def _index(rows: list[Any], found: Found) -> int | None:
    """Where the element stands now; a record by its id, since some of its keys move with time."""
    if found.spec.total and found.at.steps[:-1] == ("records",):
        wanted = identity(found.at.value)
        return next((number for number, row in enumerate(rows) if identity(row) == wanted), None)
    return rows.index(found.at.value) if found.at.value in rows else None


def reach(document: Any, found: Found, steps: Steps) -> Any:
    """What lies at the steps. A record is found by its id, since a second look asks for other records beside it, and
    for fewer parts of a composite; None where it is not among them."""
    if found.spec.total and steps[:1] == ("records",) and len(steps) > 1:
        row = next(
            (row for row in document["records"] if identity(row) == identity(found.at.elements["records"])), None
        )
        return None if row is None else get(row, steps[2:])
    if steps[:1] == ("compositeResponse",) and len(steps) > 1 and steps[1] not in range(len(document[steps[0]])):
        return None
    return get(document, steps)


def identity(row: Mapping[str, Any]) -> Any:
    """The record's id; rights on objects and fields come without one."""
    return row.get("Id") or row.get("DurableId") or (row["Parent"]["Name"], row["SobjectType"], row.get("Field"))


def get(value: Any, steps: Any) -> Any:
    for step in steps:
        value = value[step]
    return value


def put(value: Any, steps: list[str], new: Any) -> None:
    get(value, steps[:-1])[steps[-1]] = new


def row_steps(steps: Steps) -> Steps:
    """The steps of the innermost list element."""
    last = max(n for n, step in enumerate(steps) if isinstance(step, int))
    return steps[: last + 1]


def lists(at: At) -> list[str]:
    return list(at.elements)


def altered(at: At, *value: Any) -> Mapping[str, Any]:
    """The innermost element, with another value under the key where one is given."""
    element = dict(at.elements[lists(at)[-1]])
    return {**element, at.steps[-1]: value[0]} if value else element


DERIVED: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "required": lambda field: not field["nillable"] and not field["defaultedOnCreate"],
}
