"""One real Directus for a test run, with the stack that the tests change.

Where it cannot be installed the tests are skipped by name; where CI is set they fail instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.real.directus import Server, Unavailable

WEAK_TOKEN = "token-of-a-plain-role"  # of a server that lives as long as the tests


@pytest.fixture(scope="session")
def directus() -> Iterator[Server]:
    """A running server: a collection `leads`, a role and policy `Sales` that may read it, a user of that role."""
    try:
        server = Server().__enter__()
    except Unavailable as error:
        if os.environ.get("CI"):
            pytest.fail(f"the real Directus may not be skipped here: {error}", pytrace=False)
        pytest.skip(f"no real Directus: {error}")
    try:
        _furnish(server)
        yield server
    finally:
        server.stop()


def _furnish(server: Server) -> None:
    choices = [{"text": "New", "value": "new"}, {"text": "Qualified", "value": "qualified"}]
    server.post(
        "/collections",
        {
            "collection": "leads",
            "schema": {},
            "meta": {"note": "People who may buy"},
            "fields": [
                {"field": "id", "type": "integer", "schema": {"is_primary_key": True, "has_auto_increment": True}},
                {"field": "email", "type": "string", "schema": {"max_length": 120}, "meta": {"interface": "input"}},
                {"field": "status", "type": "string", "schema": {}, "meta": {"options": {"choices": choices}}},
            ],
        },
    )
    policy = server.post("/policies", {"name": "Sales", "admin_access": False, "app_access": True})["id"]
    role = server.post("/roles", {"name": "Sales"})["id"]
    server.post("/access", {"role": role, "policy": policy})
    server.post("/permissions", {"policy": policy, "collection": "leads", "action": "read", "fields": ["*"]})
    server.post(
        "/users", {"email": "sales-01@example.com", "password": WEAK_TOKEN[::-1], "role": role, "token": WEAK_TOKEN}
    )
