"""The plain values of the paper trail: entries for readers, what a verification found, and the report. Times are epoch
seconds UTC."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from monitor.core.observing import Gap


class TrailRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. `says` tells what was done in a sentence; `why` is the reason that was given; `peer` the network
    address, `via` the way; `state` and `commit` are what became of the decision; `url` shows the commit where its
    host's pages are known."""

    number: int
    at: float
    who: str
    via: str
    peer: str
    what: str
    says: str
    why: str
    ticket: str
    system: str
    findings: tuple[str, ...]
    decision: str
    state: str
    commit: str
    url: str
    hash: str


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification found. `entries` is the number of the last one; `commits` those that name an entry;
    `decisions` those whose commit was looked for; `problems` what is wrong, `more` how many are not listed, `unknown`
    what could not be looked at; all in sentences."""

    at: float
    entries: int
    commits: int
    decisions: int
    remote: bool
    problems: tuple[str, ...] = ()
    more: int = 0
    unknown: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        return not self.problems


class TrailPage(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first. `newest` is the number of the last entry there is; `verified` the last verification, None before
    the first."""

    items: tuple[TrailRow, ...]
    total: int
    number: int
    size: int
    newest: int
    verified: Verified | None = None

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


class DecidedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One decision in a report. `changes` are sentences; `makers` who made the changes at the vendor, as far as it is
    known; `apart` says whether the maker is another person than who decided: yes, no, not known, or policy; of what two
    different people agreed to, one of them always is. `second` is who confirmed or declined it."""

    number: int
    at: float
    kind: str
    system: str
    changes: tuple[str, ...]
    findings: tuple[str, ...]
    makers: tuple[str, ...]
    by: str
    via: str
    apart: str
    ticket: str
    reason: str
    state: str
    commit: str
    second: str = ""


class Partly(msgspec.Struct, frozen=True):
    """Readings that brought not all that was asked for, for one reason."""

    reason: str
    readings: int
    since: float
    until: float


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """How one system was watched between `since` and `until`: `observed` seconds of them, by the schedule of now.
    `note` says why the time is shorter than was asked for."""

    system: str
    since: float
    until: float
    observed: float
    readings: Mapping[str, int]
    gaps: tuple[Gap, ...] = ()
    partly: tuple[Partly, ...] = ()
    note: str = ""

    @property
    def share(self) -> float:
        """0..1; nothing to watch is all of it."""
        return self.observed / (self.until - self.since) if self.until > self.since else 1.0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What an auditor asks of a stretch of days, both included, in the time zone `zone`. `decisions` are those on facts
    and files, `others` acknowledgements and the like; `entries` are the other lines of the trail in it: overrides,
    reloads, what was approved outside; `sign_ins` counts them by who and what."""

    stack: str
    first: str
    last: str
    zone: str
    since: float
    until: float
    at: float
    decisions: tuple[DecidedRow, ...]
    releases: tuple[DecidedRow, ...]
    others: tuple[DecidedRow, ...]
    overrides: tuple[TrailRow, ...]
    outside: tuple[TrailRow, ...]
    reloads: tuple[TrailRow, ...]
    tokens: tuple[TrailRow, ...]
    sign_ins: Mapping[str, Mapping[str, int]]
    observed: tuple[Observed, ...]
    verified: Verified | None = None
