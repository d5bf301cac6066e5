"""Where deep links of written-down vendors lead: to the pages whose addresses their files say were looked up."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from probes import (
    activecampaign,
    adobe_aep,
    bynder,
    census,
    cloudinary,
    commercetools,
    hootsuite,
    linkedin_ads,
    looker,
    mailchimp,
    metabase,
    pipedrive,
    rudderstack,
    sfmc,
    superset,
    vendure,
    zoominfo,
)
from probes.kit.contract import Kind
from probes.kit.listing import Vendor
from probes.testing.links import half
from probes.testing.rules import CHECKS
from tests.probes.desks import desk
from tests.probes.written import written

AEP = "https://experience.adobe.com/#/@0A1B2C3D4E5F@AdobeOrg/sname:prod/platform"
CENTER = "https://mc.europe-west1.gcp.commercetools.com/shop/settings"
PAGES = [
    (metabase.VENDOR, "/admin/datamodel/database/1/schema/1:marts/table/"),
    (metabase.VENDOR, "/admin/people/groups/"),
    (superset.VENDOR, "/explore/?datasource_type=table&datasource_id=1"),
    (superset.VENDOR, "/databaseview/list/"),
    (superset.VENDOR, "/rowlevelsecurity/list/"),
    (metabase.VENDOR, "/admin/permissions/collections"),
    (looker.VENDOR, "/explore/marketing/leads"),
    (looker.VENDOR, "/admin/user_attributes"),
    (looker.VENDOR, "/projects/looker"),
    (mailchimp.VENDOR, ".admin.mailchimp.com/lists/members/?id="),
    (mailchimp.VENDOR, ".admin.mailchimp.com/account/connected-sites/"),
    (census.VENDOR, "https://app.getcensus.com/syncs/61/overview"),
    (linkedin_ads.VENDOR, "https://www.linkedin.com/campaignmanager/accounts/512345678"),
    (pipedrive.VENDOR, "https://app.pipedrive.com/settings/fields"),
    (pipedrive.VENDOR, "https://app.pipedrive.com/pipeline/1"),
    (pipedrive.VENDOR, "https://app.pipedrive.com/settings/webhooks"),
    (pipedrive.VENDOR, "https://app.pipedrive.com/projects/board"),
    (pipedrive.VENDOR, "https://app.pipedrive.com/settings/billing"),
    (activecampaign.VENDOR, "https://account.activehosted.com/app/fields/contacts"),
    (activecampaign.VENDOR, "https://account.activehosted.com/app/deals?pipeline="),
    (activecampaign.VENDOR, "https://account.activehosted.com/series/"),
    (activecampaign.VENDOR, "https://account.activehosted.com/app/forms/"),
    (activecampaign.VENDOR, "https://account.activehosted.com/app/campaigns/"),
    (activecampaign.VENDOR, "https://account.activehosted.com/app/settings/developer"),
    (activecampaign.VENDOR, "https://account.activehosted.com/app/settings/tracking"),
    (hootsuite.VENDOR, "https://hootsuite.com/dashboard#/member"),
    (zoominfo.VENDOR, "https://admin.zoominfo.com/#/api-and-webhooks"),
    (rudderstack.VENDOR, "https://app.rudderstack.com/sources/s1"),
    (rudderstack.VENDOR, "https://app.rudderstack.com/destinations"),
    (rudderstack.VENDOR, "https://app.rudderstack.com/connections"),
    (adobe_aep.VENDOR, f"{AEP}/source/dataflows/f1/activity"),
    (adobe_aep.VENDOR, f"{AEP}/schema/browse/https%3A%2F%2Fns.adobe.com%2Fnorthwind%2Fschemas%2Fa1"),
    (adobe_aep.VENDOR, f"{AEP}/segment/browse/a1"),
    (adobe_aep.VENDOR, f"{AEP}/dataset/browse/5ab540d0864cf0267448ead4"),
    (bynder.VENDOR, "/pysettings/"),
    (cloudinary.VENDOR, "https://console.cloudinary.com/console/media_library/metadata_fields"),
    (cloudinary.VENDOR, "https://console.cloudinary.com/app/settings/upload/presets"),
    (cloudinary.VENDOR, "https://console.cloudinary.com/app/settings/upload/mapping"),
    (cloudinary.VENDOR, "https://console.cloudinary.com/settings/webhooks"),
    (cloudinary.VENDOR, "https://console.cloudinary.com/app/transformations/manage/named"),
    (vendure.VENDOR, "https://shop.example.com/dashboard/global-settings"),
    (vendure.VENDOR, "https://shop.example.com/dashboard/roles/1"),
    (vendure.VENDOR, "https://shop.example.com/dashboard/administrators/2"),
    (vendure.VENDOR, "https://shop.example.com/dashboard/channels/1"),
    (vendure.VENDOR, "https://shop.example.com/dashboard/payment-methods/1"),
    (vendure.VENDOR, "https://shop.example.com/dashboard/shipping-methods/1"),
    (vendure.VENDOR, "https://shop.example.com/dashboard/scheduled-tasks"),
    (vendure.VENDOR, "https://shop.example.com/dashboard/job-queue"),
    (commercetools.VENDOR, f"{CENTER}/product-types/00000002-5717-4562-b3fc-2c963f66afa6"),
    (commercetools.VENDOR, f"{CENTER}/project/channels"),
    (commercetools.VENDOR, f"{CENTER}/project/stores"),
    (commercetools.VENDOR, f"{CENTER}/project/international"),
    (commercetools.VENDOR, f"{CENTER}/developer/api-clients"),
]


@pytest.mark.parametrize(("vendor", "page"), PAGES, ids=lambda one: getattr(one, "name", None))
async def test_what_has_a_page_leads_there(vendor: Vendor, page: str) -> None:
    # A sign-in of Vendure's gives its token in a header, which no written account has.
    _, scopes, _ = await written(vendor, scheme="token" if vendor is vendure.VENDOR else "").poll()
    links = {scope.link for scope in scopes.values() if scope.link}
    links |= {row.evidence["link"] for one in scopes.values() for row in one.resources if "link" in row.evidence}
    assert any(page in link for link in links), sorted(links)


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("https://app.acme.test/org7/fields?type=Lead#/a%2Fb", ""),
        ("https://app.acme.test/NoneOfThese/fields", ""),
        ("https://app.acme.test/orgNone/fields", "None"),
        ("https://app.acme.test/{account}/fields", "{"),
        ("https://app.acme.test/fields?type=", "="),
        ("https://app.acme.test/fields?type=&of=Lead", "="),
        ("https://app.acme.test//fields", "empty part"),
        ("https://app.acme.test/#/@acme//fields", "empty part"),
        ("https:///fields", "no address"),
        ("/fields", "no address"),
        ("javascript:alert(1)", "no address"),
    ],
)
def test_half_an_address_is_told_from_a_whole_one(link: str, why: str) -> None:
    assert why in half(link) and bool(why) == bool(half(link))


async def test_a_link_with_a_secret_in_it_breaks_the_rule() -> None:
    leaky = written(census.VENDOR)
    leaky.secrets = {"token": "61/overview"}
    with pytest.raises(AssertionError, match="61"):
        await CHECKS["links"](SimpleNamespace(world=leaky), "links")


async def test_marketing_cloud_leads_to_a_journey_in_its_version_and_to_a_query_by_its_id() -> None:
    options = {"subdomain": "mcexample", "mid": "510001234", "login": "https://account.test",
               "soap": "https://account.test"}  # fmt: skip
    _, world, _ = desk(sfmc.VENDOR, options=options)
    _, scopes, _ = await world.poll()
    app = "https://mc.exacttarget.com/cloud/#app"
    studio = f"{app}/Automation%20Studio/AutomationStudioFuel3/"
    lists = {ref.name: scope.link for ref, scope in scopes.items()}
    assert lists["data-extensions"] == lists["leads_emea"] == f"{app}/Contact%20Builder/"
    assert (lists["automations"], lists["imports"], lists["users"]) == (
        studio, f"{studio}%23Activities", f"{app}/Setup/Users",
    )  # fmt: skip
    rows = {ref.name: scope.resources for ref, scope in scopes.items()}
    for row in rows["journeys"]:
        assert row.evidence["link"] == f"{app}/Journey%20Builder/%23{row.id}/{row.facts['x_version']}"
    for row in rows["queries"]:
        assert row.evidence["link"] == f"{studio}%23ActivityDetails/300/{row.id}"
    assert rows["journeys"] and rows["queries"]


async def test_what_has_no_page_of_its_own_leads_to_the_page_of_what_it_is_in() -> None:
    _, attributes, _ = await written(commercetools.VENDOR).poll()
    types = {
        one.evidence["link"]
        for scope in attributes.values()
        for one in scope.resources
        if one.evidence.get("link", "").startswith(f"{CENTER}/product-types/") and scope.ref.kind is Kind.FIELD
    }
    assert types == {f"{CENTER}/product-types/00000002-5717-4562-b3fc-2c963f66afa6"}
    _, fields, _ = await written(adobe_aep.VENDOR).poll()
    lead = f"{AEP}/schema/browse/https%3A%2F%2Fns.adobe.com%2Fnorthwind%2Fschemas%2Fa1"
    assert lead in {scope.link for scope in fields.values()}
    descriptors = next(scope for ref, scope in fields.items() if ref.name == "descriptors")
    assert lead in {row.evidence["link"] for row in descriptors.resources}


@pytest.mark.parametrize("vendor", [superset.VENDOR, commercetools.VENDOR], ids=lambda one: one.name)
async def test_the_mark_of_the_last_change_is_told_beside_the_row(vendor: Vendor) -> None:
    _, scopes, _ = await written(vendor).poll(person=lambda name: f"p-{name}")
    told = [row.evidence for scope in scopes.values() for row in scope.resources if "by" in row.evidence]
    assert told and all(one["by"].startswith("p-") and one["at"] for one in told)
