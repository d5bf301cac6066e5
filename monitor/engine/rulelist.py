"""The rule table as rows for pages, API, terminal and reference."""

from __future__ import annotations

from monitor.core.rules import RULES

from .shapes import RuleRow


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
        )
        for rule in RULES
    )
