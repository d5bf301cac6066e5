"""Columns whose bytes are kept small. The content of a large scope is mostly the same words, row after row; events,
findings and decisions are short, and mostly the same words from one to the next.

What a database of 300,000 field definitions has to write, read and hold shrinks to a small part, at about a tenth of a
millisecond for 300 KB each way. A short document shrinks to a fifth, by a dictionary of what such documents say: the
names of their parts and the sentences of the rules (`python -m tests.packing` made it). Its name is in every frame: it
can never change, only be followed by another one.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Dialect, LargeBinary, Text, func
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeDecorator
from zstandard import ZstdCompressionDict, ZstdCompressor, ZstdDecompressor

_LEVEL: Final = 1  # the next ones take longer and hardly save more of JSON
_SHORT: Final = 9  # saves a tenth more of what is short, and that takes some twenty microseconds
_WORDS: Final = ZstdCompressionDict(Path(__file__).with_name("packing.zdict").read_bytes())


class _Tools(threading.local):
    """Two pairs for each thread: none may be used by two at once."""

    def __init__(self) -> None:
        self.packer, self.unpacker = ZstdCompressor(level=_LEVEL), ZstdDecompressor()
        self.short = ZstdCompressor(level=_SHORT, dict_data=_WORDS)
        self.long = ZstdDecompressor(dict_data=_WORDS)


_tools: Final = _Tools()


def packed(raw: bytes) -> bytes:
    """In a frame of Zstandard (RFC 8878)."""
    return _tools.packer.compress(raw)


def unpacked(raw: bytes) -> bytes:
    return _tools.unpacker.decompress(raw)


class Packed(TypeDecorator[bytes]):
    """Bytes that may be many."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else packed(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else unpacked(value)


class Document(TypeDecorator[bytes]):
    """A short document, in a frame that takes the dictionary to read."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _tools.short.compress(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _tools.long.decompress(value)


def speak(connection: Any) -> None:
    """Teaches a connection to SQLite the two words by which statements look into documents: unpacked and packed."""
    connection.create_function("unpacked", 1, lambda data: _tools.long.decompress(data).decode(), deterministic=True)
    connection.create_function("packed", 1, lambda text: _tools.short.compress(_raw(text)), deterministic=True)


def text_of(column: ColumnElement[bytes]) -> ColumnElement[str]:
    """A document as the text that it is, for statements."""
    return func.unpacked(column, type_=Text)


def _raw(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
