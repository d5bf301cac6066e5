"""The running demo with a Prometheus that scrapes it each second: processes of their own, as people start them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import yaml

from tests.e2e.serving import Serving, free_port, until

_DEMO = "import json, pathlib, sys; from monitor.demo.run import live; " \
        "live(pathlib.Path(sys.argv[1]), json.loads(sys.argv[2]))"  # fmt: skip


@contextmanager
def process(command: list[str], log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        started = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        yield
    finally:
        started.terminate()
        started.wait(30)


@contextmanager
def demo(folder: Path) -> Iterator[Serving]:
    """Its baselines are captured."""
    pages, metrics = free_port(), free_port()
    url = f"http://127.0.0.1:{pages}"
    server = {"listen": f"127.0.0.1:{pages}", "metrics": f"127.0.0.1:{metrics}", "external_url": url}
    settings = {"server": server, "poll": {"every": "15s", "confirm_after": "30s"}}
    stack: Any = SimpleNamespace(folder=folder / "stack", url=url, metrics=metrics)
    log = folder.parent / "demo.log"
    with process([sys.executable, "-c", _DEMO, str(folder), json.dumps(settings)], log):
        serving = Serving(stack)
        try:
            until(lambda: "alive" in log.read_text(), 60, "the demo is alive")
            yield serving
        finally:
            serving.api.close()


@contextmanager
def prometheus(folder: Path, metrics: int) -> Iterator[str]:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed: apt-get install prometheus")
    folder.mkdir()
    config = {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{"job_name": "driftline", "static_configs": [{"targets": [f"127.0.0.1:{metrics}"]}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = [
        program, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    with process(command, folder / "log"):
        yield f"http://127.0.0.1:{port}"


def query(prometheus: str, expr: str) -> list[tuple[Mapping[str, str], float]]:
    """(labels, value) of each series. Nothing while the server is not up; an expression it refuses is an error."""
    try:
        answer = httpx.get(f"{prometheus}/api/v1/query", params={"query": expr}, trust_env=False, timeout=30)
    except httpx.TransportError:
        return []
    if answer.status_code == 503:
        return []
    assert answer.is_success, answer.text
    return [(one["metric"], float(one["value"][1])) for one in answer.json()["data"]["result"]]
