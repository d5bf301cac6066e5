"""What a real account answers, listing by listing: a few parents, a few pages, each asked for once, through the kit.

Limits, quota and hosts are the kit's as in any poll. Nothing is stored; whoever asks for it has to make of the answers
what may be kept of them (`shape.py`, `scrub.py`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec

from monitor.adapters.poller import Poller
from probes.kit.api import Answer, Ask
from probes.kit.contract import Read, Vantage
from probes.kit.listing import Listing
from probes.kit.memo import Memos

from .proof import Parent, Want, family, wants

PAGES: Final = 2  # of a list: the second one shows how it goes on


class Heard(msgspec.Struct, kw_only=True):
    """One listing, "" for who the credential is. `asked`: parents whose answers are here; `reads`: what the kit made of
    the `answers`."""

    listing: str
    asked: Sequence[Parent] = ()
    reads: list[Read] = []
    answers: list[tuple[Ask, Answer]] = []


async def overhear(reader: Poller, want: Want, most: int) -> AsyncIterator[tuple[Heard, Vantage]]:
    """First who the credential is, then each listing with `most` of its parents, or a batch of them. `reader` must have
    been made by `proof.poller` and not have been used."""
    vendor, memory = reader.vendor, reader.memory
    assert isinstance(memory, Memos)  # noqa: S101 - parents are found again in what was kept
    now = Heard(listing="")
    vantage = Vantage("", "", frozenset())
    reader.connection = msgspec.structs.replace(
        reader.connection, hear=lambda ask, answer: now.answers.append((ask, msgspec.structs.replace(answer)))
    )
    async for item in reader.stream(listings=(), want=want):
        if isinstance(item, Vantage):
            vantage = item
    yield now, vantage
    if not vantage.coverage.complete:
        return
    reader.vendor = vendor.model_copy(update={"identity": None, "listings": tuple(map(_few, vendor.listings))})
    options = (await reader.client()).options
    for listing in reader.vendor.listings:
        chosen = [one for one in family(listing, options, memory) if wants(listing, one, options, want)]
        now = Heard(listing=listing.name, asked=chosen[: max(most, listing.batch)])
        ids = [listing.read_id(parent) for parent in now.asked]
        async for item in _reads(reader, ids, want):
            memory.keep(item)
            now.reads.append(item)
        yield now, vantage


async def _reads(reader: Poller, ids: Sequence[str], want: Want) -> AsyncIterator[Read]:
    if ids:
        async for item in reader.stream(ids=ids, want=want):
            if isinstance(item, Read):
                yield item


def _few(listing: Listing) -> Listing:
    """The same with few pages."""
    return listing.model_copy(update={"paging": listing.paging.model_copy(update={"most": PAGES})})


def value(answer: Answer) -> Any:
    """What the body says; msgspec.UNSET where it is no JSON."""
    try:
        return msgspec.json.decode(answer.raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.UNSET


def succeeded(answers: Sequence[tuple[Ask, Answer]]) -> list[tuple[Ask, Any]]:
    """Those that are answers, as values."""
    found = [(ask, value(answer)) for ask, answer in answers if 200 <= answer.status < 300]
    return [(ask, said) for ask, said in found if said is not msgspec.UNSET]
