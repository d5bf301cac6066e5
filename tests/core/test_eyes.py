"""Which facts take two people: by address and level, and by pattern where nothing is known yet."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.eyes import Watched, may_take_two, meet, pattern_takes_two, takes_two
from monitor.core.model import Level
from probes.kit.contract import Kind, Ref

LEAD = Ref(Kind.FIELD, "Lead")
RIGHTS = Ref(Kind.PERMISSION, "profiles")


@pytest.mark.parametrize(
    ("rule", "integration", "ref", "level", "security", "two"),
    [
        (Watched(), "crm", LEAD, Level.INFO, False, True),
        (Watched(integration="crm"), "erp", LEAD, Level.BREAKING, True, False),
        (Watched(integration="crm-*"), "crm-emea", LEAD, Level.INFO, False, True),
        (Watched(kind="permission"), "crm", LEAD, Level.BREAKING, False, False),
        (Watched(scope="Le*"), "crm", LEAD, Level.INFO, False, True),
        (Watched(scope="Account"), "crm", LEAD, Level.INFO, False, False),
        (Watched(level=Level.BREAKING), "crm", LEAD, Level.WARNING, False, False),
        (Watched(level=Level.BREAKING), "crm", LEAD, Level.BREAKING, False, True),
        (Watched(security=True), "crm", RIGHTS, Level.WARNING, False, False),
        (Watched(security=True), "crm", RIGHTS, Level.WARNING, True, True),
    ],
)
def test_a_fact_takes_two_where_all_of_an_entry_is_so(
    rule: Watched, integration: str, ref: Ref, level: Level, security: bool, two: bool
) -> None:
    assert takes_two([rule], integration, ref, level, security) is two
    assert takes_two([], integration, ref, level, security) is False


def test_of_a_whole_scope_all_that_may_come_to_be_said_counts() -> None:
    assert may_take_two([Watched(level=Level.BREAKING)], "crm", LEAD)
    assert may_take_two([Watched(security=True)], "crm", RIGHTS)
    assert not may_take_two([Watched(security=True)], "crm", Ref(Kind.PLATFORM, "limits"))
    assert not may_take_two([Watched(scope="Account")], "crm", LEAD)


@pytest.mark.parametrize(
    ("rule", "pattern", "two"),
    [
        (Watched(), "crm/field/Lead/Email", True),
        (Watched(kind="permission"), "crm/*/Lead", True),
        (Watched(kind="permission"), "crm/field/Lead", False),
        (Watched(scope="Lead"), "crm/field/Account/Lead", False),
        (Watched(integration="crm", kind="field", scope="Lead"), "crm/field/L*/Email/label", True),
        (Watched(integration="crm", kind="field", scope="Lead"), "crm", True),
        (Watched(integration="crm", kind="field", scope="Lead"), "erp/*", False),
        (Watched(integration="c*", kind="field"), "*/field/Lead", True),
        (Watched(integration="x*"), "*/field/Lead", False),
    ],
)
def test_a_pattern_takes_two_where_it_may_name_what_does(rule: Watched, pattern: str, two: bool) -> None:
    assert pattern_takes_two([rule], ["crm", "erp"], pattern) is two


PATTERNS = st.text("ab*", max_size=6)


@given(PATTERNS, PATTERNS, st.text("ab", max_size=8))
def test_patterns_meet_where_a_text_fits_both(one: str, other: str, text: str) -> None:
    fits = [re.fullmatch(pattern.replace("*", ".*"), text) is not None for pattern in (one, other)]
    if all(fits):
        assert meet(one, other)
    if "*" not in other:
        assert meet(one, other) == (re.fullmatch(one.replace("*", ".*"), other) is not None)
    assert meet(one, other) == meet(other, one)
