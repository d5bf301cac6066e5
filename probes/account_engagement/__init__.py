"""Account Engagement (Pardot), API version 5. https://developer.salesforce.com/docs/marketing/pardot/guide/overview.html

Least grants: a Salesforce user who may sign in to Account Engagement with single sign-on, in a role of its own there
with the View abilities under grants, Configure Fields for prospects and, for the account's plan, Edit Settings; and an
app of Salesforce with the OAuth scopes pardot_api and openid (an External Client App: connected apps cannot be made
since Spring '26, those there are keep working). Each request names the business unit: one integration for each.
Whether a business unit takes the client credentials flow differs from org to org, by connectors that tried; where it
does not (`doctor` says so), take the JWT flow or a refresh token. No answer tells a role's abilities: a missing one is
a refusal of its own list, and none is silently shorter for it.

Where the facts are from: the vendor's pages on version 5 (overview: `fields` is mandatory and nothing else comes back,
`deleted`, `limit`, pages, answers up to 60 seconds old), error codes, custom field, list, user, account, form field,
form handler field, dynamic content, layout template and engagement studio program; keys of campaigns and lists, and
that 429 is met beside error 122, from Airbyte's connector; of e-mail templates from Fivetran's schema; of landing pages
from a connector of others (with their ability, which follows that of layout templates); limits from Salesforce's help
(25,000 calls a day for Growth, 50,000 Plus, 100,000 Advanced and Premium, which the option `plan` says; five at once).
The day starts anew at midnight of the account, whose time zone no answer tells: say it in `timezone`. Not verified:
fields of form handlers, tracker domains and of a program's `status`, and codes of errors but 66, 122 and 184 (a field
that does not exist fails its own list, in words); the form of `x-api-usage`; that `nextPageUrl` carries the fields that
were asked for, as its name says. Pages that links open are from public code (that of the account from the vendor's own
WordPress plugin): one for each field, campaign, list, form, handler, template, program and domain, of users and layout
templates the list; of landing pages and dynamic content none was found. Forms name a custom field by its id with "__c"
behind it: what they use is told by the id alone, as the list of custom fields has it.

`look`: an asset by its number; what is neither found so nor in its list with the recycle bin does not exist, since a
missing ability is refused.

Not to be had: standard fields of prospects (only custom ones have an endpoint), values of a dropdown, automation rules,
completion actions, abilities of a role, what the Salesforce connector could not sync; who changed what but by the mark
of an asset's last change. Not read: how that connector stands (the page on moving to version 5 names an API of its own
for it, whose paths and keys were not to be found), steps of programs (a file to download, whose form is not described),
prospects, visitors, imports (a user without Admin > Import > View sees only its own), contents of forms and e-mails,
error texts. Assets in the bin are read too, and told as archived: names there come again, so that assets are known by
their numbers. Users and domains are known by name, and read without the bin. Addresses that forms forward to leave as
host and digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from probes.kit.api import Ask, Client
from probes.kit.auth import AuthorizeCode, ClientCredentials, Credentials, Exchange, JwtBearer, RefreshToken, Scheme
from probes.kit.contract import Absent, Denied, Expired, Kind, Ref, Rejected, Unsupported, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit, Quota
from probes.kit.listing import Found, Listing, OptionSpec, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

from .told import API, contents, inputs, one, who

PAGES = Paging(style="next", next="nextPageUrl", size=1000, size_into="limit")
HOURLY = 3600.0
TYPES = {
    "Text": "text", "Textarea": "long_text", "Hidden": "text", "Number": "decimal", "Date": "date",
    "Dropdown": "option", "Radio Button": "option", "Checkbox": "multi_option", "Multi-Select": "multi_option",
    "CRM User": "reference", "*": "any",
}  # fmt: skip
INPUTS = {
    "Text": "text", "Textarea": "long_text", "Hidden": "text", "Email": "email", "Number": "decimal", "Date": "date",
    "Dropdown": "option", "Radio Button": "option", "Checkbox": "multi_option", "*": "any",
}  # fmt: skip
FORMATS = {
    "text": "text", "number": "decimal", "email": "email", "email with valid mail server": "email",
    "email not from isps and free email providers": "email", "*": "any",
}  # fmt: skip
FIELDS, ACCOUNT, USERS = "Prospects > Configure Fields", "Admin > Account > Edit Settings", "Admin > User > View"
FORM, HANDLER = "Marketing > Forms > Forms > View", "Marketing > Forms > Form Handlers > View"
LISTS, CAMPAIGNS = "Marketing > Segmentation > Lists > View", "Marketing > Campaigns > View"
PROGRAMS, MAILS = "Marketing > Engagement Studio > Engagement Program > View", "Marketing > Emails > Templates > View"
DOMAINS = "Admin > Domain Management > View"
CONTENTS, LAYOUTS = "Content > Dynamic Content > View", "Marketing > Landing Pages > Layout Templates > View"
LANDING = "Marketing > Landing Pages > Landing Pages > View"


class InUnit:
    """Every request says beside its token which business unit it is about."""

    def __init__(self, token: Exchange, unit: str) -> None:
        self._token, self._unit = token, unit

    async def apply(self, api: Client) -> Mapping[str, str]:
        return {**await self._token.apply(api), "Pardot-Business-Unit-Id": self._unit}

    async def forget(self, api: Client) -> bool:
        return await self._token.forget(api)


def login(options: Mapping[str, Any]) -> str:
    return str(options["login"] or f"https://{options['my_domain']}.my.salesforce.com").rstrip("/")


def _token(c: Credentials) -> str:
    return f"{login(c.options)}/services/oauth2/token"


def _in_unit(c: Credentials, token: Exchange) -> InUnit:
    return InUnit(token, str(c.options["business_unit"]))


def _jwt(c: Credentials) -> JwtBearer:
    return JwtBearer(c, _token(c), issuer="{client_id}", subject="{username}", audience=login(c.options), lifetime=1800)


async def identity(api: Client) -> Vantage:
    """The business unit that was named, as whom. The vendor refuses a token that is not one of it."""
    if api.options["timezone"]:
        api.quota_zone = str(api.options["timezone"])
    subject = "Salesforce user"
    try:
        told: dict[str, Any] = (await api.ask(Ask(f"{login(api.options)}/services/oauth2/userinfo"))).value()
        subject = str(told.get("preferred_username") or told["user_id"])
    except (Denied, Rejected):  # the app has no openid
        pass
    except Expired as fault:
        if fault.code not in ("401", "403"):
            raise
    return Vantage(
        account=str(api.options["business_unit"]), subject=subject, grants=frozenset(), api_version="v5",
    )  # fmt: skip


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """An asset that is known by its number, with all that its list tells of it."""
    lists = {Ref(each.kind, each.name): each for each in VENDOR.listings if "deleted" in each.params}
    listing = lists.get(ref)
    if listing is None:
        raise Unsupported(f"Account Engagement is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    path, number = listing.path.rpartition("/")[2], key.rpartition("-")[2]
    row = await one(api, path, number, listing.params["fields"])
    return Absent("in no list") if row is None else Found(listing.name, row)


def assets(path: str, kind: Kind, needs: str, asked: str, *, bin: bool = True, **view: Any) -> Listing:
    """A list of objects: those in the recycle bin too, where there is one."""
    params = {"fields": asked, **({"deleted": "all"} if bin else {})}
    evidence = {"at": "updatedAt"} if "updatedAt" in asked else {}
    settings = {"name": path, "id": "id", "every": HOURLY, "evidence": evidence, "needs": (needs,), **view}
    return Listing(kind=kind, path=f"{API}/{path}", params=params, paging=PAGES, records="values", **settings)


def asked_by(scope: str, needs: str, page: str) -> View:
    """Which fields of prospects each form writes into."""
    return View(kind=Kind.TEMPLATE, scope=scope, records="uses", key="of", needs=(needs,), facts=keep("fields"),
                always=("fields",), link=f"{{base}}/{page}/read/id/{{row.number}}")  # fmt: skip


MARKS = "id,isDeleted,updatedAt"
NUMBER = "to_string(id)"

VENDOR = Vendor(
    name="account-engagement",
    title="Account Engagement (Pardot)",
    docs="https://developer.salesforce.com/docs/marketing/pardot/guide/overview.html",
    base="https://pi.pardot.com",
    verified=Verified("docs", "2026-11-23"),
    hosts=("pardot.com", "my.salesforce.com", "my.salesforce.mil"),
    headers={"x-return-api-usage": "1"},
    schemes={
        "client_credentials": Scheme(
            fields=("client_id", "client_secret"),
            build=lambda c: _in_unit(c, ClientCredentials(c, _token(c), style="basic", lifetime=1800)),
            note="Setup > External Client App Manager: an app with the scopes pardot_api and openid, the client "
            "credentials flow and a run-as user who may open Account Engagement. Some business units refuse it.",
        ),
        "jwt": Scheme(
            fields=("client_id", "username", "private_key"), build=lambda c: _in_unit(c, _jwt(c)),
            note="An app as above with the JWT bearer flow and your certificate; private_key is its key as PEM.",
        ),
        "refresh_token": Scheme(
            fields=("client_id", "client_secret"),
            build=lambda c: _in_unit(c, RefreshToken(c, _token(c), lifetime=1800)),
            note="An app as above with the web server flow and refresh_token; `driftline authorize` obtains the token.",
            authorize=AuthorizeCode(
                authorize="https://{options.my_domain}.my.salesforce.com/services/oauth2/authorize",
                token="https://{options.my_domain}.my.salesforce.com/services/oauth2/token",  # noqa: S106
                scopes=("pardot_api", "refresh_token", "openid"),
            ),
        ),
    },
    options={
        "my_domain": OptionSpec(says="<name> of <name>.my.salesforce.com; of a sandbox, <name>--<box>.sandbox"),
        "business_unit": OptionSpec(says="id of the business unit, 0Uv and 15 more: Setup > Business Unit Setup"),
        "timezone": OptionSpec(default="", says="time zone of the account, as Europe/Berlin: its midnight ends a day"),
        "plan": OptionSpec(default="", says="edition, which says how many calls a day has: growth, plus, advanced or "
                           "premium"),
        "login": OptionSpec(default="", says="address that signs in, if it is not that of my_domain"),
    },
    errors=Errors(
        code="to_string(code) || error", message="message || error_description",
        faults={"66": "throttled 5", "122": "throttled until_reset", "184": "expired", "49": "denied",
                "181": "rejected", "invalid_grant": "expired", "invalid_client": "expired"},
    ),
    limits={"default": Limit(key="{options.business_unit}", rate=4, per=1, concurrency=2)},
    quota=Quota(per_day=25_000, plans={"growth": 25_000, "plus": 50_000, "advanced": 100_000, "premium": 100_000},
                share=0.5, headers={"x-api-usage": r"^(?P<used>\d+)(?:\s*/\s*(?P<limit>\d+))?"}),
    identity=identity,
    who=who,
    look=look,
    absent="neither read by its number (404: it does not exist or is in the bin) nor in the list with deleted=all; a "
    "missing ability is refused: developer.salesforce.com/docs/marketing/pardot/guide/error-codes.html",
    grants={
        ability: "Account Engagement Settings > User Management > Roles: an ability of the role"
        for ability in (FIELDS, CAMPAIGNS, LISTS, FORM, HANDLER, MAILS, PROGRAMS, USERS, ACCOUNT, DOMAINS,
                        CONTENTS, LAYOUTS, LANDING)
    },
    grants_told=False,
    weaker="An ability that lacks refuses its own list (code 49 or a 403), and none is shorter for it.",
    unseen={Kind.SYNC: "how the Salesforce connector stands is not read, since its API is named and not described; "
            "look at Settings > Connectors"},
    quiet=((Kind.SCHEMA, "lists", "people open lists every day; watch those that forms and programs write to"),),
    notes=(
        "Answers may be a minute old: a change shows with the poll after it.",
        "Only custom fields of prospects have an endpoint: a standard field is seen on forms alone.",
        "What is put into the recycle bin is told as archived, and as removed once it is gone from there.",
    ),
    listings=(
        assets(
            "custom-fields", Kind.FIELD, FIELDS,
            "id,name,fieldId,type,isRequired,isUseValues,isRecordMultipleResponses,isAnalyticsSynced,salesforceId,"
            "updatedAt",
            bin=False, scope="prospects", key="fieldId", words={"type": TYPES}, always=("type", "required"),
            facts=keep("type", label="name", native_type="type", required="isRequired", x_values="isUseValues",
                       x_salesforce_field="salesforceId", x_many_answers="isRecordMultipleResponses",
                       x_analytics="isAnalyticsSynced"),
            link="{base}/prospectFieldCustom/read/id/{id}",
        ),
        assets(
            "campaigns", Kind.SCHEMA, CAMPAIGNS, f"name,salesforceId,parentCampaignId,{MARKS}", key=NUMBER,
            facts=keep(label="name", archived="isDeleted", target="salesforceId", group="parentCampaignId"),
            always=("label", "archived"), link="{base}/campaign/read/id/{id}",
        ),
        assets(
            "lists", Kind.SCHEMA, LISTS, f"name,title,isPublic,isDynamic,{MARKS}", key=NUMBER,
            facts=keep(label="name", archived="isDeleted", description="title", x_public="isPublic",
                       x_dynamic="isDynamic"),
            always=("label", "x_public"), link="{base}/list/read/id/{id}",
        ),
        assets(
            "forms", Kind.TEMPLATE, FORM, f"name,campaignId,salesforceId,{MARKS}", key=f"join('-', ['form', {NUMBER}])",
            facts=keep(label="name", archived="isDeleted", x_campaign="campaignId"), always=("archived",),
            link="{base}/form/read/id/{id}",
        ),
        Listing(
            name="form-fields", kind=Kind.FIELD, every=HOURLY, needs=(FORM,), records="values", id="id",
            fetch=inputs("form-fields", "form", "formId", "id,formId,prospectApiFieldId,label,type,dataFormat,"
                         "isRequired,isMaintainInitialValue,updatedAt"),
            scope_by="of", under="template/forms", key="prospectApiFieldId", evidence={"at": "updatedAt"},
            words={"type": INPUTS}, always=("type", "required"),
            facts=keep("label type", native_type="type", required="isRequired", x_format="dataFormat",
                       x_keeps_first="isMaintainInitialValue"),
            also=(asked_by("prospects.forms", FORM, "form"),), link="{base}/form/read/id/{row.formId}",
        ),
        assets(
            "form-handlers", Kind.TEMPLATE, HANDLER,
            f"name,campaignId,isDataForwarded,successLocation,isAlwaysEmail,isCookieless,{MARKS}",
            key=f"join('-', ['handler', {NUMBER}])", always=("archived", "x_forwards"),
            facts=keep(label="name", archived="isDeleted", x_forwards="isDataForwarded", x_campaign="campaignId",
                       x_goes_to="host(successLocation)", x_goes_to_digest="digest(successLocation)",
                       x_always_emails="isAlwaysEmail", x_cookieless="isCookieless"),
            link="{base}/formHandler/read/id/{id}",
        ),
        Listing(
            name="form-handler-fields", kind=Kind.FIELD, every=HOURLY, needs=(HANDLER,), records="values", id="id",
            fetch=inputs("form-handler-fields", "handler", "formHandlerId", "id,formHandlerId,name,prospectApiFieldId,"
                         "dataFormat,isRequired,isMaintainInitialValue"),
            scope_by="of", under="template/form-handlers", key="name", words={"type": FORMATS},
            always=("type", "required"),
            facts=keep(type="dataFormat", native_type="dataFormat", required="isRequired", x_into="prospectApiFieldId",
                       x_keeps_first="isMaintainInitialValue"),
            also=(asked_by("prospects.form-handlers", HANDLER, "formHandler"),),
            link="{base}/formHandler/read/id/{row.formHandlerId}",
        ),
        assets(
            "email-templates", Kind.TEMPLATE, MAILS,
            "id,name,subject,type,isOneToOneEmail,isAutoResponderEmail,isDripEmail,isListEmail,isDeleted,updatedAt",
            key=NUMBER, always=("native_type", "archived"), link="{base}/emailTemplate/read/id/{id}",
            facts=keep("subject", label="name", native_type="type", archived="isDeleted", x_drip="isDripEmail",
                       x_one_to_one="isOneToOneEmail", x_responds="isAutoResponderEmail", x_list="isListEmail"),
        ),
        assets(
            "landing-pages", Kind.TEMPLATE, LANDING, f"name,campaignId,formId,layoutTemplateId,isDoNotIndex,{MARKS}",
            key=NUMBER, always=("archived",),
            facts=keep(label="name", archived="isDeleted", x_form="formId", x_layout="layoutTemplateId",
                       x_campaign="campaignId", x_hidden_from_search="isDoNotIndex"),
        ),
        assets(
            "layout-templates", Kind.TEMPLATE, LAYOUTS, f"name,isIncludeDefaultCss,{MARKS}", key=NUMBER,
            facts=keep(label="name", archived="isDeleted", x_default_style="isIncludeDefaultCss"),
            always=("archived",), link="{base}/layoutTemplate",
        ),
        Listing(
            name="dynamic-contents", kind=Kind.TEMPLATE, every=HOURLY, needs=(CONTENTS,), records="values", id="id",
            fetch=contents, key=NUMBER, evidence={"at": "updatedAt"}, always=("native_type", "archived"),
            facts=keep("fields", label="name", native_type="basedOn", archived="isDeleted"),
        ),
        assets(
            "engagement-studio-programs", Kind.AUTOMATION, PROGRAMS, f"name,status,{MARKS}", name="programs",
            key=NUMBER, always=("status", "active"),
            facts=keep("status", label="name", active="status == 'Running'", x_archived="isDeleted"),
            link="{base}/engagementStudio/studio#/{id}/reporting",
        ),
        assets(
            "users", Kind.PERMISSION, USERS, "id,email,username,roleName,salesforceId,updatedAt", key="username",
            bin=False, person=True, always=("profile",),
            facts=keep("email", profile="roleName", x_salesforce_user="salesforceId"),
            link="{base}/user",
        ),
        assets(
            "tracker-domains", Kind.PLATFORM, DOMAINS,
            "id,domain,isPrimary,httpsStatus,sslStatus,validationStatus,updatedAt", key="domain", bin=False,
            facts=keep("domain", status="validationStatus", x_primary="isPrimary", x_https="httpsStatus",
                       x_certificate="sslStatus"),
            always=("status",), link="{base}/trackerDomain/read/id/{id}",
        ),
        Listing(
            name="account", kind=Kind.PLATFORM, path=f"{API}/account", records="", single=True,
            params={"fields": "id,company,level,website"}, key="'account'", id="id", every=6 * HOURLY,
            always=("plan",), needs=(ACCOUNT,),
            facts=keep(label="company", plan="level", domain="host(website)"), link="{base}/account",
        ),
    ),
)  # fmt: skip
