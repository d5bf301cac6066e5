"""Dynamics 365 on Dataverse, Web API v9.2.
https://learn.microsoft.com/power-apps/developer/data-platform/webapi/overview

Least grants: an application user (Power Platform admin center) whose role reads, for the whole organization, users,
roles, teams, processes, system jobs, solutions, plug-in steps, service endpoints, duplicate detection rules, e-mail
templates, system forms, views, runs of flows, profiles and permissions of column security, the organization and, for
who changed what, the audit summary. No right on rows of leads or contacts is needed. Definitions of tables and columns
can be read by every user.

Where the facts are from: Microsoft's documentation and its samples (MicrosoftDocs/powerapps-docs,
microsoft/PowerApps-Samples): RetrieveMetadataChanges with its query as a parameter alias in JSON, its stamps, which end
after ninety days (0x80044352), and deleted definitions, told only where DeletedMetadataFilters asks for them; pages by
`@odata.nextLink`; errors with hexadecimal codes (0x80040220 a missing privilege; 0x80072322, 0x80072321 and 0x80072326
service protection: 6,000 requests, 1,200 seconds of work and 52 requests at once, in 300 seconds and per web server,
with Retry-After); depth masks of privileges (1, 2, 4, 8); types, states and statuses of processes and system jobs from
the table reference, as are forms and views (SystemForm, SavedQuery; their privileges are prvReadSystemForm and
prvReadQuery), with form XML and FetchXML for how they name columns; types of views are known from the SDK. What was
saved and not published is not told. Not verified against an environment: that aliases may be percent-encoded (OData
says so), that `$top` of 5,000 is one page, what an audit row has of a user that was deleted, how a template of the
newer editor names a column ("{!contact:fullname;}"). Deep links are the documented addresses of a row, of a view and of
a table's list; that every table here has a form or view to show them is not. Tables, forms and cloud flows have their
page in Power Apps and Power Automate, under the environment's id (RetrieveCurrentOrganization): those addresses are
known from public code alone, and without it they lead to Power Apps itself. Runs of cloud flows are the table FlowRun
(power-automate/dataverse/ cloud-flow-run-metadata), which this asks for by its newest 5,000 starts of a week; its page
calls a good end "Success", public code "Succeeded". No answer has a date on which a version of the API ends.

A privilege held less deep than the organization gets fewer rows, with a 200: depth is a part of the grant. Labels are
read in one language (`language`), because the label "of the user" moves with a user's settings. Privileges of
activities (e-mail, task, appointment) are those of all activities together, and not told by table.

Not read: when a definition was modified, its colours, versions and help addresses, dashboards, views of one person,
forms and views that came with a solution and that nobody here may change, scripts of forms, business rules' code, the
definition of a flow (clientdata), so that each process, as each plug-in step, may use what nobody sees; personal
templates and texts of the others, configurations of plug-in steps (a digest), keys of service endpoints, names of
system jobs (which hold names of rows), imports one by one (their jobs are told), trace logs of plug-ins, the history of
solutions, values of any row.
"""

from __future__ import annotations

from probes.kit.auth import ClientCredentials, Scheme
from probes.kit.contract import Kind
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

from .definitions import API, definitions, look
from .flows import processes, runs
from .shown import forms, views
from .told import BY, NEEDED, PAGES, identity, jobs, listed, rights, step, template, who

HOURLY = 3600.0
CATEGORIES = {"0": "workflow", "1": "dialog", "2": "business rule", "3": "action", "4": "business process flow",
              "5": "modern flow", "6": "desktop flow"}  # fmt: skip
FORMS = {"1": "appointment book", "2": "main", "3": "mini campaign", "4": "preview", "5": "mobile express",
         "6": "quick view", "7": "quick create", "8": "dialog", "9": "task flow", "11": "card",
         "12": "main, interactive", "100": "other", "101": "main, backup", "102": "appointments, backup"}  # fmt: skip
VIEWS = {"0": "public", "1": "advanced find", "2": "associated", "4": "quick find", "64": "lookup"}


def held(name: str) -> tuple[str, ...]:
    return (f"{name}:Global",)


PROFILE = "prvReadFieldSecurityProfile"
MARKS = {"at": "modifiedon", "by": "modifiedby.domainname"}
LIST = "{base}/main.aspx?pagetype=entitylist&etn="
TABLES = ("{options.maker}/environments/{row.place}/entities", "{options.maker}")
FORM = ("{options.maker}/e/{row.place}/s/00000001-0000-0000-0001-00000000009b/entity/{row.objecttypecode}/form/edit/"
        "{id}")  # of the default solution  # fmt: skip
FLOW = "{options.flow_maker}/environments/{row.place}/flows/{id}"

VENDOR = Vendor(
    name="dynamics",
    title="Dynamics 365 (Dataverse)",
    docs="https://learn.microsoft.com/power-apps/developer/data-platform/webapi/overview",
    base="https://{options.host}",
    hosts=("dynamics.com", "dynamics.cn", "microsoftdynamics.us", "appsplatform.us", "microsoftonline.com",
           "microsoftonline.us", "partner.microsoftonline.cn"),
    headers={"accept": "application/json", "odata-version": "4.0", "odata-maxversion": "4.0"},
    schemes={
        "client": Scheme(
            fields=("client_id", "client_secret"),
            build=lambda given: ClientCredentials(
                given, f"{given.options['login']}/{given.options['tenant']}/oauth2/v2.0/token",
                extra={"scope": "{base}/.default"},
            ),
            note="Microsoft Entra > App registrations: a client secret; then Power Platform admin center > Environment "
            "> Settings > Users + permissions > Application users > New app user, with a role that only reads.",
        )
    },
    options={
        "host": OptionSpec(says="the environment's own host: northwind.crm4.dynamics.com"),
        "tenant": OptionSpec(says="the tenant in Microsoft Entra: its id or a domain"),
        "login": OptionSpec(default="https://login.microsoftonline.com", says="where tokens are given, in a cloud of "
                            "its own (https://login.microsoftonline.us)"),
        "tables": OptionSpec(default=["account", "contact", "lead", "opportunity", "campaign", "list"],
                             says="logical names of the tables that are watched"),
        "language": OptionSpec(default=1033, says="LCID of the labels that are read (1033: English)"),
        "maker": OptionSpec(default="https://make.powerapps.com", says="where Power Apps is, for links; another in a "
                            "cloud of its own"),
        "flow_maker": OptionSpec(default="https://make.powerautomate.com", says="where Power Automate is, for links; "
                                 "another in a cloud of its own"),
    },
    errors=Errors(
        failed="error", code="error.code", message="error.message",
        faults={"0x80040220": "denied", "0x80072322": "throttled", "0x80072321": "throttled",
                "0x80072326": "throttled", "0x80044352": "rejected", "0x8006088a": "unsupported"},
    ),
    limits={"default": Limit(key="{integration}", rate=3000, per=300, concurrency=8)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    look=look,
    absent="a table, or a column of a table, that one answer does not tell beside the others, which it tells whole",
    who=who,
    grants={f"{name}:Global": f"Security role of the application user: {name}, for the organization"
            for name in NEEDED},
    notes=(
        "A table of `tables` that does not exist is not told from one that was deleted.",
        "Runs of cloud flows are told of those in a solution, and while the organization keeps them: with 0 seconds of "
        "`x_flow_runs_kept_seconds` their state is unknown.",
        "A stamp spares the reading of definitions where nothing changed anywhere in the tables that are watched.",
    ),
    listings=(
        Listing(
            name="tables", kind=Kind.SCHEMA, fetch=definitions, conditional="etag", per_fetch=3, records="tables",
            key="name", id="id", needs=(), always=("label", "native_type"), link=TABLES,
            facts=keep("label description custom", plural_label="plural", native_type="ownership",
                       primary_field="primary", vendor_defined="managed", unique_fields="keys[].columns[]",
                       x_audited="audited", x_change_tracking="tracked", x_keys="keys"),
            unordered=("x_keys",),
            also=(
                View(
                    kind=Kind.FIELD, records="columns", scope_by="table", under="schema/tables", key="name", id="id",
                    needs=(), always=("type", "native_type", "required"), link=TABLES,
                    facts=keep("label description type required custom createable updateable name_field length minimum "
                               "maximum precision calculated default", native_type="native", vendor_defined="managed",
                               references="targets", options="options[].{value: value, label: label}",
                               auto_number="number != null", date_hint="behavior", x_formula_digest="digest(formula)",
                               history_tracked="audited", x_required_level="level", x_format="format",
                               x_column_security="secured", x_choice="set", x_most_kilobytes="kilobytes",
                               x_calculated_by="source", x_number_format="number"),
                ),
            ),
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path=f"{API}/systemusers", records="value", paging=PAGES,
            params={"$select": "domainname,isdisabled,accessmode,applicationid,_businessunitid_value,modifiedon",
                    "$expand": f"systemuserroles_association($select=name),{BY}"},
            key="domainname || systemuserid", person=True, id="systemuserid", needs=held("prvReadUser"),
            always=("active",), every=HOURLY, evidence=MARKS,
            facts=keep(active="!isdisabled", roles="systemuserroles_association[].name",
                       admin="contains(systemuserroles_association[].name, 'System Administrator')",
                       api_only="applicationid != null", user_type="to_string(accessmode)",
                       x_business_unit="_businessunitid_value"),
            words={"user_type": {"0": "read-write", "1": "administrative", "2": "read", "3": "support",
                                 "4": "non-interactive", "5": "delegated admin"}},
            link="{base}/main.aspx?pagetype=entityrecord&etn=systemuser&id={id}",
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path=f"{API}/roles", records="value", paging=PAGES,
            params={"$select": "name,ismanaged,_businessunitid_value,modifiedon", "$expand": BY,
                    "$filter": "_parentroleid_value eq null"},
            key="roleid", id="roleid", needs=held("prvReadRole"), always=("label",), every=HOURLY, evidence=MARKS,
            facts=keep(label="name", vendor_defined="ismanaged", x_business_unit="_businessunitid_value"),
            link=LIST + "role",
        ),
        Listing(
            name="privileges", kind=Kind.PERMISSION, fetch=rights, per_fetch=4, records="rights", scope_by="scope",
            key="role", needs=held("prvReadRole"), every=HOURLY,
            facts=keep("read create edit delete", label="name", x_read_depth="read_depth", x_edit_depth="edit_depth"),
            always=("read", "label"),
            also=(
                View(kind=Kind.PERMISSION, scope="powers", records="powers", key="role", needs=held("prvReadRole"),
                     facts=keep("powers", label="name"), always=("label",)),
            ),
            link=LIST + "role",
        ),
        Listing(
            name="teams", kind=Kind.PERMISSION, path=f"{API}/teams", records="value", paging=PAGES,
            params={"$select": "name,teamtype,isdefault,modifiedon",
                    "$expand": f"teamroles_association($select=name),{BY}"},
            key="teamid", id="teamid", needs=held("prvReadTeam"), always=("label",), every=HOURLY, evidence=MARKS,
            facts=keep(label="name", roles="teamroles_association[].name", x_default="isdefault", x_type="teamtype"),
            link="{base}/main.aspx?pagetype=entityrecord&etn=team&id={id}",
        ),
        Listing(
            name="column-profiles", kind=Kind.PERMISSION, path=f"{API}/fieldsecurityprofiles", records="value",
            params={"$select": "name,description,ismanaged,modifiedon",
                    "$expand": f"teamprofiles_association($select=name),{BY}"},
            paging=PAGES, key="fieldsecurityprofileid", id="fieldsecurityprofileid", needs=held(PROFILE),
            always=("label",), every=HOURLY, evidence=MARKS, link=LIST + "fieldsecurityprofile",
            facts=keep("description", label="name", teams="teamprofiles_association[].name", x_managed="ismanaged"),
        ),
        Listing(
            name="column-permissions", kind=Kind.PERMISSION, path=f"{API}/fieldpermissions", records="value",
            params={"$select": "entityname,attributelogicalname,canread,cancreate,canupdate,"
                    "_fieldsecurityprofileid_value", "$expand": "fieldsecurityprofileid($select=name)"},
            paging=PAGES, key="[entityname, attributelogicalname, _fieldsecurityprofileid_value]",
            id="fieldpermissionid", needs=held("prvReadFieldPermission") + held(PROFILE), always=("read", "profile"),
            every=HOURLY, link=LIST + "fieldsecurityprofile",
            facts=keep(profile="fieldsecurityprofileid.name", read="canread == `4`", create="cancreate == `4`",
                       edit="canupdate == `4`"),
        ),
        Listing(
            name="column-profile-users", kind=Kind.PERMISSION, path=f"{API}/systemusers", records="value",
            params={"$select": "domainname", "$expand": "systemuserprofiles_association($select=name)"},
            paging=PAGES, where="systemuserprofiles_association", key="domainname || systemuserid", person=True,
            id="systemuserid", needs=held("prvReadUser") + held(PROFILE), always=("permission_sets",), every=HOURLY,
            facts=keep(permission_sets="systemuserprofiles_association[].name"),
            link="{base}/main.aspx?pagetype=entityrecord&etn=systemuser&id={id}",
        ),
        Listing(
            name="processes", kind=Kind.AUTOMATION, records="value", key="workflowid", id="workflowid",
            fetch=processes, per_fetch=2, needs=held("prvReadWorkflow"), always=("active", "native_type"),
            facts=keep("object trigger reads", label="name", native_type="to_string(category)", opaque="`true`",
                       active="statecode == `1`", x_mode="mode", x_scope="scope", x_managed="ismanaged"),
            words={"native_type": CATEGORIES}, evidence=MARKS, link=(FLOW, LIST + "workflow"),
        ),
        Listing(
            name="flow-runs", kind=Kind.SYNC, fetch=runs, per_fetch=3, records="flows", key="id", id="id",
            needs=held("prvReadflowrun") + held("prvReadWorkflow"), facts=keep(label="name"), always=("label",),
            every=900.0,
            health={name: name for name in ("state", "succeeded_at", "failed_at", "duration", "errors")},
            states={"ok": "ok", "failing": "failing", "off": "disabled"}, link=(FLOW, LIST + "workflow"),
        ),
        Listing(
            name="steps", kind=Kind.AUTOMATION, records="value", id="sdkmessageprocessingstepid",
            key="sdkmessageprocessingstepid",
            fetch=listed("sdkmessageprocessingsteps", {
                "$select": "name,stage,mode,rank,filteringattributes,statecode,configuration,modifiedon",
                "$expand": f"sdkmessageid($select=name),sdkmessagefilterid($select=primaryobjecttypecode),{BY}",
                "$filter": "ismanaged eq false",
            }, step),
            needs=held("prvReadSdkMessageProcessingStep"), always=("active", "trigger"),
            facts=keep("object reads", label="name", trigger="sdkmessageid.name", active="statecode == `0`",
                       opaque="`true`",
                       x_stage="stage", x_mode="mode", x_rank="rank", x_configuration_digest="digest(configuration)"),
            evidence=MARKS, link=LIST + "sdkmessageprocessingstep",
        ),
        Listing(
            name="duplicate-rules", kind=Kind.AUTOMATION, path=f"{API}/duplicaterules", records="value", paging=PAGES,
            params={"$select": "name,statecode,baseentityname,matchingentityname,modifiedon", "$expand": BY},
            key="duplicateruleid", id="duplicateruleid", needs=held("prvReadDuplicateRule"),
            always=("active", "object"), every=HOURLY,
            facts=keep(label="name", active="statecode == `1`", object="baseentityname",
                       x_against="matchingentityname"),
            evidence=MARKS, link="{base}/main.aspx?pagetype=entityrecord&etn=duplicaterule&id={id}",
        ),
        Listing(
            name="templates", kind=Kind.TEMPLATE, records="value", key="templateid", id="templateid", every=HOURLY,
            fetch=listed("templates", {
                "$select": "title,description,subject,templatetypecode,languagecode,ismanaged,presentationxml,"
                "subjectpresentationxml,safehtml,subjectsafehtml,modifiedon", "$expand": BY,
                "$filter": "ispersonal eq false",
            }, template),
            needs=held("prvReadEmailTemplate"), always=("native_type",), evidence=MARKS,
            facts=keep("description fields", label="title", native_type="templatetypecode", x_managed="ismanaged",
                       x_language="languagecode", x_subject_digest="digest(subject)", x_body_digest="digest(body)"),
            link="{base}/main.aspx?pagetype=entityrecord&etn=template&id={id}",
        ),
        Listing(
            name="forms", kind=Kind.TEMPLATE, fetch=forms, records="value", key="formid", id="formid", every=HOURLY,
            needs=held("prvReadSystemForm"), always=("native_type", "active"),
            facts=keep("description fields", label="name", native_type="to_string(type)",
                       active="formactivationstate == `1`", opaque="scripted", x_table="objecttypecode",
                       x_default="isdefault", x_managed="ismanaged", x_libraries="libraries",
                       x_layout_digest="digest(formxml)"),
            words={"native_type": FORMS}, unordered=("x_libraries",), per_fetch=2, link=(FORM, "{options.maker}"),
        ),
        Listing(
            name="views", kind=Kind.TEMPLATE, fetch=views, records="value", key="savedqueryid", id="savedqueryid",
            every=HOURLY, needs=held("prvReadQuery"), always=("native_type", "active"), evidence=MARKS,
            facts=keep("description fields", label="name", native_type="to_string(querytype)",
                       active="statecode == `0`", x_table="returnedtypecode", x_default="isdefault",
                       x_managed="ismanaged", x_columns="columns", x_query_digest="digest(fetchxml)"),
            words={"native_type": VIEWS}, link=LIST + "{row.returnedtypecode}&viewid={id}&viewtype=1039",
        ),
        Listing(
            name="endpoints", kind=Kind.SYNC, path=f"{API}/serviceendpoints", records="value", paging=PAGES,
            params={"$select": "name,contract,authtype,url,modifiedon", "$expand": BY},
            key="serviceendpointid", id="serviceendpointid", needs=held("prvReadServiceEndpoint"), always=("label",),
            every=HOURLY,
            facts=keep(label="name", target="host(url)", x_contract="contract", x_sign_in="authtype",
                       x_address_digest="digest(url)"),
            evidence=MARKS, link=LIST + "serviceendpoint",
        ),
        Listing(
            name="jobs", kind=Kind.SYNC, fetch=jobs, records="jobs", key="type", needs=held("prvReadAsyncOperation"),
            facts=keep(label="name"), every=900.0,
            health={name: name for name in ("state", "succeeded_at", "failed_at", "errors")},
            states={"ok": "ok", "failing": "failing"}, link=LIST + "asyncoperation",
        ),
        Listing(
            name="solutions", kind=Kind.PLATFORM, path=f"{API}/solutions", records="value", paging=PAGES,
            params={"$select": "uniquename,friendlyname,version,ismanaged", "$filter": "isvisible eq true"},
            key="uniquename", id="solutionid", needs=held("prvReadSolution"), always=("version",), every=HOURLY,
            facts=keep("version", label="friendlyname", x_managed="ismanaged"), link=LIST + "solution",
        ),
        Listing(
            name="organization", kind=Kind.PLATFORM, path=f"{API}/organizations", records="value", paging=PAGES,
            params={"$select": "name,languagecode,isauditenabled,currencysymbol,flowruntimetoliveinseconds"},
            key="'organization'",
            needs=held("prvReadOrganization"), always=("label",), every=HOURLY,
            facts=keep(label="name", currency="currencysymbol", x_language="languagecode",
                       x_auditing="isauditenabled", x_flow_runs_kept_seconds="flowruntimetoliveinseconds"),
        ),
        Listing(
            name="version", kind=Kind.PLATFORM, path=f"{API}/RetrieveVersion()", records="", key="'dataverse'",
            single=True, needs=(), facts=keep(version="Version"), always=("version",), every=HOURLY,
        ),
    ),
)  # fmt: skip
