"""Adobe Marketo Engage, REST API v1. https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/rest-api

Least grants: an API-only user of its own (Admin > Users & Roles) in every workspace, with a role that has, of Access
API, Read-Only Lead, Assets, Campaign, Company, Opportunity, Named Account, Sales Person, Custom Object, Activity and
Activity Metadata, and for people Access Users (of Access Admin) with Access User Management Api. A workspace that the
user is not in leaves lists of assets without a word, with a 200: the user's roles and workspaces stand in the vantage
where it may read its own, and where it may not, nothing that left a list is taken for deleted.

Where the facts are from: the vendor's four Swagger files (AdobeDocs/marketo-apis, Apache-2.0), which hold paths, keys
and parameters; its developer pages (authentication, custom services, error codes, best practices, usage, user
management, leads, custom objects, activities, assets, forms, smart lists; as of 2026-08-17). Where samples and Swagger
differ (a role's `hidden` or `isHidden`, a custom object's `name` or `apiName`) both are read. Tokens go in the header:
the query parameter ended on 2026-08-31 (SOAP on 2026-07-31); addresses with a double slash are refused. A token is
shared by everybody who has the client and ages for all of them. Quota, 100 calls in 20 seconds and 10 at once are the
whole instance's; this reading takes half of them at most. Not verified: that the identity service takes the client in a
form as it does in an address, where a secret would be logged; that `scope` of a token is the user's `userid` (of a
tenant moved to Adobe IMS it may not be: its roles then stay unknown); the words of `Source` in activities beside "Web
service API"; that asset names need not be unique, which is why smart campaigns, forms and e-mails are known by their
numbers. Forms call a field of people as SOAP does, smart lists as the screen does: both are told by its name of REST. A
custom object shows as it was approved: one that is a draft is in no list, and a draft of a change is not told.

Not to be had: what a role permits, flow steps of smart campaigns, options of a field, sync errors of the native CRM
integration, imports by others, who changed what (no `who`: assets tell when alone, and the audit trail is exported by
hand), whether a thing is gone or in a workspace one is not in (no `look`: its page on error codes has 1013 for one that
an id does not lead to, an asset is a warning "No assets found", and of workspaces neither says a word). Bulk extracts
are told to whoever made them alone and are not asked for. Not read: people, what changed in them beyond when and
through what, assets of the new editor (/asset/v2), landing pages, bodies of e-mails, snippets and templates (one
request each), who is on a list. Fields by `schema/fields` need the right to write schemas, even to read: they are asked
for with `schema_fields` only. Assets tell their own page. That of a form's fields, #FO<number>A1 as Adobe's samples
have it, is on a host that no other answer tells: the option `app`. Of pages under Admin and Database no address was
found: what stands there leads to My Marketo, the page that Adobe's own documentation links to (#MM0A1, in its guide to
the source connector of Experience Platform).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from probes.kit.api import Ask, Client, several
from probes.kit.auth import ClientCredentials, Scheme
from probes.kit.contract import Denied, Kind, Rejected, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit, Quota
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

from .told import MANAGE, TOKEN, calls, form_fields, leads, smart_lists, users, writes

HOURLY, DAY = 3600.0, 86_400.0
ASSETS = Paging(style="offset", into="offset", size=200, size_into="maxReturn")
NONE_FOUND = "contains(warnings || `[]`, 'No assets found for the given search criteria.')"
LEAD, ASSET, CAMPAIGN = ("Read-Only Lead",), ("Read-Only Assets",), ("Read-Only Campaign",)
CUSTOM, PEOPLE = ("Read-Only Custom Object",), ("Access Users", "Access User Management Api")
SIGHT = (Kind.SCHEMA, Kind.AUTOMATION, Kind.TEMPLATE)  # what leaves a list with its workspace
# The developer pages' field types, and what forms call their inputs.
TYPES = {
    "string": "text", "text": "long_text", "textarea": "long_text", "email": "email", "integer": "integer",
    "score": "integer", "float": "decimal", "currency": "currency", "percent": "percent", "url": "url",
    "phone": "phone", "boolean": "boolean", "date": "date", "datetime": "datetime", "reference": "reference",
    "*": "any",
}  # fmt: skip
INPUTS = {"text": "text", "textarea": "long_text", "email": "email", "select": "option", "radio": "option",
          "checkbox": "multi_option", "single_checkbox": "boolean", "number": "decimal", "currency": "currency",
          "date": "date", "phone": "phone", "telephone": "phone", "url": "url", "*": "any"}  # fmt: skip


async def identity(api: Client) -> Vantage:
    """Whose token it is, and its roles in each workspace where the user may read them. The account is the address."""
    client = {"client_id": await api.secret("client_id"), "client_secret": await api.secret("client_secret")}
    told = await api.login(Ask(TOKEN, form={"grant_type": "client_credentials", **client}))
    owner = str(told.value("scope") or "")
    grants: set[str] = set()
    try:
        places = several((await api.ask(Ask(f"{MANAGE}/{quote(owner, safe='')}/roles.json"))).value(), "roles")
        grants = {f"role:{one['accessRoleName']}" for one in places}
        grants |= {f"workspace:{one['workspaceName']}" for one in places}
    except (Denied, Rejected):
        pass
    return Vantage(
        account=str(api.options["munchkin"] or (urlsplit(api.base).hostname or "").partition(".")[0]).upper(),
        subject=owner,
        grants=frozenset(grants),
        api_version="v1",
        silent=frozenset() if grants else frozenset(SIGHT),
    )


def assets(name: str, path: str, kind: Kind, **view: Any) -> Listing:
    """A list of the Asset API. Its end is a page without `result` and with a warning."""
    return Listing(
        name=name, kind=kind, path=f"/rest/asset/v1/{path}.json", records="result", empty=NONE_FOUND, paging=ASSETS,
        every=HOURLY, needs=CAMPAIGN if name == "smart-campaigns" else ASSET, **view,
    )  # fmt: skip


def described(name: str, path: str, needs: tuple[str, ...]) -> Listing:
    """A standard object of the Lead Database with its fields."""
    return Listing(
        name=name, kind=Kind.SCHEMA, scope=f"{name}.object", path=f"/rest/v1/{path}/describe.json", records="result",
        key="name || apiName", every=HOURLY, needs=needs, always=("key_fields",), facts=OBJECT, link=HOME,
        also=(
            View(
                kind=Kind.FIELD, scope=name, records="result.0.fields", key="name", facts=FIELD, needs=needs,
                words={"type": TYPES}, always=("label", "type"), link=HOME,
            ),
        ),
    )  # fmt: skip


OBJECT = keep(label="displayName", description="description", primary_field="idField", key_fields="dedupeFields",
              searchable_fields="searchableFields[*].join('+', @)",
              x_relationships="relationships[].{field: field, type: type, relatedTo: relatedTo.{name: name, "
                              "field: field}}")  # fmt: skip
FIELD = keep("length", label="displayName", type="dataType", native_type="dataType", updateable="updateable",
             x_crm_managed="crmManaged")  # fmt: skip
# Of what nests, the keys that the Swagger files have: one more is no change of a thing.
RECURS = ("recurrence.{startAt: startAt, endAt: endAt, intervalType: intervalType, interval: interval, weekdayOnly: "
          "weekdayOnly, weekdayMask: weekdayMask, dayOfMonth: dayOfMonth, dayOfWeek: dayOfWeek, weekOfMonth: "
          "weekOfMonth}")  # fmt: skip
RULES = ("rules.{filterMatchType: filterMatchType, triggers: triggers, filters: filters[].{id: id, name: name, "
         "ruleTypeId: ruleTypeId, ruleType: ruleType, operator: operator, "
         "conditions: conditions[].{activityAttributeId: activityAttributeId, "
         "activityAttributeName: activityAttributeName, operator: operator, values: values, "
         "isPrimary: isPrimary}}}")  # fmt: skip
SHOWN = ("visibilityRules.rules[].{subjectField: subjectField, operator: operator, values: values, altLabel: altLabel, "
         "picklistFilterValues: picklistFilterValues[].{label: label, value: value, isDefault: isDefault, "
         "selected: selected}}")  # fmt: skip
SENDER = ", ".join(f"{name}.{{type: type, value: value}}" for name in ("fromName", "fromEmail", "replyEmail"))
MARKS = {"at": "updatedAt", "link": "url"}
COMPUTED = {**MARKS, "link": "computedUrl"}
HOME = "{options.app}/#MM0A1"

VENDOR = Vendor(
    name="marketo",
    title="Adobe Marketo Engage",
    docs="https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/rest-api",
    base="https://{options.munchkin}.mktorest.com",
    verified=Verified("spec", "2026-11-23"),
    hosts=("mktorest.com",),
    schemes={
        "client_credentials": Scheme(
            fields=("client_id", "client_secret"), build=lambda given: ClientCredentials(given, TOKEN, lifetime=3600),
            note="Admin > LaunchPoint > New Service > Custom, for an API-only user of its own; View Details has client "
            "and secret. What it may do is that user's role: Admin > Users & Roles.",
        )
    },
    options={
        "munchkin": OptionSpec(says="account id of the instance, as 123-ABC-456: Admin > Munchkin"),
        "app": OptionSpec(says="where people open Marketo, for links: https://app-sj01.marketo.com in the address"),
        "schema_fields": OptionSpec(default=False, says="true: ask for descriptions and hidden fields too, which needs "
                                    "Read-Write Schema Standard Field and Read-Write Schema Custom Field"),
    },
    errors=Errors(
        failed="success", failed_is=False, code="errors[0].code || error", message="errors[0].message",
        faults={
            "601": "expired", "602": "expired", "603": "denied", "604": "unreachable", "606": "throttled 20",
            "607": "throttled until_reset", "608": "unreachable", "610": "rejected", "611": "unreachable",
            "614": "unreachable", "615": "throttled 2", "616": "unsupported", "703": "unsupported",
            "713": "unreachable", "1008": "denied", "1018": "unsupported", "1029": "throttled 60",
            "unauthorized": "expired", "invalid_client": "expired",
        },
    ),
    limits={"default": Limit(key="{host}", rate=50, per=20, concurrency=5)},
    quota=Quota(per_day=50_000, resets="America/Chicago", share=0.1),
    identity=identity,
    grants={name: "Admin > Users & Roles > Roles: of Access API, on the role of the API-only user" for name in (
        *LEAD, *ASSET, *CAMPAIGN, *CUSTOM, "Read-Only Company", "Read-Only Opportunity", "Read-Only Activity",
        "Read-Only Named Account", "Read-Only Sales Person", "Read-Only Activity Metadata",
        "Access User Management Api")}
    | {"Access Users": "Admin > Users & Roles > Roles: of Access Admin, on the role of the API-only user"},
    grants_told=False,
    weaker="The user's roles and workspaces are read where it may read itself; where not, no removal is believed.",
    unseen={Kind.PLATFORM: "no answer tells the edition or the end of an address; look at Adobe's release notes"},
    hides={Kind.AUTOMATION: "flow steps of smart campaigns are in no API, and may use any field; look at Flow",
           Kind.TEMPLATE: "what e-mails and landing pages print is not read, and may be any field; look at Used By"},
    quiet=((Kind.SCHEMA, "programs", "people open programs every day; watch those that forms and flows write to"),
           (Kind.SCHEMA, "static-lists", "people open lists every day; watch those that imports and flows fill")),
    notes=(
        "Calls are shared by the whole instance: Driftline takes a tenth of the day's allowance at most.",
        "An asset in a workspace that the API user left looks deleted: give its role Access User Management Api, so "
        "that its workspaces are known.",
        "What writes into people is told by source (API, CRM, import, other), of the first 900 changes of a day.",
    ),
    listings=(
        Listing(
            name="lead-fields", kind=Kind.FIELD, scope="leads", fetch=leads, per_fetch=2, records="result",
            where="rest", key="rest.name", id="id", words={"type": TYPES}, always=("label", "type"), needs=LEAD,
            link=HOME,
            facts=keep("length", label="displayName", type="dataType", native_type="dataType",
                       read_only="rest.readOnly", searchable="searchable", x_crm_managed="more.crmManaged",
                       description="rich.description", hidden="rich.isHidden", sensitivity="rich.isSensitive",
                       custom="rich.isCustom", x_html_encoded="rich.isHtmlEncodingInEmail"),
        ),
        described("companies", "companies", ("Read-Only Company",)),
        described("opportunities", "opportunities", ("Read-Only Opportunity",)),
        described("opportunity-roles", "opportunities/roles", ("Read-Only Opportunity",)),
        described("named-accounts", "namedaccounts", ("Read-Only Named Account",)),
        described("salespersons", "salespersons", ("Read-Only Sales Person",)),
        described("program-members", "programs/members", LEAD),
        Listing(
            name="custom-objects", kind=Kind.SCHEMA, path="/rest/v1/customobjects.json", records="result", every=HOURLY,
            key="name || apiName", facts=OBJECT, always=("label", "primary_field"), needs=CUSTOM, link=HOME,
        ),
        Listing(
            name="custom-fields", kind=Kind.FIELD, for_each="custom-objects", records="result.0.fields", key="name",
            path="/rest/v1/customobjects/{parent.key}/describe.json", every=HOURLY, facts=FIELD,
            words={"type": TYPES}, always=("label", "type"), needs=CUSTOM, link=HOME,
        ),
        Listing(
            name="custom-uses", kind=Kind.AUTOMATION, for_each="custom-objects", scope="{parent.key}.uses", every=DAY,
            path="/rest/v1/customobjects/schema/{parent.key}/dependentAssets.json", records="result", empty="success",
            key="[assetType, to_string(assetId)]", id="assetId", needs=CUSTOM, link=HOME,
            facts=keep(label="assetName", native_type="assetType", reads="usedFields"),
        ),
        Listing(
            name="activity-types", kind=Kind.SCHEMA, path="/rest/v1/activities/types.json", records="result", every=DAY,
            key="apiName || name", id="id", always=("label",), needs=("Read-Only Activity Metadata",), link=HOME,
            facts=keep("description", label="name", primary_field="primaryAttribute.name",
                       x_attributes="attributes[].{name: name, type: dataType}"),
            unordered=("x_attributes",),
        ),
        Listing(
            name="partitions", kind=Kind.SCHEMA, path="/rest/v1/leads/partitions.json", records="result", key="name",
            id="id", every=DAY, facts=keep("description"), needs=LEAD, link=HOME,
        ),
        assets(
            "programs", "programs", Kind.SCHEMA, key="name", id="id", evidence=MARKS, always=("native_type",),
            facts=keep("description", label="name", native_type="type", group="channel", x_status="status",
                       x_workspace="workspace", x_crm_campaign="sfdcName",
                       x_tags="tags[].{tagType: tagType, tagValue: tagValue}"),
            unordered=("x_tags",),
        ),
        assets(
            "smart-campaigns", "smartCampaigns", Kind.AUTOMATION, key="to_string(id)", id="id", where="!isSystem",
            evidence=COMPUTED, always=("active", "status"),
            facts=keep("status", label="name", description="description", active="isActive", native_type="type",
                       x_schedule=RECURS, x_rule="qualificationRuleType", x_requestable="isRequestable",
                       x_limited="isCommunicationLimitEnabled", x_workspace="workspace"),
        ),
        Listing(
            name="smart-lists", kind=Kind.AUTOMATION, for_each="smart-campaigns", every=DAY, needs=ASSET + LEAD,
            only="native_type == 'trigger'", fetch=smart_lists, batch=20, per_fetch=21,
            scope="{parent.key}.smart-list", records="result", key='"@parent".key', id="id",
            facts=keep("reads", label="name", enrolments="rules.triggers", object="'leads'",
                       criteria=f"digest({RULES})", x_match="rules.filterMatchType", x_filters="rules.filters[].name"),
            unordered=("x_filters",), evidence=MARKS, always=("criteria",),
        ),
        assets(
            "forms", "forms", Kind.TEMPLATE, key="to_string(id)", id="id", evidence=MARKS, always=("active",),
            facts=keep(label="name", description="description", active="status == 'approved'",
                       folder="folder.folderName",
                       x_status="status", x_progressive="progressiveProfiling", x_language="locale"),
        ),
        Listing(
            name="form-fields", kind=Kind.TEMPLATE, for_each="forms", fetch=form_fields, scope="{parent.key}.uses",
            records="form", key='"@parent".key', facts=keep("fields"), every=6 * HOURLY, needs=ASSET + LEAD, batch=20,
            per_fetch=21,
            also=(
                View(
                    kind=Kind.FIELD, scope="{parent.key}.form", records="result", key="id", needs=ASSET,
                    words={"type": INPUTS}, always=("type",),
                    facts=keep("required", label="label", type="dataType", native_type="dataType", length="maxLength",
                               default="defaultValue", sensitivity="isSensitive", conditions=SHOWN),
                    link="{options.app}/#FO{parent.key}A1",
                ),
            ),
            link="{options.app}/#FO{parent.key}A1",
        ),
        assets(
            "emails", "emails", Kind.TEMPLATE, key="to_string(id)", id="id", evidence=MARKS, always=("active",),
            facts=keep(label="name", subject="subject.value", active="status == 'approved'",
                       fields="ccFields[].apiName",
                       folder="folder.folderName", x_operational="operational", x_template="template",
                       x_sender=f"digest([{SENDER}])", x_status="status"),
        ),
        *(
            assets(name, path, Kind.TEMPLATE, key="to_string(id)", id="id", evidence=MARKS, always=("active",),
                   facts=keep("description", label="name", active="status == 'approved' || status == 'Approved'",
                              folder="folder.folderName", opaque="`true`", x_status="status", x_workspace="workspace"))
            for name, path in (("snippets", "snippets"), ("email-templates", "emailTemplates"),
                               ("landing-page-templates", "landingPageTemplates"))
        ),
        assets(
            "static-lists", "staticLists", Kind.SCHEMA, key="to_string(id)", id="id", evidence=COMPUTED,
            always=("label",), facts=keep("description", label="name", x_workspace="workspace"),
        ),
        assets(
            "channels", "channels", Kind.SCHEMA, key="name", id="id", always=("native_type", "stages"),
            facts=keep(native_type="applicableProgramType",
                       stages="progressionStatuses[].{id: name, closed: success, archived: hidden}"),
            evidence={"at": "updatedAt"}, link=HOME,
        ),
        assets(
            "tags", "tagTypes", Kind.SCHEMA, key="tagType", always=("x_required",), link=HOME,
            facts=keep(x_required="required", x_programs="applicableProgramTypes"),
        ),
        assets(
            "segmentations", "segmentation", Kind.SCHEMA, key="name", id="id", evidence=MARKS, always=("x_status",),
            facts=keep("description", x_status="status", x_workspace="workspace"),
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, fetch=users, per_fetch=50, records="users", key="userid", id="id",
            person=True, every=6 * HOURLY, always=("active", "api_only"), needs=PEOPLE, link=HOME,
            facts=keep(email="emailAddress", active="!isLocked", api_only="apiOnly", expires_on="expiresAt",
                       admin="contains(userRoleWorkspaces[].accessRoleName, 'Admin')",
                       roles="userRoleWorkspaces[].join('@', [accessRoleName, workspaceName])"),
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path=f"{MANAGE}/roles.json", key="name", id="id", every=HOURLY,
            needs=PEOPLE, always=("vendor_defined",), link=HOME,
            facts=keep("description", vendor_defined="type == 'system'", x_hidden="(hidden || isHidden) == `true`",
                       x_all_workspaces="(onlyAllZones || isOnlyAllZones) == `true`"),
        ),
        Listing(
            name="workspaces", kind=Kind.SCHEMA, path=f"{MANAGE}/workspaces.json", key="name", id="id", every=DAY,
            facts=keep("description", x_status="status"), always=("x_status",), needs=PEOPLE, link=HOME,
        ),
        Listing(
            name="calls", kind=Kind.SYNC, fetch=calls, per_fetch=3, scope="rest-api", records="calls", key="name",
            facts=keep(label="name"), always=("label",), every=HOURLY, link=HOME,
            health={name: name for name in ("state", "rows_ok", "rows_failed", "errors")},
            states={"ok": "ok", "quota": "failing"},
            also=(
                View(
                    kind=Kind.SYNC, scope="callers", records="callers", key="userId", person=True,
                    facts=keep(object="'rest-api'"), link=HOME,
                    health={"state": "'ok'", "rows_ok": "count", "succeeded_at": "last"}, states={"ok": "ok"},
                ),
            ),
        ),
        Listing(
            name="writes", kind=Kind.SYNC, fetch=writes, per_fetch=4, records="writes", key="source", every=HOURLY,
            facts=keep("object", label="label"), always=("object",), needs=("Read-Only Activity",), link=HOME,
            health={"state": "state", "succeeded_at": "last", "rows_ok": "count", "writes": "`true`"},
            states={"written": "ok"},
        ),
    ),
)  # fmt: skip
