"""A captured stack per vendor, and a copy of it for each case."""

from __future__ import annotations

from pathlib import Path

import pytest

from .stack import VENDORS, Template, capture


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "vendor" in metafunc.fixturenames:
        metafunc.parametrize("vendor", VENDORS)


@pytest.fixture(scope="session")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the captured stacks of this run are."""
    return tmp_path_factory.mktemp("captured")


@pytest.fixture
def template(vendor: str, captured: Path) -> Template:
    """Made with the vendor's first case."""
    return capture(vendor, captured)
