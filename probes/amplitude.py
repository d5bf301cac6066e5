"""Amplitude, its Taxonomy API v2 and Behavioral Cohorts API v3. https://amplitude.com/docs/apis/analytics/taxonomy

Least grants: API key and secret key of a project, on the Enterprise plan or with the Govern add-on. Of a workspace with
several environments it is the project of the first: keys of another are answered 403. A key has no rights of its own.

Where the facts are from: the vendor's page on the Taxonomy API (categories, event types, event properties, user
properties, limits: 7,200 an hour for a project and 4 at once; a read costs 1), whose examples have all keys. Errors are
`{success: false, errors: [{message}]}`; "Not found" is a 400 there. The page sends `event_type` in the body of a GET,
which no cache or proxy has to keep: it is sent as a parameter here, and as no other way is allowed to this reader that
is not verified. Neither is whether a long list is ever cut: the page has no pages.

Cohorts are from the page on behavioral cohorts (https://amplitude.com/docs/apis/analytics/behavioral-cohorts), whose
list takes the same keys, has no pages and counts toward no allowance, as requests for a single one do: none is made. It
has the "discoverable" ones, so that one that its owner hides leaves it. The example answer was read in a copy of the
page: of a definition the keys that it has are compared, and its events named; clauses of other sorts may use what
nobody sees.

Links: the page of an event is /data/<organization>/<project>/events/main/latest/<event>, as the comments have it that
Amplitude's own tool for tracking plans writes into code (on data.amplitude.com; others' code has app.amplitude.com). No
answer tells the organization's short name and the project's: they are the option `place`, copied from the address. Of
user properties and categories no page was found. What has none leads to the application itself, as all does without
`place`. That the application of the EU is app.eu.amplitude.com is from public code, Amplitude's among it.

One thing alone: an event and a user property have an address of their own, and "Not found" is what the page says of one
that is not there; a key that may not ask is answered 401 or 403, and no key sees less of its project than another. Of
an event's own properties the page sends the event in the body of a GET: they are not looked for.

Not to be had with a project's key: who may do what (User Management API,
https://amplitude.com/docs/apis/user-management), who changed something (Audit Logs API: of projects, roles, charts and
cohorts, none of the plan) – both take the organization's key and secret, which Support gives to Enterprise –,
destinations (Developer API, a personal token). Whether events still arrive no answer tells. Not read: who is in a
cohort, how many, its owners. Only what is planned in the schema is told of. Custom user properties begin with `gp:`,
events that were made of others with `ce:`.
"""

from __future__ import annotations

from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.auth import Basic, Scheme
from probes.kit.contract import Absent, Kind, Ref, Rejected, Unsupported, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Found, Listing, OptionSpec, Vendor, keep
from probes.kit.verified import Verified

HOURLY = 3600.0
EVENT = "{options.app}/data/{options.place}/events/main/latest"
TYPES = {"string": "text", "number": "decimal", "boolean": "boolean", "enum": "option", "many": "multi_option",
         "list": "json", "any": "any", "*": "any"}  # fmt: skip
CLAUSES = "definition.andClauses[].orClauses[]"
CLAUSE = ("version countGroup cohortType andClauses negated orClauses type time_type time_value offset interval"
          " type_value operator operator_value group_by metric referenceFrameTimeParams")  # fmt: skip
LOOKED = {
    Ref(Kind.SCHEMA, "events"): ("events", "/api/2/taxonomy/event"),
    Ref(Kind.FIELD, "user"): ("user-properties", "/api/2/taxonomy/user-property"),
}
KIND = "is_array_type && (type == 'enum' && 'many' || 'list') || type || 'any'"
FIELD = keep(
    "description", type=KIND, native_type="type", required="is_required", pattern="regex",
    options="enum_values | (type(@) == 'string' && [@] || @)[].{value: to_string(@)}",
)  # fmt: skip


async def identity(api: Client) -> Vantage:
    """Nothing names the project that a key is of: it is known by the name that the integration gives it."""
    await api.ask(Ask("/api/2/taxonomy/category"))
    project = str(api.options["project"])
    return Vantage(account=project, account_name=project, subject="project key", grants=frozenset(), api_version="2",
                   silent=frozenset({Kind.AUTOMATION}))  # fmt: skip


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """An event, or a property of users."""
    if ref not in LOOKED:
        raise Unsupported(f"Amplitude is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    listing, path = LOOKED[ref]
    try:
        return Found(listing, (await api.ask(Ask(f"{path}/{quote(key, safe='')}"))).value("data"))
    except Rejected as fault:
        if fault.message == "Not found":
            return Absent("Not found")
        raise


VENDOR = Vendor(
    name="amplitude",
    title="Amplitude",
    docs="https://amplitude.com/docs/apis/analytics/taxonomy",
    base="https://amplitude.com",
    hosts=("amplitude.com",),
    schemes={
        "basic": Scheme(
            fields=("api_key", "secret_key"),
            build=lambda given: Basic(given, user="api_key", password="secret_key"),  # noqa: S106  fields' names
            note="Organization settings > Projects > the project of the first environment > API Key and Secret Key.",
        )
    },
    options={
        "project": OptionSpec(default="project", says="a name for the project, which no answer tells"),
        "place": OptionSpec(says="organization and project as the address has them, for links: northwind/271828 of "
                            "https://app.amplitude.com/data/northwind/271828/events"),
        "app": OptionSpec(says="where people open Amplitude, for links, where `base` is no host of the vendor's",
                          by_host={"amplitude.com": "https://app.amplitude.com",
                                   "analytics.eu.amplitude.com": "https://app.eu.amplitude.com"}),
    },
    errors=Errors(failed="success", failed_is=False, message="errors[0].message"),
    limits={"default": Limit(key="{integration}", rate=7_000, per=3600, concurrency=4)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    look=look,
    absent="\"Not found\" about an event or a user property; a key that may not ask is answered 401 or 403",
    grants_told=False,
    weaker="A key has no rights of its own: it reads all of its project but the cohorts that their owners hide.",
    unseen={
        Kind.PERMISSION: "who may do what is told to the organization's key alone (User Management API, Enterprise)",
        Kind.SYNC: "destinations are told to a personal token alone (Developer API), and whether events arrive nowhere",
        Kind.PLATFORM: "the Taxonomy API tells no plan and no use",
    },
    lacks={Kind.TEMPLATE: "a plan of events has no templates"},
    notes=(
        "A project in the EU sets `base` to https://analytics.eu.amplitude.com.",
        "Without the Enterprise plan or the Govern add-on every request but that for cohorts is refused.",
        "A cohort that its owner hides cannot be told from one that is gone: it is held until a person releases it.",
    ),
    exempt={"cursor": "the Taxonomy API gives whole lists and has no pages"},
    listings=(
        Listing(
            name="categories", kind=Kind.SCHEMA, path="/api/2/taxonomy/category", records="data", key="name", id="id",
            facts=keep(label="name"), always=("label",), every=HOURLY, link="{options.app}",
        ),
        Listing(
            name="events", kind=Kind.SCHEMA, path="/api/2/taxonomy/event", records="data", key="event_type",
            facts=keep("description", label="event_type", group="category.name"), always=("label",),
            link=(f"{EVENT}/{{key}}", "{options.app}"),
        ),
        Listing(
            name="event-properties", kind=Kind.FIELD, for_each="events", path="/api/2/taxonomy/event-property",
            params={"event_type": "{parent.key}"}, records="data", key="event_property", facts=FIELD,
            words={"type": TYPES}, always=("type",), every=HOURLY,
            link=(f"{EVENT}/{{parent.key}}", "{options.app}"),
        ),
        Listing(
            name="user-properties", kind=Kind.FIELD, scope="user", path="/api/2/taxonomy/user-property",
            records="data", key="user_property", facts={k: v for k, v in FIELD.items() if k != "required"},
            words={"type": TYPES}, always=("type",), every=HOURLY, link="{options.app}",
        ),
        Listing(
            name="cohorts", kind=Kind.AUTOMATION, path="/api/3/cohorts", records="cohorts", key="id", id="id",
            facts=keep("description", label="name", native_type="type", active="!archived", x_published="published",
                       x_predictive="is_predictive", criteria=f"known(definition, '{CLAUSE}')",
                       reads=f"{CLAUSES} | [?type == 'event'].join('', [type_value, '/'])",
                       opaque=f"length({CLAUSES} | [?type != 'event']) > `0`"),
            always=("active",), evidence={"at": "lastMod"}, every=HOURLY, link="{options.app}",
        ),
    ),
)  # fmt: skip
