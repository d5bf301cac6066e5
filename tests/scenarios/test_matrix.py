"""What the corpus has to show, and a hole in it fails: every rule both ways, every law, every pain.

That what is listed here is so is shown by test_vectors and test_cases, which play it.
"""

from __future__ import annotations

from pathlib import Path

from monitor.core.model import Source
from monitor.core.rules import RULES

from .corpus import cases, shown, table
from .examples import FILE, examples, written
from .vectors import vectors

ROOT = Path(__file__).resolve().parents[2]
TIMES = 3  # cases that show a law at least
BY_CASE = {rule.id for rule in RULES if rule.source is not Source.DRIFT or "vantage" in rule.id}
BY_EXAMPLE = {rule.id for rule in RULES} - BY_CASE


def test_every_rule_of_drift_has_an_example_and_a_silent_twin() -> None:
    examples = {one.rule for one in vectors()}
    assert BY_EXAMPLE - examples == set(), "write an example into tests/scenarios/vectors"
    assert examples - BY_EXAMPLE == set(), "an example of a rule that is not there"


def test_a_rule_that_knows_directions_is_shown_in_each() -> None:
    known = {(one.rule, one.use) for one in vectors()}
    directed = {rule.id for rule in RULES if rule.id in BY_EXAMPLE and (rule.writers or rule.readers)}
    holes = {(rule, use) for rule in directed for use in ("plain", "written", "read")} - known
    # No flow can name a user or a set as a whole; that one runs through them is told by who the flow writes as.
    held = {"active", "roles", "permission_sets", "powers", "grants", "policies", "modify_all", "view_all", "export",
            "customize", "author_code", "manage_users"}  # fmt: skip
    assert {rule for rule, _ in holes if rule.split(".")[1] not in held} == set()


def test_every_other_rule_speaks_in_a_case_and_keeps_silent_in_another() -> None:
    never = table("unreachable").keys() | table("elsewhere").keys()
    for tag in ("fires", "calm"):
        assert BY_CASE - shown(tag).keys() - never == set(), f"write a case with {tag}, into tests/scenarios/cases"


def test_what_no_case_plays_is_shown_by_a_test_that_is_there() -> None:
    shown_by = table("elsewhere")
    assert shown_by.keys() - BY_CASE == set() and shown_by.keys() & shown("fires").keys() == set()
    assert {test for test in shown_by.values() if not (ROOT / test).is_file()} == set()


def test_what_cannot_come_up_is_there_and_never_does() -> None:
    never = table("unreachable").keys()
    assert never - BY_CASE == set() and never & shown("fires").keys() == set()


def test_every_law_is_shown_three_times_and_every_pain_once() -> None:
    laws, pains = shown("laws"), shown("pains")
    assert {law: laws.get(law, 0) for law in table("laws") if laws.get(law, 0) < TIMES} == {}
    assert {pain for pain in table("pains") if not pains.get(pain)} == set()


def test_cases_name_nothing_that_is_not_there() -> None:
    rules = {rule.id for rule in RULES}
    for tag, known in (("laws", table("laws")), ("pains", table("pains")), ("fires", rules), ("calm", rules)):
        assert shown(tag).keys() - known == set(), tag


def test_every_rule_that_can_come_up_shows_an_example_each_way_and_the_shown_ones_are_current() -> None:
    assert {rule.id for rule in RULES} - examples().keys() - table("unreachable").keys() == set()
    assert FILE.read_text("utf-8") == written(), "run python -m tests.scenarios.examples"


def test_no_two_cases_say_the_same() -> None:
    said = [case["case"] for case in cases()]
    assert len(said) == len(set(said))
