"""What fits into what, by what the two fields themselves say."""

from __future__ import annotations

import pytest

from monitor.core.fits import Fit, choosable, fills_itself, length_fit, options, read_only, type_fit
from probes.kit.facts import TYPE_WIDENS


@pytest.mark.parametrize(
    ("given", "taken", "fit"),
    [
        ("text", "text", Fit.FITS),
        ("integer", "decimal", Fit.FITS),
        ("decimal", "integer", Fit.LOSES),
        ("decimal", "currency", Fit.FITS),
        ("datetime", "date", Fit.LOSES),
        ("date", "datetime", Fit.FITS),
        ("multi_option", "option", Fit.LOSES),
        ("text", "integer", Fit.REFUSED),
        ("option", "boolean", Fit.REFUSED),
        ("integer", "option", Fit.REFUSED),
        ("text", "option", Fit.FITS),
        ("text", "email", Fit.FITS),
        ("json", "integer", Fit.FITS),
        ("long_text", "text", Fit.FITS),
    ],
)
def test_types_fit_in_the_direction_of_the_flow(given: str, taken: str, fit: Fit) -> None:
    assert type_fit({"type": given}, {"type": taken}) is fit


def test_a_type_that_nobody_tells_fits() -> None:
    assert type_fit({}, {"type": "integer"}) is type_fit({"type": "text"}, {}) is Fit.FITS


@pytest.mark.parametrize("type", TYPE_WIDENS)
def test_every_type_fits_itself_and_what_is_wider(type: str) -> None:
    assert all(type_fit({"type": type}, {"type": wider}) is Fit.FITS for wider in {type, *TYPE_WIDENS[type]})


def test_long_values_do_not_fit_into_short_fields() -> None:
    assert length_fit({"type": "text", "length": 80}, {"type": "text", "length": 40}) == (
        "up to 80 characters come, 40 fit"
    )
    assert length_fit({"type": "text"}, {"type": "text", "length": 40}) == ""
    assert length_fit({"type": "text", "length": 80}, {"type": "text"}) == ""
    assert length_fit({"type": "text", "length": True}, {"type": "text", "length": 0}) == ""
    chosen = {"type": "option", "options": [{"value": "abcd"}, {"value": "a"}]}
    assert length_fit(chosen, {"type": "text", "length": 3}) == "up to 4 characters come, 3 fit"
    assert length_fit({"type": "integer", "length": 9}, {"type": "text", "length": 3}) == ""


def test_large_numbers_do_not_fit_into_small_ones() -> None:
    wide, narrow = {"type": "decimal", "precision": 18, "scale": 2}, {"type": "decimal", "precision": 5, "scale": 2}
    assert length_fit(wide, narrow) == "up to 16 digits before the point come, 3 fit"
    assert length_fit(narrow, wide) == length_fit({"type": "decimal"}, narrow) == ""
    assert length_fit(wide, {"type": "integer", "precision": 16}) == ""
    assert length_fit(wide, {"type": "text"}) == ""


def test_options_are_what_an_option_field_lists() -> None:
    field = {"type": "option", "options": [{"value": "a"}, {"value": "b", "active": False}]}
    assert (options(field), choosable(field)) == ({"a": True, "b": False}, {"a"})
    assert options({**field, "type": "text"}) is options({"type": "option"}) is choosable({}) is None
    assert options({**field, "externally_managed_options": True}) is None


def test_what_nobody_can_write_says_why() -> None:
    assert read_only({"formula": "1+1"}) == read_only({"calculated": True}) == "it is calculated"
    assert read_only({"auto_number": True}) == "it numbers itself"
    assert (read_only({"read_only": True}), read_only({})) == ("it is read only", "")


def test_a_field_that_fills_itself_may_be_left_out() -> None:
    assert fills_itself({"default": "x"}) and fills_itself({"defaulted_on_create": True})
    assert fills_itself({"formula": "1"})
    assert not fills_itself({"defaulted_on_create": False, "options": [{"value": "a"}]})
