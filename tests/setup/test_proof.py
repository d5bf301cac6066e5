"""What is said of grants before anything is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from monitor.setup.proof import prove
from probes.kit.contract import Coverage, State, Vantage
from probes.kit.listing import Vendor
from probes.kit.registry import vendor


class Reader:
    """A poller whose credential holds no grant that any answer tells of, and may not sign in."""

    def __init__(self, of: Vendor) -> None:
        self.vendor = of

    async def stream(self, **how: Any) -> AsyncIterator[Vantage]:
        yield Vantage("1", "me", frozenset(), coverage=Coverage(State.DENIED, "no"))


@pytest.mark.parametrize(("name", "told"), [("hubspot", True), ("klaviyo", False), ("fivetran", False)])
async def test_a_grant_is_said_to_lack_only_where_the_vendor_tells_what_a_credential_may_do(
    name: str, told: bool
) -> None:
    proof = await prove(Reader(vendor(name)), want=lambda kind, scope: True)  # type: ignore[arg-type]
    assert bool(proof.unheld) is told and vendor(name).grants
