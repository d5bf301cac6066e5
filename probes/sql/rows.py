"""How a statement of the catalogue is asked, and what is made of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from probes.kit.api import Answer, Ask, Client
from probes.kit.contract import Malformed
from probes.kit.listing import Row


async def rows(api: Client, statement: str, **values: Any) -> list[dict[str, Any]]:
    """The rows of one of STATEMENTS. Raises Malformed."""
    found = (await api.ask(Ask(f"/{statement}", values))).value("rows")
    if not isinstance(found, list):
        raise Malformed("the answer has no rows")
    return found


def made(found: Sequence[Row]) -> Answer:
    return Answer(200, {}, msgspec.json.encode({"rows": found}))


def gone() -> Malformed:
    return Malformed("the thing is gone: it was dropped between two statements", code="moved")
