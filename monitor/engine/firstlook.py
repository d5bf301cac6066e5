"""The first look: what is already wrong or worth knowing in what was read, before anything drifts.

It reads the last good facts of every scope once, one scope at a time, and says what it could not read. Who may do what
is put together from many scopes: that stands in firstlook_rights.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from monitor.adapters.records import Last
from monitor.core import body as bodies
from monitor.core.model import Body, Claim, Source
from monitor.core.naming import called
from probes.kit.contract import Kind, Sample, State
from probes.kit.listing import Vendor
from probes.kit.registry import vendors

from .firstlook_rights import Rights
from .rows import filed, who
from .shapes import FirstLook, Look
from .surface import Engine

SECTIONS = (
    "Syncs",
    "Credentials",
    "End of life",
    "Integration user",
    "Administrators and exporters",
    "Look-alike fields",
    "Cannot be seen",
    "Not watched by choice",
)
LOOKED = frozenset({Kind.FIELD, Kind.PERMISSION, Kind.PLATFORM, Kind.AUTOMATION, Kind.SYNC})
DAY = 86400.0
STALE = 2 * DAY  # without a schedule that says otherwise, a sync that has not succeeded for so long is stale
SOON = 30 * DAY
SUNSET = 180 * DAY
USED = 0.8  # share of the vendor's daily quota from which on it is worth a line


async def first_look(engine: Engine) -> FirstLook:
    """Everything that stands out, section by section, worst first."""
    now, name = engine.clock.now(), who(engine)
    lines: list[Look] = []
    unread: list[str] = []
    for integration, live in sorted(engine.integrations.items()):
        vendor = vendors().get(live.config.vendor)
        lines += _syncs(integration, live, now)
        lines += _credentials(integration, live, now)
        lines += _sunsets(integration, live, vendor, now)
        faults = _faults(engine, integration)
        lines += _blind(integration, live, faults)
        denied = [read for read, (cover, _) in live.reads.items() if cover.state is State.DENIED]
        denied += [read for read, claim in faults.items() if claim.after == "Denied"]
        rights = Rights(integration, live, vendor, engine.config.flows, denied, name)
        versions = Versions(integration)
        for ref, known in sorted(live.known.items()):
            if ref.kind not in LOOKED:
                continue
            body = await _body(engine, known)
            if body is None:
                unread.append(f"{integration}: {ref.kind} {ref.name}")
                continue
            rights.take(body)
            versions.take(body)
            if ref.kind is Kind.FIELD:
                lines += _alike(integration, body)
        lines += rights.lines()
        lines += versions.lines(now)
    rank = {"breaking": 0, "warning": 1, "info": 2}
    lines.sort(key=lambda line: (SECTIONS.index(line.section), rank[line.level], line.integration, line.where))
    return FirstLook(now, tuple(lines), SECTIONS, tuple(unread))


def _faults(engine: Engine, integration: str) -> dict[str, Claim]:
    """Reads that failed before anything was ever known of them: after a restart the ledger alone remembers those."""
    mine = (engine.ledger.findings[id] for id in filed(engine).standing(integration))
    return {
        one.address.scope: one.claim
        for one in mine
        if one.address.source is Source.FAULT and one.address.fact == "read"
    }


async def _body(engine: Engine, known: Last) -> Body | None:
    digest = known.good_digest or known.digest
    raw = await engine.store.content(digest) if digest else None
    return bodies.decode(raw) if raw else None


def _syncs(integration: str, live: Any, now: float) -> Iterator[Look]:
    for (scope, known), sample in sorted(live.samples.items()):
        where, key = f"{scope}/{known}", called(scope, known)

        def line(level: str, words: str, action: str, where: str = where) -> Look:
            return Look("Syncs", level, integration, where, words, action)

        if sample.state == "failing":
            since = f" since {_day(sample.failed_at)}" if sample.failed_at else ""
            why = f": {', '.join(sample.errors[:3])}" if sample.errors else ""
            yield line("breaking", f"{key} is failing{since}{why}", "Look at its last run at the vendor.")
        elif sample.state == "ok" and sample.succeeded_at and _is_stale(sample, now):
            days = int((now - sample.succeeded_at) // DAY)
            yield line("warning", f"{key} last succeeded {days} days ago", "Ask whether it should still run.")
        elif sample.state == "paused":
            yield line("info", f"{key} is paused", "Ask whether it should run.")
        if sample.rows_failed:
            of = f" of {sample.rows_failed + sample.rows_ok}" if sample.rows_ok is not None else ""
            said = f"{key} rejected {sample.rows_failed}{of} rows in its last run"
            yield line("warning", said, "Read the vendor's list of rejected rows.")


def _is_stale(sample: Sample, now: float) -> bool:
    """Nothing is that is not due yet by its own schedule."""
    return now - (sample.succeeded_at or now) > STALE and (sample.due_at is None or now > sample.due_at)


def _credentials(integration: str, live: Any, now: float) -> Iterator[Look]:
    vantage = live.vantage
    if vantage is not None and not vantage.coverage.complete:
        words = f"The credential does not sign in: {vantage.coverage.reason}"
        yield Look("Credentials", "breaking", integration, "credential", words, "Renew it, then run driftline doctor.")
    ends = vantage.credential_expires_at if vantage else None
    if ends is not None and ends - now < SOON:
        level = "breaking" if ends <= now else "warning"
        words = f"The credential ended on {_day(ends)}" if ends <= now else f"The credential ends on {_day(ends)}"
        yield Look("Credentials", level, integration, "credential", words, "Renew it, then run driftline doctor.")
    told = live.signals
    if told and told.quota_limit and told.quota_used is not None and told.quota_used >= USED * told.quota_limit:
        words = f"{told.quota_used:,.0f} of {told.quota_limit:,.0f} calls of the day are used, by everybody together"
        yield Look("Credentials", "warning", integration, "quota", words, "See who calls; poll less often meanwhile.")


def _sunsets(integration: str, live: Any, vendor: Vendor | None, now: float) -> Iterator[Look]:
    """Ends that the vendor announced: those in its file, and those that its answers told of."""
    declared = {} if vendor is None else {what: instant(day) for what, day in vendor.sunset.items()}
    told = live.signals.sunset if live.signals else {}
    for what, at in sorted({**declared, **told}.items()):
        if at is not None and at - now < SUNSET:
            yield _sunset(integration, what, at, now)


def _sunset(integration: str, what: str, at: float, now: float) -> Look:
    words = f"{what} {'ended' if at <= now else 'ends'} on {_day(at)}"
    level = "breaking" if at - now < SOON else "warning"
    return Look("End of life", level, integration, what, words, "Move to a newer version.")


class Versions:
    """Which API versions end, and what still uses them: automations and syncs that say theirs."""

    def __init__(self, integration: str) -> None:
        self.integration = integration
        self.ends: dict[str, float] = {}
        self.users: dict[str, list[str]] = {}

    def take(self, body: Body) -> None:
        for key, row in body.rows.items():
            if body.ref.kind is Kind.PLATFORM and (at := instant(row.facts.get("sunset_on"))) is not None:
                self.ends[key] = at
            version = row.facts.get("api_version")
            if version and body.ref.kind in (Kind.AUTOMATION, Kind.SYNC):
                self.users.setdefault(str(version), []).append(f"{body.ref.name}/{key}")

    def lines(self, now: float) -> Iterator[Look]:
        """A version that something uses is said however far its end is: moving takes long."""
        for version, at in sorted(self.ends.items()):
            users = self.users.get(version, [])
            if users:
                more = f" and {len(users) - 3} more" if len(users) > 3 else ""
                words = f"{', '.join(users[:3])}{more} on API version {version}, which ends on {_day(at)}"
                level = "breaking" if at - now < SOON else "warning" if at - now < SUNSET else "info"
                yield Look("End of life", level, self.integration, users[0], words, "Raise its API version.")
            elif at - now < SUNSET:
                yield _sunset(self.integration, f"API version {version}", at, now)


def _blind(integration: str, live: Any, faults: Mapping[str, Claim]) -> Iterator[Look]:
    told: dict[tuple[str, str], int] = {}
    for known in live.known.values():
        c = known.coverage
        if c.state is not State.COMPLETE:
            key = (str(c.state), c.reason)
            told[key] = told.get(key, 0) + 1
    for coverage, _ in live.reads.values():
        if coverage.state is not State.COMPLETE:
            told.setdefault((str(coverage.state), coverage.reason), 0)
    listings = {read.partition("/")[0] for read, (cover, _) in live.reads.items() if cover.state is not State.COMPLETE}
    for read, claim in sorted(faults.items()):
        if read.partition("/")[0] not in listings:
            action = "Run driftline doctor to see why."
            yield Look("Cannot be seen", "warning", integration, read, claim.words or f"{read} cannot be read", action)
    for (state, reason), count in sorted(told.items()):
        much = f"{count} scopes" if count != 1 else "1 scope"
        words = f"{much if count else 'Reads'} {state}: {reason or 'the vendor gave no reason'}"
        plan = state == State.UNSUPPORTED
        action = "This plan does not have it; set the watch to off." if plan else "Run driftline doctor to see why."
        yield Look("Cannot be seen", "info" if plan else "warning", integration, state, words, action)
    if live.fresh:
        names = f"{', '.join(live.fresh[:4])}{' …' if len(live.fresh) > 4 else ''}"
        action = "Name them under watch, or capture them."
        yield Look("Cannot be seen", "info", integration, names, f"not watched: {len(live.fresh)} new", action)
    for kind, count in sorted((live.signals.unwatched if live.signals else {}).items()):
        off = (
            "scope is not read, because the watch has it"
            if count == 1
            else "scopes are not read, because the watch has them"
        )
        words = f"{count} {kind} {off} off"
        yield Look("Not watched by choice", "info", integration, str(kind), words)


def _alike(integration: str, body: Body) -> Iterator[Look]:
    """Fields of one object that a person cannot tell apart, by their label or by their name."""
    told: set[frozenset[str]] = set()
    for how, read in (("are all labelled", _label), ("differ in their spelling alone", _spelling)):
        groups: dict[str, list[str]] = {}
        for key, row in body.rows.items():
            if row.facts.get("archived") is not True and (said := read(key, row.facts)):
                groups.setdefault(said, []).append(key)
        for keys in groups.values():
            first = sorted(keys)
            if len(first) < 2 or frozenset(first) in told:
                continue
            told.add(frozenset(first))
            label = f' "{body.rows[first[0]].facts["label"]}"' if read is _label else ""
            words = f"{', '.join(first[:4])}{' …' if len(first) > 4 else ''} {how}{label}"
            where = f"{body.ref.name}/{first[0]}"
            yield Look("Look-alike fields", "info", integration, where, words, "Rename or retire all but one.")


def _label(key: str, facts: Mapping[str, Any]) -> str:
    label = facts.get("label")
    return _plain(label) if isinstance(label, str) else ""


def _spelling(key: str, facts: Mapping[str, Any]) -> str:
    """A name without case, separators and the ending that marks a custom one."""
    return _plain(re.sub(r"__[a-z]$", "", key))


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def instant(value: Any) -> float | None:
    if isinstance(value, (int, float)):
        return float(value)
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp() if isinstance(value, str) else None
    except ValueError:
        return None


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
