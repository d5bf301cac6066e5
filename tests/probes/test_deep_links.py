"""Where deep links of written-down vendors lead: to the pages whose addresses their files say were looked up."""

from __future__ import annotations

import pytest

from probes import census, commercetools, linkedin_ads, looker, mailchimp, metabase, monday, superset
from probes.kit.listing import Vendor
from tests.probes.written import written

PAGES = [
    (metabase.VENDOR, "/admin/datamodel/database/1/schema/1:marts/table/"),
    (metabase.VENDOR, "/admin/people/groups/"),
    (superset.VENDOR, "/explore/?datasource_type=table&datasource_id=1"),
    (superset.VENDOR, "/databaseview/list/"),
    (looker.VENDOR, "/explore/marketing/leads"),
    (looker.VENDOR, "/admin/user_attributes"),
    (mailchimp.VENDOR, ".admin.mailchimp.com/lists/members/?id="),
    (monday.VENDOR, "https://monday.com/boards/"),
    (census.VENDOR, "https://app.getcensus.com/syncs/61/overview"),
    (linkedin_ads.VENDOR, "https://www.linkedin.com/campaignmanager/accounts/512345678"),
]


@pytest.mark.parametrize(("vendor", "page"), PAGES, ids=lambda one: getattr(one, "name", None))
async def test_what_has_a_page_leads_there(vendor: Vendor, page: str) -> None:
    _, scopes, _ = await written(vendor).poll()
    links = {scope.link for scope in scopes.values() if scope.link}
    links |= {row.evidence["link"] for one in scopes.values() for row in one.resources if "link" in row.evidence}
    assert any(page in link for link in links), sorted(links)
    assert not any("{" in link or "None" in link for link in links)


@pytest.mark.parametrize("vendor", [superset.VENDOR, commercetools.VENDOR], ids=lambda one: one.name)
async def test_the_mark_of_the_last_change_is_told_beside_the_row(vendor: Vendor) -> None:
    _, scopes, _ = await written(vendor).poll(person=lambda name: f"p-{name}")
    told = [row.evidence for scope in scopes.values() for row in scope.resources if "by" in row.evidence]
    assert told and all(one["by"].startswith("p-") and one["at"] for one in told)
