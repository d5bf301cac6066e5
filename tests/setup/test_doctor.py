"""driftline doctor: what it proves, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import TOKEN, Accounts, Driftline


@pytest.fixture
def hubspot(driftline: Driftline, accounts: Accounts) -> Accounts:
    assert driftline("init", *accounts.options("hubspot"), "--yes").code == 0
    return accounts


def test_a_stack_without_accounts_is_fine(driftline: Driftline) -> None:
    done = driftline("doctor")
    assert done.code == 0 and "No account is configured yet" in done.out and "can be written" in done.out


def test_all_fine_says_account_version_cost_and_repository(driftline: Driftline, hubspot: Accounts) -> None:
    done = driftline("doctor", "hubspot-prod", "--strict")
    assert done.code == 0, done.err
    for words in ("62114207", "version 2026-09", "v3 ends on 2027-09-30", "requests a day of 625,000", "branch main"):
        assert words in done.out
    told = json.loads(driftline("doctor", "--json").out)
    assert told["ok"] and told["integrations"][0]["account"] == "62114207"
    assert {check["state"] for check in told["integrations"][0]["checks"]} <= {"ok", "note"}


def test_a_denied_listing_is_named_and_fails_only_when_strict(driftline: Driftline, hubspot: Accounts) -> None:
    hubspot.hubspot.revoke("settings.users.read")
    done = driftline("doctor")
    assert done.code == 0 and "Missing settings.users.read: the key's scope for users" in done.out.replace("\n", " ")
    assert driftline("doctor", "--strict").code == 3


def test_a_dead_credential_is_seen_without_strict(driftline: Driftline, hubspot: Accounts) -> None:
    hubspot.hubspot.expire_tokens()
    done = driftline("doctor")
    assert done.code == 3 and "○ sign-in: " in done.out and "no longer valid" in done.out


def test_a_credential_that_cannot_be_resolved_is_configuration(
    driftline: Driftline, hubspot: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUBSPOT_TOKEN")
    asked = len(hubspot.hubspot.requests)
    done = driftline("doctor")
    assert done.code == 2 and "${env:HUBSPOT_TOKEN}" in done.out and len(hubspot.hubspot.requests) == asked


def test_another_account_than_the_approved_one_is_said(driftline: Driftline, hubspot: Accounts, stack: Path) -> None:
    assert driftline("capture", "--yes").code == 0
    assert "the one that was approved" in driftline("doctor").out
    hubspot.hubspot.set_portal(777)
    done = driftline("doctor")
    assert done.code == 2 and "account 62114207, the credential belongs to 777" in done.out.replace("\n", " ")


def test_grants_that_were_approved_and_are_gone_are_said(driftline: Driftline, hubspot: Accounts) -> None:
    assert driftline("capture", "--yes").code == 0
    hubspot.hubspot.revoke("forms")
    done = driftline("doctor", "--strict")
    assert done.code == 3 and "grants that were approved are gone: forms" in done.out


def test_a_repository_that_does_not_answer_hides_nothing_else(
    driftline: Driftline, hubspot: Accounts, stack: Path
) -> None:
    settings = stack / "config" / "driftline.yaml"
    settings.write_text(settings.read_text().replace("repository: .", "repository: nowhere"))
    done = driftline("doctor")
    assert done.code == 2 and "✕ state and repository" in done.out and "sign-in: as app" in done.out


def test_an_unknown_integration_is_refused(driftline: Driftline, hubspot: Accounts) -> None:
    done = driftline("doctor", "nosuch")
    assert done.code == 2 and "configured are: hubspot-prod" in done.err


def test_the_report_of_shapes_is_a_file_without_a_value(
    driftline: Driftline, hubspot: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = driftline("doctor", "hubspot-prod", "--shape")
    assert done.code == 0, done.err
    (file,) = tmp_path.glob("driftline-shape-*.json")
    assert file.name in done.out and "No value is in it" in done.err
    (told,) = json.loads(file.read_text())
    assert told["vendor"] == "hubspot" and told["signed_in"] and "62114207" not in file.read_text()
    listing = next(one for one in told["listings"] if one["listing"] == "properties")
    assert listing["facts"]["field.type"] == "all" and listing["answers"][0]["status"] == 200
    for name in ("northwind", TOKEN, "hubspot-prod", "@example"):
        assert name not in file.read_text().casefold()
    assert json.loads(driftline("doctor", "--shape", "--json").out)["items"][0]["vendor"] == "hubspot"


def test_a_report_of_shapes_overwrites_nothing_and_needs_an_account(
    driftline: Driftline, accounts: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = driftline("doctor", "--shape")
    assert done.code == 2 and "driftline init adds one" in done.err
    assert driftline("init", *accounts.options("hubspot"), "--yes").code == 0
    monkeypatch.setattr("monitor.cli.setup_shape.time.time", lambda: 0.0)
    there = tmp_path / "driftline-shape-19700101-000000.json"
    there.write_text("kept")
    done = driftline("doctor", "--shape")
    assert done.code == 2 and "nothing was written: File exists" in done.err and there.read_text() == "kept"


def test_an_account_that_lets_nobody_in_has_a_shape_too(
    driftline: Driftline, hubspot: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    hubspot.hubspot.expire_tokens()
    done = driftline("doctor", "--shape", "--json")
    assert "could not sign in, so nothing but that has a shape" in done.err
    (told,) = json.loads(done.out)["items"]
    assert told["signed_in"] is False and [one["listing"] for one in told["listings"]] == ["who the credential is"]
    assert told["listings"][0]["answers"][0]["status"] == 401


ATTESTED = """\
vendor: attested
owner: marketing-operations
credentials: {scheme: none}
attested:
  within: 2d
  lists: [{name: templates, kind: template, key: id, facts: {x_status: status}, always: [x_status]}]
"""


def test_what_people_attest_is_read_from_the_state_and_never_looked_for_in_a_network(
    driftline: Driftline, stack: Path, tmp_path: Path
) -> None:
    (stack / "config" / "integrations" / "stensul.yaml").write_text(ATTESTED)
    done = driftline("doctor")
    assert done.code == 3 and "nobody has attested anything yet" in done.out.replace("\n", " ")
    file = tmp_path / "templates.json"
    file.write_text('[{"id": "t1", "status": "live"}]')
    assert driftline("attest", "stensul", str(file)).code == 0
    done = driftline("doctor", "--strict")
    assert done.code == 0 and "template · templates: 1 row" in done.out


def test_what_people_attest_is_not_known_while_the_state_cannot_be_opened(driftline: Driftline, stack: Path) -> None:
    (stack / "config" / "integrations" / "stensul.yaml").write_text(ATTESTED)
    settings = stack / "config" / "driftline.yaml"
    settings.write_text(settings.read_text().replace("repository: .", "repository: nowhere"))
    done = driftline("doctor")
    assert done.code == 2 and "kept in the state, which cannot be opened" in done.out.replace("\n", " ")


def test_what_people_attest_has_no_shape(
    driftline: Driftline, hubspot: Accounts, stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (stack / "config" / "integrations" / "stensul.yaml").write_text(ATTESTED)
    done = driftline("doctor", "--shape", "--json")
    assert "stensul: it is attested" in done.err and [one["vendor"] for one in json.loads(done.out)["items"]] == [
        "hubspot"
    ]
    done = driftline("doctor", "stensul", "--shape")
    assert done.code == 2 and "answers by itself" in done.err
