"""Four eyes: which facts take two people. Pure.

What is decided about a finding is known by its address and level. What will be decided by a pattern, or about a scope
as a whole, is not known yet, so all that it may be about counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from probes.kit.contract import Kind, Ref

from .graph import pattern_matches
from .model import Level
from .rules import RULES


class Watched(msgspec.Struct, frozen=True):
    """Facts that take two people. `integration`, `kind` and `scope` are patterns, * for any text; `level` is the least
    that counts; `security`: only what a security rule rates."""

    integration: str = "*"
    kind: str = "*"
    scope: str = "*"
    level: Level = Level.INFO
    security: bool = False

    def names(self, integration: str, ref: Ref) -> bool:
        """Whether it speaks of a scope, of whatever is in it."""
        return (
            self.kind in ("*", ref.kind.value)
            and pattern_matches(self.integration, integration)
            and pattern_matches(self.scope, ref.name)
        )


def takes_two(rules: Iterable[Watched], integration: str, ref: Ref, level: Level, security: bool) -> bool:
    """Of one fact, as it is judged."""
    return any(one.names(integration, ref) and level >= one.level and (security or not one.security) for one in rules)


def may_take_two(rules: Iterable[Watched], integration: str, ref: Ref) -> bool:
    """Of a scope as a whole: whether anything that can come to be said of it would. Flows and overrides may raise
    anything to any level."""
    return any(one.names(integration, ref) and (_secure(ref.kind.value) or not one.security) for one in rules)


def pattern_takes_two(rules: Iterable[Watched], integrations: Iterable[str], pattern: str) -> bool:
    """Of a pattern (integration/kind/scope/key/fact): whether anything that it may ever name would, at one of these
    integrations."""
    head = pattern.partition("/")[0]
    named = [name for name in integrations if "*" in head or name == head]
    return any(
        meet(mine, other)
        for one in rules
        for name in named
        if pattern_matches(one.integration, name)
        for kind in ([one.kind] if one.kind != "*" else [*Kind])
        for mine in _whole(f"{name}/{kind}/{one.scope}")
        for other in _whole(pattern.rstrip("/"))
    )


def _whole(pattern: str) -> tuple[str, str]:
    """A pattern names a path, and all that is under it."""
    return pattern, f"{pattern}/*"


@lru_cache
def _secure(kind: str) -> bool:
    """Whether a security rule rates anything of that kind."""
    return any(one.security and one.kind is not None and one.kind.value == kind for one in RULES)


def meet(one: str, other: str) -> bool:
    """Whether some text fits both patterns, in which * stands for any text and all else for itself."""
    waiting, seen = [(0, 0)], {(0, 0)}
    while waiting:
        i, j = waiting.pop()
        if i == len(one) and j == len(other):
            return True
        steps = []
        if one[i : i + 1] == "*":
            steps += [(i + 1, j), *([(i, j + 1)] if j < len(other) else [])]
        if other[j : j + 1] == "*":
            steps += [(i, j + 1), *([(i + 1, j)] if i < len(one) else [])]
        if i < len(one) and one[i : i + 1] == other[j : j + 1]:
            steps.append((i + 1, j + 1))
        fresh = [step for step in steps if step not in seen]
        seen.update(fresh)
        waiting += fresh
    return False
