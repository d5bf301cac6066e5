"""Tokens, forgetting, reload."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitor.adapters.store_tx import Tx
from monitor.web.access import fingerprint

from .conftest import TEAMS, Run, Stage


@pytest.mark.parametrize(("expires", "seconds"), [("7d", 7 * 86400.0), ("never", None), ("1h30m", 5400.0)])
def test_a_token_is_shown_once_and_kept_as_a_hash(
    stage: Stage, run: Run, monkeypatch: pytest.MonkeyPatch, expires: str, seconds: float | None
) -> None:
    kept: list[Any] = []
    put = Tx.put_api_token

    async def keep(self: Tx, row: Any) -> None:
        kept.append(row)
        await put(self, row)

    monkeypatch.setattr(Tx, "put_api_token", keep)
    said = run("token", "create", "ci", "--role", "reviewer", "--expires", expires)
    assert said.code == 0
    secret = said.out.strip()
    row = kept[0]
    assert row.hash == fingerprint(secret) and secret not in repr(row)
    assert (row.name, row.role) == ("ci", "reviewer")
    assert row.expires == (None if seconds is None else row.created + seconds)
    assert "shown once" in said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "ci", "--role", "god"), "--role: expected one of viewer, reviewer, admin"),
        (("create", "ci", "--expires", "soon"), "--expires: expected a duration such as 45s"),
        (("create", "ci", "--expires", "0d"), "--expires: expected a duration longer than nothing"),
        (("create", "session:ci"), "name: expected letters, digits"),
        (("create", ""), "name: expected letters, digits"),
        (("revoke", "ci"), "There is no token called 'ci'"),
        (("link", "a b"), "name: expected letters, digits"),
        (("create", "ci", "--team", "brnad"), "team: expected one of"),
        (("link", "kim", "--team", "brnad"), "team: expected one of"),
    ],
)
def test_bad_input_makes_no_token(stage: Stage, run: Run, arguments: tuple[str, ...], words: str) -> None:
    said = run("token", *arguments)
    assert (said.code, said.out) == (2, "")
    assert words in said.err


def test_a_sign_in_link_is_an_address_of_the_pages(stage: Stage, run: Run) -> None:
    said = run("token", "link", "anna", "--json")
    made = json.loads(said.out)
    assert made["secret"].startswith("http://127.0.0.1:9731/sign-in/dl_")
    assert made["role"] == "reviewer"


def test_a_token_says_for_which_teams_its_holder_acts(stage: Stage, run: Run) -> None:
    said = run(
        "token", "create", "kim", "--role", "reviewer", "--team", TEAMS[1], "--team", TEAMS[0], "--team", TEAMS[1]
    )
    assert said.code == 0 and "may act as reviewer for marketing-operations, revenue-operations until" in said.err
    made = json.loads(run("token", "link", "kim", "--team", "revenue-operations", "--json").out)
    assert made["teams"] == ["revenue-operations"]


def test_tokens_are_listed_without_their_secret(stage: Stage, run: Run) -> None:
    assert json.loads(run("token", "list", "--json").out) == {"items": []}


def test_forgetting_takes_a_yes_and_a_person_who_is_known(stage: Stage, run: Run) -> None:
    assert "nobody was forgotten" in run("forget", "admin-03@example.com").err
    said = run("forget", "admin-03@example.com", "--yes")
    assert said.code == 0 and "Forgotten; what is kept says p-" in said.out
    assert "admin-03" not in said.out
    unknown = run("forget", "nobody@example.com", "--yes")
    assert unknown.code == 2 and "is known here" in unknown.err


def test_reload_is_for_a_running_daemon(stage: Stage, run: Run, request: pytest.FixtureRequest) -> None:
    said = run("reload")
    if "local" in request.node.name:
        assert said.code == 2 and "no daemon serves this stack" in said.err
        return
    assert (said.code, said.out) == (0, "The new configuration is in use.\n")
    stage.change = lambda engine: setattr(engine, "reload_problems", ("people.yaml:3: teams: expected a name",))
    refused = run("reload")
    assert refused.code == 2 and "people.yaml:3: teams: expected a name" in refused.err
