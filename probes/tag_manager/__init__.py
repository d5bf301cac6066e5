"""Google Tag Manager, API v2. https://developers.google.com/tag-platform/tag-manager/api/v2

Least grants: the scope tagmanager.readonly; in Tag Manager, Admin > User management of the account: the service
account's address as User, with Read on each container. People are told to the scope tagmanager.manage.users alone,
which may change them too, and only to an administrator of the account: take the scheme `service_account_people` where
they are to be watched, and leave it where they are not (the listing is then refused, and said to be). A container that
the account may not read is not in the list, with a 200.

Where the facts are from: paths, keys, scopes and words from the discovery document tagmanager.v2 of 2026-08, against
which the tests hold them; 10,000 requests a day for a project until midnight in California, and 25 in 100 seconds
(0.25 a second), from the vendor's page on limits, which says a used-up one with a 403; ways to sign in from
probes/google.py; that a container without a published version answers 404 from google/site-kit-wp (issue 5556). Not
verified: names of the three triggers that every container has, by their numbers in exports; that a tag of type `gaawe`
is an event of Google Analytics.

What is live is one request a container. Values of parameters may hold keys of other vendors and whole scripts: only
references, numbers, flags and ids that stand in every page leave this file, all else as a digest, as does the code of
templates. Not to be had: who published or changed what, or when (no `who`: the document has no log, and of a version,
its header and its parts no time and no author; `fingerprint` is made anew when a thing is saved and says no more),
whether tags fire or fail, previews. No `look`: what is not there and what may not be seen are one 404 ("Not found or
permission denied"). Not read: drafts of tags themselves (a workspace is told by the names of what it changes), folders,
old versions and their headers, snippets, `authorizationCode` of environments, which opens a preview.

Links are those that each answer has (tagManagerUrl); a built-in variable has none, and leads to the version that it is
in; people to the admin page of the account, as public code opens it.
"""

from __future__ import annotations

from probes.google import EMPTY, ERRORS, LOGIN_OPTION, asker, schemes
from probes.kit.api import Ask, Client
from probes.kit.contract import Kind, Vantage
from probes.kit.limiter import Limit, Quota
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

from .told import PAGES, drafts, live

READ, USERS = ("tagmanager.readonly",), ("tagmanager.manage.users",)
HOURLY = 3600.0
HERE = "/tagmanager/v2/accounts/{options.account}"
LINK = {"link": "link"}
GIVEN = "Give the account's address access under Admin > User management."


async def identity(api: Client) -> Vantage:
    """The account of Tag Manager. Nothing tells what the credential may do in it."""
    account = (await api.ask(Ask(f"/tagmanager/v2/accounts/{api.options['account']}"))).value()
    return Vantage(
        account=str(account["accountId"]),
        account_name=str(account.get("name") or ""),
        subject=await asker(api),
        grants=frozenset(),
        api_version="v2",
        silent=frozenset({Kind.SCHEMA}),
    )


VENDOR = Vendor(
    name="tag-manager",
    title="Google Tag Manager",
    docs="https://developers.google.com/tag-platform/tag-manager/api/v2",
    verified=Verified("spec", "2026-11-23"),
    base="https://tagmanager.googleapis.com",
    hosts=("googleapis.com",),
    schemes={
        **schemes(READ, GIVEN),
        "service_account_people": schemes((*READ, *USERS), f"{GIVEN} As an administrator, to see who else has it.")[
            "service_account"
        ],
    },
    options={
        "account": OptionSpec(says="number of the account: Admin > Account settings, or in the address of the page"),
        "login": LOGIN_OPTION,
    },
    errors=ERRORS,
    limits={"default": Limit(key="{integration}", rate=25, per=100, concurrency=1)},
    quota=Quota(per_day=10_000, resets="America/Los_Angeles"),
    identity=identity,
    grants={
        "tagmanager.readonly": "the scope to see containers and what is in them; Read on each container",
        "tagmanager.manage.users": "the scope to see people, which may change them too; administrator of the account",
    },
    grants_told=False,
    weaker="What hangs on a container is read whole or refused (403).",
    hides={Kind.SYNC: "whether tags fire is told by no API: watch what arrives, in Google Analytics for instance"},
    quiet=(
        (Kind.PLATFORM, "*.drafts", "drafts change whenever somebody works; watch them where publishing is guarded"),
    ),
    notes=(
        "A container that the account may not read is not told from a deleted one: it is held until a person says so.",
        "The API allows a request each four seconds to a whole Google Cloud project: ten containers take minutes.",
    ),
    listings=(
        Listing(
            name="containers", kind=Kind.SCHEMA, path=f"{HERE}/containers", records="container", paging=PAGES,
            empty=EMPTY, key="publicId", id="containerId", always=("label",), needs=READ,
            facts=keep(label="name", description="notes", x_domains="domainName", x_contexts="usageContext",
                       x_tag_ids="tagIds", x_servers="taggingServerUrls[].host(@)"),
            unordered=("x_domains", "x_contexts", "x_tag_ids", "x_servers"), evidence={"link": "tagManagerUrl"},
        ),
        Listing(
            name="live", kind=Kind.AUTOMATION, for_each="containers", scope="{parent.key}.tags", fetch=live,
            records="tags", key="name", id="id", needs=READ, always=("native_type", "active"), evidence=LINK,
            facts=keep("active reads writes", description="notes", native_type="type", trigger="fires",
                       x_parameters="parameters", x_blocked_by="blocked", x_consent="consent", x_consents="consents",
                       x_before="before", x_after="after", x_fires="option", x_priority="priority", x_starts="starts",
                       x_ends="ends", x_live_only="live_only"),
            unordered=("x_blocked_by", "x_consents"),
            also=(
                View(
                    kind=Kind.AUTOMATION, scope="{parent.key}.triggers", records="triggers", key="name", id="id",
                    facts=keep("reads", description="notes", native_type="type", criteria="conditions",
                               x_parameters="parameters", x_rest="rest"),
                    always=("native_type",), evidence=LINK, needs=READ,
                ),
                View(
                    kind=Kind.FIELD, scope="{parent.key}.variables", records="variables", key="name", id="id",
                    facts=keep("used_by", type="'any'", native_type="type", help="notes", x_parameters="parameters",
                               x_format="format"),
                    always=("native_type",), evidence=LINK, needs=READ,
                ),
                View(
                    kind=Kind.FIELD, scope="{parent.key}.built-in", records="built_in", key="name",
                    facts=keep("used_by", type="'any'", native_type="type", vendor_defined="`true`"),
                    always=("native_type",), evidence=LINK, needs=READ,
                ),
                View(
                    kind=Kind.TEMPLATE, scope="{parent.key}.templates", records="templates", key="name", id="id",
                    facts=keep(x_code_digest="code", x_source="source", x_source_version="version",
                               x_changed_by_hand="modified"),
                    always=("x_code_digest",), evidence=LINK, needs=READ,
                ),
                View(
                    kind=Kind.AUTOMATION, scope="{parent.key}.others", records="others", key="place", id="id",
                    facts=keep("reads", description="notes", native_type="type", x_kind="kind",
                               x_parameters="parameters", x_rest="rest"),
                    always=("x_kind",), evidence=LINK, needs=READ,
                ),
                View(
                    kind=Kind.PLATFORM, scope="{parent.key}.version", records="version", key="'live'", single=True,
                    facts=keep(label="name", version="id"), always=("version",),
                    evidence={"link": "link", "description": "description"}, needs=READ,
                ),
            ),
        ),
        Listing(
            name="destinations", kind=Kind.SYNC, for_each="containers", scope="{parent.key}.destinations",
            path=f"{HERE}/containers/{{parent.id}}/destinations", records="destination", paging=PAGES, empty=EMPTY,
            key="destinationId", id="destinationLinkId", every=6 * HOURLY, needs=READ, always=("target",),
            facts=keep(label="name", target="destinationId"), evidence={"link": "tagManagerUrl"},
        ),
        Listing(
            name="environments", kind=Kind.PLATFORM, for_each="containers", scope="{parent.key}.environments",
            path=f"{HERE}/containers/{{parent.id}}/environments", records="environment", paging=PAGES,
            where="type == 'user'", key="name", id="environmentId", every=6 * HOURLY, needs=READ,
            facts=keep(version="containerVersionId", domain="host(url)", x_debug="enableDebug"),
            evidence={"link": "tagManagerUrl"}, empty=EMPTY,
        ),
        Listing(
            name="drafts", kind=Kind.PLATFORM, for_each="containers", scope="{parent.key}.drafts", fetch=drafts,
            per_fetch=3, records="rows", key="name", id="id", every=HOURLY, needs=READ, evidence=LINK,
            facts=keep(x_adds="added", x_changes="updated", x_removes="deleted", x_conflicts="conflicts"),
            unordered=("x_adds", "x_changes", "x_removes"), always=("x_conflicts",), empty=EMPTY,
        ),
        Listing(
            name="people", kind=Kind.PERMISSION, path=f"{HERE}/user_permissions", records="userPermission",
            paging=PAGES, empty=EMPTY, key="emailAddress", id="path", person=True, every=HOURLY, needs=USERS,
            facts=keep(profile="accountAccess.permission", admin="accountAccess.permission == 'admin'",
                       grants="containerAccess[?permission != 'noAccess'].join(' ', [containerId, permission])"),
            always=("profile",), link="https://tagmanager.google.com/#/admin/?accountId={options.account}",
        ),
        Listing(
            name="account", kind=Kind.PLATFORM, path=HERE, key="accountId", every=6 * HOURLY, needs=READ, single=True,
            facts=keep(label="name", x_shares_data="shareData == `true`",
                       x_many_containers="features.supportMultipleContainers == `true`"),
            always=("label",), evidence={"link": "tagManagerUrl"},
        ),
    ),
)  # fmt: skip
