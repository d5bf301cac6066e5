"""The first look: what is already wrong or worth knowing in what was read, before anything drifts.

It reads the last good facts of every scope once, one scope at a time, and says what it could not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from monitor.core import body as bodies
from monitor.core.model import Body, Known
from probes.kit.contract import Kind, Ref, State

from .rows import who
from .shapes import FirstLook, Look
from .surface import Engine
from .words import named

SECTIONS = (
    "Syncs",
    "Credentials",
    "End of life",
    "Integration user",
    "Administrators and exporters",
    "Look-alike fields",
    "Cannot be seen",
)
DAY = 86400.0
STALE = 2 * DAY  # without a schedule that says otherwise, a sync that has not succeeded for so long is stale
SOON = 30 * DAY
SUNSET = 180 * DAY
_STRONG = ("modify_all", "view_all", "manage_users", "customize", "author_code", "export", "admin")


async def first_look(engine: Engine) -> FirstLook:
    """Everything that stands out, section by section, worst first."""
    now, name = engine.clock.now(), who(engine)
    lines: list[Look] = []
    unread: list[str] = []
    for integration, live in sorted(engine.integrations.items()):
        lines += _syncs(integration, live, now)
        lines += _credentials(integration, live, now)
        lines += _sunsets(integration, live, now)
        lines += _blind(integration, live)
        for ref, known in sorted(live.known.items()):
            if ref.kind not in (Kind.FIELD, Kind.PERMISSION, Kind.PLATFORM):
                continue
            body = await _body(engine, known)
            if body is None:
                unread.append(f"{integration}: {ref.kind} {ref.name}")
                continue
            lines += _facts(integration, live, body, now, name)
    rank = {"breaking": 0, "warning": 1, "info": 2}
    lines.sort(key=lambda line: (SECTIONS.index(line.section), rank[line.level], line.integration, line.where))
    return FirstLook(now, tuple(lines), SECTIONS, tuple(unread))


async def _body(engine: Engine, known: Known) -> Body | None:
    digest = known.good_digest or known.digest
    raw = await engine.store.content(digest) if digest else None
    return bodies.decode(raw) if raw else None


def _syncs(integration: str, live: Any, now: float) -> Iterator[Look]:
    for (scope, key), sample in sorted(live.samples.items()):
        where = f"{scope}/{key}"
        if sample.state == "failing":
            since = f" since {_day(sample.failed_at)}" if sample.failed_at else ""
            yield Look(
                "Syncs",
                "breaking",
                integration,
                where,
                f"{key} is failing{since}",
                "Look at its last run at the vendor.",
            )
        elif sample.state == "ok" and sample.succeeded_at and now - sample.succeeded_at > STALE:
            days = int((now - sample.succeeded_at) // DAY)
            yield Look(
                "Syncs",
                "warning",
                integration,
                where,
                f"{key} last succeeded {days} days ago",
                "Ask whether it should still run.",
            )
        if sample.rows_failed:
            said = f"{key} rejected {sample.rows_failed} rows in its last run"
            yield Look("Syncs", "warning", integration, where, said, "Read the vendor's list of rejected rows.")


def _credentials(integration: str, live: Any, now: float) -> Iterator[Look]:
    ends = live.vantage.credential_expires_at if live.vantage else None
    if ends is not None and ends - now < SOON:
        level = "breaking" if ends <= now else "warning"
        words = f"The credential ended on {_day(ends)}" if ends <= now else f"The credential ends on {_day(ends)}"
        yield Look("Credentials", level, integration, "credential", words, "Renew it, then run driftline doctor.")


def _sunsets(integration: str, live: Any, now: float) -> Iterator[Look]:
    for what, at in sorted((live.signals.sunset if live.signals else {}).items()):
        if at - now < SUNSET:
            yield _sunset(integration, what, at, now)


def _sunset(integration: str, what: str, at: float, now: float) -> Look:
    words = f"{what} {'ended' if at <= now else 'ends'} on {_day(at)}"
    return Look(
        "End of life",
        "breaking" if at - now < SOON else "warning",
        integration,
        what,
        words,
        "Move to a newer version.",
    )


def _blind(integration: str, live: Any) -> Iterator[Look]:
    told: dict[tuple[str, str], int] = {}
    for known in live.known.values():
        c = known.coverage
        if c.state not in (State.COMPLETE, State.UNSUPPORTED):
            key = (str(c.state), c.reason)
            told[key] = told.get(key, 0) + 1
    for coverage, _ in live.reads.values():
        if coverage.state not in (State.COMPLETE, State.UNSUPPORTED):
            told.setdefault((str(coverage.state), coverage.reason), 0)
    for (state, reason), count in sorted(told.items()):
        much = f"{count} scopes" if count != 1 else "1 scope"
        words = f"{much if count else 'Reads'} {state}: {reason or 'the vendor gave no reason'}"
        yield Look(
            "Cannot be seen", "warning", integration, state, words, "Give the missing grant, or set the watch to off."
        )


def _facts(integration: str, live: Any, body: Body, now: float, name: Callable[[str], str]) -> Iterator[Look]:
    match body.ref.kind:
        case Kind.FIELD:
            yield from _alike(integration, body)
        case Kind.PERMISSION:
            yield from _powers(integration, live, body, name)
        case Kind.PLATFORM:
            yield from _ends(integration, body, now)


def _alike(integration: str, body: Body) -> Iterator[Look]:
    """Fields of one object that a person cannot tell apart by their label."""
    labels: dict[str, list[str]] = {}
    for key, row in body.rows.items():
        label = row.facts.get("label")
        if isinstance(label, str) and (plain := "".join(c for c in label.casefold() if c.isalnum())):
            labels.setdefault(plain, []).append(key)
    for keys in labels.values():
        if len(keys) > 1:
            first = sorted(keys)
            label = body.rows[first[0]].facts["label"]
            words = f'{", ".join(first[:4])}{" …" if len(first) > 4 else ""} are all labelled "{label}"'
            yield Look(
                "Look-alike fields",
                "info",
                integration,
                f"{body.ref.name}/{first[0]}",
                words,
                "Rename or retire all but one.",
            )


def _powers(integration: str, live: Any, body: Body, name: Callable[[str], str]) -> Iterator[Look]:
    own = live.vantage.subject if live.vantage else ""
    for key, row in sorted(body.rows.items()):
        if row.facts.get("active") is False:
            continue
        held = [power for power in _STRONG if row.facts.get(power) is True]
        held += [power for power in row.facts.get("powers") or () if isinstance(power, str) and power in _STRONG]
        if not held:
            continue
        said = ", ".join(dict.fromkeys(power.replace("_", " ") for power in held))
        shown = named(key, name)
        if own and key == own:
            words = f"The credential's own user {shown} holds {said}"
            yield Look(
                "Integration user",
                "warning",
                integration,
                _where(body.ref, shown),
                words,
                "Give it no more than reading takes.",
            )
        elif body.ref.name == "users" or "admin" in held or "export" in held:
            level = "warning" if "admin" in held else "info"
            yield Look(
                "Administrators and exporters",
                level,
                integration,
                _where(body.ref, shown),
                f"{shown} holds {said}",
                "Confirm that it should.",
            )


def _ends(integration: str, body: Body, now: float) -> Iterator[Look]:
    for key, row in sorted(body.rows.items()):
        at = _instant(row.facts)
        if at is not None and at - now < SUNSET:
            yield _sunset(integration, f"{body.ref.name} {key}", at, now)


def _instant(facts: Mapping[str, Any]) -> float | None:
    value = facts.get("sunset_on")
    if isinstance(value, (int, float)):
        return float(value)
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp() if isinstance(value, str) else None
    except ValueError:
        return None


def _where(ref: Ref, key: str) -> str:
    return f"{ref.name}/{key}"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
