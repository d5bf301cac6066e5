"""From where somebody acts: kept beside who and why in the trail. The pages and the API say it for each request; a use
case that keeps an entry of somebody's own act asks for it. What the service does later by itself says nothing."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

import msgspec

from monitor.adapters.pseudonyms import PEER

LOCAL: Final = "local:"


class Whence(msgspec.Struct, frozen=True):
    """`via`: page, api or terminal; `peer`: the network address that the listener saw."""

    via: str = ""
    peer: str = ""


WHENCE: ContextVar[Whence] = ContextVar("whence", default=Whence())  # noqa: B039 - it is frozen


def whence(by: str = "", via: str = "") -> dict[str, str]:
    """The part of an entry's data. `by` acts in this process, and so at a terminal, where no request is under way."""
    here = WHENCE.get()
    via = via or here.via or ("terminal" if by.startswith(LOCAL) else "")
    return {name: value for name, value in (("via", via), (PEER, here.peer)) if value}
