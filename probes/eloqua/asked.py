"""Who changed something last, by the mark that each thing has: a user's number, which the user's own page names.

Oracle exports its audit log by e-mail alone, so nothing older and nothing that was deleted can be told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Ask, Client
from probes.kit.contract import Kind, Ref, Rejected, Sought
from probes.kit.listing import Told
from probes.kit.values import instant

SLACK: Final = 120.0  # seconds that Eloqua's clock and ours may be apart; its marks are whole seconds
ASSETS: Final = "/api/rest/2.0/assets"
PAGE: Final = {
    Ref(Kind.FIELD, "contacts"): "/api/rest/1.0/assets/contact/field",
    Ref(Kind.SCHEMA, "email-groups"): "/api/rest/1.0/assets/email/group",
    Ref(Kind.SCHEMA, "custom-objects"): f"{ASSETS}/customObject",
    Ref(Kind.AUTOMATION, "programs"): f"{ASSETS}/program",
    Ref(Kind.AUTOMATION, "campaigns"): f"{ASSETS}/campaign",
    Ref(Kind.AUTOMATION, "segments"): f"{ASSETS}/contact/segment",
    Ref(Kind.AUTOMATION, "form-processing"): f"{ASSETS}/form",
    Ref(Kind.TEMPLATE, "forms"): f"{ASSETS}/form",
    Ref(Kind.PERMISSION, "users"): "/api/rest/2.0/system/user",
    Ref(Kind.PERMISSION, "security-groups"): "/api/rest/2.0/system/security/group",
}


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """One page for each thing, and one for each user that is named."""
    pages: dict[str, Mapping[str, Any]] = {}
    return [await _last(api, pages, one) for one in sought]


async def _last(api: Client, pages: dict[str, Mapping[str, Any]], one: Sought) -> dict[str, Any]:
    if not one.id or one.ref not in PAGE:
        return {}
    mark = await _page(api, pages, f"{PAGE[one.ref]}/{one.id}")
    at = instant(mark.get("updatedAt"))
    if at is None or not one.during(at, SLACK):
        return {}
    user = await _page(api, pages, f"/api/rest/2.0/system/user/{mark.get('updatedBy')}")
    return {"by": user.get("loginName"), "at": at, "action": "updated", "how": "last"}


async def _page(api: Client, pages: dict[str, Mapping[str, Any]], path: str) -> Mapping[str, Any]:
    if path not in pages:
        try:
            pages[path] = (await api.ask(Ask(path, {"depth": "complete"}))).value()
        except Rejected:  # it is not there any more
            pages[path] = {}
    return pages[path]
