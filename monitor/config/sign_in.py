"""server.auth: how people are known, and which of their groups mean what here."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field
from pydantic.json_schema import WithJsonSchema

from .types import Duration, Model, Name, Reference, Text, Url, expected

HEADER: Final = r"^[A-Za-z][A-Za-z0-9-]{0,63}$"
NOT_NAMES: Final = {"authorization", "cookie", "host", "origin", "forwarded", "x-forwarded-for", "user-agent"}
Networks = tuple["ipaddress.IPv4Network | ipaddress.IPv6Network", ...]


def _header(text: object) -> object:
    if not isinstance(text, str) or not re.fullmatch(HEADER, text) or text.lower() in NOT_NAMES:
        raise expected("the name of a header that says who somebody is, such as X-Forwarded-User")
    return text


def _network(text: object) -> object:
    words = "an address or network such as 127.0.0.1 or 10.0.0.0/8"
    if not isinstance(text, str):
        raise expected(words)
    try:
        found = ipaddress.ip_network(text)
    except ValueError:
        raise expected(words) from None
    if not found.prefixlen:
        raise expected(f"the addresses of the proxies ({words}), since {text} is everybody's")
    return text


Header = Annotated[str, BeforeValidator(_header), WithJsonSchema({"type": "string", "pattern": HEADER})]
Network = Annotated[
    str, BeforeValidator(_network), WithJsonSchema({"type": "string", "examples": ["127.0.0.1", "10.0.0.0/8"]})
]


class Oidc(Model):
    """The provider of sign-ins in mode oidc. `issuer`: its address, as it says of itself; `client_id` and
    `client_secret`: what it registered Driftline under, the secret by reference, and none for a public client;
    `scopes`: what is asked for beside openid; `name_claim`: what holds people's names, else the mail address, the user
    name or the subject; `groups_claim`: what holds their groups, also a dotted path; `allow_private`: the provider may
    be on a private network, or without TLS; `proxy`: an egress proxy; `ca_file`: a private CA, as PEM."""

    issuer: Url
    client_id: Text
    client_secret: Reference | None = None
    scopes: tuple[Text, ...] = ("profile", "email")
    name_claim: Text | None = None
    groups_claim: Text = "groups"
    allow_private: bool = False
    proxy: Url | None = None
    ca_file: str | None = None


class Auth(Model):
    """Who may look and decide. `mode`: `tokens`; `oidc`, where a provider signs people in; `proxy`, where a proxy in
    front says in a header who somebody is; or `none`, only where nobody but this machine can connect; `peers`: the
    proxies in front, whose X-Forwarded-For is believed, and in mode proxy the header; `header`: the one that holds the
    name, in mode proxy; `groups_header`: the one that holds the groups; `groups_separator`: what stands between two
    groups in it; `roles`: what members of a group may do; `default_role`: what those may do who are in no group of
    `roles`; `teams`: which team's findings a group decides on; `oidc`: the provider; `session`: how long a sign-in is
    good; `personal_tokens`: the time since somebody's last sign-in after which their personal tokens open nothing;
    `sign_out`: where the proxy signs people out."""

    mode: Literal["none", "tokens", "oidc", "proxy"] = "none"
    peers: tuple[Network, ...] = ()
    header: Header = "X-Forwarded-User"
    groups_header: Header | None = None
    groups_separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    roles: dict[Text, Literal["viewer", "reviewer", "admin"]] = Field(default_factory=dict)
    default_role: Literal["none", "viewer"] = "none"
    teams: dict[Text, Name] = Field(default_factory=dict)
    oidc: Oidc | None = None
    session: Annotated[Duration, Field(ge=300, le=30 * 86400)] = 12 * 3600.0
    personal_tokens: Annotated[Duration, Field(ge=3600, le=90 * 86400)] = 30 * 86400.0
    sign_out: Url | None = None

    @property
    def source(self) -> str:
        """Who says it."""
        if self.mode == "oidc" and self.oidc is not None:
            return self.oidc.issuer
        return "proxy" if self.mode == "proxy" else ""

    def among_peers(self, address: str) -> bool:
        """Whether this address is one of a proxy of `peers`."""
        found = address_of(address)
        return found is not None and any(found in network for network in networks(self.peers))


def address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address, of IPv4 also where it is written within one of IPv6; None where it is none."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None) or found


@lru_cache(16)
def networks(texts: Sequence[str]) -> Networks:
    return tuple(ipaddress.ip_network(text) for text in texts)
