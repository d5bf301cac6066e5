"""Rotating tokens: encrypted, durable in the right order, and never behind a new key."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from monitor.adapters.store import Store
from monitor.adapters.tokens import TokenKeyError, Tokens, new_key
from probes.kit.clock import ManualClock

TOKEN = {"refresh_token": "canary-4711"}


async def test_a_token_is_read_back_and_lies_encrypted(store: Store, clock: ManualClock) -> None:
    key = new_key()
    tokens = await Tokens.open(store, [key], clock)
    assert await tokens.load("hubspot-prod") is None
    await tokens.refresh_started("hubspot-prod")
    assert await tokens.load("hubspot-prod") is None
    await tokens.save("hubspot-prod", TOKEN)
    await tokens.refresh_started("hubspot-prod")
    assert await (await Tokens.open(store, [key], clock)).load("hubspot-prod") == TOKEN
    for file in store.folder.iterdir():
        assert b"canary-47" not in file.read_bytes()
        assert key.encode() not in file.read_bytes()
    await tokens.forget("hubspot-prod")
    assert await tokens.load("hubspot-prod") is None


async def test_a_lost_key_is_an_error_that_names_the_integration_and_no_key(store: Store, clock: ManualClock) -> None:
    key, other = new_key(), new_key()
    await (await Tokens.open(store, [key], clock)).save("hubspot-prod", TOKEN)
    for keys in ([], [other]):
        with pytest.raises(TokenKeyError, match="hubspot-prod") as caught:
            await Tokens.open(store, keys, clock)
        assert not any(one[:8] in str(caught.value) for one in (key, other))
    assert await (await Tokens.open(store, [other, key], clock)).load("hubspot-prod") == TOKEN


async def test_keys_are_changed_by_putting_one_in_front_and_rotating(store: Store, clock: ManualClock) -> None:
    old, new = new_key(), new_key()
    await (await Tokens.open(store, [old], clock)).save("hubspot-prod", TOKEN)
    await (await Tokens.open(store, [new, old], clock)).rotate()
    assert await (await Tokens.open(store, [new], clock)).load("hubspot-prod") == TOKEN


async def test_without_a_key_nothing_rotating_is_kept_and_the_rest_works(store: Store, clock: ManualClock) -> None:
    tokens = await Tokens.open(store, [], clock)
    assert await tokens.load("salesforce-prod") is None
    with pytest.raises(TokenKeyError, match="token_keys"):
        await tokens.save("salesforce-prod", TOKEN)


async def test_a_key_that_is_none_is_said_without_showing_it(store: Store, clock: ManualClock) -> None:
    with pytest.raises(TokenKeyError, match="key 2") as caught:
        await Tokens.open(store, [new_key(), "not-a-key-4711"], clock)
    assert "4711" not in str(caught.value)


KILLED = """
import asyncio, pathlib, sys
from monitor.adapters.store import Store
from monitor.adapters.tokens import Tokens
from probes.kit.clock import SystemClock

async def main():
    store = await Store.open(pathlib.Path(sys.argv[1]), SystemClock())
    tokens = await Tokens.open(store, [sys.argv[2]], SystemClock())
    await tokens.save("a", {"refresh_token": "1"}) if await tokens.load("a") is None else None
    await tokens.refresh_started("a")
    await tokens.save("a", {"refresh_token": "2"})

asyncio.run(main())
"""


@pytest.mark.parametrize(("place", "kept"), [("token.before", "1"), ("token.after", "1"), ("token.saved", "2")])
async def test_kill_9_around_a_refresh_leaves_the_newest_token_that_was_told(
    store: Store, clock: ManualClock, place: str, kept: str
) -> None:
    key = new_key()
    await (await Tokens.open(store, [key], clock)).save("a", {"refresh_token": "1"})
    await store.close()
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", KILLED, str(store.folder), key],
        env={**os.environ, "DRIFTLINE_FAILPOINT": place},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    again = await Store.open(store.folder, clock)
    assert await (await Tokens.open(again, [key], clock)).load("a") == {"refresh_token": kept}
    await again.close()
