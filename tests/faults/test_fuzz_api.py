"""Random bodies, addresses, headers and cookies at the pages and the API: an answer below 500, in bounded time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import httpx
import pytest

from monitor.web.settings import Settings
from tests.web.conftest import asking, blank, engine

from .fuzzing import SEED, TIMES, mangled, text, within

__all__ = ["asking", "blank", "engine"]
BODY = b'{"uuid": "7b1e", "kind": "approve", "findings": {"abc": "def"}, "reason": "r", "until": 1.5, "listings": null}'
PATHS = (
    "/", "/findings?stand=open&size=20", "/findings/abc", "/history?after=1", "/rules", "/api/v1/findings?limit=1",
    "/api/v1/findings/abc", "/api/v1/events?after=0&limit=5", "/api/v1/decisions/7b1e", "/api/v1/integrations/x",
    "/api/v1/readings?integration=x", "/api/v1/coverage?state=denied", "/sign-in/abc", "/integrations/x",
)  # fmt: skip
POSTS = ("/api/v1/decisions", "/api/v1/integrations/hubspot-prod/poll", "/decide", "/sign-in/abc", "/-/reload")


async def asked(client: httpx.AsyncClient, seed: int, count: int) -> set[int]:
    """The status codes that came."""
    draw, codes = Random(seed), set[int]()
    for number in range(count):
        path = draw.choice(PATHS if number % 2 else POSTS)
        if draw.random() < 0.7:
            path = "/" + mangled(draw, path.encode())[:300].decode("latin-1").lstrip("/")
        headers = {
            "cookie": text(draw, ("driftline_session=abc",)), "authorization": text(draw, ("Bearer dl_abc",)),
            "content-type": draw.choice(("application/json", "application/x-www-form-urlencoded", "text/plain", "é")),
            "sec-fetch-site": draw.choice(("same-origin", "cross-site", "none")),
        }  # fmt: skip
        kept = {name: value.encode("utf-8", "replace").replace(b"\r\n", b" ") for name, value in headers.items()}
        dropped = draw.choice(("cookie", "authorization", "content-type"))
        kept.pop(dropped)
        try:
            request = client.build_request(
                "GET" if number % 2 else "POST", path, headers=kept, content=mangled(draw, BODY)
            )
        except httpx.InvalidURL:
            continue
        with within(10, (path, kept)):
            answer = await client.send(request)
        codes.add(answer.status_code)
        assert answer.status_code < 500 or answer.status_code == 503, (seed, number, path, answer.text[:300])
    return codes


Asking = Callable[..., httpx.AsyncClient]


MODES = pytest.mark.parametrize(("mode", "some"), [("none", {200, 400, 404}), ("tokens", {401})])


@MODES
async def test_whatever_is_asked_is_answered(asking: Asking, mode: str, some: set[int]) -> None:
    assert await asked(asking(Settings(mode=mode)), SEED, 250) >= some


@pytest.mark.proof
@MODES
async def test_whatever_is_asked_is_answered_for_long(asking: Asking, mode: str, some: set[int]) -> None:
    assert await asked(asking(Settings(mode=mode)), SEED, 250 * TIMES) >= some
