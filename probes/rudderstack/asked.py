"""Who changed something at RudderStack, by the audit logs of the organization.

They take a token of the organization, which may do more than the one that all else is read with: so it is a field of
its own, sent with this request and no other. An entry names what was changed by its id, and who by theirs: no page
tells names, but for SCIM.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Ask, Client
from probes.kit.clock import stamp
from probes.kit.contract import Expired, Malformed, Sought, Unsupported, window
from probes.kit.listing import Told
from probes.kit.values import instant

MOST: Final = 10  # pages of a hundred


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """One walk through the log for all of them."""
    try:
        token = await api.secret("organization_token")
    except Expired as fault:
        raise Unsupported(
            f"audit logs take a token of the organization, which the scheme `audited` has: {fault.message}",
            code="audit",
        ) from None
    since = stamp(window(sought)[0], "milliseconds")
    asked: dict[str, Any] = {"created_after": since, "per_page": 100}
    deeds: list[Mapping[str, Any]] = []
    for _ in range(MOST):
        answer = await api.ask(Ask("/v2/audit-logs", asked, headers={"authorization": f"Bearer {token}"}))
        rows = answer.value("data")
        if not isinstance(rows, list):
            raise Malformed("the audit log has no data")
        deeds += rows
        if not rows or not answer.value("paging.next"):
            return [_did(deeds, one) for one in sought]
        asked = {**asked, "after_cursor": rows[-1]["id"]}
    raise Malformed(f"the audit log does not end after {len(deeds)} entries", code="long")


def _did(deeds: Sequence[Mapping[str, Any]], sought: Sought) -> dict[str, Any]:
    """The newest deed that names the thing, in the time in which it changed."""
    mine = [
        (at, deed) for deed in deeds
        if str(deed.get("targetId")) in sought.names
        and sought.during(at := instant(deed.get("createdAt")) or 0.0)
    ]  # fmt: skip
    if not mine:
        return {}
    _, last = max(mine, key=lambda one: one[0])
    action = f"{last.get('targetType')} {last.get('action')}"
    return {"by": last.get("actorId"), "at": last.get("createdAt"), "action": action, "how": "named"}
