"""What a rule is made of. Only what Prometheus 2.42 knows, the oldest that we test with (Debian 12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from .words import Text

KEEP: Final = "15m"  # a gauge that is not scraped for ten minutes has not gone back to good
BY_TIER: Final = '{{ if eq $labels.tier "1" }}page{{ else }}ticket{{ end }}'

# True of a stack whose findings have reached an Alertmanager within five minutes: one failed push is no gap.
PUSHED: Final = "(max_over_time(driftline_alert_push_success[5m]) == 1)"

Series = Mapping[str, str]  # a series -> its values, as promtool writes them: "0+60x10"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A recording rule, named level:metric:operations as Prometheus advises."""

    name: str
    expr: str


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Series under which an alert fires, and the same with one value that does not cross the threshold, a value each
    minute. `at`: when it is looked at. `lost`: whether it is tried that ten minutes without a value end nothing; that
    there is none is what some alerts are about."""

    firing: Series
    silent: Series
    at: str
    lost: bool = True


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """`severity`: critical, warning or info; `urgency`: page, ticket or digest, or a template of one of them. `why`:
    what it means and what to do first, where the labels say of what. `page`: the page of Driftline that shows it;
    `runbook`: its runbook where that has another name; `holds`: how long it has to be so; `keeps`: how long it stays
    when its series are gone; `pushed`: that findings say the same, so that it fires only while their alerts do not
    reach an Alertmanager. `text`: of one that pages, all that there is to say to who is woken."""

    name: str
    expr: str
    severity: str
    urgency: str
    summary: str
    why: str
    page: str
    case: Case
    runbook: str = ""
    holds: str = "0m"
    keeps: str = KEEP
    pushed: bool = False
    text: Text | None = None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    records: tuple[Record, ...] = ()
    alerts: tuple[Alert, ...] = ()
    interval: str = "1m"
