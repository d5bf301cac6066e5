"""What the story changes at the vendor is what the probes then read: at the addresses expected, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from types import ModuleType
from typing import Any

import httpx
import pytest

from probes.kit import registry
from probes.kit.client import Connection, connect
from probes.kit.clock import ManualClock
from probes.kit.contract import Read, State
from probes.kit.drive import read
from probes.kit.limiter import Limiters
from probes.simulated import hubspot, salesforce
from probes.simulated.story import HUBSPOT, SALESFORCE, STORY, Accounts, Expect, Step

SECRETS = {"client_id": "simulated-client", "client_secret": "simulated-secret", "token": "pat-eu1-simulated"}
ACCOUNTS: dict[str, tuple[ModuleType, str]] = {
    "salesforce": (salesforce, "client_credentials"),
    "hubspot": (hubspot, "token"),
}
Where = tuple[str, str, str, str, str]  # integration, kind, scope, key, fact; an empty fact is the row itself


class Nothing:
    """No memory and no rotating tokens: every poll is the first."""

    async def recall(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        return {}

    async def load(self, name: str) -> dict[str, Any] | None:
        return None

    async def refresh_started(self, name: str) -> None:
        raise AssertionError("nothing here rotates")

    async def save(self, name: str, token: dict[str, Any]) -> None:
        raise AssertionError("nothing here rotates")


async def polled(accounts: Accounts, clock: ManualClock) -> tuple[dict[Where, Any], set[tuple[str, str, str]]]:
    """All facts by address, and the scopes whose reads were complete."""
    facts: dict[Where, Any] = {}
    whole: set[tuple[str, str, str]] = set()
    for name, (_, scheme) in ACCOUNTS.items():
        vendor, integration = registry.vendor(name), f"{name}-prod"
        options = {key: spec.default for key, spec in vendor.options.items()}
        connection = Connection(integration, vendor, options, scheme, SECRETS.__getitem__, base="http://127.0.0.1:9",
                                allow_private=True)  # fmt: skip
        transport = httpx.ASGITransport(getattr(accounts, name).app)
        async with connect(
            connection, clock=clock, limiters=Limiters(clock), tokens=Nothing(), transport=transport
        ) as api:
            async for item in read(vendor, api, Nothing()):
                for scope in item.scopes if isinstance(item, Read) else ():
                    if scope.coverage.state is State.COMPLETE:
                        whole.add((integration, str(scope.ref.kind), scope.ref.name))
                    for row in scope.resources:
                        at = (integration, str(scope.ref.kind), scope.ref.name, row.key)
                        facts[*at, ""] = True
                        facts |= {(*at, fact): value for fact, value in row.facts.items()}
    return facts, whole


def fits(expect: Expect, at: Where) -> bool:
    patterns = (expect.integration, expect.kind, expect.scope, expect.key, expect.fact)
    return all(fnmatchcase(part, pattern) for part, pattern in zip(at, patterns, strict=True))


@pytest.mark.parametrize("step", STORY, ids=lambda step: step.number)
async def test_a_line_is_read_where_it_is_expected_and_nowhere_else(step: Step) -> None:
    clock = ManualClock(1_795_300_000.0, leap=True)
    accounts = Accounts({SALESFORCE: salesforce.Account(clock=clock), HUBSPOT: hubspot.Account(clock=clock)})
    for needed in step.needs:
        next(other for other in STORY if other.number == needed).do(accounts)
    before, seen = await polled(accounts, clock)
    step.do(accounts)
    after, still = await polled(accounts, clock)

    def row(at: Where) -> Where:
        return (*at[:4], "")

    changed = {
        at for at in before.keys() | after.keys()
        if before.get(at) != after.get(at) and at[:3] in seen & still
        and (not at[4] or (row(at) in before) == (row(at) in after))
    }  # fmt: skip
    spoken = [e for e in step.expect if e.source == "drift" and not e.silent and e.scope != "vantage"]
    for expect in spoken:
        assert any(fits(expect, at) for at in changed), expect
    assert [at for at in changed if not any(fits(expect, at) for expect in (*spoken, *step.may))] == []
    for expect in step.expect:
        assert not expect.silent or not any(fits(expect, at) for at in changed), expect


async def test_a_lost_scope_leaves_deals_unread_and_everything_else_whole() -> None:
    clock = ManualClock(1_795_300_000.0, leap=True)
    accounts = Accounts({SALESFORCE: salesforce.Account(clock=clock), HUBSPOT: hubspot.Account(clock=clock)})
    _, seen = await polled(accounts, clock)
    next(step for step in STORY if step.number == "7").do(accounts)
    _, still = await polled(accounts, clock)
    assert ("hubspot-prod", "field", "deals") in seen
    assert all(scope.startswith("deals") for _, _, scope in seen - still)
    assert seen - still
