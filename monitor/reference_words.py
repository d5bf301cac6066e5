"""The words of a vendor file as a page: the closed table of facts, and what each declaration takes.

Whoever writes a vendor outside of this repository looks here first; the sentences are those of the classes themselves.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

from monitor.config.keys import code
from monitor.reference_vendors import grid, prose
from probes.kit.auth import Header, Scheme, bearer
from probes.kit.coded import each, made, once
from probes.kit.contract import Kind
from probes.kit.errors import Errors
from probes.kit.facts import FACTS, LEVELS, TYPE_WIDENS, Form, Narrower
from probes.kit.limiter import Limit, Quota
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.values import Ours
from probes.kit.verified import Verified
from probes.kit.view import STATES
from probes.rest import IdentitySpec

FORMS = {Form.SCALAR: "one value", Form.SET: "a list without order", Form.MAP: "a keyed list",
         Form.JSON: "any JSON"}  # fmt: skip
NARROWER = {
    Narrower.NONE: "", Narrower.SMALLER: "smaller", Narrower.LARGER: "larger", Narrower.ON: "false to true",
    Narrower.OFF: "true to false", Narrower.TYPE: "by type", Narrower.GIVEN: "none to some", Narrower.LEVEL: "by level",
    Narrower.WIRE: "by what can be sent",
}  # fmt: skip
CLASSES = (Vendor, Listing, View, Paging, Scheme, bearer, Header, Errors, Limit, Quota, IdentitySpec, OptionSpec, keep,
           each, once, made, Ours, Verified)  # fmt: skip


def page() -> str:
    """docs/reference/words.md, without its title."""
    return "\n".join((
        "What stands in a vendor file: [how to write one](../writing-a-vendor.md). Facts first, by kind, then each "
        "declaration in the words of its code.\n",
        "A fact has one name for all vendors, so that rules and flows need not know whose it is. What has no name here "
        "is the vendor's own: `x_` and any name, of any JSON. *Narrower* is the change that hurts whoever writes into "
        "it. What is *shown* is told beside a thing and never compared.\n",
        *(_facts(kind) for kind in FACTS),
        "## Types of fields\n\n`field.type` is one of these; `words` maps the vendor's own. A type widens into those "
        "beside it: every value of it fits there.\n",
        grid(("type", "widens into"), [(code(one), ", ".join(sorted(wider))) for one, wider in TYPE_WIDENS.items()]),
        f"Levels, from narrow to wide: {', '.join(LEVELS)}. States of a sync: {', '.join(sorted(STATES))}.\n",
        *(_declared(one) for one in CLASSES),
    ))  # fmt: skip


def _facts(kind: Kind) -> str:
    rows = []
    for fact in FACTS[kind].values():
        attrs = ", ".join(f"{name} ({NARROWER[how]})" if NARROWER[how] else name for name, how in fact.attrs.items())
        form = FORMS[fact.form] + (f" by {fact.item_key}; {attrs}" if attrs else "")
        told = [word for word, held in (("shown", fact.shown), ("people", fact.person)) if held]
        rows.append((code(fact.name), form, NARROWER[fact.narrower], ", ".join(told)))
    return f"## Facts of {kind}\n\n" + grid(("fact", "form", "narrower", ""), rows)


def _declared(one: Callable[..., object]) -> str:
    """Its sentences and its words."""
    name = one.__name__
    said = [_paragraph(part) for part in re.split(r"\n\n|\n(?=- )", inspect.getdoc(one) or "")]
    given = ", ".join(inspect.signature(one).parameters)
    head = f"## {name}\n\n`from {one.__module__} import {name}`" + (f", with {given}." if given else ".")
    return head + "\n\n" + "\n".join(said) + "\n"


def _paragraph(part: str) -> str:
    mark = "- " if part.startswith("- ") else ""
    return mark + prose(" ".join(part.removeprefix("- ").split())) + ("" if mark else "\n")
