"""Ask the maker: whoever the vendor's log names as having made a change is sent a link, and says whether it was theirs.

An answer informs and decides nothing: it is an event and an entry of the trail, it fills in the ticket of an approval
that a person still has to make, and "not mine" moves a finding to the front of its level. The link is of one version of
one finding, ends after a week, opens nothing else, and can be used again to correct the answer. Who holds it is not
proven to be the one who was asked: the trail says "link:".
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote

from monitor.adapters import store_asks
from monitor.adapters.records import TrailEntry
from monitor.adapters.store_asks import Ask
from monitor.core import ledger as ledgers
from monitor.core.acts import answered
from monitor.core.model import Event, Finding, Phase
from monitor.core.visible import flat

from . import told
from .asking_shapes import ANSWERS, Asking, AskLink, Question
from .author import author
from .request import Refused
from .rows import who
from .surface import Engine
from .whence import whence
from .words import plain, sentence

DAYS: Final = 7
ASKED, ANSWERED = "asked the maker", "answered by the maker"  # words of the trail
LINK: Final = "link:"  # who answers is known by the link alone
_MAIL: Final = re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_TICKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _#/.:-]{0,63}", re.ASCII)
SUBJECT: Final = "Was this change yours?"


async def ask(engine: Engine, finding: Finding, by: str) -> AskLink:
    """Makes the link; an earlier one of this finding opens nothing any more. Raises Refused where there is nobody."""
    maker, now = _maker(engine, finding), engine.clock.now()
    if finding.phase is not Phase.OPEN:
        raise Refused(f"{finding.id} is {finding.phase}, so there is nothing to ask of anybody.")
    secret, expires = secrets.token_urlsafe(32), now + DAYS * 86_400.0
    kept = Ask(finding=finding.id, hash=_hash(secret), fingerprint=finding.claim.fingerprint, who=maker, by=by, at=now,
               expires=expires)  # fmt: skip
    entry = TrailEntry(at=now, who=by, what=ASKED, subject=finding.address.subject,
                       data={"findings": [finding.id], "asked": maker, **whence(by)})  # fmt: skip
    async with engine.store.transaction() as tx:
        await store_asks.keep(tx, kept)
        await tx.add_trail(entry)
    name = who(engine)(maker)
    url = f"{engine.config.service.server.external_url.rstrip('/')}/answer/{secret}"
    text = _text(engine, finding, url, expires)
    mailto = f"mailto:{quote(name, safe='@+')}?subject={quote(SUBJECT)}&body={quote(text)}"
    return AskLink(
        finding=finding.id, who=name, url=url, text=text, mailto=mailto if _MAIL.fullmatch(name) else "",
        expires=expires,
    )  # fmt: skip


def _maker(engine: Engine, finding: Finding) -> str:
    """The pseudonym of whoever the vendor names."""
    of = engine.ledger.findings.get(finding.cause, finding) if "by" not in finding.claim.evidence else finding
    maker = of.claim.evidence.get("by", "")
    told_ = author(engine, finding)
    if not maker or told_ is None or told_.unknown or told_.how == "vendor":
        raise Refused(f"Nobody is recorded as having made {finding.id}, so there is nobody to ask.")
    return maker


def asked_of(engine: Engine, finding: Finding) -> bool:
    """Whether there is anybody to ask."""
    made = author(engine, finding)
    return finding.phase is Phase.OPEN and made is not None and bool(made.by) and made.how != "vendor"


def _text(engine: Engine, finding: Finding, url: str, expires: float) -> str:
    day = _day(engine, expires)
    lines = (
        f"In {_system(engine, finding)} this changed: {plain(sentence(finding.claim, who(engine)))}.",
        "The vendor's log puts it to you. Was it you, and under which ticket?",
        f"Please answer by {day}: {url}",
        "Your answer informs whoever reviews it; it approves nothing.",
    )
    return "\n".join(flat(line) for line in lines)


def _day(engine: Engine, at: float) -> str:
    return f"{datetime.fromtimestamp(at, engine.config.zone):%-d %B %Y}"


def _system(engine: Engine, finding: Finding) -> str:
    live = engine.integrations.get(finding.address.subject)
    return (live.config.title if live is not None else "") or finding.address.subject


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# -- the other end of the link ----------------------------------------------------------------------------------------


async def question(engine: Engine, secret: str) -> Question | None:
    """None for a link that opens nothing: never made, replaced, or over."""
    found = await _found(engine, secret)
    return _question(engine, *found) if found is not None else None


async def answer(engine: Engine, secret: str, said: str, ticket: str) -> Question | None:
    """Keeps the answer, or the correction of one. None for a link that opens nothing; raises Refused for an answer that
    is none, or that comes too late."""
    found = await _found(engine, secret)
    if found is None:
        return None
    asked, finding = found
    ticket = ticket.strip() if said == "mine" else ""
    if said not in ANSWERS:
        raise Refused("Say whether it was yours.")
    if ticket and not _TICKET.fullmatch(ticket):
        raise Refused("ticket: expected its key or number, such as MOPS-214, in at most 64 plain characters.")
    if not _question(engine, asked, finding).open:
        raise Refused("This has changed or ended since you were asked; there is nothing to answer any more.")
    now, by = engine.clock.now(), f"{LINK}{asked.who}"
    events = answered(finding, said, ticket, by, now)
    if events:
        await _keep(engine, events, asked, said, ticket)
    return _question(engine, asked, finding)


async def _keep(engine: Engine, events: tuple[Event, ...], asked: Ask, said: str, ticket: str) -> None:
    for event in events:
        ledgers.apply(engine.ledger, event)
    engine.register.follow(engine.ledger, engine.clock.now())
    by = events[0].by
    data = {"findings": [asked.finding], "answer": said, "ticket": ticket, **whence(by, "link")}
    entry = TrailEntry(at=events[0].at, who=by, what=ANSWERED, subject=events[0].address.subject, data=data)
    try:
        async with engine.store.transaction() as tx:
            await told.keep(engine, tx, events)  # type: ignore[arg-type]
            await tx.add_trail(entry)
    except BaseException:
        await engine.reload_ledger()
        raise


async def _found(engine: Engine, secret: str) -> tuple[Ask, Finding] | None:
    asked = await store_asks.by_hash(engine.store, _hash(secret))
    finding = engine.ledger.findings.get(asked.finding) if asked is not None else None
    if asked is None or finding is None or asked.expires <= engine.clock.now():
        return None
    return asked, finding


def _question(engine: Engine, asked: Ask, finding: Finding) -> Question:
    same = finding.claim.fingerprint == asked.fingerprint and finding.phase is Phase.OPEN
    address, name = finding.address, who(engine)
    return Question(
        system=_system(engine, finding),
        thing=" › ".join(name(part) for part in (address.scope, address.key) if part),
        says=plain(sentence(finding.claim, name)) if same else "",
        expires=asked.expires,
        open=same,
        answer=finding.answer if same else "",
        ticket=finding.answer_ticket if same else "",
    )


async def asking(engine: Engine, finding: Finding) -> Asking | None:
    """None where there is nobody to ask."""
    if not asked_of(engine, finding):
        return None
    kept = await store_asks.of(engine.store, finding.id)
    if kept is None or kept.fingerprint != finding.claim.fingerprint or kept.expires <= engine.clock.now():
        return Asking()
    return Asking(who=who(engine)(kept.who), by=kept.by, at=kept.at, expires=kept.expires)
