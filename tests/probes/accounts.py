"""Accounts of our own vendors: a simulated one where there is one, else answers in replies/<vendor>.

How answers are written down says probes/testing/accounts.py.
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

from probes.kit.clock import ManualClock
from probes.kit.listing import Vendor
from probes.testing import accounts as given
from probes.testing import contract as suite
from probes.testing.accounts import Wire

REPLIES = Path(__file__).parent / "replies"
PAGE = 2
__all__ = ["PAGE", "REPLIES", "Wire", "Written", "account", "has_account", "options", "stem"]


class Written(given.Written):
    """The answers of one of our vendors."""

    def __init__(self, vendor: str) -> None:
        super().__init__(REPLIES / vendor)


def options(vendor: str) -> dict[str, Any]:
    """What an integration of a written-down account has in its options."""
    return given.options(REPLIES / vendor)


def stem(vendor: str) -> str:
    """What files of a vendor are called: "tag-manager" stands in tag_manager.py, which can be imported."""
    return vendor.replace("-", "_")


def simulated(vendor: str) -> bool:
    """Whether there is an account that a vendor's file is played against."""
    return importlib.util.find_spec(f"probes.simulated.{stem(vendor)}") is not None


def has_account(vendor: Vendor) -> bool:
    return simulated(vendor.name) or (REPLIES / vendor.name).is_dir()


def account(vendor: Vendor, clock: ManualClock, secrets: dict[str, str], **options: Any) -> tuple[Any, Any]:
    """The account, which can be shuffled, and the transport to it."""
    if not simulated(vendor.name):
        said = Written(vendor.name)
        return said, Wire(said)
    made = importlib.import_module(f"probes.simulated.{stem(vendor.name)}").Account(clock=clock, page=PAGE, **options)
    return suite.simulated(made, secrets)
