"""What a vendor is asked on demand about findings, and what its answers do to the ledger. Pure.

Who did it is evidence: it opens, closes and moves nothing, and a vendor that does not tell is said to. A look at one
thing that a listing no longer has proves that it is gone only by `Absent`, which the vendor tells from "no right".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

import msgspec

from probes.kit.contract import Absent, Fault, Ref, Resource

from . import cause, sight
from .book import Ledger, current
from .ledger import is_removal
from .model import CauseReason, Claim, Covered, Evaluation, Event, EventType, Finding, Phase, Source
from .poll import AUTHOR

Told: TypeAlias = Mapping[str, str] | Fault  # by, at, action, how; empty: nobody knows
Seen: TypeAlias = Resource | Absent | Fault
SURE: Final = {
    "named": "the vendor's own trail names this very change",
    "last": "the thing's own mark of its last change, which may be a later one",
    "alone": "nobody else changed anything there in that time",
    "vendor": "it came with a release of the vendor's; nobody in the account made it",
}
UNKNOWN: Final = "not observable: "
_WHY: Final = {
    "Denied": "the credential may not read it",
    "Expired": "the credential was refused",
    "Unsupported": "the plan or product does not have it",
    "Throttled": "too many requests",
    "Unreachable": "no answer",
    "Malformed": "the answer is not what the vendor documents",
    "Rejected": "the vendor refused the request",
    "Retired": "the vendor switched that off",
}


def wanted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Open drift whose author was not told yet, roots and the worst first. What hangs under a cause that explains it is
    that cause's; what our own sight or a release of the vendor's brought, nobody in the account did; and without a
    reading before it there is no time to ask of."""
    return tuple(sorted(filter(_wanted, findings), key=lambda one: (bool(one.cause), -one.level, one.address)))


def _wanted(finding: Finding) -> bool:
    claim = finding.claim
    if finding.phase is not Phase.OPEN or claim.address.source is not Source.DRIFT or claim.since is None:
        return False
    if claim.address.scope == sight.SCOPE or cause.shipped(claim):
        return False
    if "how" in claim.evidence or current(finding) != claim.fingerprint:
        return False
    return not finding.cause or claim.because in (CauseReason.SAME_EDIT, CauseReason.PLANNED)


def attributed(ledger: Ledger, told: Mapping[str, tuple[str, Told]], now: float) -> Iterator[Event]:
    """One event for each finding of which more is known than before. `told`: id -> the fingerprint that was asked of,
    and the answer; what has moved or closed meanwhile is left alone."""
    for id, (fingerprint, answer) in told.items():
        finding = ledger.findings.get(id)
        if finding is None or finding.phase is Phase.CLOSED or finding.claim.fingerprint != fingerprint:
            continue
        evidence = _said(finding.claim.evidence, answer)
        if evidence == finding.claim.evidence:
            continue
        yield Event(
            type=EventType.ATTRIBUTED, at=now, finding=id, address=finding.address, reading=finding.reading,
            opening=finding.opening, cause=finding.cause, words=_words(evidence),
            claim=msgspec.structs.replace(finding.claim, evidence=evidence),
        )  # fmt: skip


def _said(before: Mapping[str, str], answer: Told) -> dict[str, str]:
    """Evidence with the answer in it. Where there is none, a mark that came with the row itself stays, as that."""
    rest = {name: words for name, words in before.items() if name not in AUTHOR}
    if isinstance(answer, Mapping) and answer:
        return {**rest, **answer}
    if "by" in before:
        return {"how": "last", **{name: words for name, words in before.items() if name != "who"}}
    return {
        **rest,
        "who": UNKNOWN + (_reason(answer) if isinstance(answer, Fault) else "the vendor's log does not say"),
    }


def _reason(fault: Fault) -> str:
    why = _WHY.get(type(fault).__name__, "it could not be asked")
    return f"{why}: {fault.message}" if fault.message else why


def _words(evidence: Mapping[str, str]) -> str:
    return f"{evidence['by']}: {SURE[evidence['how']]}" if "how" in evidence else f"who: {evidence['who']}"


def suspected(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Removals that one complete listing showed and nothing has confirmed yet. What the brake holds is a person's."""
    return tuple(one for one in findings if one.phase is Phase.SUSPECTED and is_removal(one.claim))


def confirmed(
    ledger: Ledger, subject: str, reading: int, at: float, seen: Mapping[str, Seen], look: sight.Look | None
) -> Evaluation:
    """What looks at single things say of suspected removals: `Absent` confirms, a Resource clears, a Fault says
    nothing. While our own sight is in doubt they all say nothing. `seen`: id of the finding -> what came."""
    claims: list[Claim] = []
    covered: dict[Ref, frozenset[str]] = {}
    absent = set()
    doubt = look is None or look.blind or look.wrong_account or look.lost or look.moved
    for finding in () if doubt else suspected(ledger.of(subject)):
        answer = seen.get(finding.id)
        if answer is None or isinstance(answer, Fault):
            continue
        address = finding.address
        covered[address.ref] = covered.get(address.ref, frozenset()) | {address.key}
        if isinstance(answer, Absent):
            absent.add(address)
            words = f"asked for it alone, the vendor says that it does not exist ({answer.code or 'absent'})"
            evidence = {**finding.claim.evidence, "confirmed": words}
            claims.append(msgspec.structs.replace(finding.claim, evidence=evidence))
        else:  # what else was found of it still stands: it was not compared with anything here
            same = (one for one in ledger.of(subject) if one.address.ref == address.ref)
            claims += [one.claim for one in same if one.address.key == address.key and one.address != address]
    return Evaluation(Source.DRIFT, subject, reading, at, Covered(covered), tuple(claims), confirmed=frozenset(absent))
