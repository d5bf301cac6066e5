"""From one poll to claims: what differs, what could not be read, what runs out. Pure.

The laws about what may be believed live here: no removal out of an incomplete read, none where our own sight changed,
one claim for another account, one for a mass removal, one at the parent for all that went with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from probes.kit.contract import Coverage, Fault, Kind, Parent, Ref, State

from . import cause, sight
from .book import ACCOUNT, Limits, brake_address
from .model import Action, Address, CauseReason, Change, Claim, Covered, Evaluation, Source
from .poll import AUTHOR, Gone, Looked, Poll
from .sight import Look
from .upkeep import Upkeep, upkeep

ACCOUNT_REF: Final = Ref(Kind.PLATFORM, sight.SCOPE)  # no vendor names a scope so
VANTAGE_REF: Final = Ref(Kind.PERMISSION, sight.SCOPE)
READS: Final = "reads"
IDENTITY: Final = "identity"


def drift(poll: Poll, limits: Limits | None = None) -> Evaluation:
    """Claims for every difference from the baselines. `limits` brings the brake's share and count."""
    look, found = poll.look, _Drift(poll, limits or Limits())
    if look is not None and look.wrong_account:
        words = (
            f"The credential belongs to account {look.account}, the approved one is {look.approved_account}. "
            "Nothing was compared. If the account was replaced on purpose, as a sandbox is by its refresh, capture it "
            "anew; else give the right credential."
        )
        address = Address(Source.FAULT, poll.subject, ACCOUNT_REF.kind, ACCOUNT_REF.name, sight.KEY, ACCOUNT)
        claim = Claim(address, Action.CHANGED, look.approved_account, look.account, words=words)
        return _evaluation(Source.DRIFT, poll, {ACCOUNT_REF: None}, (claim,))
    claims = [*found.vantage()]
    for looked in poll.looked:
        if looked.changes or found.look.blind or not looked.coverage.complete:
            claims += found.scope(looked)
        else:  # most scopes: there is nothing to say of them
            found.covered[looked.ref] = None
    if look is not None and not look.blind:
        found.covered |= {ACCOUNT_REF: None, VANTAGE_REF: None}
    standing = {claim.address: claim for claim in poll.standing}
    known = [_remembered(claim, standing.get(claim.address)) for claim in claims]
    evaluation = _evaluation(Source.DRIFT, poll, found.covered, cause.group(known))
    return msgspec.structs.replace(
        evaluation,
        held=found.held,
        doubted=frozenset(found.doubted),
        swallowed={gone.ref: _parent(poll.subject, gone.parent) for gone in poll.gone},
    )


def _remembered(claim: Claim, before: Claim | None) -> Claim:
    """Who did it is what was learned when the same thing was claimed first: a row brings its marks when it changed, and
    they tell of its last change. All else is better new."""
    if before is None or before.fingerprint != claim.fingerprint:
        return claim
    fresh = {name: words for name, words in claim.evidence.items() if name not in AUTHOR}
    return msgspec.structs.replace(claim, evidence={**before.evidence, **fresh}, since=before.since)


def _evaluation(
    source: Source, poll: Poll, covered: Mapping[Ref, frozenset[str] | None], claims: tuple[Claim, ...]
) -> Evaluation:
    return Evaluation(source, poll.subject, poll.reading, poll.at, Covered(covered), claims)


def _parent(subject: str, parent: Parent) -> Address:
    return Address(Source.DRIFT, subject, parent.ref.kind, parent.ref.name, parent.key)


class _Drift:
    """Collects what one poll says: claims go out, what they rest on stays here."""

    def __init__(self, poll: Poll, limits: Limits) -> None:
        self.poll, self.limits, self.look = poll, limits, poll.look or Look()
        self.covered: dict[Ref, frozenset[str] | None] = {}
        self.held: dict[Ref, tuple[int, int]] = {}
        self.doubted: set[Ref] = set()
        self.removed = {
            _parent(poll.subject, Parent(looked.ref, change.key))
            for looked in poll.looked
            for change in looked.changes
            if _removal(change)
        }

    def vantage(self) -> Iterator[Claim]:
        """What changed about the eye: one claim for grants, one for each other thing that moved."""
        lost, gained = sorted(self.look.lost), sorted(self.look.gained)
        if lost:
            words = f"Lost sight: the credential no longer has {_list(lost)}."
            words += f" It newly has {_list(gained)}." if gained else ""
            yield Claim(self._vantage("grants"), Action.NARROWED, lost, gained, words=words)
        elif gained:
            words = f"Gained sight: the credential now also has {_list(gained)}. Capture what is newly seen."
            yield Claim(self._vantage("grants"), Action.WIDENED, lost, gained, words=words)
        for name, before, after in self.look.moved:
            words = f"{_SAYS[name]} changed from {before or 'none'} to {after}."
            yield Claim(self._vantage(name), Action.CHANGED, before, after, words=words)

    def _vantage(self, fact: str) -> Address:
        return Address(Source.DRIFT, self.poll.subject, VANTAGE_REF.kind, VANTAGE_REF.name, sight.KEY, fact)

    def scope(self, looked: Looked) -> Iterator[Claim]:
        removals = [change for change in looked.changes if _removal(change)]
        if looked.coverage.complete or looked.keys is None:
            self.covered[looked.ref] = None
        else:
            self.covered[looked.ref] = looked.keys
        if self.look.blind or not looked.coverage.complete:
            self.doubted.add(looked.ref)
        brake = self._brake(looked, len(removals))
        if brake is not None:
            yield brake
        for change in looked.changes:
            if _removal(change) and not looked.coverage.complete:
                continue
            yield self._claim(looked, change, brake)

    def _brake(self, looked: Looked, removed: int) -> Claim | None:
        silent = looked.ref.kind in self.look.silent  # a weaker credential looks the same: one is enough
        share, count = (0.0, 1) if silent else (self.limits.brake_share, self.limits.brake_count)
        if removed < max(count, 1) or removed < share * looked.known or not looked.coverage.complete:
            return None
        if looked.ref in self.doubted or self._lost(looked, ""):
            return None
        self.held[looked.ref] = (removed, looked.known)
        gone = f"{removed} of {looked.known} in {looked.ref.name} {'is' if removed == 1 else 'are'} gone"
        gone += ", or not shown to this credential any more: no answer tells which." if silent else " at once."
        them = "It is held back until a person releases it or the vendor shows it again."
        if removed != 1:
            them = "They are held back until a person releases them or the vendor shows them again."
        address = brake_address(self.poll.subject, looked.ref)
        return Claim(address, Action.REMOVED, looked.known, removed, words=f"{gone} {them}", believe=False)

    def _claim(self, looked: Looked, change: Change, brake: Claim | None) -> Claim:
        address = change.address(self.poll.subject)
        removal = _removal(change)
        under, because = self._cause(looked, change, brake)
        evidence = dict(looked.evidence.get(change.key, {}))
        if looked.link:
            evidence.setdefault("link", looked.link)
        return Claim(
            address,
            change.action,
            change.before,
            change.after,
            under=under,
            because=because,
            evidence=evidence,
            believe=not removal,
            since=looked.since,
        )

    def _cause(self, looked: Looked, change: Change, brake: Claim | None) -> tuple[Address | None, CauseReason | None]:
        if self._lost(looked, _vanished(change)):
            return self._vantage("grants"), CauseReason.SIGHT
        more = change.action in (Action.ADDED, Action.WIDENED)
        if more and self.look.gained and self._needs(looked, self.look.gained):
            return self._vantage("grants"), CauseReason.SIGHT
        if self.look.moved:
            return self._vantage(self.look.moved[0][0]), CauseReason.SIGHT
        if looked.parent is not None and _parent(self.poll.subject, looked.parent) in self.removed:
            return _parent(self.poll.subject, looked.parent), CauseReason.PARENT_REMOVED
        if brake is not None and _removal(change):
            return brake.address, CauseReason.BRAKE
        return None, None

    def _lost(self, looked: Looked, key: str) -> bool:
        """Whether a lost grant explains what is seen of a scope. One that names the vanished thing explains nothing."""
        return any(not cause.names(grant, key) for grant in self.look.lost if self._needs(looked, {grant}))

    @staticmethod
    def _needs(looked: Looked, grants: set[str] | frozenset[str]) -> bool:
        return "*" in looked.needs or bool(grants & frozenset(looked.needs))


_SAYS: Final = {
    "subject": "The user that the credential reads as",
    "api_version": "The vendor's API version",
    "locale": "The language that the vendor answers in",
}


def _list(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _removal(change: Change) -> bool:
    return change.action is Action.REMOVED and not change.fact


def _vanished(change: Change) -> str:
    """What is not there any more: a resource by its key, an item by its name; empty where nothing went."""
    if change.action is not Action.REMOVED:
        return ""
    return change.item if change.fact else change.key


def faults(poll: Poll) -> Evaluation:
    """One claim for each listing, or single read, that could not be read whole; one alone where nothing could be."""
    covered: dict[Ref, frozenset[str] | None] = {}
    if poll.look is not None and poll.look.wrong_account:
        return _evaluation(Source.FAULT, poll, covered, ())
    broken = [(id, coverage, kinds) for id, coverage, kinds in poll.reads if not coverage.complete]
    every = len(poll.reads) > 1 and len(broken) == len(poll.reads) and len({_fault(c) for _, c, _ in broken}) == 1
    claims: list[Claim] = []
    if poll.look is not None:
        covered[Ref(Kind.PLATFORM, IDENTITY)] = None
    if poll.look is not None and poll.look.blind and not every:
        claims.append(_unread(poll, Kind.PLATFORM, IDENTITY, IDENTITY, Coverage(State.FAILED)))
    if every or len(broken) < len(poll.reads):
        covered[Ref(Kind.PLATFORM, READS)] = None
    if every:
        claims.append(_unread(poll, Kind.PLATFORM, READS, "*", broken[0][1]))
        return _evaluation(Source.FAULT, poll, covered, tuple(claims))
    failed = {id for id, _, _ in broken}
    for name, ids in _listings(poll).items():
        kind = next(kinds[0] if kinds else Kind.PLATFORM for id, _, kinds in poll.reads if id in ids)
        # A listing that fails does not say which kinds it gives: all that was ever said of it is looked at.
        covered |= {Ref(any_kind, name): ids if poll.confirming else None for any_kind in Kind}
        same = {_fault(coverage) for id, coverage, _ in broken if id in ids}
        if len(ids) > 1 and ids <= failed and len(same) == 1:
            one = next(coverage for id, coverage, _ in broken if id in ids)
            claims.append(_unread(poll, kind, name, f"{name}/*", one))
            continue
        claims += [_unread(poll, kind, name, id, coverage) for id, coverage, _ in broken if id in ids]
    return _evaluation(Source.FAULT, poll, covered, tuple(claims))


def _listings(poll: Poll) -> dict[str, frozenset[str]]:
    """Listing name -> its read ids in this poll."""
    out: dict[str, set[str]] = {}
    for id, _, _ in poll.reads:
        out.setdefault(id.partition("/")[0], set()).add(id)
    return {name: frozenset(ids) for name, ids in out.items()}


def _fault(coverage: Coverage) -> str:
    """The fault's name as a coverage keeps it, also after the page that it came at; the state where there was none."""
    name = next((name for name in coverage.reason.split(": ")[:2] if name in _TODO), "")
    return name or str(coverage.state)


def _unread(poll: Poll, kind: Kind, listing: str, id: str, coverage: Coverage) -> Claim:
    """What could not be read, with what to do about it. The reason's wording is no part of the fingerprint."""
    fault = _fault(coverage)
    what = _WHAT.get(listing, id)
    verb = "was read only in part" if coverage.state is State.PARTIAL else "could not be read"
    parts = coverage.reason.split(": ")
    told = [part for n, part in enumerate(parts) if n > 1 or part not in _STATES]  # a fault's name is for programs
    why = (": ".join(told) or str(coverage.state)).rstrip(".")
    todo = _TODO.get(coverage.code) or _TODO.get(fault, "")
    words = f"{what} {verb}: {why}. What was known of it stands, with its age. {todo}"
    under, because = None, None
    if poll.look is not None and poll.look.lost and coverage.state is State.DENIED:
        address = Address(Source.DRIFT, poll.subject, VANTAGE_REF.kind, VANTAGE_REF.name, sight.KEY, "grants")
        under, because = address, CauseReason.SIGHT
    return Claim(
        Address(Source.FAULT, poll.subject, kind, listing, id, _FACTS.get(fault, "read")),
        Action.NARROWED if coverage.state is State.PARTIAL else Action.CHANGED,
        None,
        fault,
        under=under,
        because=because,
        evidence={"code": coverage.code} if coverage.code else {},
        words=words.strip(),
        believe=False,
    )


def coverage_of(claim: Claim) -> Coverage:
    """What a claim about a read says of it: a read that never gave a scope is remembered by nothing else."""
    fault = str(claim.after)
    state = State.PARTIAL if claim.action is Action.NARROWED else _STATES.get(fault, State.FAILED)
    return Coverage(state, fault, claim.evidence.get("code", ""))


_STATES: Final = {one.__name__: one.state for one in Fault.__subclasses__()} | {str(one): one for one in State}
_WHAT: Final = {READS: "All that was asked for", IDENTITY: "Who reads"}
_FACTS: Final = {"Expired": "credential", "Unsupported": "plan", "Retired": "version"}
_TODO: Final = {
    "not-attested": "Upload it again, or send a heartbeat if it is still so: driftline attest.",
    "Denied": "Ask an administrator at the vendor for the missing right.",
    "Expired": "Renew the credential, then run driftline authorize.",
    "Unsupported": "The plan or edition does not have it; switch its watch off if that is meant.",
    "Throttled": "It is read again when the vendor allows it.",
    "Unreachable": "It is tried again; see whether the vendor reports an incident.",
    "Malformed": "The vendor answered in a way it does not document. If it lasts, "
    "send in what `driftline doctor --shape` writes.",
    "Rejected": "Our request is wrong: this is for whoever keeps the vendor file.",
    "Retired": "The vendor switched this endpoint or version off: the vendor file must move to a newer one.",
}

__all__ = ["Gone", "Looked", "Poll", "Upkeep", "drift", "faults", "upkeep"]
