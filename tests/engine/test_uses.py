"""What uses a field within its own system, as read over HTTP: named on a finding, and unknown where it was not seen."""

from __future__ import annotations

import pytest
import yaml

from monitor.core.model import Finding
from monitor.core.uses import ALL
from monitor.engine import views
from monitor.engine.opening import open_engine
from probes.kit.contract import Kind, Ref, State
from probes.kit.listing import Listing

from .conftest import World

HUB, SFDC = "hubspot-prod", "salesforce-prod"
FLOWS = Ref(Kind.AUTOMATION, "flows")
UNUSED = "No flow and nothing that we read uses it."


def why(found: Finding) -> list[str]:
    assert found.claim.verdict is not None
    return [reason.words for reason in found.claim.verdict.chain if reason.step == "use"]


def vouch(world: World, *names: str) -> None:
    """Whoever keeps flows.yaml says that nothing else of the stack uses these systems."""
    file = world.stack / "config" / "flows.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "complete": list(names)}))


async def gone(world: World, type: str, name: str) -> Finding:
    world.hubspot.delete_property(type=type, name=name)
    seen = await world.engine.poll(HUB)
    if seen.confirm:
        world.clock.advance(60)
        await world.engine.poll(HUB, ids=seen.confirm, fresh=True)
    (found,) = world.open(source="drift", scope=type, key=name)
    return found


async def test_a_field_that_goes_is_told_with_the_workflow_and_the_form_that_use_it(world: World) -> None:
    found = await gone(world, "contacts", "country")
    assert why(found) == ["It is used by the form “Trade fair visit”, the workflow “Region from country”."]
    told = (await views.detail(world.engine, found.id)).reach
    assert [(one.target, one.words, one.via) for one in told] == [
        ("the form “Trade fair visit”", "has this field", "template forms"),
        ("the workflow “Region from country”", "decides by it", "automation workflows"),
    ]


async def test_what_a_workflow_reads_and_writes_is_a_fact_and_drifts(world: World) -> None:
    flow = next(row for row in world.hubspot.flows if row["id"] == "44100203")
    actions = [{**flow["actions"][0], "fields": {**flow["actions"][0]["fields"], "property_name": "city"}}]
    world.hubspot.alter_flow("44100203", actions=actions)
    await world.engine.poll(HUB)
    said = {(one.address.fact, one.address.item, str(one.claim.action)) for one in world.open(key="44100203")}
    assert said == {("writes", "contacts/city", "added"), ("writes", "contacts/region", "removed")}


async def test_a_field_is_told_with_the_validation_rules_whose_formula_names_it(world: World) -> None:
    live = world.engine.integrations[SFDC]
    users = [(one.by, one.does) for one in live.uses.of("Lead", "Consent_Date__c") if "validation" in one.by]
    assert users == [("the validation rule “Consent_Needs_Date”", "decides by it")]
    asked = len(world.salesforce.requests)
    await world.engine.poll(SFDC)
    still = world.salesforce.requests[asked:]
    assert not [path for _, path, _ in still if "tooling/composite" in path], "nothing moved, so no formula is read"
    world.salesforce.set_rule("Lead", "Consent_Needs_Date", formula="ISBLANK(Account.Region__c)")
    asked = len(world.salesforce.requests)
    await world.engine.poll(SFDC)
    assert sum("tooling/composite" in path for _, path, _ in world.salesforce.requests[asked:]) == 1
    (found,) = world.open(source="drift", key="Consent_Needs_Date")
    assert (found.address.fact, str(found.claim.action), found.level.word) == ("formula", "changed", "warning")
    assert [one for one in live.uses.of("Lead", "Consent_Date__c") if "validation" in one.by] == []
    assert [one.by for one in live.uses.of("Account", "Region__c") if "validation" in one.by] == [
        "the validation rule “Consent_Needs_Date”"]  # fmt: skip


async def test_a_formula_that_was_not_given_is_no_rule_that_stopped_using_anything(world: World) -> None:
    live = world.engine.integrations[SFDC]
    before = live.uses.of("Lead", "Consent_Date__c")
    world.salesforce.set_rule("Lead", "Qualified_Needs_Region", formula="ISBLANK(City)")
    world.salesforce.cut("/services/data/v68.0/tooling/composite", 60)
    await world.engine.poll(SFDC)
    assert world.open(source="drift") == []
    assert live.uses.of("Lead", "Consent_Date__c") == before
    assert live.uses.gap("Lead") == "Lead.validation-rules was not read whole"


COMPOSITE = "/services/data/v68.0/tooling/composite"


async def test_a_field_is_told_with_the_flows_that_read_and_write_it(world: World) -> None:
    live = world.engine.integrations[SFDC]

    def users(object: str, field: str) -> list[tuple[str, str]]:
        return [(one.by, one.does) for one in live.uses.of(object, field) if one.by.startswith("the flow ")]

    assert users("Lead", "Rating") == [("the flow “Lead Assignment”", "writes it")]
    assert users("Event_Registration__c", "Attended__c") == [("the flow “Event Follow Up”", "decides by it")]
    start = {"object": "Lead", "filters": [{"field": "City"}], "triggerType": "RecordAfterSave"}
    world.salesforce.new_version("Lead_Assignment", start=start)
    asked = len(world.salesforce.requests)
    await world.engine.poll(SFDC)
    assert [path for _, path, _ in world.salesforce.requests[asked:]].count(COMPOSITE) == 1
    found = {(one.address.fact, one.address.item, str(one.claim.action), one.level.word) for one in world.open()}
    assert found == {("reads", "Lead/City", "added", "info"), ("reads", "Lead/Region__c", "removed", "info")}
    assert users("Lead", "City") == [("the flow “Lead Assignment”", "decides by it")]
    asked = len(world.salesforce.requests)
    await world.engine.poll(SFDC)
    still = [path for _, path, _ in world.salesforce.requests[asked:]]
    assert COMPOSITE not in still, "nothing moved, so no version is read"


async def test_a_flow_that_is_switched_off_is_one_change_and_still_names_its_fields(world: World) -> None:
    world.salesforce.set_flow("Lead_Assignment", active=False)
    await world.engine.poll(SFDC)
    (found,) = world.open()
    assert (found.address.key, found.address.fact, str(found.claim.action)) == ("Lead_Assignment", "active", "narrowed")
    users = [one.by for one in world.engine.integrations[SFDC].uses.of("Lead", "Rating")]
    assert "the flow “Lead Assignment” (switched off)" in users


async def test_a_flow_whose_version_does_not_come_stands_as_it_was_and_the_others_are_seen(world: World) -> None:
    live = world.engine.integrations[SFDC]
    before = live.uses.of("Lead", "Rating")
    world.salesforce.org.row("FlowDefinitionView", ApiName="Lead_Assignment")["ActiveVersionId"] = "301000000000000AAA"
    world.salesforce.set_flow("Event_Follow_Up", active=False)
    await world.engine.poll(SFDC)
    (drift,) = world.open(source="drift")
    assert (drift.address.key, drift.address.fact) == ("Event_Follow_Up", "active")
    assert live.known[FLOWS].coverage.state is State.PARTIAL
    assert live.uses.of("Lead", "Rating") == before and live.uses.gap("Lead") == "flows was not read whole"
    world.salesforce.set_flow("Lead_Assignment", active=True)
    await world.engine.poll(SFDC)
    assert [one.address.key for one in world.open()] == ["Event_Follow_Up"] and not live.uses.gap("Lead")


async def test_flows_whose_versions_could_not_be_asked_for_are_no_flows_that_stopped_using_anything(
    world: World,
) -> None:
    live = world.engine.integrations[SFDC]
    before = live.uses.of("Lead", "Rating")
    world.salesforce.new_version("Lead_Assignment", recordUpdates=[])
    world.salesforce.cut(COMPOSITE, 60)
    await world.engine.poll(SFDC)
    assert world.open(source="drift") == [] and live.uses.of("Lead", "Rating") == before
    assert live.uses.gap("Lead") == "flows was not read whole"


async def test_a_flow_that_calls_code_may_use_anything(world: World) -> None:
    live = world.engine.integrations[SFDC]
    world.salesforce.new_version("Lead_Assignment", actionCalls=[{"actionType": "apex", "actionName": "Score"}])
    await world.engine.poll(SFDC)
    (found,) = world.open()
    assert (found.address.fact, str(found.claim.action), found.level.word) == ("opaque", "narrowed", "warning")
    assert live.told[FLOWS][1].hidden == {ALL: "the flow “Lead Assignment” does what we cannot see into"}


async def test_a_workflow_without_its_details_is_no_workflow_that_stopped_using_anything(world: World) -> None:
    world.hubspot.cut("/automation/v4/flows/batch/read", 60)
    await world.engine.poll(HUB)
    assert world.open(source="drift") == []
    assert world.engine.integrations[HUB].uses.gap("contacts") == "workflows was not read whole"


async def test_only_where_all_users_were_seen_is_a_field_known_to_be_unused(world: World) -> None:
    vouch(world, HUB)
    await world.engine.reload()
    found = await gone(world, "deals", "google_click_id")
    assert (found.level.word, why(found)) == ("warning", [UNUSED])


async def test_forms_that_could_not_be_read_keep_the_use_unknown_and_the_level_up(world: World) -> None:
    vouch(world, HUB)
    await world.engine.reload()
    world.hubspot.revoke("forms")
    found = await gone(world, "deals", "google_click_id")
    assert found.level.word == "breaking"
    assert why(found) == ["Nothing that we read uses it, and more may: forms was not read whole."]
    world.hubspot.grant("forms")
    await world.engine.poll(HUB)
    assert (found.level.word, why(found)) == ("warning", [UNUSED])


@pytest.mark.parametrize(("word", "level"), [("unseen", "breaking"), ("hides", "breaking"), ("lacks", "warning")])
async def test_what_the_api_does_not_show_may_use_it_and_what_the_product_lacks_does_not(
    world: World, word: str, level: str
) -> None:
    """HubSpot as if it were a vendor whose API shows no playbooks (of all templates, or beside others), or that has
    none."""
    vouch(world, HUB)
    await world.engine.reload()
    poller = world.engine.pollers[HUB]
    poller.vendor = poller.vendor.model_copy(update={word: {Kind.TEMPLATE: "its API shows no playbooks"}})
    found = await gone(world, "deals", "google_click_id")
    more = "Nothing that we read uses it, and more may: its API shows no playbooks."
    assert (found.level.word, why(found)) == (level, [UNUSED if word == "lacks" else more])


async def test_a_report_that_a_vendor_file_leaves_out_may_use_it(world: World) -> None:
    """HubSpot as if its file read forms of one sort alone, as reports are read that stand where others see them."""
    vouch(world, HUB)
    await world.engine.reload()
    poller = world.engine.pollers[HUB]
    forms = poller.vendor.listing("forms")
    some = Listing(**{**{name: getattr(forms, name) for name in Listing.model_fields}, "where": "formType"})
    listings = [some if one is forms else one for one in poller.vendor.listings]
    poller.vendor = poller.vendor.model_copy(update={"listings": tuple(listings)})
    found = await gone(world, "deals", "google_click_id")
    more = "Nothing that we read uses it, and more may: some of the forms are left out, so what those use is not seen."
    assert (found.level.word, why(found)) == ("breaking", [more])


async def test_what_is_not_watched_is_not_known_to_use_nothing(world: World) -> None:
    vouch(world, HUB)
    file = world.stack / "config" / "integrations" / f"{HUB}.yaml"
    own = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**own, "watch": [{"kind": "template", "scope": "forms", "level": "off"}]}))
    await world.engine.reload()
    found = await gone(world, "deals", "google_click_id")
    assert found.level.word == "breaking"
    assert why(found) == [
        "Nothing that we read uses it, and more may: forms is not watched, so what it uses is not seen."
    ]


async def test_code_that_a_system_runs_may_use_anything(world: World) -> None:
    vouch(world, SFDC)
    await world.engine.reload()
    world.salesforce.delete_field(object="Lead", name="Notes__c")
    seen = await world.engine.poll(SFDC)
    world.clock.advance(60)
    await world.engine.poll(SFDC, ids=seen.confirm, fresh=True)
    (found,) = world.open(source="drift", kind="field", scope="Lead", key="Notes__c")
    assert found.level.word == "breaking" and "more may" in why(found)[0]


async def test_uses_are_known_again_after_a_restart_without_a_reading(world: World) -> None:
    before = world.engine.integrations[HUB].uses
    assert "the workflow “Region from country”" in [one.by for one in before.of("contacts", "region")]
    assert before.gaps == {}
    config, clock = world.stage.config, world.clock
    await world.engine.close()
    await world.engine.store.close()
    async with open_engine(config, clock) as again:
        assert again.integrations[HUB].uses == before


async def test_a_user_is_named_as_it_is_called_now(world: World) -> None:
    next(row for row in world.hubspot.flows if row["id"] == "44100203")["name"] = "Region by country"
    await world.engine.poll(HUB)
    assert world.open() == []
    found = await gone(world, "contacts", "country")
    assert why(found) == ["It is used by the form “Trade fair visit”, the workflow “Region by country”."]
