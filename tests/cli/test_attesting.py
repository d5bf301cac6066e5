"""`driftline attest` over a real stack: its engine opened by the command itself, and then `serve` in a process of its
own. The stack is the example's, with a system beside it that people keep by hand."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.demo.stage import stage
from probes.kit.clock import SystemClock

from .conftest import Run
from .test_end_to_end import free_port, serving

YAML = """\
vendor: attested
owner: marketing-operations
credentials: {scheme: none}
attested:
  lists:
    - {name: templates, kind: template, key: id, facts: {label: label, x_status: status}, always: [x_status]}
    - {name: zaps, kind: automation, key: id, facts: [label]}
"""


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("attested") / "demo"
    pages, metrics = (f"127.0.0.1:{free_port()}" for _ in range(2))
    server = {"listen": pages, "metrics": metrics, "external_url": f"http://{pages}"}
    before = dict(os.environ)

    async def lay() -> None:
        async with stage(folder, SystemClock(), {"server": server}) as set_up:
            (set_up.config.folder / "integrations" / "stensul.yaml").write_text(YAML, "utf-8")

    asyncio.run(lay())
    yield folder / "stack"
    os.environ.clear()
    os.environ.update(before)


def put(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


def test_a_file_is_attested_here_and_through_the_daemon(laid: Path, run: Run, tmp_path: Path) -> None:
    where = ("--stack", str(laid))
    csv = put(tmp_path, "templates.CSV", "id,label,status\nt0,Welcome,live\n")
    early = run("attest", "stensul", csv, "--list", "templates", *where)
    assert early.code == 2 and "zaps: nothing was attested yet; send all lists at once the first time" in early.err
    whole = {
        "templates": [{"id": name, "label": name.upper(), "status": "live"} for name in ("t0", "t1")],
        "zaps": [{"id": "z", "label": "Leads to the sheet"}],
    }
    done = run("attest", "stensul", put(tmp_path, "all.json", json.dumps(whole)), *where)
    assert done.code == 0, done.err
    assert "2 in templates" in done.out and "1 in zaps" in done.out
    assert run("capture", "stensul", "--yes", *where).code == 0
    with serving(laid):
        made = run("attest", "stensul", csv, "--list", "templates", *where)
        assert made.code == 0, made.err
        assert ": 1 in templates." in made.out
        assert "1 was there before and is missing: gone only once a later upload lacks it too" in made.out
        again = run("attest", "stensul", *where)
        assert again.code == 0 and again.out.endswith(": still as it was.\n"), again.err
        one = json.loads(run("attest", "stensul", csv, "--list", "templates", "--json", *where).out)
        assert one["rows"] == {"templates": 1} and one["by"]
        bad = put(tmp_path, "bad.csv", "id,label,status\nt0,Welcome\n")
        refused = run("attest", "stensul", bad, "--list", "templates", *where)
        assert refused.code == 2 and "line 2: expected 3 cells, found 2" in refused.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("stensul", "notes.txt"), "notes.txt: expected a file that ends in .json or .csv"),
        (("stensul", "absent.json"), "absent.json: cannot be read: No such file or directory"),
        (("hubspot-prod",), "no integration that is attested"),
        (("nobody",), "no integration that is attested"),
    ],
)
def test_what_cannot_be_attested_says_why(laid: Path, run: Run, arguments: tuple[str, ...], words: str) -> None:
    done = run("attest", *arguments, "--stack", str(laid))
    assert done.code == 2 and words in done.err and "Traceback" not in done.err
