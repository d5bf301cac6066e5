"""Systems without an API: what people or programs attest, in the shape of lists that the integration's YAML declares.

    attested:
      within: 7d
      lists:
        - {name: templates, kind: template, key: id, facts: [label, status], always: [label]}

Each list is one listing (`probes/kit/listing.py`), and its upload is read through the kit like any vendor's answer, so
that the same laws hold for it. `read_csv` and `read_json` take an upload apart, and refuse it whole where anything of
it is not as declared.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson
from pydantic import Field, ValidationError, field_validator

from .kit.api import Ask, Client
from .kit.auth import Header, Scheme
from .kit.contract import Kind, Vantage
from .kit.errors import Errors
from .kit.facts import Form, Narrower, fact
from .kit.listing import Listing, Vendor
from .kit.mistakes import sentences
from .kit.values import Model

NAME: Final = "attested"
BASE: Final = "https://attested.invalid"  # a name that leads nowhere (RFC 2606): an upload answers in its place
STALE: Final = "not-attested"
MOST: Final = 20  # mistakes of one upload that are told
Rows = list[dict[str, Any]]


class AttestedInvalid(ValueError):
    """`problems`: one sentence each, with where it is."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class ListSpec(Model):
    """One list. `key`: the column that names a row; `facts`: names of the table of facts, or `x_…`, each a column of
    its own, or `{fact: column}`; `always`: facts that each row has; `words`: what the values of a column mean."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    kind: Kind = Field(strict=False)
    key: str = "id"
    facts: dict[str, str]
    always: tuple[str, ...] = ()
    words: dict[str, dict[str, str]] = Field(default_factory=dict)

    @field_validator("facts", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return {name: name for name in value} if isinstance(value, list) else value

    @field_validator("key", "facts")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        for column in (value,) if isinstance(value, str) else value.values():
            if not re.fullmatch(r"[A-Za-z_]\w*", column, re.ASCII):
                raise ValueError(f"{column!r} is no name of a column: letters, digits and _")
        return value

    def listing(self) -> Listing:
        return Listing(name=self.name, kind=self.kind, path=f"/{self.name}", key=self.key, facts=self.facts,
                       always=self.always, words=self.words, needs=(), conditional="etag")  # fmt: skip

    def columns(self) -> dict[str, str]:
        """Column -> the fact that it is."""
        return {column: name for name, column in self.facts.items()}


def specs(lists: Sequence[Mapping[str, Any]]) -> tuple[ListSpec, ...]:
    """What an `attested:` block declares. Raises AttestedInvalid."""
    found, problems = list[ListSpec](), list[str]()
    for number, one in enumerate(lists):
        place = f"attested.lists[{number}]"
        try:
            found.append(ListSpec.model_validate(one, strict=False))
            found[-1].listing()
        except ValidationError as error:
            problems += sentences(place, error)
    if problems:
        raise AttestedInvalid(problems)
    try:
        build(found)
    except ValidationError as error:
        raise AttestedInvalid(sentences("attested.lists", error)) from None
    return tuple(found)


def build(lists: Sequence[ListSpec]) -> Vendor:
    return Vendor(
        name=NAME,
        title="Attested",
        docs="docs/pushes-in.md",
        base=BASE,
        hosts=("attested.invalid",),
        schemes={"none": Scheme(fields=(), build=lambda credentials: Header(credentials))},
        errors=Errors(code="code", message="message", faults={STALE: "unreachable"}),
        identity=identity,
        listings=tuple(one.listing() for one in lists),
    )


async def identity(api: Client) -> Vantage:
    """Whether anything stands attested: without it nothing is read, and nothing is believed to be gone."""
    await api.ask(Ask("/"))
    return Vantage(api.integration, "", frozenset())


# -- uploads ----------------------------------------------------------------------------------------------------------


def read_json(lists: Sequence[ListSpec], raw: bytes, only: str = "") -> dict[str, Rows]:
    """Rows by list: an object of lists, each as declared, or the one list that is meant. Raises AttestedInvalid."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise AttestedInvalid([f"line {error.lineno}: expected JSON: {error.msg}"]) from None
    if isinstance(found, list):
        found = {_meant(lists, only).name: found}
    elif only or not isinstance(found, dict):
        raise AttestedInvalid(["expected a list of rows" if only else "expected an object of lists, or a list of rows"])
    named = {one.name: one for one in lists}
    problems = [f"{name}: is not declared; declared are {', '.join(named)}" for name in found if name not in named]
    if not only and isinstance(found, dict):
        problems += [f"{name}: is missing; an upload is whole, or of one list by name" for name in named
                     if name not in found and len(found) != 1]  # fmt: skip
    out: dict[str, Rows] = {}
    for name in found.keys() & named.keys():
        if not isinstance(found[name], list):
            problems.append(f"{name}: expected a list of rows")
            continue
        out[name] = found[name]
        problems += _wrong(named[name], ((f"{name}[{place}]", row) for place, row in enumerate(found[name])))
    return _whole(out, problems)


def read_csv(lists: Sequence[ListSpec], raw: bytes, only: str = "") -> dict[str, Rows]:
    """Rows of one list; the first line names the columns, an empty cell is no value, `;` stands between the items of a
    set. Raises AttestedInvalid."""
    one = _meant(lists, only)
    try:
        reader = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        lines = [(reader.line_num, cells) for cells in reader if cells]
    except UnicodeDecodeError:
        raise AttestedInvalid(["expected text in UTF-8"]) from None
    except csv.Error as error:
        raise AttestedInvalid([f"line {reader.line_num}: expected CSV: {error}"]) from None
    if not lines:
        raise AttestedInvalid(["line 1: expected the names of the columns, found nothing"])
    head, columns = [cell.strip() for cell in lines[0][1]], one.columns()
    twice = sorted({name for name in head if head.count(name) > 1})
    problems = [f"line 1: the column {name!r} stands there twice" for name in twice]
    rows: list[tuple[str, dict[str, Any]]] = []
    for number, cells in lines[1:]:
        if len(cells) != len(head):
            problems.append(f"line {number}: expected {len(head)} cells, found {len(cells)}")
            continue
        row = {name: _value(one, columns.get(name, ""), cell) for name, cell in zip(head, cells, strict=True) if cell}
        rows.append((f"line {number}", row))
    problems += [f"line 1: the column {name!r} is not declared; declared are {_declared(one)}"
                 for name in head if name not in {one.key, *columns}]  # fmt: skip
    return _whole({one.name: [row for _, row in rows]}, problems or list(_wrong(one, rows)))


def _meant(lists: Sequence[ListSpec], only: str) -> ListSpec:
    found = [one for one in lists if one.name == only] if only else list(lists)
    if len(found) != 1:
        raise AttestedInvalid([f"list: expected one of {', '.join(one.name for one in lists)}, found {only[:80]!r}"])
    return found[0]


def _whole(rows: dict[str, Rows], problems: Sequence[str]) -> dict[str, Rows]:
    if problems:
        more = [f"and {len(problems) - MOST} more"] if len(problems) > MOST else []
        raise AttestedInvalid([*problems[:MOST], *more])
    return rows


def _wrong(one: ListSpec, rows: Any) -> Iterator[str]:
    """What is not as declared, row by row."""
    columns, seen = one.columns(), dict[str, str]()
    always = [one.facts[name] for name in one.always]
    for where, row in rows:
        if not isinstance(row, dict):
            yield f"{where}: expected an object"
            continue
        key = row.get(one.key)
        if not isinstance(key, str | int) or isinstance(key, bool) or key == "":
            yield f"{where}.{one.key}: expected what names the row, found {_kind(key)}"
        elif str(key) in seen:
            yield f"{where}.{one.key}: {str(key)[:80]!r} is {seen[str(key)]} already"
        else:
            seen[str(key)] = where
        for column, value in row.items():
            if column not in columns and column != one.key:
                yield f"{where}: the column {column[:80]!r} is not declared; declared are {_declared(one)}"
            elif column in columns and value is not None and (wanted := _unfit(one, columns[column], value)):
                yield f"{where}.{column}: expected {wanted}, found {_kind(value)}"
        yield from (f"{where}.{column}: is missing" for column in always if row.get(column) in (None, ""))


def _unfit(one: ListSpec, name: str, value: Any) -> str:
    form = fact(one.kind, name).form
    if form is Form.SCALAR and isinstance(value, list | dict):
        return "text, a number, true or false"
    if form is Form.SET and (not isinstance(value, list) or any(isinstance(item, list | dict) for item in value)):
        return "a list of texts"
    if form is Form.MAP and (not isinstance(value, list) or not all(isinstance(item, dict) for item in value)):
        return "a list of objects"
    return ""


def _value(one: ListSpec, name: str, cell: str) -> Any:
    """A cell as its fact has it."""
    if not name or name in one.words:
        return cell
    entry = fact(one.kind, name)
    if entry.form is Form.SET:
        return [item.strip() for item in cell.split(";") if item.strip()]
    if entry.narrower in (Narrower.ON, Narrower.OFF) and cell.lower() in ("true", "false"):
        return cell.lower() == "true"
    if entry.narrower is Narrower.SMALLER and re.fullmatch(r"-?[0-9]{1,15}", cell):
        return int(cell)
    return cell


def _declared(one: ListSpec) -> str:
    return ", ".join((one.key, *one.facts.values()))


def _kind(value: Any) -> str:
    names = {list: "a list", dict: "an object", bool: "true or false", str: "text", type(None): "nothing"}
    return names.get(type(value), "a number") if value != "" else "nothing"
