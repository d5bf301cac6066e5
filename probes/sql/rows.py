"""How a statement of the catalogue is asked, and what is made of its rows."""

from __future__ import annotations

from typing import Any

from probes.kit.api import Ask, Client
from probes.kit.contract import Malformed


async def rows(api: Client, statement: str, **values: Any) -> list[dict[str, Any]]:
    """The rows of one of STATEMENTS. Raises Malformed."""
    found = (await api.ask(Ask(f"/{statement}", values))).value("rows")
    if not isinstance(found, list):
        raise Malformed("the answer has no rows")
    return found


def gone() -> Malformed:
    return Malformed("the thing is gone: it was dropped between two statements", code="moved")
