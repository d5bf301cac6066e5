"""The standing approvals that a new stack begins with: usable, of rules that there are, and of none about security."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from monitor.core.rules import RULES
from monitor.core.standing import Standing
from monitor.core.starter import starter

SET = starter("marketing-operations", 1_790_000_000.0)


def test_all_can_be_used_and_have_names_of_their_own() -> None:
    assert [list(one.problems()) for one in SET] == [[]] * len(SET)
    assert len({one.id for one in SET}) == len(SET) == 5
    assert {one.owner for one in SET} == {"marketing-operations"}


@pytest.mark.parametrize("one", SET, ids=lambda one: one.id)
def test_each_pattern_of_rules_takes_a_rule_that_there_is(one: Standing) -> None:
    ids = [rule.id for rule in RULES]
    assert [pattern for pattern in one.rules if not any(fnmatchcase(id, pattern) for id in ids)] == []


@pytest.mark.parametrize("one", SET, ids=lambda one: one.id)
def test_none_is_of_a_rule_about_security(one: Standing) -> None:
    security = [rule.id for rule in RULES if rule.security]
    assert [id for id in security if any(fnmatchcase(id, pattern) for pattern in one.rules)] == []
