"""Which rows of an answer are recorded: a few, and among them those that other lists hang on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

from probes.kit.contract import Malformed
from probes.kit.listing import Listing, Vendor
from probes.kit.project import Projector
from probes.kit.values import search

from .scrub import ROWS, rows

HANGS: Final = 2  # rows for each list that hangs on such rows alone


def few(
    vendor: Vendor, listing: Listing, said: Any, wants: Callable[[Listing, dict[str, Any]], bool]
) -> Collection[int]:
    """The numbers of the rows to keep: of those that the listing takes the first ones, and of those that another list
    is asked of the first that it would be asked of. Where such a list `wants` some rows alone, no others are kept."""
    path = tuple(listing.records.split(".")) if listing.records else ()
    found = list(_parents(listing, (rows(said, path) if "*" not in path else None) or []))
    for below in (one for one in vendor.listings if one.for_each == listing.name):
        found = [one for one in found if wants(below, one[1])] or found
    held = {number for number, _ in found[:ROWS]}
    for only in {one.only for one in vendor.listings if one.for_each == listing.name and one.only}:
        held |= set([number for number, parent in found if _held(only, parent)][:HANGS])
    return held or range(ROWS)


def _parents(listing: Listing, found: list[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row that the listing takes, as other lists would be asked of it, where that can be told."""
    projector = Projector(listing.model_copy(update={"link": ""}), lambda name: name)
    for number, value in enumerate(found):
        row = projector.row(value, (), {})
        try:
            if projector.wanted(row):
                one = projector.resource(row, {})
                yield number, {"key": one.key, "id": one.id, **one.facts}
        except Malformed:
            continue


def _held(only: str, parent: dict[str, Any]) -> bool:
    try:
        return bool(search(only)(parent))
    except Malformed:
        return False
