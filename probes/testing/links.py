"""That every deep link is a whole address: a person opens it at three in the morning, and half of one costs minutes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from .contract import Contract, spellings
from .rules import rule

OPEN: Final = re.compile(
    r"[{}\s]|None(?![A-Za-z])|=(?=[&#]|$)"
)  # a place without a value, or with the value of nothing
EMPTY: Final = re.compile(r"//")


def half(link: str) -> str:
    """What of an address is missing; empty where it is whole."""
    there = urlsplit(link)
    if there.scheme not in ("http", "https") or not there.hostname:
        return "no address of a page"
    if found := OPEN.search(link):
        return f"a place without a value, {found[0]!r}"
    if EMPTY.search(f"{there.path} {there.fragment}"):
        return "an empty part of the path"
    return ""


def told(scopes: Iterable[Any]) -> set[str]:
    """The deep links of scopes and of what is in them."""
    links = {scope.link for scope in scopes}
    return (links | {row.evidence.get("link", "") for scope in scopes for row in scope.resources}) - {""}


@rule("links")
async def a_deep_link_is_a_whole_address_without_a_secret(contract: Contract, held: str) -> None:
    _, scopes, _ = await contract.world.poll()
    links = told(list(scopes.values()))
    wrong = {link: why for link in links if (why := half(link))}
    assert not wrong, f"half an address leads nowhere: {wrong}"
    for secret in contract.world.secrets.values():
        for form in spellings(secret):
            assert not any(form in link for link in links), form
