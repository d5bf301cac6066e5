"""Prometheus metrics, health and readiness on a listener of their own.

What stands is one immutable snapshot, turned into series by one collector; what happens is counted as it happens.
Rendering runs in a thread and is kept for a few seconds, so that no scrape stalls the loop. No label holds an id, a
field, a person or a time: labels are names from the configuration and words from closed lists.
"""

from __future__ import annotations

import asyncio
import gzip
import hmac
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS: Final = (0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
MAX_SERIES: Final = 20_000
KEPT: Final = 5.0  # seconds for which a rendering is served again
SYNC_STATES: Final = ("ok", "running", "failing", "paused", "disabled", "unknown")
COVERAGE: Final = ("complete", "partial", "denied", "unsupported", "failed")

Labels = tuple[str, ...]
BASE: Final = ("stack", "integration", "vendor", "environment")


class Series(msgspec.Struct, frozen=True):
    """One family: `values` by the values of `labels`, in their order."""

    name: str
    says: str
    labels: Labels
    values: Mapping[Labels, float]


class Snapshot(msgspec.Struct, frozen=True):
    """What stands at one moment, ready to be written out. `version` and `stack` make the info series."""

    at: float
    stack: str
    version: str
    series: tuple[Series, ...]


class _Standing(Collector):
    """Writes the newest snapshot; what is over the cap is left out and counted, never silently."""

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        snapshot = self.snapshot
        if snapshot is None:
            return
        yield InfoMetricFamily(
            "driftline_build", "Which release runs.", {"stack": snapshot.stack, "version": snapshot.version}
        )
        room, dropped = MAX_SERIES, 0
        for series in snapshot.series:
            family = GaugeMetricFamily(series.name, series.says, labels=series.labels)
            kept = sorted(series.values.items())[:room]
            for labels, value in kept:
                family.add_metric(labels, value)
            room -= len(kept)
            dropped += len(series.values) - len(kept)
            yield family
        yield GaugeMetricFamily(
            "driftline_metrics_dropped_series", f"Series left out over the cap of {MAX_SERIES}.", dropped
        )


class Metrics:
    """The registry of one process. `polled` and the other counters are called by the daemon as things happen."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._standing = _Standing()
        self.registry.register(self._standing)
        ProcessCollector(registry=self.registry)
        told: dict[str, Any] = {"registry": self.registry}
        self._duration = Histogram(
            "driftline_probe_duration_seconds", "How long readings took.", BASE, buckets=BUCKETS, **told
        )
        self._readings = Counter("driftline_probe_readings", "Readings, by outcome.", (*BASE, "outcome"), **told)
        self._requests = Counter(
            "driftline_api_requests", "Requests to vendors, by class of answer.", (*BASE, "class"), **told
        )
        self._events = Counter("driftline_events", "Events of findings that were told.", ("stack", "type"), **told)

        self._pushed = Counter(
            "driftline_hook_deliveries",
            "What vendors pushed, by what came of it: accepted, repeated, budget, or why it was refused.",
            (*BASE, "outcome"),
            **told,
        )
        self._decided = Counter(
            "driftline_rule_decisions",
            "Findings of a rule that were decided on: approve, policy, reject, ignore, noise, worse and so on.",
            ("stack", "rule", "decision"),
            **told,
        )

        self._alerted = Counter(
            "driftline_alert_pushes", "Times that alerts were sent to an Alertmanager.", ("stack", "outcome"), **told
        )

        self._notified = Counter(
            "driftline_notify_messages",
            "Messages to people, by what came of a try: sent, failed, or dropped for good.",
            ("stack", "target", "outcome"),
            **told,
        )

        self._tidied = Counter(
            "driftline_retention_rows",
            "Rows of the store that went for their age, by table.",
            ("stack", "table"),
            **told,
        )

    def notified(self, stack: str, target: str, outcome: str, count: int) -> None:
        self._notified.labels(stack, target, outcome).inc(count)

    def tidied(self, stack: str, rows: Mapping[str, int]) -> None:
        for table, count in rows.items():
            self._tidied.labels(stack, table).inc(count)

    def alerted(self, stack: str, outcome: str, count: int) -> None:
        self._alerted.labels(stack, outcome).inc(count)

    def decided(self, stack: str, rule: str, decision: str) -> None:
        self._decided.labels(stack, rule, decision).inc()

    def pushed(self, base: Labels, outcomes: Mapping[str, int]) -> None:
        for outcome, count in outcomes.items():
            self._pushed.labels(*base, outcome).inc(count)

    def polled(self, base: Labels, outcome: str, seconds: float, requests: Mapping[str, int]) -> None:
        """A reading ended: `base` are the values of BASE, `requests` counts by class."""
        self._duration.labels(*base).observe(max(0.0, seconds))
        self._readings.labels(*base, outcome).inc()
        self.asked(base, requests)

    def asked(self, base: Labels, requests: Mapping[str, int]) -> None:
        """Requests to a vendor, by class: those of a reading, or what was asked on demand."""
        for class_, count in requests.items():
            self._requests.labels(*base, class_).inc(count)

    def told(self, stack: str, type: str) -> None:
        self._events.labels(stack, type).inc()

    def render(self, snapshot: Snapshot) -> bytes:
        """The whole exposition. Takes milliseconds per thousand series: call it in a thread."""
        self._standing.snapshot = snapshot
        return generate_latest(self.registry)


class Health(msgspec.Struct, frozen=True):
    """`state` is loading, ready or draining; `degraded` says in sentences what does not work meanwhile."""

    state: str
    degraded: tuple[str, ...] = ()


Scope = Mapping[str, Any]
Send = Callable[[Any], Awaitable[None]]
Answer = tuple[int, str, bytes, bool]


class MetricsApp:
    """ASGI: /metrics, /healthz, /readyz, and nothing else.

    `snapshot` and `health` are asked on the loop and must be quick; `token`, when given, is read at each scrape, and
    gives None while it cannot be had: then nobody is let in by it. `admits`, when given, says of any other bearer token
    whether it may scrape.
    """

    def __init__(
        self,
        metrics: Metrics,
        snapshot: Callable[[], Awaitable[Snapshot]],
        health: Callable[[], Health],
        *,
        token: Callable[[], Awaitable[str | None]] | None = None,
        admits: Callable[[str], Awaitable[bool]] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metrics, self._snapshot, self._health = metrics, snapshot, health
        self._token, self._admits, self._monotonic = token, admits, monotonic
        self._lock = asyncio.Lock()
        self._page: tuple[float, bytes, bytes] | None = None

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        status, kind, body, packed = await self._answer(scope, headers)
        out = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        if packed:
            out.append((b"content-encoding", b"gzip"))
        if status == 401:
            out.append((b"www-authenticate", b"Bearer"))
        await send({"type": "http.response.start", "status": status, "headers": out})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Answer:
        if scope["method"] not in ("GET", "HEAD"):
            return _text(405, "This listener only answers questions.")
        match scope["path"]:
            case "/healthz":
                return _text(200, "ok")
            case "/readyz":
                health = self._health()
                body = msgspec.json.encode(health)
                return 200 if health.state == "ready" else 503, "application/json", body, False
            case "/metrics":
                return await self._scrape(headers)
        return _text(404, "There are /metrics, /healthz and /readyz.")

    async def _scrape(self, headers: Mapping[bytes, bytes]) -> Answer:
        refused = await self._refused(headers.get(b"authorization", b""))
        if refused is not None:
            return refused
        if self._health().state == "loading":
            return _text(503, "The ledger is not loaded yet; zeros would be lies.")
        plain, packed = await self._rendered()
        if b"gzip" in headers.get(b"accept-encoding", b""):
            return 200, CONTENT_TYPE, packed, True
        return 200, CONTENT_TYPE, plain, False

    async def _refused(self, authorization: bytes) -> Answer | None:
        if self._token is None and self._admits is None:
            return None
        scheme, _, given = authorization.partition(b" ")
        shown = given.strip() if scheme.lower() == b"bearer" else b""
        if self._token is not None:
            token = await self._token()
            if token is not None and hmac.compare_digest(shown, token.encode()):
                return None
            if token is None and self._admits is None:
                return _text(503, "The bearer token of the metrics cannot be had now; the log of Driftline says why.")
        if self._admits is not None and shown and await self._admits(shown.decode("latin-1")):
            return None
        return _text(401, "This takes a bearer token that may read the metrics.")

    async def _rendered(self) -> tuple[bytes, bytes]:
        """One rendering at a time, however many ask; the others get the same one."""
        async with self._lock:
            now = self._monotonic()
            if self._page is None or now - self._page[0] >= KEPT:
                plain = await asyncio.to_thread(self._metrics.render, await self._snapshot())
                self._page = (now, plain, await asyncio.to_thread(gzip.compress, plain, 1))
            return self._page[1:]


def _text(status: int, words: str) -> Answer:
    return status, "text/plain; charset=utf-8", f"{words}\n".encode(), False
