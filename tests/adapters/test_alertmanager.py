"""How an Alertmanager is spoken to: its address, ways to sign in, its age, and what it may answer instead.

The server's answers have the shape of Alertmanager's own api/v2/openapi.yaml.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from monitor.adapters.alertmanager import Alertmanager, AlertmanagerError, stamp
from monitor.config.alerting import Alertmanager as Settings
from monitor.config.types import Reference
from tests.probes.kit.proxy import Authority

AT = 1_790_000_000.0
CONFIG = "route:\n  group_wait: 10s\n  routes:\n    - matchers: [a=b]\n      group_wait: 1m30s\n"


class Server:
    """Answers by path; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.date = AT
        self.answers: dict[str, tuple[int, bytes]] = {
            "/api/v2/alerts": (200, b""),
            "/api/v2/status": (200, json.dumps({
                "cluster": {"status": "disabled"}, "versionInfo": {}, "config": {"original": CONFIG},
                "uptime": "2026-09-21T14:12:20.123456789Z",
            }).encode()),
        }  # fmt: skip
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                outer.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                path = self.path.partition("?")[0]
                status, answer = outer.answers.get(path.removeprefix("/am"), (404, b"404 page not found\n"))
                self.send_response_only(status)
                self.send_header("date", formatdate(outer.date, usegmt=True))
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def where(self) -> str:
        return f"127.0.0.1:{self.http.server_address[1]}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, daemon=True)
    thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join(10)


async def secret(reference: Reference) -> str:
    return f"the {reference.target}"


def client(url: str, folder: Path, **settings: Any) -> Alertmanager:
    given = Settings.model_validate({"urls": (url,), "allow_private": True, **settings})
    return Alertmanager(url, given, folder, secret, lambda: AT)


async def test_it_is_asked_under_its_own_path_and_by_whom_is_said(server: Server, tmp_path: Path) -> None:
    url = f"http://{server.where}/am"
    ways = [
        ({"user": "driftline", "password": "${env:word}"}, "authorization", "Basic ZHJpZnRsaW5lOnRoZSB3b3Jk"),
        ({"token": "${env:token}"}, "authorization", "Bearer the token"),
        ({"headers": {"X-Scope-OrgID": "${env:tenant}"}}, "x-scope-orgid", "the tenant"),
    ]
    for settings, header, value in ways:
        one = client(url, tmp_path, **{k: Reference.parse(v) if k in ("password", "token") else v
                                       if isinstance(v, str) else {n: Reference.parse(x) for n, x in v.items()}
                                       for k, v in settings.items()})  # fmt: skip
        await one.post([{"labels": {"alertname": "A"}}])
        await one.close()
        path, headers, body = server.asked[-1]
        assert path == "/am/api/v2/alerts" and headers[header] == value
        assert json.loads(body) == [{"labels": {"alertname": "A"}}]


async def test_its_age_is_by_our_clock_and_its_wait_the_longest_of_its_routes(server: Server, tmp_path: Path) -> None:
    one = client(f"http://{server.where}", tmp_path)
    status = await one.status()
    assert (round(AT - status.started_at), status.wait, status.ahead) == (60, 90.0, 0.0)
    server.date = AT - 600
    status = await one.status()
    assert (round(AT - status.started_at), status.ahead) == (-540, 600.0)
    await one.close()


async def test_what_is_silenced_is_told_with_who_said_so(server: Server, tmp_path: Path) -> None:
    one = client(f"http://{server.where}", tmp_path)
    server.answers["/api/v2/alerts"] = (200, b"[]")
    assert await one.silenced(stack="acme") == () and len(server.asked) == 1
    assert "filter=stack%3D%22acme%22" in server.asked[0][0] and "active=false" in server.asked[0][0]
    alert = {"labels": {"stack": "acme"}, "status": {"state": "suppressed", "silencedBy": ["s1", "gone"]}}
    silence = {
        "id": "s1",
        "endsAt": stamp(AT + 60),
        "createdBy": "web",
        "comment": "OPS-1",
        "status": {"state": "active"},
    }
    server.answers |= {
        "/api/v2/alerts": (200, json.dumps([alert]).encode()), "/api/v2/silences": (200, json.dumps([silence]).encode())
    }  # fmt: skip
    (labels, (found,)) = (await one.silenced(stack="acme"))[0]
    assert labels == {"stack": "acme"}
    assert (found.id, found.until, found.by, found.comment) == ("s1", AT + 60, "web", "OPS-1")
    await one.close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((401, b"no"), "refused with HTTP 401: no; look at its user, password or token"),
        ((404, b""), "refused with HTTP 404: nothing said; look at the path of its address"),
        ((200, b"<html>"), "answered something else than its API v2 does"),
        ((200, b'{"uptime": "yesterday"}'), "gave a time that is none: 'yesterday'"),
    ],
)
async def test_what_is_no_answer_of_it_is_said_in_a_sentence(
    server: Server, tmp_path: Path, answer: tuple[int, bytes], words: str
) -> None:
    server.answers["/api/v2/status"] = answer
    one = client(f"http://{server.where}", tmp_path)
    with pytest.raises(AlertmanagerError) as error:
        await one.status()
    assert str(error.value) == f"http://{server.where} {words}"
    await one.close()


async def test_a_client_certificate_is_shown_and_the_private_ca_is_trusted(server: Server, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    wanted = authority.server()  # its file is a certificate with its key, of the CA: a client's as well
    wanted.verify_mode = ssl.CERT_REQUIRED
    wanted.load_verify_locations(authority.ca_file)
    server.http.socket = wanted.wrap_socket(server.http.socket, server_side=True)
    url = f"https://{server.where}"
    pair = {"cert_file": "server.pem", "key_file": "server.pem"}
    one = client(url, tmp_path, ca_file="ca.pem", **pair)
    await one.post([])
    await one.close()
    assert len(server.asked) == 1
    for settings in ({"ca_file": "ca.pem"}, pair):
        one = client(url, tmp_path, **settings)
        with pytest.raises(AlertmanagerError, match="does not answer"):
            await one.post([])
        await one.close()
    with pytest.raises(AlertmanagerError, match=r"cert_file none\.pem and key_file server\.pem cannot be read"):
        client(url, tmp_path, cert_file="none.pem", key_file="server.pem")


async def test_an_address_on_a_private_network_has_to_be_meant(server: Server, tmp_path: Path) -> None:
    one = client(f"http://{server.where}", tmp_path, allow_private=False)
    with pytest.raises(AlertmanagerError, match="allow_private must say that this is meant"):
        await one.post([])
    await one.close()
    assert server.asked == []
