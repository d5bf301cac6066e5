"""Signatures of pushes. Where a vendor publishes an example, it is here as published; elsewhere the test signs by the
vendor's words, with nothing of the table."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.kit.hooks import SCHEMES, WINDOW, Incoming, Unsigned, verify
from probes.kit.listing import Listing, Vendor

NOW = 1_790_000_000.0
URI = "https://driftline.example.com/hooks/hubspot-prod"
SECRET = "a-secret"
BODY = b'[{"eventId": 1}]'


def mac(key: bytes, *parts: bytes) -> bytes:
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def hubspot(body: bytes, at: float, secret: str = SECRET) -> Incoming:
    time = str(int(at * 1000))
    signature = base64.b64encode(mac(secret.encode(), b"POST", URI.encode(), body, time.encode())).decode()
    return Incoming(
        "POST", URI, {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": time, "host": "inside"}, body
    )


def shopify(body: bytes, at: float, secret: str = SECRET) -> Incoming:
    signature = base64.b64encode(mac(secret.encode(), body)).decode()
    return Incoming("POST", URI, {"x-shopify-hmac-sha256": signature, "x-shopify-webhook-id": f"id-{at}"}, body)


def contentful(body: bytes, at: float, secret: str = SECRET) -> Incoming:
    headers = {"x-contentful-topic": "ContentType.save", "x-contentful-timestamp": str(int(at * 1000))}
    headers["x-contentful-signed-headers"] = "x-contentful-signed-headers,x-contentful-timestamp,x-contentful-topic"
    listed = ";".join(f"{name}:{headers[name]}" for name in headers["x-contentful-signed-headers"].split(","))
    signed = f"POST\n/hooks/hubspot-prod\n{listed}\n".encode()
    return Incoming("POST", URI, headers | {"x-contentful-signature": mac(secret.encode(), signed, body).hex()}, body)


def asana(body: bytes, at: float, secret: str = SECRET) -> Incoming:
    return Incoming("POST", URI, {"x-hook-signature": mac(secret.encode(), body).hex()}, body)


def stripe(body: bytes, at: float, secret: str = SECRET) -> Incoming:
    signature = mac(secret.encode(), f"{int(at)}.".encode(), body).hex()
    return Incoming("POST", URI, {"stripe-signature": f"t={int(at)},v1={'0' * 64},v1={signature},v0=no"}, body)


def standard(body: bytes, at: float, secret: str = SECRET) -> Incoming:
    signature = base64.b64encode(mac(secret.encode(), f"msg_1.{int(at)}.".encode(), body)).decode()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at)), "webhook-signature": f"v1a,no v1,{signature}"}
    return Incoming("POST", URI, headers, body)


def airtable(body: bytes, at: float, secret: str = SECRET) -> Incoming:
    return Incoming("POST", URI, {"x-airtable-content-mac": f"hmac-sha256={mac(secret.encode(), body).hex()}"}, body)


def github(body: bytes, at: float, secret: str = SECRET) -> Incoming:
    return Incoming("POST", URI, {"x-hub-signature-256": f"sha256={mac(secret.encode(), body).hex()}"}, body)


SENDERS: dict[str, Callable[..., Incoming]] = {
    "hubspot-v3": hubspot, "shopify": shopify, "contentful": contentful, "asana": asana, "airtable": airtable,
    "github": github, "stripe": stripe, "standard-webhooks": standard,
}  # fmt: skip
WRITTEN = {"airtable", "standard-webhooks"}  # their secrets are written in base64


def secret_of(scheme: str) -> str:
    return base64.b64encode(SECRET.encode()).decode() if scheme in WRITTEN else SECRET


def check(scheme: str, request: Incoming, now: float = NOW) -> tuple[bytes, ...]:
    return verify(SCHEMES[scheme], secret_of(scheme), request, now)


def changed(request: Incoming, **headers: str) -> Incoming:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Incoming(request.method, request.uri, {**request.headers, **named}, request.body)


def test_every_scheme_of_the_table_has_a_sender_here() -> None:
    assert SENDERS.keys() == SCHEMES.keys()
    assert all(scheme.docs.startswith("https://") for scheme in SCHEMES.values())


@pytest.mark.parametrize("name", SENDERS)
def test_what_the_vendor_signs_is_taken_and_every_copy_of_it_is_known(name: str) -> None:
    first = check(name, SENDERS[name](BODY, NOW))
    assert first and set(first) & set(check(name, SENDERS[name](BODY, NOW)))
    assert not set(first) & set(check(name, SENDERS[name](b"[]", NOW + 1))) or name == "standard-webhooks"


@pytest.mark.parametrize("name", SENDERS)
def test_another_secret_a_changed_body_and_no_signature_are_refused(name: str) -> None:
    good = SENDERS[name](BODY, NOW)
    other = Incoming(good.method, good.uri, good.headers, BODY + b" ")
    for wrong in (SENDERS[name](BODY, NOW, "another"), other, Incoming("POST", URI, {}, BODY)):
        with pytest.raises(Unsigned) as refused:
            check(name, wrong)
        assert refused.value.why == "signature"


@pytest.mark.parametrize("name", [name for name, scheme in SCHEMES.items() if scheme.unit])
def test_a_signed_time_holds_for_five_minutes_to_both_sides(name: str) -> None:
    for at in (NOW - WINDOW, NOW + WINDOW):
        check(name, SENDERS[name](BODY, at))
    for at in (NOW - WINDOW - 1, NOW + WINDOW + 1):
        with pytest.raises(Unsigned) as refused:
            check(name, SENDERS[name](BODY, at))
        assert refused.value.why == "stale"


def test_the_address_that_hubspot_signs_has_these_characters_decoded() -> None:
    query = "?a=%40%21%24%27%28%29%2A%2C%3B%3a%2F%3F&b=%20%C3%A4"
    signed = "?a=@!$'()*,;:/?&b=%20%C3%A4"
    time = str(int(NOW * 1000))
    signature = base64.b64encode(mac(SECRET.encode(), f"POST{URI}{signed}".encode(), BODY, time.encode())).decode()
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": time}
    assert check("hubspot-v3", Incoming("POST", URI + query, headers, BODY))


def test_a_time_that_is_no_number_is_not_signed_even_by_who_has_the_secret() -> None:
    signature = base64.b64encode(mac(SECRET.encode(), b"POST", URI.encode(), BODY, b"soon")).decode()
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": "soon"}
    with pytest.raises(Unsigned):
        check("hubspot-v3", Incoming("POST", URI, headers, BODY))


def test_contentful_has_to_sign_the_time_and_signs_the_query_too() -> None:
    headers = {"x-contentful-signed-headers": "x-contentful-topic", "x-contentful-topic": "t"}
    signature = mac(SECRET.encode(), b"POST\n/hooks/hubspot-prod\nx-contentful-topic:t\n", BODY).hex()
    bare = Incoming("POST", URI, headers | {"x-contentful-signature": signature}, BODY)
    with pytest.raises(Unsigned):
        check("contentful", changed(bare, x_contentful_timestamp=str(int(NOW * 1000))))
    names = "x-contentful-timestamp"
    headers = {"x-contentful-signed-headers": names, names: str(int(NOW * 1000))}
    signed = f"POST\n/hooks/hubspot-prod?a=1\n{names}:{headers[names]}\n".encode()
    headers["x-contentful-signature"] = mac(SECRET.encode(), signed, BODY).hex()
    assert check("contentful", Incoming("POST", f"{URI}?a=1", headers, BODY))


def test_the_examples_that_github_and_standard_webhooks_publish() -> None:
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    request = Incoming(
        "POST", URI, {"x-hub-signature-256": signature, "x-github-delivery": "72d3162e"}, b"Hello, World!"
    )
    assert len(verify(SCHEMES["github"], "It's a Secret to Everybody", request, NOW)) == 2
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    request = Incoming("POST", URI, headers, b'{"test": 2432232314}')
    for secret in ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"):
        assert verify(SCHEMES["standard-webhooks"], secret, request, 1614265330)


def test_the_same_body_under_another_id_is_the_same_delivery() -> None:
    signature = f"sha256={mac(SECRET.encode(), BODY).hex()}"
    one, two = (
        check("github", Incoming("POST", URI, {"x-hub-signature-256": signature, "x-github-delivery": id}, BODY))
        for id in ("a", "b")
    )
    assert set(one) & set(two)


def test_a_secret_that_is_no_base64_is_a_mistake_of_ours_and_is_not_shown() -> None:
    with pytest.raises(ValueError, match="base64") as wrong:
        verify(SCHEMES["airtable"], "not base64!", airtable(BODY, NOW), NOW)
    assert "not base64!" not in str(wrong.value)


@given(st.sampled_from(sorted(SCHEMES)), st.dictionaries(st.text(max_size=8), st.text(max_size=40)), st.binary())
def test_nothing_that_a_stranger_sends_is_taken_or_ends_in_a_defect(
    name: str, given_: dict[str, str], body: bytes
) -> None:
    known = SENDERS[name](BODY, NOW).headers
    headers = {**dict.fromkeys(known, ""), **dict(zip(known, given_.values(), strict=False)), **given_}
    with pytest.raises(Unsigned):
        check(name, Incoming("POST", URI, headers, body))


def test_a_vendor_file_names_a_scheme_of_the_table() -> None:
    listing = Listing(name="things", kind="schema", path="/things", key="name")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="hook 'no' is none of hubspot-v3"):
        Vendor(name="x", title="X", docs="", base="", schemes={}, hosts=(), listings=(listing,), hook="no")
