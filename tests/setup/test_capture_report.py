"""driftline capture and report --first-look."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from .conftest import Accounts, Driftline


@pytest.fixture
def hubspot(driftline: Driftline, accounts: Accounts) -> Accounts:
    assert driftline("init", *accounts.options("hubspot"), "--yes").code == 0
    return accounts


def committed(stack: Path) -> list[str]:
    git = ["git", f"--git-dir={stack / 'var' / 'baselines.git'}", "ls-tree", "-r", "--name-only", "main"]
    listed = subprocess.run(git, check=True, capture_output=True, text=True).stdout
    return [path for path in listed.splitlines() if path.startswith("baselines/hubspot-prod/")]


def test_the_first_capture_commits_all_that_was_read_completely(
    driftline: Driftline, hubspot: Accounts, stack: Path
) -> None:
    hubspot.hubspot.revoke("forms")
    done = driftline("capture", "hubspot-prod", "--yes")
    assert done.code == 0 and "captured means as found, not approved" in done.out
    paths = committed(stack)
    assert "baselines/hubspot-prod/field/contacts.json" in paths and "baselines/hubspot-prod/vantage.json" in paths
    assert not any("forms" in path for path in paths), "what could not be read is not captured"
    again = driftline("capture", "--yes")
    assert again.code == 0 and "nothing to capture" in again.out


def test_one_scope_can_be_captured_alone(driftline: Driftline, hubspot: Accounts, stack: Path) -> None:
    done = driftline("capture", "hubspot-prod", "--scope", "field/contacts", "--yes", "--json")
    assert json.loads(done.out)["items"][0]["scopes"] == ["field/contacts"]
    assert committed(stack) == ["baselines/hubspot-prod/field/contacts.json", "baselines/hubspot-prod/vantage.json"]


def test_bad_input_captures_nothing(driftline: Driftline, hubspot: Accounts, stack: Path) -> None:
    for arguments, words in (
        (("nosuch", "--yes"), "configured are: hubspot-prod"),
        (("hubspot-prod", "--scope", "field/nosuch", "--yes"), "is no proposal to capture"),
        (("--scope", "field/contacts", "--yes"), "--scope needs the INTEGRATION"),
        (("hubspot-prod",), "no terminal"),
    ):
        done = driftline("capture", *arguments)
        assert done.code == 2 and words in done.err, done.err
    assert committed(stack) == []


def test_a_dead_credential_captures_nothing(driftline: Driftline, hubspot: Accounts, stack: Path) -> None:
    hubspot.hubspot.expire_tokens()
    done = driftline("capture", "--yes")
    assert done.code == 2 and "nothing was captured" in done.err and committed(stack) == []


def test_the_first_look_says_what_is_already_wrong(driftline: Driftline, hubspot: Accounts) -> None:
    assert "nothing was read yet" in driftline("report", "--first-look").err
    hubspot.hubspot.revoke("forms")
    hubspot.hubspot.run_import("Trade fair", rows=240, failed=17)
    driftline("capture", "--yes")
    done = driftline("report", "--first-look")
    assert done.code == 0
    for words in ("Trade fair rejected 17", "admin-01@example.com is an administrator", "The credential lacks forms"):
        assert words in done.out
    told = json.loads(driftline("report", "--first-look", "--json").out)
    assert {"Syncs", "Integration user", "Cannot be seen"} <= {line["section"] for line in told["lines"]}


def test_who_may_be_an_administrator_does_not_stand_out(driftline: Driftline, hubspot: Accounts, stack: Path) -> None:
    file = stack / "config" / "integrations" / "hubspot-prod.yaml"
    file.write_text(file.read_text() + "allowed_admins: [admin-01@example.com]\n")
    driftline("capture", "--yes")
    told = json.loads(driftline("report", "--first-look", "--json").out)["lines"]
    admins = {line["where"] for line in told if line["section"] == "Administrators and exporters"}
    assert "users/admin-02@example.com" in admins and "users/admin-01@example.com" not in admins


def test_the_html_file_loads_nothing_and_escapes_what_vendors_say(
    driftline: Driftline, hubspot: Accounts, tmp_path: Path
) -> None:
    hubspot.hubspot.run_import("<script>alert(1)</script>\u202egnp", rows=9, failed=3)
    driftline("capture", "--yes")
    file = tmp_path / "look.html"
    done = driftline("report", "--first-look", "--html", str(file))
    assert done.code == 0 and str(file) in done.err and done.out == ""
    page = file.read_text()
    assert "<script" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;\\u202egnp" in page
    assert not re.search(r"""(src|href|action)\s*=|url\(|@import|https?://""", page), "nothing is loaded from elsewhere"
    assert "\u202e" not in page and "<style>" in page and "prefers-color-scheme: dark" in page


def test_a_report_that_cannot_be_written_says_so(driftline: Driftline, hubspot: Accounts, tmp_path: Path) -> None:
    driftline("capture", "--yes")
    for path, words in ((tmp_path / "no" / "look.html", "cannot be written"), (tmp_path, "is a folder")):
        done = driftline("report", "--first-look", "--html", str(path))
        assert done.code == 2 and words in done.err
    assert driftline("report").code == 2
