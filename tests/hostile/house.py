"""An in-house system whose people name everything as they like: objects, fields, rights, links, and what it answers
when it refuses. Its shape is that of docs/vendors/rest.md, and the `rest:` block that reads it stands below."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import unquote

from .corpus import LABELS

NAME: Final = "house"
SPEC: Final[dict[str, Any]] = {
    "auth": {"style": "header", "headers": {"X-Api-Key": "{token}"}},
    "errors": {"code": "error.code", "message": "error.text"},
    "identity": {"path": "/me", "account": "org", "subject": "login"},
    "listings": [
        {"name": "objects", "kind": "schema", "path": "/objects", "records": "data", "key": "name", "facts": ["label"]},
        {
            "name": "fields", "kind": "field", "for_each": "objects", "path": "/objects/{parent.key}/fields",
            "records": "data", "key": "name", "facts": {"label": "label", "type": "kind"},
            "evidence": {"by": "by", "link": "link"},
        },
        {
            "name": "rights", "kind": "permission", "for_each": "objects", "path": "/objects/{parent.key}/rights",
            "records": "data", "key": "name", "facts": {"read": "read"},
        },
        {
            "name": "syncs", "kind": "sync", "for_each": "objects", "path": "/objects/{parent.key}/syncs",
            "records": "data", "key": "name", "facts": {"owner": "by"},
            "health": {"state": "state", "rows_failed": "failed"}, "states": {"bad": "failing", "good": "ok"},
        },
    ],
}  # fmt: skip
LINKS: Final = ("javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "data:text/html,x",
                "//evil.example", "vbscript:x", "https://house.example/x?a=1")  # fmt: skip


class House:
    """ASGI. `round` goes up with each change of all labels; `refuses`: rights answer with an error of hostile text."""

    def __init__(self) -> None:
        self.round, self.refuses = 0, False

    async def __call__(self, scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        if scope["type"] != "http":
            return
        path = scope["raw_path"].decode()
        status, body = self.answer([unquote(part) for part in path.strip("/").split("/")])
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    def answer(self, place: list[str]) -> tuple[int, Any]:
        match place:
            case ["me"]:
                return 200, {"org": "1", "login": "driftline"}
            case ["objects"]:
                return 200, {"data": [{"name": label, "label": f"{label} {self.round}"} for label in LABELS]}
            case ["objects", name, "fields"]:
                at = LABELS.index(name)
                row = {"name": LABELS[-1 - at], "label": f"{name} {self.round}", "kind": name[:200], "by": name,
                       "link": LINKS[at % len(LINKS)]}  # fmt: skip
                return 200, {"data": [row]}
            case ["objects", name, "syncs"]:
                state = "bad" if self.refuses else "good"
                return 200, {"data": [{"name": name, "by": name, "state": state, "failed": 3 * self.refuses}]}
            case ["objects", name, "rights"] if self.refuses:
                return 403, {"error": {"code": name, "text": name}}
            case ["objects", name, "rights"]:
                return 200, {"data": [{"name": name, "read": True}]}
            case ["fleet", number, "api", "v1", "summary"]:  # as if another stack were called so
                label = LABELS[int(number)]
                return 200, {"stack": label, "state": label, "breaking": 1, "warning": 0, label: label}
        return 404, {"error": {"code": "none", "text": "/".join(place)}}
