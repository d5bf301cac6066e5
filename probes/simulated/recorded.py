"""An account that says again what was recorded of another: to each request its answer, whatever the wire format.

A recording is a list of objects: `method`, `path`, `params`, `body` as they were asked for, `said`, the answer in JSON,
or none; where it is XML, its text, and `type`. `{base}` in an answer stands for the address that is asked. A request is
answered by what was said to the one most like it, of those with its method and path: a time, or a number of the day,
may stand in it. Where one request holds several, each of these is answered by itself.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote

import httpx

BASE: Final = "{base}"
XML: Final = "text/xml; charset=utf-8"
_ELEMENT: Final = re.compile(r"<(?:\w+:)?(\w+)(?: [^>]*)?>([^<>]+)</")
HOST: Final = "https://account.test"  # that tests ask it at


class Recorded:
    """What was recorded, to be asked again."""

    def __init__(self, exchanges: Sequence[Mapping[str, Any]]) -> None:
        self._by_path: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for one in exchanges:
            self._by_path.setdefault((one["method"], _plain(one["path"])), []).append(one)

    def answer(self, request: httpx.Request, jumbled: bool = False) -> httpx.Response | None:
        """None where nothing was recorded at that path. `jumbled`: the keys of each object the other way round."""
        there = self._by_path.get((request.method, _plain(request.url.path)))
        if not there:
            return None
        body = _body(request)
        asked = set(_leaves(dict(request.url.params.multi_items()), "params")) | set(_leaves(body, "body"))
        best = max(there, key=lambda one: _likeness(one, asked))
        said = _together(best, there, body)
        if said is None:
            return httpx.Response(204)
        origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
        kind = str(best.get("type", "application/json"))
        text = said if kind == XML else json.dumps(_backwards(said) if jumbled else said)
        return httpx.Response(200, content=text.replace(BASE, origin).encode(), headers={"content-type": kind})


class _Parts(NamedTuple):
    """Where requests stand in a request, and their answers in its answer; `by` is the name that tells whose one is."""

    asks: str
    answers: str
    by: str


def _parts(one: Mapping[str, Any]) -> _Parts | None:
    """None where what was asked for is one request."""
    body, said = one.get("body"), one["said"]
    if not isinstance(body, Mapping) or not isinstance(said, Mapping):
        return None
    for asks, answers in itertools.product(body, said):
        wanted, given = body[asks], said[answers]
        if (
            isinstance(wanted, list)
            and isinstance(given, list)
            and wanted
            and all(isinstance(entry, Mapping) for entry in (*wanted, *given))
        ):
            for by in wanted[0]:
                marks = [entry.get(by) for entry in wanted]
                if len({*map(str, marks)}) == len(marks) and sorted(map(str, marks)) == sorted(
                    str(entry.get(by)) for entry in given
                ):
                    return _Parts(asks, answers, by)
    return None


def _together(best: Mapping[str, Any], there: Sequence[Mapping[str, Any]], body: Any) -> Any:
    """What was said; of several requests in one, to each what was said to the one most like it, in whichever answer."""
    if (parts := _parts(best)) is None or not isinstance(body, Mapping) or not isinstance(body.get(parts.asks), list):
        return best["said"]
    known: list[tuple[Mapping[str, Any], Any]] = []
    for one in there:
        if _parts(one) == parts:
            given = {str(entry[parts.by]): entry for entry in one["said"][parts.answers]}
            known += [({"body": _without(ask, parts.by)}, given[str(ask[parts.by])]) for ask in one["body"][parts.asks]]
    said = []
    for ask in body[parts.asks]:
        wanted = set(_leaves(_without(ask, parts.by), "body"))
        _, found = max(known, key=lambda pair: _likeness(pair[0], wanted))
        said.append({**found, parts.by: ask.get(parts.by)})
    return {**best["said"], parts.answers: said}


def _without(entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != name}


def _plain(path: str) -> str:
    return "/" + unquote(path).strip("/")


def _body(request: httpx.Request) -> Any:
    text = request.content.decode("utf-8", "replace")
    if text.lstrip()[:1] == "<":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return dict(parse_qsl(text)) or text


def _likeness(one: Mapping[str, Any], asked: set[tuple[str, str]]) -> int:
    own = set(_leaves(one.get("params") or {}, "params")) | set(_leaves(one.get("body"), "body"))
    return len(own & asked) - len(own ^ asked)


def _leaves(value: Any, at: str) -> Iterator[tuple[str, str]]:
    """Each value with the way to it."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{at}[{number}]")
    elif isinstance(value, str) and value.lstrip()[:1] == "<":
        yield from ((f"{at}.{name}", text) for name, text in _ELEMENT.findall(value))
    elif value is not None:
        yield at, str(value).lower() if isinstance(value, bool) else str(value)


def _backwards(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _backwards(inner) for name, inner in reversed(value.items())}
    return [_backwards(inner) for inner in value] if isinstance(value, list) else value
