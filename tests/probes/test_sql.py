"""The sql vendor file against a simulated warehouse, and the parts that PostgreSQL's own texts go through."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from probes.kit.clock import ManualClock
from probes.kit.contract import Absent, Fault, Kind, Malformed, Parent, Ref, Resource, State
from probes.kit.demand import look
from probes.kit.memo import Memos
from probes.simulated.sql import Account
from probes.sql import VENDOR
from probes.sql.code import trigger
from probes.sql.told import closure, granted, listed, qualified, span
from probes.testing.databases import DatabaseWire, statements
from probes.testing.world import World

LEAD = "salesforce.lead"


class Seen:
    """A warehouse and our polls of it."""

    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock(1_780_000_000.0, leap=True)
        self.account = Account(clock=self.clock, password="demo-password")
        self.wire = DatabaseWire(self.account)
        self.world = World(
            VENDOR, clock=self.clock, scheme="basic", secrets={"user": "driftline", "password": "demo-password"},
            base=self.wire.base, allow_private=True, options=options,
        )  # fmt: skip

    async def rows(self, kind: Kind, scope: str, **how: Any) -> dict[str, Any]:
        _, scopes, _ = await self.world.poll(**how)
        return {row.key: row for row in scopes[Ref(kind, scope)].resources}


@asynccontextmanager
async def seen(**options: Any) -> AsyncIterator[Seen]:
    made = Seen(**options)
    await made.wire.open()
    try:
        yield made
    finally:
        await made.world.api.__aexit__(None, None, None)
        await made.wire.close()


Do = Callable[[Account], None]


@pytest.mark.parametrize(
    ("do", "kind", "scope", "gone", "come"),
    [
        (lambda a: a.drop_column(LEAD, "region"), Kind.FIELD, LEAD, {"region"}, set()),
        (lambda a: a.add_column(LEAD, "utm", "text"), Kind.FIELD, LEAD, set(), {"utm"}),
        (lambda a: a.rename_column(LEAD, "region", "area"), Kind.FIELD, LEAD, {"region"}, {"area"}),
        (lambda a: a.drop_table("hubspot.contact"), Kind.SCHEMA, "hubspot.tables", {"hubspot.contact"}, set()),
        (lambda a: a.rename_table(LEAD, "leads"), Kind.SCHEMA, "salesforce.tables", {LEAD}, {"salesforce.leads"}),
        (lambda a: a.create_table("salesforce.task", {"id": "text"}), Kind.SCHEMA, "salesforce.tables", set(),
         {"salesforce.task"}),
        (lambda a: a.add_role("interns"), Kind.PERMISSION, "users", set(), {"interns"}),
        (lambda a: a.revoke("INSERT", LEAD, "loaders"), Kind.PERMISSION, f"{LEAD}.grants", {"loaders"}, set()),
    ],
)  # fmt: skip
async def test_what_comes_and_goes(do: Do, kind: Kind, scope: str, gone: set[str], come: set[str]) -> None:
    async with seen() as here:
        _, scopes, _ = await here.world.poll()
        before = scopes[Ref(kind, scope)].keys
        do(here.account)
        _, scopes, reads = await here.world.poll()
        after = scopes[Ref(kind, scope)]
        assert after.coverage.complete and (before - after.keys, after.keys - before) == (gone, come)
        assert all(found.coverage.complete for found in reads.values())


async def test_a_narrower_type_a_right_and_a_superuser_are_changes_of_facts() -> None:
    async with seen() as here:
        before = await here.rows(Kind.FIELD, LEAD)
        assert before["email"].facts["length"] == 80
        here.account.alter_column(LEAD, "email", "varchar(40)")
        here.account.alter_column(LEAD, "score", "numeric(4,-1)")
        here.account.comment(LEAD, "People")
        after = await here.rows(Kind.FIELD, LEAD)
        assert after["email"].facts["length"] == 40 and after["email"].id == before["email"].id
        assert (after["score"].facts["precision"], after["score"].facts["scale"]) == (4, -1)
        here.account.set_superuser("looker")
        here.account.grant("UPDATE", LEAD, "analysts")
        assert (await here.rows(Kind.PERMISSION, "users"))["looker"].facts["admin"] is True
        assert (await here.rows(Kind.PERMISSION, f"{LEAD}.grants", fresh=True)) == {}, "nothing moved since"


async def test_the_grants_of_a_dropped_table_go_with_it() -> None:
    async with seen() as here:
        _, before, _ = await here.world.poll()
        grants = Ref(Kind.PERMISSION, f"{LEAD}.grants")
        assert before[grants].parent == Parent(Ref(Kind.SCHEMA, "salesforce.tables"), LEAD) and before[grants].keys
        here.account.drop_table(LEAD)
        _, after, _ = await here.world.poll()
        assert grants not in after and after[Ref(Kind.SCHEMA, "salesforce.tables")].coverage.complete
        assert after[Ref(Kind.PERMISSION, "salesforce.campaign.grants")].coverage.complete


async def test_a_role_that_begins_to_sign_in_is_the_same_role_and_from_then_on_a_person() -> None:
    async with seen() as here:
        here.account.grant("SELECT", LEAD, "analysts")
        _, before, _ = await here.world.poll(person=lambda name: f"p-{name}")
        here.account.set_login("analysts")
        here.world.memories = Memos()
        _, after, _ = await here.world.poll(person=lambda name: f"p-{name}")
        for name in ("users", f"{LEAD}.grants"):
            old, new = (scopes[Ref(Kind.PERMISSION, name)] for scopes in (before, after))
            assert (old.keys - new.keys, new.keys - old.keys) == ({"analysts"}, {"p-analysts"})
            ids = {row.key: row.id for row in (*old.resources, *new.resources)}
            assert ids["analysts"] == ids["p-analysts"] != "", "so that it is told as one that is named otherwise"
        users = {row.key: row.facts for row in after[Ref(Kind.PERMISSION, "users")].resources}
        assert users["p-analysts"]["active"] is True and users["loaders"]["active"] is False


async def test_triggers_and_routines_are_compared_without_their_text() -> None:
    async with seen() as here:
        place, table = "analytics.triggers", "analytics.qualified_lead"
        _, scopes, _ = await here.world.poll()
        (found,) = ((row.key, row) for row in scopes[Ref(Kind.AUTOMATION, place)].resources)
        assert found[0] == f"{table}/mark"
        assert found[1].facts.items() >= {
            "object": table, "trigger": "AFTER UPDATE", "active": True, "reads": ["channel"], "x_each": "row",
            "actions": ["analytics.mark_qualified"], "native_type": "trigger", "x_fires": "origin",
        }.items()  # fmt: skip
        (routine,) = scopes[Ref(Kind.AUTOMATION, "analytics.routines")].resources
        assert routine.key == "analytics.mark_qualified()"
        assert routine.facts.items() >= {"native_type": "function", "x_language": "plpgsql", "opaque": True,
                                         "x_rights": "of who calls it", "x_gives": "trigger"}.items()  # fmt: skip
        here.account.enable_trigger(table, "mark", on=False)
        here.account.create_function("analytics.mark_qualified", "BEGIN RETURN new; END", definer=True)
        here.account.create_function("analytics.mark_qualified", "SELECT 1", "text, int8")
        here.world.memories = Memos()
        _, scopes, _ = await here.world.poll()
        (mark,) = scopes[Ref(Kind.AUTOMATION, place)].resources
        assert (mark.facts["active"], mark.facts.get("x_fires")) == (False, None)
        after = {row.key: row for row in scopes[Ref(Kind.AUTOMATION, "analytics.routines")].resources}
        assert after.keys() == {"analytics.mark_qualified()", "analytics.mark_qualified(text, bigint)"}
        same = after["analytics.mark_qualified()"]
        assert same.id == routine.id and same.facts["x_rights"] == "of its owner"
        assert same.facts["x_definition"] != routine.facts["x_definition"] and "new" not in str(same.facts)
        here.account.drop_table(table)
        _, scopes, _ = await here.world.poll()
        assert not scopes[Ref(Kind.AUTOMATION, place)].keys


TRIGGER = {"oid": 1, "schema": 2, "schema_name": "a", "relation": "b", "name": "t", "fires": "R", "description": None,
           "constraint_number": 0, "function": "f", "function_schema": "a"}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "event", "reads", "options"),
    [
        ("CREATE TRIGGER t BEFORE INSERT ON a.b FOR EACH STATEMENT EXECUTE FUNCTION a.f()", "BEFORE INSERT", [], None),
        ('CREATE TRIGGER " ON x" INSTEAD OF INSERT OR DELETE OR UPDATE OF "x "" ON, y", z ON a."b c" FOR EACH ROW'
         " EXECUTE FUNCTION a.f('x', ') EXECUTE FUNCTION g(')", "INSTEAD OF DELETE OR INSERT OR UPDATE",
         ['x " ON, y', "z"], None),
        ("CREATE CONSTRAINT TRIGGER t AFTER UPDATE ON a.b DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
         " WHEN ((old.\"A b\" IS DISTINCT FROM new.c)) EXECUTE PROCEDURE a.f()", "AFTER UPDATE", ["A b", "c"],
         "DEFERRABLE INITIALLY DEFERRED"),
    ],
)  # fmt: skip
def test_a_trigger_as_postgresql_writes_it(text: str, event: str, reads: list[str], options: str | None) -> None:
    made = trigger(TRIGGER | {"definition": text})
    assert (made["event"], made["reads"], made["options"]) == (event, reads, options)
    assert (made["fires"], made["active"]) == ("replica", True)


def test_a_trigger_that_is_not_as_postgresql_writes_it_is_malformed() -> None:
    with pytest.raises(Malformed, match="not as PostgreSQL writes it"):
        trigger(TRIGGER | {"definition": None})


async def test_freshness_is_late_by_what_is_allowed() -> None:
    async with seen(freshness={LEAD: "_fivetran_synced 6h"}) as here:
        start = here.clock.now()
        (row,) = (await here.rows(Kind.SYNC, LEAD)).values()
        assert (row.health.succeeded_at, row.health.due_at, row.health.lag) == (start, start + 21_600, 0.0)
        here.clock.advance(30_000)
        (row,) = (await here.rows(Kind.SYNC, LEAD)).values()
        assert 8_400.0 <= row.health.lag <= here.clock.now() - start - 21_600 and row.health.succeeded_at == start
        here.account.blind(LEAD)
        _, scopes, reads = await here.world.poll()
        assert reads[f"freshness/{LEAD}"].coverage.state is State.DENIED
        assert (
            not scopes[Ref(Kind.SYNC, LEAD)].resources
            and scopes[Ref(Kind.SCHEMA, "salesforce.tables")].coverage.complete
        )


@pytest.mark.parametrize("said", ["", "a b c", "_fivetran_synced 6 h", "_fivetran_synced soon", None])
async def test_freshness_that_is_not_said_right_is_rejected_with_how_to_say_it(said: str | None) -> None:
    async with seen(freshness={LEAD: said, "lead": "x"}) as here:
        _, _, reads = await here.world.poll(listings=["freshness"])
        for name in (LEAD, "lead"):
            found = reads[f"freshness/{name}"].coverage
            assert found.state is State.FAILED and f"options.freshness: {name}: expected schema.table" in found.reason


async def test_a_table_that_goes_between_two_statements_is_malformed_and_not_a_removal() -> None:
    async with seen() as here:
        inner = here.account.respond

        def respond(request: Any) -> Any:
            if b"pg_attrdef" in request.body:
                here.account.respond = inner
                here.account.drop_table(LEAD)
            return inner(request)

        here.account.respond = respond  # type: ignore[method-assign]
        _, _, reads = await here.world.poll()
        found = reads[f"columns/{LEAD}"].coverage
        assert (found.state, found.code) == (State.FAILED, "moved")
        assert reads["columns/hubspot.contact"].coverage.complete


async def test_the_grants_of_the_vantage_are_the_roles_of_the_user() -> None:
    async with seen() as here:
        here.account.add_role("readers", member_of="analysts")
        here.account.catalogue.db.execute("DELETE FROM pg_catalog.pg_roles WHERE rolname = 'driftline'")
        here.account.add_role("driftline", login=True, member_of="readers")
        here.account.set_superuser("driftline")
        vantage, _, _ = await here.world.poll()
        assert vantage.grants == {"CONNECT", "superuser", "role:readers", "role:analysts"}
        here.account.catalogue.db.execute("UPDATE pg_catalog.pg_roles SET rolvaliduntil = '2027-01-01 00:00:00+00'")
        vantage, _, _ = await here.world.poll()
        assert vantage.credential_expires_at == 1_798_761_600.0


async def test_what_watches_the_database_itself_and_what_it_was_extended_by_are_told() -> None:
    async with seen() as here:
        assert (await here.rows(Kind.PLATFORM, "extensions"))["plpgsql"].facts == {
            "version": "1.0", "x_schema": "pg_catalog",
        }  # fmt: skip
        here.account.guard("no_drops", "analytics.mark_qualified", "sql_drop", tags='{"DROP TABLE","DROP SCHEMA"}')
        found = (await here.rows(Kind.AUTOMATION, "event-triggers"))["no_drops"].facts
        assert found == {
            "active": True, "owner": "postgres", "trigger": "sql_drop", "actions": ["analytics.mark_qualified"],
            "x_fires": "origin", "x_commands": ["DROP SCHEMA", "DROP TABLE"],
        }  # fmt: skip
        here.account.guard("no_drops", "analytics.mark_qualified", "sql_drop", on="D")
        assert (await here.rows(Kind.AUTOMATION, "event-triggers"))["no_drops"].facts["active"] is False


async def test_what_leaves_by_replication_is_told_and_a_slot_whose_log_is_lost_is_ill() -> None:
    async with seen() as here:
        found = await here.rows(Kind.SYNC, "publications")
        assert found["hightouch"].facts == {
            "operation": "insert, update, delete", "owner": "postgres", "x_whole": False,
            "x_tables": ["analytics.qualified_lead"],
        }  # fmt: skip
        here.account.publish("all", [], acts="insert truncate")
        every = (await here.rows(Kind.SYNC, "publications"))["all"].facts
        assert every.items() >= {"operation": "insert, truncate", "x_whole": True}.items() and "x_tables" not in every
        for kept, state in (("unreserved", "failing"), ("extended", "ok"), ("lost", "failing"), ("reserved", "ok")):
            here.account.set_slot("hightouch", kept)
            health = (await here.rows(Kind.SYNC, "slots"))["hightouch"].health
            assert health is not None and health.state == state


@pytest.mark.parametrize(
    ("how", "state"),
    [({}, "ok"), ({"working": False}, "failing"), ({"enabled": False, "working": False}, "disabled")],
)
async def test_a_subscription_is_ill_where_it_is_on_and_nobody_is_at_it(how: dict[str, bool], state: str) -> None:
    async with seen() as here:
        assert await here.rows(Kind.SYNC, "subscriptions") == {}
        here.account.subscribe("from_shop", "orders", **how)
        row = (await here.rows(Kind.SYNC, "subscriptions"))["from_shop"]
        assert row.facts["x_publications"] == ["orders"] and row.facts["enabled"] is how.get("enabled", True)
        assert row.health.state == state and (row.health.succeeded_at is not None) is (state == "ok")


def only(name: str) -> str:
    return name


@pytest.mark.parametrize(
    ("ref", "key", "drop", "where"),
    [
        (Ref(Kind.FIELD, LEAD), "region", lambda a: a.drop_column(LEAD, "region"), "pg_attribute"),
        (Ref(Kind.FIELD, LEAD), "region", lambda a: a.drop_table(LEAD), "pg_class"),
        (Ref(Kind.SCHEMA, "salesforce.tables"), LEAD, lambda a: a.drop_table(LEAD), "pg_class"),
        (Ref(Kind.SCHEMA, "schemas"), "hubspot",
         lambda a: a.catalogue.db.execute("DELETE FROM pg_catalog.pg_namespace WHERE nspname = 'hubspot'"),
         "pg_namespace"),
        (Ref(Kind.SCHEMA, "hubspot.tables"), "hubspot.contact",
         lambda a: a.catalogue.db.execute("DELETE FROM pg_catalog.pg_namespace WHERE nspname = 'hubspot'"),
         "pg_namespace"),
    ],
)  # fmt: skip
async def test_one_thing_is_looked_at_and_gone_where_the_catalogue_has_it_no_more(
    ref: Ref, key: str, drop: Do, where: str
) -> None:
    async with seen() as here:
        listed = (await here.rows(ref.kind, ref.name))[key]
        assert await look(VENDOR, here.world.api, ref, key, person=only) == listed
        drop(here.account)
        assert await look(VENDOR, here.world.api, ref, key, person=only) == Absent(f"not in {where}")


async def test_a_catalogue_that_is_refused_says_of_nothing_that_it_is_gone() -> None:
    async with seen() as here:
        await here.world.poll()
        here.account.catalogue.db.execute("DROP TABLE pg_catalog.pg_attribute")
        assert isinstance(await look(VENDOR, here.world.api, Ref(Kind.FIELD, LEAD), "region", person=only), Fault)
        there = await look(VENDOR, here.world.api, Ref(Kind.SCHEMA, "salesforce.tables"), LEAD, person=only)
        assert isinstance(there, Resource)
        other = await look(VENDOR, here.world.api, Ref(Kind.PERMISSION, "users"), "looker", person=only)
        assert isinstance(other, Fault) and other.code == "look"


async def test_an_answer_without_rows_is_malformed() -> None:
    from probes.kit.api import Answer
    from probes.sql import tables

    class Api:
        async def ask(self, _: Any) -> Answer:
            return Answer(200, {}, b"{}")

    with pytest.raises(Malformed, match="no rows"):
        await anext(tables(Api(), [{"id": "1", "key": "a"}], [{}]))  # type: ignore[arg-type]


async def test_no_statement_asks_for_a_row_of_anybody() -> None:
    async with seen(freshness={LEAD: "_fivetran_synced"}) as here:
        here.wire.armed = True
        await here.world.poll()
        sent = statements(here.wire.requests)
    assert len(sent) > 10
    own = [sql for sql in sent if " FROM pg_catalog." not in sql]
    assert own == ['SELECT max("_fivetran_synced") AS newest FROM "salesforce"."lead"']


def test_lists_and_privileges_as_postgresql_writes_them() -> None:
    assert listed(None) == listed("{}") == []
    assert listed('{a,"b \\"c\\"","d,e"}') == ["a", 'b "c"', "d,e"]
    assert granted('{=r/postgres,"\\"o\'dd \\"\\"role\\"\\"\\"=a*w/postgres",x=Zr/p}') == {
        "PUBLIC": {"SELECT"}, "o'dd \"role\"": {"INSERT", "INSERT, may be passed on", "UPDATE"}, "x": {"Z", "SELECT"},
    }  # fmt: skip
    assert granted("{a=r/x,a=w/y}") == {"a": {"SELECT", "UPDATE"}}
    with pytest.raises(Malformed):
        granted("{what}")


def test_names_roles_and_spans() -> None:
    assert qualified("a.b", "c%") == "a%2Eb.c%25"
    pairs = [{"member": "a", "role": "b"}, {"member": "b", "role": "c"}, {"member": "c", "role": "a"}]
    assert closure("a", pairs) == {"a", "b", "c"}
    assert [span(text) for text in ("90m", "2d", "6 h", "h", "")] == [5400.0, 172_800.0, None, None, None]
