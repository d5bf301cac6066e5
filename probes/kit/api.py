"""What a vendor file sees of the network: an Ask, an Answer, and the Client that turns one into the other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from .clock import Clock
from .contract import Fault, Malformed, digest
from .paging import Paging
from .stumble import UNREADABLE
from .values import dig


class Ask(msgspec.Struct, frozen=True):
    """One request. GET, unless it has a `body` (JSON, or bytes as they are) or a `form`: then POST, allowed only at
    `Vendor.reads`.

    `path` is joined to the base address; an absolute address must be of a host that the vendor file declares.
    `walked` promises that the asker parses every byte of the answer, so that judging it need not.
    `limit` names one of `Vendor.limits`; `spends` is what it takes of the day's allowance, in its unit. `known` is the
    digest of a body that was judged before: equal bytes need no second judging. `token`: what in a body of bytes stands
    for the bearer token, where SOAP wants it inside: the one of the header is put in its place, as XML text.
    """

    path: str
    params: Mapping[str, Any] = {}
    body: Any = None
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = {}
    limit: str = "default"
    spends: int = 1
    known: bytes = b""
    walked: bool = False
    token: bytes = b""

    @property
    def method(self) -> str:
        return "GET" if self.body is None and self.form is None else "POST"


class Answer(msgspec.Struct):
    """One answer that is no error. `headers` have lower-case names. `raw` is the inflated body. `lacks`: why rows are
    not in it, where a vendor file made it out of several answers and not all came."""

    status: int
    headers: Mapping[str, str]
    raw: bytes
    mark: bytes = b""
    lacks: Fault | None = None

    @property
    def unchanged(self) -> bool:
        return self.status == 304

    @property
    def nothing(self) -> bool:
        """Whether it has nothing to tell: judged as a success only where `Errors.nothing` says what that means."""
        return self.status == 204 and not self.raw

    @property
    def digest(self) -> bytes:
        if not self.mark:
            self.mark = digest(self.raw)
        return self.mark

    def at(self, path: str) -> msgspec.Raw | None:
        """The unparsed bytes at a dotted path, or None."""
        return dig(msgspec.Raw(self.raw), path)

    def value(self, path: str = "") -> Any:
        """The parsed value at a dotted path, or None. Raises Malformed where the bytes on the way are not JSON."""
        try:
            raw = self.at(path)
            return None if raw is None else msgspec.json.decode(raw)
        except UNREADABLE as error:
            raise Malformed(f"the answer is cut or not JSON ({len(self.raw)} bytes): {type(error).__name__}") from None


def listed(told: Any, name: str, *, or_none: bool = False) -> list[Any]:
    """The list at a name of a parsed answer, for a vendor file's own code: what is no list is no empty one. `or_none`:
    the vendor leaves empty lists out. Raises Malformed."""
    if not isinstance(told, Mapping):
        raise Malformed(f"there is no {name} in what is no object")
    found = told.get(name, [] if or_none else None)
    if not isinstance(found, list):
        raise Malformed(f"{name} is not a list")
    return found


def several(value: Any, name: str) -> list[Any]:
    """The list that a value is; without anything in it where the vendor says null. Something else is no empty list,
    which of rights would mean that they were lost. Raises Malformed."""
    if value is not None and not isinstance(value, list):
        raise Malformed(f"{name} is not a list")
    return value or []


def called(rows: Sequence[Any], name: str, key: str) -> Mapping[str, Any] | None:
    """The row of a list that is called `key`, for a vendor file that looks for one thing; None where no row is. Raises
    Malformed where one has no text at `name`, since it may be the one that is looked for."""
    for row in rows:
        if not isinstance(row, Mapping) or not isinstance(row.get(name), str) or not row[name]:
            raise Malformed(f"a row has no {name}")
    return next((row for row in rows if row[name] == key), None)


def absolute(base: str, path: str) -> str:
    """A path below the base address, whose own path stays in front; an absolute address as it is."""
    return path if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path) else f"{base}/{path.lstrip('/')}"


class Client(Protocol):
    """What a vendor file may use of an integration. Never raises anything but a Fault.

    `base`: the base address now. `options`: the integration's, with the vendor's defaults. `quota_zone`: IANA zone of
    the account, to be set by `identity` where the quota resets at its midnight.
    """

    integration: str
    base: str
    options: Mapping[str, Any]
    clock: Clock
    quota_zone: str

    async def ask(self, ask: Ask) -> Answer:
        """One answer that is a success, after retries. Raises the Fault it became otherwise."""
        ...

    async def login(self, ask: Ask) -> Answer:
        """The same for a token request: no auth, no retry, and POST is allowed. For auth.py."""
        ...

    async def every(self, ask: Ask, paging: Paging, records: str) -> list[Any]:
        """All rows of a paged list, parsed. Raises Malformed when the list is not there, or its end is not proven."""
        ...

    async def secret(self, field: str) -> str:
        """A credential field, for the rare call that must send it in its body."""
        ...

    def judge(self, answer: Answer) -> None:
        """Raise the Fault that a sub-answer (of a composite) means."""
        ...

    def move(self, base: str) -> None:
        """The vendor told another base address (instance_url). Raises Malformed where the vendor file does not allow
        its host."""
        ...
