"""axe-core over a page as it stands: every rule of WCAG 2.2 A and AA and of good practice, and the size of targets."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import axe_playwright_python
from playwright.sync_api import Page

GRAVE: Final = ("serious", "critical")
TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
ALL: Final[dict[str, Any]] = {
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {"target-size": {"enabled": True}},  # 24 CSS pixels, or as much room around: WCAG 2.2, 2.5.8
}
CONTRAST: Final[dict[str, Any]] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
# Rows of one table and of one list are alike: the first of them stand for all, and the others are taken away.
ALIKE: Final = """() => {
  for (const one of document.querySelectorAll("tbody tr:nth-child(n+21), main li:nth-child(n+41)")) one.remove();
}"""
RUN: Final = """([options, only]) => document.querySelector(only) === null ? []
  : axe.run({include: [[only]]}, {...options, resultTypes: ["violations"]}).then(found => found.violations)"""


def grave(page: Page, options: dict[str, Any] = ALL, only: str = "html") -> list[str]:
    """What is serious or critical, each with where it is; `only`: a selector of what is looked at."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(ALIKE)
        page.evaluate(_source())
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {node['html'][:160]} — {node['failureSummary']}"
        for one in page.evaluate(RUN, [options, only])
        if one["impact"] in GRAVE
        for node in one["nodes"][:5]
    ]


@cache
def _source() -> str:
    """Asked for over the debugging line, which no Content-Security-Policy stands in the way of; gives nothing back."""
    return f"{(Path(axe_playwright_python.__file__).parent / 'axe.min.js').read_text('utf-8')};0"
