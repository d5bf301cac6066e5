"""What a vendor's plan allows, held against what an integration is set to ask for: the least that it will cost.

Most of a cost is known only once an account was read, and `driftline init` and `driftline doctor` tell it then. What
stands here is certain before: each listing that hangs on no other is asked for once in its interval. Where the vendor's
answers tell the real limit, theirs counts and nothing is said here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import PydanticCustomError

from probes.kit.limiter import Unfit

from .document import Document, KeyPath
from .models import Poll
from .types import seconds, spelled
from .watching import Watching

if TYPE_CHECKING:
    from probes.kit.listing import Listing, Vendor

DAY: Final = 86_400.0
INTERVALS: Final = (300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 21600.0, 43200.0, 86400.0)


def interval(listing: Listing, every: float, own: Mapping[str, float]) -> float:
    """As the scheduler takes it: a listing's own default never makes it more frequent than the integration."""
    return own.get(listing.name) or max(listing.every or every, every)


def affordable(document: Document, vendor: Vendor, service: Document | None) -> None:
    """Adds what is wrong to the document: a plan that there is none of, a cost that is over it whatever is read."""
    options: dict[str, Any] = {name: one.default for name, one in vendor.options.items()}
    options |= {str(path[-1]): value for path, value in document.find("options", "*")}
    try:
        quota = vendor.quota.on(options) if vendor.quota else None
    except Unfit as error:
        document.add(("options", error.option), str(error))
        return
    if quota is None or quota.headers:
        return
    path: KeyPath = ("schedule", "every")
    every = _duration(document, path) or (service and _duration(service, ("poll", "every"))) or Poll().every
    own = {str(at[-1]): _duration(document, at) for at, _ in document.find("schedule", "listings", "*")}
    listings = {name: length for name, length in own.items() if length}
    watch = Watching(
        (str(rule.get("kind", "*")), str(rule.get("scope", "*")), str(rule["level"]))
        for _, rule in document.find("watch", "*")
        if isinstance(rule, dict) and "level" in rule
    )
    counts = {one.name: _reads(one, options, watch) for one in vendor.listings}

    def least(between: float) -> float:
        asked = [one for one in vendor.listings if counts[one.name]]
        each = (one.cost(counts[one.name]) * DAY / interval(one, between, listings) for one in asked)
        return sum(each) + (DAY / between if vendor.identity else 0.0)

    cap, needed = quota.per_day * quota.share, least(every)
    if needed > cap:
        plan = f"the plan {options['plan']}" if quota.plans and options.get("plan") else "the vendor"
        fits = next((longer for longer in INTERVALS if longer > every and least(longer) <= cap), None)
        todo = f"set it to {spelled(fits)} or more" if fits else "no usual interval fits: set more of the watch to off"
        document.add(
            path,
            f"expected at most {cap:,.0f} {quota.unit} a day ({quota.share:.0%} of the {quota.per_day:,} that {plan} "
            f"allows), found at least {needed:,.0f} with {spelled(every)}: {todo}",
        )


def _reads(listing: Listing, options: Mapping[str, Any], watch: Watching) -> int:
    """How many reads of a listing there are at the least: none where it hangs on what another one will find."""
    up, _, option = listing.for_each.partition(".")
    if not up:
        return int(_wanted(listing, {}, options, watch))
    listed = options.get(option) if option else None
    parents = [{"key": str(one)} for one in listed] if isinstance(listed, list) else []
    return sum(_wanted(listing, parent, options, watch) for parent in parents)


def _wanted(listing: Listing, parent: Mapping[str, str], options: Mapping[str, Any], watch: Watching) -> bool:
    """Whether the watch leaves anything on that a listing gives. What cannot be named counts for nothing."""
    try:
        refs = [listing.ref(view, parent, options) for view in listing.views if not view.scope_by]
    except KeyError:
        return False
    return len(refs) < len(listing.views) or any(watch.level(str(ref.kind), ref.name) != "off" for ref in refs)


def _duration(document: Document, path: KeyPath) -> float | None:
    """None where there is none, or none that can be read: then another mistake says so."""
    for _, text in document.texts(*path):
        try:
            return seconds(text)
        except PydanticCustomError:
            return None
    return None
