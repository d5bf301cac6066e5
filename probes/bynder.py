"""Bynder, a DAM, API v4. https://api.bynder.com/docs/getting-started

Least grants: a permanent token, or an OAuth app with client credentials, of a user of its own whose permission profile
has what stands under `grants`. A right takes both the scope and the profile, so that a 403 with the right scope is
normal. A permanent token has no scopes and all of its user's rights, and cannot be changed.

Where the facts are from: the OpenAPI documents that the vendor publishes per service (metaproperty, users, security
roles, account, OAuth 2), with their examples; metaproperties come as a map by name. There are no headers of limits: 15
requests a second for an address, and a 429 without Retry-After. Not verified: the words of `type` beside button and
sidebar (select, select2, text, longtext, date, autocomplete, linked are from the forms of the portal); which scopes an
OAuth app needs, so that none is asked for by name; what an error looks like (its `message` is shown where it has one).

Deep links: the portal's settings, /pysettings/, found only in public code and guides of integrations. No address found:
metaproperties, permission profiles, users, derivatives (the vendor's help has their menus and no address).

Not to be had: webhooks (the published service is asked for one by its id), rules of the automated workflow (their
service names no address), the options below an option of a taxonomy. Not read: assets, collections, users' telephone
numbers and addresses.
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Ask, Client
from probes.kit.auth import ClientCredentials, Scheme, bearer
from probes.kit.contract import Denied, Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

HOURLY = 3600.0
TYPES = {
    "text": "text", "longtext": "long_text", "date": "date", "select": "option", "select2": "option",
    "button": "option", "sidebar": "option", "autocomplete": "option", "many": "multi_option", "linked": "reference",
    "*": "any",
}  # fmt: skip


async def identity(api: Client) -> Vantage:
    """The token's user, and what the profile of that user allows, where one may see it."""
    me: dict[str, Any] = (await api.ask(Ask("/api/v4/currentUser/"))).value()
    portal: dict[str, Any] = (await api.ask(Ask("/api/v4/account"))).value()
    profile = str(me.get("profileId") or "")
    try:
        held = (await api.ask(Ask(f"/api/v4/profiles/{profile}"))).value("roles") if profile else []
    except Denied:  # to see a profile is a right too
        held = []
    return Vantage(
        account=api.base.partition("//")[2].rstrip("/"),
        account_name=str(portal.get("name") or ""),
        subject=str(me.get("email") or me["id"]),
        grants=frozenset([*map(str, held or ()), f"profile:{profile}"]),
        api_version="v4",
        locale=str(portal.get("defaultLanguage") or ""),
    )


VENDOR = Vendor(
    name="bynder",
    title="Bynder",
    docs="https://api.bynder.com/docs/getting-started",
    base="https://{options.portal}",
    hosts=("{base}",),
    schemes={
        "token": bearer("Advanced settings > Portal settings > Permanent tokens > New, for a user of its own."),
        "client": Scheme(
            fields=("client_id", "client_secret"),
            build=lambda given: ClientCredentials(given, "/v6/authentication/oauth2/token"),
            note="Advanced settings > Portal settings > OAuth Apps > New, with the grant client credentials.",
        ),
    },
    options={"portal": OptionSpec(default="", says="host of the portal, such as brand.example.com")},
    errors=Errors(message="message"),
    limits={"default": Limit(key="{host}", rate=10, per=1, concurrency=4)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    grants={
        "METAPROPERTYMANAGEMENT": "Advanced settings > Permission management: manage metaproperties",
        "USERMANAGEMENT": "Advanced settings > Permission management: manage users",
        "PERMISSIONMANAGEMENT": "Advanced settings > Permission management: manage permission profiles",
    },
    unseen={
        Kind.SYNC: "Bynder's published API tells of a webhook only by its id",
        Kind.AUTOMATION: "the service of automated workflows publishes no address",
    },
    lacks={Kind.SCHEMA: "Bynder has one kind of thing, the asset; what differs are metaproperties"},
    notes=(
        "A token without the profile's right is answered 403, whatever its scopes are.",
        "Options below options of a taxonomy are not read.",
    ),
    listings=(
        Listing(
            name="metaproperties", kind=Kind.FIELD, scope="asset", path="/api/v4/metaproperties", records="*",
            key="name", id="id", words={"type": TYPES}, always=("type", "required"), repeats={"options": "label"},
            facts=keep(
                "label", type="isMultiselect && 'many' || type", native_type="type", required="isRequired",
                read_only="isEditable == `false`", searchable="isFilterable", x_main_filter="isMainfilter",
                x_in_api="isApiField", x_shown="isDisplayField", x_drilldown="isDrilldown",
                x_dependencies="useDependencies",
                options="options[].{value: name, label: label, active: active, hidden: hideByDefault}",
            ),
        ),
        Listing(
            name="profiles", kind=Kind.PERMISSION, path="/api/v4/profiles/", key="name", id="id",
            facts=keep(powers="roles"), always=("powers",), every=HOURLY,
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/api/v4/users/", params={"includeInActive": 1}, id="id",
            paging=Paging(style="page", into="page", size=100, size_into="limit"), key="email || username",
            person=True, always=("active", "profile"), every=HOURLY,
            facts=keep(active="active == `1` || active == `true`", profile="profileId", teams="groups[].name",
                       x_sso_only="isSSOOnly"),
        ),
        Listing(
            name="derivatives", kind=Kind.TEMPLATE, path="/api/v4/account/derivatives", key="prefix", every=HOURLY,
            facts=keep(x_width="width", x_height="height", x_dpi="dpi", x_crop="isCrop", x_public="isPublic",
                       x_on_the_fly="isOnTheFly", x_types="allowedTypes"),
            always=("x_public",),
        ),
        Listing(
            name="portal", kind=Kind.PLATFORM, path="/api/v4/account", key="'portal'", every=HOURLY, single=True,
            facts=keep(label="name", timezone="timeZone", x_language="defaultLanguage",
                       x_languages="availableLanguages", x_open="isOpenImageBank"),
            unordered=("x_languages",), always=("label",), link="{base}/pysettings/",
        ),
    ),
)  # fmt: skip
