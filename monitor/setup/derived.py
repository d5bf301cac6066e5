"""A new vendor's files that begin with a vendor file which is there: its listings, and what a real account answered."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from probes.kit import registry
from probes.kit.contract import Kind
from probes.kit.listing import OptionSpec, Vendor
from probes.simulated.recorded import HOST

from .newvendor import NO_PAGES, NewVendor
from .record import Recording
from .sources import prose

HEAD: Final = '''"""{title}: what {base} is, and what was changed of it.
{docs}

Least grants: those of {base}; say here which others it needs, and where a person gives them.

Where the facts are from: {home}, and
a real account, whose answers stand beside it without a value of it. Say here what is different, on which pages each
path and key was read, and what is not verified.
"""

from __future__ import annotations

{imports}
{before}
VENDOR = Vendor(
    **{{
        **dict(BASE),
        "name": "{name}",
        "title": "{title}",
        "verified": Verified(),
        "exempt": {{**BASE.exempt{exempt}}},
{unseen}        "listings": {listings}
    }}
)
'''
VERIFIED: Final = "from probes.kit.verified import Verified"
VENDOR: Final = "from probes.kit.listing import Vendor"
ALL: Final = "BASE.listings,  # to add one: (*BASE.listings, Listing(...))"
SOME: Final = "tuple(one for one in BASE.listings if one.name not in LEFT),"
GONE: Final = "it was not recorded; say here where a person looks instead, or read it"


class Underivable(ValueError):
    """A vendor file that no other can begin with, and why."""


def derived(name: str, vendor: Vendor, folder: Path) -> Callable[[Recording], NewVendor]:
    """How a vendor file is begun with this one, once its account was recorded; it will stand in `folder`. Raises
    Underivable."""
    if vendor.name == "attested":
        raise Underivable(
            "it is attested: people say what it has, and nothing answers; begin without --from, where an API answers"
        )
    if vendor.statements:
        raise Underivable(
            "a database is asked, whose answers are rows and no JSON; begin without --from, and write SELECTs into "
            "`statements` as probes/sql does"
        )
    home, imports, begins = _home(vendor, folder)
    title = name.replace("-", " ").title()

    def made(told: Recording) -> NewVendor:
        gone = _unseen(vendor, told.left)
        exempt = "".join(f', "{rule}": "{why}"' for rule, why in NO_PAGES.items() if rule not in vendor.exempt)
        if gone:
            imports.append("from probes.kit.contract import Kind")
        text = HEAD.format(
            title=title, base=prose(vendor.title), docs=prose(vendor.docs), home=home, name=name, exempt=exempt,
            imports="\n".join(sorted([*imports, VENDOR, VERIFIED], key=_place)), before=f"{begins}{_left(told.shown)}",
            unseen=f'        "unseen": {{\n            **BASE.unseen,\n{gone}        }},\n' if gone else "",
            listings=SOME if told.left else ALL,
        )  # fmt: skip
        beside = {name: HOST for name, one in vendor.options.items() if _elsewhere(one)}
        options = told.options | beside
        replies = {"@recorded": told.exchanges} | ({"@options": options} if options else {})
        scheme = "token" if "token" in vendor.schemes else next(iter(vendor.schemes))
        return NewVendor(
            name=name, called=title, scheme=scheme, fields=vendor.schemes[scheme].fields, text=text, replies=replies,
            out=told.left,
        )  # fmt: skip

    return made


def _elsewhere(option: OptionSpec) -> bool:
    """Whether it leads to another host than the base."""
    return str(option.default).startswith("https://") or (option.default == "" and option.says.startswith("address"))


def _home(vendor: Vendor, folder: Path) -> tuple[str, list[str], str]:
    """What the vendor file is called, and how another one in that folder begins with it: by an import, or as a file."""
    if vendor.name in registry.own():
        module = f"probes.{vendor.name.replace('-', '_')}"
        return module, [f"from {module} import VENDOR as BASE"], ""
    for point in entry_points(group=registry.GROUP):
        if point.name == vendor.name:
            return point.module, [f"from {point.module} import {point.attr or 'VENDOR'} as BASE"], ""
    file = Path(registry.found().theirs[vendor.name])
    way = Path(os.path.relpath(file, folder.resolve()))
    up = way.parts.count("..")
    beside = Path(*way.parts[up:]).as_posix()
    above = f"parents[{up}]" if up else "parent"
    loads = ["from pathlib import Path\n", "from probes.kit.registry import load"]
    return file.name, loads, f'\nBASE = load(Path(__file__).resolve().{above} / "{beside}")'


def _place(line: str) -> tuple[bool, str]:
    """The standard library first, then by name."""
    return line.startswith("from p") and "pathlib" not in line, line


def _left(left: Mapping[str, str]) -> str:
    """The listings that are not read, each with why, as lines of the file."""
    lines = "".join(f'    "{name}",  # {why}\n' for name, why in left.items())
    return (
        f"\n# What was not recorded, and why. Take a line out once its answers are written down.\nLEFT = (\n{lines})\n"
        if left
        else ""
    )


def _unseen(vendor: Vendor, left: Mapping[str, str]) -> str:
    """Kinds that nothing gives any more."""
    before, read = (
        {view.kind for listing in vendor.listings if listing.name not in names for view in listing.views}
        for names in ((), left)
    )
    gone = (kind for kind in Kind if kind in before - read)
    return "".join(f'            Kind.{kind.name}: "{GONE}",\n' for kind in gone)
