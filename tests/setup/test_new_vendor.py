"""driftline new-vendor: a skeleton that keeps the rules at once, and one from scrubbed answers of a real account."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from monitor.config.models import Integration
from monitor.setup.heard import Heard
from monitor.setup.newvendor import blank, described, write
from monitor.setup.replied import tried
from monitor.setup.scrub import Stand
from probes.kit.api import Answer
from probes.kit.contract import Kind
from probes.kit.registry import checked
from probes.rest import RestSpec

from .conftest import TOKEN, Driftline, answering

ROOT = Path(__file__).resolve().parents[2]
CANARY = "kanarie7"
BLOCK = f"""\
title: Loyalty
auth: {{style: header, headers: {{X-Api-Key: "{{token}}"}}}}
errors: {{failed: error, code: error.code, message: error.text, faults: {{no_right: denied}}}}
identity: {{path: /me, account: org.id, subject: login, grants: scopes, account_name: org.name}}
options: {{shops: ["{CANARY}-shop", "other-{CANARY}"]}}
listings:
  - {{name: objects, kind: schema, path: /objects, records: data, key: name, id: id, facts: [label], always: [label],
     paging: {{style: cursor, next: meta.next, into: after, more: meta.more, total: meta.total}}}}
  - {{name: fields, kind: field, for_each: objects, path: "/objects/{{parent.key}}/fields", records: data, key: name,
     facts: {{type: kind, required: mandatory, x_by: made_by, options: "choices[].{{value: code}}"}},
     words: {{type: {{str: text, "*": any}}}}, where: "status == 'live'"}}
  - {{name: people, kind: permission, path: /people, records: data, key: mail, person: true, facts: {{admin: root}}}}
  - {{name: rates, kind: platform, for_each: options.shops, path: /rates, params: {{shop: "{{parent.key}}"}},
     records: "", key: code, facts: {{label: code}}}}
  - {{name: loads, kind: sync, path: /loads, records: by.*, key: '"@path"[0]', facts: {{schedule: cron}},
     health: {{state: status, succeeded_at: done, rows_ok: good}}, states: {{done: ok}}}}
  - {{name: closed, kind: automation, path: /closed, records: data, key: id, facts: {{label: id}}}}
"""


def app() -> FastAPI:
    """An account full of what may not be shown: every value that is no word of the description has the canary in it."""
    loyalty = FastAPI()

    @loyalty.middleware("http")
    async def keyed(request: Request, answer):  # type: ignore[no-untyped-def]
        if request.headers.get("x-api-key") != TOKEN:
            return JSONResponse({"error": {"code": "no_key", "text": "who are you"}}, 401)
        return await answer(request)

    @loyalty.get("/me")
    def me() -> dict[str, object]:
        return {"org": {"id": f"{CANARY}-12", "name": f"Northwind {CANARY}"}, "login": f"robot@{CANARY}.example",
                "scopes": f"read {CANARY}", f"{CANARY}_own": {"deep": CANARY}}  # fmt: skip

    @loyalty.get("/objects")
    def objects(after: str = "") -> dict[str, object]:
        rows = [{"name": f"{CANARY}/card {n}", "id": 8_675_309 + n, "label": f"Card of {CANARY}", f"{CANARY}_key": n,
                 "list": [CANARY], f"a {CANARY}": 8_675_309.5} for n in range(5)]  # fmt: skip
        part = rows[2:] if after else rows[:2]
        return {"data": part, "meta": {"next": "" if after else f"{CANARY}=", "more": not after, "total": 5}}

    @loyalty.get("/objects/{name:path}/fields")
    def fields(name: str) -> dict[str, object]:
        made = {"kind": "str", "mandatory": True, "status": "live", "made_by": f"jane@{CANARY}.example",
                "choices": [{"code": f"{CANARY}{n}", "text": CANARY} for n in range(9)]}  # fmt: skip
        return {"data": [{"name": f"f{CANARY}", **made}, {"name": f"g{CANARY}", **made, "status": CANARY}]}

    @loyalty.get("/people")
    def people() -> dict[str, object]:
        return {"data": [{"mail": f"{n}@{CANARY}.example", "root": n == 1} for n in range(9)]}

    @loyalty.get("/rates")
    def rates(shop: str) -> list[dict[str, object]]:
        return [{"code": f"{shop}-{n}"} for n in range(2)]

    @loyalty.get("/loads")
    def loads() -> dict[str, object]:
        entry = {
            "cron": f"0 0 * * {CANARY}",
            "status": "done",
            "done": "2026-05-04T03:02:01.123+02:00",
            "good": "8675309",
        }
        return {"by": {f"{CANARY}-{n}": entry for n in range(7)}}

    @loyalty.get("/closed")
    def closed() -> JSONResponse:
        return JSONResponse({"error": {"code": "no_right", "text": f"not for {CANARY}"}}, 400)

    return loyalty


@pytest.fixture
def loyalty(driftline: Driftline, stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("LOYALTY_TOKEN", TOKEN)
    file = tmp_path / "loyalty.yaml"
    file.write_text(BLOCK)
    with answering({"loyalty": app()}) as at:
        done = driftline("init", "rest", "--described", str(file), "--name", "loyalty", "--yes", "--base",
                         at["loyalty"], "--allow-private", "--set", "token=${env:LOYALTY_TOKEN}")  # fmt: skip
        assert done.code == 0, done.err
        yield at["loyalty"]


def held_by(folder: Path, home: str = "vendors") -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder / home)]
    return subprocess.run(program, capture_output=True, text=True, cwd=folder, env={"PYTHONPATH": str(ROOT)})


def test_a_skeleton_in_an_empty_folder_keeps_all_rules_at_once(
    driftline: Driftline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = driftline("new-vendor", "acme-crm")
    assert done.code == 0 and done.err == "", done.err
    made = [path for path in (tmp_path / "vendors").rglob("*") if path.is_file()]
    assert sorted(path.name for path in made) == [
        "acme_crm.py", "me.json", "objects.json", "objects@cursor=page-2.json", "objects__customer__fields.json",
        "objects__order__fields.json", "test_acme_crm.py", "users.json",
    ]  # fmt: skip
    assert all(str(path.relative_to(tmp_path)) in done.out for path in made)
    assert len((tmp_path / "vendors" / "acme_crm.py").read_text().splitlines()) < 60
    ran = held_by(tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert driftline("try", "vendors/acme_crm.py", "--spec", "none.yaml").err.startswith("driftline: none.yaml")
    vendor = checked(tmp_path / "vendors" / "acme_crm.py")
    assert {view.kind for one in vendor.listings for view in one.views} | vendor.unseen.keys() == set(Kind)
    monkeypatch.setattr("monitor.cli.new_vendor.find_spec", lambda name: None)
    assert "pytest is not installed here: pip install pytest brings it" in driftline("new-vendor", "acme-two").err


def test_nothing_is_written_over_and_nothing_half(
    driftline: Driftline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    there = tmp_path / "own" / "replies" / "acme-crm" / "users.json"
    there.parent.mkdir(parents=True)
    there.write_text("kept")
    done = driftline("new-vendor", "acme-crm", "--into", "own")
    assert done.code == 2 and "users.json is there already; nothing was written" in done.err
    assert [path for path in (tmp_path / "own").rglob("*") if path.is_file()] == [there] and there.read_text() == "kept"
    (tmp_path / "full").mkdir(mode=0o755)
    with pytest.raises(TypeError):
        write({tmp_path / "full" / "deep" / "a.json": "{}", tmp_path / "full" / "b.json": None})  # type: ignore[dict-item]
    assert list((tmp_path / "full").iterdir()) == [], "what was begun is taken back"
    done = driftline("new-vendor", "acme-crm", "--into", str(there))
    assert done.code == 2 and "nothing was written" in done.err


def test_in_the_project_each_file_goes_to_its_place(
    driftline: Driftline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in ("probes/kit/listing.py", "tests/probes/accounts.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.chdir(tmp_path)
    done = driftline("new-vendor", "acme-crm")
    assert done.code == 0 and "make generate" in done.out and '-k "acme-crm or acme_crm"' in done.out.replace("\n", " ")
    assert (tmp_path / "probes" / "acme_crm.py").read_text() == blank("acme-crm").text
    assert "from probes.acme_crm import VENDOR" in (tmp_path / "tests" / "probes" / "test_acme_crm.py").read_text()
    assert (tmp_path / "tests" / "probes" / "replies" / "acme-crm" / "me.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Acme",), "expected lower-case letters"),
        (("../acme",), "expected lower-case letters"),
        (("hubspot",), "hubspot is taken"),
        (("class",), "class is a word of Python's own"),
        (("json",), "json is a word of Python's own"),
        (("test-acme",), "test-acme is what tests are called"),
        (("conftest",), "conftest is what tests are called"),
        (("a" * 61,), "expected at most 60 letters, found 61"),
        (("attested",), "attested is taken"),
        (("httpx",), "httpx is a package that is installed here, and a file of that name hides it"),
        (("probes",), "probes is a package that is installed here"),
        (("acme", "--from", "nosuch"), "there is no integration 'nosuch'; configured are: none"),
    ],
)
def test_what_cannot_be_is_refused(
    driftline: Driftline, stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...], words: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    done = driftline("new-vendor", *arguments)
    assert done.code == 2 and words in done.err and not (tmp_path / "vendors").exists()


def test_from_a_real_account_its_listings_and_its_answers_scrubbed(
    driftline: Driftline, loyalty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = driftline("new-vendor", "loyalty-app", "--from", "loyalty")
    assert done.code == 0, done.err
    assert "look through the files before you show them" in done.err.replace("\n", " ")
    assert "closed could not be read (Denied" in done.err and CANARY not in done.err.replace(f"not for {CANARY}", "")
    written = {path: path.read_text() for path in (tmp_path / "vendors").rglob("*") if path.is_file()}
    for path, text in written.items():
        for word in (CANARY, CANARY.upper(), "8675309", "8675310", TOKEN, "jane", "Northwind", "127.0.0.1"):
            assert word not in text and word not in path.name, (path, word)
    replies = tmp_path / "vendors" / "replies" / "loyalty-app"
    first = json.loads((replies / "objects.json").read_text())
    assert first["meta"] == {"next": "page-2", "more": True, "total": 2} and len(first["data"]) == 1
    assert json.loads((replies / "objects@after=page-2.json").read_text())["meta"] == {"more": False, "total": 2}
    row = first["data"][0]
    assert row.keys() == {"name", "id", "label", "other_1", "other_2"} and isinstance(row["other_2"], float)
    (fields,) = replies.glob(f"objects__{row['name'].replace('/', '__')}__fields.json")
    field = json.loads(fields.read_text())["data"][0]
    assert (field["kind"], field["mandatory"], field["status"]) == ("str", True, "live"), (
        "words of the description stay"
    )
    assert field["made_by"].endswith("@example.com") and len(field["choices"]) == 3
    loads = json.loads((replies / "loads.json").read_text())["by"]
    assert len(loads) == 3 and all(one["done"].startswith("2026-0") for one in loads.values())
    assert len(list(replies.glob("rates@shop=*.json"))) == 2
    (replies / "closed.json").write_text('{"data": []}')
    ran = held_by(tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_credential_that_is_refused_writes_nothing(
    driftline: Driftline, loyalty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOYALTY_TOKEN", "another-token-0123456789")
    done = driftline("new-vendor", "loyalty-app", "--from", "loyalty")
    assert done.code == 2 and "could not sign in" in done.err and not (tmp_path / "vendors").exists()


def own(listing: dict[str, Any]) -> Integration:
    block = {"base": "https://api.example.com", "listings": [{"kind": "field", "key": "name", **listing}]}
    return Integration.model_validate(
        {"name": "x", "vendor": "rest", "environment": "e", "class": "production", "owner": "o", "rest": block,
         "credentials": {"scheme": "none"}}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("paging", "records", "rows"),
    [
        ({"style": "none", "total": "count"}, "data", 3),
        ({"style": "cursor", "next": "next", "into": "after", "total": "count"}, "data", 3),
        ({"style": "cursor", "next": "next", "into": "after", "more": "more"}, "data", 1),
        ({"style": "next", "next": "links.next"}, "data", 3),
        ({"style": "offset", "into": "skip", "size": 10, "size_into": "take"}, "rows", 3),
        ({"style": "offset", "into": "skip"}, "", 2),
        ({"style": "offset", "into": "skip"}, "", 1),
        ({"style": "page", "into": "page", "first": 1}, "data", 3),
        ({"style": "page", "into": "p", "first": 0, "total": "count"}, "rows", 3),
        ({"style": "page", "into": "p", "first": 1}, "rows", 1),
        ({"style": "page", "into": "p", "first": 1}, "rows", 0),
        ({"style": "link"}, "", 3),
    ],
)
async def test_a_list_goes_on_as_its_listing_says_and_ends(paging: dict[str, Any], records: str, rows: int) -> None:
    listing = {"name": "things", "path": "/things", "records": records, "facts": ["label"], "paging": paging}
    made_rows = [{"name": f"n{n}", "label": "a"} for n in range(rows)]
    said: Any = {records: made_rows, "count": 99, "next": "x", "links": {"next": "/x"}} if records else made_rows
    integration = own(listing)
    (declared,) = RestSpec.model_validate(integration.rest).listings
    answer = Answer(200, {}, msgspec.json.encode(said))
    heard = Heard(listing="things", asked=[{}], answers=[(declared.ask({}, {}), answer)])
    made = described("acme", integration, [Heard(listing=""), heard])
    wrong, unread = await tried(made)
    assert wrong == {} and (unread == [] or not rows), (wrong, made.replies)


def test_equal_values_have_equal_stand_ins_and_others_others() -> None:
    stand = Stand({"str"})
    assert stand.scalar(17) == int(stand.text("17")) and stand.scalar(18) != stand.scalar(17)
    assert (
        stand.text("str") == "str"
        and stand.text("") == ""
        and stand.scalar(None) is None
        and stand.scalar(True) is True
    )
    assert stand.text("https://a.example/secret").startswith("https://example.com/")
    assert stand.text("a@b.example").endswith("@example.com") and stand.text("2026-05-04") > "2026-01-01"
    assert float(stand.text("12.75")) > 1000 and isinstance(stand.scalar(2.5), float)
    assert len({stand.text(f"word {n}") for n in range(100)}) == 100
