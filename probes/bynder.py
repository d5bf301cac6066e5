"""Bynder, a DAM, API v4. https://api.bynder.com/docs/getting-started

Least grants: a permanent token, or an OAuth app with client credentials, of a user of its own whose permission profile
has what stands under `grants`. A right takes both the scope and the profile, so that a 403 with the right scope is
normal. A permanent token has no scopes and all of its user's rights, and cannot be changed. Access may also be given to
single metaproperties: one that leaves the list is held for a person, and so is whatever leaves the list of a user whose
profile may not be seen.

Where the facts are from: the OpenAPI documents that the vendor publishes per service (metaproperty, users, security
roles, account, smart filters, OAuth 2, automated workflows), with their examples; metaproperties come as a map by name.
Rules of automated workflows are asked of a host of the vendor's own, which their document names. There are no headers
of limits: 15 requests a second for an address, and a 429 without Retry-After. Not verified: the words of `type` beside
button and sidebar (select, select2, text, longtext, date, autocomplete, linked are from the forms of the portal); which
scopes an OAuth app needs, so that none is asked for by name; what an error looks like (its `message` is shown where it
has one); that a metaproperty without access is left out with a 200, and the list not refused; that the service of
workflows takes each sort of token, which right it asks for, and that its `start` counts rules.

Deep links: the portal's settings, /pysettings/, found only in public code and guides of integrations. No address found:
metaproperties, smart filters, permission profiles, users, derivatives, rules (the vendor's help has their menus and no
address). No `look`: one thing is asked for by its id, and what a person knows here is a name; the documents tell no
difference between one that is not there and one that is not shown. No `who`: none of them has a log of changes, and
only rules have a mark of theirs.

Not to be had: webhooks (the published service is asked for one by its id), the options below an option of a taxonomy.
Not read: assets, collections, users' telephone numbers and addresses, what an agent of a rule does.
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Answer, Ask, Client, listed, several
from probes.kit.auth import ClientCredentials, Scheme, bearer
from probes.kit.coded import made, once
from probes.kit.contract import Denied, Kind, Malformed, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

HOURLY = 3600.0
SIZE, MOST = 100, 100  # rules on a page, and pages of them
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
    silent = frozenset({Kind.FIELD})  # access may be given to single metaproperties, which no right of a profile tells
    try:
        held = (await api.ask(Ask(f"/api/v4/profiles/{profile}"))).value("roles") if profile else None
    except Denied:  # to see a profile is a right too
        held = None
    return Vantage(
        account=api.base.partition("//")[2].rstrip("/"),
        account_name=str(portal.get("name") or ""),
        subject=str(me.get("email") or me["id"]),
        grants=frozenset([*map(str, several(held, "roles")), f"profile:{profile}"]),
        api_version="v4",
        locale=str(portal.get("defaultLanguage") or ""),
        silent=frozenset(Kind) if held is None else silent,
    )


@once
async def filters(api: Client) -> Answer:
    """Smart filters, with the names of the metaproperties that they hold."""
    rows = (await api.ask(Ask("/api/v4/smartfilters"))).value()
    told = (await api.ask(Ask("/api/v4/metaproperties"))).value()
    if not isinstance(rows, list) or not isinstance(told, dict):
        raise Malformed("the answer is no list of smart filters, or no map of metaproperties")
    if rows and not told:
        raise Malformed("there are smart filters, and the answer has no metaproperties")
    names = {one["id"]: f"asset/{one['name']}" for one in told.values()}
    filled = [{**row, "fields": [names.get(id, id) for id in row.get("metaproperties") or ()]} for row in rows]
    return made(filled)


@once
async def rules(api: Client) -> Answer:
    """Rules of automated workflows, page by page to an empty one: an answer may leave out `rules`, not `metadata`."""
    found: list[Any] = []
    path = f"{api.options['workflows']}/api/1/automation-workflow/rules"
    for _ in range(MOST):
        told = (await api.ask(Ask(path, {"start": len(found), "limit": SIZE}))).value()
        if not isinstance(told, dict) or "metadata" not in told:
            raise Malformed("the answer has no metadata")
        page = listed(told, "rules", or_none=True)
        if page and page[-1] in found:
            raise Malformed("the list of rules begins anew")
        found += page
        if not page:
            return made({"rules": found})
    raise Malformed("the list of rules goes on without an end")


VENDOR = Vendor(
    name="bynder",
    title="Bynder",
    docs="https://api.bynder.com/docs/getting-started",
    base="https://{options.portal}",
    hosts=("{base}", "bynder.com"),
    schemes={
        "token": bearer("Advanced settings > Portal settings > Permanent tokens > New, for a user of its own."),
        "client": Scheme(
            fields=("client_id", "client_secret"),
            build=lambda given: ClientCredentials(given, "/v6/authentication/oauth2/token"),
            note="Advanced settings > Portal settings > OAuth Apps > New, with the grant client credentials.",
        ),
    },
    options={
        "portal": OptionSpec(default="", says="host of the portal, such as brand.example.com"),
        "workflows": OptionSpec(
            default="https://automation-workflow-service.bynder.com", says="where rules of workflows are asked for"
        ),
    },
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
    },
    lacks={Kind.SCHEMA: "Bynder has one kind of thing, the asset; what differs are metaproperties"},
    notes=(
        "A token without the profile's right is answered 403, whatever its scopes are.",
        "A metaproperty that leaves the list may be gone, or not shown to this profile any more: it is held.",
        "Options below options of a taxonomy are not read.",
        "A portal without automated workflows has its list of rules `off`: how its service refuses is not known.",
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
            name="smart-filters", kind=Kind.TEMPLATE, path="/api/v4/smartfilters", fetch=filters, per_fetch=2, id="id",
            key="id", always=("fields",), every=HOURLY, needs=("METAPROPERTYMANAGEMENT",),
            facts=keep("fields", label="labels.en_US", x_labels="labels"),
        ),
        Listing(  # nothing says that a rule's name is its own
            name="automation-rules", kind=Kind.AUTOMATION, path="/api/1/automation-workflow/rules", fetch=rules,
            records="rules", key="id", id="id", always=("status",), every=HOURLY, per_fetch=2,
            facts=keep("status", label="name", x_triggers="triggers", actions="steps[].actions[].action_type",
                       criteria="known(steps[].conditions[], 'AND condition_type expression operator term')"),
            unordered=("x_triggers",),
            evidence={"at": "dateModified || dateCreated", "by": "editedById || createdById"},
        ),
        Listing(
            name="portal", kind=Kind.PLATFORM, path="/api/v4/account", key="'portal'", every=HOURLY, single=True,
            facts=keep(label="name", timezone="timeZone", x_language="defaultLanguage",
                       x_languages="availableLanguages", x_open="isOpenImageBank"),
            unordered=("x_languages",), always=("label",), link="{base}/pysettings/",
        ),
    ),
)  # fmt: skip
