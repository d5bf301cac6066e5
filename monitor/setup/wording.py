"""What a vendor file has of its own: names of keys that its code takes, and words that may stand in an answer.

Everybody can read a vendor file, so that none of it tells anything of an account. A docstring is for people: what is
called after a word of its prose alone may be somebody's.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from probes.kit.api import Ask
from probes.kit.listing import Vendor
from probes.kit.paging import Paging
from probes.rest import IdentitySpec

from .played import homes, tabled, written
from .scrub import keys, words

TOKEN: Final = frozenset({"access_token", "expires_in", "instance_url", "token_type", "scope"})  # of a sign-in
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_ENDS: Final = re.compile(r"[A-Za-z_]\w*$")


class Wording(msgspec.Struct, frozen=True):
    """`keys`: what an object of an answer may call its parts; `words`: values that stay; `totals`: where an answer
    tells how many rows there are in all."""

    keys: frozenset[str]
    words: frozenset[str]
    totals: frozenset[str]


def wording(vendor: Vendor) -> Wording:
    coded = [call for call in (vendor.identity, *(one.fetch for one in vendor.listings)) if call]
    own = {text for call in coded for text in written(call) | tabled(call)}
    modules = {module.__name__: module for call in coded for module in homes(call)}.values()
    prose = {one.__doc__ for module in modules for one in vars(module).values() if inspect.isfunction(one)}
    declared = {
        name
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, msgspec.Struct)
        for name in one.__struct_encode_fields__
    }
    named = {name for text in own - prose for name in _NAME.findall(text)}
    own |= {f"{start}{name}" for start in set(_starts(modules)) for name in own if _NAME.fullmatch(name)}
    who = getattr(vendor.identity, "__self__", None)
    told = (
        {name: one for name, one in dict(who).items() if isinstance(one, str)} if isinstance(who, IdentitySpec) else {}
    )
    own |= set(_NAME.findall(told.pop("path", "")))
    known = words(vendor.listings, vendor.errors) | own | (set(vendor.quota.plans) if vendor.quota else set())
    return Wording(
        keys=keys(vendor.listings, vendor.errors, *told.values()) | own | named | declared | TOKEN,
        words=frozenset(word for word in known if word) | {"200"},  # in answers of answers
        totals=frozenset(one.total for one in _pagings(vendor, modules) if one.total),
    )


def _pagings(vendor: Vendor, modules: Iterable[Any]) -> Iterator[Paging]:
    yield from (listing.paging for listing in vendor.listings)
    yield from (one for module in modules for one in vars(module).values() if isinstance(one, Paging))


def _starts(modules: Iterable[Any]) -> Iterator[str]:
    """What its texts begin names with that its tables end: f"Permissions{name}"."""
    for module in modules:
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                for before, after in zip(node.values, node.values[1:], strict=False):
                    if isinstance(before, ast.Constant) and isinstance(after, ast.FormattedValue):
                        yield from _ENDS.findall(str(before.value))


def asked(ask: Ask) -> Iterator[str]:
    """Every text of a request, as the vendor file made it."""
    waiting: list[Any] = [dict(ask.params), ask.body, ask.form]
    while waiting:
        said = waiting.pop()
        if isinstance(said, Mapping):
            waiting += said.values()
        elif isinstance(said, list | tuple):
            waiting += said
        elif isinstance(said, bytes):
            yield said.decode("utf-8", "replace")
        elif said is not None and not isinstance(said, bool):
            yield str(said)
