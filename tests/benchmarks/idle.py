"""What a whole daemon costs while nothing is due: 100 integrations, both listeners, the tick and the fetch.

The daemon runs in a process of its own; its CPU, and that of the git it starts, is read from outside. Prints one JSON
object.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import orjson

from monitor.config import load
from monitor.daemon import Daemon
from probes.kit.clock import SystemClock

from .detect import repository
from .replay import SETTINGS, lay_out

INTEGRATIONS: Final = 100
SECONDS: Final = 65.0  # more than one fetch and four ticks
SETTLE: Final = 5.0
READY: Final = "ready"


def spent(pid: int) -> float:
    """CPU seconds of a process and of its children that have ended (proc(5): utime, stime, cutime, cstime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


async def serve(config: Path) -> None:
    daemon = Daemon(load(config), SystemClock())
    running = asyncio.create_task(daemon.run())
    ready = asyncio.create_task(daemon.ready.wait())
    await asyncio.wait((running, ready), return_when=asyncio.FIRST_COMPLETED)
    print(READY, flush=True)
    await running


def main() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        config = lay_out(
            Path(folder),
            {f"crm-{number:03}": SETTINGS["rest"] for number in range(INTEGRATIONS)},
            poll={"every": "24h", "jitter": 1.0},
            server={"listen": "127.0.0.1:0", "metrics": "127.0.0.1:0"},
        )
        repository(Path(folder))
        command = [sys.executable, "-m", "tests.benchmarks.idle", str(config)]
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            try:
                assert process.stdout is not None
                while (line := process.stdout.readline()).strip() != READY:
                    assert line, "the daemon ended before it was ready"
                up = time.perf_counter() - start
                time.sleep(SETTLE)
                before, since = spent(process.pid), time.perf_counter()
                time.sleep(SECONDS)
                share = (spent(process.pid) - before) / (time.perf_counter() - since)
            finally:
                process.terminate()
    return {"integrations": INTEGRATIONS, "share": share, "ready_s": up}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(serve(Path(sys.argv[1])))
    else:
        print(orjson.dumps(main()).decode())
