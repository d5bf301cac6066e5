"""Every mutant can be applied, and a seeded tenth of them is tried in every run."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from .run import FAILED, ROOT, copied, mutants, mutated, tried

SEED = 7
TENTH = tuple(random.Random(SEED).sample([m for m in mutants() if m.test.startswith("tests/core/")], 6))


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    names = [mutant.name for mutant in mutants()]
    assert len(names) >= 60
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)
def test_a_mutant_fits_the_code_and_its_test_is_there(mutant) -> None:  # type: ignore[no-untyped-def]
    compile(mutated(mutant), mutant.file, "exec")
    file, _, name = mutant.test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text(), "the test that must fail is not there"


@pytest.mark.parametrize("mutant", TENTH, ids=lambda mutant: mutant.name)
def test_a_mutant_is_caught(mutant, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    code, said = tried(mutant, mutant.test, copied(tmp_path))
    assert code == FAILED, said
