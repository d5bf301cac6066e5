"""What is read of a HubSpot account, list by list."""

from __future__ import annotations

from typing import Final

from probes.kit.contract import Kind
from probes.kit.listing import Listing, keep

from .associations import associations
from .emails import SORTS, emails
from .imports import COUNTS, STATES, imports
from .limits import limits
from .names import AFTER, CAMPAIGN, NAMES, V
from .properties import CHANGED, properties
from .segments import segments
from .workflows import workflows

HOURLY: Final = 3600.0
SLOW: Final = 6 * HOURLY
APP: Final = "https://app.hubspot.com"
OF_OBJECT: Final = f"{APP}/property-settings/{{account}}/properties?type={{parent.id}}"
PEOPLE: Final = f"{APP}/settings/{{account}}/users"
ANY_OBJECT: Final = ("crm.objects.products.read", "*")  # any right to read records; what it shows of others is not told

LISTINGS: Final = (
    Listing(
        name="objects", kind=Kind.SCHEMA, path=f"/crm-object-schemas/{V}/schemas", params={"archived": "false"},
        records="results", key="fullyQualifiedName", id="objectTypeId", evidence=CHANGED, always=("label",),
        needs=("crm.schemas.custom.read",),
        facts=keep("description archived", label="labels.singular", plural_label="labels.plural",
                   primary_field="primaryDisplayProperty", required_fields="requiredProperties",
                   searchable_fields="searchableProperties", x_secondary="secondaryDisplayProperties",
                   x_sensitive="allowsSensitiveProperties",
                   x_linked="associations[].join('/', [fromObjectTypeId, toObjectTypeId])"),
        unordered=("x_linked",), link=f"{APP}/property-settings/{{account}}/properties?type={{id}}",
    ),
    properties("properties", "options.objects"),
    properties("custom-properties", "objects"),
    Listing(
        name="groups", kind=Kind.SCHEMA, for_each="options.objects", scope="{parent.key}.groups",
        path=f"/crm/properties/{V}/{{parent.key}}/groups", records="results", key="name", always=("label",),
        facts=keep("label archived"), needs=("crm.schemas.{parent.key}.read",), link=OF_OBJECT,
    ),
    Listing(
        name="validations", kind=Kind.FIELD, for_each="options.objects", scope="{parent.key}.validations",
        path=f"/crm/property-validations/{V}/{{parent.id}}", records="results", key="propertyName",
        needs=("crm.schemas.{parent.key}.read",),
        facts=keep(rules="propertyValidationRules[]"
                   ".{rule: ruleType, arguments: ruleArguments, normalized: shouldApplyNormalization}"), link=OF_OBJECT,
    ),
    Listing(
        name="pipelines", kind=Kind.SCHEMA, for_each="options.pipelines", scope="{parent.key}.pipelines",
        path=f"/crm/pipelines/{V}/{{parent.key}}", records="results", key="id", evidence={"at": "updatedAt"},
        needs=("crm.schemas.{parent.key}.read",), always=("label",),
        link="https://app.hubspot.com/pipelines-settings/{account}/object/{parent.id}/{key}",
        facts=keep("label archived", stages="sort_by(stages, &not_null(displayOrder, `-1`))[]"
                   ".{id: id, label: label, closed: metadata.isClosed, probability: metadata.probability,"
                   " archived: archived}"),
    ),
    Listing(
        name="users", kind=Kind.PERMISSION, path="/settings/users/v3", records="results", paging=AFTER, key="email",
        person=True, id="id", always=("admin",), needs=("settings.users.read",),
        facts=keep(admin="superAdmin", roles="roleIds", team="primaryTeamId", teams="secondaryTeamIds",
                   seats="seatNames"),
        link="https://app.hubspot.com/settings/{account}/users/user/{id}",
    ),
    Listing(
        name="roles", kind=Kind.PERMISSION, path="/settings/v3/users/roles", records="results",
        facts=keep(label="name", x_billing="requiresBillingWrite"), always=("label",),
        needs=("settings.users.read",), link=PEOPLE,
    ),
    Listing(
        name="teams", kind=Kind.PERMISSION, path="/settings/v3/users/teams", records="results",
        facts=keep(label="name", members="[userIds, secondaryUserIds][][]"), always=("label",),
        needs=("settings.users.teams.read",), link=PEOPLE,
    ),
    Listing(
        name="imports", kind=Kind.SYNC, fetch=imports, per_fetch=3, records="results", key="name",
        facts=keep(native_type="source"), health={name: name for name in COUNTS}, needs=("crm.import",),
        states=STATES, link=f"{APP}/import/{{account}}",
    ),
    Listing(
        name="workflows", kind=Kind.AUTOMATION, fetch=workflows, per_fetch=2, records="results",
        facts=keep("reads writes opaque", label="name", active="isEnabled", native_type="flowType",
                   object="objectTypeId", suppressions="suppressionListIds", enrolments="segments",
                   x_from_salesforce="canEnrollFromSalesforce"),
        evidence={"at": "updatedAt"}, always=("active",), needs=("automation",),
        link="https://app.hubspot.com/workflows/{account}/platform/flow/{key}/edit",
    ),
    Listing(
        name="segments", kind=Kind.AUTOMATION, fetch=segments, per_fetch=2, records="results", key="listId",
        facts=keep("reads criteria", label="name", native_type="processingType", object="objectTypeId"),
        evidence=CHANGED | {"by": "updatedById"}, always=("native_type",), needs=("crm.lists.read",),
        link="https://app.hubspot.com/contacts/{account}/objectLists/{key}/filters",
    ),
    Listing(
        name="forms", kind=Kind.TEMPLATE, path="/marketing/v3/forms", records="results", paging=AFTER,
        facts=keep("archived", label="name", native_type="formType", fields="fieldGroups[].fields[].name",
                   consent="legalConsentOptions", x_required="fieldGroups[].fields[?required][].name"),
        unordered=("x_required",), evidence={"at": "updatedAt"}, always=("archived",), needs=("forms",),
        link="https://app.hubspot.com/forms/{account}/editor/{key}/edit/form",
    ),
    Listing(
        name="account", kind=Kind.PLATFORM, path=f"/account-info/{V}/details", key="'account'", every=HOURLY,
        single=True,
        facts=keep(plan="accountType", timezone="timeZone", currency="companyCurrency",
                   currencies="additionalCurrencies", domain="uiDomain", region="dataHostingLocation"),
        always=("timezone",), link=f"{APP}/account-and-billing/{{account}}",
    ),
    Listing(
        name="usage", kind=Kind.PLATFORM, path=f"/account-info/{V}/api-usage/daily/private-apps",
        records="results", key="name", facts=keep(maximum="usageLimit"), every=HOURLY,
    ),
    Listing(
        name="library", kind=Kind.SCHEMA, path=f"/crm/object-library/{V}/enablement", every=SLOW,
        records="enablementByObjectTypeId.*", key='"@path"[0]', facts=keep(enabled="value", label='"@path"[0]'),
        words={"label": NAMES}, always=("enabled",), needs=ANY_OBJECT,
    ),
    Listing(
        name="associations", kind=Kind.SCHEMA, fetch=associations, per_fetch=6, every=HOURLY, records="results",
        key="[from, to, label]", id="join('/', [from, to, to_string(id)])", always=("target",), needs=ANY_OBJECT,
        facts=keep("label", target="to", x_from="from", x_most="most"),
    ),
    Listing(
        name="owners", kind=Kind.PERMISSION, path=f"/crm/owners/{V}", params={"archived": "false"}, every=HOURLY,
        records="results", paging=AFTER, where="!userId", key="email || id", person=True, id="id",
        always=("user_type",),
        needs=("crm.objects.owners.read",),
        facts=keep(user_type="type", team="teams[?primary] | [0].id", teams="teams[?!primary].id"),
    ),
    Listing(
        name="emails", kind=Kind.TEMPLATE, fetch=emails, per_fetch=len(SORTS), every=SLOW, records="results",
        evidence={"at": "updatedAt", "by": "updatedById"}, always=("active",), needs=("content",),
        unordered=("x_segments", "x_excluded"),
        facts=keep("subject fields archived", label="name", native_type="type", active="isPublished",
                   consents="[subscriptionDetails.subscriptionId][?@]", x_sender="sender", x_language="language",
                   x_domain="activeDomain", x_campaign="campaign", x_mode="emailTemplateMode",
                   x_transactional="isTransactional", x_unit="businessUnitId", x_segments="include",
                   x_excluded="exclude"),
        link="https://app.hubspot.com/email/{account}/edit/{key}/settings",
    ),
    Listing(
        name="campaigns", kind=Kind.TEMPLATE, path=f"/marketing/campaigns/{V}", params={"properties": CAMPAIGN},
        every=HOURLY, records="results", paging=AFTER, evidence={"at": "updatedAt"}, always=("x_name",),
        needs=("marketing.campaigns.read",),
        facts=keep(label="properties.hs_name", x_name="properties.hs_name", x_utm="properties.hs_utm",
                   x_status="properties.hs_campaign_status", x_starts="properties.hs_start_date",
                   x_ends="properties.hs_end_date", x_currency="properties.hs_currency_code",
                   x_units="businessUnits[].id"),
        unordered=("x_units",), link="https://app.hubspot.com/marketing/{account}/campaigns/{key}",
    ),
    Listing(
        name="subscriptions", kind=Kind.TEMPLATE, path=f"/communication-preferences/{V}/definitions", every=SLOW,
        records="results", evidence={"at": "updatedAt"}, always=("active",),
        needs=("communication_preferences.read",),
        facts=keep("description", label="name", active="isActive", x_purpose="purpose",
                   x_method="communicationMethod", x_default="isDefault", x_internal="isInternal",
                   x_unit="businessUnitId"),
    ),
    Listing(
        name="limits", kind=Kind.PLATFORM, for_each="options.limits", fetch=limits, every=SLOW, records="results",
        scope="{parent.key}.limits", key="name", facts=keep(maximum="limit"), always=("maximum",),
        evidence={"used": "usage"}, needs=ANY_OBJECT,
    ),
)  # fmt: skip
