"""Messages of PostgreSQL's protocol, version 3, as a server writes them.

Source: https://www.postgresql.org/docs/15/protocol-message-formats.html and, for codes of errors,
https://www.postgresql.org/docs/15/errcodes-appendix.html.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Final

BOOL, INT8, TEXT, TIMESTAMPTZ = 16, 20, 25, 1184  # numbers of types, as in pg_type
READY: Final = b"Z\0\0\0\5I"
INSIDE: Final = b"Z\0\0\0\5T"
PARSED, BOUND, CLOSED = b"1\0\0\0\4", b"2\0\0\0\4", b"3\0\0\0\4"
ASK_PASSWORD: Final = struct.pack("!cii", b"R", 8, 3)
WELCOME: Final = struct.pack("!cii", b"R", 8, 0)
TLS_ASKED, VERSION_3 = 80877103, 196608
SETTINGS: Final = {
    "server_version": "15.18 (simulated)", "server_encoding": "UTF8", "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY", "integer_datetimes": "on", "standard_conforming_strings": "on",
}  # fmt: skip


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def text(value: str) -> bytes:
    return value.encode() + b"\0"


def settings(told: dict[str, str]) -> bytes:
    """ParameterStatus for each, BackendKeyData, and that queries may come."""
    told_all = b"".join(message(b"S", text(name) + text(value)) for name, value in told.items())
    return WELCOME + told_all + message(b"K", struct.pack("!ii", 4711, 815)) + READY


def described(columns: Sequence[tuple[str, int]]) -> bytes:
    """RowDescription: names and numbers of types."""
    fields = b"".join(text(name) + struct.pack("!ihihih", 0, 0, type, -1, -1, 0) for name, type in columns)
    return message(b"T", struct.pack("!h", len(columns)) + fields)


def row(values: Sequence[Any], columns: Sequence[tuple[str, int]]) -> bytes:
    """DataRow, each value as text."""
    body = struct.pack("!h", len(values))
    for value, (_, type) in zip(values, columns, strict=True):
        if value is None:
            body += struct.pack("!i", -1)
            continue
        shown = ("t" if value else "f") if type == BOOL else str(value)
        body += struct.pack("!i", len(shown.encode())) + shown.encode()
    return message(b"D", body)


def done(tag: str) -> bytes:
    return message(b"C", text(tag))


def error(state: str, said: str) -> bytes:
    """ErrorResponse: severity, SQLSTATE, message."""
    return message(b"E", b"S" + text("ERROR") + b"V" + text("ERROR") + b"C" + text(state) + b"M" + text(said) + b"\0")


def strings(body: bytes, many: int) -> tuple[list[str], bytes]:
    """So many zero-ended strings, and what comes behind them."""
    found = []
    for _ in range(many):
        one, _, body = body.partition(b"\0")
        found.append(one.decode())
    return found, body


def values(body: bytes) -> list[str | None]:
    """The parameters of a Bind, all of them as text."""
    formats, *_ = struct.unpack("!h", body[:2])
    body = body[2 + 2 * formats :]
    count, *_ = struct.unpack("!h", body[:2])
    body, found = body[2:], list[str | None]()
    for _ in range(count):
        size, *_ = struct.unpack("!i", body[:4])
        found.append(None if size < 0 else body[4 : 4 + size].decode())
        body = body[4 + max(0, size) :]
    return found
