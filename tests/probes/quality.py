"""The quality table: what each vendor file reads, and by which rules of the contract suite it is held.

`python -m tests.probes.quality` writes docs/vendors/quality.md; a test holds it current. A rule that stands there as
held is a test that runs for this vendor, against the account that is named.
"""

from __future__ import annotations

import importlib.util
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from probes.kit.contract import Kind
from probes.kit.listing import Vendor

from .accounts import stem
from .rules import NEVER, RULES, everyone

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "vendors" / "quality.md"
WORDS: Final = (
    "# How good the vendor files are\n\n"
    "This page is made from the code by `python -m tests.probes.quality`; do not edit it.\n\n"
    "One contract suite runs over all vendor files (`tests/probes/test_contract.py`). A vendor file may be exempt from "
    f"one rule in ten at most, with a reason, and never from {', '.join(f'`{n}`' for n in RULES if n in NEVER)}. "
    "`rest` is held by a small listing in YAML; what is written in that YAML by others is theirs to check with "
    "`driftline doctor`.\n"
)


def page(of: Mapping[str, Vendor]) -> str:
    """The whole page, Markdown."""
    parts = [WORDS, _reads(of.values()), _rules(of)]
    reasons = [f"- {vendor.title}, `{rule}`: {why}" for vendor in of.values() for rule, why in vendor.exempt.items()]
    parts.append("Exempt:\n\n" + "\n".join(reasons) + "\n" if reasons else "Nobody is exempt from anything.\n")
    return "\n".join(parts)


def _reads(of: Iterable[Vendor]) -> str:
    rows = [
        (f"`{one.name}`", _kinds(one), len(one.listings), _proven(one), sum(bool(x.conditional) for x in one.listings),
         _asked(one), against(one.name))
        for one in of
    ]  # fmt: skip
    head = (
        "vendor",
        "facts by kind",
        "listings",
        "with facts that must appear",
        "conditional",
        "on demand",
        "held against",
    )
    return _table(head, rows)


def _kinds(vendor: Vendor) -> str:
    facts: dict[Kind, set[str]] = defaultdict(set)
    for listing in vendor.listings:
        for view in listing.views:
            facts[view.kind] |= view.facts.keys() | view.health.keys()
    return ", ".join(f"{kind} {len(facts[kind])}" for kind in Kind if facts[kind])


def _proven(vendor: Vendor) -> str:
    views = [view for listing in vendor.listings for view in listing.views]
    return f"{sum(bool(view.always) for view in views)} of {len(views)}"


def _asked(vendor: Vendor) -> str:
    return ", ".join(name for name, there in (("look", vendor.look), ("who", vendor.who)) if there) or "nothing"


def against(name: str) -> str:
    """What the vendor file is tested against, besides answers that its own tests write down."""
    found = []
    if importlib.util.find_spec(f"probes.simulated.{stem(name)}") is not None:
        found.append("a simulated account")
    else:
        found.append("answers written down by hand")
    if (ROOT / "tests" / "real" / f"test_{stem(name)}_probe.py").exists():
        found.append("a real server")
    return " and ".join(found)


def _rules(of: Mapping[str, Vendor]) -> str:
    rows = [
        (f"`{name}`", says, *("exempt" if name in vendor.exempt else "held" for vendor in of.values()))
        for name, says in RULES.items()
    ]
    return _table(("rule", "says", *(f"`{name}`" for name in of)), rows)


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(everyone()), "utf-8")
