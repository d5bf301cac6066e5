"""The report of the paper trail as a file: CSV for a spreadsheet, HTML as one page without anything outside of it.

`cell` is the sink for text on its way into CSV: a spreadsheet takes what begins with one of a few characters for a
formula (owasp.org, CSV Injection), whoever wrote it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime, tzinfo
from io import StringIO
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from monitor.core.visible import escaped
from monitor.engine.trail_shapes import DecidedRow, Observed, Report, TrailRow

from .render import environment
from .text import visible

FORMATS: Final = {"csv": "text/csv; charset=utf-8", "json": "application/json", "html": "text/html; charset=utf-8"}
COLUMNS: Final = (
    "record", "entry", "at", "until", "seconds", "what", "system", "details", "who", "second person", "via", "maker",
    "maker is not approver", "ticket", "reason", "state", "commit", "findings",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\n", "|", "%", "＝", "＋", "－", "＠")


def render(report: Report, form: str) -> str:
    """In one of FORMATS."""
    if form == "csv":
        return as_csv(report)
    if form == "json":
        return escaped(msgspec.json.format(msgspec.json.encode(report), indent=2).decode()) + "\n"
    zone = ZoneInfo(report.zone)
    return environment().get_template("report.html").render(r=report, at=lambda when: _at(when, zone), span=lasted)


def name(report: Report, form: str) -> str:
    """Of the file."""
    return f"driftline-{report.first}-to-{report.last}.{form}"


def as_csv(report: Report) -> str:
    """One table: `record` says what a line is. Instants are ISO 8601 with their offset."""
    page = StringIO()
    writer = csv.writer(page, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for line in _lines(report):
        writer.writerow(cell(line.get(column, "")) for column in COLUMNS)
    return page.getvalue()


def cell(value: Any) -> str:
    """Text that no spreadsheet takes for a formula, with nothing in it that cannot be seen."""
    text = visible(str(value))
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def lasted(seconds: float) -> str:
    """`3 d 4 h 5 m`; less than a minute in seconds."""
    minutes = int(seconds // 60)
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or f"{seconds:.0f} s"


def _at(when: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(when, zone).strftime("%Y-%m-%d %H:%M:%S")


def _lines(report: Report) -> Iterator[dict[str, Any]]:
    zone = ZoneInfo(report.zone)

    def iso(when: float) -> str:
        return datetime.fromtimestamp(when, zone).isoformat(timespec="seconds")

    for record, decided in (
        ("approval", report.decisions), ("release", report.releases), ("other decision", report.others)
    ):  # fmt: skip
        for one in decided:
            yield {"record": record, "at": iso(one.at), **_decided(one)}
    for record, told in (
        ("override", report.overrides), ("approved outside", report.outside), ("reload", report.reloads),
        ("token", report.tokens),
    ):  # fmt: skip
        for entry in told:
            yield {"record": record, "at": iso(entry.at), **_told(entry)}
    for who, counts in sorted(report.sign_ins.items()):
        for what, count in sorted(counts.items()):
            yield {"record": "sign-ins", "who": who, "what": what, "details": count}
    for seen in report.observed:
        times = {"at": iso(seen.since), "until": iso(seen.until), "system": seen.system}
        yield {"record": "observed", **times, "seconds": round(seen.observed), "details": _watched(seen)}
        for gap in seen.gaps:
            times = {"at": iso(gap.since), "until": iso(gap.until), "system": seen.system}
            yield {"record": "gap", **times, "seconds": round(gap.seconds), "reason": gap.reason}
        for part in seen.partly:
            times = {"at": iso(part.since), "until": iso(part.until), "system": seen.system}
            yield {"record": "not complete", **times, "details": f"{part.readings} readings", "reason": part.reason}


def _decided(one: DecidedRow) -> dict[str, Any]:
    return {
        "entry": one.number, "what": one.kind, "system": one.system, "details": "; ".join(one.changes), "who": one.by,
        "second person": one.second,
        "via": one.via, "maker": "; ".join(one.makers), "maker is not approver": one.apart, "ticket": one.ticket,
        "reason": one.reason, "state": one.state, "commit": one.commit, "findings": " ".join(one.findings),
    }  # fmt: skip


def _told(one: TrailRow) -> dict[str, Any]:
    return {
        "entry": one.number, "what": one.what, "system": one.system, "details": one.says, "who": one.who,
        "via": one.via, "ticket": one.ticket, "reason": one.why, "commit": one.commit,
    }  # fmt: skip


def _watched(one: Observed) -> str:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in one.readings.items())
    return "; ".join(part for part in (f"{one.share:.2%} of the time", f"readings: {counts}", one.note) if part)
