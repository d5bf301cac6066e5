"""The rules that every vendor file is held to, and how one may be exempt from a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from probes.kit.listing import Vendor

RULES: Final[Mapping[str, str]] = {
    "complete": "everything it declares is read completely, under keys that are no list positions",
    "again": "reading the same again yields nothing",
    "order": "the order of rows, keys and pages means nothing",
    "html": "an HTML page with a 200 is malformed",
    "empty": "an empty body with a 200 is malformed",
    "cut-short": "a body cut after its first bytes is malformed",
    "cut-anywhere": "a body cut at two thirds is never complete",
    "401": "a 401 is a dead credential, not a change",
    "403": "a 403 is a missing right, not a change",
    "404": "a 404 is no removal",
    "429": "a 429 is waited for, and no removal",
    "500": "a 500 is no removal",
    "302": "a redirect is not followed",
    "error-in-200": "an error in a 200 is no empty list",
    "no-list": "a 200 without its list is malformed and no empty list, but where the vendor file declares `empty`",
    "dropped-key": "a key that the vendor drops is malformed, not a removal",
    "cursor": "a cursor that repeats makes the list partial",
    "weaker": "which lists a weaker credential gets shorter is known: by its grants, or as the vendor file says",
    "reads-only": "it only reads, and only from hosts it declares",
    "one-read": "asking for one read sends only its requests",
    "links": "a deep link is a whole address: nothing in it stayed open, and no secret is in it",
    "canary": "no secret shows in readings, faults, logs or reprs, in no spelling",
}
NEVER: Final = frozenset({"401", "403", "cut-short", "cut-anywhere", "html", "no-list", "canary"})
CHECKS: Final[dict[str, Callable[..., Any]]] = {}  # filled by contract.py
F = TypeVar("F", bound=Callable[..., Any])


def rule(*names: str) -> Callable[[F], F]:
    """Marks the check that holds these rules; it runs once for each of them and each vendor that is not exempt."""

    def mark(check: F) -> F:
        CHECKS.update(dict.fromkeys(names, check))
        return check

    return mark


def pairs(names: tuple[str, ...], of: Mapping[str, Vendor]) -> list[tuple[str, str]]:
    """(vendor, rule) for every vendor that the rule holds for."""
    return [(vendor, name) for vendor, made in of.items() for name in names if name not in made.exempt]


def problems(vendor: Vendor) -> list[str]:
    """What is wrong with a vendor's exemptions: one in ten rules at most, each with a reason, some rules never."""
    found = [f"{name!r} is no rule" for name in vendor.exempt if name not in RULES]
    found += [f"nobody may be exempt from {name!r}" for name in vendor.exempt if name in NEVER]
    found += [f"{name!r} needs a reason of more than a word" for name, why in vendor.exempt.items() if " " not in why]
    if len(vendor.exempt) > (most := len(RULES) // 10):
        found.append(f"{len(vendor.exempt)} exemptions of {len(RULES)} rules: at most {most}")
    return found
