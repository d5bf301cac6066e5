"""Somebody else's vendor: one folder or one package, one line of a test file, and nothing of ours is edited."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .kit.test_registry import installed

ROOT = Path(__file__).resolve().parents[2]
VENDOR = '''"""Acme. https://acme.example.com/docs. Least grants: objects.read."""

from probes.kit.api import Ask
from probes.kit.auth import bearer
from probes.kit.contract import Kind, Vantage
from probes.kit.listing import Listing, Vendor, keep


async def identity(api):
    me = (await api.ask(Ask("/me"))).value()
    return Vantage(me["account"], me["user"], frozenset(me["grants"]))


VENDOR = Vendor(
    name="acme", title="Acme", docs="https://acme.example.com/docs", base="https://api.acme.example.com",
    hosts=("acme.example.com",), schemes={"token": bearer("Settings > API > New token, read only")}, identity=identity,
    unseen={Kind.PERMISSION: "the API has no users"},
    exempt={"cursor": "its lists have no pages at all"},
    listings=(
        Listing(name="objects", kind=Kind.SCHEMA, path="/objects", records="data", key="name", facts=keep("label"),
                always=("label",)),
        Listing(name="fields", kind=Kind.FIELD, for_each="objects", path="/objects/{parent.key}/fields",
                records="data", key="name", facts=keep("label type"), always=("type",)),
    ),
)
'''
REPLIES = {
    "me": {"account": "a-1", "user": "reader", "grants": ["objects.read"]},
    "objects": {"data": [{"name": "lead", "label": "Lead"}, {"name": "deal", "label": "Deal"}]},
    "objects__lead__fields": {"data": [{"name": "email", "label": "E-mail", "type": "email"}]},
    "objects__deal__fields": {"data": [{"name": "sum", "label": "Sum", "type": "decimal"}]},
}

SERVE = """
import sys
import monitor.daemon


class Daemon:
    def __init__(self, *_, **__): ...

    async def run(self): print("served")


monitor.daemon.Daemon = Daemon
from monitor.cli import run
sys.exit(run(sys.argv[1:]))
"""


def told(folder: Path, name: str = "acme") -> None:
    (folder / "replies" / name).mkdir(parents=True)
    for file, body in REPLIES.items():
        (folder / "replies" / name / f"{file}.json").write_text(json.dumps(body))


def run(*argv: str, at: Path, **more: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), more.pop("path", "")]).rstrip(os.pathsep)
    env = {**os.environ, "PYTHONPATH": path, **more}
    return subprocess.run([sys.executable, *argv], cwd=at, env=env, capture_output=True, text=True, timeout=120)


def held(at: Path, line: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The suite, by somebody who has pytest and no settings of ours."""
    (at / "test_acme.py").write_text(f"from probes.testing import suite\n\n{line}\n")
    return run("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_acme.py", at=at, **more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "vendors"
    made.mkdir()
    (made / "acme.py").write_text(VENDOR)
    told(made)
    return made


def test_a_vendor_in_a_folder_runs_the_suite_with_one_line(folder: Path) -> None:
    done = held(folder, 'TestAcme = suite("acme.py")')
    assert done.returncode == 0 and "22 passed" in done.stdout, done.stdout + done.stderr


def test_a_vendor_of_an_installed_package_runs_the_suite_with_one_line(tmp_path: Path) -> None:
    site, own = tmp_path / "site", tmp_path / "own"
    installed(site, "acme_driftline", VENDOR)
    told(site / "acme_driftline")
    own.mkdir()
    done = held(own, 'TestAcme = suite("acme")', path=str(site))
    assert done.returncode == 0 and "22 passed" in done.stdout, done.stdout + done.stderr


def test_the_suite_finds_what_is_wrong_with_a_vendor_file(folder: Path) -> None:
    file = folder / "acme.py"
    file.write_text(VENDOR.replace('path="/objects", records="data"', 'path="/objects", records="rows"'))
    done = held(folder, 'TestAcme = suite("acme.py")')
    assert done.returncode == 1 and "test_rule[complete]" in done.stdout
    file.write_text(VENDOR.replace("its lists have no pages at all", "never"))
    done = held(folder, 'TestAcme = suite("acme.py")')
    assert done.returncode == 1 and "needs a reason of more than a word" in done.stdout


def test_a_suite_without_answers_says_where_they_belong(folder: Path) -> None:
    done = held(folder, 'TestAcme = suite("acme.py", replies="elsewhere")')
    assert done.returncode == 2 and "acme: expected its answers in elsewhere" in done.stdout


def test_pages_that_are_written_down_come_as_they_are_and_one_that_lacks_is_named(folder: Path) -> None:
    paged = 'paging=Paging(style="page", into="page", first=1, total="count"), facts=keep("label"),'
    text = VENDOR.replace('key="name", facts=keep("label"),', f'key="name", {paged}')
    text = text.replace('exempt={"cursor": "its lists have no pages at all"},', "")
    text = text.replace("from probes.kit.listing", "from probes.kit.paging import Paging\nfrom probes.kit.listing")
    (folder / "acme.py").write_text(text)
    first, second = REPLIES["objects"]["data"]  # type: ignore[index]
    replies = folder / "replies" / "acme"
    (replies / "objects.json").write_text(json.dumps({"data": [first], "count": 2}))
    done = held(folder, 'TestAcme = suite("acme.py")')
    assert done.returncode == 1
    (replies / "objects@page=2.json").write_text(json.dumps({"data": [second], "count": 2}))
    done = held(folder, 'TestAcme = suite("acme.py")')
    assert done.returncode == 0, done.stdout + done.stderr
    (replies / "objects__deal__fields.json").unlink()
    (folder / "acme.py").write_text(text.replace('/fields",', '/fields", params={"of": "{parent.key}"},'))
    done = held(folder, 'TestAcme = suite("acme.py")')
    said = "no answer is written down in objects__deal__fields.json or objects__deal__fields@of=deal.json"
    assert done.returncode == 1 and said in done.stdout, done.stdout


def test_a_file_that_cannot_be_read_is_said_once_by_its_test(folder: Path) -> None:
    (folder / "acme.py").write_text(VENDOR.replace("title=", "titel="))
    done = held(folder, 'TestAcme = suite("acme.py")')
    assert done.returncode == 2 and "During handling" not in done.stdout and "direct cause" not in done.stdout
    assert "acme.py, line " in done.stdout and "VENDOR.titel: is an unknown key" in done.stdout


def test_a_simulated_account_of_ones_own_takes_the_place_of_answers(folder: Path) -> None:
    (folder / "desk.py").write_text(
        "import json, random\nfrom probes.testing.accounts import Written\n\n\n"
        "class Account:\n"
        "    def __init__(self, clock, page):\n        self.said, self.token = Written(__import__('pathlib').Path("
        f"{str(folder / 'replies' / 'acme')!r})), ''\n\n"
        "    def shuffle(self, on):\n        self.said.shuffle(on)\n\n"
        "    async def app(self, scope, receive, send):\n        import httpx\n"
        "        given = await self.said.handle_async_request(httpx.Request('GET', 'http://x' + scope['path']))\n"
        "        await send({'type': 'http.response.start', 'status': given.status_code,\n"
        "                    'headers': [(b'content-type', b'application/json')]})\n"
        "        await send({'type': 'http.response.body', 'body': given.content})\n"
    )
    line = 'import desk\n\nTestAcme = suite("acme.py", replies="none", account=desk.Account)'
    done = held(folder, line, path=str(folder))
    assert done.returncode == 0 and "22 passed" in done.stdout, done.stdout + done.stderr


def test_the_terminal_lists_them_and_says_what_cannot_be_read(folder: Path) -> None:
    (folder / "bad.py").write_text("1 / 0\n")
    done = run("-m", "monitor.cli", "--vendors", str(folder), "vendors", at=folder)
    assert done.returncode == 0 and "Acme" in done.stdout and "says its maker" in done.stdout
    assert "bad.py, line 1: ZeroDivisionError" in done.stderr and "mend the file" in done.stderr
    done = run("-m", "monitor.cli", "vendors", "acme", at=folder, DRIFTLINE_VENDORS=str(folder))
    assert done.returncode == 0 and "Settings > API > New token" in done.stdout
    assert run("-m", "monitor.cli", "vendors", "acme", at=folder).returncode == 2
    done = run("-m", "monitor.cli", "--vendors", str(folder / "no"), "vendors", at=folder)
    assert done.returncode == 2 and "--vendors: " in done.stderr and "is no folder" in done.stderr


def test_a_configuration_may_name_them_and_says_why_one_cannot_be_read(folder: Path, tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    assert run("-m", "monitor.cli", "new-stack", str(stack), at=tmp_path).returncode == 0
    entry = {"vendor": "acme", "title": "Acme", "owner": "web", "credentials": {"scheme": "token", "token": "${env:T}"}}
    teams = yaml.safe_load((stack / "config" / "people.yaml").read_text())["teams"]
    entry["owner"] = next(iter(teams)) if isinstance(teams, dict) else teams[0]["name"]
    (stack / "config" / "integrations" / "acme.yaml").write_text(yaml.safe_dump(entry))
    check = ("check", "--stack", str(stack))
    done = run("-m", "monitor.cli", "--vendors", str(folder), *check, at=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    done = run("-m", "monitor.cli", *check, at=tmp_path)
    assert done.returncode == 2 and "expected a known vendor" in done.stderr
    (folder / "bad.py").write_text("1 / 0\n")
    done = run("-c", SERVE, "--vendors", str(folder), "serve", "--stack", str(stack), at=tmp_path)
    assert done.returncode == 0 and "served" in done.stdout, "a file that nobody names stops nothing"
    assert "a vendor file cannot be read" in done.stderr and "bad.py, line 1" in done.stderr
    (folder / "acme.py").write_text("\nraise SystemExit(0)\n")
    done = run("-m", "monitor.cli", "--vendors", str(folder), *check, at=tmp_path)
    assert done.returncode == 2 and "acme.yaml:" in done.stderr
    assert "expected a vendor file that can be read" in done.stderr and "acme.py, line 2: it ends" in done.stderr
