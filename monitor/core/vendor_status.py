"""What a vendor says of itself in public: read out of its status page, said in words, and what that changes. Pure.

Two shapes are known. Statuspage: `/api/v2/summary.json` of any page that Atlassian hosts, and of others that speak the
same (https://www.atlassian.com/software/statuspage, "API" at the foot of each page). Salesforce Trust:
`/v1/instances/<key>/status` of api.status.salesforce.com (https://api.status.salesforce.com/v1/docs/). What cannot be
read is unknown, never fine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

import msgspec

from .model import Source, Urgency
from .visible import flat

State: TypeAlias = Literal["operational", "maintenance", "degraded", "partial_outage", "major_outage", "unknown"]
STATES: Final[tuple[State, ...]] = (
    "operational", "maintenance", "degraded", "partial_outage", "major_outage", "unknown",
)  # fmt: skip
SAYS: Final[dict[State, str]] = {
    "operational": "all is well",
    "maintenance": "maintenance",
    "degraded": "degraded performance",
    "partial_outage": "partial outage",
    "major_outage": "major outage",
    "unknown": "not known",
}
OUTAGES: Final = frozenset[State](("partial_outage", "major_outage"))
AROUND: Final = 3600.0  # seconds after a finding opened within which the vendor may first admit what it is about
_ROOM: Final = 200  # characters of a vendor's text
_INDICATORS: Final[dict[str, State]] = {
    "none": "operational", "maintenance": "maintenance", "minor": "degraded", "major": "partial_outage",
    "critical": "major_outage",
}  # fmt: skip
_COMPONENTS: Final[dict[str, State]] = {
    "operational": "operational", "under_maintenance": "maintenance", "degraded_performance": "degraded",
    "partial_outage": "partial_outage", "major_outage": "major_outage",
}  # fmt: skip
_TRUST: Final[tuple[tuple[str, State], ...]] = (
    ("OK", "operational"), ("INFORMATIONAL", "operational"), ("MAINTENANCE", "maintenance"),
    ("MINOR_INCIDENT", "degraded"), ("MAJOR_INCIDENT", "major_outage"),
)  # fmt: skip


class VendorStatus(msgspec.Struct, frozen=True):
    """`what`: incidents or parts that it names, in the vendor's words; `since` and `read_at`: epoch seconds UTC, the
    latter of the newest good read; `named`: whether it is about parts that the configuration names, not the whole page;
    `why`: where it is unknown."""

    state: State
    what: str = ""
    since: float | None = None
    read_at: float | None = None
    named: bool = False
    why: str = ""

    @property
    def trouble(self) -> bool:
        """Whether it says that something is wrong. Of a whole page only an outage counts: some part is always slow."""
        return self.state in OUTAGES or (self.named and self.state in ("degraded", "maintenance"))


def said(status: VendorStatus, title: str) -> str:
    """One sentence without its times: "HubSpot reports: partial outage (CRM API)"."""
    if status.state == "unknown":
        return f"{title}'s own status is not known" + (f": {status.why}" if status.why else "")
    of = f" ({status.what})" if status.what and status.state != "operational" else ""
    return f"{title} reports: {SAYS[status.state]}{of}"


def brief(status: VendorStatus) -> str:
    """For the text of an alert, where there is little room. Empty where it is not known."""
    if status.state == "unknown":
        return ""
    of = f": {status.what}" if status.what and status.state != "operational" else ""
    since = f", since {datetime.fromtimestamp(status.since, UTC):%d %b %H:%M} UTC" if status.since is not None else ""
    words = SAYS[status.state] + since
    return words + of


def lowered(urgency: Urgency, source: Source, fact: str, opened_at: float, status: VendorStatus | None) -> Urgency:
    """The urgency of a finding while its vendor says that it has trouble itself: nobody here can mend that at night. It
    explains what fails and what cannot be read, if it began no later than that; never a credential that ended, and
    never what drifted. Nothing else of a finding is changed by it."""
    if status is None or not status.trouble or urgency is not Urgency.PAGE:
        return urgency
    if source not in (Source.HEALTH, Source.FAULT) or fact == "credential":
        return urgency
    if status.since is not None and status.since > opened_at + AROUND:
        return urgency
    return Urgency.TICKET


# -- reading ----------------------------------------------------------------------------------------------------------


class _Part(msgspec.Struct):
    name: str
    status: str = ""
    id: str = ""
    updated_at: str | None = None


class _Incident(msgspec.Struct):
    name: str
    status: str = ""
    started_at: str | None = None
    created_at: str | None = None
    components: list[_Part] = []


class _Indicator(msgspec.Struct):
    indicator: str
    description: str = ""


class _Summary(msgspec.Struct):
    status: _Indicator
    components: list[_Part]
    incidents: list[_Incident] = []


class _Impact(msgspec.Struct, rename="camel"):
    start_time: str | None = None
    end_time: str | None = None
    type: str = ""


class _Trouble(msgspec.Struct):
    impacts: list[_Impact] = msgspec.field(default_factory=list, name="IncidentImpacts")


class _Instance(msgspec.Struct):
    key: str
    status: str
    incidents: list[_Trouble] = msgspec.field(default_factory=list, name="Incidents")


def statuspage(raw: bytes, components: Sequence[str], at: float) -> VendorStatus:
    """Of a Statuspage summary, as read at `at`; `components` are names or ids, none for the whole page."""
    try:
        page = msgspec.json.decode(raw, type=_Summary)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _unknown("the page does not answer as Statuspage documents", at)
    if not components:
        state = _INDICATORS.get(page.status.indicator)
        if state is None:
            return _unknown(f"the page has a word of its own for it: {_cut(page.status.indicator)}", at)
        return _told(state, page.incidents, [], at, named=False)
    wanted = {one.casefold() for one in components}
    parts = [part for part in page.components if {part.id.casefold(), part.name.casefold()} & wanted]
    found = {word.casefold() for part in parts for word in (part.id, part.name)}
    if missing := [one for one in components if one.casefold() not in found]:
        return _unknown(f"the page has no part {_cut(', '.join(missing))}", at)
    states = [(_COMPONENTS.get(part.status), part) for part in parts]
    if odd := [part.status for state, part in states if state is None]:
        return _unknown(f"the page has a word of its own for it: {_cut(odd[0])}", at)
    worst = max((state for state, _ in states if state), key=STATES.index)
    ids = {part.id for part in parts}
    mine = [one for one in page.incidents if any(part.id in ids for part in one.components)]
    return _told(worst, mine, [part for state, part in states if state == worst], at, named=True)


def trust(raw: bytes, at: float) -> VendorStatus:
    """Of one instance, as Salesforce Trust tells of it."""
    try:
        found = msgspec.json.decode(raw, type=_Instance)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _unknown("Salesforce Trust does not answer as it documents", at)
    state = next((state for word, state in _TRUST if found.status.startswith(word)), None)
    if state is None:
        return _unknown(f"Salesforce Trust has a word of its own for it: {_cut(found.status)}", at)
    running = [impact for one in found.incidents for impact in one.impacts if impact.end_time is None]
    since = _first(impact.start_time for impact in running) if state != "operational" else None
    return VendorStatus(state, f"instance {_cut(found.key)}", since, at, named=True)


def _told(
    state: State, incidents: Sequence[_Incident], parts: Sequence[_Part], at: float, *, named: bool
) -> VendorStatus:
    if state == "operational":
        return VendorStatus(state, read_at=at, named=named)
    names = [one.name for one in incidents] or [part.name for part in parts]
    began = _first(one.started_at or one.created_at for one in incidents)
    since = began if began is not None else _first(part.updated_at for part in parts)
    return VendorStatus(state, _cut("; ".join(names)), since, at, named)


def _unknown(why: str, at: float) -> VendorStatus:
    return VendorStatus("unknown", read_at=at, why=why)


def _first(times: Iterable[Any]) -> float | None:
    """The earliest of some ISO 8601 times; one that is none is left out."""
    found = []
    for text in times:
        try:
            moment = datetime.fromisoformat(text or "")
        except ValueError:
            continue
        found.append((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    return min(found, default=None)


def _cut(text: str) -> str:
    line = flat(text.strip())
    return line if len(line) <= _ROOM else f"{line[: _ROOM - 1].rstrip()}…"
