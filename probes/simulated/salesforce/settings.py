"""What the example org says of its fields, lets sign in, and does by older rules: content, and how it gets there.

Columns are those of the references: FieldDefinition, ConnectedApplication, MatchingRule, MatchingRuleItem and
FlowInterview in the object reference, WorkflowRule and WorkflowFieldUpdate in the tooling guide, with the Metadata of
the metadata type Workflow. For external client apps only the metadata types are published (ExternalClientApplication
and those that begin with ExtlClntApp, metadata guide); the objects that SOQL knows are named as in public users' code.
"""

from __future__ import annotations

from typing import Final

from . import tables, wire
from .org import Org
from .wire import Wire

PERSONAL: Final = {"SecurityClassification": "Confidential", "ComplianceGroup": "PII;GDPR", "BusinessStatus": "Active"}
SAID: Final[dict[str, Wire]] = {
    "Lead.Email": {**PERSONAL, "Description": "Where mails of marketing go"},
    "Lead.Phone": PERSONAL,
    "Lead.Marketing_Consent__c": {"SecurityClassification": "Internal", "ComplianceGroup": "GDPR",
                                  "Description": "Given in the shop, at fairs and in HubSpot's forms"},
    "Contact.Email": PERSONAL,
    "Contact.Phone": PERSONAL,
    "Account.Customer_Tier__c": {"BusinessStatus": "DeprecateCandidate"},
}  # fmt: skip
CONNECTED: Final = (("Hightouch", True), ("Fivetran", True), ("Dataloader Partner", False))
CLIENTS: Final = (  # name, label, scopes, run-as user, pre-approved users alone
    ("Driftline", "Driftline", "API OPENID", "driftline-monitor@example.com", True),
    ("HubSpot", "HubSpot", "API REFRESH_TOKEN", "", True),
)
MATCHING: Final = (
    ("Lead", "Match_Leads_by_Email", "Active", (("Email", "Exact", "NullNotAllowed"),)),
    ("Contact", "Match_Contacts_by_Email", "Active",
     (("Email", "Exact", "NullNotAllowed"), ("LastName", "LastName", "MatchBlanks"))),
)  # fmt: skip
UPDATES: Final = (("Case", "Mark_Escalated", "Status", "Escalated"),)
WORKFLOWS: Final = (  # object, name, filter, field update
    ("Case", "Escalate Urgent Cases", ("Priority", "equals", "High"), "Mark_Escalated"),
)


def build(org: Org) -> None:
    """Fills an org that has its objects and people."""
    for place, said in SAID.items():
        org.said[place] = dict(said)
    for name, approved in CONNECTED:
        org.add_row("ConnectedApplication", Name=name, OptionsAllowAdminApprovedUsersOnly=approved,
                    RefreshTokenValidityPeriod=90)  # fmt: skip
    for name, label, scopes, runs_as, approved in CLIENTS:
        app = org.add_row("ExternalClientApplication", DeveloperName=name, MasterLabel=label, DistributionState="Local",
                          Language="en_US", ContactEmail="martech-platform@example.com")["Id"]  # fmt: skip
        granted = {f"OauthScopes{scope}": True for scope in scopes.split()}
        org.add_row("ExtlClntAppOauthSettings", DeveloperName=f"{name}_oauth", MasterLabel=label,
                    ExternalClientApplicationId=app, **granted)  # fmt: skip
        org.add_row(
            "ExtlClntAppOauthPlcyCnfg", DeveloperName=f"{name}_oauthPlcy", MasterLabel=label,
            ExternalClientApplicationId=app, IpRelaxationPolicyType="Enforce",
            RefreshTokenPolicyType="SpecificLifetime",
            PermittedUsersPolicyType="AdminApprovedPreAuthorized" if approved else "AllSelfAuthorized",
            RefreshTokenValidityPeriod=90, RefreshTokenValidityUnit="Days",
            IsClientCredentialsFlowEnabled=bool(runs_as), ClientCredentialsFlowUser=runs_as or None,
        )  # fmt: skip
    for object, name, status, items in MATCHING:
        rule = org.add_row("MatchingRule", DeveloperName=name, MasterLabel=name.replace("_", " "), Language="en_US",
                           SobjectType=object, SobjectSubtype="None", RuleStatus=status)["Id"]  # fmt: skip
        for turn, (field, method, blank) in enumerate(items, 1):
            org.add_row("MatchingRuleItem", MatchingRuleId=rule, Field=field, MatchingMethod=method,
                        BlankValueBehavior=blank, SortOrder=turn)  # fmt: skip
    for object, name, field, value in UPDATES:
        org.add_row("WorkflowFieldUpdate", Name=name, SourceTableEnumOrId=object, LiteralValue=value,
                    EntityDefinitionId=object, FieldDefinitionId=f"{object}.{field}", FullName=f"{object}.{name}",
                    Metadata={"field": field, "literalValue": value, "name": name, "operation": "Literal"})  # fmt: skip
    for object, name, (field, how, value), update in WORKFLOWS:
        meta: Wire = {
            "actions": [{"name": update, "type": "FieldUpdate"}], "active": True, "booleanFilter": None,
            "criteriaItems": [{"field": f"{object}.{field}", "operation": how, "value": value, "valueField": None}],
            "description": None, "formula": None, "triggerType": "onCreateOrTriggeringUpdate",
            "workflowTimeTriggers": [],
        }  # fmt: skip
        org.add_row("WorkflowRule", Name=name, TableEnumOrId=object, Metadata=meta, FullName=f"{object}.{name}",
                    ManageableState="unmanaged")  # fmt: skip


def interview(org: Org, at: float, status: str, owner: str) -> None:
    """One run of a flow that waits, goes on, or failed."""
    number = org.number()
    org.add_row("FlowInterview", at, Name=f"{number:06}", InterviewLabel=f"Event Follow Up {wire.stamp(at)}",
                InterviewStatus=status, CurrentElement="Get_Visitors", OwnerId=org.row("User", Username=owner)["Id"],
                Error="An unhandled fault has occurred in this flow" if status == "Error" else None,
                FlowVersionViewId=wire.identifier("301", 3))  # fmt: skip


def scopes(names: str) -> Wire:
    """Which OAuth scopes an app has, column by column."""
    wanted = names.split()
    return {f"OauthScopes{scope}": scope in wanted for scope in tables.SCOPES}
