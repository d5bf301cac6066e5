"""What the simulated Dataverse environment starts with: leads and contacts of the example company, and who may what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from probes.simulated.desk import Wire

from .layouts import forms, views

ORGANIZATION: Final = "org-northwind-01"
ENVIRONMENT: Final = "env-northwind-01"
USER: Final = "user-driftline"
ROLES: Final = {"role-admin": "System Administrator", "role-sales": "Salesperson", "role-read": "Driftline reader"}
PRIVILEGES: Final = (
    "prvReadUser", "prvReadRole", "prvReadTeam", "prvReadWorkflow", "prvReadAsyncOperation", "prvReadSolution",
    "prvReadSdkMessageProcessingStep", "prvReadServiceEndpoint", "prvReadDuplicateRule", "prvReadOrganization",
    "prvReadAuditSummary", "prvReadEmailTemplate", "prvReadLead", "prvWriteLead", "prvReadContact",
    "prvExportToExcel", "prvWriteRole", "prvReadNote", "prvReadSystemForm", "prvReadQuery",
    "prvReadflowrun", "prvReadFieldSecurityProfile", "prvReadFieldPermission",
)  # fmt: skip


def tables(born: float, now: float) -> dict[str, list[Wire]]:
    at = _time(born)
    return {
        "EntityMetadata": [
            _table("lead", "Lead", _columns("lead"), [
                {"LogicalName": "nw_email_key", "KeyAttributes": ["emailaddress1"], "MetadataId": "key-1",
                 "HasChanged": None}]),
            _table("contact", "Contact", _columns("contact"), []),
            _table("account", "Account", _columns("account"), []),
        ],
        "organizations": [{"organizationid": ORGANIZATION, "name": "Northwind", "languagecode": 1033,
                           "isauditenabled": True, "currencysymbol": "€",
                           "flowruntimetoliveinseconds": 2_419_200}],
        "systemusers": [
            _user(USER, "driftline@example.com", ["role-read"], application="app-1", access=4),
            _user("user-1", "admin-01@example.com", ["role-admin"]),
            {**_user("user-2", "admin-02@example.com", ["role-sales"]),
             "systemuserprofiles_association": [{"name": "Notes of leads", "fieldsecurityprofileid": "profile-1"}]},
            _user("user-3", "agency@example.com", [], disabled=True),
        ],
        "roles": [{"roleid": id, "name": name, "ismanaged": id == "role-admin", "_parentroleid_value": None,
                   "_businessunitid_value": "bu-root", "modifiedon": at} for id, name in ROLES.items()]
        + [{"roleid": "role-sales-2", "name": "Salesperson", "ismanaged": False, "_parentroleid_value": "role-sales",
            "_businessunitid_value": "bu-emea", "modifiedon": at}],
        "privileges": [{"privilegeid": f"prv-{number}", "name": name} for number, name in enumerate(PRIVILEGES)],
        "roleprivilegescollection": [
            {"roleprivilegeid": f"{role}/{name}", "roleid": role, "privilegeid": f"prv-{PRIVILEGES.index(name)}",
             "privilegedepthmask": depth}
            for role, name, depth in (("role-sales", "prvReadLead", 2), ("role-sales", "prvWriteLead", 1),
                                      ("role-sales", "prvReadNote", 8), ("role-admin", "prvExportToExcel", 8),
                                      ("role-admin", "prvWriteRole", 8), ("role-read", "prvReadLead", 8))
        ],
        "teams": [{"teamid": "team-1", "name": "Marketing", "teamtype": 0, "membershiptype": None,
                   "teamroles_association": [{"name": "Salesperson", "roleid": "role-sales"}], "isdefault": False,
                   "modifiedon": at}],
        "workflows": [
            _workflow("flow-1", "Qualify leads", 5, None, None),
            _workflow("flow-2", "Score a lead", 0, "lead", "emailaddress1,nw_region"),
            {**_workflow("flow-3", "Old rule", 2, "contact", None), "statecode": 0, "statuscode": 1},
        ],
        "sdkmessageprocessingsteps": [{
            "sdkmessageprocessingstepid": "step-1", "name": "Northwind.Leads: Update of lead", "stage": 40, "mode": 1,
            "rank": 1, "filteringattributes": "nw_score,statuscode", "statecode": 0, "ismanaged": False,
            "configuration": "not-for-git", "sdkmessageid": {"name": "Update"},
            "sdkmessagefilterid": {"primaryobjecttypecode": "lead"}, "modifiedon": at,
        }],
        "serviceendpoints": [{"serviceendpointid": "end-1", "name": "To the warehouse", "contract": 8, "authtype": 4,
                              "url": "https://hooks.example.com/in/not-for-git", "modifiedon": at}],
        "duplicaterules": [{"duplicateruleid": "dup-1", "name": "Leads of one mailbox", "statecode": 1,
                            "baseentityname": "lead", "matchingentityname": "contact", "ismanaged": False,
                            "modifiedon": at}],
        "asyncoperations": [{"asyncoperationid": "job-0", "operationtype": 10, "statecode": 3, "statuscode": 30,
                             "errorcode": None, "createdon": _time(now - 3600), "completedon": _time(now - 3500),
                             "name": "not-for-git"}],
        "solutions": [{"solutionid": "sol-1", "uniquename": "NorthwindLeads", "friendlyname": "Northwind leads",
                       "version": "1.4.0.2", "ismanaged": False, "isvisible": True, "modifiedon": at},
                      {"solutionid": "sol-2", "uniquename": "msdyn_Marketing", "friendlyname": "Customer Insights",
                       "version": "9.0.2611.1", "ismanaged": True, "isvisible": True, "modifiedon": at}],
        "templates": [
            _template("tpl-1", "Welcome", "contact", '<xsl:value-of select="contact/fullname" /> not-for-git', at),
            _template("tpl-2", "Lead taken", "lead", "Dear {!lead:fullname;}, {!lead:nw_region;}", at, new=True),
            {**_template("tpl-3", "My own", "contact", "", at), "ispersonal": True},
        ],
        "systemforms": forms(), "savedqueries": views(at),
        "fieldsecurityprofiles": [_profile("profile-1", "Notes of leads", at), _profile(
            "572329c1-a042-4e22-be47-367c6374ea45", "System Administrator", at)],
        "fieldpermissions": [_permission("perm-1", "profile-1", "Notes of leads", 0), _permission(
            "perm-2", "572329c1-a042-4e22-be47-367c6374ea45", "System Administrator", 4)],
        "flowruns": [run_of("run-0", "flow-1", "Succeeded", now - 7200)],
        "audits": [],
    }  # fmt: skip


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _label(text: str, german: str = "") -> Wire:
    labels = [
        {"Label": text, "LanguageCode": 1033, "IsManaged": True, "MetadataId": f"label-{text}", "HasChanged": None}
    ]
    if german:
        labels.append({**labels[0], "Label": german, "LanguageCode": 1031})
    return {"LocalizedLabels": labels, "UserLocalizedLabel": labels[-1]}


def _table(name: str, title: str, columns: list[Wire], keys: list[Wire]) -> Wire:
    return {
        "LogicalName": name, "SchemaName": title, "MetadataId": f"table-{name}", "HasChanged": None,
        "DisplayName": _label(title, f"{title} auf Deutsch"), "DisplayCollectionName": _label(f"{title}s"),
        "Description": _label(f"What a {name} is"), "EntitySetName": f"{name}s", "OwnershipType": "UserOwned",
        "IsCustomEntity": False, "IsManaged": True, "PrimaryNameAttribute": "fullname",
        "IsAuditEnabled": _managed(True), "ChangeTrackingEnabled": True, "IsActivity": False,
        "ModifiedOn": "2026-01-01T00:00:00Z", "IntroducedVersion": "5.0.0.0", "Attributes": columns, "Keys": keys,
        "EntityColor": "#fff",
    }  # fmt: skip


def _managed(value: Any) -> Wire:
    return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": "canmodify"}


def _columns(table: str) -> list[Wire]:
    regions = [_option(1, "EMEA"), _option(2, "AMER"), _option(3, "APAC")]
    shared = [
        _column(table, "fullname", "String", MaxLength=160, IsPrimaryName=True,
                RequiredLevel=_managed("SystemRequired")),
        _column(table, "emailaddress1", "String", MaxLength=100, Format="Email", FormatName={"Value": "Email"}),
        _column(table, "nw_region", "Picklist", IsCustomAttribute=True, DefaultFormValue=-1,
                RequiredLevel=_managed("ApplicationRequired"), OptionSet=_options("nw_region", *regions)),
        _column(table, "nw_consent", "Boolean", IsCustomAttribute=True, DefaultValue=False, OptionSet={
            "TrueOption": _option(1, "Yes"), "FalseOption": _option(0, "No"), "Name": "nw_consent", "IsGlobal": False}),
        _column(table, "createdon", "DateTime", Format="DateAndTime", DateTimeBehavior={"Value": "UserLocal"},
                IsValidForCreate=False, IsValidForUpdate=False),
        _column(table, "ownerid", "Owner", Targets=["team", "systemuser"]),
        _column(table, "owneridname", "String", AttributeOf="ownerid", MaxLength=100),
    ]  # fmt: skip
    if table != "lead":
        return shared
    return [
        *shared,
        _column(table, "nw_score", "Decimal", IsCustomAttribute=True, MinValue=0.0, MaxValue=100.0, Precision=2,
                SourceType=1, FormulaDefinition="<activity>not short</activity>"),
        _column(table, "nw_notes", "Memo", IsCustomAttribute=True, MaxLength=2000, IsSecured=True),
        _column(table, "budgetamount", "Money", MinValue=0.0, MaxValue=1e9, Precision=2),
        _column(table, "statuscode", "Status", OptionSet=_options("lead_statuscode", _option(1, "New"),
                                                                  _option(3, "Qualified"))),
        _column(table, "nw_topics", "Virtual", native="MultiSelectPicklistType", IsCustomAttribute=True,
                OptionSet=_options("nw_topics", _option(1, "Energy"), _option(2, "Water"))),
        _column(table, "nw_number", "String", IsCustomAttribute=True, AutoNumberFormat="L-{SEQNUM:5}", MaxLength=20),
        _column(table, "nw_day", "DateTime", IsCustomAttribute=True, Format="DateOnly",
                DateTimeBehavior={"Value": "DateOnly"}),
        _column(table, "leadid", "Uniqueidentifier", IsPrimaryId=True),
        _column(table, "nw_brochure", "Virtual", native="FileType", IsCustomAttribute=True, MaxSizeInKB=32768),
    ]  # fmt: skip


def _option(value: int, text: str) -> Wire:
    return {"Value": value, "Label": _label(text, f"{text} (de)"), "Description": _label(""), "Color": "#0000ff",
            "IsManaged": False, "ExternalValue": ""}  # fmt: skip


def _options(name: str, *options: Wire) -> Wire:
    return {"Name": name, "IsGlobal": name == "nw_region", "Options": list(options), "MetadataId": f"set-{name}",
            "OptionSetType": "Picklist"}  # fmt: skip


def _column(table: str, name: str, type: str, native: str = "", **more: Any) -> Wire:
    native = native or f"{type}Type"
    return {
        "@odata.type": f"#Microsoft.Dynamics.CRM.Complex{native.removesuffix('Type')}AttributeMetadata",
        "LogicalName": name, "SchemaName": name.title(), "MetadataId": f"column-{table}-{name}", "HasChanged": None,
        "AttributeType": type, "AttributeTypeName": {"Value": native}, "DisplayName": _label(name.title()),
        "Description": _label(f"About {name}"), "RequiredLevel": _managed("None"), "IsCustomAttribute": False,
        "IsManaged": True, "IsValidForCreate": True, "IsValidForUpdate": True, "IsValidForRead": True,
        "IsPrimaryName": False, "IsPrimaryId": False, "IsSecured": False, "IsAuditEnabled": _managed(True),
        "AttributeOf": None, "SourceType": None, "ModifiedOn": "2026-01-01T00:00:00Z", "IntroducedVersion": "5.0.0.0",
        "ColumnNumber": 7, **more,
    }  # fmt: skip


def _user(id: str, box: str, roles: list[str], disabled: bool = False, application: str = "", access: int = 0) -> Wire:
    return {
        "systemuserid": id, "domainname": box, "internalemailaddress": box, "fullname": "not-for-git",
        "isdisabled": disabled, "accessmode": access, "applicationid": application or None,
        "islicensed": not application,
        "_businessunitid_value": "bu-root", "modifiedon": "2026-01-01T00:00:00Z",
        "systemuserprofiles_association": [],
        "systemuserroles_association": [{"name": ROLES[role], "roleid": role} for role in roles],
    }  # fmt: skip


def _template(id: str, title: str, table: str, text: str, at: str, new: bool = False) -> Wire:
    return {
        "templateid": id, "title": title, "description": "As agreed", "subject": f"{title} not-for-git",
        "templatetypecode": table, "ispersonal": False, "languagecode": 1033, "ismanaged": False, "modifiedon": at,
        "presentationxml": None if new else f"<template><text><![CDATA[{text}]]></text></template>",
        "subjectpresentationxml": None if new else f"<template><text><![CDATA[{title}]]></text></template>",
        "safehtml": text if new else None, "subjectsafehtml": title if new else None, "usedcount": 12, "openrate": 40,
    }  # fmt: skip


def _profile(id: str, name: str, at: str) -> Wire:
    return {"fieldsecurityprofileid": id, "name": name, "description": "As agreed", "ismanaged": id != "profile-1",
            "modifiedon": at, "teamprofiles_association": [{"name": "Marketing", "teamid": "team-1"}]}  # fmt: skip


def _permission(id: str, profile: str, name: str, edit: int) -> Wire:
    """What the members of a profile may do with the one column that is secured: 4 is allowed."""
    return {
        "fieldpermissionid": id, "entityname": "lead", "attributelogicalname": "nw_notes", "canread": 4,
        "cancreate": edit, "canupdate": edit, "canreadunmasked": 0, "_fieldsecurityprofileid_value": profile,
        "fieldsecurityprofileid": {"name": name, "fieldsecurityprofileid": profile}, "ismanaged": False,
    }  # fmt: skip


def run_of(id: str, flow: str, status: str, at: float, code: str = "") -> Wire:
    """A run as the table FlowRun has it; what the flow said in failing may quote a row."""
    return {
        "flowrunid": id, "name": f"08584-{id}", "_workflow_value": flow, "workflowid": flow, "status": status,
        "starttime": _time(at - 60), "endtime": _time(at), "duration": 60, "triggertype": "Automated",
        "errorcode": code or None, "errormessage": "not-for-git" if code else None, "ttlinseconds": 2_419_200,
        "isprimary": 1, "parentrunid": None, "partitionid": "user-1", "createdon": _time(at),
    }  # fmt: skip


def _workflow(id: str, name: str, category: int, table: str | None, columns: str | None) -> Wire:
    return {
        "workflowid": id, "name": name, "category": category, "type": 1, "primaryentity": table or "none",
        "statecode": 1, "statuscode": 2, "triggeroncreate": table is not None, "triggerondelete": False,
        "triggeronupdateattributelist": columns, "mode": 0, "scope": 4, "ismanaged": False,
        "modifiedon": "2026-01-01T00:00:00Z", "uniquename": None, "clientdata": "not-for-git",
    }  # fmt: skip
