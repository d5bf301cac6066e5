"""What the pages take from the configuration: where they are reached, under which names, and who may come in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from monitor.config.sign_in import Auth


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`prefix` is the path of external_url without a trailing slash; `hosts` are the names that are answered, with
    or without a port; `mode` is that of `auth`."""

    external_url: str = "http://127.0.0.1:9731"
    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "[::1]"})
    mode: str = "none"
    loopback: bool = True
    auth: Auth = Auth()

    def __post_init__(self) -> None:
        if self.mode == "none" and not self.loopback:
            raise ValueError("server.auth.mode: none is for loopback only; set another, or listen on 127.0.0.1")

    @property
    def prefix(self) -> str:
        return urlsplit(self.external_url).path.rstrip("/")

    @property
    def origin(self) -> str:
        parts = urlsplit(self.external_url)
        return f"{parts.scheme}://{parts.netloc}".lower()

    @property
    def cookie(self) -> str:
        """The session cookie's name. Browsers let nobody but this very host set one that begins with __Host-, which is
        for a whole host; under a path they still hold it to https (RFC 6265bis, 4.1.3)."""
        return ("" if not self.secure else "__Secure-" if self.prefix else "__Host-") + "driftline_session"

    @property
    def login_cookie(self) -> str:
        """Of a sign-in under way."""
        return self.cookie.replace("session", "login")

    @property
    def secure(self) -> bool:
        return self.external_url.startswith("https:")


def settings(config: Any) -> Settings:
    """Of a `monitor.config.Config`. Raises ValueError where nobody would have to sign in on a public listener."""
    server = config.service.server
    outside = urlsplit(server.external_url)
    names = {outside.netloc.lower(), (outside.hostname or "").lower(), *(h.lower() for h in server.hosts)}
    names.add(str(server.listen).lower())
    if server.listen.loopback:
        names |= {"127.0.0.1", "localhost", "[::1]"}
    return Settings(
        external_url=server.external_url,
        hosts=frozenset(names - {""}),
        mode=server.auth.mode,
        auth=server.auth,
        loopback=server.listen.loopback,
    )
