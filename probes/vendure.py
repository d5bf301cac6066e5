"""Vendure, a self-hosted commerce server, Admin API (GraphQL) of version 3. https://docs.vendure.io/reference/graphql-api/admin

Least grants: an administrator of its own with a role that has what stands under `grants`, in the default channel. What
the role lacks is refused (FORBIDDEN) as a whole, but for the list of roles: those that may do more than who asks, in
any of their channels, are left out of it with a 200 (RoleService.activeUserCanReadRole of its source). Only a super
admin sees all, so that a role which leaves the list of anybody else is held for a person. A session that has ended is
nobody: then everything is FORBIDDEN, and `me` is null, by which the two are told apart.

Where the facts are from: the Admin API's schema that the vendor publishes (schema-admin.json of vendurehq/vendure),
against which every query here was held when it was written; its docs for bearer tokens, which come in the header
`vendure-auth-token` of a sign-in and live as long as `sessionDuration` (a year by default). Lists come as
`{items, totalItems}`, 100 at once. Not verified: the codes of errors beside FORBIDDEN.

Deep links: the routes of the dashboard in the vendor's repository (packages/dashboard), under /dashboard of the server,
as its guides set it up; a server that has it elsewhere, or the older Admin UI alone, is not led to. No address found:
custom fields and the states of orders, which are in code and have no page.

No `look`: one thing is asked for by its id, and what has none is null, as a role is that one may not see. No `who`: the
Admin API has no log of changes but of orders and customers; rows have the mark of their last change, without who made
it.

Custom fields are in code: what is seen is what the running server was started with, internal ones left out by the
server. Not to be had: who changed something, webhooks (a plugin's matter). Not read: products, promotions (offers,
which come and go as products do), customers, orders, tokens of channels, data and results of jobs, arguments of payment
handlers, which hold keys: a digest leaves here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client, listed
from probes.kit.auth import Credentials, Exchange, Scheme, bearer
from probes.kit.coded import made, once
from probes.kit.contract import Expired, Kind, Malformed, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Fetch, Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

HOURLY = 3600.0
SIZE: Final = 100
MOST: Final = 100  # pages of a list
DASHBOARD: Final = "{options.url}/dashboard"
SUPER, ALL = "__super_admin_role__", "SuperAdmin"  # a role, and the permission that makes it one
CHANGED: Final = {"at": "updatedAt"}
TYPES = {
    "string": "text", "localeString": "text", "text": "long_text", "localeText": "long_text", "int": "integer",
    "float": "decimal", "boolean": "boolean", "datetime": "datetime", "relation": "reference", "struct": "json",
    "list": "json", "options": "option", "many options": "multi_option", "*": "any",
}  # fmt: skip
_TEXT: Final = "length pattern options { value label { languageCode value } }"
FIELDS: Final = (
    "query Fields { globalSettings { serverConfig { entityCustomFields { entityName customFields { "
    "... on CustomField { name type list label { languageCode value } readonly nullable requiresPermission "
    "deprecated deprecationReason } "
    f"... on StringCustomFieldConfig {{ {_TEXT} }} ... on LocaleStringCustomFieldConfig {{ length pattern }} "
    "... on IntCustomFieldConfig { least: min most: max } ... on FloatCustomFieldConfig { lowest: min highest: max } "
    "... on RelationCustomFieldConfig { entity } } } } } }"
)
SERVER: Final = (
    "query Server { globalSettings { availableLanguages trackInventory "
    "serverConfig { permittedAssetTypes orderProcess { name to } } } }"
)
ROLES: Final = "items { id updatedAt code description permissions channels { code } } totalItems"
PEOPLE: Final = "items { id updatedAt emailAddress user { verified roles { code } } } totalItems"
CHANNELS: Final = (
    "items { id updatedAt code defaultLanguageCode availableLanguageCodes defaultCurrencyCode availableCurrencyCodes "
    "pricesIncludeTax trackInventory } totalItems"
)
METHOD: Final = "code args { name value }"
PAYMENT: Final = f"items {{ id updatedAt code name enabled handler {{ {METHOD} }} }} totalItems"
SHIPPING: Final = f"items {{ id updatedAt code name fulfillmentHandlerCode calculator {{ {METHOD} }} }} totalItems"
TASKS: Final = (
    "query Tasks { scheduledTasks { id description schedule enabled isRunning lastExecutedAt nextExecutionAt } }"
)
QUEUES: Final = "query Queues { jobQueues { name running } }"


async def sign_in(credentials: Credentials) -> Ask:
    name, password = await credentials.get("user"), await credentials.get("password")
    query = (
        "mutation SignIn($name: String!, $password: String!) { login(username: $name, password: $password) "
        "{ ... on CurrentUser { id } ... on ErrorResult { errorCode message } } }"
    )
    return Ask(
        str(credentials.options["path"]), body={"query": query, "variables": {"name": name, "password": password}}
    )


class Session(Exchange):
    """A sign-in whose token comes in a header."""

    async def accept(self, api: Client, answer: Answer) -> None:
        if wrong := answer.value("data.login.errorCode"):
            raise Expired(f"the sign-in is refused: {wrong}", code=str(wrong))
        token = answer.headers.get("vendure-auth-token", "")
        await super().accept(api, made({"access_token": token}))


async def told(api: Client, operation: str, query: str, **variables: Any) -> Any:
    """What an operation gives, under `data`."""
    body = {"operationName": operation, "query": query, "variables": variables}
    return (await api.ask(Ask(str(api.options["path"]), body=body))).value("data")


async def identity(api: Client) -> Vantage:
    """Who is signed in, and what is allowed in the default channel."""
    query = "query Me { me { identifier channels { code permissions } } activeChannel { code } }"
    found: dict[str, Any] = await told(api, "Me", query)
    me, here = found.get("me"), found["activeChannel"]["code"]
    if not me:
        raise Expired("nobody is signed in: the session has ended", code="session")
    grants = frozenset(
        str(p) for one in listed(me, "channels") if one["code"] == here for p in listed(one, "permissions")
    )
    return Vantage(
        account=api.base.partition("//")[2].rstrip("/"),
        subject=str(me["identifier"]),
        grants=grants,
        api_version="3",
        silent=frozenset() if ALL in grants else frozenset({Kind.PERMISSION}),
    )


def every(operation: str, name: str, items: str) -> Fetch:
    """A list with all its pages; held to its count."""
    query = f"query {operation}($skip: Int!) {{ {name}(options: {{ take: {SIZE}, skip: $skip }}) {{ {items} }} }}"

    @once
    async def fetch(api: Client) -> Answer:
        rows: list[Any] = []
        total = None
        for _ in range(MOST):
            page = (await told(api, operation, query, skip=len(rows)) or {}).get(name)
            if not isinstance(page, dict) or not isinstance(page.get("items"), list):
                raise Malformed(f"{name} has no items")
            rows, total = rows + page["items"], page["totalItems"]
            if not page["items"] or len(rows) >= total:
                break
        if len(rows) != total:
            raise Malformed(f"{name}: {len(rows)} rows of {total}", code="short")
        return made({"rows": rows})

    return fetch


def asked(operation: str, query: str) -> Fetch:
    """What one operation gives."""

    @once
    async def fetch(api: Client) -> Answer:
        return made(await told(api, operation, query))

    return fetch


@once
async def entities(api: Client) -> Answer:
    """What custom fields each entity has."""
    found = await told(api, "Fields", FIELDS)
    try:
        rows = found["globalSettings"]["serverConfig"]["entityCustomFields"]
        fields = [
            {**field, "of": one["entityName"], "kind": kind(field)} for one in rows for field in one["customFields"]
        ]
    except (KeyError, TypeError):
        raise Malformed("the answer has no entityCustomFields") from None
    return made({"entities": rows, "fields": fields})


def kind(field: Mapping[str, Any]) -> str:
    if field.get("options"):
        return "many options" if field.get("list") else "options"
    return "list" if field.get("list") else str(field["type"])


VENDOR = Vendor(
    name="vendure",
    title="Vendure",
    docs="https://docs.vendure.io/reference/graphql-api/admin",
    base="{options.url}",
    hosts=("{base}",),
    schemes={
        "login": Scheme(
            fields=("user", "password"), build=lambda given: Session(given, sign_in, ttl="", lifetime=3600.0),
            note="Settings > Administrators > New, with a role of its own; the server's tokenMethod must have bearer.",
        ),
        "token": bearer("A token that a sign-in has given in its header vendure-auth-token; sessionDuration ends it."),
    },
    options={
        "url": OptionSpec(default="", says="address of the server"),
        "path": OptionSpec(default="/admin-api", says="path of its Admin API"),
    },
    errors=Errors(
        failed="errors", code="errors[0].extensions.code", message="errors[0].message",
        faults={"FORBIDDEN": "denied", "UNAUTHENTICATED": "expired", "GRAPHQL_VALIDATION_FAILED": "rejected",
                "BAD_USER_INPUT": "rejected", "INTERNAL_SERVER_ERROR": "unreachable"},
    ),
    limits={"default": Limit(key="{host}", rate=5, per=1, concurrency=2)},
    reads=("/*", "/*/*"),
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    grants={
        "ReadSettings": "Settings > Roles: read settings",
        "ReadAdministrator": "Settings > Roles: read administrators and roles",
        "ReadChannel": "Settings > Roles: read channels",
        "ReadPaymentMethod": "Settings > Roles: read payment methods",
        "ReadShippingMethod": "Settings > Roles: read shipping methods",
        "ReadSystem": "Settings > Roles: read system: queues and scheduled tasks",
    },
    unseen={
        Kind.TEMPLATE: "e-mails of Vendure are files of a plugin",
        Kind.AUTOMATION: "what reacts to events is code of plugins; look into the server's project",
    },
    notes=("A role that may do more than Driftline's own is not shown: its list is whole for a super admin alone.",),
    exempt={"cursor": "its lists are put together from pages, and held to their count, before they become rows"},
    listings=(
        Listing(
            name="entities", kind=Kind.SCHEMA, path="/admin-api", fetch=entities, records="entities", key="entityName",
            facts=keep(x_custom_fields="length(customFields) > `0`"), always=("x_custom_fields",),
            needs=("ReadSettings",),
            also=(
                View(
                    kind=Kind.FIELD, scope_by="of", under="schema/entities", records="fields", key="name",
                    words={"type": TYPES}, always=("type",), needs=("ReadSettings",),
                    facts=keep(
                        "nullable length pattern deprecated", type="kind", native_type="type", read_only="readonly",
                        deprecation="deprecationReason", minimum="least || lowest", maximum="most || highest",
                        references="[entity][?@]", x_labels="label", x_permissions="requiresPermission",
                        options="options[].{value: value}",
                    ),
                    unordered=("x_labels", "x_permissions"),
                ),
            ),
        ),
        Listing(
            name="order-states", kind=Kind.SCHEMA, path="/admin-api", fetch=asked("Server", SERVER), key="name",
            records="globalSettings.serverConfig.orderProcess", facts=keep(label="name", x_to="to"),
            unordered=("x_to",), always=("label",), every=HOURLY, needs=("ReadSettings",),
            also=(
                View(
                    kind=Kind.PLATFORM, scope="server", records="globalSettings", key="'server'", single=True,
                    facts=keep(x_languages="availableLanguages", x_tracks="trackInventory",
                               x_files="serverConfig.permittedAssetTypes"),
                    unordered=("x_languages", "x_files"), always=("x_languages",), needs=("ReadSettings",),
                    link=f"{DASHBOARD}/global-settings",
                ),
            ),
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path="/admin-api", fetch=every("Roles", "roles", ROLES), records="rows",
            key="code", id="id", facts=keep("description", powers="permissions", x_channels="channels[].code"),
            unordered=("x_channels",), always=("powers",), needs=("ReadAdministrator",),
            link=f"{DASHBOARD}/roles/{{id}}", evidence=CHANGED,
        ),
        Listing(
            name="administrators", kind=Kind.PERMISSION, path="/admin-api", records="rows", key="emailAddress", id="id",
            fetch=every("People", "administrators", PEOPLE), person=True, always=("roles",),
            facts=keep(roles="user.roles[].code", admin=f"contains(user.roles[].code, '{SUPER}')",
                       x_verified="user.verified"),
            needs=("ReadAdministrator",), link=f"{DASHBOARD}/administrators/{{id}}", evidence=CHANGED,
        ),
        Listing(
            name="channels", kind=Kind.PLATFORM, path="/admin-api", records="rows", key="code", id="id", every=HOURLY,
            fetch=every("Channels", "channels", CHANNELS), always=("currency",), needs=("ReadChannel",),
            facts=keep(currency="defaultCurrencyCode", currencies="availableCurrencyCodes",
                       x_language="defaultLanguageCode", x_languages="availableLanguageCodes",
                       x_with_tax="pricesIncludeTax", x_tracks="trackInventory"),
            unordered=("x_languages",), link=f"{DASHBOARD}/channels/{{id}}", evidence=CHANGED,
        ),
        Listing(
            name="payment-methods", kind=Kind.PLATFORM, path="/admin-api", records="rows", key="code", id="id",
            fetch=every("Payment", "paymentMethods", PAYMENT), always=("enabled",), every=HOURLY,
            facts=keep("enabled", label="name", x_handler="handler.code", x_settings_digest="digest(handler.args)"),
            needs=("ReadPaymentMethod",), link=f"{DASHBOARD}/payment-methods/{{id}}", evidence=CHANGED,
        ),
        Listing(
            name="shipping-methods", kind=Kind.PLATFORM, path="/admin-api", records="rows", key="code", id="id",
            fetch=every("Shipping", "shippingMethods", SHIPPING), always=("x_handler",), every=HOURLY,
            facts=keep(label="name", x_handler="fulfillmentHandlerCode", x_calculator="calculator.code",
                       x_settings_digest="digest(calculator.args)"),
            needs=("ReadShippingMethod",), link=f"{DASHBOARD}/shipping-methods/{{id}}", evidence=CHANGED,
        ),
        Listing(
            name="tasks", kind=Kind.SYNC, path="/admin-api", fetch=asked("Tasks", TASKS), records="scheduledTasks",
            key="id", facts=keep("schedule enabled", label="description"), always=("enabled",), needs=("ReadSystem",),
            health={"state": "enabled && (isRunning && 'running' || 'waiting') || 'disabled'",
                    "due_at": "enabled && nextExecutionAt || null"},
            states={"running": "running", "disabled": "disabled"}, evidence={"last_run": "lastExecutedAt"},
            link=f"{DASHBOARD}/scheduled-tasks",
        ),
        Listing(
            name="queues", kind=Kind.SYNC, path="/admin-api", fetch=asked("Queues", QUEUES), records="jobQueues",
            key="name", facts=keep(label="name"), always=("label",), needs=("ReadSystem",),
            health={"state": "running && 'running' || 'stopped'"}, states={"running": "ok", "stopped": "paused"},
            link=f"{DASHBOARD}/job-queue",
        ),
    ),
)  # fmt: skip
