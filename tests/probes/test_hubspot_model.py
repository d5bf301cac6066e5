"""HubSpot's properties of every class of sensitivity, labels, owners, the library of objects and limits of the plan,
and what looks like a change of them and is none, against a simulated account that changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probes.hubspot import VENDOR
from probes.hubspot.segments import CONDITION, condition
from probes.kit import demand
from probes.kit.contract import Absent, Kind, Ref, Rejected, Resource, State, lost
from probes.kit.memo import Memos
from probes.simulated.control import Reply
from tests.probes.desks import desk
from tests.probes.specs import unread

CONTACTS, LIBRARY = Ref(Kind.FIELD, "contacts"), Ref(Kind.SCHEMA, "library")
LABELS, OWNERS = Ref(Kind.SCHEMA, "associations"), Ref(Kind.PERMISSION, "owners")


async def rows(world: Any, listing: str, ref: Ref, **how: Any) -> dict[str, Any]:
    world.memories = Memos()  # read in full, as a first time
    _, scopes, reads = await world.poll(listings=[listing], **how)
    assert scopes[ref].coverage.complete, reads
    return {row.key: row for row in scopes[ref].resources}


def refuse(account: Any, part: str, status: int, category: str) -> None:
    """Requests whose address has this part are refused from now on."""
    kept = account.service.routed

    def routed(request: Any, path: str) -> Reply:
        asked = f"{path}?{'&'.join(f'{name}={value}' for name, value in request.pairs)}"
        if part in asked:
            return Reply(status, {"status": "error", "category": category, "message": "no", "correlationId": "c-1"})
        return kept(request, path)  # type: ignore[no-any-return]

    account.service.routed = routed


@pytest.mark.parametrize("how", ["sensitive", "highly_sensitive"])
async def test_a_property_that_is_made_sensitive_is_still_there(how: str) -> None:
    account, world, _ = desk(VENDOR)
    before = await rows(world, "properties", CONTACTS)
    account.alter_property("contacts", "lead_score", dataSensitivity=how, sensitiveDataCategories=["HIPAA"])
    after = await rows(world, "properties", CONTACTS)
    assert set(before) == set(after)
    assert after["lead_score"].facts["sensitivity"] == how
    assert after["lead_score"].facts["sensitivity_categories"] == ["HIPAA"]
    found = await demand.look(VENDOR, world.api, CONTACTS, "lead_score", person=str)
    assert isinstance(found, Resource) and found.facts == after["lead_score"].facts
    assert isinstance(await demand.look(VENDOR, world.api, CONTACTS, "nothing", person=str), Absent)


@pytest.mark.parametrize(("status", "category"), [(403, "MISSING_SCOPES"), (403, "FORBIDDEN"), (500, "INTERNAL")])
async def test_sensitive_properties_that_are_refused_are_not_taken_for_deleted(status: int, category: str) -> None:
    account, world, _ = desk(VENDOR)
    account.alter_property("contacts", "lead_score", dataSensitivity="sensitive")
    refuse(account, "dataSensitivity=sensitive", status, category)
    _, scopes, reads = await world.poll(listings=["properties"])
    assert reads["properties/contacts"].coverage.state is State.PARTIAL
    assert "email" in scopes[CONTACTS].keys and "lead_score" not in scopes[CONTACTS].keys


async def test_an_account_that_does_not_know_the_class_has_none_of_it() -> None:
    account, world, _ = desk(VENDOR)
    refuse(account, "dataSensitivity=", 400, "VALIDATION_ERROR")
    assert "email" in await rows(world, "properties", CONTACTS)


async def test_a_property_is_not_called_absent_while_a_class_that_may_have_it_is_refused() -> None:
    account, world, _ = desk(VENDOR)
    account.alter_property("contacts", "lead_score", dataSensitivity="sensitive")
    refuse(account, "dataSensitivity=sensitive", 400, "VALIDATION_ERROR")
    assert isinstance(await demand.look(VENDOR, world.api, CONTACTS, "lead_score", person=str), Rejected)


async def test_a_list_of_sensitive_properties_that_is_none_fails_the_read() -> None:
    account, world, _ = desk(VENDOR)
    account.cut(path="/crm/properties/2026-09/contacts", at_byte=3, times=9)
    _, _, reads = await world.poll(listings=["properties"])
    assert not reads["properties/contacts"].coverage.complete


async def test_a_custom_object_without_sensitive_properties_costs_one_request() -> None:
    account, world, wire = desk(VENDOR)
    machine = next(one for one in account.schemas if one["name"] == "machines")
    machine["allowsSensitiveProperties"] = True
    await world.poll(listings=["objects", "custom-properties"])
    asked = [str(one.url) for one in wire.requests if "/crm/properties/" in str(one.url)]
    assert len(asked) == 5 and sum("machines" in one for one in asked) == 3


async def test_labels_are_read_as_the_account_speaks_and_no_language_is_asked_for() -> None:
    _, world, wire = desk(VENDOR)
    before = await rows(world, "properties", CONTACTS)
    await world.poll()
    assert before["email"].facts["label"] == "Email"
    for request in wire.requests:
        assert "locale" not in request.url.params and "accept-language" not in request.headers
    answer = await world.api.ask(_ask("/crm/properties/2026-09/contacts", locale="de"))
    labels = {row["name"]: row["label"] for row in answer.value("results")}
    assert (labels["email"], labels["utm_campaign"]) == ("[de] Email", "Utm campaign"), "who asked would see a change"


def _ask(path: str, **params: str) -> Any:
    from probes.kit.api import Ask

    return Ask(path, params)


async def test_properties_pipelines_and_custom_objects_link_by_their_type_id() -> None:
    _, world, _ = desk(VENDOR)
    fields = await rows(world, "properties", CONTACTS)
    assert fields["email"].evidence["link"] == (
        "https://app.hubspot.com/property-settings/62114207/properties?type=0-1&search=email&action=edit&property=email"
    )
    deals = await rows(world, "pipelines", Ref(Kind.SCHEMA, "deals.pipelines"))
    assert deals["75e28846"].evidence["link"].endswith("/pipelines-settings/62114207/object/0-3/75e28846")
    forms = await rows(world, "forms", Ref(Kind.TEMPLATE, "forms"))
    assert all(f"/forms/62114207/editor/{key}/edit/form" in row.evidence["link"] for key, row in forms.items())


async def test_the_library_says_which_objects_are_switched_on() -> None:
    account, world, _ = desk(VENDOR)
    before = await rows(world, "library", LIBRARY)
    assert {row.facts["label"]: row.facts["enabled"] for row in before.values()} == {
        "services": True, "courses": False, "listings": False, "appointments": True, "projects": False}  # fmt: skip
    account.enable_object("0-421", False)
    account.enable_object("0-4711")
    after = await rows(world, "library", LIBRARY)
    assert after["0-421"].facts["enabled"] is False
    assert after["0-4711"].facts["label"] == "0-4711", "an object that nobody has named yet goes by its id"


async def test_labels_are_keyed_by_what_they_say_and_paired_by_their_id() -> None:
    account, world, wire = desk(VENDOR)
    before = await rows(world, "associations", LABELS)
    assert set(before) == {"contacts/companies/Decision maker", "companies/contacts/Decision maker",
                           "contacts/Machines/Operator", "Machines/contacts/Operates"}  # fmt: skip
    assert before["contacts/companies/Decision maker"].facts["x_most"] == 1
    assert len([one for one in wire.requests if "/associations/" in one.url.path]) == 6
    account.alter_label(101, label="Buyer", most=3)
    account.remove_label(104)
    account.add_label("deals", "contacts", "Signs")
    after = await rows(world, "associations", LABELS)
    assert after["contacts/companies/Buyer"].id == before["contacts/companies/Decision maker"].id
    assert after["contacts/companies/Buyer"].facts["x_most"] == 3
    assert set(after) - set(before) == {"contacts/companies/Buyer", "deals/contacts/Signs"}
    assert "Machines/contacts/Operates" not in after


async def test_labels_that_one_answer_has_and_another_not_fail_the_read() -> None:
    account, world, _ = desk(VENDOR)
    kept = account.service.label_limits
    rows_of = account.service.routes

    def more(*given: Any) -> Any:
        reply = kept(*given)
        reply.body["results"][0]["allLabels"].append("Unheard of")
        return reply

    account.service.routes = [(m, p, more if h == kept else h) for m, p, h in rows_of]
    _, _, reads = await world.poll(listings=["associations"])
    assert "left out 1 of 2 labels" in reads["associations"].coverage.reason


async def test_an_account_without_labels_is_asked_once() -> None:
    account, world, wire = desk(VENDOR)
    account.labels = []
    assert await rows(world, "associations", LABELS) == {}
    assert len([one for one in wire.requests if "/associations/" in one.url.path]) == 1


@pytest.mark.parametrize("page", [0, 3])
async def test_owners_who_are_no_users_are_pseudonyms_with_their_teams(page: int) -> None:
    account, world, _ = desk(VENDOR, page=page)
    names: dict[str, str] = {}
    people = {"person": lambda name: names.setdefault(name, f"p-{len(names)}")}
    before = await rows(world, "owners", OWNERS, **people)
    assert "example.com" not in repr(before) and "Desk" not in repr(before)
    assert before[names["97900"]].facts == {"user_type": "QUEUE"}, "a queue has no mailbox"
    partner = before[names["partner-desk@example.com"]]
    assert (partner.id, partner.facts) == ("97901", {"user_type": "PERSON", "team": "812", "teams": ["811"]})
    account.add_user("new-desk@example.com")
    account.remove_user("events-desk@example.com")
    assert set(await rows(world, "owners", OWNERS, **people)) == set(before), "users are told by the list of users"
    account.add_owner("97902", "dealer-desk@example.com")
    after = await rows(world, "owners", OWNERS, **people)
    assert set(after) - set(before) == {names["dealer-desk@example.com"]}


async def test_limits_of_the_plan_are_read_and_what_is_used_is_no_fact() -> None:
    account, world, _ = desk(VENDOR)

    async def said(name: str) -> dict[str, Any]:
        found = await rows(world, "limits", Ref(Kind.PLATFORM, f"{name}.limits"))
        return {key: (row.facts["maximum"], row.evidence["used"]) for key, row in found.items()}

    assert await said("custom-object-types") == {"all": (10, "3")}
    assert await said("calculated-properties") == {"all": (200, "2")}
    assert (await said("custom-properties"))["Machines"] == (1000, "4")
    assert (await said("records"))["custom objects"] == (15_000_000, "3000")
    assert (await said("pipelines"))["deals"] == (100, "2")
    before = await rows(world, "limits", Ref(Kind.PLATFORM, "custom-properties.limits"))
    account.add_property("contacts", "event_code string/text own")
    after = await rows(world, "limits", Ref(Kind.PLATFORM, "custom-properties.limits"))
    assert {key: row.facts for key, row in before.items()} == {key: row.facts for key, row in after.items()}
    account.set_limit("pipelines", 15)
    assert (await said("pipelines"))["deals"] == (15, "2")


async def test_a_limit_that_the_plan_lacks_leaves_the_others_as_they_are() -> None:
    account, world, _ = desk(VENDOR)
    refuse(account, "/custom-object-types", 403, "FORBIDDEN")
    refuse(account, "/calculated-properties", 200, "odd")
    _, _, reads = await world.poll(listings=["limits"])
    assert reads["limits/custom-object-types"].coverage.state is State.DENIED
    assert "have no byObjectType" in reads["limits/calculated-properties"].coverage.reason
    assert reads["limits/custom-properties"].coverage.complete


@pytest.mark.parametrize(
    ("scope", "listing", "ref"),
    [
        ("crm.objects.products.read", "library", LIBRARY),
        ("crm.objects.products.read", "associations", LABELS),
        ("crm.objects.products.read", "limits", Ref(Kind.PLATFORM, "records.limits")),
        ("crm.objects.owners.read", "owners", OWNERS),
        ("content", "emails", Ref(Kind.TEMPLATE, "emails")),
        ("marketing.campaigns.read", "campaigns", Ref(Kind.TEMPLATE, "campaigns")),
        ("communication_preferences.read", "subscriptions", Ref(Kind.TEMPLATE, "subscriptions")),
    ],
)
async def test_a_lost_scope_denies_its_list_and_explains_it(scope: str, listing: str, ref: Ref) -> None:
    account, world, _ = desk(VENDOR)
    before, scopes, _ = await world.poll(listings=[listing])
    needs = scopes[ref].needs
    account.revoke(scope)
    after, _, reads = await world.poll(listings=[listing])
    assert {read.coverage.state for read in reads.values() if read.id != "limits/custom-object-types"} == {State.DENIED}
    assert lost(before.grants, after.grants, needs) == {scope}


async def test_every_expression_reads_something() -> None:
    account, world, _ = desk(VENDOR)
    account.alter_property("deals", "amount", showCurrencySymbol=True, description="In euros")
    account.alter_property("deals", "closedate", dateDisplayHint="absolute")
    account.alter_property("contacts", "sales_notes", dataSensitivity="sensitive", sensitiveDataCategories=["HIPAA"])
    account.schemas[0] |= {"secondaryDisplayProperties": ["event_name"], "description": "Who came"}
    account.user("events-desk@example.com")["secondaryTeamIds"] = ["812"]
    lists = {"contactIlsLists": {"include": ["51"], "exclude": ["53"]}}
    account.alter_email("180100201", to=lists, businessUnitId="1")
    within = {"listId": "52", "operator": "IN_LIST", "filterType": "IN_LIST"}
    account.alter_flow("44100201", suppressionListIds=[53], enrollmentCriteria={"filters": [within]},
                       actions=[{"type": "WEBHOOK", "actionId": "1"}])  # fmt: skip
    _, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()


def test_filters_are_compared_by_every_name_that_the_vendor_gives_them() -> None:
    told = {"filterType": "EMAIL_SUBSCRIPTION", "acceptedStatuses": ["OPT_IN"], "subscriptionIds": ["610"],
            "pruningRefineBy": {"type": "NUM_OCCURRENCES", "minOccurrences": 2}, "somethingNew": 1}  # fmt: skip
    kept = condition([told])
    assert kept == [{name: value for name, value in told.items() if name != "somethingNew"}]
    assert len(CONDITION) == 110 and json.dumps(kept)
