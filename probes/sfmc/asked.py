"""One thing of Marketing Cloud on demand, and who changed something: by its Audit Trail, where the edition has it.

The trail names a thing by its id and its name, which is not always its key: what is found by the id is surely meant.
Its times are without a zone; the system keeps Central Standard Time all the year, which is taken for theirs (not
verified for this list). The vendor's page shows the answer as a list of one page; both that and the page alone are
read. Of a user that is unknown it says "Unavailable". A journey has a log of its own, which takes no more than the
right to read journeys and names people as they are shown, where the trail has the names that they sign in with: it is
asked where the trail does not answer or does not know. Its keys are in capitals on the vendor's page, and in small
letters in answers of a real account (Accenture/sfmc-devtools); both are read.

One thing is asked for by its key: journeys and entry events (Journey Builder API specification), definitions of
transactional e-mails. What is not there is a 404 with the error code 30003 ("No endpoint exists for key …", the
vendor's page on endpoints; its clients know it of e-mails), where a missing right is a 403 (20000 to 20002, its page on
errors). What says it otherwise, as journeys may in words that no page has, is no proof and stays a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client, listed
from probes.kit.contract import Absent, Denied, Fault, Kind, Malformed, Ref, Rejected, Sought, Unsupported, window
from probes.kit.listing import Found, Told
from probes.kit.values import instant

TRAIL: Final = "/data/v1/audit/auditEvents"
ZONE: Final = timezone(timedelta(hours=-6))
SLACK: Final = 60.0  # seconds that the vendor's clock and ours may be apart
SIZE: Final = 1000
MOST: Final = 50  # pages
LOOKS: Final = frozenset({"Login", "Logout", "Start", "View", "Export"})  # what changes nothing
NOBODY: Final = frozenset({"", "Unavailable"})
JOURNEYS: Final = Ref(Kind.AUTOMATION, "journeys")
JOURNEY: Final = "/interaction/v1/interactions/key:"
ONE: Final = {
    JOURNEYS: JOURNEY,
    Ref(Kind.AUTOMATION, "events"): "/interaction/v1/eventDefinitions/key:",
    Ref(Kind.TEMPLATE, "e-mails"): "/messaging/v1/email/definitions/",
}
MISSING: Final = "30003"


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A journey, an entry event or a transactional e-mail, by its key."""
    if ref not in ONE:
        raise Unsupported(f"Marketing Cloud is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    try:
        return Found(ref.name, (await api.ask(Ask(f"{ONE[ref]}{quote(key, safe='')}"))).value())
    except Rejected as fault:
        if fault.code == MISSING:
            return Absent(fault.message)
        raise


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """One walk through the trail for all, and one request for each journey that it does not tell of."""
    told: list[Told]
    try:
        events = await _trail(api, sought)
        told = [_did(events, one) for one in sought]
    except (Denied, Rejected, Unsupported) as fault:
        told = [fault] * len(sought)
    return [
        known if one.ref != JOURNEYS or (known and not isinstance(known, Fault)) else await _logged(api, one, known)
        for one, known in zip(sought, told, strict=True)
    ]


async def _trail(api: Client, sought: Sequence[Sought]) -> list[Mapping[str, Any]]:
    """It is asked by days; the hours are held against here."""
    first, last = window(sought, SLACK)
    days = [datetime.fromtimestamp(at, ZONE).date() for at in (first, last)]
    asked = {"startdate": days[0].isoformat(), "enddate": (days[1] + timedelta(days=1)).isoformat()}
    events: list[Mapping[str, Any]] = []
    for page in range(1, MOST + 1):
        told = (await api.ask(Ask(TRAIL, {**asked, "$page": page, "$pagesize": SIZE}))).value()
        told = told[0] if isinstance(told, list) and told else told
        if not isinstance(told, dict) or not isinstance(told.get("items"), list):
            raise Malformed("the audit trail has no list of items")
        if not told["items"]:
            return events
        events += told["items"]
    raise Malformed(f"the audit trail has more than {MOST} pages for that time", code="cap")


async def _logged(api: Client, one: Sought, otherwise: Told) -> Told:
    """The newest deed in a journey's own log, of which the newest fifty are a page; `otherwise` where it has none."""
    try:
        asked = Ask(f"{JOURNEY}{quote(one.key, safe='')}/audit/all", {"$page": 1, "$pageSize": 50})
        page: dict[str, Any] = (await api.ask(asked)).value()
        deeds = listed({name.lower(): value for name, value in page.items()}, "items")
    except Fault:
        return otherwise
    mine = [(when({"createdDate": deed["timeStamp"]}), deed) for deed in deeds]
    mine = [(at, deed) for at, deed in mine if one.during(at, SLACK)]
    if not mine:
        return otherwise
    at, last = max(mine, key=lambda pair: pair[0])
    return {"by": (last.get("user") or {}).get("name"), "at": datetime.fromtimestamp(at, UTC).isoformat(),
            "how": "named", "action": last["action"]}  # fmt: skip


def when(event: Mapping[str, Any]) -> float:
    at = instant(event["createdDate"]) or 0.0
    return at if "Z" in str(event["createdDate"]) else at - ZONE.utcoffset(None).total_seconds()


def _did(events: Sequence[Mapping[str, Any]], sought: Sought) -> dict[str, Any]:
    """The newest deed of somebody who is named, about a thing of that id, or of that key where its name is that."""
    mine = [
        (when(event), event) for event in events
        if {str(event["object"].get("id")), str(event["object"].get("name"))} & sought.names
        and event["operation"]["name"] not in LOOKS and str(event["employee"].get("userName")) not in NOBODY
    ]  # fmt: skip
    mine = [(at, event) for at, event in mine if sought.during(at, SLACK)]
    if not mine:
        return {}
    at, last = max(mine, key=lambda one: one[0])
    return {"by": last["employee"]["userName"], "at": datetime.fromtimestamp(at, UTC).isoformat(), "how": "named",
            "action": last["operation"]["name"]}  # fmt: skip
