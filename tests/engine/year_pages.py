"""What pages cost the processor over two stores, taken in turn: `paired(PAGES, first, last)`.

Each store is opened by a process of its own, as a daemon would, and both are asked for the same page one after the
other, so that whatever else the machine does meanwhile falls on both alike. `python -m tests.engine.year_pages FOLDER`
is such a process: for each line with a path it says the seconds that one look took, of all of its threads.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Final

import httpx
import structlog

from monitor.engine.catalogue import follow
from monitor.web.app import create_app

from .year import opened

LOOKS: Final = 60
ROOT: Final = Path(__file__).parents[2]
HOST: Final = "http://127.0.0.1:9731"


async def paired(pages: Mapping[str, str], *folders: Path) -> dict[str, tuple[float, ...]]:
    """By name of the page, the middle look of each folder, in seconds."""
    asked = [sys.executable, "-m", __spec__.name]
    started = [await asyncio.create_subprocess_exec(*asked, f, stdin=PIPE, stdout=PIPE, cwd=ROOT) for f in folders]
    try:
        for one in started:
            assert await _line(one) == "ready"
        found = {}
        for name, path in pages.items():
            looks = [[await _look(one, path) for one in started] for _ in range(LOOKS)]
            found[name] = tuple(median(of) for of in zip(*looks, strict=True))
        return found
    finally:
        for one in started:
            one.stdin.close()  # type: ignore[union-attr]
            await one.wait()


async def _look(one: Process, path: str) -> float:
    one.stdin.write(f"{path}\n".encode())  # type: ignore[union-attr]
    await one.stdin.drain()  # type: ignore[union-attr]
    return float(await _line(one))


async def _line(one: Process) -> str:
    return (await one.stdout.readline()).decode().strip()  # type: ignore[union-attr]


async def _answer(folder: Path) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    async with opened(folder, 0) as year:
        engine = year.engine
        await follow(engine)
        if engine.catalogue.making is not None:
            await engine.catalogue.making
        transport = httpx.ASGITransport(create_app(engine))
        async with httpx.AsyncClient(transport=transport, base_url=HOST, headers={"accept": "text/html"}) as web:
            print("ready", flush=True)
            for line in sys.stdin:
                start = time.process_time()
                (await web.get(line.strip())).raise_for_status()
                print(time.process_time() - start, flush=True)


if __name__ == "__main__":
    asyncio.run(_answer(Path(sys.argv[1])))
