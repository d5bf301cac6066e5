"""Text from outside, made harmless before a sink gets it."""

from __future__ import annotations

import pytest

from monitor.core.visible import code, flat, prose, visible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain", "plain"),
        ("Straße", "Straße"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u00a0b", "a\\u00a0b"),
        ("\U000e0001", "\\U000e0001"),
        ("a\nb\té", "a\nb\té"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_an_escape(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_one_line_stays_one_line() -> None:
    assert flat("a\nb\tc") == "a\\nb\\tc"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("Lead", "`Lead`"),
        ("a`b``c", "```a`b``c```"),
        ("`x`", "`` `x` ``"),
        (" x", "`  x `"),
        ("", "(nothing)"),
        ("@team #1 [x](y)\n/close", "`@team #1 [x](y)\\n/close`"),
    ],
)
def test_in_markdown_it_is_code(text: str, span: str) -> None:
    assert code(text) == span


def test_plain_words_stay_words_in_markdown() -> None:
    for words in (
        "A flow to crm-prod writes there.",
        "It's wider: 10 → 20 (of 3).",
        "“qualified” is kept.",
        "",
        " of ",
    ):
        assert prose(words) == words
    for words in ("www.example.com", "https://example.com", "@team", "a_b", "*x*", "<b>", "#1", "GH-1", "-", "a\nb"):
        assert prose(f"see {words} now") == f"see {code(words)} now"
