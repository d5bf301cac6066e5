"""What stands in the warehouse of the example stack."""

from __future__ import annotations

from typing import Final

ROLES: Final = {
    "analysts": (False, ""), "loaders": (False, ""), "fivetran": (True, "loaders"), "looker": (True, "analysts"),
}  # fmt: skip
TABLES: Final = {
    "salesforce.lead": {
        "id": "varchar(18) not null", "email": "varchar(80)", "status": "varchar(40) not null", "region": "varchar(20)",
        "score": "numeric(6,2)", "is_converted": "bool not null", "created_date": "timestamptz",
        "_fivetran_synced": "timestamptz not null",
    },
    "salesforce.campaign": {"id": "varchar(18) not null", "name": "varchar(80)", "start_date": "date"},
    "hubspot.contact": {
        "email": "varchar(255) not null", "lifecyclestage": "varchar(60)", "marketing_consent": "bool",
        "order_value": "numeric(12,2)", "_fivetran_synced": "timestamptz",
    },
    "analytics.qualified_lead": {"lead_id": "varchar(18) not null", "qualified_on": "date", "channel": "text"},
}  # fmt: skip
ROUTINE: Final = "BEGIN new.qualified_on = current_date; RETURN new; END"
VIEWS: Final = {"analytics.qualified": "SELECT lead_id FROM analytics.qualified_lead WHERE score >= 65"}
