"""diff, findings, show, events, history, poll: the same answers from an engine here and from a daemon."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.cli import lists, out
from monitor.cli.figures import bars
from monitor.core.model import Level

from .conftest import Run, Stage

KNOWN: dict[str, str] = {}


def id_of(stage: Stage, run: Run, words: str) -> str:
    """By a part of its sentence. What concerns no person has the same id in every store, so one look is enough."""
    if not KNOWN:
        items = json.loads(run("findings", "--stand", "all", "--children", "--json").out)["items"]
        KNOWN.update({row["says"]: row["id"] for row in items})
    return next(id for says, id in KNOWN.items() if words in says)


def test_the_list_fits_a_hundred_columns_and_shows_ids_sentences_owners(stage: Stage, run: Run) -> None:
    said = run("findings")
    assert said.code == 0
    assert max(len(line) for line in said.out.splitlines()) <= 100
    assert "\x1b" not in said.out
    assert "Option Sales Qualified Lead (salesqualifiedlead) was removed from" in said.out
    assert id_of(stage, run, "Sales Qualified Lead") in said.out
    assert "contacts · marketing-operations" in said.out
    blind = "○ denied, last complete 40 s ago hubspot-prod: Denied: the key lacks the grant crm.schemas.deals.read"
    assert blind in " ".join(said.out.split())


@pytest.mark.parametrize(("command", "left"), [("findings", 3), ("diff", 2)])
def test_a_list_that_nobody_would_read_ends_and_says_so(
    stage: Stage, run: Run, monkeypatch: pytest.MonkeyPatch, command: str, left: int
) -> None:
    said = run(command)
    assert "none of them graver" not in said.out and "Length of Notes__c widened" in said.out
    monkeypatch.setattr(lists, "MOST", 3)
    short = run(command)
    assert f"… and {left} more, none of them graver: ask for less, or --json for all" in short.out
    assert "Length of Notes__c widened" not in short.out and short.out.count("✕ breaking") == 3
    assert short.code == said.code


def test_a_watched_list_fits_too_and_is_coloured(stage: Stage, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(out, "watched", lambda: True)
    said = run("findings")
    from rich.text import Text

    lines = [Text.from_ansi(line).plain for line in said.out.splitlines()]
    assert "\x1b[" in said.out
    assert max(len(line) for line in lines) <= 100


def test_filters_say_when_nothing_fits_and_refuse_words_that_filter_nothing(stage: Stage, run: Run) -> None:
    assert "Nothing fits this filter." in run("findings", "--integration", "directus-lab").out
    for option, word in (("--level", "bad"), ("--stand", "x"), ("--kind", "fields"), ("--integration", "nope")):
        said = run("findings", option, word)
        assert (said.code, said.out) == (2, "")
        assert "expected one of" in said.err and repr(word) in said.err


def test_failing_on_a_level_and_on_incomplete_coverage(stage: Stage, run: Run) -> None:
    assert run("findings", "--fail-on", "breaking").code == 1
    assert run("diff", "--fail-on", "info", "-i", "directus-lab").code == 0
    blind = run("diff", "--strict", "-i", "segment-prod")
    assert blind.code == 3 and "1 read not complete" in blind.err
    assert run("diff", "-i", "segment-prod").code == 0
    assert run("diff", "--strict", "--fail-on", "breaking").code == 1, "drift that is known outweighs what is not"
    assert run("findings", "--fail-on", "critical").code == 2


def test_an_integration_that_was_never_read_is_not_in_step(stage: Stage, run: Run) -> None:
    stage.change = lambda engine: engine.integrations["directus-lab"].reads.clear()
    said = run("diff", "-i", "directus-lab", "--strict")
    assert said.code == 3
    assert "not read yet" in said.out


def test_the_page_of_a_finding_in_text(stage: Stage, run: Run) -> None:
    id = id_of(stage, run, "Sales Qualified Lead")
    said = run("show", id[:6])
    assert said.code == 0
    order = [
        "HubSpot prod › contacts › lifecyclestage", "✕ breaking", id, "Option Sales Qualified Lead",
        "field contacts/lifecyclestage options[salesqualifiedlead]: removed", "Baseline (approved 3 d ago in 9a02f1c)",
        "− salesqualifiedlead  Sales Qualified Lead", "Why breaking", "a flow writes this value",
        "Who did it", "admin-03@example.com PROPERTY UPDATE 1 h ago", "own trail names", "We assume",
        "field.options.removed", f"driftline approve {id}", "History",
    ]  # fmt: skip
    at = [said.out.index(words) for words in order]
    assert at == sorted(at)
    assert max(len(line) for line in said.out.splitlines()) <= 100


def test_what_is_folded_is_shown_at_its_cause_and_the_cause_at_the_effect(stage: Stage, run: Run) -> None:
    root, effect = id_of(stage, run, "lost edit"), id_of(stage, run, "rejected 312 rows")
    assert f"✕ breaking  {effect}" in run("show", root).out
    assert f"Part of a larger finding (implied): {root}" in run("show", effect).out


@pytest.mark.parametrize("given", ["", "zz", "12345678901", "../overview", "1f3a:x\n"])
def test_what_is_no_id_is_said_to_be_none(stage: Stage, run: Run, given: str) -> None:
    said = run("show", given)
    assert (said.code, said.out) == (2, "")
    assert "is no id of a finding" in said.err


def test_an_id_of_nothing(stage: Stage, run: Run) -> None:
    said = run("show", "0000000000")
    assert said.code == 2
    assert 'no finding has an id that starts with "0000000000"' in said.err


def test_diff_as_json_has_values_before_and_after(stage: Stage, run: Run) -> None:
    view = json.loads(run("diff", "--json", "-i", "salesforce-prod").out)
    notes = next(one for one in view["drifts"] if one["row"]["key"] == "Notes__c")
    assert (notes["before"], notes["after"]) == (255, 1000)
    assert notes["file"] == "baselines/salesforce-prod/field/Lead.json"
    assert {one["row"]["source"] for one in view["drifts"]} == {"drift"}


@pytest.mark.parametrize("format", ["text", "json", "markdown", "junit", "sarif"])
def test_every_format_tells_every_drift(stage: Stage, run: Run, format: str) -> None:
    said = run("diff", "--format", format)
    assert said.code == 0
    drifts = [id for id, one in stage.last.ledger.findings.items() if one.address.source == "drift"]
    assert len(drifts) == 5
    for id in drifts:
        assert id in said.out


def test_an_unknown_format_is_refused(stage: Stage, run: Run) -> None:
    said = run("diff", "--format", "yaml")
    assert said.code == 2 and "--format: expected one of text, json, markdown, junit, sarif" in said.err


def test_polling_before_a_diff_reads_what_is_asked_for(stage: Stage, run: Run) -> None:
    said = run("diff", "--poll", "-i", "hubspot-prod")
    assert [name for name, _ in stage.last.polled] == ["hubspot-prod"]
    assert "ok  hubspot-prod  4 requests (4 2xx), 2 s, 0 events" in said.err
    run("poll")
    assert sorted(name for name, _ in stage.last.polled) == sorted(stage.last.integrations)


def test_a_poll_of_nothing_that_is_configured_reads_nothing(stage: Stage, run: Run) -> None:
    said = run("poll", "hubspot-prod", "nope")
    assert said.code == 2 and "expected one of" in said.err
    assert stage.last.polled == []


def test_events_come_oldest_first_and_can_be_continued(stage: Stage, run: Run) -> None:
    newest = json.loads(run("events", "--json", "--limit", "2").out)
    assert len(newest["items"]) == 2 and newest["next"] == newest["items"][-1]["number"]
    assert newest["items"][0]["number"] < newest["items"][1]["number"]
    assert json.loads(run("events", "--json", "--after", str(newest["next"])).out) == {
        "items": [], "next": newest["next"],
    }  # fmt: skip
    assert json.loads(run("events", "--json", "--after", "0", "--limit", "1").out)["items"][0]["number"] == 1


def test_the_history_of_a_place_is_that_of_all_its_findings(stage: Stage, run: Run) -> None:
    id = id_of(stage, run, "Sales Qualified Lead")
    whole = json.loads(run("history", id, "--json").out)
    for address in ("contacts/lifecyclestage/options", "contacts/lifecyclestage", "contacts"):
        place = json.loads(run("history", f"hubspot-prod/field/{address}", "--json").out)
        assert place["events"] == whole["events"]
        assert place["origins"][0]["sha"] == "9a02f1c4d7"
    assert "Nothing ever happened at" in run("history", "hubspot-prod/field/contacts/lifecycle").out
    assert run("history", "hubspot-prod/fields/contacts").code == 2


def hostile(finding: Any) -> None:
    address = msgspec.structs.replace(finding.claim.address, key="[bold red]x\x1b[2J\u202e")
    finding.claim = msgspec.structs.replace(finding.claim, address=address)


@pytest.mark.parametrize("command", ["findings", "show", "diff", "history"])
def test_a_vendors_text_cannot_steer_the_terminal(stage: Stage, run: Run, command: str) -> None:
    id = id_of(stage, run, "Notes__c")
    stage.change = lambda engine: hostile(engine.ledger.findings[id])
    said = run(command, *([id] if command in ("show", "history") else []))
    assert "\x1b" not in said.out and "\u202e" not in said.out
    if command != "history":  # whose sentences were made when it happened
        assert "[bold red]x\\u001b[2J\\u202e" in said.out.replace("\n                       ", "")


def test_levels_are_what_the_words_mean() -> None:
    from monitor.cli.options import LEVELS

    assert tuple(level.word for level in sorted(Level)) == LEVELS


def test_the_figures_say_what_is_open_and_how_few_there_are_to_measure(stage: Stage, run: Run) -> None:
    said = run("figures")
    assert said.code == 0 and "Figures of 13 weeks of example" in said.out
    assert max(len(line) for line in said.out.splitlines()) <= 100
    assert "not enough" in said.out
    assert f"{json.loads(run('findings', '--json').out)['total']} open now" in said.out
    found = json.loads(run("figures", "--weeks", "4", "--owner", "revenue-operations", "--json").out)
    listed = json.loads(run("findings", "--owner", "revenue-operations", "--json").out)
    assert (found["days"], found["backlog"]["now"]) == (28, listed["total"])
    for wrong in (("--weeks", "5"), ("--kind", "fields")):
        refused = run("figures", *wrong)
        assert refused.code == 2 and "expected one of" in refused.err


def test_a_row_of_weeks_is_a_row_of_bars() -> None:
    assert bars([0, 1, None, 4, 8]) == "▁▂·▅█"
    assert bars([None, None]) == "··"


def test_the_week_in_review_is_printed_or_a_file_to_send_on(stage: Stage, run: Run, tmp_path: Path) -> None:
    said = run("report", "--weekly")
    assert said.code == 0, said.err
    assert said.out.startswith("# example: the week from ")
    id = id_of(stage, run, "Sales Qualified Lead")
    caught = said.out.split("## Broke, and this is why")[0]
    assert f"[{id}](http://127.0.0.1:9731/findings/{id})" in caught
    out = tmp_path / "month.html"
    assert run("report", "--monthly", "--html", str(out)).code == 0
    assert id in out.read_text() and "the month from" in out.read_text()
    assert json.loads(run("report", "--weekly", "--json").out)["period"] == "week"
    for wrong, words in (
        ((), "say which"), (("--weekly", "--monthly"), "say which"),
        (("--weekly", "--until", "2999-01-01"), "still to come"),
        (("--first-look", "--until", "2026-01-01"), "--until is for"),
    ):  # fmt: skip
        refused = run("report", *wrong)
        assert refused.code == 2 and words in refused.err
