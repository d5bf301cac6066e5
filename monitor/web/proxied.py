"""What the proxy in front says: who asks, and from where. Believed from the addresses of `server.auth.peers` alone.

The address that counts is the one of the socket. A header of the same name from anywhere else is as if it were not
there: whoever can reach the listener could write it.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers

from monitor.config.sign_in import Auth, address_of
from monitor.engine.members import Named

GROUPS = 2000  # more than any one person is in; the rest is left out


class Unbelieved(Exception):
    """A proxy that may say who somebody is does not say it clearly."""


def named(auth: Auth, headers: Headers, peer: str) -> Named | None:
    """Whom a named proxy says that it is, or None where it says nobody. Raises Unbelieved."""
    if not auth.among_peers(peer):
        return None
    values = headers.getlist(auth.header)
    if not values:
        return None
    name = _one(auth.header, values)
    if not name:
        raise Unbelieved(f"The proxy at {peer} sent {auth.header} with nothing in it.")
    groups: tuple[str, ...] = ()
    if auth.groups_header is not None and (listed := headers.getlist(auth.groups_header)):
        parts = _one(auth.groups_header, listed).split(auth.groups_separator)
        groups = tuple(part.strip() for part in parts if part.strip())[:GROUPS]
    return Named(source=auth.source, subject=name.casefold(), name=name, groups=groups)


def _one(header: str, values: Sequence[str]) -> str:
    """Two of a kind, and one of them may be the client's own."""
    if len(values) > 1:
        words = f"{header} came {len(values)} times; the proxy must replace what its clients send, and not add to it."
        raise Unbelieved(words)
    try:
        return values[0].encode("latin-1").decode().strip()
    except UnicodeDecodeError:
        raise Unbelieved(f"{header} is not UTF-8 text.") from None


def whose(auth: Auth, headers: Headers, peer: str) -> str:
    """The client's own address: of the X-Forwarded-For of a named proxy the rightmost hop that is no named proxy; what
    stands left of it was written by somebody whom nobody here knows."""
    if not auth.among_peers(peer):
        return peer
    found = peer
    for hop in reversed([hop for value in headers.getlist("x-forwarded-for") for hop in value.split(",")]):
        address = address_of(_bare(hop.strip()))
        if address is None:
            break
        found = str(address)
        if not auth.among_peers(found):
            break
    return found


def _bare(hop: str) -> str:
    """Some proxies write a port after the address."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
