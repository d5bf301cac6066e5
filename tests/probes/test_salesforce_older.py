"""Workflow rules, matching rules and runs of flows that failed, at a Salesforce org that changes."""

from __future__ import annotations

from typing import Any

import pytest

from probes.kit.contract import Kind, Ref, State, lost
from probes.kit.memo import Memos
from probes.salesforce import VENDOR
from probes.salesforce.calls import COMPOSITE
from tests.probes.desks import desk

RULES, MATCHES = Ref(Kind.AUTOMATION, "workflow-rules"), Ref(Kind.AUTOMATION, "matching-rules")
RUNS = Ref(Kind.SYNC, "flow-interviews")
URGENT = ("Case", "Escalate Urgent Cases")


def opened() -> tuple[Any, Any, Any]:
    return desk(VENDOR, options={"my_domain": "acme"})


async def read(world: Any, listing: str, state: State = State.COMPLETE) -> Any:
    """The scope of a listing that gives one; what did not change has its facts as they were."""
    world.memories = Memos()
    _, scopes, reads = await world.poll(listings=[listing])
    assert reads[listing].coverage.state is state, reads[listing].coverage
    (scope,) = scopes.values()
    return {row.key: row for row in scope.resources}


async def rule(account: Any, world: Any, **meta: Any) -> dict[str, Any]:
    account.set_workflow(*URGENT, **meta)
    return dict((await read(world, "workflow-rules"))["/".join(URGENT)].facts)


async def test_a_workflow_rule_says_what_it_goes_by_and_what_it_writes() -> None:
    account, world, _ = opened()
    assert await rule(account, world) == {
        "active": True, "object": "Case", "trigger": "onCreateOrTriggeringUpdate", "reads": ["Case/Priority"],
        "writes": ["Case/Status"], "actions": ["FieldUpdate:Mark_Escalated"],
        "criteria": {"logic": None, "items": [
            {"field": "Case.Priority", "operation": "equals", "value": "High", "valueField": None}]},
    }  # fmt: skip
    off = await rule(account, world, active=False, criteriaItems=[], formula="ISPICKVAL(Priority, 'High')")
    assert (off["active"], off["formula"], "criteria" in off, "reads" in off) == (
        False, "ISPICKVAL(Priority, 'High')", False, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("meta", "facts"),
    [
        ({"actions": [{"name": "Tell", "type": "Alert"}]}, {"opaque": True, "actions": ["Alert:Tell"]}),
        ({"actions": [{"name": "Not_There", "type": "FieldUpdate"}]}, {"opaque": True}),
        ({"actions": [], "workflowTimeTriggers": [{"actions": [{"name": "Mark_Escalated", "type": "FieldUpdate"}],
                                                   "offsetFromField": "Case.ClosedDate"}]},
         {"writes": ["Case/Status"], "reads": ["Case/ClosedDate", "Case/Priority"]}),
        ({"workflowTimeTriggers": [{"actions": None, "offsetFromField": None}]}, {"reads": ["Case/Priority"]}),
        ({"criteriaItems": [{"field": "User.Title", "operation": "equals", "valueField": "Case.Origin"}]},
         {"reads": ["Case/Origin", "User/Title"]}),
    ],
)  # fmt: skip
async def test_what_else_a_rule_does_is_told_or_said_to_be_out_of_sight(meta: Any, facts: dict[str, Any]) -> None:
    account, world, _ = opened()
    found = await rule(account, world, **meta)
    assert found.items() >= facts.items() and ("opaque" in found) == ("opaque" in facts), found


async def test_records_of_rules_are_asked_for_only_when_the_list_moved() -> None:
    account, world, wire = opened()

    async def asked() -> int:
        before = sum(request.url.path == COMPOSITE for request in wire.requests)
        _, _, reads = await world.poll(listings=["workflow-rules"])
        assert reads["workflow-rules"].coverage.complete
        return sum(request.url.path == COMPOSITE for request in wire.requests) - before

    assert [await asked(), await asked()] == [1, 0]
    world.clock.advance(60)
    account.set_workflow(*URGENT, active=False)
    assert [await asked(), await asked()] == [1, 0]


async def test_a_packaged_rule_is_told_without_being_asked_about_and_one_of_two_objects_is_one() -> None:
    account, world, wire = opened()
    for object in ("01I5g000000Abcd", "Lead"):
        account.org.add_row("WorkflowRule", Name="Packed", NamespacePrefix="acme", TableEnumOrId=object)
    facts = (await read(world, "workflow-rules"))["acme__Packed"].facts
    assert facts == {"opaque": True} and sum(request.url.path == COMPOSITE for request in wire.requests) == 1


@pytest.mark.parametrize("meta", [None, {"actions": 7}])
async def test_a_rule_without_its_record_leaves_the_others_and_is_not_one_that_does_nothing(meta: Any) -> None:
    account, world, _ = opened()
    account.org.add_row("WorkflowRule", Name="Bare", TableEnumOrId="Lead", FullName="Lead.Bare", Metadata=meta)
    assert set(await read(world, "workflow-rules", State.PARTIAL)) == {"Case/Escalate Urgent Cases"}
    account.org.rows["WorkflowRule"] = account.org.rows["WorkflowRule"][-1:]
    assert not await read(world, "workflow-rules", State.FAILED)


async def test_a_rule_that_is_refused_takes_its_fault_along() -> None:
    account, world, _ = opened()
    account.service.record = lambda name, id: account.service.resource(None, _Get(), "/nowhere")
    assert not await read(world, "workflow-rules", State.DENIED)


class _Get:
    method = "GET"


async def test_a_matching_rule_says_by_which_fields_records_are_the_same() -> None:
    account, world, _ = opened()
    before = (await read(world, "matching-rules"))["Lead/Match_Leads_by_Email"].facts
    item = {"field": "Email", "method": "Exact", "blank": "NullNotAllowed"}
    assert before == {"object": "Lead", "status": "Active", "active": True, "reads": ["Lead/Email"], "criteria": [item]}
    account.set_matching("Match_Leads_by_Email", status="Inactive", field="Company")
    after = (await read(world, "matching-rules"))["Lead/Match_Leads_by_Email"].facts
    assert after == before | {"status": "Inactive", "active": False, "reads": ["Lead/Company", "Lead/Email"],
                              "criteria": [item, {**item, "field": "Company"}]}  # fmt: skip


async def test_without_view_setup_matching_rules_are_denied_and_never_gone() -> None:
    account, world, _ = opened()
    held, _, _ = await world.poll(listings=["matching-rules"])
    account.revoke("ViewSetup")
    left, scopes, reads = await world.poll(listings=["matching-rules"])
    assert reads["matching-rules"].coverage.state is State.DENIED
    assert lost(held.grants, left.grants, scopes[MATCHES].needs) == {"ViewSetup"}


async def runs(account: Any, world: Any) -> tuple[str, Any]:
    row = (await read(world, "flow-interviews"))["flow-interviews"]
    return row.health.state, dict(row.evidence)


async def test_runs_of_flows_are_counted_and_a_failed_one_counts_for_two_hours() -> None:
    account, world, wire = opened()
    account.grant("ViewAllData")
    account.interview("Paused", ago=30 * 86_400)
    state, evidence = await runs(account, world)
    assert (state, evidence["paused"], "failed" in evidence) == ("ok", "1 paused", False)
    account.interview("Error", ago=60)
    account.interview("Error", ago=5000)
    state, evidence = await runs(account, world)
    assert (state, evidence["paused"], evidence["failed"]) == ("failing", "1 paused", "2 failed since yesterday")
    world.clock.advance(3 * 3600)
    assert (await runs(account, world))[0] == "ok"
    asked = [q for request in wire.requests if "FROM FlowInterview" in (q := str(request.url.params.get("q", "")))]
    assert asked and not any(word in q for q in asked for word in ("Label", "Owner", "Error ", "Guid", "Name"))


async def test_who_sees_no_run_at_all_does_not_say_that_all_is_well() -> None:
    account, world, _ = opened()
    account.interview("Error")
    state, evidence = await runs(account, world)
    assert state == "unknown" and "failed" not in evidence, "runs of others are not seen without View All Data"


async def test_a_user_who_may_not_run_flows_is_denied() -> None:
    account, world, _ = opened()
    account.revoke("RunFlow")
    assert not await read(world, "flow-interviews", State.DENIED)
