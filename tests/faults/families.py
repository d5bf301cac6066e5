"""The families of faults, as data: what a vendor does on the wire, and what must then be said of the read.

A family that is not of the wire (clock, disk, git, processes) has its cases in inside.py. A case of the wire is a
script over the account's own good answers, so that it fits every vendor there is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

import msgspec

from .hostile import Asked, Good, Line, Script, head

FAMILIES = {
    1: "asked too often: every spelling of a wait, and none",
    2: "a server that fails, always or now and then",
    3: "slow, endless and inflating answers",
    4: "bodies that are cut, false or no JSON",
    5: "a page in place of an answer, and redirects",
    6: "no connection, no name, no trust",
    7: "a credential that ends between two pages",
    8: "rights that are lost, and hide what they gave",
    9: "pages that repeat, end early or go round",
    10: "another order, another spelling, the same facts",
    11: "an answer of another shape, and an announced end",
    12: "a clock that jumps, and a process that slept",
    13: "a disk that is full or cannot be written",
    14: "a baseline file that cannot be used",
    15: "people and their git beside ours",
    16: "kill -9 at each named place",
    17: "an orderly end, and a reload that is wrong",
    18: "two of us on one state",
    19: "a store that is locked, or lost for a moment",
    20: "what is told outside, while nobody listens",
    21: "everything at random, for long",
}
WIRE = range(1, 12)
PAGED = r"(?:after|page|offset|cursor)=[^&]*"  # parameters that say which page
DAY = 86_400.0


class Case(msgspec.Struct, frozen=True):
    """`script` makes a script for one run. `says`: how the reason of each read that failed begins, one of them.
    `outcomes`: of the poll. `spare`: it begins when it is known who reads. `wait`: seconds until the vendor may be
    asked again. `deadline`: of one answer, in seconds."""

    family: int
    name: str
    script: Callable[[], Script]
    says: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ("failed", "partial")
    spare: bool = True
    wait: float = 0.0
    deadline: float = 10.0


def said(status: int, body: Any = None, **headers: str) -> Callable[[], Script]:
    """Always this answer, with what was asked quoted in it, as careless vendors do."""

    async def script(line: Line, asked: Asked, good: Good) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body or quoting(asked)).encode()
        await line.send(Good(status, {"content-type": "application/json", "x-quote": "q"}, raw).spelled(**headers))

    return lambda: script


def quoting(asked: Asked) -> Any:
    """An error in the shapes that most vendors have one, with the credential in it."""
    return {"message": f"no: {asked.secret}", "error": "no", "errors": [{"message": asked.secret}]}


def by_turns(*scripts: Callable[[], Script]) -> Callable[[], Script]:
    """One script after the other, a request each."""

    def make() -> Script:
        made = [one() for one in scripts]

        async def script(line: Line, asked: Asked, good: Good) -> None:
            await made[asked.number % len(made)](line, asked, good)

        return script

    return make


def changed(change: Callable[[bytes], bytes], **headers: str) -> Callable[[], Script]:
    """The account's answers with other bytes in them; their length is right."""

    async def script(line: Line, asked: Asked, good: Good) -> None:
        body = change(good.body) if good.status == 200 else good.body
        await line.send(Good(good.status, good.headers, body).spelled(**headers))

    return lambda: script


async def stall_in_head(line: Line, asked: Asked, good: Good) -> None:
    await line.send(good.spelled()[:20])
    await line.stall()


async def stall_in_body(line: Line, asked: Asked, good: Good) -> None:
    await line.send(head(200, {"content-length": str(len(good.body) + 9)}) + good.body)
    await line.stall()


async def trickle(line: Line, asked: Asked, good: Good) -> None:
    await line.trickle(good.spelled(), 0.05)


async def reset(line: Line, asked: Asked, good: Good) -> None:
    line.reset()


async def hang_up(line: Line, asked: Asked, good: Good) -> None:
    line.close()


async def cut(line: Line, asked: Asked, good: Good) -> None:
    await line.send(good.spelled()[: -len(good.body) // 2 or None] if good.body else b"HTTP/1.1 200")
    line.close()


def hidden(body: bytes) -> bytes:
    """Two of five rows of the list are not there any more, with a 200."""

    def thin(value: Any) -> Any:
        if isinstance(value, list):
            return value if len(value) < 5 else [one for n, one in enumerate(value) if n % 5 < 3]
        return {name: thin(one) for name, one in value.items()} if isinstance(value, dict) else value

    return reshaped(body, thin)


def repeating() -> Script:
    """The first page of each list, whatever page was asked for; of pages with addresses, the one that led there."""
    first: dict[str, Good] = {}

    async def script(line: Line, asked: Asked, good: Good) -> None:
        name = f"{re.sub(PAGED, '', asked.target)} {asked.body!r}"
        start = first.setdefault(name, good)
        for link in re.findall(rb'"(?:nextRecordsUrl|next|nextPageUrl)": ?"([^"]+)"', start.body):
            first[f"{re.sub(PAGED, '', link.decode())} b''"] = start
        await line.send(start.spelled())

    return script


def respelled(body: bytes) -> bytes:
    """The same JSON with keys turned round, every character escaped that may be, and room to breathe."""

    def turn(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turn(one) for name, one in reversed(value.items())}
        return [turn(one) for one in value] if isinstance(value, list) else value

    if body[:1] not in (b"{", b"["):
        return body
    text = json.dumps(turn(json.loads(body)), indent=1)
    return re.sub(r"(?<!\\)/", r"\\/", text).encode()


def richer(body: bytes, *, within: bool = False) -> bytes:
    """Each row has a key more than the vendor documented; `within`: each object of a list in it, too."""

    def add(value: Any, row: bool = False) -> Any:
        if isinstance(value, dict):
            inner = value if row and not within else {name: add(one) for name, one in value.items()}
            return {**inner, "somethingNew": {"since": "2027"}} if row else inner
        return [add(one, True) for one in value] if isinstance(value, list) else value

    return reshaped(body, add)


def reshaped(body: bytes, how: Callable[[Any], Any]) -> bytes:
    """A body of JSON made anew; what is none stays as it is."""
    try:
        value = json.loads(body)
    except ValueError:
        return body
    return json.dumps(how(value)).encode()


def _date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(1_790_003_600 + seconds, UTC) + timedelta(0), usegmt=True)


HTML = b"<!doctype html><html><title>Sign in</title><form action=/login></form></html>"
PAGE = {"content_type": "text/html; charset=utf-8"}
ELSEWHERE = "https://login.elsewhere.test/authorize?next=%2Fdata"
SLOW = 0.3
BACK = "Unreachable"
BAD = "Malformed"

CASES: tuple[Case, ...] = (
    Case(1, "until next century", said(429, retry_after="1000000000"), ("Throttled",), wait=DAY),
    Case(2, "all of 5xx", by_turns(*(said(n, HTML, **PAGE) for n in (500, 502, 503, 504, 520, 526))), (BACK,)),
    Case(3, "stalls and trickles", by_turns(lambda: stall_in_head, lambda: stall_in_body, lambda: trickle),
         (BACK,), deadline=SLOW),
    Case(4, "cut, false, deep", by_turns(
        changed(lambda body: body[: len(body) * 2 // 3]), changed(lambda body: body[:-1]),
        changed(lambda body: b'{"a":' * 3000), changed(lambda body: body[:-2] + b"\xff" + body[-2:]),
        said(200, b'{"data": NaN, "a": 1}'), said(200, b""),
    ), (BAD,)),
    Case(5, "a page and a way out", by_turns(said(200, HTML, **PAGE), said(302, b"", location=ELSEWHERE)), (BAD,)),
    Case(6, "reset and hung up", by_turns(lambda: reset, lambda: hang_up, lambda: cut), (BACK,), spare=False),
    Case(7, "401 from now on", said(401), ("Expired", "Denied")),  # some have one 401 for both
    Case(8, "refused or hidden", by_turns(said(403), changed(hidden)), ("Denied", BAD, "", "rows of"),
         outcomes=("failed", "partial", "ok")),
    Case(9, "round and round", repeating, ("", BAD, "the cursor", "page "), outcomes=("ok", "partial", "failed")),
    Case(10, "spelled otherwise", changed(respelled), outcomes=("ok",)),
    Case(11, "richer, and ending", changed(richer, sunset=_date(40 * DAY)), outcomes=("ok",)),
    Case(11, "richer within", changed(partial(richer, within=True)), outcomes=("ok",)),
)  # fmt: skip
