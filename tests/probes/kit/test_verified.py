"""Against what a vendor file was checked: a word of a closed list and the day, and unproven where nothing is said."""

from __future__ import annotations

import pytest

from probes.kit.verified import WORDS, Verified

from .world import vendor


def test_who_says_nothing_is_unproven() -> None:
    said = vendor().verified
    assert (said.words, said.at, said.proven) == ("unproven", "", False)


@pytest.mark.parametrize("how", [how for how in WORDS if how != "unproven"])
def test_what_was_checked_has_its_day(how: str) -> None:
    said = vendor(verified=Verified(how, "2026-11-22")).verified  # type: ignore[arg-type]
    assert said.proven and said.words == WORDS[how] and said.at == "2026-11-22"


@pytest.mark.parametrize("wrong", [("docs", ""), ("docs", "yesterday"), ("seen", "2026-11-22"), ("unproven", "soon")])
def test_another_word_or_no_day_is_refused(wrong: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="verified: "):
        Verified(*wrong)  # type: ignore[arg-type]
