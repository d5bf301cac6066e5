"""Who did it, and how sure that is: what the vendor told when it was asked, or why nobody can say."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from monitor.core.asked import SURE, UNKNOWN
from monitor.core.cause import shipped
from monitor.core.model import Finding, Source
from monitor.core.sight import SCOPE
from probes.kit.listing import Vendor

from .rows import who
from .shapes import Author
from .surface import Engine as Surface

MARK = "last"  # a row's own mark, which came with the reading
_PSEUDONYM: Final = re.compile(r"p-[0-9a-f]{10}")


def actor(engine: Surface, name: str) -> str:
    """An actor as evidence names them, "" for none: whoever a vendor says did something is a pseudonym there, a user
    id and an automation too."""
    name = name.strip()
    return name if not name or _PSEUDONYM.fullmatch(name) else engine.people.pseudonym(name)


def author(engine: Surface, finding: Finding) -> Author | None:
    """Of drift alone. What hangs under a cause, and has no answer of its own, is told by the cause."""
    if finding.address.source is not Source.DRIFT:
        return None
    if shipped(finding.claim):
        return Author(by=_title(engine, finding), how="vendor", sure=SURE["vendor"])
    cause = engine.ledger.findings.get(finding.cause)
    of = cause if cause is not None and "by" not in finding.claim.evidence else finding
    told = of.claim.evidence
    if "by" in told:
        how = told.get("how", MARK)
        return Author(
            by=who(engine)(told["by"]), at=_instant(told.get("at", "")), how=how, sure=SURE[how],
            action=told.get("action", ""),
        )  # fmt: skip
    return Author(unknown=told.get("who") or UNKNOWN + _why(engine, of))


def _vendor(engine: Surface, finding: Finding) -> Vendor | None:
    from monitor.adapters.poller import vendor_for

    live = engine.integrations.get(finding.address.subject)
    return vendor_for(live.config) if live is not None else None


def _title(engine: Surface, finding: Finding) -> str:
    vendor = _vendor(engine, finding)
    return vendor.title if vendor is not None else finding.address.subject


def _why(engine: Surface, finding: Finding) -> str:
    vendor = _vendor(engine, finding)
    if finding.address.scope == SCOPE:
        return "a change of what the credential may see has no line of its own in the vendor's log"
    if vendor is None or vendor.who is None:
        return f"{_title(engine, finding)} does not tell who changed what"
    if finding.claim.since is None:
        return "it was not read before the change, so there is no time to ask about"
    return "not asked yet"


def _instant(text: str) -> float | None:
    """ISO 8601 as the kit writes it, or epoch seconds as a row may bring them."""
    try:
        return float(text)
    except ValueError:
        try:
            return datetime.fromisoformat(text).timestamp()
        except ValueError:
            return None
