"""The shape of what an account answers, without a value: to send in when a vendor file is wrong.

Kinds of values, status codes, and how far each declared fact was there. Of names only those stand in it that the vendor
file itself has, which everybody can read: any other key may be called after a customer, a person or a secret, and is
counted. The same holds for codes of errors. No header is in it.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from probes.kit.api import Answer
from probes.kit.contract import Read, Vantage
from probes.kit.listing import Vendor
from probes.kit.values import search

from .heard import Heard, value

DEEP: Final = 12
ROWS: Final = 200  # entries of a list that are looked at
_WORD: Final = re.compile(r"[@$]?[A-Za-z_][\w:-]*")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
OURS: Final = frozenset({
    "authorize", "cap", "connect", "cut", "deadline", "dns", "loop", "paused", "proxy", "quota", "ref", "secret",
    "short", "tls", "broken", "address", "version",
})  # fmt: skip


class Answered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Answers that look alike. `times`: how many; `code`: the vendor's word for the error where the vendor file names
    it, else that there is one; `body`: its shape."""

    method: str
    status: int
    times: int
    body: Any
    code: str = ""


class ListingShape(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One listing. `states`: how its reads ended, with a code that the vendor file names or is ours; `facts`: by kind
    and fact, whether all, some or none of the rows have it."""

    listing: str
    reads: int
    states: Mapping[str, int]
    facts: Mapping[str, str]
    answers: Sequence[Answered]


class Shapes(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report."""

    driftline: str
    vendor: str
    verified: str
    signed_in: bool
    listings: Sequence[ListingShape]


def shapes(vendor: Vendor, heard: Iterable[Heard], vantage: Vantage, release: str) -> Shapes:
    known = names(vendor)
    return Shapes(
        driftline=release, vendor=vendor.name, verified=vendor.verified.words, signed_in=vantage.coverage.complete,
        listings=[_listing(vendor, one, known) for one in heard],
    )  # fmt: skip


def _listing(vendor: Vendor, one: Heard, known: frozenset[str]) -> ListingShape:
    told: dict[tuple[str, int, str, bytes], list[Any]] = {}
    plain = bool(one.listing) and vendor.listing(one.listing).fetch is None  # then all its answers are of one sort
    for ask, answer in one.answers:
        body = shape(value(answer), known) if answer.raw else "nothing"
        alike = b"" if plain else msgspec.json.encode(body, order="deterministic")
        told.setdefault((ask.method, answer.status, _code(vendor, answer), alike), []).append(body)
    states: dict[str, int] = {}
    for read in one.reads:
        code = f" {_named(vendor, read.coverage.code)}" if read.coverage.code else ""
        states[f"{read.coverage.state}{code}"] = states.get(f"{read.coverage.state}{code}", 0) + 1
    return ListingShape(
        listing=one.listing or "who the credential is", reads=len(one.reads), states=states,
        facts=_facts(vendor, one.listing, one.reads),
        answers=[Answered(method=method, status=status, code=code, times=len(found), body=_merged(found))
                 for (method, status, code, _), found in told.items()],
    )  # fmt: skip


def _facts(vendor: Vendor, name: str, reads: Sequence[Read]) -> dict[str, str]:
    """How far what is declared was there: what no row has is where a vendor file is wrong."""
    if not name:
        return {}
    rows: dict[str, list[Any]] = {}
    for read in reads:
        for scope in read.scopes:
            rows.setdefault(scope.ref.kind.value, []).extend(scope.resources)
    found = {}
    for view in vendor.listing(name).views:
        there = rows.get(view.kind.value, [])
        for fact in view.compared:
            having = sum(fact in row.facts for row in there)
            words = "no rows" if not there else "none" if not having else "all" if having == len(there) else "some"
            found[f"{view.kind}.{fact}"] = words
    return found


def _code(vendor: Vendor, answer: Answer) -> str:
    if 200 <= answer.status < 300 or not vendor.errors.code:
        return ""
    try:
        code = search(vendor.errors.code)(value(answer))
    except Exception:
        return ""
    return _named(vendor, code) if isinstance(code, str | int) else ""


def _named(vendor: Vendor, code: object) -> str:
    """A code that the vendor file has, one of ours, or a status; else only that there is one."""
    said = str(code)
    status = said.isdigit() and len(said) == 3
    return (
        said
        if said in vendor.errors.faults or said in OURS or status
        else "(a code that the vendor file does not name)"
    )


def shape(said: Any, known: frozenset[str], deep: int = 0) -> Any:
    """What a value is made of. An object's unknown keys become "other keys": how many, and of what; a list has one
    shape for all its entries, in which several kinds stand side by side."""
    if said is msgspec.UNSET:
        return "no JSON"
    if deep >= DEEP and isinstance(said, dict | list):
        return "deeper"
    if isinstance(said, dict):
        made = {key: shape(inner, known, deep + 1) for key, inner in said.items() if key in known}
        others = [shape(inner, known, deep + 1) for key, inner in said.items() if key not in known]
        if others:
            made["other keys"] = [_many(len(others)), _merged(others)]
        return made
    if isinstance(said, list):
        return [_many(len(said)), _merged([shape(inner, known, deep + 1) for inner in said[:ROWS]])]
    return _kind(said)


def _kind(said: Any) -> str:
    if said is None:
        return "null"
    if isinstance(said, bool):
        return "boolean"
    if isinstance(said, int | float):
        return "integer" if isinstance(said, int) else "decimal"
    text = str(said)
    forms = (
        (not text, "empty"), (text.isdigit(), "digits"), (bool(_TIME.fullmatch(text)), "time"),
        (bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)), "date"), (text.startswith(("http://", "https://")), "address"),
    )  # fmt: skip
    return next((f"text ({form})" for held, form in forms if held), "text")


def _many(count: int) -> str:
    return str(count) if count < 2 else "several"


def _merged(found: Sequence[Any]) -> Any:
    """One shape for several values: objects key by key, lists entry by entry, the rest side by side. `may lack` stands
    before a key that not all of them have."""
    found = [
        side for one in found for side in (one["either"] if isinstance(one, dict) and [*one] == ["either"] else [one])
    ]
    objects = [one for one in found if isinstance(one, dict)]
    lists = [one for one in found if isinstance(one, list)]
    sides: dict[str, Any] = {}
    for plain in found:
        if isinstance(plain, str):
            for word in plain.split(" or "):
                sides[word] = word
    if objects:
        bare = [{key.removeprefix("may lack "): inner for key, inner in one.items()} for one in objects]
        lacked = {key.removeprefix("may lack ") for one in objects for key in one if key.startswith("may lack ")}
        keys = dict.fromkeys(key for one in bare for key in one)
        some = {key for key in keys if key in lacked or sum(key in one for one in bare) < len(bare)}
        sides["object"] = {
            f"may lack {key}" if key in some else key: _merged([one[key] for one in bare if key in one]) for key in keys
        }
    if lists:
        counts = {one[0] for one in lists}
        inner = [one[1] for one in lists if one[1] is not None]
        sides["list"] = [counts.pop() if len(counts) == 1 else "any number", _merged(inner) if inner else None]
    if not sides:
        return None
    if len(sides) == 1:
        return next(iter(sides.values()))
    if objects or lists:
        return {"either": [sides[key] for key in sorted(sides)]}
    return " or ".join(sorted(sides))


def names(vendor: Vendor) -> frozenset[str]:
    """Every word that stands in the vendor file: of its declarations, and of the texts in its code."""
    said = [
        msgspec.json.encode(listing.model_dump(mode="json", exclude={"fetch", "headers"})).decode()
        for listing in vendor.listings
    ]
    said += [vendor.errors.code, vendor.errors.message, *(vendor.errors.faults)]
    for file in _sources(vendor):
        tree = ast.parse(file.read_text("utf-8"))
        said += [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
    words = {word.rstrip(":-") for text in said for word in _WORD.findall(text)}
    return frozenset(words | {part for word in words for part in re.split("[:-]", word) if part})


def _sources(vendor: Vendor) -> set[Path]:
    """The files that its code stands in: of a folder all of them. What is built from YAML has none."""
    calls = [vendor.identity, vendor.look, vendor.who, vendor.pace, *(listing.fetch for listing in vendor.listings)]
    found: set[Path] = set()
    for call in calls:
        module = sys.modules.get(getattr(inspect.unwrap(call), "__module__", "")) if call else None
        file = Path(getattr(module, "__file__", None) or "")
        if file.suffix == ".py" and file.parent.name not in ("kit", "setup") and file.name != "rest.py":
            found |= (
                set(file.parent.glob("*.py"))
                if (file.parent / "__init__.py").exists() and file.parent.name != "probes"
                else {file}
            )
    return found
