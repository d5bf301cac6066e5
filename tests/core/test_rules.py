"""The table of rules is total, and every sentence in it can be read by the people it is for."""

from __future__ import annotations

import pytest

from monitor.core import rules
from monitor.core.model import Action, Address, Level, Source
from probes.kit.contract import Kind
from probes.kit.facts import FACTS

PLACES = [(kind, fact, action) for kind in Kind for fact, action in rules.possible(kind)]


def at(kind: Kind, scope: str = "s", key: str = "k", fact: str = "", source: Source = Source.DRIFT) -> Address:
    return Address(source, "crm", kind, scope, key, fact)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_change_that_can_come_up_has_a_rule_of_its_own(kind: Kind) -> None:
    missing = [
        (fact, action.value)
        for fact, action in rules.possible(kind)
        if (rule := rules.find(at(kind, fact=fact), action)).fact != fact or rule.action is not action
    ]
    assert missing == []


def test_the_table_speaks_of_nothing_that_cannot_come_up() -> None:
    known = {(kind, fact, action) for kind, fact, action in PLACES}
    odd = [
        rule.id
        for rule in rules.RULES
        if rule.source is Source.DRIFT and "(" not in rule.fact and rule.fact != "x_"
        and (rule.kind, rule.fact, rule.action) not in known
    ]  # fmt: skip
    assert odd == []


def test_ids_are_one_of_a_kind_and_so_are_the_anchors_of_their_runbooks() -> None:
    assert len({rule.id for rule in rules.RULES}) == len(rules.RULES) == len({rule.runbook for rule in rules.RULES})


def test_a_security_rule_never_starts_under_warning() -> None:
    assert [rule.id for rule in rules.RULES if rule.security and rule.level < Level.WARNING] == []


def test_reasons_and_questions_are_plain_sentences() -> None:
    for rule in rules.RULES:
        for text in (rule.reason, rule.question):
            assert text[0].isupper() and text[-1] in ".?", (rule.id, text)
            assert not {"null", "enum", "None", "JSON", "boolean"} & set(text.split()), (rule.id, text)
            assert "_" not in text, (rule.id, text)


def test_what_is_said_of_a_field_is_graver_when_it_goes_than_when_it_comes_and_never_as_grave_as_the_field() -> None:
    found = [rules.find(at(Kind.FIELD, "Lead.definitions"), action).level
             for action in (Action.ADDED, Action.RENAMED, Action.REMOVED)]  # fmt: skip
    assert found == [Level.INFO, Level.INFO, Level.WARNING]
    assert rules.find(at(Kind.FIELD, "Lead"), Action.REMOVED).level is Level.BREAKING


def test_two_rules_for_one_place_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules.ruletable, "ROWS", rules.ruletable.ROWS + rules.ruletable.ROWS[:1])
    with pytest.raises(ValueError, match=r"two rules for schema\.resource\.removed"):
        rules._table()


def test_a_vendors_own_fact_and_one_of_an_older_release_fall_under_the_generic_rule() -> None:
    assert rules.find(at(Kind.FIELD, fact="x_odd"), Action.CHANGED).id == "field.own.changed"
    assert rules.find(at(Kind.FIELD, fact="long_gone"), Action.REMOVED).id == "field.own.changed"
    assert rules.find(at(Kind.PERMISSION, fact="x_odd"), Action.CHANGED).security


@pytest.mark.parametrize(
    ("scope", "action", "id"),
    [
        ("Lead.field-permissions", Action.REMOVED, "permission.field-right.removed"),
        ("assignments", Action.ADDED, "permission.grant.added"),
        ("users", Action.ADDED, "permission.resource.added"),
        ("assignments", Action.RENAMED, "permission.resource.renamed"),
        ("external-client-apps", Action.ADDED, "permission.app.added"),
        ("connected-apps", Action.REMOVED, "permission.app.removed"),
    ],
)
def test_rows_of_rights_have_rules_of_their_own(scope: str, action: Action, id: str) -> None:
    assert rules.find(at(Kind.PERMISSION, scope), action).id == id


def test_what_is_said_of_our_own_sight_has_rules_of_its_own() -> None:
    found = rules.find(at(Kind.PERMISSION, "vantage", "self", "grants"), Action.NARROWED)
    assert (found.id, found.level) == ("permission.vantage-grants.narrowed", Level.WARNING)


def test_a_property_group_is_no_object() -> None:
    assert rules.find(at(Kind.SCHEMA, "contacts.groups"), Action.REMOVED).level is Level.INFO


@pytest.mark.parametrize("source", [s for s in Source if s is not Source.DRIFT])
def test_every_source_has_a_rule_for_whatever_it_says(source: Source) -> None:
    assert rules.find(at(Kind.SYNC, fact="whatever", source=source), Action.NARROWED).source is source


def test_the_facts_table_is_what_the_rules_were_made_for() -> None:
    assert {kind for kind, _, _ in PLACES} == set(FACTS)
