"""Walks the pages of a list and certifies how it ended."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from .api import Answer, Ask, Client, absolute
from .contract import Coverage, Fault, Malformed, State
from .paging import Paging

_LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[^,;]+)*)")


class Pages:
    """Async iterable of answers. `coverage` is the certificate: complete only where the vendor said that it ended.

    A fault on the first page is raised; on a later one the list is partial. `count` gives the rows of an answer.
    """

    def __init__(self, api: Client, ask: Ask, paging: Paging, count: Callable[[Answer], int]) -> None:
        self._api = api
        self._ask = ask
        self._paging = paging
        self._count = count
        self.coverage = Coverage(State.FAILED, "not read")

    async def __aiter__(self) -> AsyncGenerator[Answer, None]:
        paging, ask = self._paging, self._first()
        seen: set[str] = set()
        rows, last = 0, b""
        for page in range(1, paging.most + 1):
            try:
                answer = await self._api.ask(ask)
                count = 0 if answer.unchanged else self._count(answer)
            except Fault as fault:
                if page == 1:
                    raise
                self._partial(f"page {page}: {type(fault).__name__}: {fault.message}", fault.code, page - 1, rows)
                return
            rows += count
            if page > 1 and count and answer.digest == last:
                self._partial(f"page {page} is the same as the one before it", "loop", page, rows)
                return
            last = answer.digest if paging.style != "none" else b""
            yield answer
            if answer.unchanged:  # who asked for a comparison has stopped here
                raise Malformed("the vendor answers 304 to a request that asked for no comparison")
            try:
                following = self._following(ask, answer, page, count, rows)
            except Fault as fault:
                self._partial(f"after page {page}: {fault.message}", "paging", page, rows)
                return
            if following is None:
                self._end(answer, page, rows)
                return
            step, ask = following
            if step in seen:
                self._partial(f"the cursor repeats after {page} pages", "loop", page, rows)
                return
            seen.add(step)
        self._partial(f"more than {paging.most} pages", "cap", paging.most, rows)

    def _first(self) -> Ask:
        paging, ask = self._paging, self._ask
        if paging.size_into:
            ask = put(ask, paging.size_into, paging.size)
        if paging.style == "offset" and not paging.bare:
            ask = put(ask, paging.into, 0)
        elif paging.style == "page":
            ask = put(ask, paging.into, paging.first)
        return ask

    def _following(self, ask: Ask, answer: Answer, page: int, count: int, rows: int) -> tuple[str, Ask] | None:
        """What to ask next, with a name by which a repetition shows; None at the proven end."""
        paging = self._paging
        if paging.style == "none":
            return None
        if paging.style in ("offset", "page"):
            total = self._total(answer)
            if paging.more and _told(answer, paging.more) is False:
                return None
            if count == 0 or (total is not None and rows >= total) or (paging.short and count < paging.size):
                return None
            step: Any = rows if paging.style == "offset" else paging.first + page
        elif paging.style == "link":
            step = _link(answer.headers.get("link", ""))
        elif paging.style == "graphql":
            info = answer.value(paging.next)
            if not isinstance(info, dict) or not isinstance(info.get("hasNextPage"), bool):
                raise Malformed(f"{paging.next} does not say whether there is a next page")
            step = info.get("endCursor") if info["hasNextPage"] else None
            if info["hasNextPage"] and not step:
                raise Malformed(f"{paging.next} says there is more and gives no cursor")
        else:
            more = _told(answer, paging.more) if paging.more else None
            ended = more is False or (paging.while_there and _told(answer, paging.while_there) is None)
            step = None if ended else _told(answer, paging.next)
            if more is True and step in (None, ""):
                raise Malformed(f"{paging.more} says there is more and {paging.next} gives nothing")
        if step in (None, ""):
            return None
        if not isinstance(step, str | int):
            raise Malformed(f"{paging.next} is neither text nor number")
        if paging.style in ("next", "link"):
            return str(step), msgspec.structs.replace(ask, path=self._held(ask, str(step)), params={}, known=b"")
        into = paging.into or "body.variables.after"
        return str(step), put(msgspec.structs.replace(ask, known=b""), into, step)

    def _held(self, ask: Ask, step: str) -> str:
        """A next link, absolute: it stays on the host that was asked."""
        here = absolute(self._api.base, ask.path)
        try:
            there = urljoin(here, step)
            host = urlsplit(there).hostname
        except ValueError:
            raise Malformed("the next link is no address") from None
        if urlsplit(there)[:2] != urlsplit(here)[:2]:
            raise Malformed(f"the next link leads to another host, {host}")
        return there

    def _total(self, answer: Answer) -> int | None:
        total = answer.value(self._paging.total) if self._paging.total else None
        return total if isinstance(total, int) and not isinstance(total, bool) else None

    def _end(self, answer: Answer, pages: int, rows: int) -> None:
        total = self._total(answer)
        if total is not None and total != rows:
            self._partial(f"{rows} rows of {total}", "short", pages, rows, total)
        else:
            self.coverage = Coverage(State.COMPLETE, pages=pages, rows=rows, claimed=total)

    def _partial(self, reason: str, code: str, pages: int, rows: int, claimed: int | None = None) -> None:
        self.coverage = Coverage(State.PARTIAL, reason, code, pages, rows, claimed)


def _told(answer: Answer, path: str) -> Any:
    """The value at a path, None where it is not there. Raises Malformed where something else is on the way to it: that
    is no word of the end."""
    parts = () if path.startswith("@") else path.split(".")[:-1]
    for end in range(1, len(parts) + 1):
        there = answer.at(".".join(parts[:end]))
        if there is None:
            return None
        if memoryview(there)[:1].tobytes() != b"{":
            raise Malformed(f"{'.'.join(parts[:end])} is not an object")
    return answer.value(path)


def _link(header: str) -> str | None:
    """The rel="next" address of a Link header (RFC 8288)."""
    for found in _LINK.finditer(header):
        if re.search(r';\s*rel\s*=\s*"?[^"]*\bnext\b', found[2], re.IGNORECASE):
            return found[1]
    return None


def put(ask: Ask, into: str, value: Any) -> Ask:
    """The ask with a parameter, or a place of its body (`body.a.b`), set."""
    if not into.startswith("body."):
        return msgspec.structs.replace(ask, params={**ask.params, into: value})
    *path, last = into.split(".")[1:]
    body = msgspec.json.decode(msgspec.json.encode(ask.body))
    spot = body
    for part in path:
        spot = spot.setdefault(part, {})
    spot[last] = value
    return msgspec.structs.replace(ask, body=body)
