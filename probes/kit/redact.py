"""Takes secrets out of text before it reaches a log, an exception or the store."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote, quote_plus

from .contract import Fault

LONGEST: Final = 300
SHORTEST: Final = 4  # a shorter "secret" would take ordinary words out of every message
PREFIX: Final = 8
MASK: Final = "[redacted]"


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secrets: as they are, URL-encoded, in base64 at any offset, and their first eight
    characters. Longest first, so that no rest of one shows."""
    forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    for form in sorted(forms, key=lambda form: (-len(form), form)):
        text = text.replace(form, MASK)
    return text


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    if len(secret) > PREFIX:
        yield secret[:PREFIX]
        yield quote(secret[:PREFIX], safe="")
    raw = secret.encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for offset in range(3):  # within a longer text the same bytes have three spellings
            spelled = encode(b"\0" * offset + raw).decode().rstrip("=")
            whole = spelled[-(-offset * 4 // 3) : len(spelled) - (1 if (len(raw) + offset) % 3 else 0)]
            if len(whole) >= PREFIX:
                yield whole
                yield whole[: max(PREFIX, len(whole) // 2)]


def clean(fault: Fault, secrets: Iterable[str]) -> Fault:
    """The same fault with a message, and a code, that may be shown: redacted, one line, at most 300 characters."""
    known = list(secrets)
    message = " ".join(redact(fault.message, known).split())
    if len(message) > LONGEST:
        message = message[: LONGEST - 1] + "…"
    return type(fault)(message, code=redact(fault.code, known)[:80], wait=fault.wait, until_reset=fault.until_reset)
