"""Other stacks for the picture of the fleet: what each tells of itself, served on loopback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

_CALM: Final = {
    "state": "ready",
    "breaking": 0,
    "warning": 0,
    "info": 2,
    "scopes": 214,
    "complete": 214,
    "proposals": 0,
}
STACKS: Final[dict[str, dict[str, Any]]] = {
    "Acme": _CALM | {"breaking": 3, "warning": 5, "info": 12},
    "Globex (EU)": _CALM | {"warning": 2, "complete": 198},
    "Hooli": _CALM | {"info": 0},
    "Initech": _CALM | {"info": 0, "scopes": 96, "complete": 71, "proposals": 4},
    "Umbrella": {"breaking": 0, "warning": 1},
    "Vandelay": _CALM | {"info": 9},
}
SILENT: Final = "Stark"  # it told something, and then its address answers no more


class Stacks:
    """ASGI: each at a path of its own."""

    def __init__(self) -> None:
        self.silent = False

    async def __call__(self, scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        name = scope["path"].split("/")[1]
        told = {_path(one): {"stack": one} | row for one, row in STACKS.items()}
        told[_path(SILENT)] = {"stack": SILENT} | _CALM | {"warning": 4}
        status = 502 if self.silent and name == _path(SILENT) else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": msgspec.json.encode(told[name])})


def _path(name: str) -> str:
    return name.split()[0].lower()


def members(base: str, token: str) -> list[dict[str, Any]]:
    one = {"token": token, "allow_private": True}
    return [{"name": name, "url": f"{base}/{_path(name)}", **one} for name in (*STACKS, SILENT)]
