"""Shopify, GraphQL Admin API 2026-10. https://shopify.dev/docs/api/admin-graphql

Least grants: an app of one's own with read_products, read_customers, read_orders, read_metaobject_definitions,
read_markets, read_publications, read_locales, read_themes, read_validations, read_delivery_customizations,
read_payment_customizations, read_privacy_settings; read_users where the plan has it (Advanced and Plus), and read_apps
where Shopify grants it. The installation tells which it has, and that is the vantage; what is asked for without one is
refused by name (ACCESS_DENIED).

Since January 2026 no app can be made in a shop's admin any more: apps are made in the Dev Dashboard and sign in with
client credentials, whose token lasts a day; tokens of older apps (shpat_…) go on.

Where the facts are from: each query is held against the vendor's own introspections of 2025-10 to 2026-10 (tests hold
those at hand), and asks for nothing that is deprecated there; signing in, types of metafields, versions (each is
supported for a year at least), the cost of queries and the throttle from its documentation (a THROTTLED error comes
with a 200 and without data; `extensions.cost` stands beside it: between 100 points a second on Basic and 2,000 for
enterprises). Not verified: which of the lists takes which access scope beside those above; statuses 402, 423 and 430
beyond their names. Pages that links open are those that public code opens (functions of the checkout: the extensions
that Shopify's own tutorials lay out); of publications, locales and consent none was found, and no page shows an app's
webhooks or the versions of the API.

A shop whose version is too old is answered by the oldest supported one ("falls forward"): the version that answered
stands in the vantage. Not to be had: workflows of Shopify Flow, which may use any field (its help page on the Admin
API; the schema has what starts one, and none of them); subscriptions to webhooks of other apps, and those in an app's
own configuration file: Shopify takes away one that keeps failing, so its disappearance is the signal; who changed a
definition (no `who`: events of the schema are of products, orders, customers, discounts and pages alone); functions,
marketing activities and pixels of other apps; staff on most plans. Not read: customers, orders, products and their
values, counts of metafields (they move daily), where a webhook leads beyond its host (a digest stands for it).
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import Auth, Credentials, Exchange, Header, Scheme
from probes.kit.contract import Kind, Malformed, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

from . import queries
from .defined import PATH, VERSION, look, metafields, metaobjects, page, segments

TOKEN = "/admin/oauth/access_token"  # noqa: S105  a path
HEADER = "X-Shopify-Access-Token"
HOURLY = 3600.0
DAY = 86_400.0
OWNERS = ("CUSTOMER", "ORDER", "PRODUCT", "PRODUCTVARIANT", "COLLECTION", "SHOP")
ADMIN = "https://admin.shopify.com/store/{options.shop}"
DEFINITION = ADMIN + "/settings/custom_data/metaobjects/"


def dashboard(given: Credentials) -> Auth:
    """Client credentials of a Dev Dashboard app; the token goes into a header of Shopify's own."""

    async def request(c: Credentials) -> Ask:
        form = {"grant_type": "client_credentials", "client_id": await c.get("client_id")}
        return Ask(TOKEN, form={**form, "client_secret": await c.get("client_secret")})

    return Exchange(given, request, lifetime=DAY, header=(HEADER, "{token}"))


def pace(answer: Answer) -> float:
    """Seconds until another query of this cost fits into the bucket."""
    cost = answer.value("extensions.cost")
    status = cost.get("throttleStatus") if isinstance(cost, dict) else None
    if not isinstance(status, dict) or not status.get("restoreRate"):
        return 0.0
    lacks = (cost.get("requestedQueryCost") or 0) - (status.get("currentlyAvailable") or 0)
    return float(max(0.0, lacks / status["restoreRate"]))


async def identity(api: Client) -> Vantage:
    """The shop, the app, and what the app was allowed when it was installed."""
    answer = await api.ask(Ask(PATH, body={"query": queries.IDENTITY}))
    shop: dict[str, Any] = answer.value("data.shop")
    installed: dict[str, Any] = answer.value("data.currentAppInstallation")
    if not isinstance(installed.get("accessScopes"), list):
        raise Malformed("the installation has no list accessScopes")
    return Vantage(
        account=str(shop["myshopifyDomain"]),
        account_name=str(shop.get("name") or ""),
        subject=f"app {installed['app'].get('handle') or installed['app']['title']}",
        grants=frozenset(str(scope["handle"]) for scope in installed["accessScopes"]),
        api_version=answer.headers.get("x-shopify-api-version") or VERSION,
    )


def listed(root: str, query: str) -> dict[str, Any]:
    """A list of the shop's, as a request and its pages."""
    return {"path": PATH, "body": {"query": query, "variables": {"after": None}}, "paging": page(root),
            "records": f"data.{root}.nodes"}  # fmt: skip


def customized(name: str, root: str, query: str, needs: str, at: str) -> Listing:
    """What runs at the checkout: a function of an app, switched on for the shop. Its errors are told from its newest
    version's first on, and no success is: it fails while it has a history of them."""
    facts = keep(label="title", active="enabled", object="shopifyFunction.apiType", owner="shopifyFunction.app.handle",
                 api_version="shopifyFunction.apiVersion")  # fmt: skip
    more = keep(x_blocks="blockOnFailure") if "blockOnFailure" in query else {}
    health = View(
        kind=Kind.SYNC, scope=f"{name}.runs", records=f"data.{root}.nodes", needs=(needs,), facts=keep(label="title"),
        health={"state": "enabled && (errorHistory && 'failing' || 'ok') || 'disabled'",
                "failed_at": "errorHistory.errorsFirstOccurredAt"},
        states={"ok": "ok", "failing": "failing", "disabled": "disabled"}, link=f"{ADMIN}/settings/{at}",
    )  # fmt: skip
    return Listing(
        name=name, kind=Kind.AUTOMATION, **listed(root, query), id="id", needs=(needs,), facts=facts | more,
        always=("active",), also=(health,), link=f"{ADMIN}/settings/{at}",
    )  # fmt: skip


VENDOR = Vendor(
    name="shopify",
    title="Shopify",
    docs="https://shopify.dev/docs/api/admin-graphql",
    base="https://{options.shop}.myshopify.com",
    hosts=("myshopify.com",),
    schemes={
        "client": Scheme(
            fields=("client_id", "client_secret"), build=dashboard,
            note="dev.shopify.com > Apps > Create app, a version with the access scopes under grants, Release, Install "
            "on the shop (of the same organization); then the app's Settings: Client ID and Client secret.",
        ),
        "token": Scheme(
            fields=("token",), build=lambda given: Header(given, **{HEADER: "{token}"}),
            note="The Admin API access token (shpat_…) of an app that was made in the shop's admin before 2026.",
        ),
    },
    options={
        "shop": OptionSpec(default="", says="the shop's name before .myshopify.com"),
        "owners": OptionSpec(default=OWNERS, says="whose metafields are read: MetafieldOwnerType values"),
    },
    errors=Errors(
        failed="errors", code="errors[0].extensions.code", message="errors[0].message || errors || error_description",
        faults={"THROTTLED": "throttled 10", "ACCESS_DENIED": "denied", "SHOP_INACTIVE": "denied",
                "MAX_COST_EXCEEDED": "rejected", "INTERNAL_SERVER_ERROR": "unreachable", "TIMEOUT": "unreachable"},
        statuses={423: "denied", 430: "denied"},
    ),
    limits={"default": Limit(key="{options.shop}", rate=4, per=1, concurrency=2)},
    pace=pace,
    reads=(PATH,),
    verified=Verified("spec", "2026-11-23"),
    identity=identity,
    look=look,
    absent="the definition is null; a missing right is an error ACCESS_DENIED (schema: metafieldDefinition and "
    "metaobjectDefinitionByType are nullable)",
    grants={
        name: f"Dev Dashboard > the app > Versions: access scope {name}, then release and update the installation"
        for name in ("read_products", "read_customers", "read_orders", "read_metaobject_definitions", "read_markets",
                     "read_publications", "read_locales", "read_users", "read_apps", "read_themes", "read_validations",
                     "read_delivery_customizations", "read_payment_customizations", "read_privacy_settings")
    },
    hides={Kind.AUTOMATION: "workflows of Shopify Flow are in no API, and may use any field; look at the app Flow"},
    sunset={VERSION: "2027-10-01"},
    hook="shopify",
    quiet=((Kind.AUTOMATION, "segments", "people make customer segments every day; watch those that flows rest on"),),
    notes=(
        "Only webhooks that the app itself has made are seen; Shopify takes away one that keeps failing.",
        "Staff is told on Advanced and Plus alone, to apps that Shopify allows it.",
        "A definition that appears in a namespace app--…-- came with an app.",
    ),
    listings=(
        Listing(
            name="metafields", kind=Kind.FIELD, for_each="options.owners", fetch=metafields, records="rows",
            key="join('.', [namespace, key])", id="id", always=("type",),
            facts=keep("description pattern min_length length minimum maximum least_items most_items", label="name",
                       type="ours", native_type="native", options="choices[].{value: @}",
                       unique="capabilities.uniqueValues.enabled", searchable="capabilities.adminFilterable.enabled",
                       x_in_collections="capabilities.smartCollectionCondition.enabled", validation="left",
                       vendor_defined="!!standardTemplate", x_admin_access="access.admin",
                       x_storefront_access="access.storefront", x_customer_access="access.customerAccount",
                       x_values_fit="validationStatus", x_only_for="only_for"),
            link=ADMIN + "/settings/custom_data",
        ),
        Listing(
            name="metaobjects", kind=Kind.SCHEMA, fetch=metaobjects, records="types",
            key="join(':', ['metaobject', type])", id="id",
            facts=keep("description", label="name", primary_field="displayNameKey", x_admin_access="access.admin",
                       x_storefront_access="access.storefront", x_publishable="capabilities.publishable.enabled",
                       x_translatable="capabilities.translatable.enabled", vendor_defined="!!standardTemplate",
                       x_app="createdByApp.handle"),
            always=("label",), needs=("read_metaobject_definitions",), link=DEFINITION + "{row.type}",
            also=(
                View(
                    kind=Kind.FIELD, records="fields", scope_by="join(':', ['metaobject', of])",
                    under="schema/metaobjects", key="key", always=("type", "required"),
                    facts=keep("required description pattern min_length length minimum maximum least_items most_items",
                               label="name", type="ours", native_type="native", options="choices[].{value: @}",
                               validation="left"),
                    needs=("read_metaobject_definitions",), link=DEFINITION + "{row.of}",
                ),
            ),
        ),
        Listing(
            name="webhooks", kind=Kind.SYNC, **listed("webhookSubscriptions", queries.WEBHOOKS), id="id",
            key="[topic, digest([uri, filter, format])]", evidence={"at": "updatedAt"}, needs=("*",),
            facts=keep(object="topic", target="host(uri) || 'an event bus'", x_address_digest="digest(uri)",
                       x_format="format", x_filter="filter", x_fields="includeFields",
                       x_metafields="metafieldNamespaces", api_version="apiVersion.handle"),
            unordered=("x_fields", "x_metafields"), always=("object",),
        ),
        Listing(
            name="apps", kind=Kind.PERMISSION, **listed("appInstallations", queries.APPS), id="id", every=HOURLY,
            key="app.handle || app.id", always=("grants",), needs=("read_apps",),
            facts=keep(label="app.title", grants="accessScopes[].handle", x_developer="app.developerName",
                       user_type="app.developerType", vendor_defined="app.shopifyDeveloped"),
            link=ADMIN + "/settings/apps",
        ),
        Listing(
            name="staff", kind=Kind.PERMISSION, **listed("staffMembers", queries.STAFF), key="email", id="id",
            person=True, facts=keep("active", admin="isShopOwner", user_type="accountType", x_exists="exists"),
            always=("active",), needs=("read_users",), link=ADMIN + "/settings/account",
        ),
        Listing(
            name="markets", kind=Kind.SCHEMA, **listed("markets", queries.MARKETS), key="handle", id="id",
            every=HOURLY, facts=keep(label="name", enabled="status == 'ACTIVE'", native_type="type",
                                     x_currency="currencySettings.baseCurrency.currencyCode",
                                     x_local_currencies="currencySettings.localCurrencies"),
            always=("enabled",), needs=("read_markets",), link=ADMIN + "/markets",
        ),
        Listing(
            name="publications", kind=Kind.SCHEMA, **listed("publications", queries.PUBLICATIONS), key="id",
            every=HOURLY, facts=keep(label="catalog.title", enabled="catalog.status && catalog.status == 'ACTIVE'",
                                     x_automatic="autoPublish", x_planned="supportsFuturePublishing"),
            always=("x_automatic",), needs=("read_publications",),
        ),
        Listing(
            name="segments", kind=Kind.AUTOMATION, fetch=segments, records="rows", key="id", id="id", every=HOURLY,
            facts=keep("reads", label="name", criteria="query", object="'CUSTOMER'"), always=("criteria",),
            evidence={"at": "lastEditDate"}, needs=("read_customers",), link=ADMIN + "/customers/segments",
        ),
        Listing(
            name="themes", kind=Kind.TEMPLATE, **listed("themes", queries.THEMES), key="tail(id)", id="id",
            every=HOURLY, facts=keep(label="name", native_type="role", active="role == 'MAIN'",
                                     x_failed="processingFailed", x_from_store="themeStoreId"),
            always=("native_type",), evidence={"at": "updatedAt"}, needs=("read_themes",),
            link=ADMIN + "/themes/{key}",
        ),
        customized("validations", "validations", queries.VALIDATIONS, "read_validations", "checkout/rules"),
        customized("delivery", "deliveryCustomizations", queries.DELIVERY, "read_delivery_customizations",
                   "shipping/customizations"),
        customized("payment", "paymentCustomizations", queries.PAYMENT, "read_payment_customizations",
                   "payments/customizations"),
        Listing(
            name="locales", kind=Kind.SCHEMA, path=PATH, body={"query": queries.LOCALES}, records="data.shopLocales",
            key="locale", every=HOURLY, facts=keep(label="name", default="primary", enabled="published"),
            always=("enabled",), needs=("read_locales",),
        ),
        Listing(
            name="consent", kind=Kind.PLATFORM, path=PATH, body={"query": queries.CONSENT}, id="id",
            records="data.consentPolicy", key="join('-', [countryCode, regionCode][?@])", every=HOURLY,
            facts=keep(enabled="consentRequired == `true`", region="countryCode",
                       x_opt_out_of_sale="dataSaleOptOutRequired == `true`"),
            always=("enabled",), needs=("read_privacy_settings",),
        ),
        Listing(
            name="shop", kind=Kind.PLATFORM, path=PATH, body={"query": queries.SHOP}, records="data.shop", key="'shop'",
            single=True, every=HOURLY, always=("plan", "currency"), needs=(),
            facts=keep(label="name", plan="plan.publicDisplayName", currency="currencyCode", timezone="ianaTimezone",
                       domain="primaryDomain.host", currencies="enabledPresentmentCurrencies",
                       x_taxes_included="taxesIncluded", x_test_shop="plan.partnerDevelopment",
                       x_sms_consent_at_checkout="marketingSmsConsentEnabledAtCheckout",
                       x_customer_accounts="customerAccountsV2.customerAccountsVersion",
                       x_login_at_checkout="customerAccountsV2.loginRequiredAtCheckout"),
            link=ADMIN + "/settings/general",
        ),
        Listing(
            name="versions", kind=Kind.PLATFORM, path=PATH, body={"query": queries.VERSIONS},
            records="data.publicApiVersions", key="handle", every=HOURLY, needs=(), always=("enabled",),
            facts=keep(label="displayName", enabled="supported"),
        ),
    ),
)  # fmt: skip
