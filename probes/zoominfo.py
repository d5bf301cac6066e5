"""ZoomInfo, GTM API: Platform and Data, v1. https://docs.zoominfo.com/docs/overview

Least grants: an app of the developer portal with client credentials and the scopes api:gtm-data-model:read,
api:workflows:read, api:entitlement:read and api:data:lookup. What a scope lacks is refused (403).

Where the facts are from: the OpenAPI documents that the vendor publishes (Platform API V1 and Data API V1, of the GTM
API) for every path, scope and key; its pages on the client credentials flow (a token from okta-login.zoominfo.com) and
on rate limits (25 a second, 54,000 an hour in the Standard package). Answers are JSON:API. An entitlement's `value` is
"Y" where it is granted, or a number that limits it: who may export, and how much, stands there. Not verified: the words
of `dataType`; whether entitlements are those of the app's user alone; whether the app may ask for fewer scopes.

The page of what is used is known from public code alone. Of entitlements, entities, fields and workflows no address was
found.

Not to be had: who the users are and what each exported, which integration wrote where, how a workflow ran. Never asked:
searches and enrichment, which cost credits, and the execution of workflows. Of what is used up only limits are kept.
"""

from __future__ import annotations

from probes.kit.api import Ask, Client
from probes.kit.auth import ClientCredentials, Scheme
from probes.kit.contract import Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

HOURLY = 3600.0
MODEL, FLOWS, RIGHTS = "api:gtm-data-model:read", "api:workflows:read", "api:entitlement:read"
_TYPES = {
    "string": "text", "text": "long_text", "integer": "integer", "number": "decimal", "double": "decimal",
    "boolean": "boolean", "date": "date", "datetime": "datetime", "picklist": "option", "multipicklist": "multi_option",
    "reference": "reference", "json": "json",
}  # fmt: skip
TYPES = {**_TYPES, **{word.upper(): ours for word, ours in _TYPES.items()}, "*": "any"}


async def identity(api: Client) -> Vantage:
    """Nothing names the account of an app: it is known by the name that the integration gives it."""
    await api.ask(Ask("/platform/v1/metadata/entities"))
    name = str(api.options["account"])
    return Vantage(account=name, account_name=name, subject="API app", grants=frozenset(), api_version="GTM v1")


VENDOR = Vendor(
    name="zoominfo",
    title="ZoomInfo",
    docs="https://docs.zoominfo.com/docs/overview",
    base="https://api.zoominfo.com/gtm",
    hosts=("zoominfo.com",),
    headers={"accept": "application/vnd.api+json, application/json"},
    schemes={
        "client": Scheme(
            fields=("client_id", "client_secret"),
            build=lambda given: ClientCredentials(
                given, f"{given.options['login']}/oauth2/default/v1/token", style="basic",
                extra={"scope": f"{MODEL} {FLOWS} {RIGHTS} api:data:lookup"},
            ),
            note="developer.zoominfo.com > Apps > New app > Client credentials, with the scopes under grants.",
        )
    },
    options={
        "account": OptionSpec(default="account", says="a name for the account, which no answer tells"),
        "login": OptionSpec(default="https://okta-login.zoominfo.com", says="where tokens are given"),
    },
    errors=Errors(failed="errors", code="errors[0].code", message="detail || errors[0].detail || title"),
    limits={"default": Limit(key="{integration}", rate=5, per=1, concurrency=2)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    grants={
        MODEL: "developer.zoominfo.com > the app > Scopes: read the GTM data model",
        FLOWS: "developer.zoominfo.com > the app > Scopes: read workflows",
        RIGHTS: "developer.zoominfo.com > the app > Scopes: read entitlements",
        "api:data:lookup": "developer.zoominfo.com > the app > Scopes: lookup, for what is used of each limit",
    },
    grants_told=False,
    weaker="A scope that lacks refuses its whole list (403).",
    unseen={Kind.SYNC: "ZoomInfo's API does not tell what its integrations wrote, or whether they failed"},
    lacks={Kind.TEMPLATE: "ZoomInfo has no templates in this API"},
    notes=(
        "What an account may export is an entitlement of its own: watch the scope `entitlements`.",
        "The Enterprise API (api.zoominfo.com without /gtm) is older and ends; nothing of it is asked.",
    ),
    listings=(
        Listing(
            name="entities", kind=Kind.SCHEMA, path="/platform/v1/metadata/entities", records="data",
            key="attributes.entityName", id="id", always=("label",), needs=(MODEL,),
            facts=keep(label="attributes.displayName", description="attributes.description",
                       x_associations="attributes.associations[].join('/', [associatedEntity, associatedFieldName])"),
            unordered=("x_associations",),
        ),
        Listing(
            name="fields", kind=Kind.FIELD, for_each="entities", records="data", key="attributes.name", id="id",
            path="/platform/v1/metadata/entities/{parent.key}/fields", words={"type": TYPES}, needs=(MODEL,),
            every=HOURLY, always=("type", "required"),
            facts=keep(label="attributes.displayName", description="attributes.description",
                       type="attributes.dataType", native_type="attributes.dataType", required="attributes.required",
                       group="attributes.fieldType", options="attributes.pickListValues[].{value: @}",
                       references="[attributes.reference][?@]"),
        ),
        Listing(
            name="entitlements", kind=Kind.PERMISSION, path="/platform/v1/entitlements", records="data",
            key="[attributes.roleType, attributes.roleCode]", id="id", always=("x_value",), needs=(RIGHTS,),
            facts=keep(label="attributes.roleName", x_value="attributes.value", active="attributes.value != 'N'"),
        ),
        Listing(
            name="workflows", kind=Kind.AUTOMATION, path="/platform/v1/workflows", records="data", id="id",
            paging=Paging(style="page", into="page[number]", size=100, size_into="page[size]", total="meta.totalCount"),
            params={"sort": "name"}, key="id", always=("active",), needs=(FLOWS,),
            facts=keep(label="attributes.name", active="attributes.active", x_on_demand="attributes.runnableOnDemand"),
            evidence={"at": "attributes.lastUpdated"},
        ),
        Listing(
            name="limits", kind=Kind.PLATFORM, path="/data/v1/users/usage", records="data.0.attributes.usage",
            key="limitType", every=HOURLY, facts=keep(label="description", maximum="totalLimit"), always=("maximum",),
            evidence={"left": "usageRemaining"}, needs=("api:data:lookup",),
            link="https://admin.zoominfo.com/#/api-and-webhooks",
        ),
    ),
)  # fmt: skip
