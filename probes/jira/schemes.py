"""What Jira keeps beside fields and issues: webhooks that an administrator made, and field schemes, which say in which
projects and work types a field is required.

Webhooks: the vendor's guide to webhooks has those of administrators under /rest/webhooks/1.0/webhook; their keys (name,
url, events, filters, excludeBody, enabled, self, lastUpdated, lastUpdatedUser) are as its guide for Jira Server shows
them and as public clients of Jira Cloud read them. It answers at the site's own address: the other one, for tokens with
scopes, does not have it. Whether a delivery arrived is told nowhere.

Field schemes took the place of field configurations in 2026 (reference: field schemes, experimental): an answer of 404
says that the site does not have them yet. Keys are those of its reference (fieldId, parameters.isRequired,
restrictedToWorkTypes, workTypeParameters).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Malformed, Rejected, Unsupported
from probes.kit.errors import not_found
from probes.kit.listing import Row

from .told import API, PAGES

HOOKS: Final = "/rest/webhooks/1.0/webhook"
SCHEMES: Final = f"{API}/config/fieldschemes"
ELSEWHERE: Final = "/ex/jira/"  # in the address for tokens with scopes


@once
async def webhooks(api: Client) -> Answer:
    """The webhooks of administrators; those of apps are told to the app that made them alone."""
    if ELSEWHERE in api.base:
        raise Unsupported("webhooks are told at the site's own address, to a token without scopes", code="address")
    rows = (await api.ask(Ask(HOOKS))).value()
    if not isinstance(rows, list):
        raise Malformed("the answer is no list of webhooks")
    return _made(rows)


@once
async def field_schemes(api: Client) -> Answer:
    """All field schemes, and beside them their fields. A 404 in Jira's own words to the list: the site has field
    configurations in their place."""
    try:
        rows: list[dict[str, Any]] = await api.every(Ask(SCHEMES), PAGES, "values")
    except Rejected as fault:
        if not_found(fault):
            raise Unsupported("the site has no field schemes yet", code="older") from None
        raise
    fields = [
        {**field, "scheme": row["name"]}
        for row in rows
        for field in await api.every(Ask(f"{SCHEMES}/{row['id']}/fields"), PAGES, "values")
    ]
    return _made(rows, fields)


def _made(rows: Sequence[Row], fields: Sequence[Row] = ()) -> Answer:
    return made({"values": rows, "fields": fields})
