"""A new vendor's files that begin with a vendor file which is there: its listings, and what a real account answered."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Final

from probes.kit import registry
from probes.kit.listing import Vendor
from probes.simulated.recorded import HOST

from .newvendor import NO_PAGES, NewVendor
from .recording import Recording
from .sources import prose

HEAD: Final = '''"""{title}: what {base} is, and what was changed of it. {docs}

Least grants: those of {base}; say here which others it needs, and where a person gives them.

Where the facts are from: {home}, and a real account whose answers stand in replies/{name} without a value of it. Say
here what is different, on which pages each path and key was read, and what is not verified.
"""

from __future__ import annotations

from {home} import {attribute} as BASE
from probes.kit.listing import Vendor
from probes.kit.verified import Verified

VENDOR = Vendor(
    **{{
        **dict(BASE),
        "name": "{name}",
        "title": "{title}",
        "verified": Verified(),
        "exempt": {{**BASE.exempt{exempt}}},
        "listings": BASE.listings,  # to add one: (*BASE.listings, Listing(...))
    }}
)
'''


class Underivable(ValueError):
    """A vendor file that no other can begin with, and why."""


def derived(name: str, vendor: Vendor) -> Callable[[Recording], NewVendor]:
    """How a vendor file is begun with this one, once its account was recorded. Raises Underivable."""
    if vendor.name == "attested":
        raise Underivable("it is attested: people say what it has, and nothing answers")
    if vendor.statements:
        raise Underivable("a database is asked, whose answers are rows of its own; write SELECTs into `statements`")
    home, attribute = _home(vendor)
    title = name.replace("-", " ").title()

    def made(told: Recording) -> NewVendor:
        exempt = "".join(f', "{rule}": "{why}"' for rule, why in NO_PAGES.items() if rule not in vendor.exempt)
        text = HEAD.format(
            title=title, base=prose(vendor.title), docs=prose(vendor.docs), home=home, attribute=attribute, name=name,
            exempt=exempt,
        )  # fmt: skip
        beside = {name: HOST for name, one in vendor.options.items() if str(one.default).startswith("https://")}
        options = told.options | beside
        replies = {"@recorded": told.exchanges} | ({"@options": options} if options else {})
        scheme = "token" if "token" in vendor.schemes else next(iter(vendor.schemes))
        return NewVendor(
            name=name, called=title, scheme=scheme, fields=vendor.schemes[scheme].fields, text=text, replies=replies,
            left=told.left,
        )  # fmt: skip

    return made


def _home(vendor: Vendor) -> tuple[str, str]:
    """Where Python finds it."""
    if vendor.name in registry.own():
        return f"probes.{vendor.name.replace('-', '_')}", "VENDOR"
    for point in entry_points(group=registry.GROUP):
        if point.name == vendor.name:
            return point.module, point.attr or "VENDOR"
    raise Underivable(f"{vendor.name} is a file of your own: copy it, and write its answers down by hand")
