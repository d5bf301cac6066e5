"""Two readings of a vendor compared and judged, without an engine between: what would be said of the second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.core.compare import compare
from monitor.core.judge import Context, Subject, judge
from monitor.core.model import Body, Claim
from monitor.core.row import Row
from probes.kit.contract import Ref, Scope

CONTEXT = Context(Subject("api-prod", "api", owner="ops"))
Scopes = Mapping[Ref, Scope]
Said = tuple[str, str, str, str, str, str]


def said(before: Scopes, after: Scopes) -> set[Said]:
    """(scope, key, fact, item, action, level) of every difference. Scopes that came or went with what they hang on are
    told there; every scope must have been read completely."""
    found: set[Said] = set()
    for ref in before.keys() & after.keys():
        for change in compare(_body(before[ref]), _body(after[ref]), None):
            verdict = judge(
                Claim(change.address("api-prod"), change.action, change.before, change.after), CONTEXT
            ).verdict
            assert verdict is not None
            found.add((ref.name, change.key, change.fact, change.item, str(change.action), verdict.level.word))
    for here, there in ((before, after), (after, before)):
        for ref in here.keys() - there.keys():
            up: Any = here[ref].parent
            assert up is not None and up.key not in there[up.ref].keys, f"{ref} went and nothing says so"
    return found


def _body(scope: Scope) -> Body:
    assert scope.coverage.complete, scope.coverage
    return Body(scope.ref, "", scope.facts, {one.key: Row(one.facts, one.id) for one in scope.resources})
