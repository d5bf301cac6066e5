"""What the terminal says of a daemon whose answers are not what they should be. respx answers: no daemon does this."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import respx

from monitor.cli.out import Stop
from monitor.cli.remote import TOKEN, Remote, remote
from monitor.config.models import Service

AT = "http://127.0.0.1:9731"
SERVICE = Service.model_validate({"stack": {"name": "acme"}})


@pytest.fixture
async def daemon(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Remote]:
    monkeypatch.setenv(TOKEN, "dl_secret")
    async with remote(SERVICE, None) as there:
        yield there


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(200, text="<html>hello"), "answered 200 without JSON; is server.listen the daemon's own"),
        (httpx.Response(401, json={"title": "Sign in first"}), f"Sign in first. Set {TOKEN} to a token"),
        (httpx.Response(403, json={"detail": "This needs the role admin"}), "needs the role admin"),
        (httpx.Response(409, json={"problems": ["One.", "Two."]}), "One. Two."),
        (httpx.Response(500, json=["odd"]), "the daemon answered HTTP 500"),
        (httpx.Response(200, json={"items": [{"name": 1}]}), "of the same release"),
    ],
)
async def test_an_answer_that_does_not_fit_is_said_in_a_sentence(
    daemon: Remote, answer: httpx.Response, words: str
) -> None:
    with respx.mock(base_url=AT) as wire:
        asked = wire.get("/api/v1/tokens").mock(return_value=answer)
        with pytest.raises(Stop) as stop:
            await daemon.tokens()
    assert words in " ".join(stop.value.problems).replace("first Set", "first. Set")
    assert asked.calls.last.request.headers["authorization"] == "Bearer dl_secret"
    assert "dl_secret" not in str(stop.value)


@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), httpx.ReadTimeout("")])
async def test_a_daemon_that_does_not_answer_is_named_by_its_address(daemon: Remote, error: Exception) -> None:
    with respx.mock(base_url=AT) as wire:
        wire.post("/-/reload").mock(side_effect=error)
        with pytest.raises(Stop) as stop:
            await daemon.reload()
    assert f"a daemon holds this state but does not answer at {AT}" in " ".join(stop.value.problems)


@pytest.mark.parametrize("token", ["two words", "ünïcode", "a\nb"])
async def test_a_token_that_is_none_is_not_sent(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv(TOKEN, token)
    with pytest.raises(Stop, match="expected one token"):
        async with remote(SERVICE, None):
            raise AssertionError("nobody is asked with it")
