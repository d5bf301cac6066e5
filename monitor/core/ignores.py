"""What people chose not to hear of for a while: which findings an ignore holds for, and until when. Pure.

An ignore is a file of the baselines repository, so it is in force because git says so, not because somebody once
clicked. It is pinned to the values that it was made for: another value is told all the same. What is ignored stays in
the ledger, is counted, and is listed to whoever asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

import msgspec

from probes.kit.contract import Kind

from . import rules
from .book import Ledger
from .graph import path, pattern_matches
from .model import Action, Address, Claim, Event, EventType, Finding, Phase, Source

SOON: Final = 7 * 86_400.0  # how long before its end an ignore is announced
IDLE: Final = 90 * 86_400.0  # after so long without a hit an ignore is said to be of no use
_HUSHED: Final = frozenset(
    {EventType.OPENED, EventType.REOPENED, EventType.CHANGED, EventType.CLOSED, EventType.JUDGED, EventType.HUNG,
     EventType.FLAPPING}
)  # fmt: skip


class Ignore(msgspec.Struct, frozen=True, kw_only=True):
    """One file. `pattern` is integration/kind/scope/key[/fact] with * for any text, the integration by its whole name.

    `until` is its last day, YYYY-MM-DD. `pins` are the fingerprints that it was made for; `any_value` holds for every
    value instead, but never for what a security rule rates.
    """

    pattern: str
    reason: str
    owner: str
    until: str
    source: Source = Source.DRIFT
    pins: tuple[str, ...] = ()
    any_value: bool = False
    ticket: str = ""
    id: str = ""  # its file's name

    @property
    def subject(self) -> str:
        return self.pattern.partition("/")[0]


class Force(msgspec.Struct, frozen=True):
    """An ignore and the instant (epoch seconds) up to which it holds; `ends` None: its day is none, so it is over."""

    ignore: Ignore
    ends: float | None

    def holds(self, now: float) -> bool:
        return self.ends is not None and now < self.ends


class Use(msgspec.Struct, frozen=True):
    """What came of an ignore: known `since`, how often it began to hold for a finding, when it last held for one."""

    since: float
    hits: int = 0
    last_at: float | None = None


def last_day(text: str) -> date | None:
    """The day that was written; None for what is none, such as 2027-02-30."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day, in no zone yet
    except ValueError:
        return None


def end_of(text: str, zone: tzinfo) -> float | None:
    """The instant at which a day is over there; None for no day. The day itself is included."""
    day = last_day(text)
    if day is None or day == date.max:
        return None
    return datetime.combine(day + timedelta(days=1), time(), zone).timestamp()


def day_of(at: float, zone: tzinfo) -> str:
    """The day that an instant is in; an instant that ends a day belongs to that day."""
    return datetime.fromtimestamp(at - 0.001, zone).strftime("%Y-%m-%d")


def forces(ignores: Iterable[Ignore], subject: str, zone: tzinfo = UTC) -> tuple[Force, ...]:
    """The ignores of one integration; the one that holds longest comes first."""
    mine = [Force(one, end_of(one.until, zone)) for one in ignores if one.subject == subject]
    return tuple(sorted(mine, key=lambda force: (-(force.ends or 0.0), force.ignore.id)))


def fits(ignore: Ignore, claim: Claim) -> bool:
    """Whether an ignore was made for this claim as it is: its place, and its value."""
    if claim.address.source is not ignore.source or not pattern_matches(ignore.pattern, path(claim.address)):
        return False
    if claim.fingerprint in ignore.pins:
        return True
    return ignore.any_value and not rules.find(claim.address, claim.action).security


def hit(claim: Claim, standing: Sequence[Force], now: float) -> Force | None:
    """What a claim is ignored by now."""
    return next((force for force in standing if force.holds(now) and fits(force.ignore, claim)), None)


def hush(ledger: Ledger, events: Iterable[Event], standing: Sequence[Force], now: float) -> tuple[Event, ...]:
    """The same events; those of what is ignored are told to nobody. To be asked before they are applied."""
    events = tuple(events)
    if not standing:
        return events
    said = {event.finding: event.claim for event in events if event.claim is not None}
    out: list[Event] = []
    for event in events:
        if event.told and event.type in _HUSHED:
            claim = said.get(event.finding) or ledger.findings[event.finding].claim
            event = event if hit(claim, standing, now) is None else msgspec.structs.replace(event, told=False)
        out.append(event)
    return tuple(out)


def settle(findings: Iterable[Finding], standing: Sequence[Force], now: float) -> Iterator[Event]:
    """What begins or ends to be ignored, or is ignored by another file or until another day than before."""
    for finding in findings:
        if finding.phase is not Phase.OPEN:
            continue
        force = hit(finding.claim, standing, now)
        if force is None and finding.ignored_by:
            yield _event(finding, now, "", None, "Its ignore holds no longer, and it is still so.", told=True)
        elif force is not None and (finding.ignored_by, finding.ignored_until) != (force.ignore.id, force.ends):
            yield _event(finding, now, force.ignore.id, force.ends, force.ignore.reason)


def _event(finding: Finding, now: float, ignore: str, until: float | None, words: str, told: bool = False) -> Event:
    return Event(
        type=EventType.IGNORED, at=now, finding=finding.id, address=finding.address, reading=finding.reading,
        by=f"ignore {ignore}" if ignore else "", words=words, until=until, ignore=ignore, told=told,
    )  # fmt: skip


STATES: Final = ("in force", "lapsing", "unused", "over", "malformed")
_SAYS: Final = {
    "malformed": "has no last day that is in the calendar: {until!r}. It counts as over; correct its file.",
    "lapsing": "ends with {until}. Renew it, or decide on what it hides before that day.",
    "unused": "held for nothing in the last 90 days. Take its file away, or say what it is kept for.",
}


def state(force: Force, use: Use, holding: bool, now: float) -> str:
    """One of STATES. `holding`: it holds for something that is open now."""
    if force.ends is None:
        return "malformed"
    if force.ends <= now:
        return "over"
    if force.ends <= now + SOON:
        return "lapsing"
    idle = not holding and (use.last_at or use.since) + IDLE <= now
    return "unused" if idle else "in force"


def claims(subject: str, known: Iterable[tuple[Force, str]]) -> Iterator[Claim]:
    """What is to be said of ignores themselves, each with its state."""
    for force, word in known:
        ignore = force.ignore
        if word in _SAYS:
            words = f"The ignore of {ignore.pattern} (“{ignore.reason}”, {ignore.owner}) "
            address = Address(Source.UPKEEP, subject, Kind.PLATFORM, "ignores", ignore.id, word)
            yield Claim(
                address, Action.CHANGED, None, ignore.until, words=words + _SAYS[word].format(until=ignore.until)
            )
