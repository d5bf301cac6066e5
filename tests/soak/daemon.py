"""The real daemon in a process of its own, which also says every few seconds how much it holds.

`python -m tests.soak.daemon CONFIG TOLD SECONDS` appends to TOLD one JSON object a line: `at` epoch seconds, `rss`
bytes, `cpu` seconds, open `files`, asyncio `tasks`, `threads`, `late` seconds by which this line came.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from pathlib import Path

from monitor.config import load
from monitor.daemon import Daemon
from probes.kit.clock import SystemClock


def held() -> dict[str, float]:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "at": time.time(),
        "rss": pages * os.sysconf("SC_PAGE_SIZE"),
        "cpu": time.process_time(),
        "files": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
    }


async def main(config: Path, told: Path, seconds: float) -> None:
    daemon = Daemon(load(config), SystemClock())
    running = asyncio.create_task(daemon.run())
    due = time.monotonic()
    with told.open("a") as out:
        while not running.done():
            due += seconds
            await asyncio.wait((running,), timeout=max(0.0, due - time.monotonic()))
            out.write(json.dumps({**held(), "late": time.monotonic() - due}) + "\n")
            out.flush()
    running.result()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])))
