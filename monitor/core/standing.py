"""A standing approval as a value: what it takes, for whom, until when. What comes of it stands in policy.py. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Generic, TypeVar

import msgspec

from probes.kit.contract import Kind

When = TypeVar("When")  # an instant, epoch seconds; where people ask for one, also a day


class Terms(msgspec.Struct, Generic[When], frozen=True, kw_only=True):
    """What a standing approval says.

    It takes drift whose rule fits one of `rules` and whose path fits one of `patterns`
    (integration/kind/scope/key/fact, * for any text), of these `levels`, and of these `kinds` when any are named.
    `vendor_made`: None for either; `actor`: exactly as the evidence names who did it; `since` and `before`: the time
    window in which it was first seen. `until`: it ends then; `cap`: how many of one integration it
    takes on one day, above which it takes none and says so.
    """

    id: str
    owner: str
    reason: str
    until: When
    cap: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
    rules: tuple[str, ...] = ("*",)
    patterns: tuple[str, ...] = ("*",)
    levels: tuple[str, ...] = ("info",)
    kinds: tuple[Kind, ...] = ()
    vendor_made: bool | None = None
    actor: str = ""
    since: When | None = None
    before: When | None = None


class Standing(Terms[float], frozen=True, kw_only=True):
    """One that stands, from standing/<id>.json of the baselines repository. `but`: fingerprints of what was undone and
    must be asked."""

    but: tuple[str, ...] = ()

    def problems(self) -> Iterator[str]:
        """Why it cannot be used, as sentences."""
        for name in ("owner", "reason"):
            if not getattr(self, name).strip():
                yield f"{name}: expected a word on it, found none"
        if self.cap < 1:
            yield f"cap: expected how many a day it takes at most, 1 or more, found {self.cap}"
        for name in ("rules", "patterns", "levels"):
            if not getattr(self, name):
                yield f"{name}: expected at least one, found none"
        for level in self.levels:
            if level not in ("info", "warning"):
                yield f"levels: expected info or warning, since people decide on what is breaking, found {level!r}"
