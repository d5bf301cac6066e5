"""Who acts in the request under way: kept beside the name that the trail gets, for what a name alone cannot tell.

The guard of the listener says it once somebody is known. Where nobody said it, a person sits at a terminal of this
machine, or the service does something by itself: neither is anybody who signed in.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """`name` as the trail has it; `teams` that they act for; `made_by` the pseudonyms of whoever made their token or
    sign-in link, and made what that was made with. `signed_in`: false where no sign-in is asked for."""

    name: str
    role: str = "viewer"
    teams: tuple[str, ...] = ()
    made_by: tuple[str, ...] = ()
    signed_in: bool = True


ACTING: Final[ContextVar[Actor | None]] = ContextVar("acting", default=None)


def acting(name: str) -> Actor:
    """The one of that name who acts; somebody who signed in nowhere when no request says so."""
    known = ACTING.get()
    return known if known is not None and known.name == name else Actor(name, signed_in=False)
