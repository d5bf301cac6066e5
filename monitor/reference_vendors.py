"""The vendor table: what can be read, what cannot, and against what each vendor file was checked.

It opens the reference page and stands in the README between two marks, so that nobody keeps a list by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from monitor.config.keys import code
from probes.kit.contract import Kind
from probes.kit.listing import Vendor
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
    parts = [f"## {vendor.title}\n", f"`vendor: {vendor.name}`. {checked}\n"]
    signs = [(code(name), ", ".join(map(code, one.fields)), one.note) for name, one in vendor.schemes.items()]
    parts.append(grid(("scheme", "credential fields", "how to get it"), signs))
    if vendor.options:
        options = [(code(name), one.says, code(one.default)) for name, one in vendor.options.items()]
        parts.append(grid(("option", "is", "default"), options))
    if vendor.grants:
        parts.append(grid(("grant", "given by"), [(code(name), how) for name, how in vendor.grants.items()]))
    reads = [
        (code(one.name), ", ".join(dict.fromkeys(view.kind for view in one.views)), code(one.for_each))
        for one in vendor.listings
    ]
    parts.append(grid(("listing", "kinds", "for each"), reads))
    if vendor.unseen:
        parts.append(grid(("not observable", "why"), [(kind, why) for kind, why in vendor.unseen.items()]))
    return "\n".join((*parts, *(f"- {note}" for note in vendor.notes), ""))
