"""The ledger as a value: findings, how to find them, and `apply`, the only function that changes them.

Everything in it is a fold over events: replaying them gives the same ledger, suspicions, holds and flaps included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from probes.kit.contract import Ref

from .model import Address, Claim, Closing, Event, EventType, Finding, Phase, Source

BRAKE = "brake"  # the fact under which a mass removal is said
ACCOUNT = "account"  # the fact under which another account is said
MOVES_KEPT = 60


class Limits(msgspec.Struct, frozen=True):
    """`confirm`: seconds between the first and the second look at a removal. `fault_after`: how long a fault must last
    before it is said. Flapping: `flap_count` changes within `flap_window` seconds, until still for `flap_quiet`.
    The brake holds removals from `brake_share` of a scope, and at least `brake_count` of them."""

    confirm: float = 30.0
    fault_after: float = 300.0
    flap_count: int = 3
    flap_window: float = 86_400.0
    flap_quiet: float = 7_200.0
    brake_share: float = 0.25
    brake_count: int = 10


class Ledger:
    """Findings by id, by address (oldest opening first) and by subject. Only `apply` and `prune` change it."""

    def __init__(self) -> None:
        self.findings: dict[str, Finding] = {}
        self.by_address: dict[Address, list[str]] = {}
        self.standing: dict[str, dict[str, None]] = {}  # subject -> ids that are not closed
        self.spoken: dict[tuple[Source, str], dict[str, None]] = {}  # the same, by who speaks for them
        self.timed: dict[str, None] = {}  # ids of what time alone may move: what is ignored for a while, what flaps
        self.hanging: dict[str, dict[str, None]] = {}  # cause -> ids under it
        self.readings: dict[tuple[Source, str], int] = {}
        self.touched: dict[str, None] = {}  # ids that moved since whoever keeps lists of them looked, and emptied it
        self.floor = 0  # the highest opening that was let go of: no later one, wherever, has a number up to it

    @classmethod
    def load(cls, findings: Iterable[Finding], floor: int = 0) -> Ledger:
        """From the stored projection of the events."""
        ledger = cls()
        ledger.floor = floor
        for finding in sorted(findings, key=lambda f: f.opening):
            ledger._add(finding)
            ledger._read(finding.address, finding.reading)
            ledger._stand(finding, finding.phase)
            ledger._time(finding.id)
            if finding.cause:
                ledger.hanging.setdefault(finding.cause, {})[finding.id] = None
        return ledger

    def of(self, subject: str) -> tuple[Finding, ...]:
        """What stands of one subject: suspected, held and open."""
        return tuple(self.findings[id] for id in self.standing.get(subject, ()))

    def spoken_for(self, source: Source, subject: str) -> tuple[Finding, ...]:
        """Of what stands of one subject, that for which one evaluator speaks: no other ends it."""
        return tuple(self.findings[id] for id in self.spoken.get((source, subject), ()))

    def claims(self, subject: str) -> tuple[Claim, ...]:
        """What stands of one subject, as it was last claimed. What flaps, and agrees just now, is not among it."""
        standing = (one for one in self.of(subject) if one.phase is not Phase.OPEN or current(one))
        return tuple(one.claim for one in standing)

    def at(self, address: Address) -> Finding | None:
        """The newest finding at an address, closed or not."""
        ids = self.by_address.get(address)
        return self.findings[ids[-1]] if ids else None

    def before(self, finding: Finding) -> Finding | None:
        """The finding at the same address whose opening came before this one."""
        ids = self.by_address[finding.address]
        return self.findings[ids[-2]] if len(ids) > 1 else None

    def under(self, id: str) -> Iterator[Finding]:
        """What stands under a cause."""
        return (self.findings[child] for child in self.hanging.get(id, ()) if self.findings[child].phase in STANDING)

    def brake(self, subject: str, ref: Ref) -> Finding | None:
        """The open finding that says of a mass removal in this scope."""
        found = self.at(brake_address(subject, ref))
        return found if found is not None and found.phase is Phase.OPEN else None

    def _add(self, finding: Finding) -> None:
        self.findings[finding.id] = finding
        self.by_address.setdefault(finding.address, []).append(finding.id)

    def _read(self, address: Address, reading: int) -> None:
        owner = (owned_by(address), address.subject)
        self.readings[owner] = max(reading, self.readings.get(owner, 0))

    def _stand(self, finding: Finding, phase: Phase) -> None:
        finding.phase = phase
        for ids in self._lists(finding):
            if phase is Phase.CLOSED:
                ids.pop(finding.id, None)
            else:
                ids[finding.id] = None

    def _lists(self, finding: Finding) -> tuple[dict[str, None], ...]:
        address = finding.address
        every = self.standing.setdefault(address.subject, {})
        return every, self.spoken.setdefault((owned_by(address), address.subject), {})

    def _time(self, id: str) -> None:
        finding = self.findings.get(id)
        if (
            finding is not None
            and finding.phase in STANDING
            and (finding.ignored_until is not None or finding.flapping)
        ):
            self.timed[id] = None
        else:
            self.timed.pop(id, None)

    def _hang(self, finding: Finding, cause: str) -> None:
        if finding.cause:
            self.hanging[finding.cause].pop(finding.id, None)
        finding.cause = cause
        if cause:
            self.hanging.setdefault(cause, {})[finding.id] = None

    def prune(self, before: float) -> None:
        """Lets go of what was closed before that time, as the store does."""
        for finding in list(self.findings.values()):
            if finding.phase is Phase.CLOSED and (finding.closed_at or 0.0) < before:
                self.floor = max(self.floor, finding.opening)
                self._forget(finding)

    def _forget(self, finding: Finding) -> None:
        """A suspicion that came to nothing leaves nothing."""
        self.touched[finding.id] = None
        self._hang(finding, "")
        del self.findings[finding.id]
        for listed in self._lists(finding):
            listed.pop(finding.id, None)
        ids = self.by_address[finding.address]
        ids.remove(finding.id)
        if not ids:
            del self.by_address[finding.address]


STANDING = frozenset({Phase.SUSPECTED, Phase.HELD, Phase.OPEN})
_PHASES = {EventType.SUSPECTED: Phase.SUSPECTED, EventType.HELD: Phase.HELD, EventType.OPENED: Phase.OPEN}


def brake_address(subject: str, ref: Ref) -> Address:
    return Address(Source.FAULT, subject, ref.kind, ref.name, "", BRAKE)


def owned_by(address: Address) -> Source:
    """Which evaluator speaks for an address: brake and account are faults that only a comparison can find or end."""
    return Source.DRIFT if address.fact in (BRAKE, ACCOUNT) else address.source


def current(finding: Finding) -> str:
    """The fingerprint that a finding had last; empty while the vendor agrees (a flapping one stays open then)."""
    return finding.moves[-1][1] if finding.moves else finding.claim.fingerprint


def apply(ledger: Ledger, event: Event) -> None:
    """Makes one event true. Raises KeyError for an event about a finding that no earlier event brought."""
    ledger._read(event.address, event.reading)
    ledger.touched[event.finding] = None
    if event.type in _PHASES:
        _enter(ledger, event, _PHASES[event.type])
    else:
        _move_on(ledger, ledger.findings[event.finding], event)
    ledger._time(event.finding)


def _move_on(ledger: Ledger, finding: Finding, event: Event) -> None:
    """What an event makes of a finding that is there."""
    finding.reading = max(finding.reading, event.reading)
    match event.type:
        case EventType.CLEARED:
            ledger._forget(finding)
        case EventType.RELEASED:
            finding.released_by = event.by
            if finding.phase is Phase.HELD:
                ledger._stand(finding, Phase.SUSPECTED)
        case EventType.CHANGED:
            _change(finding, event)
        case EventType.REOPENED:
            ledger._stand(finding, Phase.OPEN)
            ledger._hang(finding, event.cause)
            _change(finding, event)
            finding.opened_at, finding.closed_at, finding.closing = event.at, None, None
        case EventType.CLOSED:
            ledger._stand(finding, Phase.CLOSED)
            finding.closed_at, finding.closing, finding.flapping = event.at, event.closing, False
            if event.closing is Closing.APPROVED:
                finding.moves = []
            elif current(finding):
                _move(finding, event.at, "")
        case EventType.JUDGED | EventType.ATTRIBUTED if event.claim is not None:
            finding.claim = event.claim
        case EventType.HUNG:
            ledger._hang(finding, event.cause)
            finding.claim = event.claim or finding.claim
        case EventType.FLAPPING | EventType.SETTLED:
            finding.flapping = event.type is EventType.FLAPPING
        case EventType.ACKNOWLEDGED:
            finding.acknowledged_by = event.by
        case EventType.ASSIGNED:
            finding.assignee = event.words
        case EventType.REJECTED:
            finding.rejected_by = event.by
        case EventType.IGNORED:
            finding.ignored_until, finding.ignored_by = event.until, event.ignore
        case EventType.ANSWERED:
            finding.answer, finding.answer_ticket = event.answer, event.words


def _enter(ledger: Ledger, event: Event, phase: Phase) -> None:
    """A finding's first event, or its way from suspected or held to open."""
    finding = ledger.findings.get(event.finding)
    if finding is None:
        if event.claim is None:
            raise KeyError(f"event {event.type} of finding {event.finding} brings no claim, and no earlier event did")
        earlier = ledger.at(event.address)
        finding = Finding(
            id=event.finding,
            opening=event.opening,
            claim=event.claim,
            phase=phase,
            first_seen_at=event.at,
            reading=event.reading,
            moves=list(earlier.moves) if earlier is not None else [],
        )
        ledger._add(finding)
    finding.claim = event.claim or finding.claim
    finding.reading = max(finding.reading, event.reading)
    ledger._stand(finding, phase)
    ledger._hang(finding, event.cause)
    if phase is Phase.OPEN:
        finding.opened_at = event.at
        if not finding.moves:
            finding.moves = [(finding.first_seen_at, "")]
        _move(finding, event.at, finding.claim.fingerprint)


def _change(finding: Finding, event: Event) -> None:
    """Another value. What a person said of the value before holds no longer."""
    finding.changed_at = event.at
    if event.claim is None:
        _move(finding, event.at, "")
        return
    finding.claim = event.claim
    finding.acknowledged_by = finding.rejected_by = finding.released_by = ""
    finding.answer = finding.answer_ticket = ""
    finding.ignored_until, finding.ignored_by = None, ""
    _move(finding, event.at, event.claim.fingerprint)


def _move(finding: Finding, at: float, fingerprint: str) -> None:
    finding.moves = [*finding.moves, (at, fingerprint)][-MOVES_KEPT:]


def replay(events: Iterable[Event]) -> Ledger:
    ledger = Ledger()
    for event in events:
        apply(ledger, event)
    return ledger
