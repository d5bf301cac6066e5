"""What the kit remembers of one read, so that unchanged answers cost next to nothing.

A memo belongs to the reading that was stored with it: rows in it are equal to what the store holds. It is void when the
vendor file, the kit, the parent row or the watch changed (`seal`); its validators also when the identity did (`stamp`),
because an unchanged answer is only worth what the same eyes would see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from .contract import Read, Ref

VERSION: Final = 2  # of the memo and of how rows become resources: raise it when either changes
WIDTH: Final = 16  # bytes of one row digest


class Rows(msgspec.Struct, array_like=True):
    """Digests of all rows, each WIDTH bytes, joined: `raw` of the bytes as they came, `canon` of their canonical form.

    `keys`: per row its resource's key, "" for a row that `where` left out. `scope`: per row the number of its scope;
    empty when all are of the first. About fifty bytes a row.
    """

    raw: bytes = b""
    canon: bytes = b""
    keys: list[str] = []
    scope: list[int] = []

    def index(self, *, raw: bool) -> dict[bytes, int]:
        joined = self.raw if raw else self.canon
        return {joined[i : i + WIDTH]: i // WIDTH for i in range(0, len(joined), WIDTH)}


class Memo(msgspec.Struct, array_like=True):
    """What is known of a read before any row of it is looked at; the rows are kept apart, and `children` packed.

    `first`: digest of the first row's own key order, where the vendor's bytes are unstable; when it is found again the
    raw rung is worth a try again. `dropped`: scopes that the watch left out. `names`: per view the vendor's keys that
    no expression reads.
    """

    version: int
    seal: bytes
    stamp: bytes
    body: bytes
    size: int
    unstable: bool
    first: bytes
    validators: dict[str, str]
    scopes: list[Ref]
    dropped: list[Ref]
    children: bytes
    names: list[list[str]]

    def offspring(self) -> list[dict[str, Any]]:
        """The rows that other listings fan out from: key, id, `@ref` and facts."""
        return _children.decode(self.children) if self.children else []


_memo = msgspec.msgpack.Decoder(Memo)
_rows = msgspec.msgpack.Decoder(Rows)
_children = msgspec.msgpack.Decoder(list[dict[str, Any]])
_encoder = msgspec.msgpack.Encoder()


def pack(value: Memo | Rows | list[dict[str, Any]]) -> bytes:
    return _encoder.encode(value)


def unpack(raw: bytes | None) -> Memo | None:
    """None for nothing, and for what another release of the kit wrote."""
    if not raw:
        return None
    try:
        memo = _memo.decode(raw)
    except msgspec.DecodeError:
        return None
    return memo if memo.version == VERSION else None


def rows(raw: bytes) -> Rows:
    """The rows that go with a memo of this release of the kit."""
    return _rows.decode(raw)


class Memos:
    """A memory that lasts as long as its process."""

    def __init__(self) -> None:
        self.memos: dict[str, bytes] = {}
        self.kept: dict[str, bytes] = {}

    def keep(self, read: Read) -> None:
        """To be called once what the read brought is kept."""
        if read.memo is not None:
            self.memos[read.id] = read.memo
        if read.rows is not None:
            self.kept[read.id] = read.rows

    async def recall(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        return {id: self.memos[id] for id in ids if id in self.memos}

    async def rows(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        return {id: self.kept[id] for id in ids if id in self.kept}


def child(key: str, id: str, ref: Ref, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": key, "id": id, "@ref": [str(ref.kind), ref.name], **facts}
