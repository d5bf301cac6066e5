"""The quality table says what is."""

from __future__ import annotations

from probes.kit.listing import View, keep

from .kit.world import listing, vendor
from .quality import PAGE, against, page
from .rules import RULES, everyone


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(everyone()), "run python -m tests.probes.quality"


def test_an_exemption_is_shown_with_its_reason_and_every_rule_has_a_line() -> None:
    made = page({"acme": vendor(exempt={"cursor": "its lists have no pages"}), "other": vendor()})
    assert "| `cursor` | a cursor that repeats makes the list partial | exempt | held |" in made
    assert "- Acme, `cursor`: its lists have no pages" in made
    assert all(f"| `{name}` |" in made for name in RULES)
    assert "Nobody is exempt" in page({"acme": vendor()})


def test_facts_and_proofs_are_counted_over_all_views() -> None:
    rights = View(kind="permission", scope="rights", facts=keep("read edit"))  # type: ignore[arg-type]
    made = page({"acme": vendor(listing(always=("label",), also=(rights,), conditional="etag"))})
    assert "| `acme` | field 2, permission 2 | 1 | 1 of 2 | 1 | nothing |" in made


def test_what_a_vendor_is_held_against_is_what_is_there() -> None:
    assert against("salesforce") == "a simulated account"
    assert against("directus") == "answers written down by hand and a real server"
