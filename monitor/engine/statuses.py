"""What vendors say of themselves in public, asked every few minutes: for pages, alerts and metrics. It explains what
Driftline finds, and changes nothing of what is found, nor how grave it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import structlog

from monitor.adapters import store_trouble
from monitor.adapters.poller import vendor_for
from monitor.adapters.store_trouble import Trouble
from monitor.config.models import Integration
from monitor.config.pushes import Status
from monitor.core.graph import home
from monitor.core.model import Finding, Urgency
from monitor.core.vendor_status import VendorStatus, brief, lowered, said, statuspage, trust
from probes.kit.api import Answer, Ask
from probes.kit.contract import Fault
from probes.kit.transport import Transport

from .surface import Engine

if TYPE_CHECKING:
    from .live import Live

log = structlog.get_logger()

TRUST: Final = "https://api.status.salesforce.com"
CAP: Final = 4 << 20  # bytes: pages of large vendors name hundreds of parts
PATIENCE: Final = 20.0  # seconds for one answer
MISSED: Final = 3  # intervals after which what was read is no news any more


def address(own: Status) -> str:
    """What is asked."""
    if own.instance is not None:
        return f"{TRUST}/v1/instances/{quote(own.instance, safe='')}/status"
    return f"{own.page}/api/v2/summary.json"


def link(own: Status) -> str:
    """Where a person looks."""
    if own.instance is not None:
        return f"https://status.salesforce.com/instances/{quote(own.instance, safe='')}"
    return own.page or ""


def vendor_of(config: Integration) -> str:
    """What its vendor is called."""
    if config.rest is None and config.attested is None:
        return vendor_for(config).title
    return config.title or config.name


def status_of(engine: Engine, name: str) -> VendorStatus | None:
    """What the vendor of an integration says now; None where no status page is named for it. Unknown before it was
    asked, and again when nobody could ask for a while."""
    live: Live | None = engine.integrations.get(name)
    if live is None or live.config.status is None:
        return None
    found, own = live.status, live.config.status
    if found is None or live.status_by != own:
        return VendorStatus("unknown", why="it was not asked yet")
    if found.read_at is not None and engine.clock.now() - found.read_at > MISSED * own.every:
        return VendorStatus("unknown", read_at=found.read_at, why="it was not asked for a while")
    return found


def told(engine: Engine) -> dict[str, str]:
    """For the texts of alerts, in few words: by integration, of those that say something."""
    found = {name: status_of(engine, name) for name in engine.integrations}
    words = {name: brief(one) for name, one in found.items() if one is not None}
    return {name: said for name, said in words.items() if said}


def urgency(engine: Engine, finding: Finding) -> Urgency:
    """How urgent a finding is now. See `vendor_status.lowered`."""
    verdict, at = finding.claim.verdict, finding.address
    own = verdict.urgency if verdict is not None else Urgency.DIGEST
    return lowered(own, at.source, at.fact, finding.first_seen_at, status_of(engine, home(at)))


class Statuses:
    """Asks. Two integrations that name the same page, by the same way, ask once."""

    def __init__(self) -> None:
        self._answers: dict[tuple[object, ...], Answer] = {}

    async def look(self, engine: Engine) -> None:
        """All that are due."""
        due: dict[tuple[object, ...], list[Live]] = defaultdict(list)
        now = engine.clock.now()
        for live in engine.integrations.values():
            own = live.config.status
            if own is None or live.removed_at is not None:
                continue
            if live.status_by != own or live.status_at is None or now - live.status_at >= own.every:
                due[_way(live)].append(live)
        for way, lives in due.items():
            await self._one(engine, way, lives)
        ways = {_way(live) for live in engine.integrations.values() if live.config.status is not None}
        self._answers = {way: answer for way, answer in self._answers.items() if way in ways}

    async def _one(self, engine: Engine, way: tuple[object, ...], lives: list[Live]) -> None:
        why, answer = "", None
        try:
            answer = await self._ask(way, lives[0])
        except Fault as fault:
            why = fault.message
        for live in lives:
            own = live.config.status
            if own is None:
                continue
            now = engine.clock.now()
            found = _unread(why, now) if answer is None else _read(own, answer, now)
            if live.status is None or live.status.state != found.state:
                log.info("a vendor's own status", integration=live.name, state=found.state, why=found.why)
            await _keep(engine, live, found, now)
            live.status, live.status_by, live.status_at = found, own, now

    async def _ask(self, way: tuple[object, ...], live: Live) -> Answer:
        """The page as it is now; what did not change since the last time is not sent again. Raises Fault."""
        own, config = live.config.status, live.config
        assert own is not None  # noqa: S101 - it is due
        known = self._answers.get(way)
        transport = Transport(
            allow_private=own.allow_private, proxy=config.proxy, ca_file=config.ca_file, cap=CAP
        )  # fmt: skip
        try:
            answer = await transport.send(Ask("/"), address(own), _validators(known), PATIENCE)
        finally:
            await transport.close()
        if answer.status == 304 and known is not None:
            return known
        if answer.status != 200:
            raise Fault(f"the page answers {answer.status}")
        self._answers[way] = answer
        return answer


async def _keep(engine: Engine, live: Live, found: VendorStatus, now: float) -> None:
    """When trouble began and when it was over, for the timeline. What is not known ends nothing."""
    if found.state == "unknown":
        return
    begun = Trouble(live.name, now, None, found.state, said(found, vendor_of(live.config))) if found.trouble else None
    there = await store_trouble.lasting(engine.store, live.name)
    if (there.state if there else "") == (begun.state if begun else ""):
        return
    async with engine.store.transaction() as tx:
        await store_trouble.end(tx, live.name, now)
        if begun is not None:
            await store_trouble.begin(tx, begun)


def _way(live: Live) -> tuple[object, ...]:
    own = live.config.status
    assert own is not None  # noqa: S101 - asked of those alone that have one
    return address(own), own.allow_private, live.config.proxy, live.config.ca_file


def _validators(known: Answer | None) -> Mapping[str, str]:
    if known is None:
        return {}
    pairs = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
    return {name: known.headers[told] for name, told in pairs if known.headers.get(told)}


def _read(own: Status, answer: Answer, now: float) -> VendorStatus:
    return trust(answer.raw, now) if own.instance is not None else statuspage(answer.raw, own.components, now)


def _unread(why: str, now: float) -> VendorStatus:
    return VendorStatus("unknown", read_at=now, why=f"it could not be asked: {why}")
