"""Hightouch on demand: one sync, source or destination by its slug.

Lists are asked for with the slug as their filter, since a thing is known by its number alone otherwise. A key reads all
of its workspace and there is none that reads less, so that no row means that there is none.
"""

from __future__ import annotations

from typing import Final

from probes.kit.api import Ask, Client, called
from probes.kit.contract import Absent, Kind, Ref, Unsupported
from probes.kit.listing import Found

from .events import PAGES
from .syncs import BY_ID, told

ONES: Final = {Ref(Kind.SYNC, "syncs"), Ref(Kind.SCHEMA, "sources"), Ref(Kind.SCHEMA, "destinations")}


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    if ref not in ONES:
        raise Unsupported(f"Hightouch is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    found = called(await api.every(Ask(f"/{ref.name}", {**BY_ID, "slug": key}), PAGES, "data"), "slug", key)
    if found is None:
        return Absent("slug")
    if ref.kind is not Kind.SYNC:
        return Found(ref.name, found)
    slugs = {}
    for name in ("models", "destinations"):
        slugs[name] = {str(row["id"]): row["slug"] for row in await api.every(Ask(f"/{name}", BY_ID), PAGES, "data")}
    return Found("syncs", told(found, slugs))
