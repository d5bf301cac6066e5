"""Where an approved fact stands in the baselines repository, for tools that point at a file and a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from monitor.core import body as bodies
from monitor.core import sight as sights
from monitor.core.model import Address

if TYPE_CHECKING:
    from .surface import Engine


class Place(msgspec.Struct, frozen=True):
    """`file` in the repository; `line` from 1: of the fact, or of what holds it where the baseline has no such fact."""

    file: str
    line: int = 1


async def place(engine: Engine, address: Address) -> Place:
    """A scope without a baseline is placed where its file would be."""
    baselines = engine.baselines
    if address.scope == sights.SCOPE:
        return Place(baselines.vantage_path(address.subject))
    file = baselines.path_of(address.subject, address.ref)
    text = await baselines.text(file)
    if text is None:
        return Place(file)
    fact = address.fact.partition(".")[0] if address.item else address.fact
    return Place(file, bodies.line_of(text.encode(), address.key, fact, address.item))
