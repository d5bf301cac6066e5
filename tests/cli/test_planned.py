"""`driftline planned`: what a range of commits of a real Salesforce DX checkout stands for, and the commands over a
real stack, its engine opened by the command itself, and then `serve` in a process of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.core.graph import pattern_matches
from tests.adapters.repositories import Person, start

from .conftest import Run
from .test_end_to_end import serving
from .test_standing import laid, newest

__all__ = ["laid"]
MAIN = "force-app/main/default"
FIELD = (
    '<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<fullName>{0}</fullName><label>{1}</label>{2}</CustomField>"
)
TOPIC = f"{MAIN}/objects/Lead/fields/Topic__c.field-meta.xml"
FROM = ("planned", "--from-git")
CRM = ("--integration", "salesforce-prod")


def field(name: str, label: str = "Label", more: str = "") -> bytes:
    return FIELD.format(name, label, more).encode()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """A checkout with one commit on main, and the shell in it."""
    someone = start(tmp_path / "sales force")
    monkeypatch.chdir(someone.folder)
    regions = "<valueSet><valueSetName>Regions</valueSetName></valueSet>"
    someone.commit(
        "first",
        **{  # type: ignore[arg-type]
            "sfdx-project.json": b"{}",
            TOPIC: field("Topic__c"),
            f"{MAIN}/objects/Lead/fields/Region__c.field-meta.xml": field("Region__c", more=regions),
            f"{MAIN}/flows/Router.flow-meta.xml": b"<Flow/>",
        },
    )
    yield someone


def test_what_differs_is_printed_as_patterns_and_the_rest_is_named(project: Person, run: Run) -> None:
    project.commit(
        "second",
        **{  # type: ignore[arg-type]
            TOPIC: field("Topic__c", "Theme"),
            f"{MAIN}/globalValueSets/Regions.globalValueSet-meta.xml": b"<GlobalValueSet/>",
            f"{MAIN}/layouts/Lead-Lead Layout.layout-meta.xml": b"<Layout/>",
            f"{MAIN}/profiles/Vertrieb Süd.profile-meta.xml": b"<Profile/>",
            'notes "quoted".md': b"x",
        },
    )
    said = run(*FROM, "HEAD~1..HEAD", *CRM)
    assert said.code == 0
    assert said.out.splitlines() == [
        "salesforce-prod/field/Lead/Region__c",
        "salesforce-prod/field/Lead/Topic__c",
        "salesforce-prod/permission/*permission*/profile:Vertrieb Süd",
    ]
    assert "Lead-Lead Layout.layout-meta.xml: layout is not read" in said.err
    assert 'notes "quoted".md: it is no metadata in source format' in said.err
    assert len(said.err.splitlines()) == 2, "nothing else is left out"
    assert run(*FROM, "HEAD~1..HEAD", *CRM, "--strict").code == 3


def test_what_was_renamed_is_both_the_old_and_the_new(project: Person, run: Run) -> None:
    project.git("mv", TOPIC, TOPIC.replace("Topic__c", "Theme__c"))
    project.git("commit", "-qm", "rename")
    assert run(*FROM, "HEAD~1..HEAD", *CRM).out.splitlines() == [
        "salesforce-prod/field/Lead/Theme__c", "salesforce-prod/field/Lead/Topic__c",
    ]  # fmt: skip
    assert run(*FROM, "HEAD..HEAD~1", *CRM).out == run(*FROM, "HEAD~1..HEAD", *CRM).out, "going back changes the same"


def test_two_dots_compare_the_commits_and_three_what_the_branch_brings(project: Person, run: Run) -> None:
    project.git("checkout", "-q", "-b", "feature")
    project.commit("mine", **{TOPIC: field("Topic__c", "Mine")})  # type: ignore[arg-type]
    project.git("checkout", "-q", "main")
    project.commit("theirs", **{f"{MAIN}/flows/Other.flow-meta.xml": b"<Flow/>"})  # type: ignore[arg-type]
    assert run(*FROM, "main...feature", *CRM).out == "salesforce-prod/field/Lead/Topic__c\n"
    assert "automation/flows/Other" in run(*FROM, "main..feature", *CRM).out


def test_a_name_that_is_no_text_is_named_too(project: Person, run: Run) -> None:
    folder = project.folder / MAIN / "flows"
    (folder / os.fsdecode(b"caf\xe9.flow-meta.xml")).write_bytes(b"<Flow/>")
    project.git("add", "-A")
    project.git("commit", "-qm", "latin")
    said = run(*FROM, "HEAD~1..HEAD", *CRM)
    assert (said.code, said.out) == (0, "") and "its name is not UTF-8" in said.err
    assert "nothing in HEAD~1..HEAD stands for anything" in said.err


def test_json_is_a_body_for_the_api(project: Person, run: Run) -> None:
    project.commit("second", **{TOPIC: field("Topic__c", "Theme")})  # type: ignore[arg-type]
    told = run(*FROM, "HEAD~1..HEAD", *CRM, "--json", "--ticket", "OPS-1", "--id", "gh-7", "--until", "2h")
    body = json.loads(told.out)
    assert body.pop("expected_end") > 0
    assert body == {"id": "gh-7", "ticket": "OPS-1", "patterns": ["salesforce-prod/field/Lead/Topic__c"],
                    "integrations": ["salesforce-prod"]}  # fmt: skip
    empty = run(*FROM, "HEAD..HEAD", *CRM, "--json")
    assert empty.code == 2 and "nothing to announce" in empty.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*FROM, "HEAD", *CRM), "expected two commits such as main..HEAD, found 'HEAD'"),
        ((*FROM, "..HEAD", *CRM), "expected two commits"),
        ((*FROM, "nothing..HEAD", *CRM), "there is no commit 'nothing' here"),
        ((*FROM, "HEAD..HEAD"), "--integration: say which integration"),
        ((*FROM, "HEAD..HEAD", *CRM, "--announce"), "--ticket: expected the ticket"),
    ],
)
def test_what_cannot_be_looked_at_is_said(project: Person, run: Run, arguments: tuple[str, ...], words: str) -> None:
    told = run(*arguments)
    assert told.code == 2 and words in told.err


def test_alone_it_says_what_it_can_do(run: Run) -> None:
    told = run("planned")
    assert told.code == 0 and "--from-git" in told.out and "withdraw" in told.out


def test_planned_changes_in_the_terminal_with_and_without_a_daemon(laid: Path, project: Person, run: Run) -> None:
    commands(laid, run, "agency")
    with serving(laid):
        commands(laid, run, "release")
        project.commit("second", **{TOPIC: field("Topic__c", "Theme")})  # type: ignore[arg-type]
        told = run(*FROM, "HEAD~1..HEAD", *CRM, "--announce", "--ticket", "OPS-9", "--id", "gh-9", "--stack", str(laid))
        assert told.code == 0 and "The deployment gh-9 is announced until" in told.out
        view = json.loads(run("planned", "show", "gh-9", "--json", "--stack", str(laid)).out)
        assert view["row"]["outstanding"] == ["salesforce-prod/field/Lead/Topic__c"]
        assert pattern_matches(view["row"]["patterns"][0], "salesforce-prod/field/Lead/Topic__c/label")


def commands(stack: Path, run: Run, name: str) -> None:
    """Announced, asked again, shown, closed and withdrawn; refused in words."""
    where = ("--stack", str(stack))
    add = ("planned", "add", name, "--ticket", "MOPS-7", "--on", "hubspot-prod/field/contacts/*")
    made = run(*add, *where)
    assert made.code == 0 and f"The deployment {name} is announced until" in made.out and "by commit" in made.out
    assert newest(stack) == f"Open the deployment {name}"
    assert "it was so already" in run(*add, *where).out
    told = run("planned", "list", "--json", *where)
    assert told.code == 0, told.err
    rows = {row["id"]: row for row in json.loads(told.out)["items"]}
    assert (rows[name]["state"], rows[name]["deployment"]) == ("open", True)
    assert name in run("planned", "list", "--state", "open", *where).out
    assert name not in run("planned", "list", "--state", "coming", *where).out
    assert "hubspot-prod/field/contacts/*" in run("planned", "show", name, *where).out
    closed = run("planned", "close", name, *where)
    assert closed.code == 0 and f"{name} is closed, by commit" in closed.out
    assert newest(stack) == f"Close the deployment {name}"
    gone = run("planned", "withdraw", name, "--reason", "It was called off", *where)
    assert gone.code == 0 and newest(stack) == f"Withdraw the planned change {name}"
    for wrong, said in (
        (("close", name), "There is no planned change"),
        (("show", name), "no planned change is called"),
        (("add", "x y", "--ticket", "T", "--on", "hubspot-prod/field/a"), "id: expected letters"),
        (("add", name, "--ticket", "T"), "found neither"),
    ):
        told = run("planned", *wrong, *where)
        assert told.code == 2 and said in told.err, (wrong, told.err)
