"""check-baselines in a real checkout: what a commit or a pull request approves, in words, and what cannot be used."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import orjson
import pytest

from monitor.adapters.layout import encode_planned, encode_standing
from monitor.core.model import Sight
from monitor.core.planned import PlannedChange
from monitor.core.sight import encode as encode_sight
from monitor.core.standing import Standing
from probes.kit.contract import Kind, Ref
from tests.adapters.repositories import Person, raw, start

from .conftest import Run

EXAMPLE = Path(__file__).resolve().parents[2] / "config"
LEAD = "baselines/salesforce-prod/field/Lead.json"
STATUS = {"label": "Status", "options": [{"value": "Open", "label": "Open", "active": True}]}
QUALIFIED = {"value": "Qualified", "label": "Qualified", "active": True}


def lead(**rows: object) -> bytes:
    value = json.loads(raw(Ref(Kind.FIELD, "Lead")))
    value["facts"] = ["label", "length", "options"]
    value["resources"] = rows
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    """A checkout with a baseline on main, and a branch for what is to come."""
    someone = start(tmp_path / "stack")
    shutil.copytree(EXAMPLE, someone.folder / "config", ignore=shutil.ignore_patterns("schemas", "*.md"))
    monkeypatch.chdir(someone.folder)
    someone.commit("first", **{LEAD: lead(Status={**STATUS, "options": [*STATUS["options"], QUALIFIED]})})  # type: ignore[misc]
    someone.git("checkout", "-q", "-b", "change")
    return someone


def test_an_option_that_goes_is_said_in_words_with_its_level_its_reasons_and_its_line(person: Person, run: Run) -> None:
    person.commit("approve", **{LEAD: lead(Status=STATUS)})
    person.git("checkout", "-q", "main")
    person.commit("main moves on", **{"README.md": "x", LEAD.replace("Lead", "Case"): lead()})
    said = run("check-baselines", "main..change")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "Merging this approves 1 breaking, in 1 file.", "what main has since is not in it"
    assert lines[2] == "✕ breaking: salesforce-prod Lead: Option Qualified was removed from Status"
    assert lines[3].startswith(f"    {LEAD}:")
    assert any("flow" in line for line in lines[4:]), "why it is breaking"
    assert run("check-baselines", "main...change").out == said.out
    assert "approves nothing" in run("check-baselines", "change..change").out


def test_what_is_staged_is_looked_at_and_not_the_working_folder(person: Person, run: Run) -> None:
    assert run("check-baselines").out.startswith("Merging this approves nothing")
    person.write(LEAD, lead(Status=STATUS))
    assert run("check-baselines", "--staged").out.startswith("Merging this approves nothing")
    person.git("add", "-A")
    person.write(LEAD, "not looked at")
    assert "Option Qualified was removed" in run("check-baselines", "--staged").out


def test_every_sort_of_file_says_what_it_does(person: Person, run: Run) -> None:
    ignore = {"driftline": 1, "pattern": "hubspot-prod/field/contacts/x", "pins": ["a"], "reason": "being reworked",
              "owner": "web", "until": "2030-01-31", "ticket": "OPS-9"}  # fmt: skip
    one = Standing(id="labels", owner="web", reason="nobody reads them", until=1.9e9, cap=5)
    plan = PlannedChange(id="topic", ticket="OPS-8", patterns=("hubspot-prod/field/*",), start=1.8e9, end=1.9e9)
    old = Sight(account="00D1", subject="u", grants=frozenset({"a"}))
    person.commit(
        "all",
        **{
            "ignores/x.json": orjson.dumps(ignore),
            "standing/labels.json": encode_standing(one),
            "planned/topic.json": encode_planned(plan),
            "baselines/hubspot-prod/vantage.json": encode_sight(old),
            LEAD: lead(Status={**STATUS, "label": "Stage"}),
            LEAD.replace("Lead", "Case"): lead(Status=STATUS),
        },
    )
    out = run("check-baselines", "main..change").out
    assert "Ignores hubspot-prod/field/contacts/x at 1 known values, last on 2030-01-31, because: being rework" in out
    assert "Approves without a person, up to 5 a day and until 17 March 2030" in out
    assert "Announces topic: drift in hubspot-prod/field/* is expected from 15 January 2027" in out
    assert "Approves the account 00D1 that hubspot-prod is read from, with 1 rights" in out
    assert "Label of Status changed from Status to Stage" in out
    assert "Takes Lead into the baseline as it stands here" in out or "Takes Case into the baseline" in out
    person.git("branch", "here")
    new = Sight(account="00D2", subject="u", grants=frozenset({"b"}))
    person.commit("more", **{"baselines/hubspot-prod/vantage.json": encode_sight(new)})
    for path in ("ignores/x.json", "standing/labels.json", "planned/topic.json", LEAD):
        (person.folder / path).unlink()
    person.commit("ended")
    out = run("check-baselines", "here..change").out
    assert "Reads hubspot-prod from another account: 00D1 before, 00D2 from now on" in out
    assert "Accepts that the credential lost a" in out and "Accepts that the credential gained b" in out
    for words in ("Ends the ignore x", "Ends the standing approval labels", "Takes back the announced change topic"):
        assert words in out
    assert "Takes Lead out of the baseline" in out


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        (LEAD, b'{\n  "driftline": 1,\n  oops\n}', f"{LEAD}:3: not JSON"),
        (LEAD, lead(Status={"lable": "x"}), "expected facts of field that this release knows, found 'lable'"),
        ("ignores/x.json", b'{"driftline": 1}', "ignores/x.json: "),
        ("planned/x.json", b'{"driftline": 1, "id": "x", "ticket": "", "patterns": [], "start": 1e30, "end": 2}',
         "expected a date that a calendar has"),
        ("standing/x.json", b"[]", "the format of this release"),
        ("baselines/hubspot-prod/vantage.json", b'{"driftline": 9}', "the format of this release"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_fails_the_check(
    path: str, content: bytes, said: str, person: Person, run: Run
) -> None:
    person.commit("broken", **{path: content})
    found = run("check-baselines", "main..change")
    assert found.code == 1
    assert said in found.err
    assert "1 of them cannot be used" in found.out
    told = json.loads(run("check-baselines", "main..change", "--format", "json").out)
    assert (told["ok"], told["mistakes"][0]["path"]) == (False, path)
    assert "**cannot be used**" in run("check-baselines", "main..change", "--format", "markdown").out


def test_in_markdown_nothing_that_a_vendor_wrote_is_read_as_more_than_text(person: Person, run: Run) -> None:
    evil = "`x` <script>alert(1)</script> [a](javascript:b) @everyone #1 \u202eevil\n/close | www.example.com"
    person.commit("evil", **{LEAD: lead(Status={**STATUS, "label": evil}, **{"@admin [x](y)": STATUS})})
    out = run("check-baselines", "main..change", "--format", "markdown").out
    spans = out.split("``")
    outside = "".join(spans[::2]).split("`")[::2]
    for sign in ("<script", "@everyone", "@admin", "](", "\u202e", "www."):
        assert not any(sign in part for part in outside), (sign, out)
    assert "\\u202e" in out and "\n/close" not in out
    text = run("check-baselines", "main..change").out
    assert "\u202e" not in text and "\n/close" not in text


def test_what_cannot_be_looked_at_is_said(person: Person, run: Run, tmp_path: Path) -> None:
    said = run("check-baselines", "nowhere..change")
    assert (said.code, "there is no commit 'nowhere' here" in said.err) == (2, True)
    assert run("check-baselines", "main").code == 2
    assert run("check-baselines", "main..change", "--staged").code == 2
    assert run("check-baselines", "--format", "xml").code == 2
    assert run("check-baselines", "--stack", str(tmp_path)).code == 2
    (person.folder / "config" / "rules.yaml").write_text("overrides: 3\n")
    assert "rules.yaml" in run("check-baselines").err
