"""Faults on demand, the logs, and changing an account from another process over a real socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from probes.simulated import hubspot, salesforce
from probes.simulated.control import HEADER, PREFIX, Remote, Simulated

TOKEN = "pat-eu1-simulated"
DETAILS = "/account-info/2026-09/details"
KEY = {"Authorization": f"Bearer {TOKEN}"}


class Now:
    def now(self) -> float:
        return 1_795_300_000.0


@asynccontextmanager
async def served(account: Simulated) -> AsyncIterator[str]:
    """The account behind a real server on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(account.app, log_level="error", lifespan="on"))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


async def test_another_process_changes_the_account_and_reads_what_happened() -> None:
    account = hubspot.Account(clock=Now(), control_token="open")
    async with served(account) as base:
        remote = Remote(base, "open")
        options = await asyncio.to_thread(remote.options, type="contacts", name="region")
        assert [option["value"] for option in options] == ["EMEA", "AMER", "APAC"]
        await asyncio.to_thread(remote.set_super_admin, email="admin-03@example.com", on=True)
        assert account.user("admin-03@example.com")["superAdmin"] is True
        with pytest.raises(RuntimeError, match="there is no user nobody"):
            await asyncio.to_thread(remote.set_super_admin, email="nobody@example.com")
        async with httpx.AsyncClient(base_url=base, headers=KEY) as client:
            assert (await client.get(DETAILS)).status_code == 200
            seen = (await client.get(PREFIX, headers={HEADER: "open"})).json()
    assert seen["requests"] == [["GET", DETAILS, 200]]
    assert [change["method"] for change in seen["log"]] == ["set_super_admin"]


@pytest.mark.parametrize(
    ("token", "header", "path", "status"),
    [
        ("", "", "shuffle", 404),
        ("open", "wrong", "shuffle", 403),
        ("open", "", "shuffle", 403),
        ("open", "open", "answer", 404),
        ("open", "open", "serve", 404),
        ("open", "open", "shuffle?x=1", 200),
    ],
)
async def test_control_is_closed_without_its_token_and_offers_only_changes(
    token: str, header: str, path: str, status: int
) -> None:
    account = salesforce.Account(clock=Now(), control_token=token)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(account.app), base_url="http://org.test") as client:
        answer = await client.post(PREFIX + path, headers={HEADER: header}, json={})
        assert answer.status_code == status
    assert account.shuffling is (status == 200)


async def test_control_is_for_this_machine_alone() -> None:
    account = salesforce.Account(clock=Now(), control_token="open")
    transport = httpx.ASGITransport(account.app, client=("10.0.0.9", 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://org.test") as client:
        assert (await client.post(f"{PREFIX}shuffle", headers={HEADER: "open"}, json={})).status_code == 404


async def test_wrong_arguments_are_told_and_change_nothing() -> None:
    account = salesforce.Account(clock=Now(), control_token="open")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(account.app), base_url="http://org.test") as client:
        for body in ({"nope": 1}, {"object": "Lead", "name": "Nope__c"}):
            answer = await client.post(f"{PREFIX}delete_field", headers={HEADER: "open"}, json=body)
            assert answer.status_code == 400
            assert answer.json()["problem"].startswith("delete_field: ")
    assert account.log == []


async def test_faults_come_as_often_as_asked_and_can_be_taken_back() -> None:
    account = hubspot.Account(clock=Now())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(account.app), base_url="http://h.test", headers=KEY
    ) as api:
        whole = await api.get(DETAILS)
        account.cut("details", 40)
        assert (await api.get(DETAILS)).content == whole.content[:40]
        assert (await api.get(DETAILS)).content == whole.content
        account.fail("details", 503, "<html>soon</html>", times=2)
        answers = [await api.get(DETAILS) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [503, 503, 200]
        assert answers[0].headers["content-type"].startswith("text/html")
        account.throttle(2)
        assert [(await api.get(DETAILS)).status_code for _ in range(3)] == [429, 429, 200]
        account.cut("details", 1)
        account.throttle(5)
        account.mend()
        assert (await api.get(DETAILS)).content == whole.content
    assert [line.status for line in account.requests].count(429) == 2


async def test_a_throttled_org_speaks_salesforces_envelope() -> None:
    account = salesforce.Account(clock=Now())
    account.throttle()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(account.app), base_url="http://org.test") as client:
        refused = await client.get("/services/data/v68.0/limits")
        assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
        assert (await client.get("/services/data/v68.0/limits")).status_code == 401


async def test_an_account_can_be_slow() -> None:
    account = hubspot.Account(clock=Now(), latency=0.05)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(account.app), base_url="http://h.test", headers=KEY
    ) as api:
        started = asyncio.get_running_loop().time()
        await asyncio.gather(*(api.get(DETAILS) for _ in range(4)))
        assert asyncio.get_running_loop().time() - started >= 0.05
