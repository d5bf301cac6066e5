"""What Alertmanager said back, as plain values. Times are epoch seconds UTC."""

from __future__ import annotations

import msgspec


class Silenced(msgspec.Struct, frozen=True):
    """A silence that holds for the finding's alert now. `words` say it whole: until when, by whom, and why."""

    until: float
    by: str
    comment: str
    words: str
