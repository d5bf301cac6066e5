"""driftline new-stack and init against simulated accounts over HTTP."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from monitor.adapters.state_lock import StateLock
from monitor.config import load
from probes.kit.registry import vendors
from probes.kit.verified import Verified

from .conftest import TOKEN, Accounts, Driftline


def written(stack: Path) -> list[str]:
    return sorted(path.name for path in (stack / "config" / "integrations").iterdir())


def test_a_new_stack_names_the_next_steps(driftline: Driftline, tmp_path: Path) -> None:
    done = driftline("new-stack", str(tmp_path / "Client_B"))
    assert done.code == 0 and "the stack client-b" in done.out
    for command in ("driftline init", "driftline capture", "driftline serve"):
        assert command in done.out
    again = driftline("new-stack", str(tmp_path / "Client_B"))
    assert again.code == 2 and "is there already" in again.err


def test_init_proves_what_the_key_can_see_and_writes_a_valid_file(
    driftline: Driftline, accounts: Accounts, stack: Path
) -> None:
    done = driftline("init", *accounts.options("salesforce"), "--yes")
    assert done.code == 0, done.err
    assert "Account: Example Industrial Supply, id 00D5g0000000007EAA" in done.out
    assert "requests a day" in done.out and "that the plan allows" in done.out
    own = load(stack / "config").integrations["salesforce-prod"]
    assert own.account == "00D5g0000000007EAA"
    assert own.level("field", "Lead") == own.level("permission", "Lead.field-permissions") == "review"
    assert own.level("field", "Consent_Record__c") == "record", "custom, and nothing is known to use it"
    assert own.level("field", "LeadHistory") == own.level("permission", "LeadShare.field-permissions") == "off"
    assert own.level("field", "zoominfo__Match__c") == "off", "a managed package"
    assert own.level("permission", "users") == own.level("schema", "objects") == "review"
    text = (stack / "config" / "integrations" / "salesforce-prod.yaml").read_text()
    assert "level: 'off'" in text and "level: off" not in text, "an editor would read off as false"
    assert "HubSpot_Integration may write it" in text
    user = done.out.partition("signed in as ")[2].splitlines()[0]
    assert user and user not in text, "a name that is in git cannot be forgotten"


def test_init_says_where_a_vendor_file_is_unproven(
    driftline: Driftline, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "unproven" not in driftline("init", *accounts.options("hubspot"), "--yes").err
    known = vendors()
    unproven = {**known, "hubspot": known["hubspot"].model_copy(update={"verified": Verified()})}
    monkeypatch.setattr("probes.kit.registry.vendors", lambda *_: unproven)
    done = driftline("init", *accounts.options("hubspot"), "--yes", "--name", "another")
    assert done.code == 0 and "the vendor file hubspot is unproven" in done.err


def test_init_as_json_lists_objects_with_field_counts_and_cost(driftline: Driftline, accounts: Accounts) -> None:
    done = driftline("init", *accounts.options("salesforce"), "--yes", "--json")
    told = json.loads(done.out)
    lead = next(one for one in told["objects"] if one["name"] == "Lead")
    assert (lead["fields"], lead["level"], lead["custom"]) == (38, "review", False) and lead["cost"] > 0
    history = next(one for one in told["objects"] if one["name"] == "LeadHistory")
    assert history["cost"] == 0 and "fields" in history and history["fields"] is None
    assert told["requests"]["limit"] == 145_000 and told["requests"]["per_day"] > 0
    assert told["requests"]["proof"] < 60, "a proof costs a few requests, not a poll of everything twice"


def test_a_denied_listing_names_the_missing_grant_and_how_to_give_it(
    driftline: Driftline, accounts: Accounts, stack: Path
) -> None:
    accounts.hubspot.revoke("forms")
    done = driftline("init", *accounts.options("hubspot"), "--yes")
    assert done.code == 0 and "missing forms: the key's scope for forms" in done.out
    assert "forms is denied" in done.err and "driftline: forms is not held: the key's scope for forms" in done.err
    told = json.loads(driftline("init", *accounts.options("hubspot"), "--yes", "--name", "second", "--json").out)
    (forms,) = [one for one in told["listings"] if one["listing"] == "forms"]
    assert (forms["state"], forms["missing"]) == ("denied", ["forms"])


def test_an_existing_file_is_never_overwritten(driftline: Driftline, accounts: Accounts, stack: Path) -> None:
    driftline("init", *accounts.options("hubspot"), "--yes")
    file = stack / "config" / "integrations" / "hubspot-prod.yaml"
    before, asked = file.read_bytes(), len(accounts.hubspot.requests)
    done = driftline("init", *accounts.options("hubspot"), "--yes")
    assert done.code == 2 and "hubspot-prod already" in done.err
    assert file.read_bytes() == before and len(accounts.hubspot.requests) == asked, (
        "and nothing was asked of the vendor"
    )


def test_a_secret_itself_is_refused_without_being_repeated(driftline: Driftline, stack: Path) -> None:
    done = driftline("init", "hubspot", "--yes", "--set", f"token={TOKEN}")
    assert done.code == 2 and "expected a reference such as" in done.err
    assert written(stack) == ["README.md"]


def test_a_credential_that_does_not_sign_in_writes_nothing(
    driftline: Driftline, accounts: Accounts, stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.hubspot.expire_tokens()
    done = driftline("init", *accounts.options("hubspot"), "--yes")
    assert done.code == 2 and "could not sign in" in done.err
    monkeypatch.delenv("HUBSPOT_TOKEN")
    unset = driftline("init", *accounts.options("hubspot"), "--yes")
    assert unset.code == 2 and "the environment variable is not set" in unset.err
    assert written(stack) == ["README.md"]


def test_another_account_than_the_one_meant_is_refused(driftline: Driftline, accounts: Accounts, stack: Path) -> None:
    done = driftline("init", *accounts.options("hubspot"), "--yes", "--account", "1")
    assert done.code == 2 and "belongs to account 62114207, not to 1" in done.err
    assert written(stack) == ["README.md"]
    assert {"/automation/v4/flows", "/settings/users/v3"}.isdisjoint(
        path for _, path, _ in accounts.hubspot.requests
    ), "nothing else is read of the wrong account"


def test_more_requests_than_the_plan_allows_are_refused_with_an_interval_that_fits(
    driftline: Driftline, accounts: Accounts, stack: Path
) -> None:
    done = driftline("init", *accounts.options("hubspot"), "--yes", "--every", "1s")
    assert done.code == 2 and "the plan allows 625,000" in done.err and "--every 5m would fit" in done.err
    assert written(stack) == ["README.md"]


def test_all_that_is_missing_is_said_at_once(driftline: Driftline, stack: Path) -> None:
    (stack / "config" / "people.yaml").write_text(
        "teams:\n  a: {contact: a@example.com}\n  b: {contact: b@example.com}\n"
    )
    done = driftline("init", "salesforce", "--yes")
    for words in ("--owner", "--option my_domain=", "--scheme"):
        assert words in done.err
    assert done.code == 2 and written(stack) == ["README.md"]
    field = driftline("init", "hubspot", "--yes", "--owner", "a")
    assert "--set 'token=${env:HUBSPOT_TOKEN}'" in field.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nosuch", "--yes"), "no vendor is called 'nosuch'"),
        (("rest", "--yes"), "--described FILE"),
        (("hubspot", "--yes", "--name", "No Name"), "lower-case"),
        (("hubspot", "--yes", "--owner", "nobody"), "a team of people.yaml"),
        (("hubspot", "--yes", "--option", "nosuch=1"), "an option of hubspot"),
        (("hubspot", "--yes", "--set", "secret=${env:X}"), "--set: expected FIELD=REFERENCE with one of token"),
        (("hubspot", "--yes", "--scheme", "magic"), "--scheme: expected one of token"),
        (("hubspot", "--yes", "--set", "token=${env:X}", "--every", "often"), "--every: expected a duration"),
        (("hubspot", "--json"), "--yes"),
        (("hubspot",), "no terminal"),
    ],
)
def test_bad_input_gets_one_sentence(driftline: Driftline, stack: Path, arguments: tuple[str, ...], words: str) -> None:
    done = driftline("init", *arguments)
    assert done.code == 2 and words in done.err and "unforeseen" not in done.err
    assert written(stack) == ["README.md"]


def test_while_serve_runs_an_account_is_added_beside_it(driftline: Driftline, accounts: Accounts, stack: Path) -> None:
    (stack / "var").mkdir()
    lock = StateLock(stack / "var")
    try:
        done = driftline("init", *accounts.options("hubspot"), "--yes")
    finally:
        lock.release()
    assert done.code == 0, done.err
    assert f"driftline serve (process {os.getpid()}) takes the file up by itself" in done.err
    assert "hubspot-prod.yaml" in written(stack)


def test_while_serve_runs_a_way_in_that_keeps_a_token_names_its_pid(
    driftline: Driftline, accounts: Accounts, stack: Path
) -> None:
    (stack / "var").mkdir()
    lock = StateLock(stack / "var")
    try:
        done = driftline("init", *accounts.options("salesforce"), "--scheme", "refresh_token", "--yes")
    finally:
        lock.release()
    assert done.code == 2 and f"driftline serve (process {os.getpid()}) has the store" in done.err
    assert accounts.salesforce.requests == [] and written(stack) == ["README.md"]
