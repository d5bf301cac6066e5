"""Names of different systems, brought to where they can be compared. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TAILS: Final = ("__c", "__pc")


def words(name: str) -> list[str]:
    """Of UTM_Campaign__c: utm, campaign."""
    for tail in _TAILS:
        name = name.removesuffix(tail)
    return [word.casefold() for word in _WORD.findall(name) if word != "hs"]


@lru_cache(maxsize=1 << 16)
def plain(name: str) -> str:
    """The words of a name as one."""
    return "".join(words(name))


def parts(name: str) -> list[list[str]]:
    """Words by the parts that a name is made of: of GoogleAds_Sync google and ads, then sync."""
    found = [words(part) for part in re.split(r"[^A-Za-z0-9]+", name)]
    return [part for part in found if part]


def called(scope: str, key: str) -> str:
    """A sync as people call it: what is called by its scope alone, such as the runs of 61, by what the scope is of."""
    parent, _, last = scope.rpartition(".")
    return parent if parent and key == last else key
