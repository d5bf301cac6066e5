"""LinkedIn Ads, Marketing API, version 202608. https://learn.microsoft.com/linkedin/marketing/

Least grants: a token of a member with the role VIEWER in the ad account, for an app with the scopes r_ads and, for lead
forms, r_marketing_leadgen_automation (the Lead Sync programme, which is granted by itself; its pages ask for a role in
the company page too). A token ends after 60 days; refresh tokens are given to approved apps alone. A version is asked
for by a header and lives for a year at least. Limits are not published: they are by the day of UTC and by endpoint, and
stand in the app's page (Analytics); one that is used up is a 429.

Where the facts are from: the vendor's pages on ad accounts and their users, on cursors (`pageToken`, campaigns), on
pages (`start`, `count`), on conversion rules and lead forms (schemas), on errors (`message`, `serviceErrorCode`) and on
versions; its collections of requests (Postman, "Marketing Solutions Versioned APIs") for paths and examples of users,
conversions and lead forms. `paging.total` may be -1, and then a list is read until a page is empty. The owner of lead
forms is a union, whose brackets may not be percent-encoded, and whose URN has to be.

Unproven: of the collections a copy was read, and of the pages their schemas, not all examples. Not verified: 426 for a
version that ended (from reports, which quote its page on versions); the day on which 202608 ends (by the vendor's page
on migrations each version ended in the middle of its month a year later); that all fields of a conversion come without
being named, and whether its time of change is among them; whether conversions are shown to r_ads and a VIEWER (the page
on the Conversions API, whose calls write too, names rw_conversions and any role but that: who is refused has the list
denied); the word PHONE_NUMBER; a form's states and reviews beyond PUBLISHED and NEEDS_REVIEW.

Links: the page of an account, and that of a campaign, as public code opens them; of what else is in an account none was
found, so the account's is opened. No `look`: its page on errors has 403 and 404, and says nowhere which of them comes
for what is there and may not be seen. No `who`: a row has the time of its last change (`changeAuditStamps`, read by
Singer's tap) and nobody's name, and the API has no log.

Segments (audiences) are read as ads may use them (Ad Segments, r_ads): its page, and a copy of its example; how large
one is, and whether it is being built, moves by itself and is not compared. What feeds them (DMP segments) takes
rw_dmp_segments, which can write and is given by a programme of its own: it is never asked for. Subscriptions of leads
(leadNotifications) can be found by their owner, but of no answer an example was found.

Not to be had: names and addresses of users (a URN names them), when a conversion was last heard, the versions a token
may use. Not read: budgets, creatives, leads, values of hidden fields, who is in a segment, where leads are pushed to.
"""

from __future__ import annotations

from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import bearer
from probes.kit.coded import made, once
from probes.kit.contract import Kind, Malformed, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.paging import Paging

VERSION: Final = "202608"
HOURLY: Final = 3600.0
SIZE: Final = 100
MOST: Final = 200  # pages
PAGES: Final = Paging(style="offset", into="start", size=SIZE, size_into="count")
TOKENS: Final = Paging(
    style="cursor", next="metadata.nextPageToken", into="pageToken", size=SIZE, size_into="pageSize"
)  # fmt: skip
PAGE: Final = "https://www.linkedin.com/campaignmanager/accounts/{options.account}"
URN: Final = "urn:li:sponsoredAccount:{options.account}"
CHANGED: Final = {"at": "seconds(changeAuditStamps.lastModified.time)"}
ADS, LEADS = ("r_ads",), ("r_marketing_leadgen_automation",)
TYPES = {"EMAIL": "email", "PHONE_NUMBER": "phone", "*": "text"}
SERVING: Final = "contains(servingStatuses || `[]`, 'RUNNABLE') && 'runnable' || servingStatuses && 'held'"


async def identity(api: Client) -> Vantage:
    """The ad account, the member whose token it is, and the member's role in the account."""
    number = str(api.options["account"])
    account: dict[str, Any] = (await api.ask(Ask(f"/rest/adAccounts/{number}"))).value()
    own = (await api.ask(Ask("/rest/adAccountUsers", {"q": "authenticatedUser"}))).value("elements")
    if not isinstance(own, list):
        raise Malformed("the answer has no elements")
    here = [one for one in own if one.get("account") == f"urn:li:sponsoredAccount:{number}"]
    return Vantage(
        account=number,
        account_name=str(account.get("name") or ""),
        subject=str(here[0]["user"]) if here else "member",
        grants=frozenset(f"role {one['role']}" for one in here),
        api_version=VERSION,
    )


@once
async def forms(api: Client) -> Answer:
    """The lead forms of the ad account, and what they ask."""
    owner = f"(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A{api.options['account']})"
    rows = await _walked(api, f"/rest/leadForms?q=owner&owner={owner}", "lead forms")
    questions = [
        {**one, "form": str(row["id"])} for row in rows for one in (row.get("content") or {}).get("questions") or ()
    ]
    return made({"rows": rows, "questions": questions})


@once
async def segments(api: Client) -> Answer:
    """The audiences that campaigns of the ad account may be aimed at."""
    account = f"List(urn%3Ali%3AsponsoredAccount%3A{api.options['account']})"
    rows = await _walked(api, f"/rest/adSegments?q=accounts&accounts={account}", "segments")
    return made({"rows": rows})


async def _walked(api: Client, path: str, what: str) -> list[dict[str, Any]]:
    """All rows of a list whose address has brackets that may not be percent-encoded."""
    rows: list[dict[str, Any]] = []
    for _ in range(MOST):
        answer = await api.ask(Ask(f"{path}&count={SIZE}&start={len(rows)}"))
        found, total = answer.value("elements"), answer.value("paging.total")
        if not isinstance(found, list):
            raise Malformed("the answer has no elements")
        rows += found
        if not found or (isinstance(total, int) and 0 < total <= len(rows)):
            return rows
    raise Malformed(f"the {what} go on without an end")


VENDOR = Vendor(
    name="linkedin-ads",
    title="LinkedIn Ads",
    docs="https://learn.microsoft.com/linkedin/marketing/",
    base="https://api.linkedin.com",
    hosts=("linkedin.com",),
    headers={"linkedin-version": VERSION, "x-restli-protocol-version": "2.0.0"},
    schemes={
        "token": bearer(
            "Campaign Manager > Account settings > Manage access: a member as VIEWER; linkedin.com/developers > the "
            "app > Auth > OAuth 2.0 tools: a token of that member with r_ads and r_marketing_leadgen_automation."
        )
    },
    options={"account": OptionSpec(default="", says="number of the ad account, such as 512345678")},
    errors=Errors(code="to_string(serviceErrorCode || status)", message="message", statuses={426: "retired"}),
    limits={"default": Limit(key="{integration}", rate=2, per=1, concurrency=2)},
    identity=identity,
    grants={
        "r_ads": "the app's product Advertising API, and a role in the ad account",
        "r_marketing_leadgen_automation": "the app's product Lead Sync API",
    },
    grants_told=False,
    weaker="A role or scope that lacks refuses its whole list (403).",
    sunset={VERSION: "2027-08-15"},
    unseen={Kind.AUTOMATION: "LinkedIn's API does not show rules that act by themselves"},
    quiet=((Kind.SCHEMA, "campaigns", "campaigns change every day; watch them where their names count"),),
    notes=(
        "A token ends after 60 days: say the day as `credential_ends`.",
        "A version of the API ends a year after it was made: all requests are then refused with 426.",
    ),
    listings=(
        Listing(
            name="account", kind=Kind.PLATFORM, path="/rest/adAccounts/{options.account}", key="id", single=True,
            id="id", needs=ADS, always=("status",),
            facts=keep("status", label="name", x_currency="currency", x_type="type", x_of="reference", x_test="test"),
            evidence=CHANGED, link=PAGE,
            also=(
                View(
                    kind=Kind.SYNC, scope="delivery", key="id", single=True, facts={}, needs=ADS,
                    health={"state": SERVING, "errors": "servingStatuses[?@ != 'RUNNABLE']"},
                    states={"runnable": "ok", "held": "failing"}, link=PAGE,
                ),
            ),
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/rest/adAccountUsers", records="elements", paging=PAGES,
            params={"q": "accounts", "accounts": URN}, key="user", person=True, needs=ADS, every=HOURLY,
            facts=keep(profile="role", admin="role == 'ACCOUNT_BILLING_ADMIN'"), always=("profile",), link=PAGE,
            evidence=CHANGED,
        ),
        Listing(
            name="conversions", kind=Kind.SCHEMA, path="/rest/conversions", records="elements", paging=PAGES,
            params={"q": "account", "account": URN}, key="id", id="id", needs=ADS,
            facts=keep("enabled", label="name", native_type="type", x_method="conversionMethod",
                       x_clicks="postClickAttributionWindowSize", x_views="viewThroughAttributionWindowSize",
                       x_attribution="attributionType", x_value="valueType", x_campaigns="campaigns"),
            unordered=("x_campaigns",), always=("label", "enabled"), link=PAGE,
            evidence={"at": "seconds(lastModified)"},
        ),
        Listing(
            name="campaigns", kind=Kind.SCHEMA, path="/rest/adAccounts/{options.account}/adCampaigns",
            records="elements", paging=TOKENS, params={"q": "search"}, key="id", id="id",
            facts=keep(label="name", enabled="status == 'ACTIVE'", archived="status == 'ARCHIVED'", native_type="type",
                       group="campaignGroup", x_objective="objectiveType"),
            always=("label", "enabled"), needs=ADS, every=HOURLY, evidence=CHANGED,
            link=f"{PAGE}/campaigns/{{key}}",
        ),
        Listing(
            name="segments", kind=Kind.SCHEMA, path="/rest/adSegments", fetch=segments, records="rows",
            key="to_string(id)", id="id", needs=ADS, every=HOURLY, always=("label", "native_type"),
            facts=keep("description", label="name", native_type="type", archived="status == 'ARCHIVED'"),
            evidence={"at": "seconds(lastModified.time)", "status": "status"}, link=PAGE,
        ),
        Listing(
            name="forms", kind=Kind.TEMPLATE, path="/rest/leadForms", fetch=forms, records="rows", per_fetch=2,
            key="id", id="id", needs=LEADS, always=("active",),
            facts=keep(active="state == 'PUBLISHED'", x_name="name", x_state="state",
                       x_review="reviewInfo.reviewStatus", x_rejected="reviewInfo.rejectionReasons",
                       x_hidden="hiddenFields[].name", x_asks="content.questions[].name", x_language="creationLocale",
                       x_privacy="host(content.legalInfo.privacyPolicyUrl)",
                       x_consents="length(content.legalInfo.consents || `[]`)"),
            evidence={"at": "seconds(lastModified)"}, link=PAGE,
            also=(
                View(
                    kind=Kind.FIELD, records="questions", scope_by="form", key="name", id="questionId",
                    words={"type": TYPES}, always=("type",), needs=LEADS,
                    facts=keep(label="values(question.localized)[0]", type="predefinedField || 'CUSTOM'",
                               native_type="predefinedField || 'CUSTOM'", required="responseRequired",
                               read_only="!responseEditable",
                               length="questionDetails.textQuestionDetails.maxResponseLength"),
                    link=PAGE,
                ),
            ),
        ),
    ),
)  # fmt: skip
