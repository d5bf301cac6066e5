"""How vendors sign what they push, as one table. Pure: the raw request goes in, which delivery it is comes out.

A delivery is never believed beyond "ask now": the body is hashed and not read. A vendor file names its scheme in
`hook`; an integration of another vendor names one of the table in its YAML. Where each is from stands in `docs`.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

WINDOW: Final = 300.0  # seconds between the sender's clock and ours
Why: TypeAlias = Literal["signature", "stale"]


class Unsigned(Exception):
    """A request that no vendor has signed as it says: `why` is signature, or stale where only its time is wrong."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Why = why


class Incoming(msgspec.Struct, frozen=True):
    """One request. `uri` is the whole address that the sender was given, `headers` have names in lower case."""

    method: str
    uri: str
    headers: Mapping[str, str]
    body: bytes


class Given(msgspec.Struct, frozen=True):
    """What the headers claim: signatures, any one of which may be right, and the time as it is written there."""

    signatures: tuple[str, ...]
    time: str = ""


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """`given` takes what is claimed out of a request; `signed` makes the bytes that were signed, None where they were
    not signed whole; `unit` is how many of its units a second has, 0 where no time is signed; `id` is the header that
    names a delivery; `key` makes a key of the secret, and raises ValueError for one that is none; `echo` is a header
    that the vendor wants back, before it has signed anything."""

    docs: str
    given: Callable[[Incoming], Given]
    signed: Callable[[Incoming, str], bytes | None] = lambda request, time: request.body
    encode: Callable[[bytes], str] = bytes.hex
    unit: int = 0
    id: str = ""
    key: Callable[[str], bytes] = str.encode
    echo: str = ""


def verify(scheme: Scheme, secret: str, request: Incoming, now: float) -> tuple[bytes, ...]:
    """What the delivery is known by when it is sent again: its signature, and its id where it has one, which mostly
    stands in a header that nobody signed. Raises Unsigned, and ValueError for a secret that is no key of this scheme.
    """
    given = scheme.given(request)
    signed = scheme.signed(request, given.time)
    digest = hmac.digest(scheme.key(secret), signed or b"", hashlib.sha256)
    wanted = scheme.encode(digest).encode()
    matches = [hmac.compare_digest(one.encode(), wanted) for one in given.signatures]
    if signed is None or not any(matches):
        raise Unsigned("signature")
    if scheme.unit:
        if not re.fullmatch("[0-9]{1,16}", given.time):
            raise Unsigned("signature")
        if abs(now - int(given.time) / scheme.unit) > WINDOW:
            raise Unsigned("stale")
    name = request.headers.get(scheme.id, "")
    return (digest, hashlib.sha256(name.encode()).digest()) if name else (digest,)


# -- the schemes ------------------------------------------------------------------------------------------------------


def _header(name: str, prefix: str = "", time: str = "") -> Callable[[Incoming], Given]:
    """One signature alone in a header, after a prefix; the time in a header of its own."""

    def given(request: Incoming) -> Given:
        value = request.headers.get(name, "").strip()
        found = (value[len(prefix) :],) if value and value.startswith(prefix) else ()
        return Given(found, request.headers.get(time, "").strip() if time else "")

    return given


def _pairs(name: str) -> Callable[[Incoming], Given]:
    """`t=1492774577,v1=5257a869…,v1=…` in one header."""

    def given(request: Incoming) -> Given:
        parts = [part.strip().partition("=") for part in request.headers.get(name, "").split(",")]
        times = [value for label, _, value in parts if label == "t"]
        return Given(tuple(value for label, _, value in parts if label == "v1"), times[0] if times else "")

    return given


def _standard(request: Incoming) -> Given:
    listed = (part.partition(",") for part in request.headers.get("webhook-signature", "").split())
    return Given(tuple(value for version, _, value in listed if version == "v1"),
                 request.headers.get("webhook-timestamp", "").strip())  # fmt: skip


def _base64(digest: bytes) -> str:
    return b64encode(digest).decode()


def _decoded(secret: str) -> bytes:
    """The key of a secret that is written in base64, after `whsec_` or alone."""
    try:
        return b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret is not written in base64") from error


# HubSpot signs these characters of an address decoded.
_DECODED: Final = {f"%{ord(one):02X}": one for one in ":/?@!$'()*,;"}


def _hubspot(request: Incoming, time: str) -> bytes:
    uri = re.sub("%[0-9A-Fa-f]{2}", lambda found: _DECODED.get(found[0].upper(), found[0]), request.uri)
    return f"{request.method}{uri}".encode() + request.body + time.encode()


def _contentful(request: Incoming, time: str) -> bytes | None:
    """Method, path, the signed headers as they are listed, and the body, a line each. The time has to be among them."""
    names = [name.strip().lower() for name in request.headers.get("x-contentful-signed-headers", "").split(",")]
    if "x-contentful-timestamp" not in names:
        return None
    parts = urlsplit(request.uri)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    listed = ";".join(f"{name}:{request.headers.get(name, '').strip()}" for name in names)
    return f"{request.method}\n{path}\n{listed}\n".encode() + request.body


SCHEMES: Final[Mapping[str, Scheme]] = {
    "hubspot-v3": Scheme(
        docs="https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation",
        given=_header("x-hubspot-signature-v3", time="x-hubspot-request-timestamp"),
        signed=_hubspot,
        encode=_base64,
        unit=1000,
    ),
    "shopify": Scheme(
        docs="https://shopify.dev/docs/apps/build/webhooks/verify-deliveries",
        given=_header("x-shopify-hmac-sha256"),
        encode=_base64,
        id="x-shopify-webhook-id",
    ),
    "contentful": Scheme(
        docs="https://contentful.com/developers/docs/webhooks/request-verification",
        given=_header("x-contentful-signature", time="x-contentful-timestamp"),
        signed=_contentful,
        unit=1000,
    ),
    "asana": Scheme(
        docs="https://developers.asana.com/docs/establish-a-webhook",
        given=_header("x-hook-signature"),
        echo="x-hook-secret",
    ),
    "airtable": Scheme(
        docs="https://airtable.com/developers/web/api/webhooks-overview",
        given=_header("x-airtable-content-mac", "hmac-sha256="),
        key=_decoded,
    ),
    "github": Scheme(
        docs="https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
        given=_header("x-hub-signature-256", "sha256="),
        id="x-github-delivery",
    ),
    "stripe": Scheme(
        docs="https://docs.stripe.com/webhooks#verify-manually",
        given=_pairs("stripe-signature"),
        signed=lambda request, time: time.encode() + b"." + request.body,
        unit=1,
    ),
    "standard-webhooks": Scheme(
        docs="https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
        given=_standard,
        signed=lambda request, time: f"{request.headers.get('webhook-id', '')}.{time}.".encode() + request.body,
        encode=_base64,
        unit=1,
        id="webhook-id",
        key=_decoded,
    ),
}
