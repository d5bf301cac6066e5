"""The example company's org before anything is changed: objects, fields, users, permission sets, jobs, automations.

It is the salesforce-prod of the example stack. People are role mailboxes. One line describes one field:
name, type with length or precision, flags (`required`, `unique`, `help=…`), options or targets after a colon.
"""

from __future__ import annotations

import re
from typing import Any, Final

from .wire import Wire, field, option, system

OBJECTS: Final[dict[str, tuple[str, str, str]]] = {  # name -> (key prefix, field lines, record types)
    "Account": ("001", """
Name string(255) required namefield
Type picklist(255): Prospect|Customer - Direct|Customer - Channel|Channel Partner|Other
ParentId reference: Account
BillingStreet textarea(255)
BillingCity string(40)
BillingPostalCode string(20)
BillingCountry string(80)
Phone phone(40)
Website url(255)
Industry picklist(255): Agriculture|Chemicals|Construction|Engineering|Manufacturing|Retail|Transportation|Utilities
AnnualRevenue currency(18.0)
NumberOfEmployees int
Description textarea(32000)
Region__c picklist(255) restricted: EMEA|AMER|APAC
Customer_Tier__c picklist(255): A|B|C
Shop_Customer_Id__c string(40) unique external
Marketing_Consent__c boolean
""", "Business Customer|Channel Partner"),
    "Contact": ("003", """
LastName string(80) required namefield
FirstName string(40)
Salutation picklist(40): Mr.|Ms.|Dr.|Prof.
AccountId reference: Account
Email email(80)
Phone phone(40)
Title string(128)
Department string(80)
LeadSource picklist(255): Web|Trade Show|Partner Referral|Webinar|Purchased List|Other
MailingCountry string(80)
HasOptedOutOfEmail boolean
Consent_Date__c datetime
Language__c picklist(255) restricted: de|en|fr|es|it
HubSpot_Id__c string(32) unique external
Region__c picklist(255) restricted: EMEA|AMER|APAC
""", ""),
    "Lead": ("00Q", """
LastName string(80) required namefield
FirstName string(40)
Salutation picklist(40): Mr.|Ms.|Dr.|Prof.
Company string(255) required
Title string(128)
Email email(80)
Phone phone(40)
Street textarea(255)
City string(40)
Country string(80)
Website url(255)
Industry picklist(255): Agriculture|Chemicals|Construction|Engineering|Manufacturing|Retail|Transportation|Utilities
Rating picklist(255): Hot|Warm|Cold
Status picklist(255) required permissionable default=Open: Open|Working|Nurturing|Qualified|Unqualified
LeadSource picklist(255): Web|Trade Show|Partner Referral|Webinar|Purchased List|Other
HasOptedOutOfEmail boolean
ConvertedDate date readonly
ConvertedAccountId reference readonly: Account
UTM_Campaign__c string(120) help=campaign_name of the taxonomy
UTM_Source__c string(80)
UTM_Medium__c string(80)
Region__c picklist(255) restricted: EMEA|AMER|APAC
Score__c double(5.2)
Notes__c textarea(1000)
Marketing_Consent__c boolean
Consent_Date__c datetime
HubSpot_Id__c string(32) unique external
Lifecycle_Stage__c picklist(255): subscriber|lead|marketingqualifiedlead|salesqualifiedlead|opportunity|customer
Product_Interest__c multipicklist(4099): Pumps|Valves|Sensors|Spare Parts|Service
Score_Band__c string(1300) formula=IF(Score__c >= 65, "qualified", "open")
""", "Trade Lead|Shop Lead"),
    "Opportunity": ("006", """
Name string(120) required namefield
AccountId reference: Account
StageName picklist(255) required: Prospecting|Qualification|Proposal|Negotiation|Closed Won|Closed Lost
Amount currency(18.2)
Probability percent(3.0)
CloseDate date required
Type picklist(255): New Business|Existing Business
LeadSource picklist(255): Web|Trade Show|Partner Referral|Webinar|Purchased List|Other
CampaignId reference: Campaign
NextStep string(255)
Description textarea(32000)
Google_Click_Id__c string(255)
Region__c picklist(255) restricted: EMEA|AMER|APAC
Offline_Conversion_Sent__c boolean
Margin__c percent(5.2)
""", "Machinery|Service Contract"),
    "Campaign": ("701", """
Name string(80) required namefield
Type picklist(40): Email|Webinar|Trade Show|Paid Search|Paid Social|Partner
Status picklist(40): Planned|In Progress|Completed|Aborted
StartDate date
EndDate date
IsActive boolean
BudgetedCost currency(18.0)
ActualCost currency(18.0)
ParentId reference: Campaign
Description textarea(32000)
Region__c picklist(255) restricted: EMEA|AMER|APAC
Agency__c boolean
""", ""),
    "CampaignMember": ("00v", """
CampaignId reference required: Campaign
LeadId reference: Lead
ContactId reference: Contact
Status picklist(40): Sent|Responded|Attended|No Show
First_Touch__c boolean
Source_Detail__c string(255)
""", ""),
    "Product2": ("01t", """
Name string(255) required namefield
ProductCode string(255)
IsActive boolean
Family picklist(255): Pumps|Valves|Sensors|Spare Parts|Service
Description textarea(4000)
Shop_Sku__c string(40) unique external
""", ""),
    "Case": ("500", """
CaseNumber string(30) required namefield auto
AccountId reference: Account
ContactId reference: Contact
Status picklist(255) required: New|Working|Escalated|Closed
Origin picklist(255): Phone|Email|Web|Shop
Priority picklist(255): High|Medium|Low
Subject string(255)
Description textarea(32000)
Survey_Score__c double(2.0)
""", ""),
    "Task": ("00T", """
Subject combobox(255)
WhoId reference: Contact|Lead
WhatId reference: Account|Opportunity|Campaign
Status picklist(255) required: Not Started|In Progress|Completed
Priority picklist(255) required: High|Normal|Low
ActivityDate date
Channel__c picklist(255): Phone|Email|Visit
""", ""),
    "Event_Registration__c": ("a00", """
Name string(80) required namefield auto
Lead__c reference: Lead
Contact__c reference: Contact
Event_Name__c string(120)
Attended__c boolean
Registered_At__c datetime
UTM_Campaign__c string(120)
""", ""),
    "Consent_Record__c": ("a01", """
Name string(80) required namefield auto
Contact__c reference: Contact
Lead__c reference: Lead
Purpose__c picklist(255) restricted: newsletter|product_news|events|profiling
Given_At__c datetime
Withdrawn_At__c datetime
Source__c string(80)
Proof__c textarea(32768)
""", ""),
    "Territory_Mapping__c": ("a02", """
Name string(80) required namefield
Country_Code__c string(2) unique
Region__c picklist(255) restricted: EMEA|AMER|APAC
Sales_Team__c string(80)
""", ""),
    "zoominfo__Match__c": ("a03", """
Name string(80) required namefield auto
zoominfo__Lead__c reference: Lead
zoominfo__Confidence__c percent(3.0)
zoominfo__Matched_At__c datetime
""", ""),
    "LeadHistory": ("017", "LeadId reference required: Lead\nField picklist(255): created|Status|Owner", ""),
    "LeadShare": ("01o", "LeadId reference required: Lead\nLeadAccessLevel picklist(40): Read|Edit|All", ""),
    "LeadFeed": ("0D5",
                 "ParentId reference required: Lead\nBody textarea(10000)\nType picklist(40): TextPost|TrackedChange",
                 ""),
    "LeadChangeEvent": ("", "LastName string(80)\nCompany string(255)\nStatus picklist(255): Open|Working", ""),
}  # fmt: skip
TWINS: Final = frozenset({"LeadHistory", "LeadShare", "LeadFeed", "LeadChangeEvent"})

_LINE: Final = re.compile(r"(?P<name>\w+) (?P<type>\w+)(?:\((?P<size>[\d.]+)\))?(?P<rest>[^:]*)(?:: (?P<items>.*))?$")


def read_field(line: str) -> Wire:
    """One field out of its line."""
    found = _LINE.match(line)
    if found is None:
        raise ValueError(f"not a field line: {line}")
    name, type, size = found["name"], found["type"], found["size"] or ""
    rest, items = found["rest"], (found["items"] or "").split("|") if found["items"] else []
    keys: Wire = {}
    if "." in size:
        keys["precision"], keys["scale"] = (int(part) for part in size.split("."))
    elif size:
        keys["length"] = int(size)
    if type == "textarea" and keys.get("length", 0) > 255:
        keys |= {"aggregatable": False, "groupable": False, "sortable": False}
    words = rest.split()
    if "required" in words:
        keys |= {"nillable": False, "permissionable": "permissionable" in words}
    if "namefield" in words:
        keys |= {"nameField": True, "idLookup": True}
    if "auto" in words:
        keys |= {"autoNumber": True, "defaultedOnCreate": True, "createable": False, "updateable": False}
    if "unique" in words:
        keys["unique"] = True
    if "external" in words:
        keys |= {"externalId": True, "idLookup": True}
    if "restricted" in words:
        keys["restrictedPicklist"] = True
    if "readonly" in words:
        keys |= {"createable": False, "updateable": False}
    if " help=" in rest:
        keys["inlineHelpText"] = rest.partition(" help=")[2].strip()
    if " formula=" in rest:
        formula = rest.partition(" formula=")[2].strip()
        keys |= {"calculated": True, "calculatedFormula": formula, "createable": False, "updateable": False}
    default = next((word.removeprefix("default=") for word in words if word.startswith("default=")), None)
    if type == "reference":
        keys["referenceTo"] = items
    elif items:
        keys["picklistValues"] = [option(value, defaultValue=value == default) for value in items]
        keys["defaultedOnCreate"] = default is not None
    return field(name, type, **keys)


def audit_fields(owner: bool) -> list[Wire]:
    """What the platform puts on every object."""
    out = [
        system("Id", "id"), system("IsDeleted", "boolean"), system("CreatedDate", "datetime"),
        system("CreatedById", "reference", referenceTo=["User"]), system("LastModifiedDate", "datetime"),
        system("LastModifiedById", "reference", referenceTo=["User"]), system("SystemModstamp", "datetime"),
    ]  # fmt: skip
    if owner:
        out.append(field("OwnerId", "reference", referenceTo=["Group", "User"], nillable=False, permissionable=False,
                         defaultedOnCreate=True))  # fmt: skip
    return out


ROLES: Final = (("Marketing", ""), ("Sales", ""), ("Sales EMEA", "Sales"), ("Platform", ""))
PROFILES: Final[dict[str, tuple[str, str]]] = {  # name -> (licence, powers)
    "System Administrator": ("Salesforce", "ApiEnabled ViewSetup ViewAllData ModifyAllData ManageUsers"
        " ManageInternalUsers ManageRoles ViewRoles AssignPermissionSets ManageProfilesPermissionsets"
        " CustomizeApplication AuthorApex ManageSharing DataExport ExportReport RunReports ViewAllUsers ModifyMetadata"
        " ResetPasswords ManageEncryptionKeys"),
    "Marketing User": ("Salesforce", "ApiEnabled RunReports ImportLeads ConvertLeads"),
    "Sales User": ("Salesforce", "RunReports ConvertLeads"),
    "Minimum Access - API Only Integrations": ("Salesforce Integration", "ApiEnabled ApiUserOnly"),
}  # fmt: skip
MONITOR: Final = "driftline-monitor@example.com"
WRITER: Final = "integration-user@example.com"
READER: Final = "advertising-sync@example.com"
USERS: Final[tuple[tuple[str, str, str, bool], ...]] = (  # mailbox, profile, role, active
    ("admin-01@example.com", "System Administrator", "Platform", True),
    ("admin-02@example.com", "System Administrator", "Platform", True),
    ("campaign-desk@example.com", "Marketing User", "Marketing", True),
    ("events-desk@example.com", "Marketing User", "Marketing", True),
    ("sales-desk-emea@example.com", "Sales User", "Sales EMEA", True),
    ("sales-desk@example.com", "Sales User", "Sales", True),
    ("agency-desk@example.com", "Marketing User", "Marketing", True),
    ("former-agency@example.com", "Marketing User", "Marketing", False),
    (WRITER, "Minimum Access - API Only Integrations", "", True),
    (MONITOR, "Minimum Access - API Only Integrations", "", True),
    (READER, "Minimum Access - API Only Integrations", "", True),
)
# name -> (label, powers, objects with rights, fields with rights, assigned to); rights: read, create, edit, delete
SETS: Final[dict[str, tuple[str, str, str, str, tuple[str, ...]]]] = {
    "Driftline_Monitor": ("Driftline Monitor", "ViewSetup ViewRoles ViewAllUsers RunFlow", "*:r", "*:r", (MONITOR,)),
    "HubSpot_Integration": ("HubSpot Integration", "ApiEnabled", "Lead:rce Contact:rce Account:r Campaign:r"
        " CampaignMember:rce", "Lead.*:re Contact.*:re Account.*:r Campaign.*:r CampaignMember.*:re", (WRITER,)),
    "Marketing_Campaigns": ("Marketing Campaigns", "ImportLeads RunReports ExportReport", "Campaign:rced"
        " CampaignMember:rced Lead:re Event_Registration__c:rce", "Campaign.*:re CampaignMember.*:re Lead.*:r"
        " Event_Registration__c.*:re", ("campaign-desk@example.com", "events-desk@example.com")),
    "Consent_Officer": ("Consent Officer", "", "Consent_Record__c:rce Contact:re",
                        "Consent_Record__c.*:re Contact.*:re",
        ("campaign-desk@example.com",)),
    "Agency_Access": ("Agency Access", "RunReports", "Campaign:re Lead:r", "Campaign.*:re Lead.*:r",
        ("agency-desk@example.com",)),
    "Hightouch_Integration": ("Hightouch Integration", "ApiEnabled", "Lead:r", "Lead.Status:r Lead.UTM_Campaign__c:r",
        (READER,)),
}  # fmt: skip
GROUPS: Final = {"Marketing_Team": ("Marketing Team", ("Marketing_Campaigns", "Consent_Officer"))}
JOBS: Final = ("LeadScoringBatch", "ConsentSyncQueueable", "TerritoryAssignmentBatch")
CRONS: Final = (("Lead Scoring Nightly", "0 0 2 * * ?"), ("Consent Reconciliation", "0 30 * * * ?"),
                ("Weekly Dedupe", "0 0 4 ? * SUN"))  # fmt: skip
BULK: Final = (("Lead", "upsert", 412), ("Contact", "upsert", 187), ("CampaignMember", "insert", 96))
FLOWS: Final[tuple[dict[str, Any], ...]] = (
    {"ApiName": "Lead_Assignment", "Label": "Lead Assignment", "ProcessType": "AutoLaunchedFlow",
     "TriggerType": "RecordAfterSave", "TriggerObjectOrEventLabel": "Lead", "RecordTriggerType": "Create"},
    {"ApiName": "Consent_Withdrawal", "Label": "Consent Withdrawal", "ProcessType": "AutoLaunchedFlow",
     "TriggerType": "RecordAfterSave", "TriggerObjectOrEventLabel": "Consent Record", "RecordTriggerType": "Update"},
    {"ApiName": "Event_Follow_Up", "Label": "Event Follow Up", "ProcessType": "AutoLaunchedFlow",
     "TriggerType": "Scheduled", "TriggerObjectOrEventLabel": None, "RecordTriggerType": None},
)  # fmt: skip
RULES: Final = (
    (
        "Lead",
        "Consent_Needs_Date",
        "AND(Marketing_Consent__c, ISBLANK(Consent_Date__c))",
        "Give the date of consent.",
        "Consent_Date__c",
    ),
    (
        "Lead",
        "Qualified_Needs_Region",
        'AND(ISPICKVAL(Status, "Qualified"), ISBLANK(TEXT(Region__c)))',
        "A qualified lead needs a region.",
        "Region__c",
    ),
    (
        "Opportunity",
        "Won_Needs_Amount",
        'AND(ISPICKVAL(StageName, "Closed Won"), Amount <= 0)',
        "Give the amount.",
        "Amount",
    ),
)
TRIGGERS: Final = (("LeadTrigger", "Lead"), ("ConsentRecordTrigger", "Consent_Record__c"))
TEMPLATES: Final = (("Event_Invitation", "Marketing Templates", "You are invited"),
                    ("Consent_Confirmation", "Legal Templates", "Please confirm your consent"))  # fmt: skip
ASSIGNMENT: Final = (("Lead", "Leads by region"), ("Case", "Cases by product"))
DUPLICATES: Final = (("Lead", "Leads_by_Email"), ("Contact", "Contacts_by_Email"))
PACKAGES: Final = (("zoominfo", "ZoomInfo", (5, 2, 0, 1)), (None, "Shared Utilities", (1, 4, 0, 1)))
