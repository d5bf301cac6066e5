"""What is said of a finding whose state changed: the same text as an alert's, and what became of it at its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from monitor.adapters.notified import Message
from monitor.core.graph import home
from monitor.core.ignores import day_of
from monitor.core.model import Finding, Phase, Urgency

from . import alert_facts, alert_text
from .alert_text import LONGEST, said
from .figure_shapes import took
from .rows import stand, waits_for

if TYPE_CHECKING:
    from .surface import Engine

WORDS: Final = {
    "opened": "New", "reopened": "Back again", "worse": "Worse", "eased": "Less urgent", "closed": "Over",
    "decided": "To be put back", "escalated": "Not acknowledged",
}  # fmt: skip
_CLOSINGS: Final = {
    "agreed": "What the vendor has and what is approved agree again.",
    "approved": "It was approved: it is in the baseline now.",
    "withdrawn": "It is not watched any more, or not believed any more.",
    "superseded": "Something else has taken its place.",
}
_LINE: Final = 200  # characters
NAMED: Final = 10  # of many at once


def stated(engine: Engine, finding: Finding, what: str, id: str, urgency: str, vendors: Mapping[str, str]) -> Message:
    """`what`: one of WORDS. `vendors`: what each vendor's public status says, by integration."""
    symptom = alert_facts.worst(engine, finding) if what != "closed" else finding
    told = alert_facts.facts(engine, finding, symptom, vendors.get(home(symptom.address), ""))
    lines = _over(engine, finding) if what == "closed" else [alert_text.text(told)]
    if what == "decided":
        lines = ["It was decided that this is to be put back at the vendor. It is over once that is seen.", *lines]
    if told.link not in lines[-1] and sum(map(len, lines)) + len(lines) + len(told.link) <= LONGEST:
        lines.append(told.link)
    return Message(
        id=id, type=f"finding.{what}", stack=engine.config.stack, at=engine.clock.now(),
        urgency=urgency, title=title(engine, f"{WORDS[what]}: {alert_text.summary(told)}"),
        text="\n".join(lines)[: LONGEST + _LINE], link=told.link, finding=finding.id,
        labels=alert_facts.labels(engine, finding),
    )  # fmt: skip


def title(engine: Engine, words: str) -> str:
    return f"[{engine.config.stack}] {words}"


def many(engine: Engine, messages: list[Message], id: str) -> Message:
    """One message for more changes at once than anybody reads one by one; the first are named."""
    url = alert_facts.pages_at(engine)
    lines = [f"{said(one.title.partition('] ')[2], _LINE)}\n{one.link}" for one in messages[:NAMED]]
    more = len(messages) - len(lines)
    return Message(
        id=id, type="findings", stack=engine.config.stack, at=engine.clock.now(), urgency=messages[0].urgency,
        title=title(engine, f"{len(messages)} changes of state at once"),
        text="\n".join([*lines, *([f"and {more} more"] if more else []), f"{url}/review"]), link=f"{url}/review",
        data={"findings": [{"id": one.finding, "type": one.type, "title": one.title} for one in messages]},
    )  # fmt: skip


def trial(engine: Engine, target: str, id: str) -> Message:
    url = alert_facts.pages_at(engine)
    return Message(
        id=id, type="test", stack=engine.config.stack, at=engine.clock.now(), urgency=str(Urgency.DIGEST),
        title=title(engine, "Test message"),
        text=f"This is a test of the target {target}: nothing happened, and nothing is to be done.\n{url}/",
        link=f"{url}/",
    )  # fmt: skip


def ended(engine: Engine, finding: Finding) -> str:
    """Why a finding that was open is told no more; "" while it still is."""
    if finding.phase is not Phase.OPEN:
        return _CLOSINGS.get(str(finding.closing), "It is no longer so.")
    if finding.ignored_until is not None and stand(finding, engine.clock.now()) == "ignored":
        return f"It is ignored until {day_of(finding.ignored_until, engine.config.zone)}."
    if finding.cause:
        return "It is part of another finding now, and is told of there."
    return "A standing approval will take it." if waits_for(engine, finding) else ""


def _over(engine: Engine, finding: Finding) -> list[str]:
    since = finding.opened_at if finding.opened_at is not None else finding.first_seen_at
    until = finding.closed_at if finding.closed_at is not None else engine.clock.now()
    owner = alert_facts.owner(finding)
    lines = [ended(engine, finding), f"It was open for {took(max(0.0, until - since))}."]
    return [*lines, *([f"OWNER: {said(owner, 40)}"] if owner else [])]
