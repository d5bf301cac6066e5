"""The way out to vendors, said once for all integrations; each may say its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from .types import Model, Url

if TYPE_CHECKING:
    from .models import Integration

DIRECT: Final = "direct"
ENVIRONMENT: Final = "environment"


class Egress(Model):
    """The way out, for each integration that says no other. `proxy`: an egress proxy, or `environment`, which takes it
    from HTTPS_PROXY, or HTTP_PROXY for a base without TLS, and goes around it for a base whose host NO_PROXY names;
    `ca_file`: a private CA, as PEM; without it SSL_CERT_FILE, or what this machine trusts."""

    proxy: Url | Literal["environment"] | None = None
    ca_file: str | None = None


def way_out(one: Integration, egress: Egress, root: Path) -> Integration:
    """The integration with the proxy that it is to use, or None for no proxy, and its CA as an absolute path."""
    proxy, ca_file = way_to(one.base, one.proxy, one.ca_file, egress, root)
    return one.model_copy(update={"proxy": proxy, "ca_file": ca_file})


def way_to(
    base: str, proxy: str | None, ca_file: str | None, egress: Egress, root: Path
) -> tuple[str | None, str | None]:
    """The proxy on the way to an address, None for no proxy, and the CA as an absolute path; those given come first."""
    proxy, ca_file = proxy or through(egress, base), ca_file or egress.ca_file
    return None if proxy == DIRECT else proxy, None if ca_file is None else str(root / ca_file)


def through(egress: Egress, base: str) -> str | None:
    """The proxy for an address, or None for no proxy."""
    return _environments(base) if egress.proxy == ENVIRONMENT else egress.proxy


def _environments(base: str) -> str | None:
    """As other programs read these variables: none where NO_PROXY names the host of `base`. What has no base goes to
    the vendor's own address, by TLS."""
    parts = urlsplit(base)
    found = getproxies_environment().get(parts.scheme or "https")
    if found is None or (parts.hostname and proxy_bypass(parts.hostname)):
        return None
    return found if "://" in found else f"http://{found}"
