"""Where a row or a list of each vendor leads: the exact address, as its vendor file says that it is known."""

from __future__ import annotations

from typing import Final

import pytest

from probes.testing import contract
from tests.probes.accounts import account, options
from tests.probes.test_contract import ALL, Contract

STREAM: Final = "https://analytics.google.com/analytics/web/#/a100200p300400/admin/streams/table/500601"
# vendor -> "kind/scope" of a list, or "kind/scope key" of a row -> its address; "" where no page was found
PAGES: Final = {
    "shopify": {
        "schema/metaobjects metaobject:care_guide": "https://admin.shopify.com/store/northwind-demo/settings/custom_data"
        "/metaobjects/care_guide",
        "field/metaobject:care_guide title": "https://admin.shopify.com/store/northwind-demo/settings/custom_data"
        "/metaobjects/care_guide",
        "automation/validations": "https://admin.shopify.com/store/northwind-demo/settings/checkout/rules",
        "sync/validations.runs": "https://admin.shopify.com/store/northwind-demo/settings/checkout/rules",
        "automation/delivery": "https://admin.shopify.com/store/northwind-demo/settings/shipping/customizations",
        "sync/payment.runs": "https://admin.shopify.com/store/northwind-demo/settings/payments/customizations",
        "platform/shop": "https://admin.shopify.com/store/northwind-demo/settings/general",
        "sync/webhooks": "",
    },
    "klaviyo": {
        "template/forms FO1": "https://www.klaviyo.com/forms/FO1/edit",
        "template/templates TE1": "https://www.klaviyo.com/email-editor/TE1/edit",
        "platform/account": "https://www.klaviyo.com/settings/account",
        "automation/flows FL1": "https://www.klaviyo.com/flow/FL1/edit",
        "field/M1": "https://www.klaviyo.com/metric/M1/Placed%20Order",
        "schema/metrics": "",
    },
    "segment": {
        "platform/source-catalogue shopify": "https://app.segment.com/goto-my-workspace/sources/shopify/overview",
        "automation/functions": "https://app.segment.com/goto-my-workspace/functions/catalog",
        "sync/wh_main.syncs": "https://app.segment.com/goto-my-workspace/warehouses/wh_main/overview",
        "permission/groups": "https://app.segment.com/goto-my-workspace/settings/access-management",
        "permission/roles": "https://app.segment.com/goto-my-workspace/settings/access-management",
        "sync/destinations": "https://app.segment.com/goto-my-workspace/destinations",
        "automation/transformations": "",
    },
    "mailchimp": {
        "field/Newsletter": "https://us19.admin.mailchimp.com/lists/settings/merge-tags?id=101",
        "template/templates Monthly": "https://us19.admin.mailchimp.com/templates/edit?id=501",
        "platform/domains": "https://us19.admin.mailchimp.com/account/domains/",
        "platform/account": "https://us19.admin.mailchimp.com/account/profile/",
    },
    "jira": {
        "platform/site": "https://example.atlassian.net/secure/admin/ViewApplicationProperties.jspa",
        "permission/users": "",
    },
    "asana": {
        "permission/workspace-members": "https://app.asana.com/admin/1200000000000001",
        "permission/roles": "https://app.asana.com/admin/1200000000000001",
        "platform/workspace": "https://app.asana.com/admin/1200000000000001",
    },
    "contentful": {
        "field/landingPage title": "https://app.contentful.com/spaces/northwind0001/environments/master/content_types"
        "/landingPage/fields",
        "schema/editor-interfaces landingPage": "https://app.contentful.com/spaces/northwind0001/environments/master"
        "/content_types/landingPage/fields",
        "sync/hook01.calls": "https://app.contentful.com/spaces/northwind0001/settings/webhooks/hook01",
    },
    "directus": {
        "permission/access": "https://account.test/admin/settings/policies",
        "permission/permissions": "https://account.test/admin/settings/policies",
        "automation/operations": "https://account.test/admin/settings/flows",
        "platform/server": "https://account.test/admin/settings/project",
    },
    "account-engagement": {
        "field/form-1201 email": "https://account.test/form/read/id/1201",
        "template/prospects.forms form-1201": "https://account.test/form/read/id/1201",
        "automation/programs 2201": "https://account.test/engagementStudio/studio#/2201/reporting",
        "platform/tracker-domains go.example.com": "https://account.test/trackerDomain/read/id/9001",
    },
    "airbyte": {
        "permission/0a7c4b1e-org": "https://cloud.airbyte.com/organization/0a7c4b1e-org",
        "schema/src-hubspot.streams": "https://cloud.airbyte.com/workspaces/9e2b-trial/source/src-hubspot",
        "field/src-hubspot": "https://cloud.airbyte.com/workspaces/9e2b-trial/source/src-hubspot",
        "platform/9e2b-trial.connectors": "https://cloud.airbyte.com/workspaces/9e2b-trial",
        "sync/con-hubspot contacts": "https://cloud.airbyte.com/workspaces/9e2b-trial/connections/con-hubspot",
    },
    "airflow": {
        "sync/components": "https://account.test/",
        "platform/version": "https://account.test/",
        "permission/users": "https://account.test/auth/users/list/",
        "permission/roles": "https://account.test/auth/roles/list/",
    },
    "superset": {"automation/reports": "https://account.test/report/list/"},
    "hootsuite": {
        "permission/teams": "https://hootsuite.com/dashboard#/member",
        "permission/members": "https://hootsuite.com/dashboard#/member",
    },
    "pipedrive": {"permission/users admin-01@example.com": "https://app.pipedrive.com/users/edit/1"},
    "wordpress": {
        "platform/site": "https://www.example.com/wp-admin/options-general.php",
        "field/post": "https://www.example.com/wp-admin/edit.php?post_type=post",
        "field/taxonomy.category": "https://www.example.com/wp-admin/edit-tags.php?taxonomy=category",
        "field/users": "https://www.example.com/wp-admin/users.php",
    },
    "metabase": {"platform/server": "https://account.test/admin/settings"},
    "meta-ads": {
        "permission/100200300.people": "https://business.facebook.com/settings/ad-accounts/100200300",
        "sync/delivery 100200300": "https://adsmanager.facebook.com/adsmanager/manage/campaigns?act=100200300",
        "sync/conversions-fired": "https://business.facebook.com/events_manager2/custom_conversions",
        "automation/rules": "https://www.facebook.com/ads/manager/rules/management?act=100200300",
        "sync/audiences-filled": "https://adsmanager.facebook.com/adsmanager/audiences?act=100200300",
    },
    "looker": {
        "schema/models marketing": "https://example.cloud.looker.com/projects/looker",
        "field/marketing/leads leads.id": "https://example.cloud.looker.com/explore/marketing/leads",
    },
    "google-ads": {
        "schema/campaigns 701": "https://ads.google.com/aw/campaigns?campaignId=701",
        "template/lead-forms": "https://ads.google.com/aw/assetreport/associations/leadform",
        "schema/labels": "",
    },
    "ga4": {
        "permission/300400.people": "https://analytics.google.com/analytics/web/#/a100200p300400/admin"
        "/suiteusermanagement/property",
        "schema/300400.streams 500601": STREAM,
        "automation/500601.event-rules": STREAM,
        "automation/500601.event-edits": STREAM,
        "platform/500601.measurement": STREAM,
        "platform/500601.redaction": STREAM,
        "permission/account-people": "",
    },
    "tag-manager": {"permission/people": "https://tagmanager.google.com/#/admin/?accountId=600700"},
    "census": {
        "platform/destinations": "https://app.getcensus.com/destinations",
        "platform/sources": "https://app.getcensus.com/sources",
        "schema/datasets": "",
    },
    "marketo": {"field/736.form": "", "permission/users": ""},
    "salesforce": {
        "platform/limits": "https://account.test/lightning/setup/SystemOverview/home",
        "platform/api": "https://account.test/lightning/setup/ReleaseUpdates/home",
    },
    "dynamics": {
        "permission/roles": "https://account.test/main.aspx?pagetype=entitylist&etn=role",
        "automation/processes flow-2": "https://account.test/main.aspx?pagetype=entitylist&etn=workflow",
        "automation/processes flow-1": "https://make.powerautomate.com/environments/env-northwind-01/flows/flow-1",
        "automation/steps": "https://account.test/main.aspx?pagetype=entitylist&etn=sdkmessageprocessingstep",
        "sync/endpoints": "https://account.test/main.aspx?pagetype=entitylist&etn=serviceendpoint",
        "sync/jobs": "https://account.test/main.aspx?pagetype=entitylist&etn=asyncoperation",
        "platform/solutions": "https://account.test/main.aspx?pagetype=entitylist&etn=solution",
        "schema/tables": "",
        "schema/tables lead": "https://make.powerapps.com/environments/env-northwind-01/entities",
    },
    "hubspot": {
        "schema/objects p62114207_event_registrations": "https://app.hubspot.com/property-settings/62114207/properties"
        "?type=2-4400101",
        "schema/contacts.groups": "https://app.hubspot.com/property-settings/62114207/properties?type=0-1",
        "field/contacts.validations": "https://app.hubspot.com/property-settings/62114207/properties?type=0-1",
        "permission/roles": "https://app.hubspot.com/settings/62114207/users",
        "permission/teams": "https://app.hubspot.com/settings/62114207/users",
        "sync/imports": "https://app.hubspot.com/import/62114207",
        "platform/account": "https://app.hubspot.com/account-and-billing/62114207",
    },
}


@pytest.mark.parametrize("name", PAGES)
async def test_what_a_vendor_has_leads_to_its_own_page(name: str) -> None:
    async with Contract(ALL[name]) as made:
        found = await led(made)
    assert {place: found.get(place) for place in PAGES[name]} == PAGES[name]


async def test_where_marketo_is_opened_is_told_by_its_assets_and_by_an_option() -> None:
    given = {**options("marketo"), "app": "https://app-sj01.marketo.com"}
    async with contract.Contract(ALL["marketo"], account, given) as made:
        found = await led(made)
    assert found["field/736.form"] == found["template/736.uses"] == "https://app-sj01.marketo.com/#FO736A1"


async def led(made: contract.Contract) -> dict[str, str]:
    """Where each list and each row leads."""
    _, scopes, _ = await made.world.poll()
    found = {f"{ref.kind}/{ref.name}": scope.link for ref, scope in scopes.items()}
    for ref, scope in scopes.items():
        found |= {f"{ref.kind}/{ref.name} {row.key}": row.evidence.get("link", "") for row in scope.resources}
    return found
