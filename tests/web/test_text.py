from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.web.text import pair, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("Größe 日本", "Größe 日本"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u200bb", "a\\u200bb"),
        ("a\u00a0b", "a\\u00a0b"),
        ("a\x07b", "a\\u0007b"),
        ("a\nb", "a\nb"),
        ("a\U000e0041b", "a\\U000e0041b"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_nothing_hidden_is_left_and_showing_twice_changes_nothing(text: str) -> None:
    once = visible(text)
    assert visible(once) == once
    assert all(c.isprintable() or c in "\n\t" for c in once)


def test_a_look_alike_letter_is_told_apart_only_where_the_two_sides_look_the_same() -> None:
    assert pair("Region", "Regiоn") == ("Region", "Regi\\u043en")
    assert pair("Region", "Регион") == ("Region", "Регион")
    assert pair("Qualified", "Qualified\u200b") == ("Qualified", "Qualified\\u200b")
