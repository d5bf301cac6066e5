"""Answers of a real account, made into ones that may be shown to anybody: their structure with stand-ins for values.

Equal values get equal stand-ins, in names of files too, so that what hangs together still does. What stays as it is are
words that the description itself has: keys that its expressions read, the vendor's words for types and states, texts
that it compares with. Every other key may be called after somebody's customer: of those a few that have a plain value
are kept as `other_1`, and lists and objects are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import available_timezones

import jmespath
import msgspec

from probes.kit.errors import Errors
from probes.kit.listing import Listing, View

ROWS: Final = 3  # of a list that nothing hangs on: enough to have an order, and a second page
NESTED: Final = 3
OTHERS: Final = 2
DEEP: Final = 12
FIRST: Final = datetime(2026, 1, 1, 9, tzinfo=UTC)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d(:\d\d)?(\.\d+)?( ?(?:Z|UTC|[+-]\d\d:?\d\d))?")
_BEGUN: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
Path = tuple[str, ...]


class Stand:
    """Stand-ins, the same for the same value. `known`: words that stay; `first`: numbers begin after it; `nouns`:
    words that stay within a name such as "accounts/17"; `home`: what takes the place of an address of the account's
    own, or nothing. `real`: what each stands for."""

    def __init__(
        self, known: Collection[str], first: int = 1000, nouns: Collection[str] = (),
        home: Callable[[str], str] = lambda said: "",
    ) -> None:  # fmt: skip
        self._known, self._first, self._nouns, self._home = frozenset(known), first, frozenset(nouns), home
        self._made: dict[str, str] = {}
        self.real: dict[str, str] = {}

    def know(self, words: Collection[str]) -> None:
        """More words that stay, such as those of a request that its answer says again."""
        self._known |= {word for word in words if word not in self._made}

    def text(self, said: str) -> str:
        if not said or said in self._known or said in self.real:
            return said
        if "://" in said and (home := self._home(said)):
            return home
        if said not in self._made and said not in available_timezones():
            parts = said.split("/")
            if len(parts) > 1 and "://" not in said and not re.search(r"\s", said):
                return "/".join(
                    part if part in self._nouns else self.text(part) for part in parts
                )  # the name of a thing within another
        if said not in self._made:
            self._made[said] = self._form(said, len(self._made) + 1)
            self.real[self._made[said]] = said
        return self._made[said]

    def scalar(self, said: Any) -> Any:
        """A number keeps its sort: an id that is a number elsewhere and a text here stays one and the same."""
        if said is None or isinstance(said, bool) or str(said) in self._known:
            return said
        if isinstance(said, int):
            return int(self.text(str(abs(said))))
        return float(int(self.text(str(int(abs(said)))))) + 0.5 if isinstance(said, float) else self.text(str(said))

    def _form(self, said: str, number: int) -> str:
        """What takes its place is of the same form, and no two are equal."""
        if said.isdigit():
            return str(self._first + number)
        if (time := _TIME.fullmatch(said)) or _BEGUN.fullmatch(said):
            day = FIRST + timedelta(days=number)
            return _at(day, *time.groups()) if time else day.strftime("%Y-%m-%dT%H:%M:%SZ")
        if _DATE.fullmatch(said):
            return (FIRST + timedelta(days=number)).strftime("%Y-%m-%d")
        if said in available_timezones():
            return "Etc/UTC"
        if said.startswith(("http://", "https://")):
            return f"https://example.com/{number}"
        if re.fullmatch(r"-?\d+\.\d+", said):
            return f"{self._first + number}.5"
        return f"person{number}@example.com" if "@" in said else f"text-{number}"


def _at(day: datetime, between: str, seconds: str | None, part: str | None, zone: str | None) -> str:
    """A time of the form that the vendor writes it in, of which its code may take parts."""
    shown = re.sub(r"\d", "0", (part or "") + (zone or "").replace("-", "+", 1))
    return f"{day:%Y-%m-%d}{between}{day:%H:%M}{':00' if seconds else ''}{shown}"


def scrubbed(
    said: Any, stand: Stand, known: frozenset[str], paths: Sequence[Path], keep: Collection[int], nested: int = NESTED
) -> Any:
    """An answer. `paths`: where its rows stand; `keep`: the places of those rows that are kept, by their number;
    `nested`: how many entries of any other list."""
    return _Scrub(stand, known, keep, nested).value(said, [path for path in paths], 0)


class _Scrub:
    def __init__(self, stand: Stand, known: frozenset[str], keep: Collection[int], nested: int) -> None:
        self._stand, self._known, self._keep, self._nested = stand, known, keep, nested

    def value(self, said: Any, paths: Sequence[Path], deep: int) -> Any:
        """`paths`: what is left of the ways to rows from here; an empty one ends here."""
        if isinstance(said, dict):
            return self._object(said, paths, deep)
        if isinstance(said, list):
            if () in paths:
                return [self.value(row, [], deep + 1) for number, row in enumerate(said) if number in self._keep]
            return [
                self.value(inner, _into(paths, str(number)), deep + 1)
                for number, inner in enumerate(said[: self._nested])
            ]
        return self._stand.scalar(said)

    def _object(self, said: Mapping[str, Any], paths: Sequence[Path], deep: int) -> dict[str, Any]:
        if any(path[:1] == ("*",) for path in paths):
            rest = _into(paths, "*")
            return {
                self._stand.text(name): self.value(inner, rest, deep + 1) for name, inner in list(said.items())[:ROWS]
            }
        made: dict[str, Any] = {}
        others = 0
        for name, inner in said.items():
            if name in self._known and deep < DEEP:
                made[name] = self.value(inner, _into(paths, name), deep + 1)
            elif others < OTHERS and not isinstance(inner, dict | list):
                others += 1
                made[f"other_{others}"] = self._stand.scalar(inner)
        return made


def _into(paths: Sequence[Path], name: str) -> list[Path]:
    return [path[1:] for path in paths if path[:1] == (name,)]


def keys(listings: Sequence[Listing], errors: Errors, *more: str) -> frozenset[str]:
    """Names of keys that the listings read, that tell an error from an answer, and that `more` expressions read."""
    found = {name for dotted in (errors.failed, errors.ok) for name in dotted.split(".")}
    for listing in listings:
        paging = listing.paging
        for dotted in (paging.next, paging.more, paging.total, *(view.records for view in listing.views)):
            found |= set(dotted.split(".")) - {"*", ""}
        found |= {"hasNextPage", "endCursor"} if paging.style == "graphql" else set()
        found |= set(_read(listing.only, "field")) if listing.only else set()
        for view in listing.views:
            found |= {name for text in _expressions(view) for name in _read(text, "field")}
    return frozenset(found | {name for text in more if text for name in _read(text, "field")})


def words(listings: Sequence[Listing], errors: Errors) -> frozenset[str]:
    """Words of the vendor's that the listings name: for types and states, and in comparisons."""
    found = {word for word in (errors.ok_is, errors.failed_is) if isinstance(word, str)}
    for listing in listings:
        found |= set(_read(listing.only, "literal")) if listing.only else set()
        for view in listing.views:
            found |= {word for named in view.words.values() for word in named if word != "*"} | set(view.states)
            found |= {name for text in _expressions(view) for name in _read(text, "literal")}
    return frozenset(found)


def _expressions(view: View) -> list[str]:
    said = [view.key, view.id, view.where, view.scope_by, view.empty, *view.facts.values(), *view.evidence.values()]
    return [text for text in (*said, *view.health.values()) if text]


def _read(expression: str, kind: str) -> Iterator[str]:
    """Names of keys in an expression, or texts that it compares with."""
    waiting: list[Any] = [jmespath.compile(expression).parsed]
    while waiting:
        node = waiting.pop()
        waiting += node["children"]
        if node["type"] == kind and isinstance(node.get("value"), str):
            yield node["value"]


def rows(said: Any, path: Path) -> list[Any] | None:
    """The list of rows at a dotted path without a `*`; None where there is none."""
    for name in path:
        if isinstance(said, list) and name.isdigit() and int(name) < len(said):
            said = said[int(name)]
        elif isinstance(said, dict):
            said = said.get(name)
        else:
            return None
    return said if isinstance(said, list) else None


def put(said: Any, dotted: str, value: Any) -> None:
    """Sets a value at a dotted path of an answer; msgspec.UNSET takes what is there away."""
    *path, last = dotted.split(".")
    for name in path:
        if value is msgspec.UNSET and not isinstance(said.get(name), dict):
            return
        said = said.setdefault(name, {})
    if value is msgspec.UNSET:
        said.pop(last, None)
    else:
        said[last] = value
