"""`python -m tests.benchmarks`: measures, prints the table, and with --write keeps it in docs/benchmarks.md.

Each figure is a ratio of two things that ran in one process, interleaved, or a bound that the product promises. Every
measurement has a process of its own, so that memory is its own too. Takes about ten minutes on two cores.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from .corpus import Corpus
from .detect import ROOT

DOCS: Final = ROOT.parents[1] / "docs" / "benchmarks.md"
OBJECTS: Final = 1000
FIELDS: Final = 300
HELP_RUNS: Final = 5
# What comes again -> (its words, bar as a multiple of parsing the same bytes)
RATIOS: Final = {
    "bodies": ("whole answers come again byte for byte", 0.1),
    "rows": ("rows come again byte for byte, answers differ around them", 1.2),
    "shuffled": ("keys and rows come in another order each time", 2.2),
}
MEGABYTES: Final = 150.0
STALL_MS: Final = 100.0


class Line:
    """One line of the table. `bar` None: a figure that nothing was promised of."""

    def __init__(self, what: str, value: float, unit: str, bar: float | None = None, digits: int = 2) -> None:
        self.what, self.value, self.unit, self.bar, self.digits = what, value, unit, bar, digits

    def cells(self) -> tuple[str, str, str, str]:
        bar = "" if self.bar is None else f"{self.bar:g}{self.unit}"
        met = "" if self.bar is None else "yes" if self.value <= self.bar else "no"
        return self.what, f"{self.value:.{self.digits}f}{self.unit}", bar, met


def measured(module: str, *arguments: str) -> dict[str, Any]:
    """What a measuring process printed. Raises CalledProcessError when it failed; it has said why."""
    print(f"measuring {module} {' '.join(arguments)}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    environment = {**os.environ, "BENCH_ID": "bench", "BENCH_SECRET": "bench"}
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment)
    return dict(orjson.loads(done.stdout.splitlines()[-1]))


def help_wall() -> float:
    """Wall seconds of `driftline --help`."""
    command = shutil.which("driftline", path=str(Path(sys.executable).parent))
    if command is None:
        raise SystemExit("driftline is not installed beside this Python; run make setup")
    spent = []
    for _ in range(HELP_RUNS):
        start = time.perf_counter()
        subprocess.run([command, "--help"], check=True, stdout=subprocess.DEVNULL)
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


def org(found: dict[str, Any], each: str, bars: bool) -> list[Line]:
    """The lines of one large org. `bars`: whether what was promised is held against this way of asking."""

    def line(what: str, value: float, unit: str, bar: float | None, digits: int = 2) -> Line:
        return Line(f"{what}, {each}", value, unit, bar if bars else None, digits)

    lines = [line(f"detect, {words}", found[mode]["ratio"], "x", bar) for mode, (words, bar) in RATIOS.items()]
    lines.append(line("first reading, everything new", found["first"]["ratio"], "x", None, 1))
    stalls = {mode: found[mode]["p99_ms"] for mode in (*RATIOS, "first")}
    worst = max(stalls, key=lambda mode: stalls[mode])
    lines.append(line(f"event loop stall p99, worst of all readings ({worst})", stalls[worst], " ms", STALL_MS, 0))
    rss = max(part["rss_mb"] for part in found.values() if isinstance(part, dict))
    lines.append(line("peak memory of the process", rss, " MB", MEGABYTES, 0))
    lines.append(line("capture the first baseline, files and commit", found["capture"]["wall"], " s", 10.0, 1))
    lines.append(line("approve 10 changes, files and commit", found["approve"]["wall"], " s", 0.5))
    return lines


def lines() -> list[Line]:
    Corpus(ROOT, OBJECTS, FIELDS).make()
    size = (str(OBJECTS), str(FIELDS))
    found = org(measured("detect", "rest", *size), "an answer an object", bars=True)
    found += org(measured("detect", "salesforce", *size), "25 objects an answer", bars=False)
    describes = measured("describes")
    what = f"{describes['describes']} describes at 30 ms"
    found += [
        Line(f"{what}, against simple-salesforce", describes["again_share"], "x", 0.2),
        Line(f"{what}, against simple-salesforce, everything new", describes["first_share"], "x"),
        Line(f"{what}, requests (simple-salesforce: {describes['peer_requests']})", describes["requests"], "", 20, 0),
    ]
    idle = measured("idle")
    found += [
        Line(f"idle daemon with {idle['integrations']} integrations", 100 * idle["share"], " % of a core", 2.0, 1),
        Line("driftline --help", help_wall(), " s", 0.5),
    ]
    return found


def table(rows: list[Line]) -> str:
    cells = [("what", "measured", "bar", "met"), ("---", "---:", "---:", "---"), *(row.cells() for row in rows)]
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def document(rows: list[Line]) -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], check=True, capture_output=True, text=True)
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    return f"""# Benchmarks

Written by `python -m tests.benchmarks --write` at commit {commit.stdout.strip()} on {day}, Python \
{platform.python_version()}, {os.cpu_count()} cores. Ratios hold from machine to machine; seconds are of this one.

The org has {OBJECTS:,} objects with {FIELDS} fields each, in describe answers with every key that Salesforce sends; ten
fields changed. `x` is CPU from the bytes of the answers to what is stored, as a multiple of `orjson.loads` over the
same bytes, one answer after the other, in the same process, the median of five rounds, of three where 25 objects come
in an answer. Answers are read from files, so that HTTP is not in it. Stalls are how late a beat of the event loop came
every 5 ms; each beat that a stall swallowed counts. Against simple-salesforce it is wall time over loopback sockets to
a simulated org in another process, with no 304 given; *everything new* also projects each field to facts for the first
time. Memory is the peak of a process that has loaded all that a daemon loads, and found its database made. Which
counts each reading may cost is held by `tests/engine/test_counts.py`, and so is that the findings are those of
DeepDiff alone.

{table(rows)}"""


def main() -> None:
    rows = lines()
    print(table(rows), end="")
    if sys.argv[1:] == ["--write"]:
        DOCS.write_text(document(rows))
        print(f"written to {DOCS}", file=sys.stderr)


if __name__ == "__main__":
    main()
