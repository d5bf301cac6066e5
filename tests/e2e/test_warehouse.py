"""The daemon watches a real PostgreSQL that its owner changes, from the catalogue to the commit that approves it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.serving import Serving, Stack
from tests.real.conftest import WEAK_TOKEN
from tests.real.postgres import Postgres

NAME = "warehouse"
TABLE = "shop.orders"


@pytest.fixture
def daemon(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Everything that was found is its baseline; the role may read one column of one table."""
    postgres.run(
        "CREATE SCHEMA shop",
        "CREATE TABLE shop.orders (id bigint PRIMARY KEY, email varchar(120), loaded timestamptz)",
        "INSERT INTO shop.orders VALUES (1, 'a', now())", "CREATE ROLE buyers",
        "GRANT USAGE ON SCHEMA shop TO driftline; GRANT SELECT (loaded) ON shop.orders TO driftline",
    )  # fmt: skip
    stack = Stack(tmp_path_factory.mktemp("warehouse") / "stack")
    password = stack.secret("warehouse", WEAK_TOKEN)
    credentials = {"scheme": "basic", "user": stack.secret("user", "driftline"), "password": password}
    stack.integration(NAME, "sql", postgres.base, credentials, options={"freshness": {TABLE: "loaded 6h"}})
    try:
        with Serving(stack) as serving:
            serving.capture(NAME)
            assert serving.poll(NAME)["outcome"] == "ok"
            assert serving.findings() == []
            yield serving
    finally:
        postgres.run("DROP SCHEMA shop CASCADE", "DROP OWNED BY driftline", "DROP ROLE buyers")


def test_what_its_owner_changes_is_told_and_what_we_may_see_less_of_is_not_gone(
    daemon: Serving, postgres: Postgres
) -> None:
    postgres.run(
        "ALTER TABLE shop.orders ALTER COLUMN email TYPE varchar(40)",
        "ALTER TABLE shop.orders RENAME COLUMN loaded TO loaded_at",
        "GRANT DELETE ON shop.orders TO buyers",
    )
    daemon.poll(NAME)
    narrowed, renamed = daemon.found(TABLE, "email", "length"), daemon.found(TABLE, "loaded")
    granted = daemon.found("shop.orders.grants", "buyers")
    assert narrowed and (narrowed["action"], narrowed["level"]) == ("narrowed", "breaking")
    assert renamed and (renamed["action"], renamed["level"]) == ("renamed", "breaking")
    assert granted and granted["action"] == "added"
    assert daemon.decide("approve", narrowed, reason="it is meant")["state"] == "pushed"
    assert '"length": 40' in daemon.stack.git("-C", str(daemon.stack.hub), "show", "main")

    postgres.run("REVOKE ALL ON shop.orders FROM driftline; REVOKE ALL ON SCHEMA shop FROM driftline")
    before = {one["id"] for one in daemon.findings()}
    daemon.poll(NAME)
    daemon.poll(NAME)
    assert {one["id"] for one in daemon.findings() if one["kind"] in ("schema", "field")} <= before

    postgres.run("ALTER ROLE driftline PASSWORD 'another'")
    try:
        assert daemon.poll(NAME)["outcome"] != "ok"
        assert {one["id"] for one in daemon.findings() if one["kind"] in ("schema", "field")} <= before
    finally:
        postgres.run(f"ALTER ROLE driftline PASSWORD '{WEAK_TOKEN}'")
    assert daemon.poll(NAME)["outcome"] == "partial", "signed in again; freshness is denied"


def test_a_dropped_table_is_one_finding_and_so_is_a_role_that_begins_to_sign_in(
    daemon: Serving, postgres: Postgres
) -> None:
    postgres.run("GRANT SELECT ON shop.orders TO buyers")
    daemon.poll(NAME)
    granted = daemon.found("shop.orders.grants", "buyers")
    assert granted and daemon.decide("approve", granted, reason="it is meant")["state"] == "pushed"
    postgres.run("ALTER ROLE buyers LOGIN")
    daemon.poll(NAME)
    held = {(one["scope"], one["fact"], one["action"]) for one in daemon.findings() if one["kind"] == "permission"}
    assert ("users", "", "renamed") in held and not any(action in ("added", "removed") for _, _, action in held), held
    postgres.run("ALTER ROLE buyers NOLOGIN", "DROP TABLE shop.orders")
    daemon.poll(NAME)
    gone = [one for one in daemon.findings("suspected") if one["action"] == "removed"]
    assert [(one["kind"], one["scope"], one["key"]) for one in gone] == [("schema", "shop.tables", TABLE)], gone
