"""A vendor's error envelope, declared, and the one place where an answer becomes a Fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
from pydantic import Field, field_validator

from .contract import Denied, Expired, Fault, Malformed, Rejected, Retired, Throttled, Unreachable, Unsupported
from .stumble import UNREADABLE
from .values import NULL, Model, dig, http_date, search

if TYPE_CHECKING:
    from .api import Answer

FAULTS: Final[Mapping[str, type[Fault]]] = {
    kind.__name__.lower(): kind
    for kind in (Denied, Expired, Unsupported, Throttled, Unreachable, Malformed, Rejected, Retired)
}
BY_STATUS: Final[Mapping[int, str]] = {
    401: "expired", 402: "unsupported", 403: "denied", 408: "unreachable", 420: "throttled", 425: "unreachable",
    429: "throttled",
}  # fmt: skip
LONGEST_WAIT: Final = 86_400.0
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_array = msgspec.json.Decoder(list[msgspec.Raw])


class Errors(Model):
    """How a vendor says no. A status alone decides nothing where a code is mapped.

    `failed`: dotted path; a 2xx is a failure when it is present and no empty list (or, with `failed_is`, equals that).
    `ok`, `ok_is`: or a 2xx is a success only when the value at `ok` equals `ok_is`.
    `nothing`: the vendor documents that a 204, which has no body, means that there is no row.
    `code`, `message`: JMESPath on the error body. `faults`: vendor code -> "denied", "expired", "unsupported",
    "throttled", "throttled 20" (seconds), "throttled until_reset", "unreachable", "malformed", "rejected", "retired".
    `statuses`: the same words for a status whose body maps to nothing.
    `plain`: what it says as a whole body of plain text instead of JSON, which a proxy could not have said alike.
    `wait_header`: seconds or an HTTP date. `wait`: JMESPath on the error body, seconds.
    """

    failed: str = ""
    failed_is: Any = None
    ok: str = ""
    ok_is: Any = None
    nothing: bool = False
    code: str = ""
    message: str = ""
    faults: dict[str, str] = Field(default_factory=dict)
    statuses: dict[int, str] = Field(default_factory=dict)
    plain: tuple[str, ...] = ()
    wait_header: str = "retry-after"
    wait: str = ""

    @field_validator("faults", "statuses")
    @classmethod
    def _known(cls, value: dict[Any, str]) -> dict[Any, str]:
        for code, words in value.items():
            word, _, wait = words.partition(" ")
            good = word in FAULTS and (not wait or wait == "until_reset" or wait.replace(".", "", 1).isdigit())
            if not good or (wait and word not in ("throttled", "unreachable")):
                raise ValueError(f"{code!r}: {words!r} is not one of {', '.join(FAULTS)}, with seconds after throttled")
        return value

    @field_validator("code", "message", "wait")
    @classmethod
    def _compiles(cls, value: str) -> str:
        if value:
            search(value)
        return value

    def judge(self, answer: Answer, now: float, *, walked: bool = False) -> None:
        """Raise the Fault that this answer means; return when it is JSON and a success. `now`: epoch seconds.
        `walked`: whoever asked parses every byte, and will see by itself where it is cut."""
        if answer.status == 304 or (self.nothing and answer.nothing):
            return
        if not 200 <= answer.status < 300:
            raise self.fault(answer, now)
        if answer.status == 206:
            raise Malformed(
                "HTTP 206: a part of the answer, and none was asked for; ask whoever runs the proxy or cache between"
            )
        try:
            if self._says_no(answer, walked):
                raise self.fault(answer, now)
        except UNREADABLE as error:
            size, what = len(answer.raw), type(error).__name__
            raise Malformed(f"the answer is cut or not JSON ({size} bytes): {what}") from None

    def _says_no(self, answer: Answer, walked: bool) -> bool:
        """Walks every byte once, so that a cut body fails here and never looks empty later."""
        first = answer.raw[:64].lstrip()[:1]
        if walked and first in (b"{", b"[") and not (self.failed or self.ok) and answer.raw.isascii():
            return False  # what is skipped on a walk to the rows is not looked at for UTF-8, so other text is judged
        if first == b"[":
            _array.decode(answer.raw)
            return False
        if first != b"{":
            kind = answer.headers.get("content-type", "no content type")
            raise Malformed(f"the answer is not JSON but {kind.partition(';')[0][:40]} ({len(answer.raw)} bytes)")
        top = _object.decode(answer.raw)
        if self.failed:
            there = _at(top, self.failed)
            told = None if there is None else msgspec.json.decode(there)
            if there is not None and (told != [] if self.failed_is is None else told == self.failed_is):
                return True
        if self.ok:
            there = _at(top, self.ok)
            return there is None or bool(msgspec.json.decode(there) != self.ok_is)
        return False

    def fault(self, answer: Answer, now: float) -> Fault:
        """What a failed answer means: by the vendor's code, then its status words, then the status itself."""
        try:
            body = msgspec.json.decode(answer.raw)
        except UNREADABLE:
            body = None
        code, message = self._text(self.code, body), self._text(self.message, body) or self._said(answer.raw)
        words = self.faults.get(code) or self.statuses.get(answer.status) or BY_STATUS.get(answer.status, "")
        if not words:
            words = "unreachable" if answer.status >= 500 else "rejected" if answer.status >= 400 else "malformed"
        word, _, wait = words.partition(" ")
        seconds = float(wait) if wait and wait != "until_reset" else None
        told = wait_of(answer.headers.get(self.wait_header, ""), now)
        if told is None and self.wait:
            told = wait_of(self._text(self.wait, body), now)
        if told is not None and word in ("throttled", "unreachable"):
            seconds = told
        if not message and 300 <= answer.status < 400:
            message = f"HTTP {answer.status}: a redirect, which is never followed; check the base address"
        if not message and 200 <= answer.status < 300:
            message = f"HTTP {answer.status}, but by its {self.failed or self.ok!r} it failed, and it does not say why"
        return FAULTS[word](
            message or f"HTTP {answer.status}",
            code=code or str(answer.status),
            wait=seconds,
            until_reset=wait == "until_reset",
        )

    @staticmethod
    def _text(expression: str, body: Any) -> str:
        if not expression or body is None:
            return ""
        try:
            found = search(expression)(body)
        except Malformed:
            return ""
        return "" if found is None else str(found)

    def _said(self, raw: bytes) -> str:
        return next((words for words in self.plain if raw == words.encode()), "")


def not_found(fault: Fault) -> bool:
    """Whether it is a 404 in the vendor's own words, for a vendor file whose vendor says so of what is not there. A
    proxy, or a server that starts, says 404 too, in words that `Errors` does not know."""
    return fault.code == "404" and not fault.message.startswith("HTTP ")


def _at(top: dict[str, msgspec.Raw], path: str) -> msgspec.Raw | None:
    name, _, rest = path.partition(".")
    there = top.get(name)
    if there is None or memoryview(there)[0] == NULL:
        return None
    return dig(there, rest)


def wait_of(header: str, now: float) -> float | None:
    """Retry-After in seconds, from a number or an HTTP date; held between 0 and a day; None when it says nothing."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        at = http_date(header)
        if at is None:
            return None
        seconds = at - now
    return max(0.0, min(seconds, LONGEST_WAIT)) if seconds == seconds else None
