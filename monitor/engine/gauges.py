"""The metrics' snapshot of an engine: what stands, counted by names from the configuration and closed words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from monitor.adapters.layout import file_name
from monitor.adapters.metrics import BASE, COVERAGE, SYNC_STATES, Health, Labels, Series, Snapshot
from monitor.core.ignores import STATES
from monitor.core.model import Level, Source
from probes.kit.contract import Kind

from . import describing, undelivered
from .choosing import over
from .flowlist import STATES as FLOW_STATES
from .flowlist import flows
from .ignorelist import ignores
from .register import Drawer
from .rows import filed, proposed
from .surface import Engine

_LEVELS = ("breaking", "warning", "info")


def snapshot(engine: Engine) -> Snapshot:
    """Quick: a pass over findings and over each integration's scopes, no I/O."""
    try:
        release = version("driftline")
    except PackageNotFoundError:  # run from a checkout that was not installed
        release = "unknown"
    now = engine.clock.now()
    series = (
        *_findings(engine),
        *_probes(engine),
        *_coverage(engine),
        *_syncs(engine),
        *_flows(engine),
        *_service(engine, now),
    )
    return Snapshot(now, engine.config.stack, release, tuple(series))


def health(engine: Engine) -> Health:
    """Degraded is said and does not make it unready: what works goes on."""
    words = "The configuration on disk is not valid, so the last good one stays in use: {}"
    degraded = [words.format(problem) for problem in getattr(engine, "config_problems", ())]
    degraded += [f"A file of the baselines repository is not used: {one}" for one in engine.baselines.problems]
    degraded += [f"A file of the baselines repository is not in force: {one}" for one in describing.problems(engine)]
    if fault := getattr(engine, "push_fault", ""):
        degraded.append(f"Baselines cannot be pushed: {fault}")
    degraded += [f"The target {target} of notify takes no messages." for target in undelivered.late(engine)]
    degraded += [
        f"{name} had a state of its own before it was to go on with that of {old} (renamed_from), so nothing was "
        f"carried over. Give it a name that was never used here, or take renamed_from out."
        for old in sorted(getattr(engine, "removed", ()))
        for name, own in engine.config.integrations.items()
        if own.renamed_from == old
    ]
    return Health(engine.state, tuple(degraded))


def base(engine: Engine, name: str) -> Labels:
    """The values of BASE for an integration, also for one that is no longer configured."""
    live = engine.integrations.get(name)
    if live is None:
        return (engine.config.stack, name, "", "")
    return (engine.config.stack, name, live.config.vendor, live.config.environment)


def _owner(engine: Engine, owner: str) -> str:
    """A team: an assignee or owner that is none of the configured teams is not a word from the configuration."""
    return owner if owner in engine.config.people.teams else "other" if owner else ""


def _asks(drawer: Drawer) -> bool:
    """Drift of any level waits for an answer; what else is only to be known of does not."""
    return drawer.source == Source.DRIFT or drawer.level > 1


def _findings(engine: Engine) -> Iterator[Series]:
    open_: Counter[Labels] = Counter()
    drift: Counter[Labels] = Counter()
    hidden: Counter[Labels] = Counter()
    new: Counter[Labels] = Counter()
    stands: Counter[Labels] = Counter()
    stack = engine.config.stack
    for name, live in engine.integrations.items():
        where = base(engine, name)
        for level in _LEVELS:
            for source in Source:
                open_[(*where, str(source), level, live.config.owner)] += 0
                hidden[(*where, str(source), level, live.config.owner)] += 0
            for kind in Kind:
                drift[(*where, str(kind), level, live.config.owner)] += 0
    new.update({(stack, team): 0 for team in engine.config.people.teams})
    stands.update({(stack, word): 0 for word in ("open", "suspected", "held", "ignored", "flapping", "policy")})
    known: dict[str, Labels] = {}
    for one in filed(engine).drawers():
        where = known.get(one.integration) or known.setdefault(one.integration, base(engine, one.integration))
        owner, level = _owner(engine, one.owner), Level(one.level).word
        if one.stand != "closed" and one.root:
            stands[stack, one.stand] += one.count
            stands[stack, "flapping"] += one.count * one.flapping
        if one.stand == "ignored":
            hidden[(*where, one.source, level, owner)] += one.count
        if one.stand != "open" or not one.root:
            continue
        if one.policy and not over(engine, one):
            stands[stack, "policy"] += one.count
            continue
        open_[(*where, one.source, level, owner)] += one.count
        if one.source == Source.DRIFT:
            drift[(*where, one.kind, level, owner)] += one.count
        if not one.acknowledged and not one.rejected and _asks(one):
            new[stack, owner] += one.count
    for id in engine.in_pulls:  # answered, and the merge is the answer that is waited for
        finding, card = engine.ledger.findings.get(id), filed(engine).card(id)
        if finding is not None and card is not None and proposed(engine, finding) is not None:
            one = card.drawer
            counted = one.stand == "open" and one.root and not one.acknowledged and not one.rejected
            if counted and not (one.policy and not over(engine, one)):
                new[stack, _owner(engine, one.owner)] -= 1
    yield _series(
        "driftline_finding_open",
        "Open findings that hang under no other.",
        (*BASE, "source", "severity", "owner"),
        open_,
    )
    yield _series(
        "driftline_findings_ignored",
        "Findings that are so and that an ignore holds for.",
        (*BASE, "source", "severity", "owner"),
        hidden,
    )
    states: Counter[Labels] = Counter({(stack, word): 0 for word in STATES})
    states.update((stack, row.state) for row in ignores(engine))
    yield _series("driftline_ignores", "Ignores in the baselines repository.", ("stack", "state"), states)
    yield _series(
        "driftline_drift_open",
        "Open drift that hangs under no other finding.",
        (*BASE, "kind", "severity", "owner"),
        drift,
    )
    yield _series("driftline_review_items_new", "Findings that wait for a first answer.", ("stack", "owner"), new)
    yield _series("driftline_findings", "Findings by where they stand.", ("stack", "stand"), stands)


def _probes(engine: Engine) -> Iterator[Series]:
    rows: dict[str, dict[Labels, float]] = {}

    def put(name: str, labels: Labels, value: float | None) -> None:
        if value is not None:
            rows.setdefault(name, {})[labels] = float(value)

    for name, live in engine.integrations.items():
        where = base(engine, name)
        if live.last_poll_at is not None:
            put("success", where, live.last_ok_at == live.last_poll_at and not live.failures)
        put("last", where, live.last_poll_at)
        put("ok", where, live.last_ok_at)
        put("failures", where, live.failures)
        put("proposals", where, len(live.proposals))
        put("fresh", where, len(live.fresh))
        put("expiry", where, live.vantage.credential_expires_at if live.vantage else None)
        signals = live.signals
        if signals is not None:
            put("limit", where, signals.quota_limit)
            put("used", where, signals.quota_used)
            put("budget", where, signals.budget_left)
            put("resets", where, signals.quota_resets_at)
            put("added", where, signals.added_keys)
            put("sunset", where, min(signals.sunset.values(), default=None))
    for key, metric, says in (
        ("success", "driftline_probe_success", "Whether the newest reading brought something (1) or failed (0)."),
        ("last", "driftline_probe_last_reading_timestamp_seconds", "End of the newest reading."),
        ("ok", "driftline_probe_last_success_timestamp_seconds", "End of the newest reading that did not fail."),
        ("failures", "driftline_probe_consecutive_failures", "Failed readings in a row."),
        ("proposals", "driftline_baseline_uncaptured_scopes", "Scopes read that no baseline covers."),
        ("fresh", "driftline_objects_new_unwatched", "New objects at the vendor that no watch rule names."),
        ("expiry", "driftline_credential_expiry_timestamp_seconds", "When the credential ends."),
        ("limit", "driftline_api_quota_limit", "The vendor's quota, in calls."),
        ("used", "driftline_api_quota_used", "Calls of the quota that are used."),
        ("budget", "driftline_api_budget_remaining", "Calls that Driftline may still make of it."),
        ("resets", "driftline_api_quota_reset_timestamp_seconds", "When the quota starts anew."),
        ("added", "driftline_probe_unknown_keys", "Keys in answers that the vendor file does not know."),
        (
            "sunset",
            "driftline_api_sunset_timestamp_seconds",
            "The soonest announced end of an endpoint or API version.",
        ),
    ):
        yield _series(metric, says, BASE, rows.get(key, {}))


def _coverage(engine: Engine) -> Iterator[Series]:
    scopes: Counter[Labels] = Counter()
    unwatched: Counter[Labels] = Counter()
    oldest: dict[Labels, float] = {}
    for name, live in engine.integrations.items():
        where = base(engine, name)
        for known in live.known.values():
            labels = (*where, str(known.ref.kind))
            for state in COVERAGE:
                scopes[(*labels, state)] += known.coverage.state == state
            if known.good_at is not None:
                oldest[labels] = min(known.good_at, oldest.get(labels, known.good_at))
        for kind, count in (live.signals.unwatched if live.signals else {}).items():
            unwatched[(*where, kind)] = count
    yield _series(
        "driftline_probe_coverage_scopes", "Scopes by how completely they were read.", (*BASE, "kind", "state"), scopes
    )
    reads: Counter[Labels] = Counter()
    for name, live in engine.integrations.items():
        for state in COVERAGE:
            reads[(*base(engine, name), state)] = sum(one.state == state for one, _ in live.reads.values())
    yield _series(
        "driftline_probe_coverage_reads",
        "Reads by how completely they ended, those that never gave anything included.",
        (*BASE, "state"),
        reads,
    )
    yield _series(
        "driftline_probe_oldest_complete_timestamp_seconds",
        "The oldest last complete read among the scopes.",
        (*BASE, "kind"),
        oldest,
    )
    yield _series("driftline_probe_unwatched", "What the watch kept from being fetched.", (*BASE, "kind"), unwatched)


def _syncs(engine: Engine) -> Iterator[Series]:
    labels = (*BASE, "scope")
    states: Counter[Labels] = Counter()
    worst: dict[str, dict[Labels, float]] = {"ok": {}, "lag": {}, "failed": {}}
    for name, live in engine.integrations.items():
        for (scope, _), sample in live.samples.items():
            where = (*base(engine, name), file_name(scope))  # a vendor's name may hold anything, and an alert says it
            for state in SYNC_STATES:
                states[(*where, state)] += sample.state == state
            if sample.succeeded_at is not None:
                worst["ok"][where] = min(sample.succeeded_at, worst["ok"].get(where, sample.succeeded_at))
            if sample.lag is not None:
                worst["lag"][where] = max(sample.lag, worst["lag"].get(where, 0.0))
            if sample.rows_failed is not None:
                worst["failed"][where] = worst["failed"].get(where, 0.0) + sample.rows_failed
    yield _series("driftline_sync_state", "Syncs in each state.", (*labels, "state"), states)
    yield _series(
        "driftline_sync_last_success_timestamp_seconds", "The oldest last success among the syncs.", labels, worst["ok"]
    )
    yield _series("driftline_sync_lag_seconds", "The longest lag among the syncs.", labels, worst["lag"])
    yield _series("driftline_sync_rows_failed", "Rows rejected in the newest runs.", labels, worst["failed"])


def _flows(engine: Engine) -> Iterator[Series]:
    stack = engine.config.stack
    rows = flows(engine)
    states = {(stack, row.id, state): float(row.state == state) for row in rows for state in FLOW_STATES}
    parts = {(stack, row.id): float(len(row.unknown)) for row in rows}
    labels = ("stack", "flow")
    yield _series("driftline_flow_state", "How each flow stands: 1 at its state.", (*labels, "state"), states)
    yield _series("driftline_flow_unknown_parts", "Parts of a flow that cannot be judged.", labels, parts)


def _service(engine: Engine, now: float) -> Iterator[Series]:
    stack = (engine.config.stack,)
    yield _one("driftline_up_since_timestamp_seconds", "When this process started.", stack, engine.started_at)
    ok = not getattr(engine, "config_problems", ())
    yield _one(
        "driftline_config_last_reload_successful",
        "Whether the configuration on disk is the one in use.",
        stack,
        float(ok),
    )
    loaded = getattr(engine, "config_at", engine.started_at)
    yield _one(
        "driftline_config_last_reload_success_timestamp_seconds",
        "When the configuration in use was loaded.",
        stack,
        loaded,
    )
    pushing = not getattr(engine, "push_fault", "")
    yield _one("driftline_baseline_push_success", "Whether commits reach the remote.", stack, float(pushing))


def _one(name: str, says: str, stack: Labels, value: float) -> Series:
    return Series(name, says, ("stack",), {stack: value})


def _series(name: str, says: str, labels: Iterable[str], values: Mapping[Any, float]) -> Series:
    return Series(name, says, tuple(labels), dict(values))
