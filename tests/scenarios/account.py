"""An in-house system over a real loopback socket: lists of rows under paths, and ways to break its answers.

Every answer goes out as raw bytes, so that a case can cut it, lie about its length or close the connection. It knows
nothing of the monitor.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from copy import deepcopy
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from tests.probes.kit.server import Server, answer

PAGE = 40
HTML = b"<!doctype html><title>Sign in</title><p>Please sign in to go on."
Row = dict[str, Any]


class Shop:
    """`rows`: path -> rows. `me`: who the credential is. `faults`: what is wrong with answers, the newest counts.

    A fault is a mapping: `path` (a pattern, "*" for all), and one of
    `status` (with `body`, `headers`), `html`, `cut` (share of the body that arrives before the connection closes),
    `short` (the same share, under a length that hides it), `reset`, `lack` (a key no row has), `empty` (no rows),
    `total` (what the list claims to have), `loop` (the cursor stands still), `first` (only the first page comes, and
    says it is all), `odd` (a body that is JSON and no list); `page`: only from this page on; `times`: how often.
    """

    def __init__(self, me: Row, rows: Mapping[str, list[Row]], page: int = PAGE) -> None:
        self.me, self.page = deepcopy(me), page
        self.rows = {path: deepcopy(list(found)) for path, found in rows.items()}
        self.faults: list[dict[str, Any]] = []
        self.shuffled = False
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.requests: list[str] = [""]  # of the server: each request as it came, the newest last
        self._random = random.Random(11)
        self._turn = 0

    async def script(self, target: str, writer: Any) -> None:
        """What `tests.probes.kit.server.serving` calls for each request."""
        parts = urlsplit(target)
        path, query = unquote(parts.path), dict(parse_qsl(parts.query))
        page = int(query.get("page", "1"))
        self.asked.append(path)
        self._turn += 1
        fault = self._fault(path, page)
        body = orjson.dumps(self._value(path, page, fault))
        if "reset" in fault:
            writer.transport.abort()
            return
        if "html" in fault:
            writer.write(answer(HTML, content_type="text/html"))
            return
        if "status" in fault:
            said = fault.get("body", {"error": {"code": fault.get("code", ""), "text": "no"}})
            headers = {name.replace("-", "_"): str(value) for name, value in fault.get("headers", {}).items()}
            writer.write(answer(said, f"{fault['status']} Said", **headers))
            return
        if "short" in fault:
            writer.write(answer(body[: int(len(body) * fault["short"])]))
            return
        mark = self._mark(path, page, fault)
        if path not in self.rows and path != "/me":
            writer.write(answer({"error": {"code": "not_found", "text": "there is no such list"}}, "404 Not Found"))
            return
        if f"if-none-match: {mark}" in self.requests[-1].lower():
            writer.write(b"HTTP/1.1 304 Not Modified\r\n\r\n")
            return
        whole = answer(body, etag=mark, **self.headers)
        if "cut" in fault:
            writer.write(whole[: len(whole) - len(body) + int(len(body) * fault["cut"])])
            await writer.drain()
            writer.close()
            return
        writer.write(whole)

    def _mark(self, path: str, page: int, fault: Mapping[str, Any]) -> str:
        """A validator: the same as long as the rows are, whatever moves in them at each request."""
        rows = orjson.dumps([self.rows.get(path), page, str(fault)])
        return f'"{hashlib.sha256(rows).hexdigest()[:16]}"'

    def _fault(self, path: str, page: int) -> dict[str, Any]:
        for fault in reversed(self.faults):
            if fnmatchcase(path, fault["path"]) and page >= fault.get("page", 1):
                if "times" in fault:
                    fault["times"] -= 1
                    if fault["times"] <= 0:
                        self.faults.remove(fault)
                return fault
        return {}

    def _value(self, path: str, page: int, fault: Mapping[str, Any]) -> Any:
        if "odd" in fault:
            return fault["odd"]
        if path == "/me":
            return self.jumbled({**self.me, "turn": self._turn})
        rows = [] if "empty" in fault else list(self.rows.get(path, []))
        if self.shuffled:
            rows = self._order(path, rows)
        start = (page - 1) * self.page
        shown = [{**row, "seen": self._turn} for row in rows[start : start + self.page]]
        if "lack" in fault:
            shown = [{name: value for name, value in row.items() if name != fault["lack"]} for row in shown]
        more = start + self.page < len(rows) and "first" not in fault
        after = page if "loop" in fault else page + 1
        total = fault.get("total", min(len(rows), self.page) if "first" in fault else len(rows))
        return self.jumbled({"data": shown, "total": total, "next": after if more or "loop" in fault else None})

    def _order(self, path: str, rows: list[Row]) -> list[Row]:
        """Another order at each reading, and the same for all pages of one."""
        return random.Random(f"{path}{self.asked.count('/me')}").sample(rows, len(rows))

    def jumbled(self, value: Any) -> Any:
        if not self.shuffled:
            return value
        if isinstance(value, dict):
            return {name: self.jumbled(value[name]) for name in self._random.sample(list(value), len(value))}
        return [self.jumbled(one) for one in value] if isinstance(value, list) else value

    # -- what a case does ---------------------------------------------------------------------------------------------

    def row(self, path: str, name: str) -> Row:
        """The row of a list. Raises KeyError with what there is."""
        for row in self.rows[path]:
            if row["name"] == name:
                return row
        raise KeyError(f"{path} has no {name!r}; it has {', '.join(row['name'] for row in self.rows[path])}")

    def set(self, path: str, name: str, values: Mapping[str, Any]) -> None:
        """A value of null takes the key out."""
        row = self.row(path, name)
        row.update(values)
        for key in [key for key, value in row.items() if value is None]:
            del row[key]

    def add(self, path: str, row: Row) -> None:
        self.rows.setdefault(path, []).append(deepcopy(row))

    def drop(self, path: str, name: str) -> None:
        self.rows[path].remove(self.row(path, name))


__all__ = ["Server", "Shop"]
