"""Hours of the stack's time zone: when messages wait, and when what comes by the day, week or month is due. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final, Literal

from monitor.config.notifying import Quiet

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Every = Literal["daily", "weekly", "monthly"]


def due(quiet: Quiet | None, urgency: str, now: float, zone: tzinfo) -> float:
    """From when on a message of that urgency may be sent: now, or the end of the quiet hours that it falls into."""
    if quiet is None or (urgency == "page" and not quiet.page):
        return now
    here = datetime.fromtimestamp(now, zone)
    begins, ends = time.fromisoformat(quiet.begins), time.fromisoformat(quiet.ends)
    at = here.time().replace(tzinfo=None)
    over_night = begins > ends
    inside = (at >= begins or at < ends) if over_night else begins <= at < ends
    if not inside:
        return now
    day = here.date() + timedelta(days=1) if over_night and at >= begins else here.date()
    return max(now, datetime.combine(day, ends, zone).timestamp())


def newest(every: Every, hour: int, day: str, now: float, zone: tzinfo) -> tuple[float, date]:
    """The newest moment at which it was due, and the day of it. `day`: of what comes weekly; what comes monthly is due
    on the first."""
    one = datetime.fromtimestamp(now, zone).date()
    while True:
        fits = every == "daily" or (one.weekday() == DAYS.index(day) if every == "weekly" else one.day == 1)
        at = datetime.combine(one, time(hour), zone).timestamp()
        if fits and at <= now:
            return at, one
        one -= timedelta(days=1)
