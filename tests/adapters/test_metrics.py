from __future__ import annotations

import gzip
import shutil
import subprocess
import threading

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.adapters import metrics as module
from monitor.adapters.metrics import BASE, Health, Metrics, MetricsApp, Series, Snapshot

WHERE = ("example", "hubspot-prod", "hubspot", "production")


def snapshot(value: float = 3) -> Snapshot:
    labels = (*BASE, "severity")
    return Snapshot(
        1.0, "example", "0.1", (Series("driftline_finding_open", "Open.", labels, {(*WHERE, "info"): value}),)
    )


class Served:
    """The application with what it asks for in reach."""

    def __init__(self, token: str | None = None) -> None:
        self.metrics, self.health, self.now, self.asked = Metrics(), Health("ready"), 0.0, 0
        self.token = token
        given = None if token is None else self._token
        app = MetricsApp(self.metrics, self.snapshot, lambda: self.health, token=given, monotonic=lambda: self.now)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:9732")

    async def _token(self) -> str | None:
        return self.token

    async def snapshot(self) -> Snapshot:
        self.asked += 1
        return snapshot(self.asked)


def samples(text: str) -> dict[str, float]:
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name + "".join(f"|{v}" for _, v in sorted(sample.labels.items()))] = sample.value
    return found


async def test_what_stands_and_what_happened_are_written_out() -> None:
    served = Served()
    served.metrics.polled(WHERE, "ok", 2.0, {"2xx": 5, "304": 1})
    served.metrics.told("example", "opened")
    answer = await served.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = samples(answer.text)
    assert found["driftline_finding_open|production|hubspot-prod|info|example|hubspot"] == 1
    assert found["driftline_api_requests_total|2xx|production|hubspot-prod|example|hubspot"] == 5
    assert found["driftline_probe_duration_seconds_count|production|hubspot-prod|example|hubspot"] == 1
    assert found["driftline_events_total|example|opened"] == 1
    assert found["driftline_build_info|example|0.1"] == 1
    assert "process_resident_memory_bytes" in found


async def test_a_rendering_is_kept_for_a_moment_and_series_that_ended_are_gone() -> None:
    served = Served()
    first, again = await served.client.get("/metrics"), await served.client.get("/metrics")
    assert first.text == again.text
    assert served.asked == 1
    served.now = module.KEPT
    assert "} 2.0" in (await served.client.get("/metrics")).text
    assert served.asked == 2


async def test_rendering_runs_off_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    served, where = Served(), []
    render = served.metrics.render
    monkeypatch.setattr(served.metrics, "render", lambda s: (where.append(threading.current_thread()), render(s))[1])
    await served.client.get("/metrics")
    assert where and where[0] is not threading.main_thread()


async def test_zeros_are_not_told_before_the_ledger_is_loaded() -> None:
    served = Served()
    served.health = Health("loading")
    assert (await served.client.get("/metrics")).status_code == 503
    assert (await served.client.get("/readyz")).status_code == 503
    assert (await served.client.get("/healthz")).status_code == 200
    assert served.asked == 0


async def test_draining_is_not_ready_and_degraded_is() -> None:
    served = Served()
    served.health = Health("draining")
    assert (await served.client.get("/readyz")).status_code == 503
    assert (await served.client.get("/metrics")).status_code == 200
    served.health = Health("ready", ("The disk is full.",))
    ready = await served.client.get("/readyz")
    assert (ready.status_code, ready.json()["degraded"]) == (200, ["The disk is full."])


async def test_a_token_is_asked_for_where_one_is_set() -> None:
    served = Served("s3cret")
    assert (await served.client.get("/metrics")).status_code == 401
    assert (await served.client.get("/metrics", headers={"authorization": "Bearer s3cre"})).status_code == 401
    assert (await served.client.get("/metrics", headers={"authorization": "Bearer s3cret"})).status_code == 200
    assert (await served.client.get("/healthz")).status_code == 200
    served.token = None
    for given in ("Bearer s3cret", "Bearer None", "Bearer "):
        assert (await served.client.get("/metrics", headers={"authorization": given})).status_code == 503


async def test_nothing_else_is_answered() -> None:
    served = Served()
    assert (await served.client.get("/")).status_code == 404
    assert (await served.client.post("/metrics")).status_code == 405
    head = await served.client.head("/metrics")
    assert (head.status_code, head.content) == (200, b"")


async def test_the_packed_answer_is_the_plain_one() -> None:
    served = Served()
    plain = await served.client.get("/metrics", headers={"accept-encoding": "identity"})
    async with served.client.stream("GET", "/metrics", headers={"accept-encoding": "gzip"}) as packed:
        raw = b"".join([part async for part in packed.aiter_raw()])
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content


async def test_what_is_over_the_cap_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SERIES", 3)
    values = {(f"i{n}",): 1.0 for n in range(5)}
    text = Metrics().render(Snapshot(1.0, "s", "v", (Series("driftline_x", "X.", ("integration",), values),))).decode()
    found = samples(text)
    assert found["driftline_metrics_dropped_series"] == 2
    assert sum(name.startswith("driftline_x|") for name in found) == 3


def test_promtool_finds_nothing_to_say() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    metrics = Metrics()
    metrics.polled(WHERE, "ok", 2.0, {"2xx": 5})
    told = subprocess.run(
        [promtool, "check", "metrics"], input=metrics.render(snapshot()), capture_output=True, check=False
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, b"", b"")
