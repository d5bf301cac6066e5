"""driftline init for any JSON API: described in a file, proven, proposed and written like any other account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from monitor.config import load

from .conftest import TOKEN, Driftline, answering
from .test_init import written

BLOCK = """\
title: Loyalty
auth: {style: header, headers: {X-Api-Key: "{token}"}}
errors: {code: error.code, message: error.text, faults: {no_right: denied}}
identity: {path: /me, account: org.id, subject: login, grants: scopes, account_name: org.name}
listings:
  - {name: objects, kind: schema, path: /objects, records: data, key: name, facts: [label], always: [label]}
  - {name: fields, kind: field, for_each: objects, path: "/objects/{parent.key}/fields", records: data, key: name,
     facts: {type: kind, required: mandatory}, words: {type: {str: text, "*": any}}}
  - {name: people, kind: permission, path: /people, records: data, key: mail, person: true, facts: {admin: root}}
"""


def app() -> FastAPI:
    loyalty = FastAPI()

    @loyalty.middleware("http")
    async def keyed(request: Request, answer):  # type: ignore[no-untyped-def]
        if request.headers.get("x-api-key") != TOKEN:
            return JSONResponse({"error": {"code": "no_key", "text": "who are you"}}, 401)
        return await answer(request)

    @loyalty.get("/me")
    def me() -> dict[str, object]:
        return {"org": {"id": 12, "name": "Example Rewards"}, "login": "robot", "scopes": "read"}

    @loyalty.get("/objects")
    def objects() -> dict[str, object]:
        return {"data": [{"name": "card", "label": "Card"}, {"name": "shop", "label": "Shop"}]}

    @loyalty.get("/objects/{name}/fields")
    def fields(name: str) -> dict[str, object]:
        return {"data": [{"name": "number", "kind": "str", "mandatory": True}, {"name": "since", "kind": "date"}]}

    @loyalty.get("/people")
    def people() -> JSONResponse:
        return JSONResponse({"error": {"code": "no_right", "text": "not yours"}}, 400)

    return loyalty


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("LOYALTY_TOKEN", TOKEN)
    with answering({"loyalty": app()}) as at:
        yield at["loyalty"]


def given(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "loyalty.yaml"
    file.write_text(text)
    return ["init", "rest", "--described", str(file), "--name", "loyalty", "--yes"]


@pytest.mark.parametrize("inside", [False, True], ids=["the block alone", "under its key"])
def test_any_json_api_is_proven_and_written(
    driftline: Driftline, stack: Path, tmp_path: Path, base: str, inside: bool
) -> None:
    text = "rest:\n" + "".join(f"  {line}\n" for line in BLOCK.splitlines()) if inside else BLOCK
    more = ["--base", base, "--allow-private", "--set", "token=${env:LOYALTY_TOKEN}"]
    done = driftline(*given(tmp_path, text), *more)
    assert done.code == 0, done.err
    assert "Account: Example Rewards, id 12; signed in as robot" in done.out
    assert "people" in done.out and "denied" in done.out
    own = load(stack / "config").integrations["loyalty"]
    assert (own.vendor, own.title, own.account, own.credentials.scheme) == ("rest", "Loyalty", "12", "header")
    checked = driftline("check")
    assert checked.code == 0, checked.err
    told = json.loads(driftline("capture", "loyalty", "--yes", "--json").out)
    assert {"field/card", "field/shop", "schema/objects"} <= set(told["items"][0]["scopes"])


def test_what_is_wrong_with_the_block_is_said_with_its_line(driftline: Driftline, stack: Path, tmp_path: Path) -> None:
    done = driftline(*given(tmp_path, BLOCK.replace("records: data, key: name, facts: [label]", "keyy: name", 1)))
    assert done.code == 2
    assert "loyalty.yaml:6: listings[0].keyy: is an unknown key" in done.err
    for text, words in (("- 1\n", "expected what to read from where"), ("rest: [\n", "not YAML"), ("rest:\n", "rest:")):
        done = driftline(*given(tmp_path, text))
        assert done.code == 2 and words in done.err and "unforeseen" not in done.err
    missing = driftline("init", "rest", "--described", str(tmp_path / "none.yaml"), "--yes")
    assert missing.code == 2 and "none.yaml: cannot be read" in missing.err
    addressless = driftline(*given(tmp_path, BLOCK), "--set", "token=${env:LOYALTY_TOKEN}")
    assert addressless.code == 2 and "--base URL" in addressless.err
    assert written(stack) == ["README.md"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            ("records: data", "records: items"),
            "objects cannot be read as it is described: Malformed: the answer has no",
        ),
        (("key: name", "key: nosuch"), "objects cannot be read as it is described: Malformed: a row has no nosuch"),
        (("path: /objects,", "path: /nothing/here,"), "objects cannot be read as it is described: "),
    ],
)
def test_a_description_that_does_not_fit_is_not_written(
    driftline: Driftline, stack: Path, tmp_path: Path, base: str, wrong: tuple[str, str], words: str
) -> None:
    more = ["--base", base, "--allow-private", "--set", "token=${env:LOYALTY_TOKEN}"]
    done = driftline(*given(tmp_path, BLOCK.replace(*wrong, 1)), *more)
    assert done.code == 2 and words in done.err and "nothing was written; look at the description" in done.err, done.err
    assert written(stack) == ["README.md"]


def test_what_costs_more_than_the_plan_allows_is_refused_and_doctor_names_the_interval_that_fits(
    driftline: Driftline, stack: Path, tmp_path: Path, base: str
) -> None:
    more = ["--base", base, "--allow-private", "--set", "token=${env:LOYALTY_TOKEN}"]
    done = driftline(*given(tmp_path, BLOCK + "quota: {per_day: 500}\n"), *more)
    assert done.code == 2 and written(stack) == ["README.md"]
    assert (
        "480 requests a day and the plan allows 500, of which at most 80% are ours: --every 30m would fit" in done.err
    )
    assert driftline(*given(tmp_path, BLOCK + "quota: {per_day: 5000}\n"), *more).code == 0
    file = stack / "config" / "integrations" / "loyalty.yaml"
    assert "about 480 requests a day of 5,000" in driftline("doctor").out.replace("\n", " ")
    file.write_text(file.read_text().replace("per_day: 5000", "per_day: 500"))
    told = driftline("doctor")
    assert told.code == 2 and "(schedule.every 30m would fit)" in told.out.replace("\n", " ")
