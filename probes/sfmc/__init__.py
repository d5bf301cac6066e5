"""Salesforce Marketing Cloud Engagement: SOAP for data extensions, people and roles, REST for the rest.
https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/apis-overview.html

Least grants: an installed package (Setup > Apps > Installed Packages) with a server-to-server API integration and the
scopes under grants, each of which opens its own lists (tracking_events_read, with the permission Audit Logging > API
Access and an edition that has the Audit Trail, tells who changed what and is not needed), in the business unit to be
read: a token is one business unit's, so that each is an integration of its own. What the package may do comes with the
token and is in the vantage; a change of it takes up to five minutes to show.

Where the facts are from: the vendor's pages on tokens, userinfo, permission scopes, rate limiting, errors,
ContinueRequest (2,500 rows a page), event notifications (callbacks and subscriptions) and the Audit Trail; the shape of
answers from those of a real account that Accenture/sfmc-devtools (MIT) keeps for its tests, and which lists it asks for
from the same project: journeys and event definitions, queries, imports, definitions of transactional e-mails, an
automation by its id. No figure of a rate limit is published: 429 says how long (50100), a blocked account does not
(50200). SOAP says no in an overall status inside of a 200, or in a fault with a 500. Not verified: that userinfo
answers a package's own token as it does a person's; that exits are built as goals are; the words of SOAP's faults
beside those that the vendor's clients know ("Token Expired", "Login Failed"); the numbers of units of retention; words
of a callback's and a subscription's status beside "verified" and "active". Times have no zone: the system's is Central
Standard Time all the year. Every field of every data extension is asked for at once, as that project does. The business
unit is the object Account of the token, whose properties are on the vendor's page; that a package with accounts_read
may retrieve its own is that project's way, with the object BusinessUnit.

Links lead to mc.exacttarget.com, as the vendor's own pages on its SDK do; that it goes on to the account's stack and
the business unit one is in was not tried. The pages themselves are known from public code alone, that of users from
another vendor's help. On the id of an automation's own page that code does not agree: its link is the list. Of entry
events, callbacks, subscriptions, e-mails, roles and the business unit no address was found.

Not to be had: how the runs of an automation went and when (the list that tells it is not documented: its state now is
told, and no time), what a role permits (single rights of a person hang on a role of their own, which is told as one),
rows that an import rejected. Shared data extensions show in the business unit that owns them alone.
Not read: contacts, rows, tracking, content, files; `ModifiedDate`, which sending touches; counts of journeys and rows.
A query's text, which may hold values, leaves as a digest.
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Ask, Client
from probes.kit.auth import Credentials, Exchange, Scheme
from probes.kit.contract import Denied, Kind, Rejected, Unsupported, Vantage
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

from .asked import look, who
from .soap import SERVICE, Spoken
from .told import REST, automations, extensions, imports, queries, roles, units, users

HOURLY, DAY = 3600.0, 86_400.0
APP = "https://mc.exacttarget.com/cloud/#app"
CONTACTS, STUDIO = f"{APP}/Contact%20Builder/", f"{APP}/Automation%20Studio/AutomationStudioFuel3/"
TYPES = {"Text": "text", "Number": "integer", "Decimal": "decimal", "Date": "datetime", "Boolean": "boolean",
         "EmailAddress": "email", "Phone": "phone", "Locale": "text", "*": "any"}  # fmt: skip
STATES = {"Scheduled": "ok", "Ready": "ok", "AwaitingTrigger": "ok", "Running": "running", "PausedSchedule": "paused",
          "Stopped": "disabled", "InactiveTrigger": "disabled", "Building": "disabled", "Error": "failing",
          "BuildingError": "failing"}  # fmt: skip
OFF = 'contains(`["PausedSchedule", "Stopped", "InactiveTrigger", "Building"]`, status)'
SCOPES = {"data_extensions_read": "Data > Data Extensions", "automations_read": "Automation > Automations",
          "journeys_read": "Automation > Journeys", "email_read": "Channels > Email",
          "users_read": "Provisioning > Users", "accounts_read": "Provisioning > Accounts",
          "event_notification_callback_read": "Event Notifications > Callbacks",
          "event_notification_subscription_read": "Event Notifications > Subscriptions",
          "tracking_events_read": "Data > Tracking Events"}  # fmt: skip
ZONE = "'-06:00'"  # of the system's times, which come without one
DATA, WORK, TRIPS, PEOPLE = ("data_extensions_read",), ("automations_read",), ("journeys_read",), ("users_read",)
CALLBACKS, TOLD_TO = ("event_notification_callback_read",), ("event_notification_subscription_read",)
# The documented keys of a goal of a journey. Whom it counts is a filter with values in it: a digest stands for that.
GOAL = ("key: key, name: name, description: description, type: type, "
        "criteria_digest: digest(configurationArguments.criteria || criteria)")  # fmt: skip
CHANGED = {"at": f"join('', [modifiedDate, {ZONE}])"}


def login(options: Any) -> str:
    return str(options["login"] or f"https://{options['subdomain']}.auth.marketingcloudapis.com").rstrip("/")


async def _token(c: Credentials) -> Ask:
    client = {"client_id": await c.get("client_id"), "client_secret": await c.get("client_secret")}
    body = {"grant_type": "client_credentials", **client, "account_id": str(c.options["mid"])}
    return Ask(f"{login(c.options)}/v2/token", body=body)


async def identity(api: Client) -> Vantage:
    """The business unit of the token, and the scopes that come with it."""
    client = {"client_id": await api.secret("client_id"), "client_secret": await api.secret("client_secret")}
    body = {"grant_type": "client_credentials", **client, "account_id": str(api.options["mid"])}
    scopes = str((await api.login(Ask(f"{login(api.options)}/v2/token", body=body))).value("scope") or "").split()
    unit: dict[str, Any] = {}
    person: dict[str, Any] = {}
    try:
        told: dict[str, Any] = (await api.ask(Ask(f"{login(api.options)}/v2/userinfo"))).value()
        unit, person = told["organization"], told["user"]
    except (Denied, Rejected, Unsupported):  # the package may not ask: its business unit is the one it was made for
        pass
    return Vantage(
        account=str(unit.get("member_id") or api.options["mid"]),
        account_name=str(unit.get("enterprise_name") or ""),
        subject=str(person.get("preferred_username") or "installed package"),
        grants=frozenset(scopes) - {"offline"},
        api_version="SOAP and REST v1",
        locale=str(unit.get("locale") or ""),
    )


def rest(name: str, path: str, kind: Kind, **view: Any) -> Listing:
    """A list of the REST API in pages."""
    records = {"records": "items", **view}
    return Listing(name=name, path=path, kind=kind, paging=REST, every=HOURLY, **records)


VENDOR = Vendor(
    name="sfmc",
    title="Salesforce Marketing Cloud Engagement",
    docs="https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/apis-overview.html",
    base="https://{options.subdomain}.rest.marketingcloudapis.com",
    verified=Verified("docs", "2026-11-23"),
    hosts=("marketingcloudapis.com",),
    schemes={
        "client_credentials": Scheme(
            fields=("client_id", "client_secret"), build=lambda given: Exchange(given, _token, lifetime=1_079),
            note="Setup > Apps > Installed Packages > New > Add Component > API Integration > Server-to-Server, with "
            "the scopes under grants, and Access enabled for the business unit. Client Id and Secret stand there.",
        )
    },
    options={
        "subdomain": OptionSpec(says="of the addresses under the package's API Integration, mc followed by letters"),
        "mid": OptionSpec(says="MID of the business unit to read, which stands beside its name in the app"),
        "login": OptionSpec(default="", says="address of the token service, if it is not that of the subdomain"),
        "soap": OptionSpec(default="", says="address of the SOAP service, if it is not that of the subdomain"),
    },
    errors=Spoken(
        code="to_string(errorcode) || error", message="message || error_description", wait="retryAfter",
        faults={"50100": "throttled", "50200": "throttled 600", "invalid_client": "expired"},
    ),
    limits={"default": Limit(key="{options.subdomain}", rate=4, per=1, concurrency=4)},
    reads=(SERVICE,),
    identity=identity,
    look=look,
    absent="404 with the error code 30003 for a key that is not there; a missing right is a 403 (the vendor's pages on "
    "endpoints and on errors)",
    who=who,
    hides={Kind.TEMPLATE: "content is not read, and may print or write any field of a data extension"},
    grants={scope: f"Installed Packages > API Integration > Edit: {where}, Read" for scope, where in SCOPES.items()},
    quiet=((Kind.SCHEMA, "data-extensions", "people make data extensions every day; watch those that imports fill"),),
    notes=(
        "A token is one business unit's: add an integration for each. People and roles are the enterprise's: read them "
        "in its own business unit.",
        "When automations ran is not documented: that one fails is told while it stands at Error.",
        "Six calls of SOAP and one for each automation an hour; no figure of a limit is published.",
        "The edition is told by its number; no answer tells what it allows, or the end of a version of the API.",
    ),
    listings=(
        Listing(
            name="data-extensions", kind=Kind.SCHEMA, fetch=extensions, per_fetch=4, records="extensions",
            key="CustomerKey", id="ObjectID", always=("label", "x_sendable"), needs=DATA, every=HOURLY,
            facts=keep("retention", label="Name", description="Description", x_sendable="sendable", x_link="link",
                       x_testable="testable"),
            link=CONTACTS,
            also=(
                View(
                    kind=Kind.FIELD, scope_by="extension", under="schema/data-extensions", records="fields", key="Name",
                    id="ObjectID", words={"type": TYPES}, always=("type", "required"), needs=DATA,
                    facts=keep("required length scale", type="FieldType", native_type="FieldType",
                               default="DefaultValue", x_primary_key="primary"),
                    link=CONTACTS,
                ),
            ),
        ),
        Listing(
            name="automations", kind=Kind.AUTOMATION, fetch=automations, records="automations", key="CustomerKey",
            id="ObjectID", facts=keep(label="Name", x_name="Name"), always=("x_name",), needs=WORK, every=HOURLY,
            link=STUDIO,
        ),
        Listing(
            name="automation-steps", kind=Kind.AUTOMATION, for_each="automations", scope="{parent.key}.automation",
            path="/automation/v1/automations/{parent.id}", records="", key="key", id="id", needs=WORK, every=HOURLY,
            single=True,
            facts=keep(label="name", description="description", trigger="type", active=f"!({OFF})",
                       x_recurs="schedule.icalRecur", x_timezone="schedule.timezoneName",
                       steps="steps[].activities[].{key: id, type: to_string(objectTypeId), target: name}",
                       writes="steps[].activities[].targetDataExtensions[].join('', [key, '/'])",
                       opaque="contains(not_null(steps, `[]`)[].activities[].objectTypeId, `423`)"),
            always=("trigger", "active"), link=STUDIO,
            also=(
                View(
                    kind=Kind.SYNC, scope="{parent.key}.runs", single=True, key="key", id="id", needs=WORK,
                    facts=keep(label="name", job_type="'automation'"), health={"state": "status"}, states=STATES,
                    link=STUDIO,
                ),
            ),
        ),
        rest(
            "journeys", "/interaction/v1/interactions", Kind.AUTOMATION, key="key", id="id", needs=TRIPS,
            evidence=CHANGED,
            facts=keep("status", label="name", description="description", native_type="definitionType",
                       active="status == 'Published'", x_version="version", x_entry="entryMode", x_channel="channel",
                       x_mode="executionMode", x_exits=f"exits[].{{{GOAL}}}",
                       x_goals=f"goals[].{{{GOAL}, unit: metaData.conversionUnit, value: metaData.conversionValue}}"),
            always=("status", "native_type"), link=f"{APP}/Journey%20Builder/%23{{id}}/{{row.version}}",
        ),
        rest(
            "events", "/interaction/v1/eventDefinitions", Kind.AUTOMATION, key="eventDefinitionKey", id="id",
            evidence=CHANGED,
            needs=TRIPS, always=("native_type",),
            facts=keep(label="name", native_type="type", object="dataExtensionName", x_mode="mode",
                       criteria="digest(arguments.criteria)", x_schedule="schedule.recurrencePattern"),
        ),
        Listing(
            name="queries", kind=Kind.AUTOMATION, fetch=queries, records="queries", key="key", id="queryDefinitionId",
            needs=WORK, always=("x_text",), every=HOURLY, evidence=CHANGED,
            facts=keep("opaque", label="name", object="targetKey", reads="names", x_text="digest(queryText)",
                       x_update="targetUpdateTypeName"),
            link=f"{STUDIO}%23ActivityDetails/300/{{id}}",
        ),
        Listing(
            name="imports", kind=Kind.SYNC, fetch=imports, per_fetch=2, records="imports", key="customerKey",
            id="importDefinitionId", needs=WORK + DATA, always=("mode",), every=HOURLY, health={"writes": "`true`"},
            facts=keep(label="name", target="into", mode="fieldMappingType", job_type="fileType",
                       mapping="fieldMappings[].{from: sourceFieldName, to: destinationFieldName}",
                       x_pattern="fileNamingPattern", x_allows_errors="allowErrors", x_header="hasColumnHeader"),
            link=f"{STUDIO}%23Activities",
        ),
        Listing(
            name="callbacks", kind=Kind.SYNC, path="/platform/v1/ens-callbacks", records="", key="callbackId",
            id="callbackId", needs=CALLBACKS, always=("x_status",), every=HOURLY,
            facts=keep(label="callbackName", target="host(url)", enabled="status == 'verified'", x_status="status",
                       x_address_digest="digest(url)", x_batch="maxBatchSize"),
        ),
        Listing(
            name="subscriptions", kind=Kind.SYNC, for_each="callbacks", scope="{parent.key}.subscriptions", records="",
            path="/platform/v1/ens-subscriptions-by-cb/{parent.key}", key="subscriptionId", id="subscriptionId",
            needs=TOLD_TO, always=("x_status",), every=HOURLY, health={"state": "status"}, states={"active": "ok"},
            facts=keep(label="subscriptionName", enabled="status == 'active'", x_status="status",
                       x_events="eventCategoryTypes", x_filters="filters"),
            unordered=("x_events", "x_filters"),
        ),
        rest(
            "e-mails", "/messaging/v1/email/definitions", Kind.TEMPLATE, records="definitions", key="definitionKey",
            facts=keep(label="name", active="status == 'Active'"), always=("active",), needs=("email_read",),
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, fetch=users, records="users", key="UserID", id="AccountUserID",
            person=True, always=("active", "api_only"), needs=PEOPLE, every=HOURLY,
            facts=keep("active roles", email="Email", api_only="api", x_locked="locked", x_own_rights="own",
                       x_business_unit="unit"),
            link=f"{APP}/Setup/Users",
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, fetch=roles, records="roles", key="CustomerKey", id="ObjectID",
            always=("label", "vendor_defined"), needs=PEOPLE, every=HOURLY,
            facts=keep(label="Name", description="Description", vendor_defined="system"),
        ),
        Listing(
            name="business-unit", kind=Kind.PLATFORM, fetch=units, records="units", key="ID", id="ID",
            needs=("accounts_read",), always=("label", "enabled"), every=DAY,
            facts=keep(label="Name", enabled="active", edition="EditionID", x_type="AccountType", x_parent="ParentID",
                       x_test="test"),
        ),
    ),
)  # fmt: skip
