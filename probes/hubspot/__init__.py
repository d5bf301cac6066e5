"""HubSpot, date-versioned API 2026-09. https://developers.hubspot.com/docs/api-reference

Least grants: crm.schemas.<object>.read for each object, settings.users.read, settings.users.teams.read; optional
crm.import, automation, forms, crm.lists.read. A Service Key is recommended; private app tokens that exist keep working.

Where the facts are from: the vendor's reference (property validations, scopes, pipelines, users, teams, forms, flows,
usage guidelines) and its changelog; `private-apps/get/access-token-info` stands in no reference but in the code of many
public users (userId, hubId, appId, scopes), some of whom call it with Service Keys; the 403 with category
MISSING_SCOPES likewise. Not verified: names of the counters in an import's metadata (read where they are there).
Not read: what a role allows (HubSpot gives names only), sync errors of the Salesforce connector (no endpoint), options
of externally managed properties (owners and the like: they follow people, not decisions), sensitive properties (they
need a data-sensitivity parameter and a grant of their own), owners, association labels, which objects are enabled,
limits of objects, marketing e-mails, campaigns, lead scores, the audit of the CMS, webhooks (a developer's key).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import bearer
from probes.kit.contract import Fault, Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit, Quota
from probes.kit.listing import Listing, OptionSpec, Row, Vendor, keep
from probes.kit.values import instant
from probes.kit.verified import Verified

from .asked import AFTER, V, look, who
from .segments import ALL, segments
from .workflows import DETAILS, NAMES, workflows

TOKEN_INFO = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105  a path
TYPE_IDS = {name: id for id, name in NAMES.items()}

_BASE = {"string": "text", "number": "decimal", "date": "date", "datetime": "datetime", "enumeration": "option",
         "bool": "boolean", "phone_number": "phone", "object_coordinates": "reference", "json": "json"}  # fmt: skip
_NARROWER = {"textarea": "long_text", "html": "html", "file": "file", "phonenumber": "phone",
             "checkbox": "multi_option", "booleancheckbox": "boolean"}  # fmt: skip
_FIELDS = ("text", "textarea", "html", "file", "phonenumber", "number", "date", "select", "radio", "checkbox",
           "booleancheckbox", "calculation_equation", "calculation_rollup", "calculation_score",
           "calculation_read_time", "calculation_sync", "unknown")  # fmt: skip
TYPES = {f"{kind}/{field}": _NARROWER.get(field, ours) for kind, ours in _BASE.items() for field in _FIELDS}
TYPES |= {f"enumeration/{field}": "option" for field in ("text", "textarea")} | {"*": "any"}

PROPERTY = keep(
    "label description calculated hidden archived",
    type="join('/', [type, fieldType])", native_type="join('/', [type, fieldType])", group="groupName",
    unique="hasUniqueValue", formula="calculationFormula", externally_managed_options="externalOptions",
    references="[referencedObjectType][?@]", form_field="formField", vendor_defined="hubspotDefined",
    sensitivity="dataSensitivity", sensitivity_categories="sensitiveDataCategories",
    currency_symbol="showCurrencySymbol", date_hint="dateDisplayHint", read_only="modificationMetadata.readOnlyValue",
    read_only_definition="modificationMetadata.readOnlyDefinition",
    read_only_options="modificationMetadata.readOnlyOptions",
    options="sort_by([@][?!externalOptions].options[], &not_null(displayOrder, `-1`))[]"
    ".{value: value, label: label, hidden: hidden}",
)  # fmt: skip
CHANGED = {"at": "updatedAt", "by": "updatedUserId"}
COUNTS = ("state", "succeeded_at", "failed_at", "rows_ok", "rows_failed", "errors")


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
        grants=frozenset(str(scope) for scope in me["scopes"]),
        api_version=V,
        locale="account",
    )


async def validations(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """This one path knows standard objects by their type id."""
    for parent in parents:
        about = str(parent["key"])
        try:
            answer = await api.ask(Ask(f"/crm/property-validations/{V}/{TYPE_IDS.get(about, about)}"))
        except Fault as fault:
            yield parent, fault
        else:
            yield parent, answer


async def imports(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Imports of one name are one sync. Error kinds are asked of its newest run, where that has rejected rows."""
    runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for run in await api.every(Ask(f"/crm/imports/{V}"), AFTER, "results"):
        runs[str(run.get("importName") or run["id"])].append(run)
    rows = []
    for name, found in sorted(runs.items()):
        row = import_row(name, found)
        if row["rows_failed"]:
            ask = Ask(f"/crm/imports/{V}/{row['id']}/errors", {"limit": 50})
            errors = (await api.ask(ask)).value("results") or []
            row["errors"] = sorted({str(error.get("errorType")) for error in errors})
        rows.append(row)
    yield parents[0], Answer(200, {}, msgspec.json.encode({"results": rows}))


def import_row(name: str, runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """State by the newest run, counts by the newest that ended."""
    order = sorted(runs, key=lambda run: instant(run.get("createdAt")) or 0.0, reverse=True)
    ended = next((run for run in order if run.get("state") in ("DONE", "FAILED", "CANCELED", "REVERTED")), {})
    counters = (ended.get("metadata") or {}).get("counters") or {}
    return {
        "id": ended.get("id") or order[0].get("id"),
        "name": name,
        "source": order[0].get("importSource"),
        "state": order[0].get("state"),
        "succeeded_at": next((run.get("updatedAt") for run in order if run.get("state") == "DONE"), None),
        "failed_at": next((run.get("updatedAt") for run in order if run.get("state") == "FAILED"), None),
        "rows_ok": counters.get("UNIQUE_OBJECTS_WRITTEN"),
        "rows_failed": counters.get("ERRORS"),
        "errors": [],
    }


def properties(name: str, for_each: str) -> Listing:
    """The properties of an object: one request each, without pages."""
    return Listing(
        name=name, kind=Kind.FIELD, for_each=for_each, path=f"/crm/properties/{V}/{{parent.key}}",
        params={"archived": "false"}, records="results", key="name", facts=PROPERTY, evidence=CHANGED,
        words={"type": TYPES}, always=("type", "group"),
        needs=(f"crm.schemas.{'custom' if for_each == 'objects' else '{parent.key}'}.read",),
        link="https://app.hubspot.com/property-settings/{account}/properties?type={parent.key}&search={key}",
    )  # fmt: skip


VENDOR = Vendor(
    name="hubspot",
    title="HubSpot",
    docs="https://developers.hubspot.com/docs/api-reference",
    verified=Verified("docs", "2026-11-22"),
    base="https://api.hubapi.com",
    hosts=("hubapi.com",),
    schemes={
        "token": bearer(
            "A Service Key (Settings > Integrations > Service Keys) or the token of a private app that is there."
        )
    },
    options={
        "objects": OptionSpec(default=["contacts", "companies", "deals", "tickets"], says="standard objects to read"),
        "pipelines": OptionSpec(default=["deals", "tickets"], says="objects whose pipelines to read"),
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
        **{f"crm.schemas.{name}.read": f"the key's scope for {name}" for name in (*TYPE_IDS, "custom")},
        "settings.users.read": "the key's scope for users and roles (super admins give it)",
        "settings.users.teams.read": "the key's scope for teams",
        "crm.import": "the key's scope for imports", "automation": "the key's scope for workflows",
        "forms": "the key's scope for forms", "crm.lists.read": "the key's scope for segments (lists)",
        "account-info.security.read": "not needed; tells who changed what, in accounts that have the audit log",
    },
    quiet=((Kind.PLATFORM, "usage", "calls left are told by every answer"),),
    sunset={"v3": "2027-09-30", "v4": "2027-09-30"},
    notes=(
        "HubSpot ships new standard properties every week; they carry vendor_defined.",
        "A property that was deleted is archived and can be restored for 90 days; it is read as removed.",
        "users, roles, teams, forms and workflows exist under legacy v3 and v4 paths only.",
    ),
    listings=(
        Listing(
            name="objects", kind=Kind.SCHEMA, path=f"/crm-object-schemas/{V}/schemas", params={"archived": "false"},
            records="results", key="fullyQualifiedName", id="objectTypeId", evidence=CHANGED, always=("label",),
            needs=("crm.schemas.custom.read",),
            facts=keep("description archived", label="labels.singular", plural_label="labels.plural",
                       primary_field="primaryDisplayProperty", required_fields="requiredProperties",
                       searchable_fields="searchableProperties", x_secondary="secondaryDisplayProperties",
                       x_sensitive="allowsSensitiveProperties"),
        ),
        properties("properties", "options.objects"),
        properties("custom-properties", "objects"),
        Listing(
            name="groups", kind=Kind.SCHEMA, for_each="options.objects", scope="{parent.key}.groups",
            path=f"/crm/properties/{V}/{{parent.key}}/groups", records="results", key="name", always=("label",),
            facts=keep("label archived"), needs=("crm.schemas.{parent.key}.read",),
        ),
        Listing(
            name="validations", kind=Kind.FIELD, for_each="options.objects", scope="{parent.key}.validations",
            records="results", key="propertyName", fetch=validations, needs=("crm.schemas.{parent.key}.read",),
            facts=keep(rules="propertyValidationRules[]"
                       ".{rule: ruleType, arguments: ruleArguments, normalized: shouldApplyNormalization}"),
        ),
        Listing(
            name="pipelines", kind=Kind.SCHEMA, for_each="options.pipelines", scope="{parent.key}.pipelines",
            path=f"/crm/pipelines/{V}/{{parent.key}}", records="results", key="id", evidence={"at": "updatedAt"},
            needs=("crm.schemas.{parent.key}.read",), always=("label",),
            facts=keep("label archived", stages="sort_by(stages, &not_null(displayOrder, `-1`))[]"
                       ".{id: id, label: label, closed: metadata.isClosed, probability: metadata.probability,"
                       " archived: archived}"),
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/settings/users/v3", records="results", paging=AFTER, key="email",
            person=True, id="id", always=("admin",), needs=("settings.users.read",),
            facts=keep(admin="superAdmin", roles="roleIds", team="primaryTeamId", teams="secondaryTeamIds",
                       seats="seatNames"),
            link="https://app.hubspot.com/settings/{account}/users/user/{id}",
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path="/settings/v3/users/roles", records="results",
            facts=keep(label="name", x_billing="requiresBillingWrite"), always=("label",),
            needs=("settings.users.read",),
        ),
        Listing(
            name="teams", kind=Kind.PERMISSION, path="/settings/v3/users/teams", records="results",
            facts=keep(label="name", members="[userIds, secondaryUserIds][][]"), always=("label",),
            needs=("settings.users.teams.read",),
        ),
        Listing(
            name="imports", kind=Kind.SYNC, fetch=imports, per_fetch=3, records="results", key="name",
            facts=keep(native_type="source"), health={name: name for name in COUNTS}, needs=("crm.import",),
            states={"DONE": "ok", "STARTED": "running", "PROCESSING": "running", "DEFERRED": "running",
                    "FAILED": "failing", "CANCELED": "paused", "REVERTED": "paused"},
        ),
        Listing(
            name="workflows", kind=Kind.AUTOMATION, fetch=workflows, per_fetch=2, records="results",
            facts=keep("reads writes opaque", label="name", active="isEnabled", native_type="flowType",
                       object="objectTypeId"),
            evidence={"at": "updatedAt"}, always=("active",), needs=("automation",),
            link="https://app.hubspot.com/workflows/{account}/platform/flow/{key}/edit",
        ),
        Listing(
            name="segments", kind=Kind.AUTOMATION, fetch=segments, per_fetch=2, records="results", key="listId",
            facts=keep("reads criteria", label="name", native_type="processingType", object="objectTypeId"),
            evidence=CHANGED | {"by": "updatedById"}, always=("native_type",), needs=("crm.lists.read",),
            link="https://app.hubspot.com/contacts/{account}/objectLists/{key}/filters",
        ),
        Listing(
            name="forms", kind=Kind.TEMPLATE, path="/marketing/v3/forms", records="results", paging=AFTER,
            facts=keep("archived", label="name", native_type="formType", fields="fieldGroups[].fields[].name",
                       consent="legalConsentOptions", x_required="fieldGroups[].fields[?required][].name"),
            unordered=("x_required",), evidence={"at": "updatedAt"}, always=("archived",), needs=("forms",),
        ),
        Listing(
            name="account", kind=Kind.PLATFORM, path=f"/account-info/{V}/details", key="'account'", every=3600.0,
            single=True,
            facts=keep(plan="accountType", timezone="timeZone", currency="companyCurrency",
                       currencies="additionalCurrencies", domain="uiDomain", region="dataHostingLocation"),
            always=("timezone",),
        ),
        Listing(
            name="usage", kind=Kind.PLATFORM, path=f"/account-info/{V}/api-usage/daily/private-apps",
            records="results", key="name", facts=keep(maximum="usageLimit"), every=3600.0,
        ),
    ),
)  # fmt: skip
