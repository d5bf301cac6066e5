"""What a range of commits of a Salesforce project stands for. Whatever stands for nothing is said, with why."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import NamedTuple

from .out import Stop


class Found(NamedTuple):
    """`places`: kind/scope/key of what changed, in order; `left`: paths that stand for nothing that is read, or not
    wholly, each with why; `unmapped`: how many of those are metadata."""

    places: tuple[str, ...]
    left: tuple[tuple[str, str], ...]
    unmapped: int


def found_in(folder: Path, between: str) -> Found:
    """Raises Stop where there is no repository, or no such commits."""
    from monitor.adapters.checkout import Checkout
    from monitor.adapters.git import GitError
    from probes.salesforce.source import NO_METADATA, mapped

    dots = "..." if "..." in between else ".."
    base, _, head = between.partition(dots)
    if dots not in between or not base:
        raise Stop(f"--from-git: expected two commits such as main..HEAD, found {between!r}")
    head = head or "HEAD"
    places: dict[str, None] = {}
    left: list[tuple[str, str]] = []
    try:
        checkout = Checkout(folder)

        def using(name: str) -> tuple[str, ...]:
            return checkout.naming(f"<valueSetName>{name}</valueSetName>", head, ".field-meta.xml")

        for path, before, after in (checkout.between if dots == "..." else checkout.straight)(base, head):
            if not _readable(path):
                left.append((path, "its name is not UTF-8"))
                continue
            found = mapped(unicodedata.normalize("NFC", path), before, after, using)
            places |= dict.fromkeys(found.places)
            if found.why:
                left.append((path, found.why))
    except GitError as error:
        raise Stop(f"{folder}: {error}") from error
    return Found(tuple(places), tuple(left), sum(why != NO_METADATA for _, why in left))


def _readable(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
