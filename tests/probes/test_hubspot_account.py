"""HubSpot's segments, and what looks like a change and is none, against a simulated account that changes."""

from __future__ import annotations

from typing import Any

import pytest

from probes.hubspot import VENDOR
from probes.kit.contract import Kind, Ref, State
from probes.kit.memo import Memos
from tests.probes.desks import desk

SEGMENTS, CONTACTS = Ref(Kind.AUTOMATION, "segments"), Ref(Kind.FIELD, "contacts")


async def rows(world: Any, listing: str, ref: Ref) -> dict[str, Any]:
    world.memories = Memos()  # read in full, as a first time
    _, scopes, _ = await world.poll(listings=[listing])
    assert scopes[ref].coverage.complete
    return {row.key: row for row in scopes[ref].resources}


@pytest.mark.parametrize("page", [0, 1])
async def test_a_segment_tells_what_it_asks_and_not_who_or_how_many_are_in_it(page: int) -> None:
    account, world, _ = desk(VENDOR, page=page)
    before = await rows(world, "segments", SEGMENTS)
    assert {row.evidence["label"]: row.facts.get("reads") for row in before.values()} == {
        "Marketable contacts": ["contacts/marketing_consent"], "Hot leads": ["contacts/lead_score"],
        "Trade fair visitors": None, "Open deals EMEA": ["deals/region"]}  # fmt: skip
    account.segments[1]["additionalProperties"]["hs_list_size"] = "9999"
    assert await rows(world, "segments", SEGMENTS) == before
    account.ask_segment("Hot leads", "lifecyclestage")
    after = await rows(world, "segments", SEGMENTS)
    assert after["52"].facts["reads"] == ["contacts/lifecyclestage"]
    assert after["52"].facts["criteria"] != before["52"].facts["criteria"]
    assert [key for key in after if after[key].facts != before[key].facts] == ["52"]
    assert after["52"].evidence["link"] == "https://app.hubspot.com/contacts/62114207/objectLists/52/filters"
    account.delete_segment("Open deals EMEA")
    assert set(await rows(world, "segments", SEGMENTS)) == {"51", "52", "53"}


async def test_a_value_in_a_filter_that_changes_is_a_change_and_is_not_shown() -> None:
    account, world, _ = desk(VENDOR)
    before = await rows(world, "segments", SEGMENTS)
    branch = account.segments[0]["filterBranch"]["filterBranches"][0]
    branch["filters"][0]["operation"]["values"] = ["agency-desk@example.com"]
    after = await rows(world, "segments", SEGMENTS)
    assert after["51"].facts["criteria"] != before["51"].facts["criteria"]
    assert after["51"].facts["reads"] == before["51"].facts["reads"] and "agency-desk" not in repr(after)


async def test_a_segment_without_its_filters_fails_the_read_and_a_lost_scope_denies_it() -> None:
    account, world, _ = desk(VENDOR)
    kept = account.service.segments_by_id
    account.service.routes = [(method, path, _fewer(kept) if handler == kept else handler)
                              for method, path, handler in account.service.routes]  # fmt: skip
    _, _, reads = await world.poll(listings=["segments"])
    assert "left out 1 of 4 segments" in reads["segments"].coverage.reason
    account.revoke("crm.lists.read")
    _, _, reads = await world.poll(listings=["segments"])
    assert reads["segments"].coverage.state is State.DENIED


def _fewer(handler: Any) -> Any:
    def answer(*given: Any) -> Any:
        reply = handler(*given)
        reply.body["lists"] = reply.body["lists"][1:]
        return reply

    return answer


async def test_what_hubspot_ships_is_its_own() -> None:
    account, world, _ = desk(VENDOR)
    before = await rows(world, "properties", CONTACTS)
    account.release(2)
    after = await rows(world, "properties", CONTACTS)
    assert {after[key].facts["vendor_defined"] for key in set(after) - set(before)} == {True}
    assert not set(before) - set(after)


async def test_an_archived_property_is_gone_and_a_restored_one_as_it_was() -> None:
    account, world, _ = desk(VENDOR)
    before = await rows(world, "properties", CONTACTS)
    account.delete_property("contacts", "lead_score")
    assert set(before) - set(await rows(world, "properties", CONTACTS)) == {"lead_score"}
    account.restore_property("contacts", "lead_score")
    assert (await rows(world, "properties", CONTACTS))["lead_score"].facts == before["lead_score"].facts


async def test_options_without_a_place_and_answers_in_another_order_are_no_change() -> None:
    account, world, _ = desk(VENDOR)
    for option in account._property("contacts", "lifecyclestage")["options"]:
        option["displayOrder"] = -1
    before = await rows(world, "properties", CONTACTS)
    account.shuffle()
    after = await rows(world, "properties", CONTACTS)
    assert {key: row.facts for key, row in after.items()} == {key: row.facts for key, row in before.items()}
