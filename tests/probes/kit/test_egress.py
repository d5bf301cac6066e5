"""The way out: an egress proxy, a private CA, and the address check on either side of the proxy."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path
from types import SimpleNamespace

import pytest

from probes.kit.api import Ask
from probes.kit.contract import Fault, Rejected, Unreachable
from probes.kit.transport import Transport, context

from .proxy import Authority, proxying
from .server import answer, serving
from .world import SECRET, World, js, vendor

NAME = "api.acme.test"  # resolves nowhere but at the proxy


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


async def send(url: str, **how: object) -> bytes:
    given = {"allow_private": True, "proxy": None, "ca_file": None, "cap": 1 << 20, **how}
    wire = Transport(**given)  # type: ignore[arg-type]
    try:
        return (await wire.send(Ask("/"), url, {"authorization": f"Bearer {SECRET}"}, 5.0)).raw
    finally:
        await wire.close()


async def fault(url: str, **how: object) -> Fault:
    with pytest.raises(Fault) as caught:
        await send(url, **how)
    return caught.value


async def test_a_private_ca_is_trusted_only_where_it_is_named(authority: Authority) -> None:
    async with serving(answer({"a": 1}), authority.server()) as server:
        assert await send(server.base, ca_file=authority.ca_file) == b'{"a": 1}'
        found = await fault(server.base)
        assert isinstance(found, Unreachable) and found.code == "tls" and "ca_file" in found.message
    assert len(server.requests) == 1


async def test_a_certificate_of_another_host_is_refused(authority: Authority) -> None:
    async with serving(answer({}), authority.server()) as server:
        there = server.base.replace("127.0.0.1", "localhost")
        assert (await fault(there, ca_file=authority.ca_file)).code == "tls"
    assert server.requests == []


def test_a_ca_file_that_is_none_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("not a certificate")
    for name in ("empty.pem", "missing.pem"):
        with pytest.raises(Rejected, match=name):
            context(str(tmp_path / name))
    assert context(None).minimum_version is ssl.TLSVersion.TLSv1_2


async def test_https_goes_through_a_tunnel_and_the_proxy_sees_no_secret(authority: Authority) -> None:
    async with serving(answer({"a": 1}), authority.server()) as server, proxying(server.base) as proxy:
        how = {"proxy": proxy.url, "ca_file": authority.ca_file, "allow_private": False}
        assert await send(f"https://{NAME}/x", **how) == b'{"a": 1}'
    assert proxy.heads[0].startswith(f"CONNECT {NAME}:443 ") and SECRET not in proxy.heads[0]
    assert SECRET in server.requests[0]


async def test_plain_http_is_forwarded_and_the_proxys_own_login_goes_to_it_alone(authority: Authority) -> None:
    async with serving(answer({"a": 1})) as server, proxying(server.base) as proxy:
        there = proxy.url.replace("//", "//user:word@")
        assert await send(f"http://{NAME}/x", proxy=there) == b'{"a": 1}'
    assert proxy.heads[0].startswith(f"GET http://{NAME}/x ")
    assert f"Basic {base64.b64encode(b'user:word').decode()}" in proxy.heads[0]


async def test_a_proxy_that_is_spoken_to_over_tls_may_have_a_private_certificate(authority: Authority) -> None:
    async with (
        serving(answer({"a": 1})) as server,
        proxying(server.base, tls=authority.server()) as proxy,
    ):
        assert await send(f"http://{NAME}/x", proxy=proxy.url, ca_file=authority.ca_file) == b'{"a": 1}'
        assert (await fault(f"http://{NAME}/x", proxy=proxy.url)).code == "tls"


async def test_a_proxy_that_refuses_or_is_not_there_is_named_and_its_password_is_not(authority: Authority) -> None:
    async with serving(answer({})) as server, proxying(server.base, refuse=True) as proxy:
        refused = await fault(f"https://{NAME}/x", proxy=proxy.url.replace("//", "//user:word@"))
    gone = await fault(f"https://{NAME}/x", proxy="http://user:word@127.0.0.1:1")
    for found in (refused, gone):
        assert isinstance(found, Unreachable) and found.code == "proxy" and "word" not in found.message
    assert server.requests == []


@pytest.mark.parametrize("proxy", ["socks5://user:word@x:1", "nonsense", "http://", "http://[::1", "http://x:port"])
def test_an_address_that_is_no_proxy_is_refused_without_its_password(proxy: str) -> None:
    with pytest.raises(Rejected, match="proxy") as caught:
        Transport(allow_private=True, proxy=proxy, ca_file=None, cap=1)
    assert "word" not in str(caught.value)


async def test_the_proxy_may_be_private_and_what_is_asked_through_it_may_not() -> None:
    """Behind a proxy it is the proxy that resolves names; an address that is private on its face stays refused."""
    async with serving(answer({"a": 1})) as server, proxying(server.base) as proxy:
        assert await send(f"http://{NAME}/x", proxy=proxy.url, allow_private=False) == b'{"a": 1}'
        for host in ("127.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "10.1.2.3"):
            found = await fault(f"http://{host}/x", proxy=proxy.url, allow_private=False)
            assert isinstance(found, Rejected) and "allow_private" in found.message
    assert len(proxy.heads) == 1


@pytest.mark.parametrize("peer", [None, ("10.0.0.1", 443), ("fe80::1%eth0", 443, 0, 0)])
async def test_a_connection_to_a_private_or_unknown_address_is_closed_before_a_byte_is_sent(peer: object) -> None:
    """The check that a name which resolves elsewhere a moment later cannot get around."""
    closed: list[bool] = []

    async def aclose() -> None:
        closed.append(True)

    stream = SimpleNamespace(get_extra_info=lambda name: peer, aclose=aclose)
    wire = Transport(allow_private=False, proxy=None, ca_file=None, cap=1)
    with pytest.raises(Rejected, match="private"):
        await wire._allowed(stream)
    assert closed == [True]
    public = SimpleNamespace(get_extra_info=lambda name: ("9.9.9.9", 443), aclose=aclose)
    await wire._allowed(public)
    assert closed == [True]
    await wire.close()


@pytest.mark.parametrize("url", ["https://[::1", "https://x:port/", "https://acme.test/\x00", "nonsense://x"])
async def test_what_is_no_address_is_rejected_and_not_a_crash(url: str) -> None:
    world = World(vendor(), lambda request: js({}))
    for params in ({}, {"a": "b"}):
        with pytest.raises(Rejected):
            await world.api.ask(Ask(url, params))
    assert world.calls == []
