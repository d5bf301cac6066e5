"""From a listing's parents to answers: the kit's own way over pages, and a vendor file's coded way.

However it ends, each reading ends: with what proves it complete, or with the Fault that it became.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

import msgspec

from .api import Answer
from .client import LiveClient
from .contract import Coverage, Fault, Malformed, State
from .listing import Listing
from .pages import Pages
from .reading import Reading
from .redact import clean
from .stumble import UNREADABLE, VENDOR_ERRORS, unread
from .values import search, walk

ONE_ANSWER: Final = Coverage(State.COMPLETE, pages=1)


async def plain(api: LiveClient, listing: Listing, reading: Reading) -> None:
    """The listing's own request with its pages."""
    try:
        alone = listing.paging.style == "none" and not listing.paging.total
        ask = reading.prepared.ask(reading.validators, reading.known, walked=alone and reading.prepared.walks)
        if alone:
            await reading.take(await api.ask(ask))
            reading.end(ONE_ANSWER)
            return
        pages = Pages(api, ask, listing.paging, lambda answer: _count(listing, answer, reading.known))
        async with aclosing(pages.__aiter__()) as answers:
            async for answer in answers:
                if await reading.take(answer):
                    return
        reading.end(pages.coverage)
    except Fault as fault:
        reading.end(clean(fault, api.credentials.seen))
    except UNREADABLE as error:
        reading.end(Malformed(f"the answer is cut or not JSON: {type(error).__name__}"))
    except KeyError as error:  # a template's place without a value
        reading.end(Malformed(f"{listing.name}: {error.args[0]}"))
    except VENDOR_ERRORS as error:  # out of the vendor file's own signing or pacing
        reading.end(unread(error))


async def coded(api: LiveClient, listing: Listing, readings: Sequence[Reading]) -> AsyncGenerator[Reading, None]:
    """The vendor file's way. Gives each reading once, as soon as it has ended."""
    assert listing.fetch is not None  # noqa: S101
    parents = [reading.prepared.parent for reading in readings]
    left = {id(parent): reading for parent, reading in zip(parents, readings, strict=True)}
    why: Coverage | Fault = Coverage(State.FAILED, "Malformed: the vendor left it out of its answer", "left-out")
    try:
        async for parent, answer in listing.fetch(api, parents, [reading.validators for reading in readings]):
            reading = left.pop(id(parent))
            await _take(api, reading, answer)
            yield reading
    except Fault as fault:
        why = clean(fault, api.credentials.seen)
    except VENDOR_ERRORS as error:
        why = unread(error)
    for reading in left.values():
        reading.end(why)
        yield reading


async def _take(api: LiveClient, reading: Reading, answer: Answer | Fault) -> None:
    if isinstance(answer, Fault):
        reading.end(clean(answer, api.credentials.seen))
        return
    try:
        await reading.take(answer)
        reading.end(_short(clean(answer.lacks, api.credentials.seen)) if answer.lacks else ONE_ANSWER)
    except Fault as fault:
        reading.end(fault)
    except VENDOR_ERRORS as error:
        reading.end(unread(error))


def _short(why: Fault) -> Coverage:
    return msgspec.structs.replace(Coverage.of(why), state=State.PARTIAL, pages=1)


def _count(listing: Listing, answer: Answer, known: bytes) -> int:
    """Rows of an answer, for the certificate: a body that is known to be equal needs no counting."""
    if listing.paging.style == "none" and answer.digest == known:
        return 0
    if answer.nothing:
        return 0
    if listing.empty and answer.at(listing.records) is None and search(listing.empty)(answer.value()):
        return 0
    parts = tuple(listing.records.split(".")) if listing.records else ()
    return sum(len(rows) for _, rows in walk(answer.raw, parts, single=listing.single))
