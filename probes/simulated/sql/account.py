"""A simulated warehouse that can be changed as its owner changes one. Its tables are those of warehouse in the example
stack: what Fivetran loads out of Salesforce and HubSpot, and what analysts make of it."""

from __future__ import annotations

from typing import Any, Final

from probes.simulated.control import controlled

from .catalogue import BUILT_IN
from .core import OWNER, PLPGSQL, Core
from .example import ROLES, ROUTINE, TABLES, VIEWS

LETTERS: Final = {"SELECT": "r", "INSERT": "a", "UPDATE": "w", "DELETE": "d", "TRUNCATE": "D", "USAGE": "U"}
KIND: Final = {"table": "r", "view": "v"}


class Account(Core):
    """The warehouse of the example stack; its arguments are those of `Core`."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        for name, (login, member_of) in ROLES.items():
            self.add_role(name, login=login, member_of=member_of)
        for name, columns in TABLES.items():
            self.create_table(name, columns)
        for name, text in VIEWS.items():
            self.create_view(name, text)
        self.add_key("salesforce.lead", "id", "p")
        self.add_key("hubspot.contact", "email", "u")
        self.add_key("analytics.qualified_lead", "lead_id", "f", "salesforce.lead")
        self.add_check("salesforce.lead", "score", "CHECK ((score >= 0))")
        for schema in ("salesforce", "hubspot"):
            self.grant_schema(schema, "loaders")
            self.grant_schema(schema, "analysts")
        for name in (*TABLES, *VIEWS):
            self.grant("SELECT", name, "analysts")
        self.grant("INSERT", "salesforce.lead", "loaders")
        self.grant("SELECT", "hubspot.contact", "looker", column="email")
        self.add_policy("salesforce.lead", "own_region", "analysts", "(region = 'EMEA'::text)")
        self.create_function("analytics.mark_qualified", ROUTINE)
        self.create_trigger("analytics.qualified_lead", "mark", "analytics.mark_qualified", "UPDATE OF channel",
                            "old.channel IS DISTINCT FROM new.channel")  # fmt: skip
        self.load("salesforce.lead", "_fivetran_synced")
        self.publish("hightouch", ["analytics.qualified_lead"])
        self.add_slot("hightouch")
        self.log.clear()

    # tables and columns

    @controlled
    def create_table(self, table: str, columns: dict[str, str]) -> None:
        """Columns as {"name": "type", "other": "varchar(40) not null"}."""
        self._relation(table, "r")
        for name, type in columns.items():
            self._column(table, name, type)
        self.note("create_table", table=table)

    @controlled
    def create_view(self, view: str, text: str) -> None:
        oid = self._relation(view, "v")
        self.catalogue.insert("views", oid=oid, definition=text)
        self._column(view, "lead_id", "text")
        self.note("create_view", view=view)

    @controlled
    def drop_table(self, table: str) -> None:
        oid = self.table(table)
        for name, column in (
            ("pg_attribute", "attrelid"),
            ("pg_class", "oid"),
            ("pg_constraint", "conrelid"),
            ("pg_trigger", "tgrelid"),
        ):
            self.catalogue.db.execute(f"DELETE FROM pg_catalog.{name} WHERE {column} = ?", (oid,))  # noqa: S608
        self.note("drop_table", table=table)

    @controlled
    def rename_table(self, table: str, to: str) -> None:
        self._set("pg_class", "oid", self.table(table), relname=to)
        self.note("rename_table", table=table, to=to)

    @controlled
    def add_column(self, table: str, column: str, type: str) -> None:
        self._column(table, column, type)
        self.note("add_column", table=table, column=column, type=type)

    @controlled
    def drop_column(self, table: str, column: str) -> None:
        self._alter(table, column, attisdropped=1, attname=f"........pg.dropped.{self._number(table, column)}........")
        self.note("drop_column", table=table, column=column)

    @controlled
    def rename_column(self, table: str, column: str, to: str) -> None:
        self._alter(table, column, attname=to)
        self.note("rename_column", table=table, column=column, to=to)

    @controlled
    def alter_column(self, table: str, column: str, type: str) -> None:
        """Another type, in the words of `create_table`."""
        oid, modifier, filled = self._type(type)
        self._alter(table, column, atttypid=oid, atttypmod=modifier, attnotnull=filled)
        self.note("alter_column", table=table, column=column, type=type)

    @controlled
    def comment(self, table: str, text: str) -> None:
        self.catalogue.insert("pg_description", objoid=self.table(table), classoid=1259, objsubid=0, description=text)
        self.note("comment", table=table)

    @controlled
    def load(self, table: str, column: str, at: float | None = None) -> None:
        """A loader brings rows: the newest time in a column is now, or `at`; the user may ask for it."""
        schema, _, name = table.partition(".")
        if schema not in {row[1] for row in self.catalogue.many("PRAGMA database_list")}:
            self.catalogue.db.execute(f'ATTACH ":memory:" AS "{schema}"')
        self.catalogue.db.execute(f'CREATE TABLE IF NOT EXISTS "{schema}"."{name}" ("{column}" TEXT)')
        self.catalogue.db.execute(f'DELETE FROM "{schema}"."{name}"')  # noqa: S608
        self.catalogue.db.execute(f'INSERT INTO "{schema}"."{name}" VALUES (?)', (self.stamp(at),))  # noqa: S608
        self.readable.add((table, column))
        self.note("load", table=table, column=column)

    # triggers and routines

    @controlled
    def create_function(self, name: str, text: str, arguments: str = "", definer: bool = False) -> None:
        """Or another text for one of these arguments, as CREATE OR REPLACE does it. Arguments as "text, int8"."""
        schema, _, own = name.partition(".")
        parent = self.catalogue.one("SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ?", schema)
        types = " ".join(str(self._type(word)[0]) for word in arguments.split(", ") if word)
        there = self.catalogue.many("SELECT oid FROM pg_catalog.pg_proc WHERE proname = ? AND pronamespace = ?"
                                    " AND proargtypes = ?", own, parent, types)  # fmt: skip
        for (oid,) in there:
            self._set("pg_proc", "oid", oid, prosrc=text, prosecdef=int(definer))
        if not there:
            self.catalogue.insert("pg_proc", oid=self.number(), proname=own, pronamespace=parent, proowner=OWNER,
                                  prolang=PLPGSQL, prokind="f", prosecdef=int(definer), prorettype=2279,
                                  proargtypes=types, prosrc=text)  # fmt: skip
        self.note("create_function", name=name)

    @controlled
    def create_trigger(self, table: str, name: str, function: str, event: str, condition: str = "") -> None:
        """One that fires after `event` for each row."""
        schema, _, own = function.partition(".")
        number = self.catalogue.one("SELECT p.oid FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n"
                                    " ON n.oid = p.pronamespace WHERE n.nspname = ? AND p.proname = ?",
                                    schema, own)  # fmt: skip
        when = f" WHEN (({condition}))" if condition else ""
        text = f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW{when} EXECUTE FUNCTION {function}()"
        self.catalogue.insert("pg_trigger", oid=self.number(), tgrelid=self.table(table), tgname=name, tgfoid=number,
                              tgenabled="O", tgisinternal=0, tgconstraint=0, definition=text)  # fmt: skip
        self.note("create_trigger", table=table, name=name)

    @controlled
    def enable_trigger(self, table: str, name: str, on: bool = True) -> None:
        self.catalogue.db.execute("UPDATE pg_catalog.pg_trigger SET tgenabled = ? WHERE tgrelid = ? AND tgname = ?",
                                  ("O" if on else "D", self.table(table), name))  # fmt: skip
        self.note("enable_trigger", table=table, name=name, on=on)

    # roles and rights

    @controlled
    def add_role(self, name: str, login: bool = False, member_of: str = "") -> None:
        self.role_row(name, rolcanlogin=int(login))
        if member_of:
            self.catalogue.insert("pg_auth_members", roleid=self._role(member_of), member=self._role(name))
        self.note("add_role", name=name)

    @controlled
    def set_superuser(self, name: str, on: bool = True) -> None:
        self._set("pg_roles", "oid", self._role(name), rolsuper=int(on))
        self.note("set_superuser", name=name, on=on)

    @controlled
    def set_login(self, name: str, on: bool = True) -> None:
        self._set("pg_roles", "oid", self._role(name), rolcanlogin=int(on))
        self.note("set_login", name=name, on=on)

    @controlled
    def grant(self, privilege: str, table: str, role: str, column: str = "") -> None:
        self._acl(table, column, f"{role}={LETTERS[privilege]}/postgres", add=True)
        self.note("grant", privilege=privilege, table=table, role=role, column=column)

    @controlled
    def revoke(self, privilege: str, table: str, role: str, column: str = "") -> None:
        """Takes back a right that `grant` gave; the user loses the sight of what it may not read any more."""
        self._acl(table, column, f"{role}={LETTERS[privilege]}/postgres", add=False)
        if role == self.user:
            self.readable = {(name, own) for name, own in self.readable if name != table}
        self.note("revoke", privilege=privilege, table=table, role=role, column=column)

    @controlled
    def blind(self, table: str) -> None:
        """The user may not read the table's column of times any more."""
        self.readable = {(name, own) for name, own in self.readable if name != table}
        self.note("blind", table=table)

    @controlled
    def set_password(self, password: str) -> None:
        self.note("set_password")
        self.password = password

    @controlled
    def hang(self, on: bool = True) -> None:
        """Statements are taken and not answered."""
        self.note("hang", on=on)
        (self._gate.clear if on else self._gate.set)()

    @controlled
    def guard(self, name: str, function: str, event: str = "ddl_command_end", tags: str = "", on: str = "O") -> None:
        """An event trigger, or another state of it; `on`: D where it is disabled."""
        self.note("guard", name=name)
        self.catalogue.db.execute("DELETE FROM pg_catalog.pg_event_trigger WHERE evtname = ?", [name])
        schema, _, own = function.partition(".")
        called = self.catalogue.one("SELECT p.oid FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON"
                                    " n.oid = p.pronamespace WHERE n.nspname = ? AND p.proname = ?",
                                    schema, own)  # fmt: skip
        self.catalogue.insert("pg_event_trigger", oid=self.number(), evtname=name, evtevent=event, evtowner=OWNER,
                              evtfoid=called, evtenabled=on, evttags=tags or None)  # fmt: skip

    @controlled
    def publish(self, name: str, tables: list[str], acts: str = "insert update delete") -> None:
        """A publication of tables, or of all where none is named."""
        self.note("publish", name=name)
        did = {f"pub{act}": int(act in acts.split()) for act in ("insert", "update", "delete", "truncate")}
        self.catalogue.insert("pg_publication", oid=self.number(), pubname=name, pubowner=OWNER,
                              puballtables=int(not tables), **did)  # fmt: skip
        every = "SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n" \
                " ON n.oid = c.relnamespace WHERE c.relkind = 'r'"  # fmt: skip
        for table in tables or [row[0] for row in self.catalogue.many(every)]:
            schema, _, own = table.partition(".")
            self.catalogue.insert("pg_publication_tables", pubname=name, schemaname=schema, tablename=own)

    @controlled
    def set_slot(self, name: str, kept: str) -> None:
        """What is left of the log that a slot's reader has not read: reserved, extended, unreserved or lost."""
        self.note("set_slot", name=name, kept=kept)
        self._set("pg_replication_slots", "slot_name", name, wal_status=kept)

    @controlled
    def subscribe(self, name: str, publication: str, enabled: bool = True, working: bool = True) -> None:
        """A subscription, or another state of it."""
        self.note("subscribe", name=name)
        for table in ("pg_subscription", "pg_stat_subscription"):
            self.catalogue.db.execute(f"DELETE FROM pg_catalog.{table} WHERE subname = ?", [name])  # noqa: S608
        here = self.catalogue.one("SELECT oid FROM pg_catalog.pg_database WHERE datname = ?", self.database)
        self.catalogue.insert("pg_subscription", subdbid=here, subname=name, subowner=OWNER, subenabled=int(enabled),
                              subslotname=name, subpublications=f"{{{publication}}}")  # fmt: skip
        heard = self.stamp() if working else None
        self.catalogue.insert("pg_stat_subscription", subname=name, pid=4711 if working else None, relid=None,
                              last_msg_receipt_time=heard)  # fmt: skip

    def add_slot(self, name: str) -> None:
        self.catalogue.insert("pg_replication_slots", slot_name=name, plugin="pgoutput", slot_type="logical",
                              database=self.database, temporary=0, active=1, wal_status="reserved")  # fmt: skip

    def grant_schema(self, schema: str, role: str) -> None:
        acl = self.catalogue.one("SELECT nspacl FROM pg_catalog.pg_namespace WHERE nspname = ?", schema)
        items = [*(acl or "{postgres=UC/postgres}")[1:-1].split(","), f"{role}=U/postgres"]
        self._set("pg_namespace", "nspname", schema, nspacl=f"{{{','.join(items)}}}")

    def add_key(self, table: str, column: str, kind: str, target: str = "") -> None:
        self.catalogue.insert("pg_constraint", oid=self.number(), conname=f"{column}_{kind}",
                              conrelid=self.table(table), contype=kind, conkey=f"{{{self._number(table, column)}}}",
                              confrelid=self.table(target) if target else 0)  # fmt: skip

    def add_check(self, table: str, column: str, text: str) -> None:
        self.catalogue.insert("pg_constraint", oid=self.number(), conname=f"{column}_check", conrelid=self.table(table),
                              contype="c", conkey=f"{{{self._number(table, column)}}}", confrelid=0,
                              definition=text)  # fmt: skip

    def add_policy(self, table: str, name: str, role: str, rows: str) -> None:
        schema, _, own = table.partition(".")
        self._set("pg_class", "oid", self.table(table), relrowsecurity=1)
        self.catalogue.insert("pg_policies", schemaname=schema, tablename=own, policyname=name, permissive="PERMISSIVE",
                              roles=f"{{{role}}}", cmd="SELECT", qual=rows)  # fmt: skip

    # how rows of the catalogue are made

    def _relation(self, name: str, kind: str) -> int:
        schema, _, table = name.partition(".")
        if not self.catalogue.many("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = ?", schema):
            self.catalogue.insert("pg_namespace", oid=self.number(), nspname=schema, nspowner=OWNER)
        parent = self.catalogue.one("SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ?", schema)
        oid = self.number()
        self.catalogue.insert("pg_class", oid=oid, relname=table, relnamespace=parent, relowner=OWNER, relkind=kind,
                              relrowsecurity=0, relispartition=0)  # fmt: skip
        return oid

    def _column(self, table: str, name: str, words: str) -> None:
        oid, modifier, filled = self._type(words)
        number = 1 + len(self.catalogue.many("SELECT 1 FROM pg_catalog.pg_attribute WHERE attrelid = ?",
                                             self.table(table)))  # fmt: skip
        self.catalogue.insert("pg_attribute", attrelid=self.table(table), attname=name, atttypid=oid, attnum=number,
                              atttypmod=modifier, attnotnull=filled, attidentity="", attgenerated="",
                              attisdropped=0)  # fmt: skip

    def _type(self, words: str) -> tuple[int, int, int]:
        """The number of a type, its modifier, and whether there has to be a value."""
        bare, filled, _ = words.partition(" not null")
        name, _, size = bare.rstrip(")").partition("(")
        oid = next((oid for oid, (own, _) in BUILT_IN.items() if own == name), None)
        if oid is None:
            raise KeyError(f"there is no type {name}")
        if not size:
            return oid, -1, int(bool(filled))
        whole, _, scale = size.partition(",")
        return oid, (int(whole) << 16 | int(scale) & 2047) + 4 if scale else int(whole) + 4, int(bool(filled))

    def _number(self, table: str, column: str) -> int:
        found = dict(self.fields(table))
        if column not in found:
            raise KeyError(f"there is no column {column} in {table}")
        return int(found[column])

    def _alter(self, table: str, column: str, **row: Any) -> None:
        number = self._number(table, column)
        sets = ", ".join(f"{name} = ?" for name in row)
        self.catalogue.db.execute(
            f"UPDATE pg_catalog.pg_attribute SET {sets} WHERE attrelid = ? AND attnum = ?",  # noqa: S608
            [*row.values(), self.table(table), number],
        )

    def _role(self, name: str) -> int:
        return int(self.catalogue.one("SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ?", name))

    def _set(self, table: str, by: str, value: Any, **row: Any) -> None:
        sets = ", ".join(f"{name} = ?" for name in row)
        self.catalogue.db.execute(
            f"UPDATE pg_catalog.{table} SET {sets} WHERE {by} = ?",  # noqa: S608
            [*row.values(), value],
        )

    def _acl(self, table: str, column: str, item: str, *, add: bool) -> None:
        oid = self.table(table)
        if column:
            sql = "SELECT attacl FROM pg_catalog.pg_attribute WHERE attrelid = ? AND attname = ?"
            acl = self.catalogue.one(sql, oid, column)
        else:
            acl = self.catalogue.one("SELECT relacl FROM pg_catalog.pg_class WHERE oid = ?", oid)
        items = (acl or ("{}" if column else "{postgres=arwdDxt/postgres}"))[1:-1].split(",")
        if not add and item not in items:
            raise KeyError(f"{table} has no such right to take")
        made = f"{{{','.join(one for one in ([*items, item] if add else items) if one and (add or one != item))}}}"
        if column:
            self._alter(table, column, attacl=made)
        else:
            self._set("pg_class", "oid", oid, relacl=made)
