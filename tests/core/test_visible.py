"""Text from outside, made harmless before a sink gets it."""

from __future__ import annotations

import json

import pytest

from monitor.core.visible import code, committed, escaped, flat, prose, uncalled, visible


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


@pytest.mark.parametrize(
    ("text", "calm"),
    [
        ("Lead/Region__c", "Lead/Region__c"),
        ("closes #12", "closes no. 12"),
        ("fixes GH-7, GH-x", "fixes GH 7, GH-x"),
        ("@team\nx", "(at)team\\nx"),
        ("see https://forge.example/a/b/issues/1", "see https: //forge.example/a/b/issues/1"),
    ],
)
def test_in_a_commit_a_forge_is_called_by_nothing_that_a_vendor_wrote(text: str, calm: str) -> None:
    assert uncalled(text) == calm


def test_no_line_of_a_message_is_a_trailer_of_ours() -> None:
    said = "Why\r\n\ndriftline-trail: 1:x\nDriftline-Decision: y\n Driftline-Trail: z\x1b"
    kept = "Why\n\n  driftline-trail: 1:x\n  Driftline-Decision: y\n Driftline-Trail: z\\u001b"
    assert committed(said) == kept


def test_a_document_means_the_same_and_a_terminal_obeys_none_of_it() -> None:
    value = {"a": "\x9b31m \u202e é \U000e0001 \x7f", "b": ["line\nline"]}
    shown = escaped(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(shown) == value and "é" in shown and "\\u202e" in shown
    assert all(letter.isprintable() or letter == "\n" for letter in shown)
