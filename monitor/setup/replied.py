"""Tries a new vendor's file on the answers that were made for it, before either is written."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from probes.kit.client import Connection, connect
from probes.kit.clock import ManualClock
from probes.kit.contract import Read, Vantage
from probes.kit.drive import read
from probes.kit.limiter import Limiters
from probes.kit.listing import Vendor
from probes.kit.memo import Memos
from probes.kit.registry import vendors
from probes.testing.accounts import Written, options

from .newvendor import NewVendor
from .proof import Tokenless


async def tried(made: NewVendor) -> tuple[dict[str, str], list[str]]:
    """Reads that are not complete, each with why, and declared facts that no row has."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{made.stem}.py").write_text(made.text, "utf-8")
        vendor, replies = vendors(Path(folder))[made.name], Path(folder) / "replies"
        replies.mkdir()
        for name, said in made.replies.items():
            (replies / f"{name}.json").write_bytes(msgspec.json.encode(said))
        return await _tried(vendor, replies)


async def _tried(vendor: Vendor, replies: Path) -> tuple[dict[str, str], list[str]]:
    scheme = next(iter(vendor.schemes))
    connection = Connection(
        integration="tried", vendor=vendor, options=options(replies), scheme=scheme,
        secret=lambda field: f"of-{field}", base="https://tried.invalid", allow_private=True,
    )  # fmt: skip
    clock = ManualClock(1_780_000_000.0, leap=True)
    wrong: dict[str, str] = {}
    had: set[str] = set()
    async with connect(connection, clock=clock, limiters=Limiters(clock), tokens=Tokenless(),
                       transport=Written(replies)) as api:  # fmt: skip
        async for item in read(vendor, api, Memos()):
            if isinstance(item, Vantage) and not item.coverage.complete:
                wrong["identity"] = item.coverage.reason
            if isinstance(item, Read):
                if not item.coverage.complete:
                    wrong[item.id] = item.coverage.reason
                had |= {
                    f"{scope.ref.kind}.{fact}" for scope in item.scopes for row in scope.resources for fact in row.facts
                }
    declared = {
        f"{view.kind}.{fact}" for listing in vendor.listings for view in listing.views for fact in view.compared
    }
    return wrong, sorted(declared - had)
