"""Proposals as people meet them: what a pull request says, and what is asked again when one was not merged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from monitor.adapters.proposer import File
from monitor.adapters.records import Decision, Pull
from monitor.core import ledger as ledgers
from monitor.core.model import EventType, Level, Phase
from monitor.core.visible import code, flat

from . import leasing, told
from .approving import File as Changed
from .approving import Told, tell
from .approving_markdown import markdown

if TYPE_CHECKING:
    from .core import Engine

LONGEST = 200  # characters of a title
LISTED = 50  # decisions


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
