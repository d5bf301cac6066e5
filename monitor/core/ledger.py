"""fold: what an evaluation does to the ledger, as events.

Pure: the ledger is read and not changed; `apply` makes the returned events true. Folding the same evaluation again
then yields nothing. What becomes of a finding stands in the table of states.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from .acts import act, tick, withdraw
from .book import BRAKE, Ledger, Limits, apply, brake_address, current, owned_by, replay
from .model import Action, Address, CauseReason, Claim, Closing, Evaluation, Event, EventType, Finding, Phase, Source
from .states import TABLE, Case, ledger_table


def fold(ledger: Ledger, evaluation: Evaluation, now: float, limits: Limits) -> tuple[Event, ...]:
    """Events, in the order to apply them. An evaluation of an older reading than one already folded says nothing."""
    if evaluation.reading < ledger.readings.get((evaluation.source, evaluation.subject), 0):
        return ()
    return tuple(_Fold(ledger, evaluation, now, limits).run())


class _Fold:
    """One fold. `ids`: the finding of each claimed address once it has one; `ended`: findings that end in this fold."""

    def __init__(self, ledger: Ledger, evaluation: Evaluation, now: float, limits: Limits) -> None:
        self.ledger, self.evaluation, self.now, self.limits = ledger, evaluation, now, limits
        self.claims = {claim.address: claim for claim in evaluation.claims}
        self.ids: dict[Address, str] = {}
        self.open: set[Address] = set()
        self.ended: set[str] = set()

    def run(self) -> Iterator[Event]:
        for claim in sorted(self.claims.values(), key=self._depth):
            yield from self._claimed(claim)
        for finding in self.ledger.spoken_for(self.evaluation.source, self.evaluation.subject):
            if finding.address not in self.claims:
                yield from self._unclaimed(finding)
        yield from self._orphans()

    def _depth(self, claim: Claim) -> int:
        """Causes before what hangs under them, so that they have an id by then."""
        depth = 0
        under = claim.under
        while under is not None and depth < 8:
            depth += 1
            above = self.claims.get(under)
            under = above.under if above is not None else None
        return depth

    # -- claimed ------------------------------------------------------------------------------------------------------

    def _claimed(self, claim: Claim) -> Iterator[Event]:
        last = self.ledger.at(claim.address)
        there = last if last is not None and last.phase is not Phase.CLOSED else None
        if there is not None and not self._looked(claim, there):
            return
        case = self._case(claim, last, there)
        step = TABLE[there.phase if there is not None else None, case]
        if step.phase is None:
            return
        cause = self._cause(claim)
        finding, opening = self._identity(claim, last, there, case)
        self.ids[claim.address] = finding
        if step.phase is Phase.OPEN:
            self.open.add(claim.address)
        if case is Case.MOVED and there is not None and self._unsteady(there, claim):
            claim = _not_lower(claim, there.claim)
        for kind in step.events:
            id = there.id if kind in (EventType.CLEARED, EventType.CLOSED) and there is not None else finding
            if id != finding:
                self.ended.add(id)
            closing = Closing.SUPERSEDED if kind is EventType.CLOSED else None
            yield self._event(kind, id, claim, opening, cause, self._told(kind, claim, there, cause), closing)
        if case in (Case.SURE, Case.RETURNED, Case.MOVED):
            yield from self._flap(claim.address, finding, last, claim.fingerprint)
        if there is not None and there.id == finding and there.cause != cause and not _carries(step.events):
            told = not cause and there.phase is Phase.OPEN and not _policy(claim)
            same = claim if claim.fingerprint == there.claim.fingerprint else None
            yield self._event(EventType.HUNG, finding, same, 0, cause, told)

    def _looked(self, claim: Claim, there: Finding) -> bool:
        """A claim that was only judged anew, and not looked at again, moves nothing but its verdict."""
        if self.evaluation.covered.has(claim.address):
            return True
        return there.phase is Phase.OPEN and current(there) == claim.fingerprint

    def _case(self, claim: Claim, last: Finding | None, there: Finding | None) -> Case:
        removal = is_removal(claim)
        if removal and claim.address.ref in self.evaluation.doubted:
            return Case.DOUBTED
        if claim.because is CauseReason.SIGHT and is_loss(claim):
            return Case.DOUBTED
        if there is not None and there.phase is Phase.OPEN:
            return self._open_case(claim, there)
        if removal and self._held(claim, there):
            return Case.BRAKED
        if not claim.believe and not self._confirmed(claim, there):
            return Case.UNSURE
        if there is not None and there.phase is Phase.HELD:
            return Case.UNSURE  # what the brake let go is looked at once more
        return Case.SURE if self._back(claim, last, there) is None else Case.RETURNED

    def _back(self, claim: Claim, last: Finding | None, there: Finding | None) -> Finding | None:
        """The closed finding that this claim is the return of: the same value, and not one that was approved away."""
        earlier = self.ledger.before(there) if there is not None else last
        if earlier is None or earlier.closing is Closing.APPROVED:
            return None
        return earlier if earlier.claim.fingerprint == claim.fingerprint else None

    @staticmethod
    def _open_case(claim: Claim, there: Finding) -> Case:
        if there.claim.believe and not claim.believe:
            return Case.REPLACED
        if current(there) != claim.fingerprint:
            return Case.MOVED
        if claim.verdict == there.claim.verdict:
            return Case.SAME
        return Case.SAME if there.flapping and _level(claim) < _level(there.claim) else Case.JUDGED

    def _held(self, claim: Claim, there: Finding | None) -> bool:
        counts = self.evaluation.held.get(claim.address.ref)
        if counts is None or (there is not None and there.released_by):
            return False
        brake = self.ledger.brake(claim.address.subject, claim.address.ref)
        return brake is None or not brake.released_by or counts[0] > brake.claim.after

    def _confirmed(self, claim: Claim, there: Finding | None) -> bool:
        """A second look: a later reading, and not at once; or the vendor's word about this one thing. A comparison of
        the same reading confirms nothing."""
        if there is None or self.evaluation.closing is not Closing.AGREED:
            return False
        if claim.address in self.evaluation.confirmed:
            return True
        lasting = claim.address.source is Source.FAULT and claim.address.fact != BRAKE
        wait = self.limits.fault_after if lasting else self.limits.confirm
        return self.evaluation.reading > there.reading and self.now - there.first_seen_at >= wait

    def _identity(self, claim: Claim, last: Finding | None, there: Finding | None, case: Case) -> tuple[str, int]:
        back = self._back(claim, last, there)
        if case is Case.RETURNED and back is not None:
            return back.id, back.opening
        if there is not None and case is not Case.REPLACED:
            return there.id, there.opening
        opening = last.opening + 1 if last is not None else self.ledger.floor + 1
        return claim.address.finding_id(opening), opening

    def _cause(self, claim: Claim) -> str:
        if claim.under is None:
            return ""
        if claim.under in self.ids:
            return self.ids[claim.under]
        root = self.ledger.at(claim.under)
        gone = root is None or root.phase is Phase.CLOSED or self._ends(root)
        return "" if root is None or gone else root.id

    def _ends(self, root: Finding) -> bool:
        """Whether a cause that this evaluation could claim is not claimed by it any more."""
        mine = owned_by(root.address) is self.evaluation.source and root.address.subject == self.evaluation.subject
        return mine and root.address not in self.claims and self.evaluation.covered.has(root.address)

    def _told(self, kind: EventType, claim: Claim, there: Finding | None, cause: str) -> bool:
        security = claim.verdict is not None and claim.verdict.security
        match kind:
            case EventType.OPENED | EventType.REOPENED:
                return not _policy(claim) and (not cause or (security and not self._secure(claim.under)))
            case EventType.CHANGED if there is not None:
                if claim.address.fact == BRAKE:
                    return bool(claim.after > there.claim.after)
                if _policy(claim):
                    return False
                return security or not (cause or there.flapping)
            case EventType.JUDGED if there is not None:
                quiet = cause or there.flapping or there.ignored_until is not None
                grew = _level(claim) > _level(there.claim) or bool(_policy(there.claim))
                return not quiet and not _policy(claim) and grew
            case EventType.CLOSED:
                return not cause and not _policy(claim)
        return False

    def _secure(self, root: Address | None) -> bool:
        """Whether the cause is rated by a security rule itself: then telling of it tells of both."""
        above = self.claims.get(root) if root is not None else None
        if above is None and root is not None:
            found = self.ledger.at(root)
            above = found.claim if found is not None else None
        return above is not None and above.verdict is not None and above.verdict.security

    # -- not claimed --------------------------------------------------------------------------------------------------

    def _unclaimed(self, finding: Finding) -> Iterator[Event]:
        case, closing = self._absence(finding)
        if case is None:
            return
        step = TABLE[finding.phase, case]
        if case is Case.GONE and finding.phase is Phase.OPEN and self._restless(finding):
            step = TABLE[finding.phase, Case.RESTS]
        for kind in step.events:
            if kind is EventType.CHANGED:
                yield self._about(finding, kind)
                yield from self._flap(finding.address, finding.id, finding, "")
            else:
                self.ended.add(finding.id)
                told = kind is EventType.CLOSED and not finding.cause and not _policy(finding.claim)
                yield self._about(finding, kind, told, closing if kind is EventType.CLOSED else None)

    def _absence(self, finding: Finding) -> tuple[Case | None, Closing]:
        address = finding.address
        parent = self.evaluation.swallowed.get(address.ref)
        if parent is not None:
            return (Case.SWALLOWED if parent in self.open else None), Closing.SUPERSEDED
        if not self.evaluation.covered.has(address) or self.evaluation.reading < finding.reading:
            return None, Closing.AGREED
        whole = self.claims.get(msgspec.structs.replace(address, fact="", item=""))
        if address.fact and whole is not None and is_removal(whole):
            return (Case.SWALLOWED if whole.address in self.open else None), Closing.SUPERSEDED
        if finding.flapping and self.evaluation.closing is Closing.AGREED:
            return (Case.RESTS if current(finding) else None), Closing.AGREED
        return Case.GONE, self.evaluation.closing

    def _unsteady(self, finding: Finding, claim: Claim) -> bool:
        """Whether it is flapping, or this very change makes it so."""
        return finding.flapping or flaps(finding.moves, self.now, claim.fingerprint, self.limits)

    def _restless(self, finding: Finding) -> bool:
        """Whether going away just now is itself the change that makes it flapping."""
        return self.evaluation.closing is Closing.AGREED and flaps(finding.moves, self.now, "", self.limits)

    def _orphans(self) -> Iterator[Event]:
        """What hung under a cause that ended, and was not looked at here, stands by itself now and is told."""
        for id in sorted(self.ended):
            for child in self.ledger.under(id):
                if child.id not in self.ended and child.address not in self.claims:
                    told = child.phase is Phase.OPEN and not _policy(child.claim)
                    yield self._about(child, EventType.HUNG, told)

    # -- events -------------------------------------------------------------------------------------------------------

    def _flap(self, address: Address, id: str, last: Finding | None, fingerprint: str) -> Iterator[Event]:
        if last is None or last.flapping or not flaps(last.moves, self.now, fingerprint, self.limits):
            return
        reading = self.evaluation.reading
        yield Event(type=EventType.FLAPPING, at=self.now, finding=id, address=address, reading=reading, told=True)

    def _event(
        self, kind: EventType, id: str, claim: Claim | None, opening: int, cause: str, told: bool,
        closing: Closing | None = None,
    ) -> Event:  # fmt: skip
        gone = kind in (EventType.CLEARED, EventType.CLOSED, EventType.RELEASED)
        address = claim.address if claim is not None else self.ledger.findings[id].address
        return Event(
            type=kind, at=self.now, finding=id, address=address, reading=self.evaluation.reading,
            claim=None if gone else claim, opening=opening, cause=cause, told=told, closing=closing,
        )  # fmt: skip

    def _about(self, finding: Finding, kind: EventType, told: bool = False, closing: Closing | None = None) -> Event:
        return Event(
            type=kind, at=self.now, finding=finding.id, address=finding.address, reading=self.evaluation.reading,
            opening=finding.opening, closing=closing, told=told,
        )  # fmt: skip


def is_removal(claim: Claim) -> bool:
    """The resource itself is gone. An option that went out of a row that was read is a changed fact, and sure."""
    return claim.action is Action.REMOVED and not claim.address.fact and claim.address.source is Source.DRIFT


def is_loss(claim: Claim) -> bool:
    """Something is not there any more: a resource, an item of a list, or a whole fact. Who sees less sees the same."""
    gone = claim.action is Action.REMOVED or (claim.before is not None and claim.after is None)
    return gone and claim.address.source is Source.DRIFT


def flaps(moves: Sequence[tuple[float, str]], now: float, to: str, limits: Limits) -> bool:
    """Whether moving to `to` now is flapping: enough changes in the window into values that recur in that window."""
    start = now - limits.flap_window
    inside = [value for at, value in moves if at >= start]
    held = [value for at, value in moves if at < start][-1:]  # the value that the window began with was seen in it
    seen = [*held, *inside, to]
    return sum(1 for value in seen[1:] if seen.count(value) > 1) >= limits.flap_count


def _carries(events: Sequence[EventType]) -> bool:
    """Whether one of these events brings the cause along."""
    return any(kind in (EventType.OPENED, EventType.REOPENED, EventType.SUSPECTED, EventType.HELD) for kind in events)


def _level(claim: Claim) -> int:
    return int(claim.verdict.level) if claim.verdict is not None else 0


def _policy(claim: Claim) -> str:
    """The policy that will approve it: nobody is told of what nobody has to decide."""
    return claim.verdict.standing if claim.verdict is not None else ""


def _not_lower(claim: Claim, before: Claim) -> Claim:
    """Flapping never lowers a level."""
    return msgspec.structs.replace(claim, verdict=before.verdict) if _level(claim) < _level(before) else claim


__all__ = [
    "TABLE",
    "Ledger",
    "Limits",
    "act",
    "apply",
    "brake_address",
    "fold",
    "ledger_table",
    "replay",
    "tick",
    "withdraw",
]
