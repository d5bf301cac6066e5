"""Hours of the stack's time zone in which messages wait. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo

from monitor.config.notifying import Quiet


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
