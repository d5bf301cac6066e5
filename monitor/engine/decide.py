"""decide: a person's answer becomes one durable row before anything else happens. The committer takes it to git.

Refuses, with sentences, what cannot be decided as asked: a finding that changed since the page was loaded, one that is
not open, a scope whose last read was not complete.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING

import msgspec

from monitor.adapters.failpoints import reach
from monitor.adapters.records import Decision, DecisionState, FileWrite, Last, TrailEntry, Work
from monitor.core import ledger as ledgers
from monitor.core import sight as sights
from monitor.core.accept import Edit, edits
from monitor.core.compare import compare
from monitor.core.graph import home
from monitor.core.ignores import end_of
from monitor.core.model import Change, Event, EventType, Finding, Phase, Source
from monitor.core.visible import uncalled
from probes.kit.contract import Ref

from . import eyes, ignoring, recapture, second, told
from .capture import captures, vantage_file
from .live import Live
from .repeated import earlier, in_turn, mark
from .request import Decide, Refused
from .rows import grave, proposed
from .whence import whence

if TYPE_CHECKING:
    from .core import Engine

ACTS: Mapping[str, EventType] = {
    "release": EventType.RELEASED,
    "reject": EventType.REJECTED,
    "acknowledge": EventType.ACKNOWLEDGED,
    "assign": EventType.ASSIGNED,
    "correct": EventType.COMMENTED,
    "comment": EventType.COMMENTED,
}
LISTED = 5  # ids that a sentence lists
REASONED = ("release", "ignore", "reject", "correct", "comment", "recapture")


@in_turn
async def decide(engine: Engine, request: Decide, by: str, via: str) -> Decision:
    """Stores the decision and what it does to the ledger. Returns the row, or the first one of the same uuid."""
    asked = mark(request)
    if (first := await earlier(engine, request.uuid, asked)) is not None:
        return first
    now = engine.clock.now()
    findings = _findings(engine, request)
    work = await _work(engine, request, findings, now)
    instead = recapture.asked(request, findings, by, now) if request.kind == "recapture" else None
    integration = request.integration or (home(findings[0].address) if findings else "")
    decision = Decision(
        uuid=request.uuid,
        kind=request.kind,
        by=by,
        at=now,
        via=via,
        integration=integration,
        state=DecisionState.QUEUED if work != Work() else DecisionState.ALREADY,
        reason=request.reason,
        ticket=request.ticket,
        until=_until(engine, request),
        assignee=request.assignee,
        correction=request.correction,
        findings=dict(request.findings),
        message=message(request, findings, integration),
        how="captured" if request.kind == "capture" else "approved",
        ref_seen=engine.baselines.seen,
        work=work,
        asked=asked,
    )
    decision = await eyes.weigh(engine, decision)
    waits = decision.state is DecisionState.WAITING
    events = second.asked(engine, decision) if waits else _events(engine, request, findings, by, now)
    reach("decide.before")
    try:
        async with engine.store.transaction() as tx:
            if not await tx.queue_decision(decision):
                raise Refused(f"decision {request.uuid} was stored a moment ago by another request; look it up")
            data = {"decision": decision.uuid, "findings": sorted(request.findings), "reason": request.reason,
                    "ticket": request.ticket, "rules": rules_of(findings), "correction": request.correction,
                    **second.takes(decision), **whence(by, via)}  # fmt: skip
            await tx.add_trail(TrailEntry(at=now, who=by, what=request.kind, subject=integration, data=data))
            await told.keep(engine, tx, events)
            if instead is not None and not waits:
                await tx.set_flag(recapture.FLAG + integration, msgspec.json.encode(instead).decode())
    except BaseException:
        if events:
            await engine.reload_ledger()
        raise
    reach("decide.after")
    if instead is not None and not waits:
        engine.integrations[integration].recapture = instead
        if engine.scheduler is not None:
            engine.scheduler.ask(integration)
    second.note(engine, decision)
    return decision


def _findings(engine: Engine, request: Decide) -> list[Finding]:
    problems, changed, found = [], [], []
    for id, fingerprint in request.findings.items():
        finding = engine.ledger.findings.get(id)
        if finding is None or finding.phase is Phase.CLOSED:
            problems.append(f"{id} is not open any more; reload and look again.")
        elif fingerprint and finding.claim.fingerprint != fingerprint:
            changed.append(id)
            problems.append(f"{id} changed since you looked at it; reload and decide on what it is now.")
        elif request.kind == "approve" and (held := proposed(engine, finding)) is not None:
            problems.append(f"{id} is proposed in {held.label or 'a pull request'} already, and waits for the merge.")
        else:
            found.append(finding)
    if request.kind != "capture" and not request.findings:
        problems.append(f"Say which findings to {request.kind}.")
    if request.kind in REASONED and not request.reason.strip():
        problems.append(f"Say why: {request.kind} needs a reason.")
    heavy = [one for one in found if request.kind == "approve" and _grave(one)]
    if heavy and not (request.reason.strip() and request.ticket.strip()):
        problems.append(f"Give a reason and a ticket: {_listed(heavy)} breaking, or a matter of security.")
    if request.kind == "correct" and not request.correction:
        problems.append("Say what is wrong with the level: noise, or worse than it says.")
    if request.kind == "assign" and not request.assignee:
        problems.append("Say to whom to assign.")
    if request.kind == "ignore" and request.until is None:
        problems.append("Say until when to ignore.")
    if len({finding.address.subject for finding in found}) > 1 and request.kind in ("approve", "ignore"):
        problems.append("One decision is about one integration; decide on each by itself.")
    if problems:
        raise Refused(*problems, changed=changed)
    return found


def _grave(finding: Finding) -> bool:
    verdict = finding.claim.verdict
    return grave(finding.level.word, verdict is not None and verdict.security)


def _listed(findings: list[Finding]) -> str:
    ids = ", ".join(one.id for one in findings[:LISTED])
    more = f" and {len(findings) - LISTED} more" if len(findings) > LISTED else ""
    return f"{ids}{more} {'is' if len(findings) == 1 else 'are'}"


async def _work(engine: Engine, request: Decide, findings: list[Finding], now: float) -> Work:
    if request.kind == "capture":
        return await captures(engine, request)
    if request.kind == "approve":
        return await _approval(engine, findings)
    if request.kind == "ignore":
        return Work(files=await ignoring.files(engine, request, findings, now))
    return Work()


def _until(engine: Engine, request: Decide) -> float | None:
    """The instant at which it ends."""
    if isinstance(request.until, str):
        return end_of(request.until, engine.config.zone)
    return request.until


async def _approval(engine: Engine, findings: list[Finding]) -> Work:
    other = [finding.id for finding in findings if finding.address.source is not Source.DRIFT]
    words = "{} is no drift, so there is nothing to approve: acknowledge it, or ignore it until a day."
    if other:
        raise Refused(*(words.format(id) for id in other))
    live = engine.integrations[findings[0].address.subject]
    by_ref: dict[Ref, list[Finding]] = defaultdict(list)
    problems: list[str] = []
    files: list[FileWrite] = []
    for finding in findings:
        if finding.phase is not Phase.OPEN:
            problems.append(f"{finding.id} is {finding.phase}: it is not believed yet, so it cannot be approved.")
        elif finding.address.scope == sights.SCOPE:
            files.append(await vantage_file(engine, live))
        else:
            by_ref[finding.address.ref].append(finding)
    work: list[Edit] = []
    readable: dict[Ref, Last] = {}
    for ref in by_ref:
        last = live.known.get(ref)
        if last is None or not last.coverage.complete:
            state = last.coverage.state if last else "not read"
            problems.append(
                f"{ref.kind}/{ref.name} is {state} now; what was read before can be looked at, not approved. "
                "Approve when it is read completely again."
            )
        elif ref not in engine.baselines.entries(live.name):
            problems.append(f"{ref.kind}/{ref.name} has no baseline any more; capture it instead.")
        else:
            readable[ref] = last
    async with aclosing(engine.view(live.name).bodies(live.name, readable)) as baselines:
        async for ref, approved in baselines:
            group, now = by_ref[ref], await engine.body(readable[ref].digest)
            ahead = engine.view(live.name) is not engine.baselines
            chosen = chosen_of(compare(approved, now, None), live.name, group, ahead)
            missing = len(group) - len({change.address(live.name) for change in chosen})
            if missing:
                problems.append(f"{missing} of the findings in {ref.name} are not so any more; reload and look again.")
            work += edits(approved, now, chosen)
            files += await orphans(engine, live, ref, group)
    if problems:
        raise Refused(*problems)
    return Work(edits=tuple(work), files=tuple(dict.fromkeys(files)))


def chosen_of(changes: tuple[Change, ...], subject: str, group: list[Finding], proposed: bool = False) -> list[Change]:
    """`proposed`: what they are compared with is ahead of the baseline that the findings were seen against."""
    wanted = {finding.address: finding.claim for finding in group}
    return [
        change
        for change in changes
        if (claim := wanted.get(change.address(subject))) is not None
        and claim.after == change.after
        and (proposed or claim.before == change.before)
    ]


async def orphans(engine: Engine, live: Live, ref: Ref, group: list[Finding]) -> list[FileWrite]:
    """Approving that a parent is gone takes the scopes that hung on it out of the baseline too."""
    gone = {finding.address.key for finding in group if not finding.address.fact and finding.claim.after is None}
    found = []
    for child, known in live.known.items():
        if known.parent is not None and known.parent.ref == ref and known.parent.key in gone:
            path = engine.baselines.path_of(live.name, child)
            text = await engine.baselines.text(path) if child in engine.index(live.name) else None
            if text is not None:
                found.append(FileWrite(path=path, before=text, after=None))
    return found


def rules_of(findings: Iterable[Finding]) -> list[str]:
    """The rule of each finding, for the figures of how often a rule was right."""
    return sorted(one.claim.verdict.rule for one in findings if one.claim.verdict is not None)


def _events(engine: Engine, request: Decide, findings: list[Finding], by: str, now: float) -> list[Event]:
    kind = ACTS.get(request.kind)
    if kind is None:
        return []
    found: list[Event] = []
    words = request.assignee if request.kind == "assign" else request.reason
    if request.kind == "correct":
        words = f"{request.correction}: {words}"
    for finding in findings:
        try:
            acts = ledgers.act(engine.ledger, finding.id, kind, by=by, words=words, now=now)
        except ValueError as error:
            raise Refused(str(error)) from error
        found += engine.apply(acts)
    return found


def message(request: Decide, findings: list[Finding], integration: str) -> str:
    """The commit's first line and body: what was decided, and why; nothing of it is ever read back as authority."""
    if request.kind == "capture":
        first = f"Capture the baseline of {integration}"
    elif len(findings) == 1:
        address = findings[0].address
        where = "/".join(part for part in (address.scope, address.key, address.fact, address.item) if part)
        first = f"{request.kind.capitalize()} {uncalled(where)} of {integration}"
    else:
        first = f"{request.kind.capitalize()} {len(findings)} findings of {integration}"
    lines = [first[:120], ""]
    if request.reason:
        lines += [request.reason, ""]
    if request.ticket:
        lines += [f"Ticket: {request.ticket}", ""]
    lines += [f"Finding: {id}" for id in sorted(request.findings)]
    return "\n".join(lines).strip() + "\n"
