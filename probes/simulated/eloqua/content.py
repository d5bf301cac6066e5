"""What the example company keeps in Eloqua. Everything but counts is text in its API, booleans and seconds too.

`HIDDEN` names the assets that carry a label: they are seen by members of its security group alone, and left out of
lists for everybody else (label-based access control).
"""

from __future__ import annotations

from typing import Final

from .shapes import (
    BORN,
    USER,
    Wire,
    asset,
    bulk_field,
    campaign,
    contact_field,
    custom_field,
    form,
    group,
    option_list,
    step,
    user,
)

HIDDEN: Final = {("forms", "205"): "EMEA", ("programs", "312"): "EMEA"}
READER: Final = "40"


def tables() -> dict[str, list[Wire]]:
    """The rows that an account starts with."""
    everyone, advanced, emea = (
        group("1", "Everyone", "EVERY", fixed=True),
        group("12", "API readers", "API"),
        group("20", "EMEA", "EMEA"),
    )
    mapping = {"EmailAddress": "{{Contact.Field(C_EmailAddress)}}", "Campaign": "{{Contact.Field(C_UTM_Campaign1)}}"}
    lead = {"Email": "{{Contact.Field(C_EmailAddress)}}", "Region": "{{Contact.Field(C_Region1)}}",
            "Score": "{{Contact.Field(C_Lead_Score1)}}"}  # fmt: skip
    definition = {"createdBy": "Integration.User", "updatedBy": "Integration.User", "dataRetentionDuration": "P7D",
                  "createdAt": "2026-01-10T08:00:00.1230000Z", "updatedAt": "2026-01-10T08:00:00.1230000Z"}  # fmt: skip
    return {
        "contactFields": [
            contact_field(
                "100001", "C_EmailAddress", "Email Address", "text", "text", isStandard="true", isRequired="true"
            ),
            contact_field("100002", "C_FirstName", "First Name", "text", "text", isStandard="true"),
            contact_field("100003", "C_LastName", "Last Name", "text", "text", isStandard="true"),
            contact_field(
                "100004", "C_Company", "Company", "text", "text", isStandard="true", updateType="newNotBlank"
            ),
            contact_field("100189", "C_Region1", "Region", "text", "singleSelect", optionListId="501"),
            contact_field(
                "100190", "C_Lifecycle_Stage1", "Lifecycle Stage", "text", "singleSelect", optionListId="502"
            ),
            contact_field("100191", "C_Lead_Score1", "Lead Score", "numeric", "text", updateType="useFieldRule"),
            contact_field(
                "100192",
                "C_Marketing_Consent1",
                "Marketing Consent",
                "text",
                "checkbox",
                checkedValue="Yes",
                uncheckedValue="No",
                defaultValue="No",
            ),
            contact_field(
                "100193",
                "C_UTM_Campaign1",
                "UTM Campaign &amp; Source",
                "text",
                "text",
                description="YYYY-QN_region_channel_topic",
            ),
            contact_field("100194", "C_Notes1", "Notes", "largeText", "textArea"),
            contact_field("100195", "C_Consent_Date1", "Consent Date", "date", "text"),
            contact_field("100196", "C_SFDCLeadID", "Salesforce Lead ID", "text", "text", isReadOnly="true"),
        ],
        "contactBulk": [
            bulk_field(
                "Email Address",
                "C_EmailAddress",
                "emailAddress",
                "{{Contact.Field(C_EmailAddress)}}",
                "/contacts/fields/100001",
                unique=True,
            ),
            bulk_field("Region", "C_Region1", "string", "{{Contact.Field(C_Region1)}}", "/contacts/fields/100189"),
            bulk_field(
                "Lead Score", "C_Lead_Score1", "number", "{{Contact.Field(C_Lead_Score1)}}", "/contacts/fields/100191"
            ),
        ],
        "accountBulk": [
            bulk_field(
                "Company Name",
                "M_CompanyName",
                "string",
                "{{Account.Field(M_CompanyName)}}",
                "/accounts/fields/100086",
                unique=True,
            ),
            bulk_field(
                "Industry", "M_Industry1", "string", "{{Account.Field(M_Industry1)}}", "/accounts/fields/100090"
            ),
            bulk_field(
                "Employees", "M_Employees1", "number", "{{Account.Field(M_Employees1)}}", "/accounts/fields/100091"
            ),
        ],
        "optionLists": [
            option_list("501", "Regions", "emea", "apac", "amer"),
            option_list("502", "Lifecycle stages", "lead", "marketingqualifiedlead", "salesqualifiedlead", "customer"),
            option_list("503", "Unused list", "a", "b"),
        ],
        "customObjects": [
            asset(
                "CustomObject",
                "7",
                "Webinar registrations",
                description="One row for each registration",
                emailAddressFieldId="71",
                displayNameFieldId="72",
                uniqueCodeFieldId="71",
                deleteLinkedCustomObjectData="false",
                fields=[
                    custom_field("71", "Email1", "Email", "text", "text"),
                    custom_field("72", "Webinar1", "Webinar", "text", "singleSelect", optionListId="501"),
                    custom_field(
                        "73", "Attended1", "Attended", "text", "checkbox", checkedValue="Y", uncheckedValue="N"
                    ),
                    custom_field("74", "Minutes1", "Minutes", "numeric", "text", defaultValue="0"),
                ],
            ),
            asset("CustomObject", "8", "Event badges", fields=[custom_field("81", "Badge1", "Badge", "text", "text")]),
        ],
        "programs": [
            asset(
                "Program",
                "311",
                "EMEA lead scoring",
                currentStatus="Active",
                defaultEntityType="Contact",
                isReadOnly="false",
                isMemberAllowedDuplicates="false",
                runAsUserId=USER,
                elements=[
                    step("1", "CampaignSegment", "Segment Members", "2"),
                    step("2", "ContactUpdateRuleAction", "Update rules", "3"),
                    step("3", "CampaignAddToProgramBuilderAction", "Hand over"),
                ],
            ),
            asset(
                "Program",
                "312",
                "Send qualified leads to Salesforce",
                currentStatus="Draft",
                defaultEntityType="Contact",
                isReadOnly="false",
                isMemberAllowedDuplicates="true",
                elements=[step("5", "CampaignContactFilterMembershipRule", "Qualified?")],
            ),
        ],
        "campaigns": [
            campaign(
                "701",
                "EMEA nurture",
                "contact",
                [
                    step("11", "CampaignSegment", "Segment Members", "12", segmentId="61", isRecurring="true"),
                    step("12", "CampaignEmail", "Welcome", "13", emailId="801", sendTimePeriod="sendAllEmailAtOnce"),
                    step(
                        "13",
                        "CampaignContactFieldComparisonRule",
                        "Score?",
                        yes="14",
                        no="12",
                        fieldId="100191",
                        condition={"type": "NumericValueCondition", "operator": "greaterOrEqual", "value": "65"},
                    ),
                    step("14", "CampaignAddToProgramBuilderAction", "Hand over"),
                ],
                currentStatus="Active",
                crmId="7015",
                isSyncedWithCRM="true",
            ),
            campaign(
                "702", "Newsletter of July", "emailMarketing", [step("21", "CampaignEmail", "July", emailId="802")]
            ),
        ],
        "forms": [
            form("204", "Contact us EMEA", [("41", "email", "100001"), ("42", "region", "100189")], "Active"),
            form("205", "Newsletter EMEA", [("51", "email", "100001"), ("52", "consent", "100192")]),
        ],
        "segments": [
            asset(
                "ContactSegment",
                "61",
                "Qualified in EMEA",
                currentStatus="Draft",
                count="4211",
                lastCalculatedAt=BORN,
                isStale="false",
                archived="false",
                elements=[
                    {
                        "type": "ContactFilterSegmentElement",
                        "id": "611",
                        "isIncluded": "true",
                        "count": "4211",
                        "filter": {
                            "type": "ContactFilter",
                            "id": "612",
                            "name": "Score and region",
                            "scope": "local",
                            "statement": "(611 AND 613)",
                            "criteria": [
                                {
                                    "type": "ContactFieldCriterion",
                                    "id": "611",
                                    "fieldId": "100191",
                                    "condition": {
                                        "type": "NumericValueCondition",
                                        "operator": "greaterOrEqual",
                                        "value": "65",
                                    },
                                },
                                {
                                    "type": "ContactFieldCriterion",
                                    "id": "613",
                                    "fieldId": "100189",
                                    "condition": {"type": "TextValueCondition", "operator": "equal", "value": "emea"},
                                },
                            ],
                        },
                    }
                ],
            ),
            asset(
                "ContactSegment",
                "62",
                "Newsletter readers",
                currentStatus="Draft",
                count="90120",
                archived="false",
                elements=[
                    {
                        "type": "ContactListSegmentElement",
                        "id": "621",
                        "isIncluded": "true",
                        "count": "90120",
                        "list": {"type": "ContactList", "id": "63", "name": "Newsletter"},
                    }
                ],
            ),
        ],
        "emailGroups": [
            asset(
                "EmailGroup",
                "9",
                "Newsletters",
                displayName="Our newsletter",
                emailIds=["1", "2"],
                isVisibleInOutlookPlugin="false",
                isVisibleInPublicSubscriptionList="true",
                subscriptionListId="63",
                unSubscriptionListId="64",
                subscriptionLandingPageId="31",
                unsubscriptionLandingPageId="32",
            ),
            asset(
                "EmailGroup",
                "10",
                "Events",
                displayName="Events near you",
                emailIds=[],
                subscriptionListId="65",
                isVisibleInOutlookPlugin="false",
                isVisibleInPublicSubscriptionList="false",
                unSubscriptionListId="66",
            ),
        ],
        "groups": [everyone, advanced, emea],
        "users": [
            user(READER, "Integration.User", "integration-user@example.com", ["1", "12", "20"], ["API", "ManageUsers"]),
            user(USER, "Marketing.Operations", "admin-03@example.com", ["1"], ["ManageUsers", "CreateAsset"]),
            user("42", "Agency.Editor", "agency-editor@example.com", ["1", "20"], ["CreateAsset"], disabled="true"),
        ],
        "definitions": [
            {
                "uri": "/contacts/imports/7001",
                "name": "Campaign names from Airtable",
                "fields": mapping,
                "identifierFieldName": "EmailAddress",
                "isSyncTriggeredOnImport": True,
                "updateRule": "always",
                "isUpdatingMultipleMatchedRecords": False,
                "kbUsed": 3,
                "nullIdentifierFieldName": False,
                "syncActions": [],
                **definition,
            },
            {
                "uri": "/contacts/exports/7002",
                "name": "Leads to Salesforce",
                "fields": lead,
                "kbUsed": 0,
                "filter": "'{{Contact.Field(C_Region1)}}' = 'emea'",
                "maxRecords": 500000,
                "areSystemTimestampsInUTC": True,
                **definition,
            },
            {
                "uri": "/contacts/exports/7003",
                "name": "Leads to Salesforce",
                "fields": lead,
                "kbUsed": 0,
                "filter": "'{{Contact.Field(C_Region1)}}' = 'emea'",
                "maxRecords": 500000,
                "areSystemTimestampsInUTC": True,
                **definition,
                "createdAt": "2026-05-01T08:00:00.1230000Z",
            },
            {
                "uri": "/accounts/imports/7004",
                "name": "Accounts from Salesforce",
                "identifierFieldName": "Company",
                "fields": {"Company": "{{Account.Field(M_CompanyName)}}"},
                "isSyncTriggeredOnImport": True,
                "linkUsers": False,
                "updateRule": "ifNewIsNotNull",
                "kbUsed": 0,
                "syncActions": [],
                **definition,
            },
        ],
        "syncs": [],
        "logs": [],
    }
