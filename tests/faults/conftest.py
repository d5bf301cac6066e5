"""A captured stack per vendor, and a copy of it for each case."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from .families import CASES, Case
from .fuzzing import LONG, SEED
from .stack import FEW, VENDORS, Template, capture

# Whose rules and settings are compared as the vendor gives them, so that a key more in one is a change of it.
AS_GIVEN = {
    "richer within": {
        "n8n",  # the parameters of a node are the customer's own, and a digest stands for them
        "segment",  # the JSON Schema of a rule is the customer's own: what it says beside fields is compared
        "strapi",  # the condition of a field is JSON Logic of the customer's own
    },
}  # fmt: skip


def played() -> list[tuple[Case, str]]:
    """Each case of the wire with each vendor. In `make test` all of them with the few, and one with each other vendor:
    a tenth, drawn by the seed."""
    others = sorted(VENDORS.keys() - set(FEW))
    Random(SEED).shuffle(others)
    part = {vendor: CASES[number % len(CASES)] for number, vendor in enumerate(others)}
    pairs = [(case, vendor) for case in CASES for vendor in VENDORS if LONG or part.get(vendor, case) is case]
    return [(case, vendor) for case, vendor in pairs if vendor not in AS_GIVEN.get(case.name, ())]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if {"case", "vendor"} <= set(metafunc.fixturenames):
        pairs = played()
        ids = [f"{vendor}-{case.family}-{case.name.replace(' ', '_')}" for case, vendor in pairs]
        metafunc.parametrize(("case", "vendor"), pairs, ids=ids)
    elif "vendor" in metafunc.fixturenames:
        metafunc.parametrize("vendor", FEW)


@pytest.fixture(scope="session")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the captured stacks of this run are."""
    return tmp_path_factory.mktemp("captured")


@pytest.fixture
def template(vendor: str, captured: Path) -> Template:
    """Made with the vendor's first case."""
    return capture(vendor, captured)
