"""A vendor's own spec as it was published: OpenAPI 3, Swagger 2 or a Google discovery document, from a file.

All three are brought to one form: which answer a path gives, and of which parts a schema is made. Nothing is fetched,
and no reference out of the file is followed: what stands elsewhere is taken as open.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from probes.kit.contract import Malformed
from probes.openapi.document import decoded

BYTES: Final = 64 << 20
_METHODS: Final = ("get", "post")
_PLACE: Final = re.compile(r"\{[^}]*\}")
Schema = Mapping[str, Any]


class SpecError(ValueError):
    """A file that is no spec which can be read, in a sentence."""


class Operation(NamedTuple):
    """One request of the spec. `spelled` is its path as the spec has it; `segments` are those of its whole address."""

    method: str
    spelled: str
    segments: tuple[str, ...]
    schema: Schema | None


class Published:
    """One spec, of any of the three forms. Raises SpecError for a document of none of them."""

    def __init__(self, document: Any) -> None:
        if not isinstance(document, dict):
            raise SpecError("expected OpenAPI 3, Swagger 2 or a Google discovery document, found no object")
        self._document = document
        if "discoveryVersion" in document:
            self.operations = tuple(self._discovered())
        elif isinstance(document.get("paths"), dict):
            self.operations = tuple(self._paths())
        else:
            raise SpecError("expected OpenAPI 3, Swagger 2 or a Google discovery document, found no `paths`")

    @classmethod
    def read(cls, file: Path) -> Published:
        """From a file, packed with gzip or not. Raises SpecError with the file's name."""
        try:
            with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
                raw = opened.read(BYTES + 1)  # and no more: what is packed may be of any size
            if len(raw) > BYTES:
                raise SpecError(f"expected at most {BYTES >> 20} MiB, found more")
            return cls(decoded(raw))
        except OSError as error:
            raise SpecError(f"{file}: cannot be read: {error.strerror or error}") from error
        except (SpecError, Malformed, EOFError, zlib.error) as error:
            raise SpecError(f"{file}: {getattr(error, 'message', '') or error}") from error

    def answer(self, method: str, base: str, path: str) -> Operation | None:
        """What answers a request of ours: the whole address first, then a path that ends like ours, since a base may
        stand on either side. A path in the spec's own spelling goes before one with places."""
        short = _segments(path)
        whole = (*_segments(_path(base) if "//" in base else base), *short)
        offered = [one for one in self.operations if one.method == method.lower()]
        for own in (whole, short):
            fits = [one for one in offered if _same(own, one.segments)]
            fits = fits or [one for one in offered if len(own) < len(one.segments) and _ends(one.segments, own)]
            fits = fits or [one for one in offered if 0 < len(one.segments) < len(own) and _ends(own, one.segments)]
            if fits:
                return min(fits, key=lambda one: (_guessed(own, one.segments), -len(one.segments)))
        return None

    def parts(self, schemas: Iterable[Any]) -> Iterator[Schema]:
        """All that a value may be, taken together, with references followed: what one of them has is there."""
        seen: set[int] = set()
        waiting = list(schemas)
        while waiting:
            found = self._there(waiting.pop(0))
            if id(found) in seen:
                continue
            seen.add(id(found))
            composed = [inner for word in ("allOf", "oneOf", "anyOf") for inner in _list(found.get(word))]
            waiting += composed
            if not composed or found.keys() & {"properties", "items", "additionalProperties"}:
                yield found

    def _there(self, schema: Any) -> Schema:
        """Where references lead; an empty schema, which is open, where they lead out of the file or in a circle."""
        seen: set[str] = set()
        while isinstance(schema, dict) and isinstance(ref := schema.get("$ref"), str):
            if ref in seen:
                return {}
            seen.add(ref)
            schema = self._at(ref)
        return schema if isinstance(schema, dict) else {}

    def _at(self, ref: str) -> Any:
        place: Any = self._document
        parts = ref[2:].split("/") if ref.startswith("#/") else ["schemas", ref]  # the second in discovery documents
        for part in parts:
            name = part.replace("~1", "/").replace("~0", "~")
            place = place.get(name) if isinstance(place, dict) else None
        return place

    def _paths(self) -> Iterator[Operation]:
        document = self._document
        servers = [str(one.get("url", "")) for one in _list(document.get("servers")) if isinstance(one, dict)]
        bases = servers or [str(document.get("basePath") or "")]
        base = _segments(_path(_PLACE.sub("x", bases[0])))
        for spelled, item in document["paths"].items():
            for method in _METHODS:
                operation = self._there(item).get(method)
                if isinstance(operation, dict):
                    answer = self._there(_succeeds(operation.get("responses")))
                    schema = answer.get("schema") if "schema" in answer else _content(answer)
                    yield Operation(method, str(spelled), (*base, *_segments(str(spelled))), schema)

    def _discovered(self) -> Iterator[Operation]:
        base = _segments(str(self._document.get("servicePath") or ""))
        waiting: list[Any] = [self._document]
        while waiting:
            group = waiting.pop()
            waiting += _objects(group.get("resources"))
            for one in _objects(group.get("methods")):
                spelled = str(one.get("flatPath") or one.get("path") or "")
                schema = one.get("response")
                yield Operation(str(one.get("httpMethod", "")).lower(), f"/{spelled}", (*base, *_segments(spelled)),
                                schema if isinstance(schema, dict) else None)  # fmt: skip


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a map, by whatever names."""
    return [one for one in value.values() if isinstance(one, dict)] if isinstance(value, dict) else []


def _path(address: str) -> str:
    """The path of an address; an address that is none has none, and paths are then held by their own words."""
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def plain(path: str) -> str:
    """A path whose places have no names, as two spellings of one path are told to be near."""
    return "/" + "/".join(_segments(path))


def _segments(path: str) -> tuple[str, ...]:
    """Places as "{}", whatever they are called; parameters written into a path are none of it."""
    return tuple(_PLACE.sub("{}", part) for part in path.partition("?")[0].split("/") if part)


def _same(own: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    return len(own) == len(theirs) and all(_fits(a, b) for a, b in zip(own, theirs, strict=True))


def _fits(one: str, other: str) -> bool:
    """Whether two segments may be one: a place may be anything, what stands beside it may not."""
    return one == other or any(
        "{}" in place and re.fullmatch(".+".join(map(re.escape, place.split("{}"))), said) is not None
        for place, said in ((one, other), (other, one))
    )


def _ends(longer: tuple[str, ...], shorter: tuple[str, ...]) -> bool:
    """Whether one ends as the other is, with a word of its own that both have: places alone prove nothing. A first
    word in the stead of a place is the base of another path (/v1/tags is no /v1/projects/{id}/tags)."""
    tail = longer[len(longer) - len(shorter) :]
    if "{}" in tail[0] and "{}" not in shorter[0]:
        return False
    return _same(tail, shorter) and any(a == b and "{}" not in a for a, b in zip(tail, shorter, strict=True))


def _guessed(own: tuple[str, ...], theirs: tuple[str, ...]) -> int:
    """How many segments fit only because a place may be anything."""
    pairs = zip(reversed(own), reversed(theirs), strict=False)
    return sum(("{}" in a) != ("{}" in b) for a, b in pairs)


def _succeeds(responses: Any) -> Any:
    answers = {str(status): answer for status, answer in responses.items()} if isinstance(responses, dict) else {}
    good = sorted(status for status in answers if status.startswith("2"))
    return answers.get("200") or (answers[good[0]] if good else answers.get("default"))


def _content(answer: Schema) -> Schema | None:
    """The schema of an OpenAPI 3 answer: of JSON, under whatever name, before any other."""
    content = answer.get("content")
    if not isinstance(content, dict):
        return None
    named = sorted(content.items(), key=lambda pair: "json" not in pair[0])
    schema = named[0][1].get("schema") if named and isinstance(named[0][1], dict) else None
    return schema if isinstance(schema, dict) else None
