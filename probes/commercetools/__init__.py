"""commercetools Composable Commerce, HTTP API v1. https://docs.commercetools.com/api

Least grants: an API client with the scopes view_types, view_products, view_states, view_orders, view_stores,
view_project_settings, and manage_extensions, manage_subscriptions, view_api_clients (extensions and subscriptions have
no scope to look alone); view_audit_log tells who changed something. What a client lacks is refused as a whole (403
insufficient_scope), never left out of a list.

Where the facts are from: the OpenAPI and RAML that the vendor publishes (commercetools/commercetools-api-reference, v1)
for every path, key and word; its docs for the client credentials flow at another host, auth.<region>. Lists come as
`{limit, offset, count, total, results}` and are asked for in the order of their ids, 500 at once; offsets end at
10,000. A subscription tells its own health, and ManuallySuspended is somebody's doing. Not verified: whether the
client's own entry may be read without view_api_clients (its scopes are then not told). Texts are by language: they are
kept as maps.

Deep links: how the Merchant Center's host is formed of the region is in its docs; its pages were found only in public
code, the commands and tests of the vendor's own application kit for it. An attribute leads to its product type; of
stores, channels and API clients there are the lists. No address found: types, states, extensions, subscriptions.

Not to be had: deliveries of an extension, users of the Merchant Center and their teams, whose ids alone the change
history names, and more than the last mark of extensions and subscriptions, which it does not have. Not read: products,
carts, orders, customers, custom values, secrets of destinations: their host or kind and a digest leave here.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.auth import ClientCredentials, Scheme
from probes.kit.contract import Denied, Kind, Rejected, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

from .asked import look, who
from .told import PAGES, SORTED, clients, products, types

HOURLY = 3600.0
HERE: Final = "/{options.project}"
CENTER: Final = "https://mc.{options.region}.commercetools.com/{options.project}/settings"
MARK: Final = {"at": "lastModifiedAt", "by": "lastModifiedBy.externalUserId || lastModifiedBy.clientId"}
# Field types of types (capital letters) and of product types.
TYPES = {
    "boolean": "boolean", "string": "text", "text": "text", "localizedstring": "json", "ltext": "json",
    "enum": "option", "lenum": "option", "localizedenum": "option", "number": "decimal", "money": "currency",
    "date": "date", "time": "time", "datetime": "datetime", "reference": "reference", "nested": "json", "set": "json",
    "set of enum": "multi_option", "set of lenum": "multi_option", "set of localizedenum": "multi_option",
    "*": "any",
}  # fmt: skip


async def identity(api: Client) -> Vantage:
    """The project, and the scopes of the client where it may see its own entry."""
    project = str(api.options["project"])
    told: dict[str, Any] = (await api.ask(Ask(f"/{project}"))).value()
    client = await api.secret("client_id")
    try:
        held = str((await api.ask(Ask(f"/{project}/api-clients/{quote(client, safe='')}"))).value("scope") or "")
    except (Denied, Rejected):
        held = ""
    return Vantage(
        account=str(told["key"]),
        account_name=str(told.get("name") or ""),
        subject="API client",
        grants=frozenset(one.partition(":")[0] for one in held.split()),
        api_version="v1",
    )


FIELD = keep(
    type="kind", native_type="type.name", required="required || isRequired", x_labels="label",
    references="[type.referenceTypeId, type.elementType.referenceTypeId][?@]", searchable="isSearchable",
    options="(type.values || type.elementType.values)[]"
            ".{value: key, label: type(label) == 'string' && label || null}",
)  # fmt: skip

VENDOR = Vendor(
    name="commercetools",
    title="commercetools",
    docs="https://docs.commercetools.com/api",
    base="https://api.{options.region}.commercetools.com",
    hosts=("commercetools.com",),
    schemes={
        "client": Scheme(
            fields=("client_id", "client_secret"),
            build=lambda given: ClientCredentials(given, f"{given.options['login']}/oauth/token", style="basic"),
            note="Merchant Center > Settings > Developer settings > Create new API client, with these scopes.",
        )
    },
    options={
        "project": OptionSpec(default="", says="key of the project"),
        "region": OptionSpec(default="europe-west1.gcp", says="region of the project, such as us-east-2.aws"),
        "login": OptionSpec(
            default="https://auth.europe-west1.gcp.commercetools.com", says="where tokens are given, of the same region"
        ),
        "history": OptionSpec(
            default="https://history.europe-west1.gcp.commercetools.com", says="the change history, of the same region"
        ),
    },
    errors=Errors(
        code="errors[0].code || error", message="message",
        faults={"invalid_token": "expired", "invalid_client": "expired", "insufficient_scope": "denied"},
    ),
    limits={"default": Limit(key="{integration}", rate=10, per=1, concurrency=4)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    look=look,
    absent="404 ResourceNotFound, while a missing scope is 403 insufficient_scope (the vendor's types of errors): a "
    "scope is of a whole list",
    who=who,
    grants={
        name: f"Developer settings > API client > {name}"
        for name in ("view_types", "view_products", "view_states", "view_orders", "view_stores", "manage_extensions",
                     "view_project_settings", "manage_subscriptions", "view_api_clients")
    } | {"view_audit_log": "Developer settings > API client > view_audit_log: who changed something"},
    lacks={Kind.TEMPLATE: "commercetools sends no mails and has no templates"},
    notes=(
        "A project of another region sets `region`, `login` and `history` to it.",
        "An extension that times out is not told of here: it refuses what a customer does.",
    ),
    listings=(
        Listing(
            name="types", kind=Kind.SCHEMA, path=f"{HERE}/types", fetch=types, records="results", key="key || id",
            id="id", always=("x_resources",), needs=("view_types",),
            facts=keep(x_names="name", x_descriptions="description", x_resources="resourceTypeIds"),
            unordered=("x_resources",), evidence=MARK,
            also=(
                View(
                    kind=Kind.FIELD, scope_by="of", under="schema/types", records="fields", key="name",
                    words={"type": TYPES}, always=("type", "required"), needs=("view_types",),
                    facts={name: path for name, path in FIELD.items() if name != "searchable"}
                    | {"x_hint": "inputHint"},
                ),
            ),
        ),
        Listing(
            name="product-types", kind=Kind.SCHEMA, path=f"{HERE}/product-types", fetch=products, records="results",
            key="['products', key || id]", id="id", always=("label",), needs=("view_products",),
            facts=keep("description", label="name"), evidence=MARK, link=f"{CENTER}/product-types/{{id}}",
            also=(
                View(
                    kind=Kind.FIELD, scope_by="of", under="schema/product-types", records="fields", key="name",
                    words={"type": TYPES}, always=("type", "required"), needs=("view_products",),
                    facts=FIELD | {"x_constraint": "attributeConstraint", "x_level": "level"},
                    link=f"{CENTER}/product-types/{{row.of_id}}",
                ),
            ),
        ),
        Listing(
            name="states", kind=Kind.SCHEMA, path=f"{HERE}/states", params=SORTED, records="results", paging=PAGES,
            key="key || id", id="id", always=("group",), needs=("view_states",), every=HOURLY, evidence=MARK,
            facts=keep(group="type", vendor_defined="builtIn", x_names="name", x_initial="initial", x_roles="roles"),
            unordered=("x_roles",),
        ),
        Listing(
            name="channels", kind=Kind.SCHEMA, path=f"{HERE}/channels", params=SORTED, records="results", paging=PAGES,
            key="key", id="id", facts=keep(x_names="name", x_roles="roles"), unordered=("x_roles",),
            always=("x_roles",), needs=("view_products",), every=HOURLY, evidence=MARK,
            link=f"{CENTER}/project/channels",
        ),
        Listing(
            name="stores", kind=Kind.SCHEMA, path=f"{HERE}/stores", params=SORTED, records="results", paging=PAGES,
            key="key", id="id", facts=keep(x_names="name", x_languages="languages", x_countries="countries[].code"),
            unordered=("x_languages", "x_countries"), always=("x_languages",), needs=("view_stores",), every=HOURLY,
            evidence=MARK, link=f"{CENTER}/project/stores",
        ),
        Listing(
            name="api-clients", kind=Kind.PERMISSION, path=f"{HERE}/api-clients", fetch=clients, records="results",
            key="id", id="id", facts=keep(label="name", powers="scope", expires_on="deleteAt"), always=("powers",),
            needs=("view_api_clients",), evidence={"at": "createdAt", "used": "lastUsedAt"},
            link=f"{CENTER}/developer/api-clients",
        ),
        Listing(
            name="extensions", kind=Kind.AUTOMATION, path=f"{HERE}/extensions", params=SORTED, records="results",
            paging=PAGES, key="key || id", id="id", always=("x_on",), needs=("manage_extensions",),
            facts=keep(x_on="triggers[].resourceTypeId", actions="triggers[].actions[]",
                       criteria="triggers[?condition].{on: resourceTypeId, if: condition}",
                       x_target="host(destination.url)", x_destination_digest="digest(destination)",
                       x_timeout="timeoutInMs"),
            unordered=("x_on",), evidence=MARK,
        ),
        Listing(
            name="subscriptions", kind=Kind.SYNC, path=f"{HERE}/subscriptions", params=SORTED, records="results",
            paging=PAGES, key="key || id", id="id", always=("target",), needs=("manage_subscriptions",),
            facts=keep(target="destination.type", x_destination_digest="digest(destination)",
                       x_messages="messages[].resourceTypeId", x_changes="changes[].resourceTypeId",
                       x_format="format.type"),
            unordered=("x_messages", "x_changes"), evidence=MARK,
            health={"state": "status", "errors": "status != 'Healthy' && [status] || `[]`"},
            states={"Healthy": "ok", "ConfigurationError": "failing", "ConfigurationErrorDeliveryStopped": "failing",
                    "TemporaryError": "failing", "ManuallySuspended": "paused"},
        ),
        Listing(
            name="project", kind=Kind.PLATFORM, path=HERE, key="'project'", every=HOURLY, always=("currencies",),
            single=True,
            facts=keep("currencies", label="name", x_languages="languages", x_countries="countries",
                       x_messages="messages.enabled", x_trial_until="trialUntil"),
            unordered=("x_languages", "x_countries"), needs=("view_project_settings",),
            link=f"{CENTER}/project/international",
        ),
    ),
)  # fmt: skip
