"""Formats for other programs, held against files written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.cli.comparison import Comparison, Drift
from monitor.cli.formats import junit, markdown, md, sarif
from monitor.cli.text import seen, sides
from monitor.engine.diff import DiffRow
from monitor.engine.rulelist import RuleRow
from monitor.engine.shapes import FindingRow, Hurt, Listed, Step
from monitor.engine.words import Part

parse = Xml.fromstring  # of what was made here
GOLDEN = Path(__file__).parent / "golden"
AT = 1_790_000_000.0  # 2026-09-21 14:13:20 UTC


def row(id: str, level: str, says: str, technical: str, **more: Any) -> FindingRow:
    values: dict[str, Any] = {
        "id": id, "fingerprint": f"f{id}", "source": "drift", "integration": "hubspot-prod", "title": "HubSpot prod",
        "kind": "field", "scope": "contacts", "key": "lifecyclestage", "fact": "options", "item": "sql",
        "action": "removed", "level": level, "urgency": "ticket", "stand": "open", "says": says,
        "parts": (Part(says),), "technical": technical, "owner": "marketing-operations",
        "rule": "field.options.removed", "first_seen_at": AT - 900, "opened_at": AT - 840, "changed_at": None,
        "closed_at": None, "closing": "", "flapping": False, "security": False, "cause": "", "because": "",
        "children": 0, "planned": "", "acknowledged_by": "", "assignee": "", "rejected_by": "", "ignored_until": None,
    }  # fmt: skip
    return FindingRow(**{**values, **more})


CHILD = row("00000000c0", "warning", "Sales lost edit on contacts", "permission …: true → false", cause="1f3a9c07de")
REMOVED = Drift(
    row=row("1f3a9c07de", "breaking", "Option Sales Qualified Lead (sql) was removed from lifecyclestage",
            "field contacts/lifecyclestage options[sql]: removed", children=1),
    before=["lead", "sql"], after=["lead"],
    diff=(DiffRow("=", "lead", "lead"), DiffRow("-", "sql  Sales Qualified Lead", "", True)),
    chain=(Step("rule", "an option was removed", "warning"), Step("use", "a flow sends it", "breaking")),
    reach=(Hurt("contact-to-lead", "salesforce-prod/Lead/Status", "gets sql"),),
    file="baselines/hubspot-prod/field/contacts.json", line=214, children=(CHILD,),
)  # fmt: skip
HOSTILE = Drift(
    row=row("2b00000000", "info", "Label of x changed to @team [x](https://evil.example) `y`\x1b[2J\u202e", "field x",
            integration="crm|1", title="<b>CRM</b>", key="x", fact="label", item="", rule="field.label.changed",
            scope="Odd 100%"),
    before="a", after="```\n",
    diff=(DiffRow("~", "a", "```<script>"),),
    chain=(), reach=(), file="baselines/crm/field/Odd%20100%25~12345678.json",
)  # fmt: skip
BLIND = tuple(
    Listed(
        integration="crm|1", read=read, state="denied", reason="Denied: needs deals.read.", code="403", at=AT,
        pages=0, rows=0, claimed=None,
    )
    for read in ("properties/deals", "pipelines/deals")
)  # fmt: skip
VIEW = Comparison(
    stack="example", at=AT, url="https://drift.example.com/ops", integrations=("hubspot-prod", "crm|1", "calm"),
    drifts=(REMOVED, HOSTILE), incomplete=BLIND,
)  # fmt: skip
RULES = (
    RuleRow(id="field.options.removed", kind="field", fact="options", action="removed", level="warning",
            reason="Syncs that send it are refused.", question="Was it meant to go?", runbook="x", security=False),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("diff.md", markdown(VIEW)),
        ("diff.xml", junit(VIEW, fail_on="breaking", strict=False)),
        ("diff.sarif", sarif(VIEW, RULES, "1.2.3")),
    ],
)
def test_a_format_says_what_was_written_by_hand(name: str, made: str) -> None:
    assert made == (GOLDEN / name).read_text(encoding="utf-8")


def test_junit_fails_on_any_drift_where_no_level_is_named_and_errs_when_strict() -> None:
    root = parse(junit(VIEW, fail_on="", strict=True))
    assert (root.get("failures"), root.get("errors"), root.get("skipped")) == ("2", "2", "0")


def test_nothing_to_tell_is_told_as_such() -> None:
    calm = Comparison(stack="s", at=AT, url="u", integrations=("a",), drifts=(), incomplete=())
    assert markdown(calm) == "## Drift in s: none\n"
    assert parse(junit(calm, fail_on="", strict=True)).get("tests") == "1"
    assert json.loads(sarif(calm, RULES, "1"))["runs"][0]["results"] == []


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Z", "Cc", "Cf", "Co"))))
def test_no_text_breaks_out_of_the_terminal_or_of_xml(text: str) -> None:
    shown = seen(text)
    assert all(character.isprintable() for character in shown)
    parse(f"<a>{Xml.tostring(Xml.Element('b', name=shown), encoding='unicode')}</a>")


@given(st.text(st.sampled_from("`*_[]<>#|~&@\\:/w. a\n")))
def test_markdown_keeps_every_special_character_escaped(text: str) -> None:
    import re

    bare = re.sub(r"\\.", "\0", md(text)).replace("@<!-- -->", "")
    assert not set(bare) & set("`*_[]<>#|~&@")
    assert "://" not in bare and "www." not in bare


def test_values_that_only_look_the_same_are_told_apart() -> None:
    assert sides("Region", "Regiοn") == ("Region", "Regi\\u03bfn")
    assert sides("a\nb", "a\tb") == ("a\\nb", "a\\tb")
