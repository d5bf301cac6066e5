"""The vendor table, and of each vendor what one has to know before giving it a credential: reads, blind spots, costs.

The table opens the reference page and stands in the README between two marks, so that nobody keeps a list by hand.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Final

from monitor.config.check_quota import DAY, interval
from monitor.config.keys import code
from monitor.config.models import Poll
from monitor.config.types import spelled
from monitor.setup.cost import unit
from probes.kit.contract import Kind
from probes.kit.listing import Listing, OptionSpec, Vendor
from probes.kit.registry import own
from probes.kit.verified import WORDS

BEGIN: Final = "<!-- vendors: made by `make generate` -->\n"
END: Final = "<!-- end of vendors -->\n"
CHECKED: Final = (
    f"How a vendor file was checked, best first: *{WORDS['real']}*, a running server of the vendor's is read by our "
    f"tests; *{WORDS['spec']}*, our answers are held against the machine-readable spec that the vendor publishes; "
    f"*{WORDS['docs']}*, each path and key was read there and answers are written by hand; *{WORDS['unproven']}*, none "
    "of these. A test asks for the evidence of each."
)


def grid(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).replace("|", "\\|").split())


def table(page: str = "") -> str:
    """A line for each vendor file; `page`: where its part of the reference is, empty on that page itself."""
    rows = [
        (f"[{one.title}]({page}#{_anchor(one.title)})", _kinds(one), ", ".join(one.unseen), one.verified.words,
         one.verified.at)
        for one in sorted(own().values(), key=lambda one: one.title.casefold())
    ]  # fmt: skip
    return grid(("product", "reads", "not observable", "checked against", "on"), rows)


def filled(readme: str) -> str:
    """The README with today's table between its marks. Raises ValueError where it has none."""
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md has no place for the table of vendors: {BEGIN.strip()} and {END.strip()}")
    return f"{head}{BEGIN}{table('docs/reference/vendors.md')}{END}{tail}"


def page() -> str:
    """docs/reference/vendors.md, without its title."""
    words = (
        "What can be read, and what the credential needs for it. Driftline only reads. `driftline vendors NAME` says "
        "the same; `driftline doctor` proves it for a credential. What is on no list here is described in YAML: see "
        f"[any JSON API](../vendors/rest.md).\n\n{CHECKED}\n"
    )
    return "\n".join((words, table(), *(_vendor(vendor) for vendor in own().values())))


def _kinds(vendor: Vendor) -> str:
    read = {view.kind for listing in vendor.listings for view in listing.views}
    return ", ".join(kind for kind in Kind if kind in read)


def _anchor(title: str) -> str:
    return "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -_").replace(" ", "-")


def _vendor(vendor: Vendor) -> str:
    on = f", {vendor.verified.at}" if vendor.verified.at else ""
    checked = f"[The vendor's documentation]({vendor.docs}). Checked against: {vendor.verified.words}{on}."
    parts = [f"## {vendor.title}\n", f"`vendor: {vendor.name}`. {checked}\n", _told(vendor)]
    signs = [(code(name), ", ".join(map(code, one.fields)), one.note) for name, one in vendor.schemes.items()]
    parts.append(grid(("scheme", "credential fields", "how to get it"), signs))
    if vendor.options:
        options = [(code(name), one.says, _default(one)) for name, one in vendor.options.items()]
        parts.append(grid(("option", "is", "default"), options))
    if vendor.grants:
        parts.append(grid(("grant", "given by"), [(code(name), how) for name, how in vendor.grants.items()]))
    if vendor.weaker:
        parts.append(f"What the credential may do is told by no answer. {vendor.weaker}\n")
    reads = [(code(one.name), _facts(one), code(one.for_each), _requests(one), _every(one)) for one in vendor.listings]
    parts.append(grid(("listing", "reads", "for each", "requests", "every"), reads))
    parts.append(f"{_cost(vendor)}\n")
    if not_shown := [*vendor.unseen.items(), *((f"some of {kind}", why) for kind, why in vendor.hides.items())]:
        parts.append(grid(("not observable", "why"), not_shown))
    if vendor.lacks:
        parts.append(grid(("has none", "why"), [(kind, why) for kind, why in vendor.lacks.items()]))
    if vendor.notes:
        parts.append("What to know:\n")
    return "\n".join((*parts, *(f"- {note}" for note in vendor.notes), ""))


def _default(option: OptionSpec) -> str:
    return (
        f"{code(option.default)}; of `base` where that is a host of the vendor's"
        if option.by_host
        else code(option.default)
    )


def _told(vendor: Vendor) -> str:
    """What its vendor file says of it, as prose: whoever gives it a credential should not have to open Python."""
    said = importlib.import_module(f"probes.{vendor.name.replace('-', '_')}").__doc__ or ""
    _, *parts = inspect.cleandoc(said).split("\n\n")
    return "\n\n".join(prose(" ".join(part.split())) for part in parts) + "\n"


def prose(said: str) -> str:
    """Nothing in it is a mark of Markdown but what stands in backticks."""
    apart = re.split(r"(`[^`]*`|https?://[^\s,;)]+[^\s,;).])", said)
    return "".join(part if number % 2 else re.sub(r"([\\*_<\[])", r"\\\1", part) for number, part in enumerate(apart))


def _facts(listing: Listing) -> str:
    """Each kind once, with the facts and the health that are read of it."""
    found: dict[str, dict[str, None]] = {}
    for view in listing.views:
        health = ("health",) if view.health else ()
        found.setdefault(view.kind, {}).update(dict.fromkeys((*view.facts, *health)))
    return "; ".join(f"{kind}: {', '.join(names)}" if names else kind for kind, names in found.items())


def _requests(listing: Listing) -> str:
    """What one run asks for."""
    count = str(listing.per_fetch) if listing.fetch else "1" if listing.paging.style == "none" else "1 a page"
    if not listing.for_each:
        return count
    return f"{count} for {listing.batch} of them" if listing.batch > 1 else f"{count} for each of them"


def _every(listing: Listing) -> str:
    return spelled(listing.every) if listing.every else ""


def _cost(vendor: Vendor) -> str:
    """What a day takes at the least, and what the vendor allows."""
    every = Poll().every
    roots = [one for one in vendor.listings if not one.for_each]
    least = sum(one.cost(1) * DAY / interval(one, every, {}) for one in roots) + (DAY / every if vendor.identity else 0)
    hang = len(vendor.listings) - len(roots)
    more = f", and what the {hang} take that {'hangs' if hang == 1 else 'hang'} on others" if hang else ""
    counted = unit(vendor)
    said = [
        f"{counted.capitalize()}: every {spelled(every)}, the default, is {least:,.0f} a day or more: a page of each "
        f"list and who the credential is{more}. `driftline init` counts them for the account and proposes an interval."
    ]
    if quota := vendor.quota:
        plans = ", ".join(f"{name} {'any' if most is None else f'{most:,}'}" for name, most in quota.plans.items())
        head = f"The vendor allows {quota.per_day:,} a day{' and seat' * quota.seated}" + (
            f" ({plans})" if plans else ""
        )
        when = "over the last 24 hours" if quota.resets == "rolling-24h" else f"until midnight in {quota.resets}"
        told = "; its answers tell the account's own number" if quota.headers else ""
        said.append(f"{head}, counted {when}{told}. Driftline takes {quota.share:.0%} of that at most.")
    limits = [f"{one.rate:,} in {one.per:g} s, {one.concurrency} at once" for one in vendor.limits.values()]
    said.append(f"Never more than {'; '.join(dict.fromkeys(limits))}.")
    return " ".join(said)
