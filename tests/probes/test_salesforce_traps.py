"""What looks like a change of a Salesforce org and is none, or like none and is one, against an org that changes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from probes.kit.api import Answer
from probes.kit.contract import Kind, Ref, State, Unreachable, lost
from probes.kit.memo import Memos
from probes.salesforce import VENDOR
from probes.simulated.control import Reply
from tests.probes.desks import desk

LEAD, RIGHTS = Ref(Kind.FIELD, "Lead"), Ref(Kind.PERMISSION, "Lead.field-permissions")
LIMITS, API = Ref(Kind.PLATFORM, "limits"), Ref(Kind.PLATFORM, "api")


def opened() -> tuple[Any, Any, Any]:
    return desk(VENDOR, options={"my_domain": "acme"})


async def read(world: Any, *listings: str) -> dict[Ref, dict[str, Any]]:
    world.memories = Memos()  # in full, as a first time
    _, scopes, _ = await world.poll(listings=list(listings))
    assert scopes and all(scope.coverage.complete for scope in scopes.values())
    return {ref: {row.key: row.facts for row in scope.resources} for ref, scope in scopes.items()}


async def test_a_refreshed_sandbox_gives_other_ids_and_nothing_else_changes() -> None:
    account, world, _ = opened()
    names = ["users", "permission-set-groups", "email-templates", "triggers", "duplicate-rules"]
    before = await read(world, *names)
    for table in ("PermissionSetGroup", "EmailTemplate", "ApexTrigger", "DuplicateRule"):
        for number, row in enumerate(account.org.rows[table]):
            row["Id"] = f"{row['Id'][:5]}Z{number:09}AAA"
    assert await read(world, *names) == before


async def test_a_moved_last_modified_is_no_proof_of_a_change() -> None:
    account, world, _ = opened()
    before = await read(world, "objects", "fields")
    account.shuffle()
    assert await read(world, "objects", "fields") == before


async def test_the_order_of_options_is_meant_and_a_controllers_bitmap_is_its_own_fact() -> None:
    account, world, _ = opened()
    before = (await read(world, "fields"))[LEAD]["Status"]["options"]
    values = [option["value"] for option in before]
    account.reorder_picklist("Lead", "Status", values[::-1])
    after = (await read(world, "fields"))[LEAD]["Status"]["options"]
    assert [option["value"] for option in after] == values[::-1]
    first, *others = account.org.objects["Lead"]["fields"]["Status"]["picklistValues"]
    account.alter_field("Lead", "Status", picklistValues=[{**first, "validFor": "gAAA"}, *others])
    moved = (await read(world, "fields"))[LEAD]["Status"]["options"]
    assert moved == [{**after[0], "depends": "gAAA"}, *after[1:]]


async def test_a_hidden_field_leaves_describe_and_the_readers_own_set_says_why() -> None:
    account, world, _ = opened()
    before = await read(world, "fields", "field-permissions")
    account.hide_field("Lead", "Region__c")
    after = await read(world, "fields", "field-permissions")
    assert set(before[LEAD]) - set(after[LEAD]) == {"Region__c"}
    assert set(before[RIGHTS]) - set(after[RIGHTS]) == {"Driftline_Monitor/Region__c"}


async def test_limits_are_read_without_what_is_left_and_without_those_of_single_apps() -> None:
    account, world, _ = opened()
    before = (await read(world, "limits"))[LIMITS]
    assert before["DailyApiRequests"] == {"maximum": 145_000}
    account.use_quota(20_000)
    told = account.service.limits

    def with_apps(session: Any) -> Any:
        reply = told(session)
        reply.body["DailyApiRequests"]["Sample App"] = {"Max": 250, "Remaining": 17}
        return reply

    account.service.limits = with_apps
    assert (await read(world, "limits"))[LIMITS] == before


async def test_storage_that_only_user_managers_see_is_explained_by_the_lost_right() -> None:
    account, world, _ = opened()
    account.grant("ManageUsers")
    held, before, _ = await world.poll(listings=["limits"])
    account.revoke("ManageUsers")
    world.memories = Memos()
    left, after, _ = await world.poll(listings=["limits"])
    assert before[LIMITS].keys - after[LIMITS].keys == {"DataStorageMB", "FileStorageMB"}
    assert lost(held.grants, left.grants, after[LIMITS].needs) == {"ManageUsers"}


async def test_versions_that_retire_say_when_and_the_pinned_one_does_not() -> None:
    _, world, wire = opened()
    versions = (await read(world, "api"))[API]
    assert {versions[name].get("sunset_on") for name in ("31.0", "40.0")} == {"2028-06-01"}
    assert {versions[name].get("sunset_on") for name in ("41.0", "68.0")} == {None}
    told = {request.url.path.split("/")[3] for request in wire.requests if "/services/data/v" in request.url.path}
    assert told == {"v68.0"}


async def test_a_session_that_ended_is_opened_again_once() -> None:
    account, world, wire = opened()
    await read(world, "objects")
    account.expire_tokens()
    await read(world, "objects")
    assert sum(request.url.path == "/services/oauth2/token" for request in wire.requests) == 2


async def test_labels_follow_the_language_of_the_user_and_where_we_read_from_says_which() -> None:
    account, world, _ = opened()
    before = await read(world, "objects", "fields")
    account.translate("de", Status="Stand", Lead="Interessent", Open="Offen")
    english, same, _ = await world.poll(listings=["objects", "fields"])
    assert not any(row.facts != before[LEAD][row.key] for row in same[LEAD].resources), "of another language, nothing"
    account.speak("driftline-monitor@example.com", "de")
    german, scopes, _ = await world.poll(listings=["objects", "fields"])  # with validators, which are void now
    status = next(row.facts for row in scopes[LEAD].resources if row.key == "Status")
    was = before[LEAD]["Status"]
    assert (status["label"], status["options"][0]["label"], status["options"][0]["value"]) == ("Stand", "Offen", "Open")
    assert {**status, "label": was["label"], "options": was["options"]} == was, "nothing but labels has a language"
    assert (english.locale, german.locale) == ("en_US", "de") and english.grants == german.grants


@pytest.mark.parametrize("part", ["whole", "part"])
async def test_a_406_is_an_edge_that_did_not_answer_and_no_object_is_gone(part: str) -> None:
    account, world, _ = opened()
    before = await read(world, "objects", "fields")
    plain, left = account.answer, 1 if part == "part" else 100

    def answer(request: Any) -> Any:
        nonlocal left
        if request.path.endswith("/sobjects") and left:
            left -= 1
            return Reply(406, b"", {"content-type": "text/plain"})
        return plain(request)

    account.answer = answer
    _, scopes, reads = await world.poll(listings=["objects"])
    if part == "part":
        assert reads["objects"].coverage.complete, "it is asked again"
        return
    assert reads["objects"].coverage.state is State.FAILED and reads["objects"].coverage.code == "406"
    fault = VENDOR.errors.fault(Answer(406, {}, b""), 0.0)
    assert isinstance(fault, Unreachable) and fault.code == "406"
    assert before and not scopes[Ref(Kind.SCHEMA, "objects")].coverage.complete


async def test_every_kind_leads_to_its_page_in_setup() -> None:
    """Shapes that public tools open: /lightning/setup/<page>/home, .../page?address=/<id>, ObjectManager/<object>."""
    account, world, _ = opened()
    account.bulk_job()
    _, scopes, _ = await world.poll()
    setup = r"https://account\.test/lightning/setup/"
    object = (
        r"ObjectManager/\w+/(Details|FieldsAndRelationships|(FieldsAndRelationships|RecordTypes|ValidationRules)/\w+)"
    )
    shape = re.compile(rf"{setup}({object}/view|\w+/home|\w+/page\?address=/\w+)")
    links = {ref: {row.evidence.get("link") or scope.link for row in scope.resources} for ref, scope in scopes.items()}
    odd = {ref: [one for one in some if not shape.fullmatch(one or "")] for ref, some in links.items()}
    assert {ref.name: some for ref, some in odd.items() if some} == {}


async def test_a_spent_day_is_waited_for_and_no_object_is_gone() -> None:
    account, world, _ = opened()
    account.use_quota(account.daily)
    _, scopes, _ = await world.poll(listings=["objects"])
    assert not any(scope.coverage.complete for scope in scopes.values())
