"""What changes in most polls is proposed as an ignore, with how often; what changes now and then is not."""

from __future__ import annotations

import pytest

from monitor.core import restless
from monitor.core.model import Action, Address, Claim, Finding, Phase, Source
from probes.kit.contract import Kind

POLLS = [(n * 60.0 - 5.0, n * 60.0) for n in range(40, 0, -1)]  # the newest first


def moved(*polls: int, key: str = "a", fact: str = "x_seen", item: str = "", source: Source = Source.DRIFT,
          phase: Phase = Phase.OPEN, kind: Kind = Kind.FIELD) -> Finding:  # fmt: skip
    """Open since before all polls, and another value at these."""
    address = Address(source, "crm", kind, "Lead", key, fact, item)
    moves = [(n * 60.0, str(n)) for n in polls]
    return Finding(id=f"{key}{item}", opening=1, claim=Claim(address, Action.CHANGED), phase=phase, first_seen_at=0.0,
                   reading=1, moves=moves)  # fmt: skip


def said(*findings: Finding, polls: int = 40) -> list[tuple[str, int, int]]:
    found = restless.proposed((one, POLLS[:polls]) for one in findings)
    return [(one.pattern, one.changed, one.polls) for one in found]


def test_most_of_the_newest_polls_is_more_than_half() -> None:
    assert said(moved(*range(1, 41))) == [("crm/field/Lead/a/x_seen", 20, 20)]
    assert said(moved(*range(21, 39))) == [("crm/field/Lead/a/x_seen", 18, 20)]
    assert said(moved(*range(21, 31))) == []
    assert said(moved(*range(1, 21))) == [], "it is still since"


def test_a_few_polls_are_no_evidence() -> None:
    assert said(moved(*range(1, 41)), polls=9) == []
    assert said(moved(*range(1, 41)), polls=10) != []


def test_alike_ones_are_one_pattern_with_the_least_restless_of_them() -> None:
    every = range(1, 41)
    two = [moved(*every), moved(*every, key="b")]
    assert [one for one, *_ in said(*two)] == ["crm/field/Lead/a/x_seen", "crm/field/Lead/b/x_seen"]
    assert said(*two, moved(*range(25, 41), key="c")) == [("crm/field/Lead/*/x_seen", 16, 20)]
    items = [moved(*every, fact="options.label", item=name) for name in "xyz"]
    assert said(*items) == [("crm/field/Lead/a/options.label", 20, 20)]


@pytest.mark.parametrize(
    "more",
    [
        {"source": Source.HEALTH},
        {"fact": ""},
        {"phase": Phase.SUSPECTED},
        {"kind": Kind.SCHEMA, "fact": "sharing"},  # rated by a security rule
    ],
)
def test_what_no_ignore_of_any_value_can_be_for_is_not_looked_at(more: dict[str, object]) -> None:
    every = range(1, 41)
    assert restless.may_be(moved(*every))
    assert not restless.may_be(moved(*every, **more))  # type: ignore[arg-type]
    assert not restless.may_be(moved(1, 2, 3, 4, 5))
    ignored = moved(*every)
    ignored.ignored_until = 9e9
    assert not restless.may_be(ignored)
