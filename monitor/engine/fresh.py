"""New objects that appear at a vendor and that no watch rule names: counted as not watched, and no drift.

Nobody can have an opinion on what nobody said how to watch. Once a rule names such an object at the level review or
record, its coming is drift like any other; captured, it is a part of the baseline.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from monitor.adapters.poller import vendor_for
from monitor.core.model import Action, Change
from probes.kit.contract import Kind, Ref

from .live import Live

if TYPE_CHECKING:
    from .core import Engine

OF_OBJECTS = ("*", Kind.SCHEMA, Kind.FIELD)  # kinds of watch rules that say how an object is watched


def unnamed(engine: Engine, live: Live, ref: Ref, changes: Iterable[Change]) -> tuple[str, ...]:
    """Keys of a scope that came since the baseline, each an object of its own, and that nobody said to watch."""
    came = sorted({one.key for one in changes if one.action is Action.ADDED and not one.fact})
    if not came or ref.kind is not Kind.SCHEMA or not _holds_objects(engine, live, ref):
        return ()
    return tuple(key for key in came if not _named(live, key))


def _holds_objects(engine: Engine, live: Live, ref: Ref) -> bool:
    """Whether other listings read each row of this scope by itself."""
    poller = engine.pollers.get(live.name)
    listings = (poller.vendor if poller is not None else vendor_for(live.config)).listings
    above = {one.for_each for one in listings}
    return any(one.name in above and ref == Ref(one.kind, one.scope or one.name) for one in listings)


def _named(live: Live, key: str) -> bool:
    """By the first watch rule that names it; one that switches it off says that it is not watched."""
    rules = (rule for rule in live.config.watch if rule.kind in OF_OBJECTS and fnmatchcase(key, rule.scope))
    return next((rule.level != "off" for rule in rules), False)


def widens(new: Sequence[str], fresh: Sequence[str]) -> str:
    """A proposal: facts, and objects, that the baseline of a scope does not cover."""
    facts = f"now also read: {', '.join(new)}" if new else ""
    objects = (
        f"not watched: {len(fresh)} new ({', '.join(fresh[:5])}{', …' if len(fresh) > 5 else ''})" if fresh else ""
    )
    return "; ".join(part for part in (facts, objects) if part)
