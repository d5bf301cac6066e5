"""Users and roles, where the auth manager is FAB: its own API stands beside Airflow's, below /auth.

Other auth managers keep theirs elsewhere, and the simple one answers any address below /auth with its sign-in page and
a 200. So the OpenAPI document of the auth manager, which each of them publishes there, is asked first for what it has.
"""

from __future__ import annotations

from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Malformed, Unsupported
from probes.kit.listing import Fetch
from probes.kit.paging import Paging

PAGES: Final = Paging(style="offset", into="offset", size=100, size_into="limit", total="total_entries")
FAB: Final = "/auth/fab/v1"


async def offered(api: Client, path: str) -> None:
    """Raises Unsupported where the auth manager of this server has no such read."""
    told: Any = (await api.ask(Ask("/auth/openapi.json"))).value("paths")
    if not isinstance(told, dict):
        raise Malformed("the auth manager's OpenAPI document has no paths")
    here = [told[name] for name in told if name.endswith(f"/fab/v1/{path}")]
    if not any("get" in operations for operations in here):
        raise Unsupported(
            f"the auth manager of this server does not tell its {path.partition('/')[0]}: FAB's does, of a release "
            "that has them in its API",
            code="auth-manager",
        )


def listed(name: str, order: str) -> Fetch:
    """All users, or all roles, once it is known that there is a list."""

    @once
    async def fetch(api: Client) -> Answer:
        await offered(api, name)
        rows = await api.every(Ask(f"{FAB}/{name}", {"order_by": order}), PAGES, name)
        return made({name: rows})

    return fetch
