"""A new vendor's files: the vendor file, answers it is tested against, and a first test of its own.

Made from a description of a JSON API: the one here, which is to be written over, or that of a configured `rest`
integration with what its account answered, scrubbed (`scrub.py`). All files are written, or none; none is written over.
"""

from __future__ import annotations

import json
import keyword
import re
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from monitor.config.models import Integration
from probes.kit.contract import Kind
from probes.kit.listing import Listing
from probes.kit.values import search
from probes.rest import RestSpec

from .heard import Heard, succeeded
from .proof import Parent
from .scrub import ROWS, Stand, keys, put, rows, scrubbed, words
from .sources import prose, scheme_of, source

NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST: Final = 60
OURS: Final = ("monitor", "probes")
SECOND: Final = "page-2"
SPLIT: Final = ("cursor", "next", "offset", "page")
NO_PAGES: Final = {"cursor": "its lists have no second page"}
EXAMPLE: Final[Mapping[str, Any]] = {
    "auth": {"style": "header", "headers": {"Authorization": "Bearer {token}"}},
    "errors": {"code": "error.code", "message": "error.message", "faults": {"forbidden": "denied"}},
    "identity": {"path": "/me", "account": "account.id", "subject": "login", "account_name": "account.name"},
    "listings": [
        {"name": "objects", "kind": "schema", "path": "/objects", "records": "data", "key": "name", "id": "id",
         "facts": ["label"], "always": ["label"], "paging": {"style": "cursor", "next": "next", "into": "cursor"}},
        {"name": "fields", "kind": "field", "for_each": "objects", "path": "/objects/{parent.key}/fields",
         "records": "data", "key": "name", "facts": {"label": "label", "type": "type", "native_type": "type",
         "required": "required"}, "always": ["type"],
         "words": {"type": {"string": "text", "number": "decimal", "*": "any"}}},
        {"name": "people", "kind": "permission", "path": "/users", "records": "data", "key": "email", "person": True,
         "facts": {"profile": "role"}, "always": ["profile"]},
    ],
}  # fmt: skip
ANSWERS: Final[Mapping[str, Any]] = {
    "me": {"login": "driftline", "account": {"id": "a1", "name": "Northwind Outdoor"}},
    "objects": {"data": [{"id": "o1", "name": "customer", "label": "Customer"}], "next": SECOND},
    f"objects@cursor={SECOND}": {"data": [{"id": "o2", "name": "order", "label": "Order"}]},
    "objects__customer__fields": {"data": [{"name": "email", "label": "E-mail", "type": "string", "required": True},
                                           {"name": "points", "label": "Points", "type": "number"}]},
    "objects__order__fields": {"data": [{"name": "total", "label": "Total", "type": "number", "required": True}]},
    "users": {"data": [{"email": "person1@example.com", "role": "admin"},
                       {"email": "person2@example.com", "role": "member"}]},
}  # fmt: skip


class NewVendor(msgspec.Struct, kw_only=True):
    """What is to be written: the vendor file's text, and `replies` by the name of their file. `left`: listings whose
    answers could not be had, with why; `out`: those that are not in the file for that."""

    name: str
    called: str
    scheme: str
    fields: tuple[str, ...]
    text: str
    replies: dict[str, Any]
    left: dict[str, str] = {}
    out: dict[str, str] = {}

    @property
    def stem(self) -> str:
        return self.name.replace("-", "_")

    @property
    def title(self) -> str:
        return prose(self.called)


def unfit(name: str) -> str:
    """Why a vendor cannot be called so; empty where it can."""
    stem = name.replace("-", "_")
    if not NAME.fullmatch(name):
        return f"expected lower-case letters and digits, with hyphens between, found {name!r}"
    if len(name) > LONGEST:
        return f"expected at most {LONGEST} letters, found {len(name)}"
    if keyword.iskeyword(stem) or stem in sys.stdlib_module_names:
        return f"{name} is a word of Python's own, and a file of that name hides it: choose another name"
    if stem in OURS or stem in packages_distributions():
        return f"{name} is a package that is installed here, and a file of that name hides it: choose another name"
    if stem.startswith(("test_", "conftest")) or stem in ("test", "tests", "replies"):
        return f"{name} is what tests are called, and is not looked at: choose another name"
    return ""


def blank(name: str) -> NewVendor:
    """To be written over: a vendor with objects, fields and people."""
    title = name.replace("-", " ").title()
    spec = RestSpec.model_validate(
        {**EXAMPLE, "title": title, "docs": f"https://docs.{name}.example/api", "hosts": (f"{name}.example",)}
    )
    text = source(name, spec, f"https://api.{name}.example", _unread(spec), {})
    return _made(name, spec, text, dict(ANSWERS), {})


def _unread(spec: RestSpec) -> list[Kind]:
    read = {view.kind for listing in spec.listings for view in listing.views}
    return [kind for kind in Kind if kind not in read]


def _made(name: str, spec: RestSpec, text: str, replies: dict[str, Any], left: dict[str, str]) -> NewVendor:
    scheme, fields = scheme_of(spec)
    return NewVendor(name=name, called=spec.title, scheme=scheme, fields=fields, text=text, replies=replies, left=left)


def described(name: str, own: Integration, heard: Sequence[Heard]) -> NewVendor:
    """From what a `rest` integration declares and its account answered."""
    spec = RestSpec.model_validate(own.rest)
    told = [said for field, said in dict(spec.identity or {}).items() if field != "path"]
    known = keys(spec.listings, spec.errors, *told)
    stand = Stand(words(spec.listings, spec.errors))
    options = {**spec.options, **own.options}
    stood = {key: _stood(stand, value) for key, value in options.items()}
    replies: dict[str, Any] = {"@options": stood} if stood else {}
    left: dict[str, str] = {}
    pages = False
    for one in heard:
        if not one.listing:
            for ask, said in succeeded(one.answers):
                replies[_file(ask.path)] = scrubbed(said, stand, known, [], ())
            continue
        listing = next(each for each in spec.listings if each.name == one.listing)
        below = [each for each in heard if _hangs(spec, each.listing) == one.listing]
        wanted = {parent["key"] for each in below for parent in each.asked}
        key = next((each.key for each in spec.listings if each.name == listing.for_each), "")
        for parent in one.asked:
            said = _answer(listing, parent, options, one)
            if said is None:
                reads = [read.coverage.reason for read in one.reads if not read.coverage.complete]
                left[listing.name] = reads[0] if reads else "it gave no answer"
                continue
            asked = listing.ask(_scrubbed_parent(stand, parent, key), stood)
            file = _file(asked.path)
            if at := _own(listing):
                file = f"{file}@{at}={asked.params[at]}"
            clean = _clean(listing, said, stand, known, wanted)
            made = {file: clean} if at else _pages(listing, file, clean)
            pages = pages or len(made) > 1
            replies |= made
        if not one.asked:
            left[listing.name] = f"there is no {listing.for_each} that it could be asked of"
    text = source(name, spec, spec.base or "{options.url}", _unread(spec), {} if pages else NO_PAGES)
    return _made(name, spec, text, replies, left)


def _hangs(spec: RestSpec, name: str) -> str:
    return next((each.for_each for each in spec.listings if each.name == name), "")


def _stood(stand: Stand, value: Any) -> Any:
    if isinstance(value, list):
        return [_stood(stand, one) for one in value]
    return {} if isinstance(value, dict) else stand.scalar(value)


def _scrubbed_parent(stand: Stand, parent: Parent, key: str) -> dict[str, Any]:
    """A parent as its scrubbed row will have it: of a `key` of several parts each stands for itself."""
    made = {name: stand.scalar(value) for name, value in parent.items() if not isinstance(value, dict | list)}
    if key.startswith("["):
        made["key"] = "/".join(stand.text(unquote(part)) for part in str(parent["key"]).split("/"))
    return made


def _answer(listing: Listing, parent: Parent, options: Mapping[str, Any], one: Heard) -> Any:
    """The first page that was answered for a parent; None where none was."""
    asked = listing.ask(parent, options)
    for ask, said in succeeded(one.answers):
        if ask.path == asked.path and asked.params.items() <= ask.params.items():
            return said
    return None


def _own(listing: Listing) -> str:
    """The parameter that tells the answers to different parents apart, where the path does not."""
    if "{parent." in listing.path:
        return ""
    return next((name for name, value in listing.params.items() if "{parent." in str(value)), "")


def _clean(listing: Listing, said: Any, stand: Stand, known: frozenset[str], wanted: set[Any]) -> Any:
    """A scrubbed answer with a few rows; where others hang on them, those that were asked about."""
    paths = [tuple(view.records.split(".")) if view.records else () for view in listing.views]
    found = (rows(said, paths[0]) if "*" not in paths[0] else None) or []
    key = search(listing.key)
    held = [
        number
        for number, row in enumerate(found)
        if _key(key(row if isinstance(row, dict) else {"value": row})) in wanted
    ]
    return scrubbed(said, stand, known, paths, held or range(ROWS))


def _key(value: Any) -> str:
    parts = value if isinstance(value, list) else [value]
    return "/".join(str(part).replace("%", "%25").replace("/", "%2F") if isinstance(value, list) else str(part)
                    for part in parts)  # fmt: skip


def _file(path: str) -> str:
    return unquote(path).strip("/").replace("/", "__") or "index"


def _pages(listing: Listing, file: str, said: Any) -> dict[str, Any]:
    """An answer as the pages that its listing goes through: two where it has two rows, and an end that is proven."""
    paging, path = listing.paging, tuple(listing.records.split(".")) if listing.records else ()
    found = rows(said, path) if "*" not in path else None
    if paging.total and isinstance(said, dict):
        put(said, paging.total, len(found or ()))
    if paging.style == "graphql":
        put(said, paging.next, {"hasNextPage": False, "endCursor": None})
    if paging.style not in SPLIT:
        return {file: said}
    if paging.style in ("cursor", "next"):
        _goes_on(said, paging.next, paging.more, msgspec.UNSET)
    if paging.style == "page" and paging.into == "page" and path == ("data",):
        return {file: said}  # who answers takes it apart by itself, a row to a page
    if not found or len(found) < 2:
        return (
            {file: said}
            if paging.style in ("cursor", "next")
            else {file: said, **_end(listing, file, said, path, found)}
        )
    first, second = _part(said, path, found[:1]), _part(said, path, found[1:])
    if paging.style == "cursor":
        _goes_on(first, paging.next, paging.more, SECOND)
        return {file: first, f"{file}@{paging.into}={SECOND}": second}
    if paging.style == "next":
        _goes_on(first, paging.next, paging.more, f"/{file.replace('__', '/')}?cursor={SECOND}")
        return {file: first, f"{file}@cursor={SECOND}": second}
    step = 1 if paging.style == "offset" else paging.first + 1
    return {file: first, f"{file}@{paging.into}={step}": second, **_end(listing, file, second, path, found)}


def _goes_on(said: Any, next_: str, more: str, value: Any) -> None:
    put(said, next_, value)
    if more:
        put(said, more, value is not msgspec.UNSET)


def _end(listing: Listing, file: str, said: Any, path: tuple[str, ...], found: Sequence[Any] | None) -> dict[str, Any]:
    """The empty page behind the last one."""
    count = len(found or ())
    step = count if listing.paging.style == "offset" else listing.paging.first + min(count, 2)
    return {f"{file}@{listing.paging.into}={step}": _part(said, path, [])} if count else {}


def _part(said: Any, path: tuple[str, ...], found: Sequence[Any]) -> Any:
    """A copy with other rows."""
    copy = json.loads(json.dumps(said))
    if not path:
        return list(found)
    put(copy, ".".join(path), list(found))
    return copy


def write(files: Mapping[Path, str]) -> None:
    """All of them, or none. Raises FileExistsError for one that is there, OSError for what cannot be written."""
    if there := [path for path in files if path.exists() or path.is_symlink()]:
        raise FileExistsError(f"{there[0]} is there already")
    made: list[Path] = []
    folders: list[Path] = []
    try:
        for path, text in files.items():
            for folder in [one for one in reversed(path.parents) if not one.exists()]:
                folder.mkdir()
                folders.append(folder)
            with path.open("x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        for folder in reversed(folders):
            folder.rmdir()
        raise
