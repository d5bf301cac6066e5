"""Salesforce core platform, REST API. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/

Least grants of the running user: API Enabled, View Setup and Configuration, View Roles and Profiles, and read access to
every object and field to be watched (describe leaves out what its reader may not see, with a 200).
The API version is pinned, so that one of the three platform releases a year is no drift; raising it is a change here.

Where the facts are from: describe and global describe from real answers published with CumulusCI (BSD-3); If-Modified-
Since, composite (one call for the whole series, at most 25 sub-requests, headers per sub-request), permission objects,
limits and error codes from the REST and Object references; PermissionSetAssignment.ExpirationDate and IsActive (52.0),
FlowDefinitionView (46.0), tooling ValidationRule and "Get all ingest jobs" (up to 1,000 rows in no order, done,
nextRecordsUrl) read in the references of releases 250 to 264; CronJobDetail.JobType 7 is scheduled Apex (public code).
Not verified at a vendor's org: a 304 inside a composite (taken where given; without it describes come in full), that
get-all leaves out record counts (each newest job is therefore asked for by id), IN over EntityDefinition names in the
tooling query, what `flows` says it takes for granted, and whether who may not see roles is refused or told of none.
State codes of addresses repeat between countries: such options are told apart by their label.
Not read: `createable` and `updateable` of describe, which tell the reader's own rights (rights come from permission
sets instead); what Apex uses; sharing of single records; logins and tokens of people (LoginHistory, OauthToken); event
logs, which need a licence; bulk queries, which take data out and bring none; UserFieldAccess and UserEntityAccess,
which tell a user's own rights again (the tooling reference: of the current user); campaigns, records whose list gets
shorter by sharing rules that no right tells of. User name and password and SOAP login() are not offered: they go away.
A 406 has no body and no code, and clients try again (tap-salesforce, restforce): it is taken for unreachable.
Addresses of pages in Setup are those that many public tools open (Lightning has no reference of them); of the rules
that assign leads and those that assign cases the page is the same frame; API versions have none of their own, and lead
to Release Updates, where the end of old ones is announced and tried.
"""

from __future__ import annotations

import json

from probes.kit.auth import AuthorizeCode, ClientCredentials, JwtBearer, RefreshToken, Scheme
from probes.kit.contract import Kind
from probes.kit.errors import Errors
from probes.kit.limiter import Limit, Quota
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

from .asked import look, who
from .calls import (
    COMPOSITE,
    DATA,
    VERSION,
    apex_jobs,
    bulk_jobs,
    describe,
    field_right,
    identity,
    object_right,
    permission_sets,
    split,
)
from .flows import flows
from .rules import validation_rules
from .setup import HOUR, SETUP, SETUP_PAGES, query

TOKEN = "/services/oauth2/token"  # noqa: S105  a path
DAY = 86_400.0

TYPES = {
    "string": "text", "textarea": "long_text", "picklist": "option", "multipicklist": "multi_option",
    "combobox": "text", "encryptedstring": "text", "boolean": "boolean", "int": "integer", "long": "integer",
    "double": "decimal", "currency": "currency", "percent": "percent", "date": "date", "datetime": "datetime",
    "time": "time", "email": "email", "phone": "phone", "url": "url", "id": "id", "reference": "reference",
    "address": "address", "location": "geo", "base64": "file", "*": "any",
}  # fmt: skip

FIELD = keep(
    "label type length precision scale digits unique custom encrypted calculated permissionable",
    native_type="type", soap_type="soapType", byte_length="byteLength", nullable="nillable",
    required="!nillable && !defaultedOnCreate", case_sensitive="caseSensitive", external_id="externalId",
    auto_number="autoNumber", formula="calculatedFormula", default="defaultValue",
    default_formula="defaultValueFormula", defaulted_on_create="defaultedOnCreate",
    restricted_options="restrictedPicklist", dependent="dependentPicklist", controller="controllerName",
    references="referenceTo", relationship="relationshipName", cascade_delete="cascadeDelete",
    restricted_delete="restrictedDelete", lookup_filter="filteredLookupInfo", help="inlineHelpText",
    deprecated="deprecatedAndHidden", html="htmlFormatted", extra_type="extraTypeInfo", name_field="nameField",
    mask_type="maskType", x_null_as_zero="formulaTreatNullNumberAsZero",
    options="picklistValues[].{value: value, label: label, active: active, default: defaultValue, depends: validFor}",
)  # fmt: skip

PARENT = "Parent.Name, Parent.NamespacePrefix, Parent.IsOwnedByProfile, Parent.Profile.Name, Parent.Type"
KEPT_SET = "type != 'Group'"  # the set that a permission set group adds up to repeats its members' rights
# Versions that the vendor's end-of-life policy retires in Summer '28; the pinned one has no announced end.
RETIRING = json.dumps([f"{version}.0" for version in range(31, 41)])
OBJECT = f"{SETUP_PAGES}/ObjectManager/{{parent.key}}"
COUNTS = ("state", "succeeded_at", "failed_at", "rows_ok", "rows_failed", "errors")
TWINS = ("History", "Share", "Feed", "ChangeEvent", "__Tag")


def quiet() -> tuple[tuple[Kind, str, str], ...]:
    """What `init` proposes as off: objects that Salesforce makes beside real ones, and objects of managed packages."""
    found: list[tuple[Kind, str, str]] = []
    for kind in (Kind.FIELD, Kind.SCHEMA, Kind.PERMISSION, Kind.AUTOMATION):
        tail = "" if kind is Kind.FIELD else ".*"
        found += [(kind, f"*{twin}{tail}", f"{twin.strip('_')} twins of other objects") for twin in TWINS]
        found.append((kind, f"*__*__*{tail}", "objects of managed packages: their maker changes them"))
    return tuple(found)


VENDOR = Vendor(
    name="salesforce",
    title="Salesforce",
    docs="https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/",
    verified=Verified("docs", "2026-11-23"),
    base="https://{options.my_domain}.my.salesforce.com",
    hosts=("my.salesforce.com", "my.salesforce.mil"),
    schemes={
        "client_credentials": Scheme(
            fields=("client_id", "client_secret"),
            build=lambda c: ClientCredentials(c, TOKEN, style="basic", lifetime=1800, base="instance_url"),
            note="Setup > External Client App Manager: an app with the client credentials flow and a run-as user. New "
            "connected apps cannot be made since Spring '26; those there are keep working.",
        ),
        "jwt": Scheme(
            fields=("client_id", "username", "private_key"),
            build=lambda c: JwtBearer(
                c, TOKEN, issuer="{client_id}", subject="{username}", audience="{base}", lifetime=1800,
                base="instance_url",
            ),
            note="An External Client App with the JWT bearer flow and your certificate; private_key is its key as PEM.",
        ),
        "refresh_token": Scheme(
            fields=("client_id", "client_secret"),
            build=lambda c: RefreshToken(c, TOKEN, lifetime=1800, base="instance_url"),
            note="An External Client App with the web server flow; `driftline authorize` obtains the token.",
            authorize=AuthorizeCode(
                authorize="{base}/services/oauth2/authorize", token="{base}/services/oauth2/token",  # noqa: S106
                scopes=("api", "refresh_token", "openid"),
            ),
        ),
    },
    options={"my_domain": OptionSpec(says="<name> of <name>.my.salesforce.com; of a sandbox, <name>--<box>.sandbox")},
    errors=Errors(
        code="[0].errorCode || error",
        message="[0].message || error_description",
        faults={
            "INVALID_SESSION_ID": "expired", "INVALID_AUTH_HEADER": "expired", "invalid_grant": "expired",
            "invalid_client": "expired", "invalid_client_id": "expired", "inactive_user": "expired",
            "inactive_org": "expired", "INSUFFICIENT_ACCESS": "denied", "INSUFFICIENT_ACCESS_OR_READONLY": "denied",
            "INVALID_TYPE": "denied", "INVALID_FIELD": "denied", "NOT_FOUND": "denied",
            "API_DISABLED_FOR_ORG": "unsupported", "API_CURRENTLY_DISABLED": "unsupported",
            "FUNCTIONALITY_NOT_ENABLED": "unsupported", "REQUEST_LIMIT_EXCEEDED": "throttled 60",
            "SERVER_UNAVAILABLE": "unreachable", "UNSUPPORTED_API_VERSION": "retired", "MALFORMED_QUERY": "rejected",
        },
        statuses={406: "unreachable", 410: "retired"},
    ),
    limits={"default": Limit(key="{host}", rate=20, per=1, concurrency=10)},
    quota=Quota(
        per_day=100_000,
        resets="rolling-24h",
        headers={"sforce-limit-info": r"(?<![\w-])api-usage=(?P<used>\d+)/(?P<limit>\d+)"},
    ),
    reads=(f"{DATA}/composite", COMPOSITE),
    identity=identity,
    look=look,
    who=who,
    grants={
        "ApiEnabled": "a permission set with the system permission API Enabled",
        "ViewSetup": "a permission set with View Setup and Configuration and View Roles and Profiles",
        "ManageUsers": "not needed; who has it is told the limits of storage too",
        "ViewAllData": "not needed; read access to each watched object and field is",
    },
    quiet=quiet(),
    notes=(
        "REQUEST_LIMIT_EXCEEDED is said of the daily and of the concurrent limit alike; we try again after a minute.",
        "An object or field that the reader may no longer see is not told from one that was deleted: watch the "
        "reader's own permission sets as closely as the objects.",
        "A batch class or bulk load that did not run for the vendor's retention of about seven days leaves the list.",
    ),
    listings=(
        Listing(
            name="objects", kind=Kind.SCHEMA, path=f"{DATA}/sobjects", records="sobjects", key="name",
            conditional="last-modified", always=("label", "queryable"),
            link=f"{SETUP_PAGES}/ObjectManager/{{key}}/Details/view",
            facts=keep("label custom queryable", plural_label="labelPlural", key_prefix="keyPrefix",
                       deprecated="deprecatedAndHidden", x_custom_setting="customSetting", x_layoutable="layoutable"),
        ),
        Listing(
            name="fields", kind=Kind.FIELD, for_each="objects", only="queryable", batch=25, fetch=describe,
            conditional="last-modified", records="fields", key="name", facts=FIELD, words={"type": TYPES},
            repeats={"options": "label"}, always=("label", "type", "nullable"),
            link=f"{OBJECT}/FieldsAndRelationships/view",
            also=(
                View(
                    kind=Kind.SCHEMA, scope="{parent.key}.recordtypes", records="recordTypeInfos", key="developerName",
                    id="recordTypeId", always=("label",),
                    facts=keep("available master", label="name", enabled="active", default="defaultRecordTypeMapping"),
                    link=f"{OBJECT}/RecordTypes/{{id}}/view",
                ),
            ),
        ),
        query(
            "users", Kind.PERMISSION,
            "SELECT Id, Username, IsActive, Profile.Name, UserRole.Name, UserType FROM User "
            "WHERE UserType IN ('Standard', 'Guest')",
            key="Username", id="Id", person=True, always=("active", "user_type"), needs=("ViewSetup", "ViewAllData"),
            facts=keep(active="IsActive", profile="Profile.Name", role="UserRole.Name", user_type="UserType"),
            link=f"{SETUP_PAGES}/ManageUsers/page?address=/{{id}}",
        ),
        Listing(
            name="permission-sets", kind=Kind.PERMISSION, fetch=permission_sets, per_fetch=2, records="records",
            where="Type != 'Group'", key="holder", id="Id", always=("label", "modify_all"),
            link=f"{SETUP_PAGES}/PermSets/page?address=/{{id}}",
            facts=keep(
                "powers", label="Label", description="Description", custom="IsCustom",
                owned_by_profile="IsOwnedByProfile", modify_all="PermissionsModifyAllData",
                view_all="PermissionsViewAllData", export="PermissionsExportReport",
                customize="PermissionsCustomizeApplication", author_code="PermissionsAuthorApex",
                manage_users="PermissionsManageUsers", api_access="PermissionsApiEnabled",
                api_only="PermissionsApiUserOnly",
            ),
        ),
        query(
            "permission-set-groups", Kind.PERMISSION,
            "SELECT Id, DeveloperName, MasterLabel, Description, Status FROM PermissionSetGroup",
            key="DeveloperName", id="Id", facts=keep(label="MasterLabel", description="Description", status="Status"),
            link=f"{SETUP_PAGES}/PermSetGroups/page?address=/{{id}}",
        ),
        query(
            "assignments", Kind.PERMISSION,
            "SELECT Id, Assignee.Username, PermissionSet.Name, PermissionSet.NamespacePrefix, "
            "PermissionSetGroup.DeveloperName, ExpirationDate FROM PermissionSetAssignment "
            "WHERE PermissionSet.IsOwnedByProfile = false",
            key="[Assignee.Username,"
            " PermissionSetGroup.DeveloperName && join('', ['group:', PermissionSetGroup.DeveloperName])"
            " || PermissionSet.NamespacePrefix && join('__', [PermissionSet.NamespacePrefix, PermissionSet.Name])"
            " || PermissionSet.Name]",
            id="Id", person=True, needs=("ViewSetup",), facts=keep(expires_on="ExpirationDate"),
            link=f"{SETUP_PAGES}/PermSets/home",
        ),
        Listing(
            name="object-permissions", kind=Kind.PERMISSION, for_each="objects", only="queryable", batch=50,
            scope="{parent.key}.object-permissions", records="records", where=KEPT_SET, key="holder",
            fetch=split(
                f"{PARENT}, SobjectType, PermissionsRead, PermissionsCreate, PermissionsEdit, PermissionsDelete, "
                "PermissionsViewAllRecords, PermissionsModifyAllRecords", "ObjectPermissions", "SobjectType",
                lambda row: str(row["SobjectType"]), object_right,
            ),
            needs=("ViewSetup",),
            facts=keep(read="Read", create="Create", edit="Edit", delete="Delete",
                       view_all_records="ViewAllRecords", modify_all_records="ModifyAllRecords"),
            link=f"{SETUP_PAGES}/PermSets/home",
        ),
        Listing(
            name="field-permissions", kind=Kind.PERMISSION, for_each="objects", only="queryable", batch=5,
            scope="{parent.key}.field-permissions", records="records", where=KEPT_SET, key="[holder, field]",
            fetch=split(
                f"{PARENT}, SobjectType, Field, PermissionsRead, PermissionsEdit", "FieldPermissions", "SobjectType",
                lambda row: str(row["SobjectType"]), field_right,
            ),
            needs=("ViewSetup",), facts=keep(read="Read", edit="Edit"), link=f"{SETUP_PAGES}/PermSets/home",
        ),
        Listing(
            name="apex-jobs", kind=Kind.SYNC, fetch=apex_jobs, records="records", key="name",
            facts=keep("job_type"),
            health={n: n for n in COUNTS},
            states={"Completed": "ok", "Errors": "failing", "Failed": "failing", "Queued": "running",
                    "Preparing": "running", "Processing": "running", "Holding": "running", "Aborted": "paused"},
            link=f"{SETUP_PAGES}/AsyncApexJobs/home",
        ),
        query(
            "scheduled-jobs", Kind.SYNC,
            "SELECT Id, CronJobDetail.Name, CronJobDetail.JobType, CronExpression, TimeZoneSidKey, State, "
            "NextFireTime, PreviousFireTime FROM CronTrigger WHERE CronJobDetail.JobType = '7'",
            key="CronJobDetail.Name", id="Id", facts=keep(schedule="CronExpression", x_timezone="TimeZoneSidKey"),
            health={"state": "State", "succeeded_at": "PreviousFireTime", "due_at": "NextFireTime"},
            states={"WAITING": "ok", "ACQUIRED": "ok", "COMPLETE": "ok", "EXECUTING": "running", "BLOCKED": "running",
                    "PAUSED": "paused", "PAUSED_BLOCKED": "paused", "DELETED": "disabled", "ERROR": "failing"},
            link=f"{SETUP_PAGES}/ScheduledJobs/home",
        ),
        Listing(
            name="bulk-ingest", kind=Kind.SYNC, fetch=bulk_jobs, per_fetch=10, records="records",
            key="[object, operation]", facts=keep("object operation job_type api_version"),
            health={n: n for n in (*COUNTS, "duration")},
            states={"JobComplete": "ok", "Failed": "failing", "Aborted": "paused", "Open": "running",
                    "UploadComplete": "running", "InProgress": "running"},
            link=f"{SETUP_PAGES}/AsyncApiJobStatus/home",
        ),
        Listing(
            name="flows", kind=Kind.AUTOMATION, fetch=flows, conditional="etag", records="records",
            key="NamespacePrefix && join('__', [NamespacePrefix, ApiName]) || ApiName", id="DurableId",
            facts=keep("object reads writes opaque", label="Label", description="Description",
                       native_type="ProcessType", trigger="TriggerType", active="ActiveVersionId != `null`"),
            evidence={"at": "LastModifiedDate"}, always=("active", "native_type"),
            link=f"{SETUP_PAGES}/Flows/page?address=/{{id}}",
        ),
        Listing(
            name="validation-rules", kind=Kind.AUTOMATION, for_each="objects", only="queryable && x_layoutable",
            batch=50, fetch=validation_rules, conditional="etag",
            scope="{parent.key}.validation-rules", records="records", key="name", id="Id",
            facts=keep("formula opaque", active="Active", description="Description", message="ErrorMessage"),
            evidence={"at": "LastModifiedDate"}, link=f"{OBJECT}/ValidationRules/{{id}}/view",
        ),
        query(
            "triggers", Kind.AUTOMATION,
            "SELECT Id, Name, NamespacePrefix, TableEnumOrId, Status, ApiVersion, LastModifiedDate FROM ApexTrigger",
            key="NamespacePrefix && join('__', [NamespacePrefix, Name]) || Name", id="Id",
            facts=keep(object="TableEnumOrId", status="Status", active="Status == 'Active'",
                       api_version="to_string(ApiVersion)"),
            evidence={"at": "LastModifiedDate"}, link=f"{SETUP_PAGES}/ApexTriggers/page?address=/{{id}}",
        ),
        query(
            "email-templates", Kind.TEMPLATE,
            "SELECT Id, DeveloperName, NamespacePrefix, Name, FolderName, IsActive, Subject, TemplateType, "
            "LastModifiedDate FROM EmailTemplate",
            key="NamespacePrefix && join('__', [NamespacePrefix, DeveloperName]) || DeveloperName", id="Id", every=HOUR,
            facts=keep(label="Name", folder="FolderName", active="IsActive", subject="Subject",
                       native_type="TemplateType"),
            evidence={"at": "LastModifiedDate"},
            link=f"{SETUP_PAGES}/CommunicationTemplatesEmail/page?address=/{{id}}",
        ),
        query(
            "org", Kind.PLATFORM,
            "SELECT Id, Name, OrganizationType, IsSandbox, InstanceName, TimeZoneSidKey, LanguageLocaleKey, "
            "DefaultLocaleSidKey FROM Organization",
            key="'organization'", id="Id", every=HOUR, always=("edition",),
            facts=keep(label="Name", edition="OrganizationType", timezone="TimeZoneSidKey",
                       environment="IsSandbox && 'sandbox' || 'production'", x_instance="InstanceName",
                       x_language="LanguageLocaleKey", x_locale="DefaultLocaleSidKey"),
            link=f"{SETUP_PAGES}/CompanyProfileInfo/home",
        ),
        Listing(
            name="api", kind=Kind.PLATFORM, path="/services/data/", key="version", every=DAY, always=("label",),
            facts=keep("label", sunset_on=f"contains(`{RETIRING}`, version) && '2028-06-01' || `null`"),
            link=f"{SETUP_PAGES}/ReleaseUpdates/home",
        ),
        *SETUP,
        Listing(
            name="limits", kind=Kind.PLATFORM, path=f"{DATA}/limits", records="*", key='"@path"[0]', every=HOUR,
            needs=("ViewSetup", "ManageUsers"), facts=keep(maximum="Max"), always=("maximum",),
            link=f"{SETUP_PAGES}/SystemOverview/home",
        ),
    ),
)  # fmt: skip

__all__ = ["VENDOR", "VERSION"]
