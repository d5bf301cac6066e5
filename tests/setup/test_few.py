"""Which rows of an answer are recorded, and what takes the place of their values."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.setup.few import few
from monitor.setup.scrub import Stand
from probes.kit.auth import Header, Scheme
from probes.kit.contract import Kind
from probes.kit.listing import Listing, Vendor, keep


def vendor(*only: str, **words: Any) -> tuple[Vendor, Listing]:
    rows = Listing(name="rows", kind=Kind.SCHEMA, path="/rows", records="data", key="name", link="{base}/{id}",
                   facts=keep(native_type="type", label="join(' ', names)"), id="id", **words)  # fmt: skip
    hanging = [
        Listing(name=f"parts-{number}", kind=Kind.FIELD, for_each="rows", path="/rows/{parent.key}/parts", key="name",
                scope=f"{{parent.key}}.{number}", only=one, facts=keep("label"))
        for number, one in enumerate(only)
    ]  # fmt: skip
    made = Vendor(
        name="acme", title="Acme", docs="https://acme.example/docs", base="https://api.acme.example",
        hosts=("acme.example",), schemes={"none": Scheme(fields=("token",), build=lambda c: Header(c))},
        listings=(rows, *hanging),
    )  # fmt: skip
    return made, rows


def row(number: int, kind: str = "plain", **more: Any) -> dict[str, Any]:
    return {"name": f"row{number}", "id": str(number), "type": kind, "names": ["a"], **more}


def kept(made: tuple[Vendor, Listing], said: Any, *unwanted: str) -> set[int]:
    return set(few(*made, said, lambda listing, parent: parent["key"] not in unwanted))


ROWS = [*(row(number) for number in range(5)), *(row(number, "team") for number in range(5, 9)), row(9, "sole")]


@pytest.mark.parametrize(
    ("only", "held"),
    [
        ((), {0, 1, 2}),
        (("",), {0, 1, 2}),
        (("native_type == 'team'",), {0, 1, 2, 5, 6}),
        (("native_type == 'team'", "native_type == 'sole'", "native_type == 'none'"), {0, 1, 2, 5, 6, 9}),
        (("starts_with(gone, 'a')",), {0, 1, 2}),
    ],
)
def test_of_the_rows_those_are_kept_that_other_lists_hang_on(only: tuple[str, ...], held: set[int]) -> None:
    assert kept(vendor(*only), {"data": ROWS}) == held


def test_rows_that_the_listing_leaves_out_are_not_kept_in_the_place_of_those_that_it_takes() -> None:
    said = {"data": [row(0, hidden=True), {"id": "1"}, row(2, names=5), *(row(number) for number in range(3, 9))]}
    assert kept(vendor(where="!hidden"), said) == {3, 4, 5}
    assert kept(vendor(where="hidden"), {"data": ROWS}) == {0, 1, 2}, "an answer is not without rows"
    assert kept(vendor(), {"data": None}) == kept(vendor(), "text") == {0, 1, 2}


def test_rows_that_the_watch_wants_nothing_of_are_not_kept_but_where_it_wants_none() -> None:
    assert kept(vendor("native_type == 'team'"), {"data": ROWS}, "row0", "row1", "row5") == {2, 3, 4, 6, 7}
    assert kept(vendor(""), {"data": ROWS[:2]}, "row0", "row1") == {0, 1}


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("2026-11-22T10:11:12Z", "2026-01-02T09:00:00Z"),
        ("2026-11-22 10:11:12", "2026-01-02 09:00:00"),
        ("2026-11-22T10:11:12.345+0530", "2026-01-02T09:00:00.000+0000"),
        ("2026-11-22T10:11:12-05:30", "2026-01-02T09:00:00+00:00"),
        ("2026-11-22 10:11:12 UTC", "2026-01-02 09:00:00 UTC"),
        ("2026-11-22 10:11", "2026-01-02 09:00"),
        ("2026-11-22 10:11 at Northwind", "2026-01-02T09:00:00Z"),
        ("2026-11-22", "2026-01-02"),
        ("Europe/Berlin", "Etc/UTC"),
        ("UTC", "Etc/UTC"),
        ("Northwind/accounts/17", "text-1/accounts/1002"),
        ("https://api.acme.example/17", "home"),
        ("https://elsewhere.example/17", "https://example.com/1"),
    ],
)
def test_what_takes_the_place_of_a_value_is_of_its_form(said: str, form: str) -> None:
    stand = Stand({"known"}, nouns=("accounts",), home=lambda one: "home" if "acme" in one else "")
    assert stand.text("known") == "known" and stand.text(said) == stand.text(said) == form
    assert stand.text("2026-11-23") != form
