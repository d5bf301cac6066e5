"""Random bytes and random values, seeded: what a vendor, a person or a stranger might send, and nobody would."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random, SystemRandom
from types import FrameType
from typing import Any

LONG = bool(os.environ.get("DRIFTLINE_PROOFS"))
SEED = SystemRandom().randrange(1 << 32) if LONG else 20261122
TIMES = 10 if LONG else 1  # make test runs a tenth
TRIED: Counter[str] = Counter()  # how many inputs were held against a parser
EVIL: tuple[Any, ...] = (
    None, True, "", " ", "null", "²", "٣", "\ud800", "\x00", "a" * 5000, "9" * 5000, "-1", "NaN", "1e999", "\u202e",
    0, -1, 1 << 63, -(1 << 63), 10**400, 1e308, -0.0, 0.1, [], {}, [[]], [None], {"": None}, {"a": {"a": []}},
    "2026-02-30T25:61:61Z", "0000-00-00", "9999-12-31T23:59:59.999999+14:00", "https://[::1", "//user@evil.test/",
    "../../etc", "{parent.key}", "${env:HOME}", "file:///etc/hostname", "%00", "0x10", "=1+1", "<b>", "\r\nX-A: b",
)  # fmt: skip
PIECES = (
    b"", b"\xff", b"\x00", b"\xef\xbb\xbf", b"{", b"}", b"[" * 2000, b"]", b'"', b"\\", b",", b":", b"null", b"NaN",
    b"1e999", b"9" * 5000, b"\\ud800", b"\r\n", b"&a", b"*a", b"!!python/object", b"---", b"\t", b"\xc2\xb2", b"-0",
)  # fmt: skip


def mangled(draw: Random, sample: bytes) -> bytes:
    """The sample with a few wounds, or with another value in it, or something else altogether."""
    way = draw.randrange(8)
    if way == 0:
        return draw.randbytes(draw.randrange(200))
    if way < 4 and (value := _json(sample)) is not None:
        for _ in range(draw.randrange(1, 4)):
            value = swapped(draw, value)
        return json.dumps(value).encode()
    raw = bytearray(sample)
    for _ in range(draw.randrange(1, 5)):
        at, size = draw.randrange(len(raw) + 1), draw.choice((0, 1, 1, 3, 20))
        piece = draw.choice(PIECES) if draw.random() < 0.7 else bytes(raw[draw.randrange(len(raw) + 1) :][:30])
        raw[at : at + size] = piece
    return bytes(raw)


def each(value: Any) -> Iterator[Any]:
    """Every value that this one becomes when one of its parts is made one of the odd ones."""
    yield from EVIL
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for at, part in parts:
        for other in each(part):
            made = value.copy()
            made[at] = other
            yield made


def swapped(draw: Random, value: Any) -> Any:
    """A JSON value with one of its parts taken out, or made something else."""
    if draw.random() < 0.25 or not isinstance(value, dict | list) or not value:
        return draw.choice(EVIL)
    if isinstance(value, list):
        at = draw.randrange(len(value))
        return [swapped(draw, one) if n == at else one for n, one in enumerate(value) if n != at or draw.random() < 0.9]
    name = draw.choice(list(value))
    return {key: swapped(draw, one) if key == name else one for key, one in value.items() if draw.random() < 0.99}


def text(draw: Random, samples: tuple[str, ...]) -> str:
    """A header, an argument, a link: text that any byte may stand in."""
    if draw.random() < 0.3:
        return str(draw.choice(EVIL))
    return mangled(draw, draw.choice(samples).encode()).decode("latin-1")


def _json(sample: bytes) -> Any:
    try:
        return json.loads(sample)
    except ValueError:
        return None


@contextmanager
def within(seconds: float, what: object) -> Iterator[None]:
    """Whatever holds the interpreter for longer has hung."""

    def hung(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"this hangs: {what!r:.300}")

    TRIED["inputs"] += 1
    before = signal.signal(signal.SIGALRM, hung)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
