"""Facts that change in most polls: what to propose as an ignore, with the evidence. Pure.

Nothing is ignored by this. A value that is another one at every poll tells nobody anything, and a person may say so
once. What a security rule rates is never proposed: there each value counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from . import rules
from .graph import path
from .model import Finding, Phase, Source

POLLS: Final = 20  # how many of the newest polls are looked at
LEAST: Final = 10  # and how many it takes to say "most"
ALIKE: Final = 3  # so many of one scope with the same fact are one proposal

Span = tuple[float, float]  # when a poll began and ended


class Restless(msgspec.Struct, frozen=True):
    """`pattern` holds for all `findings`. `changed`: in how many of `polls` each of them changed at least."""

    pattern: str
    findings: tuple[Finding, ...]
    changed: int
    polls: int


def may_be(finding: Finding) -> bool:
    """Whether it is worth to look at polls: it moved often, and an ignore of any value could hold for it."""
    a = finding.address
    return (
        a.source is Source.DRIFT
        and a.fact != ""
        and finding.phase is Phase.OPEN
        and finding.ignored_until is None
        and len(finding.moves) * 2 > LEAST
        and not rules.find(a, finding.claim.action).security
    )


def changed_in(finding: Finding, polls: Sequence[Span]) -> int:
    """In how many of the polls it became another value."""
    return sum(any(start <= at <= end for at, _ in finding.moves) for start, end in polls)


def proposed(found: Iterable[tuple[Finding, Sequence[Span]]]) -> list[Restless]:
    """`found`: what `may_be`, each with the newest polls that looked at it. Where several things of one scope have the
    same restless fact, one pattern speaks for all."""
    places: dict[tuple[str, ...], list[tuple[Finding, int, int]]] = defaultdict(list)
    for finding, every in found:
        polls, a = every[:POLLS], finding.address
        changed = changed_in(finding, polls)
        if len(polls) >= LEAST and changed * 2 > len(polls):
            places[a.subject, a.kind.value, a.scope, a.fact].append((finding, changed, len(polls)))
    out: list[Restless] = []
    for (subject, kind, scope, fact), there in places.items():
        by_key: dict[str, list[tuple[Finding, int, int]]] = defaultdict(list)
        for one in there:
            by_key[path(one[0].address)].append(one)
        if len(by_key) >= ALIKE:
            by_key = defaultdict(list, {f"{subject}/{kind}/{scope}/*/{fact}": there})
        for pattern, group in by_key.items():
            _, changed, polls_ = min(group, key=lambda one: one[1] / one[2])
            out.append(Restless(pattern, tuple(one[0] for one in group), changed, polls_))
    return sorted(out, key=lambda one: one.pattern)
