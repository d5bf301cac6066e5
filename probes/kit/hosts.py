"""Which addresses an integration may talk to, judged before anything is sent there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from .contract import Rejected
from .listing import Vendor

WEB: Final[Mapping[str, int]] = {"https": 443, "http": 80}
DATABASES: Final[Mapping[str, int]] = {"postgresql": 5432, "postgresql+plain": 5432}
PLAIN: Final = frozenset({"http", "postgresql+plain"})  # without TLS
PORTS: Final[Mapping[str, int]] = {**WEB, **DATABASES}


class Hosts:
    """What a vendor file declares, with what the person said who wrote `home`, the base address, and `private`."""

    def __init__(self, vendor: Vendor, home: str, private: bool) -> None:
        self._vendor, self._private = vendor, private
        self._known = DATABASES if vendor.statements else WEB
        self._home = origin(home)

    def check(self, url: str) -> None:
        """Only hosts under the vendor file's suffixes, by TLS. The base that a person wrote may be elsewhere, and
        plain, where they also wrote `allow_private`; with "{base}" among the hosts it may be anywhere."""
        where, parts, hosts = origin(url), urlsplit(url), self._vendor.hosts
        host = where[1]
        if parts.scheme not in self._known and self._vendor.statements:
            raise Rejected(
                f"{parts.scheme or 'the base address'}: not a database that is read over the network; expected "
                "postgresql://host:port/database, and never a file such as those of SQLite or DuckDB"
            )
        if not host or parts.username or parts.password or parts.scheme not in self._known:
            raise Rejected(
                f"{host or 'the base address'}: not an {' or '.join(self._known)} address without a user in it"
            )
        under = any(host == suffix or host.endswith(f".{suffix}") for suffix in hosts)
        if not under and not (where == self._home and (self._private or "{base}" in hosts)):
            raise Rejected(
                f"{host} is not a host of {self._vendor.title} ({', '.join(hosts)}); "
                "a test server of your own needs allow_private"
            )
        if parts.scheme in PLAIN and not self._private:
            raise Rejected(
                f"{host}: credentials do not go over {parts.scheme} without TLS; a test server needs allow_private"
            )


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port. Raises Rejected where they cannot be read."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Rejected("the address has no valid host or port") from None
    return parts.scheme, (parts.hostname or "").lower(), port or PORTS.get(parts.scheme, 0)
