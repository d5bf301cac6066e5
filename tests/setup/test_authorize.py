"""driftline authorize against an authorization server on loopback: PKCE and state are checked there and here."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import orjson
import pytest
from cryptography.fernet import Fernet

from monitor.cli import setup_authorize

from .conftest import SECRET, Accounts, Driftline, answering

REFRESH = "first-refresh-token-of-the-account"


class Server:
    """An authorization server in front of the simulated account: one code at a time, PKCE S256, rotating tokens."""

    def __init__(self, accounts: Accounts) -> None:
        self._inner = accounts.salesforce.app
        self.challenge = self.code = ""
        self.refresh = REFRESH
        self.rotation = 0
        self.broken = ""  # what the token endpoint does wrong
        self.grants: list[str] = []

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:  # type: ignore[type-arg]
        if scope["path"] != "/services/oauth2/token":
            await self._inner(scope, receive, send)
            return
        form = dict(parse_qsl((await receive())["body"].decode()))
        status, told = await self._token(form)
        body = orjson.dumps(told)
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        await send({"type": "http.response.body", "body": body})

    async def _token(self, form: dict[str, str]) -> tuple[int, dict[str, str]]:
        self.grants.append(form["grant_type"])
        if self.broken == "error":
            return 400, {"error": "invalid_grant", "error_description": f"code {form.get('code')} is no good"}
        if form.get("client_secret") != SECRET:
            return 401, {"error": "invalid_client"}
        if form["grant_type"] == "authorization_code":
            proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
            if form["code"] != self.code or proof.decode() != self.challenge:
                return 400, {"error": "invalid_grant", "error_description": "the verifier does not fit"}
        elif form["refresh_token"] != self.refresh:
            return 400, {"error": "invalid_grant", "error_description": "used before"}
        else:
            self.rotation += 1
            self.refresh = f"{REFRESH}-{self.rotation}"
        transport = httpx.ASGITransport(self._inner)  # an access token that the account takes
        async with httpx.AsyncClient(transport=transport, base_url="http://inside") as inside:
            made = await inside.post(
                "/services/oauth2/token", data={"grant_type": "client_credentials"}, auth=("driftline", SECRET)
            )
        told = {"access_token": made.json()["access_token"], "token_type": "Bearer"}
        return 200, told if self.broken == "no refresh" else {**told, "refresh_token": self.refresh}


@pytest.fixture
def server(accounts: Accounts) -> Iterator[Server]:
    made = Server(accounts)
    with answering({"auth": made}) as at:
        accounts.at["auth"] = at["auth"]
        yield made


@pytest.fixture
def configured(stack: Path, accounts: Accounts, server: Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings = stack / "config" / "driftline.yaml"
    settings.write_text(settings.read_text() + 'token_keys: ["${env:DRIFTLINE_TOKEN_KEY}"]\n')
    monkeypatch.setenv("DRIFTLINE_TOKEN_KEY", Fernet.generate_key().decode())
    (stack / "config" / "integrations" / "sf.yaml").write_text(
        f"vendor: salesforce\nowner: marketing-operations\nbase: {accounts.at['auth']}\nallow_private: true\n"
        "credentials: {scheme: refresh_token, client_id: '${env:SALESFORCE_CLIENT_ID}', "
        "client_secret: '${env:SALESFORCE_CLIENT_SECRET}'}\n"
    )
    return stack


Browser = Callable[[str], object]


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Browser]]:
    """What a browser does with the address it is given; the last entry counts."""
    acts: list[Browser] = []
    threads: list[threading.Thread] = []

    def told(address: str) -> None:
        threads.append(threading.Thread(target=acts[-1], args=(address,)))
        threads[-1].start()

    monkeypatch.setattr(setup_authorize, "_told", told)
    yield acts
    for thread in threads:
        thread.join(20)


def back(address: str, **brought: str) -> httpx.Response:
    query = parse_qs(urlsplit(address).query)
    params = {"state": query["state"][0], **brought}
    return httpx.get(query["redirect_uri"][0], params=params, trust_env=False)


def agrees(server: Server) -> Browser:
    def act(address: str) -> None:
        query = parse_qs(urlsplit(address).query)
        assert query["code_challenge_method"] == ["S256"] and query["response_type"] == ["code"]
        assert query["scope"] == ["api refresh_token openid"]
        server.challenge, server.code = query["code_challenge"][0], "the-code-that-was-given"
        assert "Close this page" in back(address, code=server.code).text

    return act


def stored(stack: Path) -> bytes:
    return b"".join(path.read_bytes() for path in (stack / "var").glob("state.db*"))


def test_a_person_agrees_and_the_token_is_kept_encrypted(
    driftline: Driftline, configured: Path, server: Server, browser: list[Browser]
) -> None:
    browser.append(agrees(server))
    done = driftline("authorize", "sf", "--port", "0")
    assert done.code == 0, done.err
    assert "account Example Industrial Supply (00D5g0000000007EAA)" in done.out
    assert REFRESH not in done.out + done.err and REFRESH.encode() not in stored(configured)
    assert driftline("doctor", "sf").code == 0, "the rotated token is used from then on"
    assert server.grants == ["authorization_code", "refresh_token", "refresh_token"]
    again = driftline("authorize", "sf", "--port", "0")
    assert again.code == 2 and "--again replaces it" in again.err


def test_another_state_is_refused_and_waited_past(
    driftline: Driftline, configured: Path, server: Server, browser: list[Browser]
) -> None:
    def act(address: str) -> None:
        assert back(address, state="guessed", code="stolen").status_code == 400
        agrees(server)(address)

    browser.append(act)
    assert driftline("authorize", "sf", "--port", "0").code == 0
    browser.append(lambda address: back(address, state="guessed", code="stolen"))
    late = driftline("authorize", "sf", "--again", "--port", "0", "--timeout", "1s")
    assert late.code == 2 and "nobody came back" in late.err and "1 came with another state" in late.err


def test_only_the_callback_on_its_own_host_is_answered(
    driftline: Driftline, configured: Path, server: Server, browser: list[Browser]
) -> None:
    said: list[int] = []

    def act(address: str) -> None:
        at = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        said.append(httpx.get(at.replace("/callback", "/other"), trust_env=False).status_code)
        said.append(httpx.get(at, headers={"host": "evil.example"}, trust_env=False).status_code)
        said.append(httpx.post(at, trust_env=False).status_code)
        agrees(server)(address)

    browser.append(act)
    assert driftline("authorize", "sf", "--port", "0").code == 0
    assert said == [404, 404, 405]


@pytest.mark.parametrize(
    ("broken", "brings", "words"),
    [
        (
            "",
            {"error": "access_denied", "error_description": "end user denied"},
            "the vendor did not agree: access_deni",
        ),
        ("", {"code": "another"}, "the verifier does not fit"),
        ("error", {"code": "the-code"}, "the vendor did not take the code: Expired"),
        ("no refresh", None, "gave no refresh token"),
    ],
)
def test_what_fails_at_the_vendor_is_one_sentence_and_keeps_nothing(
    driftline: Driftline, configured: Path, server: Server, browser: list[Browser], broken: str,
    brings: dict[str, str] | None, words: str,
) -> None:  # fmt: skip
    server.broken = broken
    browser.append(agrees(server) if brings is None else lambda address: back(address, **brings))
    done = driftline("authorize", "sf", "--port", "0")
    assert done.code == 2 and words in done.err
    assert "code the-code is" not in done.err, "the code is a secret until it is used"
    server.broken = ""
    doctor = driftline("doctor")
    assert doctor.code == 2 and "run driftline authorize sf" in doctor.out.replace("\n", " "), "nothing was kept"


def test_a_verifier_that_does_not_fit_is_refused(
    driftline: Driftline, configured: Path, server: Server, browser: list[Browser]
) -> None:
    def act(address: str) -> None:
        server.challenge, server.code = "of-somebody-else", "code-1"
        back(address, code="code-1")

    browser.append(act)
    done = driftline("authorize", "sf", "--port", "0")
    assert done.code == 2 and "the verifier does not fit" in done.err


def test_without_a_key_nothing_begins(
    driftline: Driftline, configured: Path, server: Server, browser: list[Browser]
) -> None:
    settings = configured / "config" / "driftline.yaml"
    settings.write_text(settings.read_text().rpartition("token_keys")[0])
    done = driftline("authorize", "sf")
    assert done.code == 2 and "driftline token new-key" in done.err and server.grants == []
    key = driftline("token", "new-key")
    assert key.code == 0 and Fernet(key.out.strip())


def test_a_scheme_that_nobody_agrees_to_is_refused(driftline: Driftline, accounts: Accounts) -> None:
    assert driftline("init", *accounts.options("hubspot"), "--yes").code == 0
    done = driftline("authorize", "hubspot-prod")
    assert done.code == 2 and "nobody has to agree" in done.err
    assert driftline("authorize", "nosuch").code == 2
