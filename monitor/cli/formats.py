"""A comparison for other programs: Markdown for a pull request, JUnit XML for a build, SARIF for code scanning. Pure.

Each has its own sink for text that vendors wrote; none of them can be made to say something else by a field's label.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from xml.etree import ElementTree as Xml

import msgspec

from monitor.engine.diff import DiffRow
from monitor.engine.rulelist import RuleRow
from monitor.engine.shapes import Listed

from .comparison import Comparison, Drift
from .options import LEVELS
from .out import many, stamp
from .text import seen, sides

SARIF_LEVELS: Final = {"breaking": "error", "warning": "warning", "info": "note"}
SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LINES: Final = 40  # of one diff; the finding's page has the rest
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~&]|(?<=:)/|(?<=www)\.)")
NAMED: Final = 6  # reads that are named where one reason hides many


def markdown(view: Comparison) -> str:
    """GitHub's dialect, as it is understood elsewhere too."""
    return "\n".join(_markdown(view)).rstrip() + "\n"


def _markdown(view: Comparison) -> Iterator[str]:
    yield f"## Drift in {md(view.stack)}: {headline(view)}"
    yield ""
    groups: dict[str, list[Drift]] = {}
    for drift in view.roots():
        groups.setdefault(drift.row.integration, []).append(drift)
    for drifts in groups.values():
        yield f"### {md(drifts[0].row.title)}"
        yield ""
        for drift in drifts:
            yield from _entry(view, drift)
    if view.incomplete:
        yield "### Not read completely"
        yield ""
        for one, which in alike(view.incomplete):
            yield f"- **{md(one.state)}** {md(one.integration)}: {md(one.reason)}. {md(which)}"
        yield ""


def _entry(view: Comparison, drift: Drift) -> Iterator[str]:
    row = drift.row
    owner = f" · {md(row.owner)}" if row.owner else ""
    yield f"- **{row.level}** {md(row.says)} ([{row.id}]({view.url}/findings/{row.id})){owner}"
    yield ""
    lines = list(changed(drift.diff))
    if lines:
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", "\n".join(lines))), default=0))
        yield f"  {fence}diff"
        yield from (f"  {line}" for line in lines)
        yield f"  {fence}"
        yield ""
    if drift.chain:
        yield f"  Why: {' → '.join(md(step.words) for step in drift.chain)}"
        yield ""
    for hurt in drift.reach:
        yield f"  - hurts {md(hurt.target)} {md(hurt.words)}".rstrip() + f" (via {md(hurt.via)})"
    if drift.reach:
        yield ""
    for child in drift.children:
        yield f"  - {child.level}: {md(child.says)} ([{child.id}]({view.url}/findings/{child.id}))"
    if drift.children:
        yield ""


def alike(reads: Sequence[Listed]) -> Iterator[tuple[Listed, str]]:
    """Reads that one reason hides, as one line: the first of them, and which they are."""
    groups: dict[tuple[str, str, str], list[Listed]] = {}
    for one in reads:
        groups.setdefault((one.integration, one.state, one.reason or "no reason given"), []).append(one)
    for (_, _, reason), group in groups.items():
        names = [one.read for one in group if one.read]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        which = f"{many(len(names), 'read')}: {', '.join(names[:NAMED])}{more}" if names else ""
        yield msgspec.structs.replace(group[0], reason=reason.rstrip(".")), which


def md(text: str) -> str:
    """The sink for Markdown: nothing in it formats, links, or calls on anybody."""
    return _SPECIAL.sub(r"\\\1", seen(text)).replace("@", "@<!-- -->")


def changed(rows: Sequence[DiffRow], most: int = LINES) -> Iterator[str]:
    """The lines that differ, as `- before` and `+ after`; at most so many, and then how many are left."""
    lines: list[str] = []
    for row in rows:
        before, after = sides(row.before, row.after)
        lines += [f"- {before}"] if row.sign in "-~" else []
        lines += [f"+ {after}"] if row.sign in "+~" else []
    yield from lines[:most]
    if len(lines) > most:
        yield f"  … {len(lines) - most} more"


def headline(view: Comparison) -> str:
    """`1 breaking, 2 warnings, 7 effects folded`, worst first."""
    found = [drift.row.level for drift in view.roots()]
    parts = [many(found.count(word), word, f"{word}s" if word == "warning" else word) for word in reversed(LEVELS)
             if word in found]  # fmt: skip
    folded = sum(len(drift.children) for drift in view.roots())
    parts += [f"{many(folded, 'effect')} folded"] if folded else []
    blind = f"; {many(len(view.incomplete), 'read')} not complete" if view.incomplete else ""
    return (", ".join(parts) or "none") + blind


def junit(view: Comparison, *, fail_on: str, strict: bool) -> str:
    """One suite per integration. A drift at or above `fail_on` (any, where none is named) fails; a read that is not
    complete is an error with `strict`, else skipped; an integration in step has one case that passes."""
    threshold = LEVELS.index(fail_on) if fail_on else 0
    root = Xml.Element("testsuites", name=f"driftline {seen(view.stack)}")
    for name in view.integrations:
        suite = Xml.SubElement(root, "testsuite", name=seen(name), timestamp=stamp(view.at).replace(" ", "T"))
        for drift in view.drifts:
            if drift.row.integration == name:
                _case(suite, view, drift, LEVELS.index(drift.row.level) >= threshold)
        for one in view.incomplete:
            if one.integration == name:
                _blind(suite, one, strict)
        if len(suite) == 0:
            Xml.SubElement(suite, "testcase", classname=seen(name), name="in step with its baseline")
        _count(suite)
    _count(root)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _case(suite: Xml.Element, view: Comparison, drift: Drift, fails: bool) -> None:
    row = drift.row
    where = ".".join(seen(part) for part in (row.integration, row.kind, row.scope) if part)
    case = Xml.SubElement(suite, "testcase", classname=where, name=seen(row.technical))
    whole = "\n".join([seen(row.says), *changed(drift.diff), f"{view.url}/findings/{row.id}"])
    if fails:
        failure = Xml.SubElement(case, "failure", type=row.level, message=f"{row.level}: {seen(row.says)}")
        failure.text = whole
    else:
        Xml.SubElement(case, "system-out").text = whole


def _blind(suite: Xml.Element, one: Listed, strict: bool) -> None:
    case = Xml.SubElement(suite, "testcase", classname=seen(one.integration), name=f"read {seen(one.read)}".strip())
    words = seen(one.reason or "no reason given")
    if strict:
        Xml.SubElement(case, "error", type=seen(one.state), message=words)
    else:
        Xml.SubElement(case, "skipped", message=f"{seen(one.state)}: {words}")


def _count(element: Xml.Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(case.find(tag) is not None for case in cases)))


def sarif(view: Comparison, rules: Sequence[RuleRow], version: str) -> str:
    """SARIF 2.1.0. The place of a result is the baseline file that it contradicts, and its address in the vendor."""
    table = {rule.id: rule for rule in rules}
    used = sorted({drift.row.rule or "drift" for drift in view.drifts})
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Driftline",
                        "version": version,
                        "rules": [_rule(id, table) for id in used],
                    }
                },
                "automationDetails": {"id": f"driftline/{seen(view.stack)}"},
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "endTimeUtc": stamp(view.at).replace(" ", "T"),
                        "toolExecutionNotifications": [_notification(one) for one in view.incomplete],
                    }
                ],
                "results": [_result(view, drift, used) for drift in view.drifts],
            }
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(id: str, table: Mapping[str, RuleRow]) -> dict[str, Any]:
    known = table.get(id)
    if known is None:
        return {"id": id}
    return {
        "id": id,
        "shortDescription": {"text": known.reason},
        "help": {"text": known.question or known.reason},
        "defaultConfiguration": {"level": SARIF_LEVELS[known.level]},
    }


def _notification(one: Listed) -> dict[str, Any]:
    words = f"{seen(one.integration)} {seen(one.read)}".strip()
    return {"level": "warning", "message": {"text": f"{words} is {seen(one.state)}: {seen(one.reason)}"}}


def _result(view: Comparison, drift: Drift, used: Sequence[str]) -> dict[str, Any]:
    row = drift.row
    rule = row.rule or "drift"
    parts = (row.integration, row.kind, row.scope, row.key, row.fact, row.item)
    return {
        "ruleId": rule,
        "ruleIndex": used.index(rule),
        "level": SARIF_LEVELS[row.level],
        "message": {"text": "\n".join([seen(row.says), *changed(drift.diff)])},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": drift.file.replace("%", "%25")},
                    "region": {"startLine": drift.line},
                },
                "logicalLocations": [{"fullyQualifiedName": "/".join(seen(part) for part in parts if part)}],
            }
        ],
        "partialFingerprints": {"driftlineFinding/v1": row.id, "driftlineValue/v1": row.fingerprint},
        "hostedViewerUri": f"{view.url}/findings/{row.id}",
        "properties": {"owner": seen(row.owner), "chain": [seen(step.words) for step in drift.chain]},
    }
