"""The example company's HubSpot account before anything is changed: the hubspot-prod of the example stack.

One line describes one property: name, type/fieldType, flags (`own` for the customer's, `unique`, `readonly`, `hidden`,
`external`, `calculated`), then options after a colon as `value=Label`. People are role mailboxes.
"""

from __future__ import annotations

import re
from typing import Any, Final

from .wire import Wire, property

PORTAL: Final = 62114207
TYPES: Final = {
    "contacts": "0-1",
    "companies": "0-2",
    "deals": "0-3",
    "tickets": "0-5",
    "products": "0-7",
    "line_items": "0-8",
}

_COMMON: Final = """
hs_object_id number/number readonly
hs_createdate datetime/date readonly
hs_lastmodifieddate datetime/date readonly
hubspot_owner_id enumeration/select external
hs_created_by_user_id number/number readonly hidden
"""
PROPERTIES: Final[dict[str, tuple[str, str]]] = {  # type -> (group, property lines)
    "contacts": ("contactinformation", _COMMON + """
email string/text unique
firstname string/text
lastname string/text
phone string/phonenumber
jobtitle string/text
company string/text
country string/text
city string/text
website string/text
lifecyclestage enumeration/radio: \
subscriber=Subscriber|lead=Lead|marketingqualifiedlead=Marketing Qualified Lead|\
salesqualifiedlead=Sales Qualified Lead|opportunity=Opportunity|customer=Customer|evangelist=Evangelist|other=Other
hs_lead_status enumeration/radio: NEW=New|OPEN=Open|IN_PROGRESS=In Progress|UNQUALIFIED=Unqualified
hs_email_optout bool/booleancheckbox
hs_analytics_source enumeration/select readonly: \
ORGANIC_SEARCH=Organic Search|PAID_SEARCH=Paid Search|EMAIL_MARKETING=Email Marketing|DIRECT_TRAFFIC=Direct Traffic
hubspotscore number/number calculated readonly
salesforceleadid string/text
salesforcelastsynctime datetime/date readonly
utm_campaign string/text own
utm_source string/text own
utm_medium string/text own
region enumeration/select own: EMEA|AMER|APAC
lead_score number/number own
marketing_consent enumeration/booleancheckbox own: true=Yes|false=No
consent_date datetime/date own
product_interest enumeration/checkbox own: \
pumps=Pumps|valves=Valves|sensors=Sensors|spare_parts=Spare Parts|service=Service
preferred_language enumeration/select own: de=German|en=English|fr=French|es=Spanish|it=Italian
shop_customer_id string/text own unique
last_order_value number/number own
sales_notes string/textarea own
"""),
    "companies": ("companyinformation", _COMMON + """
name string/text
domain string/text unique
industry enumeration/select: MACHINERY=Machinery|CHEMICALS=Chemicals|CONSTRUCTION=Construction|UTILITIES=Utilities
numberofemployees number/number
annualrevenue number/number
country string/text
lifecyclestage enumeration/radio: lead=Lead|opportunity=Opportunity|customer=Customer|other=Other
salesforceaccountid string/text
customer_tier enumeration/select own: A|B|C
region enumeration/select own: EMEA|AMER|APAC
"""),
    "deals": ("dealinformation", _COMMON + """
dealname string/text
amount number/number
dealstage enumeration/radio external
pipeline enumeration/select external
closedate datetime/date
dealtype enumeration/radio: newbusiness=New Business|existingbusiness=Existing Business
hs_forecast_amount number/number calculated readonly
salesforceopportunityid string/text
google_click_id string/text own
region enumeration/select own: EMEA|AMER|APAC
"""),
    "tickets": ("ticketinformation", _COMMON + """
subject string/text
content string/textarea
hs_pipeline enumeration/select external
hs_pipeline_stage enumeration/select external
hs_ticket_priority enumeration/select: LOW=Low|MEDIUM=Medium|HIGH=High
hs_ticket_category enumeration/checkbox: PRODUCT_ISSUE=Product issue|BILLING_ISSUE=Billing issue
machine_serial string/text own
survey_score number/number own
"""),
    "products": ("productinformation", _COMMON + """
name string/text
price number/number
hs_sku string/text unique
shop_sku string/text own unique
"""),
    "line_items": ("lineiteminformation", _COMMON + """
name string/text
quantity number/number
price number/number
discount number/number
"""),
    "event_registrations": ("event_registration_information", _COMMON + """
registration_name string/text own
event_name string/text own
attended bool/booleancheckbox own
registered_at datetime/date own
utm_campaign string/text own
"""),
    "machines": ("machine_information", _COMMON + """
serial_number string/text own unique
model string/text own
installed_on date/date own
service_contract enumeration/select own: none=None|basic=Basic|full=Full
"""),
    "consent_records": ("consent_record_information", _COMMON + """
consent_name string/text own
purpose enumeration/select own: newsletter|product_news|events|profiling
given_at datetime/date own
withdrawn_at datetime/date own
"""),
}  # fmt: skip
CUSTOM: Final[dict[str, tuple[str, str, str, tuple[str, ...]]]] = {  # name -> (id, plural, primary property, required)
    "event_registrations": (
        "2-4400101",
        "Event registrations",
        "registration_name",
        ("registration_name", "event_name"),
    ),
    "machines": ("2-4400102", "Machines", "serial_number", ("serial_number",)),
    "consent_records": ("2-4400103", "Consent records", "consent_name", ("consent_name", "purpose")),
}
PIPELINES: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {  # type -> (id, label, stages)
    "deals": (
        ("default", "Machinery", "appointmentscheduled=Appointment:0.2|qualifiedtobuy=Qualified:0.4"
         "|contractsent=Offer sent:0.7|closedwon=Closed won:1.0|closedlost=Closed lost:0.0"),
        ("75e28846", "Service contracts", "9100=Request:0.3|9101=Offer:0.6|9102=Won:1.0|9103=Lost:0.0"),
    ),
    "tickets": (("0", "Support", "1=New:OPEN|2=Waiting on contact:OPEN|3=Waiting on us:OPEN|4=Closed:CLOSED"),),
    "machines": (("m1", "Life of a machine", "m10=Ordered:OPEN|m11=Installed:OPEN|m12=Scrapped:CLOSED"),),
}  # fmt: skip
VALIDATIONS: Final[dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]]] = {
    "contacts": (("utm_campaign", "REGEX", (r"^\d{4}-Q[1-4]_[a-z]+_[a-z]+_.+$",)), ("phone", "FORMAT",
                                                                                    ("PHONE_NUMBER_WITH_COUNTRY",)),
                 ("email", "EMAIL_BLOCKED_DOMAINS", ("example.net",))),
    "deals": (("amount", "MIN_NUMBER", ("0",)),),
}  # fmt: skip
ROLES: Final = (("510", "Marketing manager"), ("511", "Marketing contributor"), ("512", "Sales"), ("513", "Agency"))
TEAMS: Final = (("810", "Marketing operations"), ("811", "Sales EMEA"), ("812", "Agency"))
USERS: Final[tuple[tuple[str, str, str, bool], ...]] = (  # mailbox, role id, team id, super admin
    ("admin-01@example.com", "", "810", True),
    ("admin-02@example.com", "", "810", True),
    ("admin-03@example.com", "510", "810", False),
    ("campaign-desk@example.com", "510", "810", False),
    ("events-desk@example.com", "511", "810", False),
    ("sales-desk-emea@example.com", "512", "811", False),
    ("service-desk@example.com", "512", "", False),
    ("agency-desk@example.com", "513", "812", False),
)
SCOPES: Final = (
    "oauth", "crm.schemas.contacts.read", "crm.schemas.companies.read", "crm.schemas.deals.read",
    "crm.schemas.tickets.read",
    "crm.schemas.products.read", "crm.schemas.line_items.read", "crm.schemas.custom.read", "crm.objects.owners.read",
    "settings.users.read", "settings.users.teams.read", "account-info.security.read", "automation", "forms",
    "crm.import", "crm.lists.read", "crm.objects.products.read", "content", "marketing.campaigns.read",
    "communication_preferences.read",
)  # fmt: skip
IMPORTS: Final = (  # name, type, rows, source
    ("Trade fair leads", "0-1", 240, "CRM_UI"),
    ("Shop customers nightly", "0-1", 1180, "API"),
    ("Machine park", "2-4400102", 61, "API"),
)
FLOWS: Final[tuple[dict[str, Any], ...]] = (
    {"id": "44100201", "name": "Set lifecycle stage on score", "objectTypeId": "0-1", "sets": "lifecyclestage",
     "on": "lead_score"},
    {"id": "44100202", "name": "Consent withdrawal", "objectTypeId": "0-1", "sets": "hs_email_optout",
     "on": "marketing_consent"},
    {"id": "44100203", "name": "Region from country", "objectTypeId": "0-1", "sets": "region", "on": "country"},
    {"id": "44100204", "name": "Deal hand-over", "objectTypeId": "0-3", "sets": "region", "on": "dealstage"},
)  # fmt: skip
SEGMENTS: Final = (  # id, name, how it is filled, object, property it asks
    ("51", "Marketable contacts", "DYNAMIC", "0-1", "marketing_consent"),
    ("52", "Hot leads", "DYNAMIC", "0-1", "lead_score"),
    ("53", "Trade fair visitors", "MANUAL", "0-1", ""),
    ("54", "Open deals EMEA", "SNAPSHOT", "0-3", "region"),
)
FORMS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("5f1f0a10-0001-4c4e-9e0f-000000000001", "Newsletter", ("email", "preferred_language", "marketing_consent")),
    (
        "5f1f0a10-0002-4c4e-9e0f-000000000002",
        "Request an offer",
        ("email", "lastname", "company", "product_interest", "region"),
    ),
    ("5f1f0a10-0003-4c4e-9e0f-000000000003", "Trade fair visit", ("email", "lastname", "company", "country")),
)

_LINE: Final = re.compile(r"(?P<name>\w+) (?P<type>\w+)/(?P<field>\w+)(?P<flags>[^:]*)(?:: (?P<options>.*))?$")


def read_property(line: str, group: str, at: float) -> Wire:
    """One property out of its line."""
    found = _LINE.match(line)
    if found is None:
        raise ValueError(f"not a property line: {line}")
    flags = set(found["flags"].split())
    keys: dict[str, Any] = {"own": "own" in flags, "read_only": "readonly" in flags}
    for flag, key in (
        ("unique", "hasUniqueValue"),
        ("hidden", "hidden"),
        ("external", "externalOptions"),
        ("calculated", "calculated"),
    ):
        if flag in flags:
            keys[key] = True
    if "external" in flags and found["name"] == "hubspot_owner_id":
        keys["referencedObjectType"] = "OWNER"
    if "calculated" in flags:
        keys["calculationFormula"] = "if(is_present(email), 1, 0)"
    if found["options"]:
        keys["options"] = tuple(found["options"].split("|"))
    return property(found["name"], found["type"], found["field"], group, at, **keys)


def stages(text: str, at: str) -> list[Wire]:
    """Stages out of `id=Label:probability`, or `id=Label:OPEN` for tickets."""
    out = []
    for order, part in enumerate(text.split("|")):
        head, _, state = part.rpartition(":")
        id, _, label = head.partition("=")
        meta = {"ticketState": state, "isClosed": str(state == "CLOSED").lower()}
        if state[0].isdigit():
            meta = {"isClosed": str(state in ("1.0", "0.0")).lower(), "probability": state}
        out.append({"label": label, "displayOrder": order, "metadata": meta, "id": id, "createdAt": at, "updatedAt": at,
                    "archived": False, "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT"})  # fmt: skip
    return out
