"""HubSpot, date-versioned API 2026-09. https://developers.hubspot.com/docs/api-reference

Least grants: crm.schemas.<object>.read for each object, settings.users.read, settings.users.teams.read; optional
crm.import, automation, forms, crm.lists.read, crm.objects.owners.read, marketing.campaigns.read, content,
communication_preferences.read, and one right to read records: labels, limits and the library of objects are given to no
other. That of products names no person. A Service Key is recommended; private app tokens that exist keep working.

Where the facts are from: the vendor's published specification (HubSpot/HubSpot-public-api-spec-collection, state of
2026-08-21: every path and key but those of the token, and the scopes) and its guides and changelog;
`private-apps/get/access-token-info` stands in no reference but in the code of many public users (userId, hubId, appId,
scopes), some of whom call it with Service Keys; the 403 with category MISSING_SCOPES likewise. Deep links: none is
documented; in public code stand those of properties (by object too), pipelines, workflows, segments, forms, e-mails,
campaigns, users, imports and the account; of limits, use, the library, labels, owners and kinds of subscription none.
Not verified: that app.hubspot.com leads on to the account's own domain; names of the counters in an import's metadata
(read where they are there), and that lists of the library and of limits leave nothing out for a weaker key (a lost
grant explains it).

Not read: what a role allows (HubSpot gives names only); sync errors of the Salesforce connector (no endpoint), and how
old its last sync is, which only records tell (`salesforcelastsynctime`): reading those is a right that this needs not
have; options of externally managed properties (owners and the like: they follow people, not decisions); lead scores
(their API is a beta that names no scope; the properties that they write are read); webhooks (their subscriptions take a
developer's key); logins and security activity (they name people and addresses); exports (known by id alone); which
records near a limit of associations (they are records); owners who are users (the users are read), owners who left,
and the archive of all else; records, and who is in a segment. Left as owners: queues, and people whom Salesforce knows
and HubSpot has no user for.
"""

from __future__ import annotations

from probes.kit.api import Ask, Client, listed
from probes.kit.auth import bearer
from probes.kit.contract import Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit, Quota
from probes.kit.listing import OptionSpec, Vendor
from probes.kit.verified import Verified

from .asked import look, who
from .emails import SORTS
from .limits import ALL as EVERY_LIMIT
from .listings import LISTINGS
from .names import TYPE_IDS, V
from .segments import ALL
from .workflows import DETAILS

TOKEN_INFO = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105  a path


async def identity(api: Client) -> Vantage:
    """The key's app, account and grants (HubSpot calls them scopes). The daily quota ends at the account's midnight.

    The account first: of a key that is no longer good its path says 401 INVALID_AUTHENTICATION, as documented, and what
    the other says of one is documented nowhere."""
    account = (await api.ask(Ask(f"/account-info/{V}/details"))).value() or {}
    me = (await api.ask(Ask(TOKEN_INFO, body={"tokenKey": await api.secret("token")}))).value() or {}
    if account.get("timeZone"):
        api.quota_zone = str(account["timeZone"])
    return Vantage(
        account=str(me["hubId"]),
        account_name=str(account.get("uiDomain") or ""),
        subject=f"app {me.get('appId')}",
        grants=frozenset(str(scope) for scope in listed(me, "scopes")),
        api_version=V,
        locale="account",
    )


VENDOR = Vendor(
    name="hubspot",
    title="HubSpot",
    docs="https://developers.hubspot.com/docs/api-reference",
    verified=Verified("docs", "2026-11-23"),
    base="https://api.hubapi.com",
    hosts=("hubapi.com",),
    schemes={
        "token": bearer(
            "A Service Key (Settings > Integrations > Service Keys) or the token of a private app that is there."
        )
    },
    options={
        "objects": OptionSpec(
            default=["contacts", "companies", "deals", "tickets"], ids=TYPE_IDS, says="standard objects to read"
        ),
        "pipelines": OptionSpec(default=["deals", "tickets"], ids=TYPE_IDS, says="objects whose pipelines to read"),
        "emails": OptionSpec(default=SORTS, says="sorts of marketing e-mails to read"),
        "limits": OptionSpec(default=EVERY_LIMIT, says="limits of the plan to read"),
    },
    errors=Errors(
        code="policyName || category || errorType",
        message="message",
        faults={
            "DAILY": "throttled until_reset", "SECONDLY": "throttled 1", "TEN_SECONDLY_ROLLING": "throttled 10",
            "RATE_LIMIT": "throttled 10", "RATE_LIMITS": "throttled 10", "MISSING_SCOPES": "denied",
            "INVALID_AUTHENTICATION": "expired", "EXPIRED_AUTHENTICATION": "expired",
        },
    ),
    limits={"default": Limit(key="{integration}", rate=100, per=10, concurrency=10)},
    quota=Quota(
        per_day=250_000,
        resets="UTC",
        headers={
            "x-hubspot-ratelimit-daily": r"(?P<limit>\d+)",
            "x-hubspot-ratelimit-daily-remaining": r"(?P<remaining>\d+)",
        },
    ),
    reads=(TOKEN_INFO, DETAILS, ALL),
    identity=identity,
    look=look,
    hook="hubspot-v3",
    absent="404 OBJECT_NOT_FOUND, where a missing scope is 403 MISSING_SCOPES; or the property stands in the archive",
    who=who,
    grants={
        **{f"crm.schemas.{name}.read": f"the key's scope for {name}" for name in ("contacts", "companies", "deals")},
        "crm.schemas.custom.read": "the key's scope for custom objects",
        "crm.schemas.tickets.read": "the key's scope for tickets; `tickets`, where there is no other, serves too",
        "crm.objects.products.read": "a right to read records, for labels, limits and the library: of any object",
        "crm.objects.owners.read": "the key's scope for owners who are no users",
        "content": "the key's scope for marketing e-mails",
        "marketing.campaigns.read": "the key's scope for campaigns",
        "communication_preferences.read": "the key's scope for types of subscription",
        "settings.users.read": "the key's scope for users and roles (super admins give it)",
        "settings.users.teams.read": "the key's scope for teams",
        "crm.import": "the key's scope for imports", "automation": "the key's scope for workflows",
        "forms": "the key's scope for forms", "crm.lists.read": "the key's scope for segments (lists)",
        "account-info.security.read": "not needed; tells who changed what, in accounts that have the audit log",
    },
    quiet=((Kind.PLATFORM, "usage", "calls left are told by every answer"),),
    sunset={"v3": "2027-09-30", "v4": "2027-03-30"},
    notes=(
        "HubSpot ships new standard properties every week; they carry vendor_defined.",
        "A property that was deleted is archived and can be restored for 90 days; it is read as removed.",
        "users, roles, teams, forms and workflows exist under legacy v3 and v4 paths only, or dated ones that end no "
        "later.",
        "properties and pipelines of products take the scope e-commerce, of leads crm.objects.leads.read.",
        "how old the last sync with Salesforce is, only records tell: it is not read.",
    ),
    listings=LISTINGS,
)  # fmt: skip
