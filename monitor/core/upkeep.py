"""What runs out by itself: credentials, API versions, quotas, announced changes that never came, failed pushes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import inf
from typing import Any

import msgspec

from probes.kit.contract import Kind

from .graph import pattern_matches
from .model import Action, Address, Claim, Covered, Evaluation, Source
from .planned import PlannedChange
from .standing import Standing

DAY = 86_400.0
LAPSES = 7 * DAY  # how long before its end a standing approval is announced
OVERDUE = 7 * DAY  # how long it is said that an announced change never came


class Upkeep(msgspec.Struct, frozen=True, kw_only=True):
    """`sunset`: endpoint or version -> epoch seconds of its end. `quota_*` are calls. `push_fault`: why the baselines
    could not be pushed. `came`: of each planned change, the paths (integration/kind/scope/key/fact) of the drift that
    is part of it; `looked`: when the system was read last, since what came at the end of a time is seen after it;
    `said`: claims that were made already, such as those about ignores. `held`: standing approval -> (changes that it
    would take, its cap); `lapsing`: those whose end is to be told."""

    subject: str
    reading: int
    at: float
    credential_expires_at: float | None = None
    sunset: Mapping[str, float] = {}
    quota_used: float | None = None
    quota_limit: float | None = None
    push_fault: str = ""
    planned: Sequence[PlannedChange] = ()
    came: Mapping[str, Collection[str]] = {}
    looked: float = inf
    said: Sequence[Claim] = ()
    held: Mapping[str, tuple[int, int]] = {}
    lapsing: Sequence[Standing] = ()


def upkeep(upkeep: Upkeep) -> Evaluation:
    """Each claim is `changed` while there is time, `narrowed` once it hurts: the rules table rates the two."""
    claims = (
        *_credential(upkeep),
        *_sunset(upkeep),
        *_quota(upkeep),
        *_push(upkeep),
        *_planned(upkeep),
        *_standing(upkeep),
        *upkeep.said,
    )
    return Evaluation(Source.UPKEEP, upkeep.subject, upkeep.reading, upkeep.at, Covered(whole=True), claims)


def _claim(u: Upkeep, scope: str, key: str, fact: str, hurts: bool, after: Any, words: str, item: str = "") -> Claim:
    address = Address(Source.UPKEEP, u.subject, Kind.PLATFORM, scope, key, fact, item)
    return Claim(address, Action.NARROWED if hurts else Action.CHANGED, None, after, words=words)


def _credential(u: Upkeep) -> Iterator[Claim]:
    if u.credential_expires_at is None or u.credential_expires_at - u.at >= 14 * DAY:
        return
    hurts = u.credential_expires_at - u.at < 3 * DAY
    over = u.credential_expires_at <= u.at
    verb, todo = ("ended", "Renew it.") if over else ("ends", "Renew it before reading stops.")
    words = f"The credential {verb} on {_day(u.credential_expires_at)}. {todo}"
    yield _claim(u, "credential", "self", "expires", hurts, [hurts, u.credential_expires_at], words)


def _sunset(u: Upkeep) -> Iterator[Claim]:
    """One claim for each version, and one for all addresses that end on one day: a vendor says it in every answer."""
    ends: dict[str, tuple[float, list[str]]] = {}
    for what, end in sorted(u.sunset.items()):
        key = datetime.fromtimestamp(end, UTC).date().isoformat() if what.startswith("/") else what
        ends.setdefault(key, (end, []))[1].append(what)
    for key, (end, named) in ends.items():
        if end - u.at >= 90 * DAY:
            continue
        hurts = end - u.at < 30 * DAY
        more = len(named) - 1
        several = f" and {more} more address{'es' if more > 1 else ''}" if more else ""
        words = f"The vendor switches {named[0]}{several} off on {_day(end)}. Move to a newer version before that day."
        yield _claim(u, "api", key, "sunset_on", hurts, [hurts, end], words)


def _quota(u: Upkeep) -> Iterator[Claim]:
    if u.quota_used is None or not u.quota_limit or u.quota_used / u.quota_limit < 0.8:
        return
    hurts = u.quota_used / u.quota_limit >= 0.95
    share = "95" if hurts else "80"
    words = f"More than {share} % of the vendor's daily calls are used up, by all who share this account."
    yield _claim(u, "usage", "calls", "quota", hurts, share, words)


def _push(u: Upkeep) -> Iterator[Claim]:
    if u.push_fault:
        words = f"Approved baselines are committed here and could not be pushed: {u.push_fault}"
        yield _claim(u, "baselines", "push", "push", False, None, words)


def _planned(u: Upkeep) -> Iterator[Claim]:
    for plan in u.planned:
        if not plan.end <= u.at < plan.end + OVERDUE:
            continue
        if plan.deployment and plan.closed is None and u.subject in plan.systems[:1]:
            words = f"The deployment {plan.name} was never closed; it ended by itself on {_minute(plan.end)}."
            yield _claim(u, "planned", plan.id, "unclosed", False, None, words)
        if u.looked <= plan.end:
            continue
        came = u.came.get(plan.id, ())
        for pattern in plan.patterns:
            if pattern.split("/")[0] == u.subject and not any(pattern_matches(pattern, path) for path in came):
                words = f"The announced change {plan.name} never came: {pattern}. Its time ended on {_day(plan.end)}."
                yield _claim(u, "planned", plan.id, "missing", False, None, words, pattern)


def _standing(u: Upkeep) -> Iterator[Claim]:
    for id, (count, cap) in sorted(u.held.items()):
        words = (
            f"The standing approval {id} holds: {count} changes here at once, and its cap is {cap} a day. Decide on "
        )
        words += "them, or raise the cap."
        yield _claim(u, "standing", id, "held", False, None, words)
    for one in u.lapsing:
        if one.until - LAPSES <= u.at < one.until + OVERDUE:
            verb = "ended" if one.until <= u.at else "ends"
            words = (
                f"The standing approval {one.id} {verb} on {_day(one.until)}. Renew it, or decide by hand from then."
            )
            yield _claim(u, "standing", one.id, "lapses", False, one.until <= u.at, words)


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%-d %B %Y")


def _minute(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%-d %B %Y at %H:%M UTC")
