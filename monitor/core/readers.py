"""Flows to systems that nobody monitors, out of the rights that were made for them. Pure.

A permission set that may read a few fields of an object, may change none, and is held by users who sign in through the
API alone, was made for a system that reads these fields; its name says which. What the fields are called there cannot
be known from here, and is left open. Fields that need no right to be read are not told by this.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from .naming import parts

_GENERIC: Final = frozenset(
    str.split(
        "a access and api app application connected connection connector for integration integrations of only perm"
        " permission permissions ps read reader readonly service set sync system the to user users"
    )
)
_TELLING: Final = frozenset(
    {"api", "app", "connected", "connection", "connector", "integration", "integrations", "sync"}
)
FEW: Final = 0.5  # of an object's fields that need a right: who reads more of them was not made for these


class Reader(msgspec.Struct, frozen=True):
    """A permission set that reads some fields of an object and changes nothing in it. `among`: how many fields of the
    object need a right; `robots`: whether all who have it sign in through the API alone; None where nothing tells."""

    name: str
    label: str
    fields: frozenset[str]
    among: int
    robots: bool | None


class Outside(msgspec.Struct, frozen=True):
    """A system that reads and is not monitored, as a permission set tells. `sure`: it is its name and its holders that
    say so, and not one of both alone."""

    name: str
    reader: Reader
    sure: bool
    evidence: tuple[str, ...]


def outside(readers: Sequence[Reader], vendor: str, vendors: Collection[str], object: str) -> Iterator[Outside]:
    """Systems that read fields of an object of `vendor`. `vendors`: of all that is monitored; their own permission sets
    are other evidence."""
    for one in readers:
        words = [word for part in parts(f"{one.name} {one.label}") for word in part]
        if not 0 < len(one.fields) <= one.among * FEW or not (one.robots or _TELLING & set(words)):
            continue
        runs = {"".join(words[start:end]) for end in range(len(words) + 1) for start in range(end)}
        if runs & (set(vendors) - {vendor}):
            continue
        split = parts(one.name)
        own = ["".join(word for word in part if word not in _GENERIC) for part in split]
        named = [part for part in own if part and part != vendor]
        said = [f"{one.name} may read {len(one.fields)} of the {one.among} fields of {object} that need a right, and "
                "may change nothing"]  # fmt: skip
        if one.robots:
            said.append("all who have it sign in through the API alone")
        elif one.robots is None:
            said.append("nothing tells who has it")
        name = "-".join(named or map("".join, split))[:63].strip("-")
        yield Outside(name, one, bool(named) and one.robots is True, tuple(said))


def robots(
    holders: Collection[str], users: Mapping[str, Mapping[str, object]], machines: Collection[str]
) -> bool | None:
    """Whether all active holders have a profile that only signs in through the API (`machines`). `users`: their facts;
    None where no holder is known."""
    there = [users[one] for one in holders if one in users and users[one].get("active") is True]
    return all(f"profile:{one.get('profile')}" in machines for one in there) if there else None
