"""What an alert says to who is woken by it: the same eight parts in the same order as the alert of a finding
(engine/alert_text.py), made of what Prometheus has itself, since these fire while the daemon says nothing.

Each part is asked for when the alert is told; what there is no series for is said to be not known.
"""

from __future__ import annotations

from typing import Final

import msgspec

UNKNOWN: Final = "not known"
LONGEST: Final = 900  # characters, with names of 63 letters
STACK: Final = ("stack",)
SYSTEM: Final = ("stack", "integration")
SCOPE: Final = (*SYSTEM, "scope")
# Where the stack's own pages are: the daemon says it of itself, so that the same rules serve every stack.
URL: Final = (
    '{{ with printf "driftline_service_info{stack=%q}" $labels.stack | query }}{{ . | first | label "url" }}{{ end }}'
)
# The same as it was last, where the daemon is not scraped: then no label says which stack it is of.
LAST_URL: Final = (
    '{{ with printf "last_over_time(driftline_service_info{instance=~%q}[7d])" (or $labels.instance ".+") | query }}'
    '{{ . | first | label "url" }}{{ end }}'
)


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """Each is a template. `since`: when it began; `hit`: rows or people affected; `good`: the last good run; `change`:
    the most likely change, with its link; `vendor`: its own status; `first`: what to do first; `wait`: why it may not
    wait until nine; `owner`: whose it is."""

    stopped: str
    since: str
    hit: str
    good: str
    change: str
    vendor: str
    first: str
    wait: str
    owner: str

    def whole(self) -> str:
        return "\n".join((
            f"STOPPED: {self.stopped}, since {self.since}.",
            f"AFFECTED: {self.hit}",
            f"LAST GOOD RUN: {self.good}",
            f"LIKELY CHANGE: {self.change}",
            f"VENDOR STATUS: {self.vendor}",
            f"FIRST: {self.first}",
            f"WAIT UNTIL 9:00? no: {self.wait}",
            f"OWNER: {self.owner}",
        ))  # fmt: skip


def asked(expr: str, labels: tuple[str, ...], says: str, missing: str = UNKNOWN) -> str:
    """What `says` makes of the first value of a query, or `missing` where it has none; `{of}` in the query is the place
    of these labels of the alert."""
    of = ", ".join(f"{name}=%q" for name in labels)
    given = " ".join(f"$labels.{name}" for name in labels)
    found = expr.replace("%", "%%").replace("{of}", f"{{{of}}}").replace("{of, ", f"{{{of}, ")
    return f"{{{{ with printf `{found}` {given} | query }}}}{says}{{{{ else }}}}{missing}{{{{ end }}}}"


def moment(expr: str, labels: tuple[str, ...]) -> str:
    """A time in UTC, of a value in epoch seconds."""
    return asked(expr, labels, "{{ . | first | value | humanizeTimestamp }}")


def began(expr: str, labels: tuple[str, ...]) -> str:
    """When it was so first within a day."""
    return moment(f"min_over_time(timestamp({expr})[1d:1m])", labels)


def changes(page: str, labels: tuple[str, ...]) -> str:
    """How many changes are open there, and where they are shown."""
    counted = asked("sum(driftline_drift_open{of})", labels, "{{ . | first | value }} open there", "none open there")
    return f"{counted} · {URL}{page}"


# Of one system: the word of its own status page. Of a stack: how many of them tell of trouble.
VENDOR: Final = asked("driftline_vendor_status{of} == 1", SYSTEM, '{{ . | first | label "state" }}')
VENDORS: Final = asked(
    'count(driftline_vendor_status{of, state!~"operational|unknown"} == 1)', STACK, "trouble at {{ . | first | value }}"
)
