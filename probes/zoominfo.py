"""ZoomInfo, GTM API: Platform and Data, v1. https://docs.zoominfo.com/docs/overview

Least grants: an app of the developer portal with client credentials and the scopes api:gtm-data-model:read,
api:workflows:read, api:entitlement:read, api:data:lookup, api:audience:read and api:agent-teams:read. A token is asked
for with all of them: an app that has fewer names its own in the option `scopes`. What a scope lacks is refused (403).

Where the facts are from: the OpenAPI documents that the vendor publishes (Platform, Data, GTM Studio and Agent API V1,
of the GTM API) for every path, scope, parameter and key; its pages on the client credentials flow (a token from
okta-login.zoominfo.com) and on rate limits (25 a second, 54,000 an hour in the Standard package). Answers are JSON:API.
Entitlements are asked for by type, each of the ten alone, since both filters are mandatory; an entitlement's `value` is
"Y" where it is granted, or a number that limits it: who may export, and how much, stands there. Not verified: the words
of `dataType`; whether entitlements are those of the app's user alone; whether the app may ask for fewer scopes; whether
reading workflows takes the scope that executes them, which their document names beside (it is not asked for).

`look`: an audience of GTM Studio, by its id (404 where "no audience matches"), and a team of agents. Of entities,
fields, entitlements, workflows and limits there are lists alone. `who` is not offered: no answer is a trail of changes;
an audience and its columns name who changed them last.

The page of what is used is known from public code alone. Of entitlements, entities, fields, workflows, audiences and
teams of agents no address was found: not one of a single thing, nor of the page that lists them.

Not to be had: who the users are and what each exported, which integration wrote where, how a workflow ran (its
executions are told by their own id alone). Not read: what an administrator is entitled to (refused to any other user),
rows and search criteria of audiences, audiences of ZoomInfo Marketing, what Copilot is told of one's company, personas
and products, runs of agents. Never asked: searches and enrichment, which cost credits, and the execution of workflows.
Of what is used up only limits are kept; of what a column of an audience asks of an AI a digest alone.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import ClientCredentials, Scheme
from probes.kit.coded import made, once
from probes.kit.contract import Absent, Kind, Malformed, Ref, Rejected, Unsupported, Vantage
from probes.kit.errors import Errors, not_found
from probes.kit.limiter import Limit
from probes.kit.listing import Found, Listing, OptionSpec, Vendor, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

HOURLY = 3600.0
MODEL, FLOWS, RIGHTS = "api:gtm-data-model:read", "api:workflows:read", "api:entitlement:read"
LOOKUP, AUDIENCES, TEAMS = "api:data:lookup", "api:audience:read", "api:agent-teams:read"
ROLE_TYPES = ("feature", "integration", "data", "dataset_detail", "action", "intent", "limit", "info", "signal",
              "vertical_dataset")  # fmt: skip
_TYPES = {
    "string": "text", "text": "long_text", "integer": "integer", "number": "decimal", "double": "decimal",
    "boolean": "boolean", "date": "date", "datetime": "datetime", "picklist": "option", "multipicklist": "multi_option",
    "reference": "reference", "json": "json",
}  # fmt: skip
TYPES = {**_TYPES, **{word.upper(): ours for word, ours in _TYPES.items()}, "*": "any"}
COLUMNS = {
    "TEXT": "text", "LARGE_TEXT": "long_text", "BOOLEAN": "boolean", "CHECKBOX": "boolean", "DATE": "date",
    "INTEGER": "integer", "DECIMAL": "decimal", "PERCENT": "percent", "CURRENCY": "currency", "EMAIL": "email",
    "PHONE": "phone", "URL": "url", "PICKLIST": "option", "MULTIPICKLIST": "multi_option", "REFERENCE": "reference",
    "OBJECT": "json", "MARKUP": "html", "OPAQUE_IDENTIFIER": "id", "ORDINAL_IDENTIFIER": "id", "ZI_CONTACT_ID": "id",
    "ZI_COMPANY_ID": "id", "*": "any",
}  # fmt: skip
LISTED = {
    Ref(Kind.SCHEMA, "audiences"): "studio/v1/audiences",
    Ref(Kind.AUTOMATION, "agent-teams"): "agent/v1/agent-teams",
}


async def identity(api: Client) -> Vantage:
    """Nothing names the account of an app: it is known by the name that the integration gives it."""
    await api.ask(Ask("/platform/v1/metadata/entities"))
    name = str(api.options["account"])
    return Vantage(account=name, account_name=name, subject="API app", grants=frozenset(), api_version="GTM v1")


@once
async def entitlements(api: Client) -> Answer:
    """Those of all types. One request tells one type, and none where the type is not named."""
    rows: list[Any] = []
    for word in ROLE_TYPES:
        asked = {"filter[admin]": "false", "filter[roleType]": word}
        told = (await api.ask(Ask("/platform/v1/entitlements", asked))).value("data")
        if not isinstance(told, list):
            raise Malformed(f"the answer on entitlements of the type {word} has no data")
        rows += told
    return made({"data": rows})


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """An audience or a team of agents, by its id."""
    if ref not in LISTED:
        raise Unsupported(f"ZoomInfo is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    try:
        return Found(ref.name, (await api.ask(Ask(f"/{LISTED[ref]}/{quote(key, safe='')}"))).value("data"))
    except Rejected as fault:
        if not_found(fault):
            return Absent("404")
        raise


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
                extra={"scope": str(given.options["scopes"])},
            ),
            note="developer.zoominfo.com > Apps > New app > Client credentials, with the scopes under grants.",
        )
    },
    options={
        "account": OptionSpec(default="account", says="a name for the account, which no answer tells"),
        "scopes": OptionSpec(
            default=" ".join((MODEL, FLOWS, RIGHTS, LOOKUP, AUDIENCES, TEAMS)),
            says="scopes that a token is asked for with; of an app that has fewer, those that it has",
        ),
        "login": OptionSpec(default="https://okta-login.zoominfo.com", says="where tokens are given"),
    },
    errors=Errors(
        failed="errors", code="errors[0].status || errors[0].code", message="detail || errors[0].detail || title",
    ),
    limits={"default": Limit(key="{integration}", rate=5, per=1, concurrency=2)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    look=look,
    absent="404, which the Agent and GTM Studio APIs of docs.zoominfo.com tell of an id that nothing matches; a scope "
    "that lacks is a 403",
    grants={
        MODEL: "developer.zoominfo.com > the app > Scopes: read the GTM data model",
        FLOWS: "developer.zoominfo.com > the app > Scopes: read workflows",
        RIGHTS: "developer.zoominfo.com > the app > Scopes: read entitlements",
        AUDIENCES: "developer.zoominfo.com > the app > Scopes: read audiences",
        TEAMS: "developer.zoominfo.com > the app > Scopes: read teams of agents",
        LOOKUP: "developer.zoominfo.com > the app > Scopes: lookup, for what is used of each limit",
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
            name="entitlements", kind=Kind.PERMISSION, fetch=entitlements, per_fetch=len(ROLE_TYPES), records="data",
            key="[attributes.roleType, attributes.roleCode]", id="id", always=("x_value",), needs=(RIGHTS,),
            every=HOURLY,
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
            name="agent-teams", kind=Kind.AUTOMATION, path="/agent/v1/agent-teams", records="data", id="id", key="id",
            paging=Paging(style="page", into="page[number]", size=100, size_into="page[size]", total="meta.totalCount"),
            params={"sort": "name"}, every=HOURLY, always=("active",), needs=(TEAMS,), unordered=("x_triggers",),
            facts=keep(label="attributes.name", description="attributes.description", active="attributes.active",
                       x_triggers="attributes.triggers"),
            evidence={"at": "meta.updatedAt", "ran": "meta.lastRunDate"},
        ),
        Listing(
            name="audiences", kind=Kind.SCHEMA, path="/studio/v1/audiences", records="data", id="id", key="id",
            paging=Paging(style="page", into="page[number]", size=100, size_into="page[size]", total="meta.total"),
            params={"sort": "name"}, every=HOURLY, always=("native_type",), needs=(AUDIENCES,),
            facts=keep(label="attributes.name", description="attributes.description", native_type="attributes.type",
                       group="attributes.folderName", x_origin="attributes.origin"),
            evidence={"at": "meta.updatedAt", "by": "meta.updatedByName"},
        ),
        Listing(
            name="columns", kind=Kind.FIELD, for_each="audiences", scope="audience-{parent.key}", id="id", key="id",
            path="/studio/v1/audiences/{parent.id}", records="data.attributes.columns", every=6 * HOURLY,
            words={"type": COLUMNS}, always=("x_source",), needs=(AUDIENCES,),
            facts=keep(label="attributes.name", type="attributes.dataType", native_type="attributes.dataType",
                       x_source="attributes.columnType", x_exportable="attributes.isExportable",
                       x_tool="attributes.tool", x_prompt_digest="digest(attributes.prompt)"),
            evidence={"at": "meta.updatedAt", "by": "meta.updatedByName"},
        ),
        Listing(
            name="limits", kind=Kind.PLATFORM, path="/data/v1/users/usage", records="data.0.attributes.usage",
            key="limitType", every=HOURLY, facts=keep(label="description", maximum="totalLimit"), always=("maximum",),
            evidence={"left": "usageRemaining"}, needs=(LOOKUP,),
            link="https://admin.zoominfo.com/#/api-and-webhooks",
        ),
    ),
)  # fmt: skip
