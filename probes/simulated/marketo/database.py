"""What the example company's old Marketo keeps of people, objects and activities."""

from __future__ import annotations

from .shapes import READER, Wire, described, field, lead


def database() -> dict[str, list[Wire]]:
    """Fields, objects, activities and what was called."""
    person = [field("id", "Id", "integer", fixed=True), field("email", "Email Address", "email", 255),
              field("region", "Region", "string", 255, crm=True)]  # fmt: skip
    return {
        "leads": [
            lead(2, "company", "Company", "Company Name", "string", 255),
            lead(48, "email", "Email", "Email Address", "email", 255),
            lead(49, "firstName", "FirstName", "First Name", "string", 255),
            lead(50, "lastName", "LastName", "Last Name", "string", 255),
            lead(60, "leadScore", "LeadScore", "Lead Score", "score"),
            lead(61, "leadStatus", "LeadStatus", "Lead Status", "string", 255),
            lead(62, "region", "Region__c", "Region", "string", 255),
            lead(63, "marketingConsent", "MarketingConsent", "Marketing Consent", "boolean"),
            lead(64, "utmCampaign", "UTMCampaign", "UTM Campaign", "string", 255),
            lead(65, "sfdcLeadId", "SFDCLeadId", "Salesforce Lead ID", "string", 255, fixed=True),
            lead(66, "annualRevenue", "AnnualRevenue", "Annual Revenue", "currency"),
            lead(67, "notes", "Notes", "Notes", "text", 2000),
            lead(68, "", "LegacyOnly", "Legacy Only", "string", 255),
        ],
        "describe2": [
            {
                "name": "API Lead",
                "searchableFields": [["email"], ["sfdcLeadId"], ["id"]],
                "fields": [*person, field("leadStatus", "Lead Status", "string", 255, crm=True)],
            }
        ],
        "schemaFields": [
            {
                "name": name,
                "displayName": name.title(),
                "description": f"What {name} is for",
                "dataType": "string",
                "length": 255,
                "isHidden": name == "notes",
                "isHtmlEncodingInEmail": True,
                "isSensitive": name == "email",
                "isCustom": name in ("region", "utmCampaign"),
                "isApiCreated": False,
            }
            for name in ("email", "region", "utmCampaign", "notes")
        ],
        "objects": [
            described(
                "companies",
                "Company",
                "id",
                ["externalCompanyId"],
                [
                    field("externalCompanyId", "External Company Id", "string", 255),
                    field("industry", "Industry", "string", 255, crm=True),
                ],
            ),
            described(
                "opportunities",
                "Opportunity",
                "marketoGUID",
                ["externalOpportunityId"],
                [
                    field("externalOpportunityId", "External Opportunity Id", "string", 50),
                    field("amount", "Amount", "currency"),
                ],
            ),
            described(
                "opportunityRoles",
                "Opportunity Role",
                "marketoGUID",
                ["externalOpportunityId", "leadId", "role"],
                [field("role", "Role", "string", 50), field("isPrimary", "Is Primary", "boolean")],
            ),
            described(
                "namedAccounts",
                "Named Account",
                "marketoGUID",
                ["name"],
                [field("name", "Named Account Name", "string", 255), field("industry", "Industry", "string", 255)],
            ),
            described(
                "salesPersons",
                "Sales Person",
                "id",
                ["externalSalesPersonId"],
                [field("externalSalesPersonId", "External Sales Person Id", "string", 255)],
            ),
            described(
                "programMembers",
                "Program Membership",
                "leadId",
                ["leadId", "programId"],
                [field("leadId", "Lead Id", "integer", fixed=True), field("webinarUrl", "Webinar URL", "url", 2000)],
            ),
        ],
        "customObjects": [
            described(
                "registration_c",
                "Registration",
                "marketoGUID",
                ["registrationId"],
                [
                    field("registrationId", "Registration ID", "string", 36),
                    field("attended", "Attended", "boolean"),
                    field("leadID", "Lead ID", "integer"),
                ],
                relationships=[{"field": "leadID", "type": "child", "relatedTo": {"name": "Lead", "field": "id"}}],
            ),
            described(
                "badge_c",
                "Badge",
                "marketoGUID",
                ["badgeId"],
                [field("badgeId", "Badge ID", "string", 36)],
                relationships=[],
            ),
        ],
        "dependents": [
            {
                "object": "registration_c",
                "assetType": "Smart Campaign",
                "assetId": 1002,
                "assetName": "Score EMEA",
                "usedFields": ["attended"],
            },
        ],
        "activityTypes": [
            {
                "id": 2,
                "name": "Fill Out Form",
                "description": "User fills out and submits form on web page",
                "primaryAttribute": {"name": "Webform ID", "dataType": "integer"},
                "attributes": [
                    {"name": "Client IP Address", "dataType": "string"},
                    {"name": "Form Fields", "dataType": "text"},
                ],
            },
            {
                "id": 13,
                "name": "Change Data Value",
                "description": "Changed attribute value for a person record",
                "primaryAttribute": {"name": "Attribute Name", "dataType": "string"},
                "attributes": [{"name": "New Value", "dataType": "string"}, {"name": "Source", "dataType": "string"}],
            },
            {
                "id": 100001,
                "apiName": "badge_scan",
                "name": "Badge scan",
                "description": "A badge was scanned",
                "primaryAttribute": {"apiName": "badge", "name": "Badge", "dataType": "string"},
                "attributes": [{"apiName": "booth", "name": "Booth", "dataType": "string"}],
            },
        ],
        "partitions": [
            {"id": 1, "name": "Default", "description": "Initial system lead partition"},
            {"id": 2, "name": "EMEA", "description": "People of EMEA"},
        ],
        "usage": [{"userId": READER, "count": 210}],
        "errors": [{"errorCode": "602", "count": 3}],
        "activities": [],
    }
