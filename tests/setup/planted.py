"""A simulated account whose answers are full of what may not be shown: a word in every value that the vendor file does
not name, in keys of its own in every object, in elements and attributes of XML. Requests lose it on their way in.
"""

from __future__ import annotations

import json
import re
from typing import Any

from monitor.setup.shape import names
from monitor.setup.wording import wording
from probes.kit.listing import Vendor

CANARY = "kanarie7"
_PLAIN = re.compile(r"\d{4}-\d\d-\d\d.*|.*\d|true|false|", re.DOTALL)  # times, numbers, names that end with one
_HOME = re.compile(r"https?://[^/]*/?")
_TEXT = re.compile(r">([^<>]+)<")


class Planted:
    """An ASGI application around another. `said`: all that it answered, planted."""

    def __init__(self, app: Any, vendor: Vendor) -> None:
        self.app, self.said = app, list[Any]()
        own = wording(vendor)
        self._words, self._keys = own.words | names(vendor), own.keys | names(vendor)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        body = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
        body = _bare(body)
        length = (b"content-length", str(len(body)).encode())
        bare = {
            **scope, "path": _bare(scope["path"].encode()).decode(), "raw_path": _bare(scope["raw_path"]),
            "query_string": _bare(scope["query_string"]),
            "headers": [length if one[0] == b"content-length" else one for one in scope["headers"]],
        }  # fmt: skip
        start: dict[str, Any] = {}
        given = b""

        async def sent(message: Any) -> None:
            nonlocal given
            start.update(message if message["type"] == "http.response.start" else {})
            given += message.get("body", b"")

        async def received() -> Any:
            return {"type": "http.request", "body": body}

        await self.app(bare, received, sent)
        given = self._planted(given)
        start["headers"] = [one for one in start["headers"] if one[0].lower() != b"content-length"]
        await send(start)
        await send({"type": "http.response.body", "body": given})

    def _planted(self, given: bytes) -> bytes:
        if given[:1] in (b"{", b"["):
            said = self._value(json.loads(given))
            self.said.append(said)
            return json.dumps(said).encode()
        if given[:1] == b"<":
            text = _TEXT.sub(lambda found: f">{self._text(found[1])}<", given.decode())
            text = text.replace(
                "</Results>", f'<Own a="{CANARY}"><Name>{CANARY}</Name></Own><!-- {CANARY} --></Results>'
            )
            text = text.replace("<Results ", f'<Results own="{CANARY}" ')
            self.said.append(_TEXT.findall(text))
            return text.encode()
        return given

    def _value(self, said: Any) -> Any:
        if isinstance(said, dict):
            if "access_token" in said:
                return said
            made = {name if name in self._keys else name + CANARY: self._value(one) for name, one in said.items()}
            if said and all(isinstance(one, dict | list) for one in said.values()):
                return made  # perhaps a map, whose entries code may walk through
            return made | {f"a {CANARY}": CANARY, f"{CANARY}_list": [CANARY, {CANARY: CANARY}]}
        if isinstance(said, list):
            return [self._value(one) for one in said]
        return self._text(said) if isinstance(said, str) else said

    def _text(self, said: str) -> str:
        if said in self._words or _PLAIN.fullmatch(said) or all(one in self._words for one in re.split("[/.]", said)):
            return said
        if "://" in said:
            return said if _HOME.fullmatch(said) else said + CANARY
        return f"{CANARY}.{said}" if "@" in said else said + CANARY


def _bare(raw: bytes) -> bytes:
    return raw.replace(f"{CANARY}.".encode(), b"").replace(CANARY.encode(), b"")
