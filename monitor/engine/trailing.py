"""The paper trail for readers: its entries as sentences, by who, what, system and days."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec

from monitor.adapters import store_trail
from monitor.adapters.pseudonyms import PEER
from monitor.adapters.records import Decision, TrailEntry
from monitor.adapters.store_trail import Wanted
from monitor.core.ignores import last_day

from .auditing import FLAG
from .request import Refused
from .surface import Engine
from .trail_shapes import TrailPage, TrailRow, Verified

# What became of a decision.
GIT: Final = ("queued", "committed", "proposed", "merged", "unmerged", "already", "conflicted")
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {  # words under which a reader looks for entries
    "releases": ("release",),
    "overrides": ("overrides changed",),
    "reloads": ("reload", "reload refused"),
    "sign-ins": ("signed in", "signed out", "sign-in refused", "sign-in link made", "access ended"),
    "tokens": ("token created", "token revoked", "person forgotten", "person removed"),
    "second": ("confirmed", "declined", "withdrawn", "lapsed"),
    "outside": ("approved outside", "gave way to the remote", "remote rewritten", "pushed, waits", "in force"),
    "pushes": ("push refused", "attested"),
    "drills": ("drill begun", "drill ended"),
    "git": GIT,
}
DECISIONS: Final = "decisions"  # all that is in no group but the first
OTHER: Final = frozenset(word for name, words in GROUPS.items() if name != "releases" for word in words)
REFUSED: Final[Mapping[str, str]] = {
    "header": "what the proxy said of them is not clear",
    "address": "a header named somebody, from an address that may not",
    "name": "the name is not theirs, or none",
    "group": "no group of theirs gives a right",
    "provider": "what came back from the provider is not good",
    "state": "an answer of the provider that this browser did not ask for",
}
_PSEUDONYM: Final = re.compile(r"p-[0-9a-f]{10}")
_SCP: Final = re.compile(r"(?:[\w.-]+@)?([\w.-]+):(?!//)([\w./~-]+)")
_SHOWN: Final = 5  # of a list, in a sentence


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries a reader wants. `what` is a word of entries or a name of GROUPS or `decisions`; `first` and `last`
    are days (YYYY-MM-DD) in the stack's time zone, both included."""

    who: str = ""
    what: str = ""
    system: str = ""
    first: str = ""
    last: str = ""


async def trail(engine: Engine, asked: Asked, number: int = 1, size: int = 50) -> TrailPage:
    """Newest first. Raises Refused for a day that is none."""
    entries, total = await store_trail.page(engine.store, _wanted(engine, asked), (number - 1) * size, size)
    return TrailPage(
        items=await rows(engine, entries), total=total, number=number, size=size,
        newest=await engine.store.newest_trail(), verified=await verified(engine),
    )  # fmt: skip


async def walk(engine: Engine, asked: Asked, before: int | None, limit: int) -> tuple[tuple[TrailRow, ...], int]:
    """The newest that have a number under `before`, and how many there are in all. Raises Refused."""
    entries, total = await store_trail.page(engine.store, _wanted(engine, asked), 0, limit, before)
    return await rows(engine, entries), total


def _wanted(engine: Engine, asked: Asked) -> Wanted:
    what = GROUPS.get(asked.what, (asked.what,) if asked.what and asked.what != DECISIONS else ())
    since, until = span(asked.first, asked.last, engine.config.zone)
    return Wanted(
        who=asked.who, what=what, but=OTHER if asked.what == DECISIONS else (), system=asked.system, since=since,
        until=until,
    )  # fmt: skip


async def verified(engine: Engine) -> Verified | None:
    """What the last verification found."""
    kept = await engine.store.flag(FLAG)
    return msgspec.json.decode(kept, type=Verified) if kept else None


def span(first: str, last: str, zone: tzinfo) -> tuple[float | None, float | None]:
    """From the beginning of one day to the end of another, in epoch seconds. Raises Refused."""
    problems = []
    days: list[date | None] = []
    for name, text in (("from", first), ("to", last)):
        day = last_day(text) if text else None
        days.append(day)
        if text and (day is None or day == date.max):
            problems.append(f"{name}: expected a day such as 2026-12-31, found {text[:40]!r}.")
    if days[0] and days[1] and days[0] > days[1]:
        problems.append(f"from: {first} is after {last}; give the earlier day first.")
    if problems:
        raise Refused(*problems)
    start, end = days
    return (
        datetime.combine(start, time(), zone).timestamp() if start else None,
        datetime.combine(end + timedelta(days=1), time(), zone).timestamp() if end else None,
    )


async def rows(engine: Engine, entries: Sequence[TrailEntry]) -> tuple[TrailRow, ...]:
    """Entries with names in the place of pseudonyms that are still known, and with what became of their decisions."""
    name = await namer(engine, entries)
    decisions: dict[str, Decision | None] = {}
    for one in entries:
        if one.decision and one.decision not in decisions:
            decisions[one.decision] = await engine.store.decision(one.decision)
    return tuple(_row(engine, one, decisions.get(one.decision), name) for one in entries)


async def namer(engine: Engine, entries: Iterable[TrailEntry]) -> Callable[[str], str]:
    """Puts names into a text; one that was forgotten stays a pseudonym."""
    found: set[str] = set()
    for one in entries:
        found.update(_PSEUDONYM.findall(f"{one.who} {one.subject} {msgspec.json.encode(one.data).decode()}"))
    known = await store_trail.names(engine.store, found)
    return lambda text: _PSEUDONYM.sub(lambda at: known.get(at.group(), at.group()), text)


def _row(engine: Engine, one: TrailEntry, decision: Decision | None, name: Callable[[str], str]) -> TrailRow:
    data = one.data
    commit = str(data.get("sha", "")) or (decision.sha if decision is not None else "")
    return TrailRow(
        number=one.seq,
        at=one.at,
        who=name(one.who),
        via=str(data.get("via", "")),
        peer=name(str(data.get(PEER, ""))),
        what=one.what,
        says=name(_says(one)),
        why=name(_why(one)),
        ticket=str(data.get("ticket", "")),
        system=name(one.subject),
        findings=tuple(str(id) for id in data.get("findings", ())),
        decision=one.decision,
        state=str(decision.state) if decision is not None else "",
        commit=commit,
        url=commit_url(engine.baselines.repository, commit),
        hash=one.hash.hex(),
    )


def _says(one: TrailEntry) -> str:
    """What an entry tells beside its word, in a sentence."""
    data = one.data
    if one.what == "overrides changed":
        parts = [f"{_override(item)} from now on" for item in data.get("added", ())]
        return _listed([*parts, *(f"{_override(item)} no more" for item in data.get("ended", ()))])
    if one.what == "reload refused":
        return _listed([str(item) for item in data.get("problems", ())], int(data.get("count", 0)))
    if one.what == "reload":
        return "the new configuration is in use" if data.get("changed") else "the files say the same as before"
    if one.what in ("token created", "sign-in link made"):
        teams = ", ".join(str(team) for team in data.get("teams", ()))
        return f"for {one.subject}, as {data.get('role', '')}{teams and f' of {teams}'}"
    if one.what in ("token revoked", "person forgotten", "person removed"):
        return f"of {one.subject}" if one.what == "token revoked" else one.subject
    if one.what == "signed in":
        return f"as {data.get('role', '')}"
    if one.what == "access ended":
        return f"{data.get('count', 0)} sessions and tokens ended: no group gives a right any more"
    if one.what == "sign-in refused":
        how = str(data.get("how", "token"))
        return f"{REFUSED.get(how, f'a {how} opens nothing')}; try {data.get('times', 1)} from there within the hour"
    if one.what in ("approved outside", "pushed, waits", "in force"):
        return _listed([str(path) for path in data.get("paths", ())])
    if one.what == "gave way to the remote":
        return _listed([str(item) for item in data.get("lost", ())]) or "its history was rewritten"
    if one.what == "remote rewritten":
        return "the remote's branch lost commits that it had"
    if one.what in GROUPS["second"]:
        return f"the {data.get('kind', 'decision')} that was asked for"
    if one.what == "drill ended":
        at = data.get("accepted"), data.get("resolved")
        words = zip(("accepted", "resolved"), at, strict=True)
        return ", ".join(f"not {word}" if after is None else f"{word} after {after:.1f} s" for word, after in words)
    if one.what == "rename":
        return f"it was called {data.get('from', '')}"
    if one.what in ("recapture", "recapture dropped"):
        return f"account {data.get('account', '')}"
    names = ("note", "standing", "planned", "ignore", "correction")
    return str(next((data[name] for name in names if data.get(name)), ""))


def _why(one: TrailEntry) -> str:
    """The reason that was given; of a commit of somebody's own, its first line."""
    words = one.data.get("reason") or (one.data.get("subject") if one.what == "approved outside" else "")
    if one.what == "overrides changed":
        words = _listed([str(item.get("reason", "")) for item in one.data.get("added", ())])
    return str(words or "")


def _override(item: Mapping[str, Any]) -> str:
    return f"{item.get('rule', '')} on {item.get('pattern', '')} is {item.get('level', '')}"


def _listed(parts: Sequence[str], count: int = 0) -> str:
    more = max(count, len(parts)) - _SHOWN
    return "; ".join(parts[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def commit_url(repository: str, commit: str) -> str:
    """The page of a commit at a host of repositories that has one: GitHub, GitLab and those like them; "" where the
    repository is a folder. Credentials of the address are left out."""
    if not repository or not commit:
        return ""
    parts = urlsplit(repository)
    if parts.scheme in ("http", "https", "ssh") and parts.hostname:
        port = f":{parts.port}" if parts.port and parts.scheme != "ssh" else ""
        scheme, host, path = "http" if parts.scheme == "http" else "https", f"{parts.hostname}{port}", parts.path
    elif found := _SCP.fullmatch(repository):
        scheme, host, path = "https", found[1], f"/{found[2]}"
    else:
        return ""
    return f"{scheme}://{host}{quote(path.rstrip('/').removesuffix('.git'))}/commit/{commit}"
