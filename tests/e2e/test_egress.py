"""The way out of a running daemon: through the proxy that an integration names, trusting the CA that it names."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from probes.kit.clock import SystemClock
from probes.simulated import hubspot
from tests.e2e.serving import Serving, Stack, account
from tests.probes.kit.proxy import Authority, proxying

NAME = "hub"
HOST = "api.acme.test"  # resolves nowhere but at the proxy


def stack_of(folder: Path, hub: hubspot.Account, base: str, **more: Any) -> Stack:
    stack = Stack(folder / "stack")
    stack.integration(NAME, "hubspot", base, {"scheme": "token", "token": stack.secret("hub", hub.token)}, **more)
    return stack


def reload(serving: Serving, **settings: Any) -> None:
    serving.stack.set(f"integrations/{NAME}.yaml", **settings)
    serving.post("/-/reload")


async def test_everything_goes_through_the_proxy_and_nothing_around_it(tmp_path: Path) -> None:
    hub = hubspot.Account(clock=SystemClock())
    with account(hub.app) as base:
        async with proxying(base) as proxy:

            def watch() -> None:
                with Serving(stack_of(tmp_path, hub, f"http://{HOST}", proxy=proxy.url)) as serving:
                    serving.capture(NAME)
                    asked = len(hub.requests)
                    assert asked > 20
                    reload(serving, proxy=None)
                    assert serving.poll(NAME)["outcome"] == "failed"
                    assert len(hub.requests) == asked, "without the proxy the name leads nowhere"
                    assert hub.token not in serving.log

            await asyncio.to_thread(watch)
            assert proxy.heads
            assert {head.split(" ")[1].split("/")[2] for head in proxy.heads} == {HOST}


async def test_a_proxy_of_the_environment_is_not_taken(tmp_path: Path) -> None:
    hub = hubspot.Account(clock=SystemClock())
    with account(hub.app) as base:
        async with proxying(base) as proxy:

            def watch() -> None:
                everywhere = {name: proxy.url for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "https_proxy")}
                with Serving(stack_of(tmp_path, hub, base), **everywhere) as serving:
                    serving.capture(NAME)

            await asyncio.to_thread(watch)
            assert proxy.heads == []


async def test_a_private_ca_is_trusted_only_where_it_is_named(tmp_path: Path) -> None:
    hub, authority = hubspot.Account(clock=SystemClock()), Authority(tmp_path)
    authority.server()  # writes key and certificate
    pem = str(tmp_path / "server.pem")
    with account(hub.app, ssl_certfile=pem, ssl_keyfile=pem) as base:
        async with proxying(base) as proxy:

            def watch() -> None:
                there = stack_of(tmp_path, hub, f"https://{HOST}", proxy=proxy.url)
                with Serving(there) as serving:
                    assert serving.poll(NAME)["outcome"] == "failed"
                    assert "ca_file" in str(serving.get(f"integrations/{NAME}"))
                    assert hub.requests == []
                    reload(serving, ca_file=authority.ca_file)
                    assert serving.poll(NAME)["outcome"] == "ok"

            await asyncio.to_thread(watch)
            assert {head.split("\r\n")[0] for head in proxy.heads} == {f"CONNECT {HOST}:443 HTTP/1.1"}
            assert hub.token not in "".join(proxy.heads)


async def test_the_proxy_of_the_environment_is_taken_where_the_configuration_says_so(tmp_path: Path) -> None:
    """A vendor whose certificate a private CA signed, behind a proxy that both stand in the environment."""
    hub, authority = hubspot.Account(clock=SystemClock()), Authority(tmp_path)
    authority.server()  # writes key and certificate
    pem = str(tmp_path / "server.pem")
    with account(hub.app, ssl_certfile=pem, ssl_keyfile=pem) as base:
        async with proxying(base) as proxy:

            def watch() -> None:
                there = stack_of(tmp_path, hub, f"https://{HOST}")
                there.set("driftline.yaml", egress={"proxy": "environment"})
                around = stack_of(tmp_path / "around", hub, base)
                around.set("driftline.yaml", egress={"proxy": "environment"})
                names = {"HTTPS_PROXY": proxy.url.removeprefix("http://"), "NO_PROXY": "127.0.0.1,localhost"}
                with Serving(there, **names) as serving:
                    assert serving.poll(NAME)["outcome"] == "failed"
                    told = str(serving.get(f"integrations/{NAME}"))
                    assert f"{HOST} shows a certificate of a CA that is not trusted here" in told
                    assert "egress.ca_file" in told and hub.requests == []
                    serving.stack.set("driftline.yaml", egress={"ca_file": authority.ca_file})
                    serving.post("/-/reload")
                    serving.capture(NAME)
                    reload(serving, proxy="direct")
                    asked = len(hub.requests)
                    assert serving.poll(NAME)["outcome"] == "failed"
                    assert len(hub.requests) == asked, "without the proxy the name leads nowhere"
                seen = len(proxy.heads)
                with Serving(around, **names, SSL_CERT_FILE=authority.ca_file) as serving:
                    assert serving.poll(NAME)["outcome"] == "ok"
                assert len(proxy.heads) == seen, "NO_PROXY names the host of its base"

            await asyncio.to_thread(watch)
            assert {head.split("\r\n")[0] for head in proxy.heads} == {f"CONNECT {HOST}:443 HTTP/1.1"}
            assert hub.token not in "".join(proxy.heads)
