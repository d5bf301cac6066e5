"""One thing of HubSpot on demand: as its list has it, or gone in the vendor's own words."""

from __future__ import annotations

from typing import Any

import pytest

from probes.hubspot import VENDOR
from probes.kit import demand
from probes.kit.contract import Absent, Denied, Kind, Ref, Rejected, Resource, Unsupported
from probes.simulated.control import Reply
from tests.probes.desks import desk

# The list, the scope that it gives, the account's rows, and the scope of the key that it takes.
THINGS = [
    ("objects", Ref(Kind.SCHEMA, "objects"), "schemas", "crm.schemas.custom.read"),
    ("pipelines", Ref(Kind.SCHEMA, "deals.pipelines"), "pipelines", "crm.schemas.deals.read"),
    ("workflows", Ref(Kind.AUTOMATION, "workflows"), "flows", "automation"),
    ("forms", Ref(Kind.TEMPLATE, "forms"), "forms", "forms"),
    ("campaigns", Ref(Kind.TEMPLATE, "campaigns"), "campaigns", "marketing.campaigns.read"),
]


@pytest.mark.parametrize(("listing", "ref", "table", "scope"), THINGS, ids=[one[0] for one in THINGS])
async def test_a_thing_is_told_as_in_its_list_and_gone_only_in_hubspots_own_words(
    listing: str, ref: Ref, table: str, scope: str
) -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=[listing])
    listed = scopes[ref].resources[0]
    found = await demand.look(VENDOR, world.api, ref, listed.key, person=str)
    assert isinstance(found, Resource) and (found.facts, found.id) == (listed.facts, listed.id)
    assert found.evidence == listed.evidence
    if table != "schemas":  # a custom object that is gone is no object at all: its name cannot be inferred
        rows: Any = getattr(account, table)
        (rows["deals"] if table == "pipelines" else rows).clear()
        assert await demand.look(VENDOR, world.api, ref, listed.key, person=str) == Absent("OBJECT_NOT_FOUND")
    account.service.routed = lambda request, path: Reply(404, {"status": "error", "category": "UNKNOWN"})
    assert isinstance(await demand.look(VENDOR, world.api, ref, listed.key, person=str), Rejected)
    refused = {"status": "error", "category": "MISSING_SCOPES", "message": f"needs {scope}", "correlationId": "c"}
    account.service.routed = lambda request, path: Reply(403, refused)
    assert isinstance(await demand.look(VENDOR, world.api, ref, listed.key, person=str), Denied)


async def test_what_is_asked_for_by_nothing_that_it_is_known_by_is_not_asked_for() -> None:
    _, world, _ = desk(VENDOR)
    for ref in (Ref(Kind.PERMISSION, "users"), Ref(Kind.FIELD, "contacts.validations"), Ref(Kind.SCHEMA, "library")):
        assert isinstance(await demand.look(VENDOR, world.api, ref, "x", person=str), Unsupported)
