"""The shapes of HubSpot's answers: properties, options, pipelines, pages and the error envelope.

Key names are those of the vendor's published API reference for the dated paths (2026-09) and the legacy ones that
have no dated form yet; keys that the vendor leaves out when they do not apply are left out here too. The envelope of a
missing scope and of the rate limits is the one that users report (HubSpot/hubspot-api-nodejs issues 50 and 268,
HGData/mk-node-hubspot issue 89).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from probes.simulated.control import Reply

Wire = dict[str, Any]
YES_NO: Final = ("true=Yes", "false=No")


def stamp(at: float) -> str:
    """The way HubSpot writes an instant."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def option(text: str, order: int, **keys: Any) -> Wire:
    """An option out of `value=Label` or `value`."""
    value, _, label = text.partition("=")
    return {"label": label or value, "value": value, "displayOrder": order, "hidden": False, **keys}


def label(name: str) -> str:
    return name.replace("hs_", "").replace("_", " ").capitalize()


def property(name: str, type: str, field_type: str, group: str, at: float, **keys: Any) -> Wire:
    """One entry of `/crm/properties`. `own` (not sent) False: HubSpot's own, which the customer cannot change."""
    own = keys.pop("own", True)
    options = keys.pop("options", YES_NO if type == "bool" else ())
    read_only = keys.pop("read_only", False)
    out: Wire = {
        "updatedAt": stamp(at), "createdAt": stamp(at - 86400 * 200), "name": name, "label": label(name), "type": type,
        "fieldType": field_type, "description": "", "groupName": group,
        "options": [o if isinstance(o, dict) else option(o, place) for place, o in enumerate(options)],
        "displayOrder": -1, "calculated": False, "externalOptions": False, "archived": False, "hasUniqueValue": False,
        "hidden": False, "hubspotDefined": not own,
        "modificationMetadata": {"archivable": own, "readOnlyDefinition": not own,
                                 "readOnlyOptions": not own and not options, "readOnlyValue": read_only},
        "formField": not read_only, "dataSensitivity": "non_sensitive",
    }  # fmt: skip
    if own:
        out |= {"createdUserId": "7001", "updatedUserId": "7001"}
    return out | keys


def page(rows: Sequence[Wire], query: dict[str, str], base: str, path: str, most: int = 100) -> Wire:
    """One page of rows that have an `id`; `after` is the place to go on from."""
    limit = min(int(query.get("limit") or most), most)
    start = int(query.get("after") or 0)
    out: Wire = {"results": list(rows[start : start + limit])}
    if start + limit < len(rows):
        after = str(start + limit)
        out["paging"] = {"next": {"after": after, "link": f"{base}{path}?limit={limit}&after={after}"}}
    return out


def problem(status: int, category: str, message: str, correlation: str, **more: Any) -> Reply:
    """The usual error envelope."""
    body = {"status": "error", "message": message, "correlationId": correlation, **more, "category": category}
    return Reply(status, body)


def missing(scopes: Sequence[str], correlation: str) -> Reply:
    """403: none of these scopes is granted."""
    return problem(
        403, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call.", correlation,
        errors=[{"message": "One or more of the following scopes are required.",
                 "context": {"requiredGranularScopes": list(scopes)}}],
        links={"scopes": "https://developers.hubspot.com/scopes"},
    )  # fmt: skip


def limited(policy: str, correlation: str) -> Reply:
    """429: another envelope, without a category."""
    said = f"You have reached your {policy.lower()} limit."
    return Reply(429, {"status": "error", "message": said, "errorType": "RATE_LIMIT", "correlationId": correlation,
                       "policyName": policy, "requestId": correlation[::-1]})  # fmt: skip
