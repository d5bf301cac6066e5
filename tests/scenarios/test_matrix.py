"""What the corpus has to show, and a hole in it fails: every rule both ways, every law, every pain."""

from __future__ import annotations

from monitor.core.model import Source
from monitor.core.rules import RULES

from .vectors import vectors


def test_every_rule_of_drift_has_an_example_each_way() -> None:
    """Each example has a twin that must stay silent; that they do what they say is test_vectors."""
    shown = {one.rule for one in vectors()}
    known = {rule.id for rule in RULES if rule.source is Source.DRIFT and "vantage" not in rule.id}
    assert known - shown == set(), "write an example into tests/scenarios/vectors"
    assert shown - known == set(), "an example of a rule that is not there"


def test_a_rule_that_knows_directions_is_shown_in_each() -> None:
    shown = {(one.rule, one.use) for one in vectors()}
    directed = {rule.id for rule in RULES if rule.source is Source.DRIFT and (rule.writers or rule.readers)}
    holes = {(rule, use) for rule in directed for use in ("plain", "written", "read")} - shown
    # The user of a set or role is reached by no flow: which flow runs as whom is told by the sets of the flow's writer.
    held = {"active", "roles", "permission_sets", "powers", "grants", "policies", "modify_all", "view_all", "export",
            "customize", "author_code", "manage_users"}  # fmt: skip
    assert {rule for rule, _ in holes if rule.split(".")[1] not in held} == set()
