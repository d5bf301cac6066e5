"""The rule table as rows for pages, API, terminal and reference."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from monitor.core.rules import RULES


@cache
def examples() -> dict[str, tuple[str, str]]:
    """Rule -> what it speaks of, and what it must not speak of, as the corpus of scenarios plays them."""
    made = Path(__file__).with_name("examples.json").read_bytes()
    return msgspec.json.decode(made, type=dict[str, tuple[str, str]])


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of the table, as it is before anything moves its level. `example`: what it speaks of; `silent`: what it
    must not speak of; both empty for a rule that nothing brings up."""

    id: str
    kind: str
    fact: str
    action: str
    level: str
    reason: str
    question: str
    runbook: str
    security: bool
    example: str = ""
    silent: str = ""


def rules() -> tuple[RuleRow, ...]:
    """In the table's own order: by kind, then fact."""
    return tuple(
        RuleRow(
            id=rule.id,
            kind=str(rule.kind or ""),
            fact=rule.fact,
            action=str(rule.action),
            level=rule.level.word,
            reason=rule.reason,
            question=rule.question,
            runbook=rule.runbook,
            security=rule.security,
            example=examples().get(rule.id, ("", ""))[0],
            silent=examples().get(rule.id, ("", ""))[1],
        )
        for rule in RULES
    )
