"""Proposals as people meet them: what a pull request says, and what is asked again when one was not merged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from monitor.adapters.lease import GIT
from monitor.adapters.proposer import File
from monitor.adapters.records import Decision, FileWrite, Pull, TrailEntry, Work
from monitor.core import ledger as ledgers
from monitor.core.model import Closing, EventType, Level, Phase
from monitor.core.visible import code, flat
from probes.kit.contract import canonical, digest

from . import leasing, told
from .approving import File as Changed
from .approving import Told, tell
from .approving_markdown import markdown
from .undoing import edits_of, reverse

if TYPE_CHECKING:
    from .core import Engine

LONGEST = 200  # characters of a title
LISTED = 50  # decisions
BY = "driftline"
BACK = "it is as before at the vendor"


async def describe(engine: Engine, pull: Pull, decisions: Sequence[Decision], files: Sequence[File]) -> tuple[str, str]:
    """Title and Markdown of a pull request: what its merge approves, who asked for it and why. People are pseudonyms,
    as everywhere in git."""
    found = tell((Changed(*one) for one in files), engine.config)
    lines = [markdown(found), "### Asked for by", ""]
    lines += [_asked(engine, one) for one in decisions[-LISTED:]]
    if len(decisions) > LISTED:
        lines.append(f"- and {len(decisions) - LISTED} earlier ones, see the commits")
    where = f"{engine.config.service.server.external_url}/review"
    lines += [
        "",
        f"Merging this is the approval: Driftline asks nobody again. Closing it unmerged asks again in the "
        f"[review queue]({where}) of {code(engine.config.stack)}. What is changed here before the merge counts as it "
        "is merged. Further decisions are added to this branch; nothing is ever force-pushed.",
    ]
    return _title(pull, found, decisions), "\n".join(lines) + "\n"


def _title(pull: Pull, found: Told, decisions: Sequence[Decision]) -> str:
    """The one decision's own words, else how many; a forge shows a title as plain text."""
    of = pull.integration or "the stack"
    if len(decisions) == 1:
        words = flat(decisions[0].message.partition("\n")[0])
    else:
        words = f"{len(decisions)} decisions about {of}"
    breaking = found.count(Level.BREAKING)
    return (words + (f" ({breaking} breaking)" if breaking else "")).replace("@", "(at)")[:LONGEST]


def _asked(engine: Engine, one: Decision) -> str:
    kind, colon, name = one.by.partition(":")
    who = f"{kind}:{engine.people.pseudonym(name)}" if colon else engine.people.pseudonym(one.by)
    parts = [f"- {code(one.kind)} by {code(who)}"]
    if one.reason:
        parts.append(f"because {code(one.reason)}")
    if one.ticket:
        parts.append(f"ticket {code(one.ticket)}")
    url = engine.config.service.server.external_url
    links = " ".join(f"[{id}]({url}/findings/{id})" for id in sorted(one.findings)[:5])
    return ", ".join(parts) + (f" ({links})" if links else "")


async def take_out(engine: Engine) -> bool:
    """What is proposed and the vendor has put back leaves its pull request: the reverse is stored as a decision of our
    own, and goes the way of each. Gives whether there was any. It changes nothing of what is approved."""
    proposer, found = engine.committer.proposer, False
    for one in await proposer.pending() if proposer is not None else ():
        back = [id for id in sorted(one.findings) if _put_back(engine, one, id)]
        if one.undoes or not back:
            continue
        alone = bool(one.work.files) or any(edit.rename_to for edit in one.work.edits)  # what hangs together goes so
        chosen = sorted(one.findings) if alone else back
        uuid = f"back-{digest(canonical([one.uuid, chosen])).hex()}"
        if await engine.store.decision(uuid) is not None:
            continue
        whole = len(chosen) == len(one.findings)
        files = tuple(FileWrite(path=file.path, before=file.after, after=file.before) for file in one.work.files)
        work = Work(edits=reverse(one.work.edits if whole else edits_of(engine, one, chosen)), files=files)
        made = Decision(
            uuid=uuid, kind="undo", by=BY, at=engine.clock.now(), integration=one.integration, undoes=one.uuid,
            findings={id: one.findings[id] for id in chosen}, work=work, ref_seen=engine.baselines.seen, reason=BACK,
            message=f"Take out of the proposal what is as before at {one.integration}\n",
        )  # fmt: skip
        data = {"decision": uuid, "undoes": one.uuid, "findings": chosen, "reason": BACK}
        async with engine.leases.keeping(GIT) as tx:
            await tx.queue_decision(made)
            await tx.add_trail(TrailEntry(at=made.at, who=BY, what="undo", subject=one.integration, data=data))
        found = True
    return found


def _put_back(engine: Engine, one: Decision, id: str) -> bool:
    finding = engine.ledger.findings.get(id)
    closed = finding is not None and finding.phase is Phase.CLOSED and finding.closing is Closing.AGREED
    return closed and finding is not None and (finding.closed_at or 0.0) >= one.at


async def ask_again(engine: Engine) -> None:
    """Says at each finding whose proposal was not merged why it is asked again. The decision and trail say it too."""
    proposer = engine.committer.proposer
    if proposer is None:
        return
    now = engine.clock.now()
    while proposer.told:
        one = proposer.told.pop()
        events = [
            event
            for id in sorted(one.findings)
            if (finding := engine.ledger.findings.get(id)) is not None and finding.phase is not Phase.CLOSED
            for event in engine.apply(
                ledgers.act(engine.ledger, id, EventType.COMMENTED, "driftline", f"Asked again: {one.note}.", now)
            )
        ]
        live = engine.integrations.get(one.integration)
        if live is not None:
            await told.alone(engine, leasing.keeping(engine, live), events)
