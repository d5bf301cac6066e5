"""What the `alerts:` part of driftline.yaml says, held together."""

from __future__ import annotations

from .document import Document


def alertmanager(service: Document) -> None:
    """Two ways to sign in are none; what is secret goes over TLS, or over a network that is said to be private."""
    place = ("alerts", "alertmanager")
    given = {path[-1] for path, _ in service.find(*place, "*")}
    if "token" in given and given & {"user", "password"}:
        service.add((*place, "token"), "expected a token, or user and password, found both")
    for one, other in (
        ("user", "password"),
        ("password", "user"),
        ("cert_file", "key_file"),
        ("key_file", "cert_file"),
    ):
        if one in given and other not in given:
            service.add((*place, one), f"expected {other} beside it, found no such key")
    private = any(value is True for _, value in service.find(*place, "allow_private"))
    for path, url in service.texts(*place, "urls", "*"):
        if url.startswith("http://") and not private:
            service.add(path, "expected https://, or allow_private: true beside it")
