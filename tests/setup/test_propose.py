"""Proposals for the watch and their cost, without a vendor."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.graph import Definition, End, Flow, Kept
from monitor.setup.cost import cost, counts, fitting, running
from monitor.setup.proof import Proof
from monitor.setup.propose import exactly, propose
from probes.kit.contract import COMPLETE as FULL
from probes.kit.contract import Kind, Ref, Resource, Scope, Signals, Vantage
from probes.kit.registry import vendor

SALESFORCE = vendor("salesforce")


def proof(*names: str, scopes: tuple[Scope, ...] = ()) -> Proof:
    family = [{"key": name, "label": name, "custom": name.endswith("__c"), "queryable": True} for name in names]
    families = {one.name: family if one.for_each else [{}] for one in SALESFORCE.listings}
    fields = {name: (10, 3 if name == "Account" else 0) for name in names}
    return Proof(
        vantage=Vantage("1", "me", frozenset()),
        families=families,
        fields=fields,
        identity=4,
        scopes=list(scopes),
        signals=Signals(quota_limit=100_000.0),
    )


def levels(found: Proof, **more: tuple[object, ...]) -> dict[str, str]:
    flows, definitions = more.get("flows", ()), more.get("definitions", ())
    made = propose(SALESFORCE, found, "sf", 900.0, flows, definitions)  # type: ignore[arg-type]
    for one in made.objects:
        assert made.level(Kind.FIELD, one.name) == one.level, "the rules that are written say what was shown"
    return {one.name: one.level for one in made.objects}


def test_what_a_flow_touches_is_reviewed_even_of_a_managed_package() -> None:
    flow = Flow(id="f", source=End("hs", "contacts"), target=End("sf", "pkg__Thing__c"), fields=(), owner="a")
    found = levels(proof("pkg__Thing__c", "pkg__Other__c", "Mine__c"), flows=(flow,))
    assert found == {"pkg__Thing__c": "review", "Mine__c": "record", "pkg__Other__c": "off"}


def test_what_a_definition_keeps_is_reviewed() -> None:
    kept = Definition(name="consent", meaning="m", kept=(Kept("sf", "Consent__c", "Given__c", ""),))
    assert levels(proof("Consent__c", "Mine__c"), definitions=(kept,))["Consent__c"] == "review"


def test_another_integrations_flows_say_nothing_here() -> None:
    flow = Flow(id="f", source=End("x", "Mine__c"), target=End("y", "Mine__c"), fields=(), owner="a")
    assert levels(proof("Mine__c", "Lead"), flows=(flow,))["Lead"] == "record"


def test_while_nothing_is_known_to_be_used_custom_objects_are_reviewed() -> None:
    assert levels(proof("Mine__c", "Account", "LeadShare", "Profile")) == {
        "Mine__c": "review", "Account": "review", "Profile": "record", "LeadShare": "off",
    }  # fmt: skip


def test_what_an_integration_user_may_write_is_reviewed() -> None:
    sets = Scope(
        Ref(Kind.PERMISSION, "permission-sets"), FULL,
        (Resource("Sync_Tool", {"label": "Sync", "api_only": True}), Resource("People", {"label": "People"})),
    )  # fmt: skip
    from probes.kit.contract import Parent

    def rights(name: str, holder: str, **facts: bool) -> Scope:
        parent = Parent(Ref(Kind.SCHEMA, "objects"), name)
        return Scope(Ref(Kind.PERMISSION, f"{name}.object-permissions"), FULL, (Resource(holder, facts),),
                     facts=("create", "edit", "read"), parent=parent)  # fmt: skip

    scopes = (sets, rights("A__c", "Sync_Tool", edit=True), rights("B__c", "Sync_Tool", read=True),
              rights("C__c", "People", edit=True))  # fmt: skip
    assert levels(proof("A__c", "B__c", "C__c", scopes=scopes)) == {
        "A__c": "review",
        "B__c": "record",
        "C__c": "record",
    }


@given(st.text(min_size=1, max_size=12), st.text(max_size=12))
def test_a_name_as_a_pattern_matches_itself_alone(name: str, other: str) -> None:
    assert fnmatchcase(name, exactly(name))
    assert fnmatchcase(other, exactly(name)) == (other == name)


@pytest.mark.parametrize(("every", "describes"), [(900.0, 96), (3600.0, 24)])
def test_cost_counts_batches_and_leaves_out_what_is_off(every: float, describes: int) -> None:
    found = proof(*(f"Thing{n}__c" for n in range(25)), "LeadShare")
    made = propose(SALESFORCE, found, "sf", every, (), ())
    reads = counts(SALESFORCE, found, {}, made.wants)
    spent = cost(SALESFORCE, found, reads, every)
    assert spent.listings["fields"] == describes, "25 describes are one composite call; the share twin is not read"
    assert spent.identity == 4 * 86_400 / every and spent.limit == 100_000 and spent.fits
    slower = cost(SALESFORCE, found, reads, every, {"fields": 86_400.0})
    assert slower.listings["fields"] == 1


def test_the_shortest_interval_that_fits_is_named() -> None:
    found = proof(*(f"Thing{n}__c" for n in range(5000)))
    made = propose(SALESFORCE, found, "sf", 900.0, (), ())
    assert len(made.rules) < 50, "so many are not reviewed each, and not named each"
    reads = counts(SALESFORCE, found, {}, made.wants)
    assert not cost(SALESFORCE, found, reads, 900.0).fits
    best = fitting(SALESFORCE, found, reads)
    assert best is not None and cost(SALESFORCE, found, reads, best).fits
    assert not cost(SALESFORCE, found, reads, best / 2).fits


def test_a_running_daemon_is_counted_by_the_reads_that_it_makes() -> None:
    airtable = vendor("airtable")
    reads = ["bases", "tables/a", "tables/b", "webhooks/a", "webhooks/b"]
    spent = running(airtable, {"plan": "free"}, reads, 900.0, {"tables": 43_200.0})
    assert spent.listings == {"bases": 24, "tables": 4, "webhooks": 48} and spent.identity == 96
    assert (spent.limit, spent.fits) == (32.0, False)
    assert running(airtable, {"plan": "business"}, reads, 900.0, {}).limit is None
    assert running(SALESFORCE, {}, ["objects"], 900.0, {}).limit is None, "its answers tell"
