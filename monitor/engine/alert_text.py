"""The text of an alert, for somebody who is woken by it and reads it on a phone, signed in nowhere. Pure.

What is not known is said to be so in few words, and never guessed. Each part has its own room, so that the whole keeps
under `LONGEST` whatever a vendor's text says, and no part pushes another one out.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import Final

import msgspec

from monitor.core.model import Urgency
from monitor.core.visible import flat

LONGEST: Final = 900  # characters
UNKNOWN: Final = "not known"
# The room of each part, in characters; with what stands between them they fill LONGEST.
_WHAT, _HIT, _CHANGE, _VENDOR, _FIRST, _WAIT, _OWNER, _CONTACT, _LINK = 130, 75, 100, 60, 100, 65, 30, 40, 100
# What chats read as more than text: their own markup, mentions, links.
_MARKUP: Final = str.maketrans({"<": "‹", ">": "›", "`": "'"})
_MENTION: Final = re.compile(r"(?<![A-Za-z0-9._%+-])@(?=\w)")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say. Times are epoch seconds UTC, said in `zone`; what is empty or None is not known. `what`:
    what stopped, or changed; `hit`: rows or people that it affects; `good_at`: the end of the last good run; `change`:
    the most likely cause, with its `change_at` and `change_link`; `vendor`: what the vendor's public status says;
    `waits`: whether it may wait until nine, with `because`; `owner`: the team, with its `contact`; `link`: the page."""

    urgency: Urgency
    what: str
    since: float
    hit: str = ""
    good_at: float | None = None
    change: str = ""
    change_at: float | None = None
    change_link: str = ""
    vendor: str = ""
    first: str = ""
    waits: bool = True
    because: str = ""
    owner: str = ""
    contact: str = ""
    link: str = ""
    zone: tzinfo


def text(told: Told) -> str:
    """At most `LONGEST` characters of plain text: all eight parts for what pages, fewer for what can wait."""
    what = f"{said(told.what, _WHAT).rstrip('.')}, since {moment(told.since, told.zone)}."
    good = moment(told.good_at, told.zone) if told.good_at is not None else UNKNOWN
    hit, first = said(told.hit, _HIT) or UNKNOWN, said(told.first, _FIRST) or UNKNOWN
    wait = f"{'yes' if told.waits else 'no'}: {said(told.because, _WAIT) or UNKNOWN}"
    owner = ", ".join(filter(None, (said(told.owner, _OWNER), said(told.contact, _CONTACT)))) or UNKNOWN
    if told.urgency is not Urgency.PAGE:
        lines = [what, f"AFFECTED: {hit}", *_vendor(told), f"FIRST: {first}", f"WAIT UNTIL 9:00? {wait}"]
        return "\n".join([*lines, f"OWNER: {owner}", *_link(told.link)])
    lines = [f"STOPPED: {what}", f"AFFECTED: {hit}", f"LAST GOOD RUN: {good}", f"LIKELY CHANGE: {_change(told)}"]
    lines += _vendor(told) or [f"VENDOR STATUS: {UNKNOWN}"]
    return "\n".join([*lines, f"FIRST: {first}", f"WAIT UNTIL 9:00? {wait}", f"OWNER: {owner}"])


def summary(told: Told) -> str:
    """One line, for a title: what, without when."""
    return said(told.what, _WHAT)


def said(words: str, room: int) -> str:
    """The sink for text on its way into an alert: one line of at most so many characters, in which no chat finds
    markup, a mention or a link, and in which nothing hides."""
    line = _MENTION.sub("(at)", flat(words.strip()).translate(_MARKUP)).replace("](", "] (").replace("://", "[:]//")
    return line if len(line) <= room else f"{line[: room - 1].rstrip()}…"


def moment(at: float, zone: tzinfo) -> str:
    """`Tue 22 Sep 03:04 CEST`: with its zone, since who reads it may be in another."""
    return datetime.fromtimestamp(at, zone).strftime("%a %d %b %H:%M %Z")


def _change(told: Told) -> str:
    if not told.change:
        return "none seen in the day before" + "".join(f" · {link}" for link in _link(told.link))
    when = f", {moment(told.change_at, told.zone)}" if told.change_at is not None else ""
    return f"{said(told.change, _CHANGE).rstrip('.')}{when}" + "".join(f" · {one}" for one in _link(told.change_link))


def _vendor(told: Told) -> list[str]:
    return [f"VENDOR STATUS: {said(told.vendor, _VENDOR)}"] if told.vendor else []


def _link(address: str) -> list[str]:
    """An address is whole or left out: half of one leads elsewhere."""
    return [address] if address and len(address) <= _LINK else []
