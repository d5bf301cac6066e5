"""Which watch rule counts for a scope, where there are thousands of both: found by how its pattern begins."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

_PLAIN: Final = re.compile(r"[^*?\[]*")  # the part of a pattern before its first wildcard


class Watching:
    """`rules`: (kind or *, scope pattern, level) as they were written; the first that matches counts. An answer is
    remembered, and a scope is held only against patterns that begin as it does."""

    def __init__(self, rules: Iterable[tuple[str, str, str]]) -> None:
        self._by_start: dict[tuple[str, str], list[tuple[int, str, str]]] = {}
        self._known: dict[tuple[str, str], str] = {}
        self.tried = 0  # patterns that were held against a scope
        for place, (kind, pattern, level) in enumerate(rules):
            start = _PLAIN.match(pattern)
            key = (kind, start[0] if start else "")
            self._by_start.setdefault(key, []).append((place, pattern, level))

    def level(self, kind: str, scope: str) -> str:
        """ "review" where no rule matches."""
        found = self._known.get((kind, scope))
        if found is None:
            found = self._known[kind, scope] = min(self._matching(kind, scope), default=(0, "review"))[1]
        return found

    def _matching(self, kind: str, scope: str) -> Iterable[tuple[int, str]]:
        for of in ("*", kind):
            for end in range(len(scope) + 1):
                for place, pattern, level in self._by_start.get((of, scope[:end]), ()):
                    self.tried += 1
                    if fnmatchcase(scope, pattern):
                        yield place, level
                        break  # later ones of this beginning come after it
