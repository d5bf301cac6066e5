"""The sql vendor file against a real PostgreSQL, changed as its owner changes one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from probes.kit.contract import Kind, Sample, State
from probes.kit.listing import Listing, keep
from probes.sql import VENDOR
from tests.probes.kit.proxy import Authority
from tests.real.conftest import WEAK_TOKEN
from tests.real.polling import Poll, Poller
from tests.real.postgres import Postgres

TABLE = "analytics.leads"
SIGHT = "GRANT USAGE ON SCHEMA analytics TO driftline; GRANT SELECT (loaded_at) ON analytics.leads TO driftline"
ODD = '"o\'dd, ""role"""'


@pytest.fixture
def warehouse(postgres: Postgres) -> Iterator[Postgres]:
    """A schema with a table, a view, a partitioned table and what constrains them; gone after each test."""
    postgres.run(
        "CREATE ROLE analysts; CREATE ROLE looker LOGIN; GRANT analysts TO looker; CREATE SCHEMA analytics",
        "CREATE TYPE analytics.stage AS ENUM ('new', 'won'); CREATE DOMAIN analytics.score AS numeric(6,2) NOT NULL",
        "CREATE TABLE analytics.accounts (id uuid PRIMARY KEY)",
        "CREATE TABLE analytics.leads (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email varchar(120) NOT NULL"
        " UNIQUE, score analytics.score DEFAULT 0, stage analytics.stage, stages analytics.stage[],"
        " loaded_at timestamptz, shown text GENERATED ALWAYS AS (lower(email)) STORED,"
        " account uuid REFERENCES analytics.accounts,"
        " CHECK (email <> ''))",
        "COMMENT ON TABLE analytics.leads IS 'People who may buy'; COMMENT ON COLUMN analytics.leads.email IS 'Mail'",
        "CREATE VIEW analytics.won AS SELECT id, email FROM analytics.leads WHERE stage = 'won'",
        "CREATE TABLE analytics.visits (at date) PARTITION BY RANGE (at)",
        "CREATE TABLE analytics.visits_1 PARTITION OF analytics.visits DEFAULT",
        "GRANT USAGE ON SCHEMA analytics TO analysts; GRANT SELECT, INSERT ON analytics.leads TO analysts",
        "GRANT SELECT (email), UPDATE (email) ON analytics.leads TO looker",
        "GRANT UPDATE ON analytics.leads TO looker WITH GRANT OPTION",
    )
    yield postgres
    postgres.run("DROP SCHEMA analytics CASCADE", "DROP OWNED BY analysts, looker, driftline",
                 'DROP ROLE IF EXISTS "o\'dd, ""role"""', "DROP ROLE analysts, looker")  # fmt: skip


def poller(server: Postgres, **how: Any) -> Poller:
    return Poller(VENDOR, how.pop("base", server.base), how.pop("password", WEAK_TOKEN),
                  **{"user": "driftline", **how})  # fmt: skip


def worst(poll: Poll) -> set[tuple[State, str]]:
    return {(found.coverage.state, found.coverage.code) for found in poll.reads.values()}


async def test_everything_is_read_by_a_role_that_may_only_connect(warehouse: Postgres) -> None:
    poll = await poller(warehouse).poll()
    assert poll.vantage.coverage.complete and poll.vantage.grants == {"CONNECT"}
    assert poll.vantage.subject == "driftline" and poll.vantage.account_name == "warehouse"
    assert worst(poll) == {(State.COMPLETE, "")}
    tables = poll.rows(Kind.SCHEMA, "analytics.tables")
    assert {key: row.facts["native_type"] for key, row in tables.items()} == {
        "analytics.accounts": "table", "analytics.leads": "table", "analytics.visits": "partitioned table",
        "analytics.won": "view",
    }  # fmt: skip
    assert tables[TABLE].facts["description"] == "People who may buy"
    assert len(tables["analytics.won"].facts["x_definition"]) == 16
    columns = {key: row.facts for key, row in poll.rows(Kind.FIELD, TABLE).items()}
    assert columns["email"].items() >= {"type": "text", "length": 120, "required": True, "unique": True,
                                        "description": "Mail", "native_type": "character varying"}.items()  # fmt: skip
    assert columns["email"]["validation"] == ["CHECK (((email)::text <> ''::text))"]
    assert columns["id"].items() >= {"type": "integer", "auto_number": True, "required": False,
                                     "x_primary_key": True}.items()  # fmt: skip
    assert columns["score"].items() >= {"type": "decimal", "precision": 6, "scale": 2, "nullable": False,
                                        "required": False}.items()  # fmt: skip
    assert (columns["stage"]["type"], columns["stages"]["type"]) == ("option", "multi_option")
    assert columns["stage"]["options"] == columns["stages"]["options"] == [{"value": "new"}, {"value": "won"}]
    assert columns["shown"]["calculated"] and columns["shown"]["formula"] == "lower((email)::text)"
    assert columns["account"]["references"] == ["analytics.accounts"] and columns["account"]["type"] == "id"
    assert columns["loaded_at"].items() >= {"type": "datetime", "nullable": True}.items()


async def test_roles_and_who_may_do_what(warehouse: Postgres) -> None:
    warehouse.run(f"CREATE ROLE {ODD}; GRANT DELETE ON analytics.leads TO {ODD}")
    poll = await poller(warehouse).poll()
    assert poll.rows(Kind.PERMISSION, "users")["looker"].facts["roles"] == ["analysts"]
    assert poll.rows(Kind.PERMISSION, "users")["postgres"].facts["admin"] is True
    assert "pg_monitor" not in poll.rows(Kind.PERMISSION, "users")
    assert poll.rows(Kind.PERMISSION, "users")["analysts"].facts["active"] is False
    held = {key: row.facts for key, row in poll.rows(Kind.PERMISSION, "analytics.leads.grants").items()}
    assert held["analysts"] == {"read": True, "create": True, "edit": False, "delete": False}
    assert held['o\'dd, "role"']["delete"] is True
    assert poll.rows(Kind.PERMISSION, "analytics.schema-grants")["analysts"].facts["grants"] == ["USAGE"]
    assert held["looker"]["fields"] == ["SELECT email", "UPDATE email"]
    assert held["looker"]["grants"] == ["UPDATE, may be passed on"]
    assert poll.rows(Kind.PERMISSION, "database-grants")["PUBLIC"].facts["grants"] == ["CONNECT", "TEMPORARY"]


async def test_a_narrowed_grant_hides_tables_in_information_schema_and_none_from_us(warehouse: Postgres) -> None:
    seen = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'analytics'"
    warehouse.run("GRANT USAGE ON SCHEMA analytics TO driftline; GRANT SELECT ON analytics.leads TO driftline")
    before = await poller(warehouse).poll()
    assert len(warehouse.ask(seen, "driftline", WEAK_TOKEN)) == 1
    warehouse.run("REVOKE ALL ON analytics.leads FROM driftline; REVOKE ALL ON SCHEMA analytics FROM driftline")
    assert len(warehouse.ask(seen, "driftline", WEAK_TOKEN)) == 0, "the trap that this file goes round is no longer one"
    after = await poller(warehouse).poll()
    for kind, name in ((Kind.SCHEMA, "analytics.tables"), (Kind.FIELD, TABLE), (Kind.SCHEMA, "schemas")):
        assert after.rows(kind, name).keys() == before.rows(kind, name).keys()
        assert after.scope(kind, name).coverage.complete and after.scope(kind, name).needs == ()


async def test_triggers_and_routines_are_read_of_whoever_they_are_and_their_text_is_not(warehouse: Postgres) -> None:
    warehouse.run(
        "CREATE FUNCTION analytics.won() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = analytics"
        " AS 'BEGIN NEW.score = 42; RETURN NEW; END'",
        "CREATE FUNCTION analytics.twice(a int, b text) RETURNS bigint LANGUAGE sql RETURN a * 2",
        "CREATE PROCEDURE analytics.clean() LANGUAGE sql AS 'DELETE FROM analytics.leads'",
        "CREATE AGGREGATE analytics.most(int) (sfunc = int4larger, stype = int)",
        "CREATE TRIGGER won BEFORE INSERT OR UPDATE OF stage, email ON analytics.leads FOR EACH ROW"
        " WHEN (NEW.stage = 'won') EXECUTE FUNCTION analytics.won('secret')",
        "CREATE TRIGGER told AFTER TRUNCATE ON analytics.leads EXECUTE FUNCTION analytics.won()",
        "CREATE CONSTRAINT TRIGGER late AFTER DELETE ON analytics.leads DEFERRABLE FOR EACH ROW EXECUTE FUNCTION"
        " analytics.won()",
        "CREATE TRIGGER part AFTER INSERT ON analytics.visits FOR EACH ROW EXECUTE FUNCTION analytics.won()",
        "CREATE TRIGGER seen AFTER UPDATE ON analytics.leads REFERENCING NEW TABLE AS n FOR EACH STATEMENT"
        " EXECUTE FUNCTION analytics.won()",
        "ALTER TABLE analytics.leads DISABLE TRIGGER told; COMMENT ON TRIGGER won ON analytics.leads IS 'Scores'",
    )
    theirs = "SELECT routine_definition FROM information_schema.routines WHERE routine_name = 'won'"
    assert warehouse.ask(theirs, "driftline", WEAK_TOKEN) in ([], [[None]], [(None,)])
    poll = await poller(warehouse).poll()
    assert worst(poll) == {(State.COMPLETE, "")}
    found = poll.rows(Kind.AUTOMATION, "analytics.triggers")
    assert found.keys() == {f"{TABLE}/{name}" for name in ("won", "told", "late", "seen")} | {"analytics.visits/part"}
    won = found[f"{TABLE}/won"].facts
    assert won.items() >= {
        "object": TABLE, "trigger": "BEFORE INSERT OR UPDATE", "active": True, "reads": ["email", "stage"],
        "actions": ["analytics.won"], "x_each": "row", "x_fires": "origin", "native_type": "trigger",
    }.items()  # fmt: skip
    assert len(won["x_condition"]) == len(won["x_arguments"]) == 16
    assert found[f"{TABLE}/told"].facts.items() >= {"active": False, "trigger": "AFTER TRUNCATE"}.items()
    assert found[f"{TABLE}/late"].facts.items() >= {
        "native_type": "constraint trigger", "x_options": "DEFERRABLE INITIALLY IMMEDIATE",
    }.items()  # fmt: skip
    assert found[f"{TABLE}/seen"].facts["x_options"] == "REFERENCING NEW TABLE AS n"
    routines = poll.rows(Kind.AUTOMATION, "analytics.routines")
    assert {key: row.facts["native_type"] for key, row in routines.items()} == {
        "analytics.won()": "function", "analytics.twice(integer, text)": "function",
        "analytics.clean()": "procedure", "analytics.most(integer)": "aggregate",
    }  # fmt: skip
    assert routines["analytics.won()"].facts.items() >= {
        "x_language": "plpgsql", "x_rights": "of its owner", "x_gives": "trigger", "opaque": True,
    }.items()  # fmt: skip
    texts = {key: row.facts["x_definition"] for key, row in routines.items()}
    assert all(len(text) == 16 for text in texts.values()) and len(set(texts.values())) == 4
    assert len(routines["analytics.won()"].facts["x_settings"]) == 16
    warehouse.run("CREATE OR REPLACE FUNCTION analytics.twice(a int, b text) RETURNS bigint LANGUAGE sql RETURN a * 3",
                  "ALTER TABLE analytics.leads DISABLE TRIGGER won")  # fmt: skip
    poll = await poller(warehouse).poll()
    after = {key: row.facts["x_definition"] for key, row in poll.rows(Kind.AUTOMATION, "analytics.routines").items()}
    assert {key for key in texts if texts[key] != after[key]} == {"analytics.twice(integer, text)"}
    assert poll.rows(Kind.AUTOMATION, "analytics.triggers")[f"{TABLE}/won"].facts["active"] is False


async def test_what_watches_the_database_itself_is_told(warehouse: Postgres) -> None:
    warehouse.run(
        "CREATE FUNCTION analytics.no() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE EVENT TRIGGER no_drops ON sql_drop WHEN TAG IN ('DROP TABLE', 'DROP VIEW')"
        " EXECUTE FUNCTION analytics.no()",
    )
    poll = await poller(warehouse).poll()
    warehouse.run("DROP EVENT TRIGGER no_drops")
    assert worst(poll) == {(State.COMPLETE, "")}
    found = poll.rows(Kind.AUTOMATION, "event-triggers")["no_drops"].facts
    assert found.items() >= {"trigger": "sql_drop", "active": True, "actions": ["analytics.no"],
                             "x_commands": ["DROP TABLE", "DROP VIEW"]}.items()  # fmt: skip
    assert poll.rows(Kind.PLATFORM, "extensions")["plpgsql"].facts["x_schema"] == "pg_catalog"


async def test_what_is_replicated_is_told_to_a_role_that_may_only_connect(warehouse: Postgres) -> None:
    warehouse.run(
        "CREATE PUBLICATION told FOR TABLE analytics.leads WITH (publish = 'insert, delete')",
        "CREATE PUBLICATION everything FOR ALL TABLES",
        "CREATE SUBSCRIPTION off CONNECTION 'host=127.0.0.1 password=not-for-git' PUBLICATION told"
        " WITH (connect = false)",
    )
    try:
        poll = await poller(warehouse).poll()
        assert worst(poll) == {(State.COMPLETE, "")}
        found = {key: row.facts for key, row in poll.rows(Kind.SYNC, "publications").items()}
        assert found["told"] == {"operation": "insert, delete", "owner": "postgres", "x_whole": False,
                                 "x_tables": [TABLE]}  # fmt: skip
        assert found["everything"]["x_whole"] is True and "x_tables" not in found["everything"]
        own = poll.rows(Kind.SYNC, "subscriptions")["off"]
        assert own.facts == {"enabled": False, "owner": "postgres", "x_publications": ["told"], "x_slot": "off"}
        assert own.health.state == "disabled" and not poll.rows(Kind.SYNC, "slots")
        assert "not-for-git" not in repr(poll)
    finally:
        warehouse.run("ALTER SUBSCRIPTION off SET (slot_name = NONE)", "DROP SUBSCRIPTION off",
                      "DROP PUBLICATION told, everything")  # fmt: skip


async def test_what_an_extension_brings_is_left_out(warehouse: Postgres) -> None:
    warehouse.run("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA analytics")
    there = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'analytics'::regnamespace"
    assert warehouse.ask(there)[0][0] > 10
    poll = await poller(warehouse).poll()
    assert not poll.scope(Kind.AUTOMATION, "analytics.routines").keys


async def test_a_catalogue_that_is_taken_away_is_denied_and_nothing_is_gone(warehouse: Postgres) -> None:
    warehouse.run("REVOKE SELECT ON pg_catalog.pg_class FROM PUBLIC")
    try:
        poll = await poller(warehouse).poll()
    finally:
        warehouse.run("GRANT SELECT ON pg_catalog.pg_class TO PUBLIC")
    assert poll.vantage.coverage.complete
    read = poll.reads["tables/analytics"].coverage
    assert (read.state, read.code) == (State.DENIED, "42501")
    for id in ("columns/*", "grants/*"):
        assert poll.reads[id].coverage.state is State.DENIED


async def test_a_dropped_column_a_narrowed_type_and_a_rename(warehouse: Postgres) -> None:
    eye = poller(warehouse)
    before = (await eye.poll()).rows(Kind.FIELD, TABLE)
    warehouse.run("DROP VIEW analytics.won", "ALTER TABLE analytics.leads DROP COLUMN stages, DROP COLUMN shown",
                  "ALTER TABLE analytics.leads ALTER COLUMN email TYPE varchar(40)",
                  "ALTER TABLE analytics.leads RENAME COLUMN stage TO phase",
                  "ALTER TABLE analytics.leads ALTER COLUMN loaded_at TYPE date")  # fmt: skip
    poll = await eye.poll()
    scope = poll.scope(Kind.FIELD, TABLE)
    after = {row.key: row for row in scope.resources}
    assert scope.coverage.complete and scope.keys == (before.keys() - {"stages", "stage", "shown"}) | {"phase"}
    assert after["email"].facts["length"] == 40
    assert (before["loaded_at"].facts["type"], after["loaded_at"].facts["type"]) == ("datetime", "date")
    assert after["phase"].id == before["stage"].id, "a rename is paired by it"
    assert "analytics.won" not in poll.scope(Kind.SCHEMA, "analytics.tables").keys


async def test_what_is_the_same_is_not_looked_at_again(warehouse: Postgres) -> None:
    eye = poller(warehouse)
    first = await eye.poll()
    second = await eye.poll()
    assert second.moved == set() and len(first.moved) > 20
    assert all(scope.whole for found in second.reads.values() for scope in found.scopes)


async def fresh(server: Postgres, said: str = "loaded_at 6h", **how: Any) -> Any:
    poll = await poller(server, options={"freshness": {TABLE: said}}, **how).poll(listings=["freshness"])
    (found,) = poll.reads.values()
    return found


async def test_freshness_takes_a_right_on_one_column_and_is_a_time_not_an_age(warehouse: Postgres) -> None:
    denied = await fresh(warehouse)
    assert (denied.coverage.state, denied.coverage.code) == (State.DENIED, "42501") and not denied.memo
    warehouse.run(SIGHT)
    assert (await fresh(warehouse)).scopes[0].resources[0].health == Sample("unknown")
    warehouse.run("INSERT INTO analytics.leads (email, loaded_at) VALUES ('a', '2026-11-01 12:00:00+02')")
    (row,) = (await fresh(warehouse)).scopes[0].resources
    at = 1_793_527_200.0
    assert row.health is not None and row.health.lag is not None
    assert (row.health.state, row.health.succeeded_at, row.health.due_at) == ("ok", at, at + 6 * 3600)
    assert row.evidence["newest"] == "2026-11-01T10:00:00+00:00"
    assert (await fresh(warehouse, "loaded_at")).scopes[0].resources[0].health.due_at is None
    gone = await fresh(warehouse, "loaded")
    assert (gone.coverage.state, gone.coverage.code) == (State.FAILED, "42703")


async def test_row_level_security_refuses_instead_of_hiding_the_newest_row(warehouse: Postgres) -> None:
    warehouse.run(SIGHT, "GRANT SELECT (email) ON analytics.leads TO driftline",
                  "INSERT INTO analytics.leads (email, loaded_at) VALUES ('a', now())",
                  "ALTER TABLE analytics.leads ENABLE ROW LEVEL SECURITY",
                  "CREATE POLICY mine ON analytics.leads FOR SELECT TO analysts USING (email = 'b')")  # fmt: skip
    ((hidden,),) = warehouse.ask("SELECT max(loaded_at) FROM analytics.leads", "driftline", WEAK_TOKEN)
    assert hidden is None, "the trap: no row, and not a word"
    found = await fresh(warehouse)
    assert (found.coverage.state, found.coverage.code) == (State.DENIED, "42501")
    (row,) = (await poller(warehouse).poll()).rows(Kind.PERMISSION, "policies").values()
    assert row.key == f"{TABLE}/mine" and row.facts["roles"] == ["analysts"]
    assert row.facts["row_filter"] == "((email)::text = 'b'::text)"


async def test_a_statement_that_waits_is_stopped_by_the_server_within_the_deadline(warehouse: Postgres) -> None:
    warehouse.run(SIGHT)
    holder = warehouse.connect()
    try:
        holder.cursor().execute("BEGIN; LOCK TABLE analytics.leads IN ACCESS EXCLUSIVE MODE")
        found = await fresh(warehouse, deadline=1.0)
        assert found.coverage.state is State.FAILED
        assert found.coverage.code in ("57014", "deadline")
    finally:
        holder.close()
    busy = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'driftline'"
    assert warehouse.ask(busy)[0][0] == 0


async def test_a_wrong_password_is_a_dead_credential_and_no_change(warehouse: Postgres) -> None:
    poll = await poller(warehouse, password="another").poll()
    assert (poll.vantage.coverage.state, poll.vantage.coverage.code) == (State.DENIED, "28P01")
    assert {(state, code) for state, code in worst(poll)} == {(State.DENIED, "28P01")}
    assert sum(poll.signals.requests.values()) == 1, "asking again and again may lock an account"


async def test_another_database_of_the_server_is_refused(warehouse: Postgres) -> None:
    eye = poller(warehouse, base=warehouse.base.replace("warehouse", "elsewhere"))
    assert (await eye.poll()).vantage.coverage.code == "3D000"


async def test_tls_is_asked_for_and_held_to_its_certificate(warehouse: Postgres, certified: Authority) -> None:
    plain = await poller(warehouse, user="sealed").poll()
    assert (plain.vantage.coverage.state, plain.vantage.coverage.code) == (State.DENIED, "28000")
    base = warehouse.base.replace("+plain", "")
    sealed = await poller(warehouse, base=base, user="sealed", ca_file=certified.ca_file).poll()
    assert sealed.vantage.coverage.complete and worst(sealed) == {(State.COMPLETE, "")}
    strange = await poller(warehouse, base=base, user="sealed", deadline=5.0).poll()
    assert (strange.vantage.coverage.state, strange.vantage.coverage.code) == (State.FAILED, "tls")
    assert "ca_file" in strange.vantage.coverage.reason
    other = base.replace("127.0.0.1", "localhost")
    assert (await poller(warehouse, base=other, user="sealed", ca_file=certified.ca_file, deadline=5.0).poll()
            ).vantage.coverage.code == "tls"  # fmt: skip


async def test_a_server_without_tls_is_not_spoken_to_in_the_clear() -> None:
    with Postgres() as bare:
        bare.run(f"CREATE ROLE driftline LOGIN PASSWORD '{WEAK_TOKEN}'")
        assert (await poller(bare).poll()).vantage.coverage.complete
        sealed = await poller(bare, base=bare.base.replace("+plain", ""), deadline=5.0).poll()
        assert sealed.vantage.coverage.code == "tls" and "has no TLS" in sealed.vantage.coverage.reason
        eye = poller(bare, deadline=5.0)
        await eye.poll()
        bare.stop()
        gone = await eye.poll()
        assert (gone.vantage.coverage.state, gone.vantage.coverage.code) == (State.FAILED, "connect")
        assert not any(found.scopes for found in gone.reads.values())


async def test_nothing_can_be_written_and_nothing_is_found_by_another_path(warehouse: Postgres) -> None:
    settings = ("transaction_read_only", "row_security", "search_path", "statement_timeout", "application_name")
    rows = ", ".join(f"current_setting('{name}') AS {name}" for name in settings)
    own = VENDOR.model_copy(update={
        "statements": {**VENDOR.statements, "settings": f"SELECT {rows}"},
        "listings": (Listing(name="settings", kind=Kind.PLATFORM, path="/settings", records="rows",
                             key="application_name", facts=keep(**{f"x_{name}": name for name in settings})),),
    })  # fmt: skip
    (row,) = (
        (await Poller(own, warehouse.base, WEAK_TOKEN, user="driftline").poll())
        .rows(Kind.PLATFORM, "settings")
        .values()
    )
    assert msgspec.to_builtins(row.facts) == {
        "x_transaction_read_only": "on", "x_row_security": "off", "x_search_path": "pg_catalog",
        "x_statement_timeout": "54s", "x_application_name": "driftline",
    }  # fmt: skip


async def test_names_that_need_quotes_are_read_and_asked_for_as_they_are(warehouse: Postgres) -> None:
    warehouse.run('CREATE TABLE analytics."a.b ""c"" %s :d" ("At; x" timestamptz)',
                  'GRANT SELECT ON analytics."a.b ""c"" %s :d" TO driftline', SIGHT,
                  'INSERT INTO analytics."a.b ""c"" %s :d" VALUES (\'2026-11-01\')')  # fmt: skip
    poll = await poller(warehouse).poll()
    key = 'analytics.a%2Eb "c" %25s :d'
    assert poll.rows(Kind.FIELD, key)["At; x"].facts["type"] == "datetime"
    wide = poll.reads[f"columns/{key}"]
    assert wide.coverage.complete
    assert await _newest(warehouse, 'analytics.a.b "c" %s :d', "At;") == "42703"


async def _newest(server: Postgres, table: str, column: str) -> str:
    poll = await poller(server, options={"freshness": {table: column}}).poll(listings=["freshness"])
    (found,) = poll.reads.values()
    return found.coverage.code
