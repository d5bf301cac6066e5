"""A warehouse as it stands: its catalogue, its roles, what it answers to a statement."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from probes.simulated.control import Clock, Reply, Request, Simulated

from . import wire
from .catalogue import BUILT_IN, Catalogue, Refused

OWNER = 10
PLPGSQL = 13500


class Core(Simulated):
    """What the server looks up; `account` has what a person changes."""

    def __init__(
        self,
        *,
        clock: Clock,
        control_token: str = "",
        seed: int = 7,
        user: str = "driftline",
        password: str = "password-of-the-demo",  # noqa: S107  of a simulation
        database: str = "warehouse",
        page: int = 0,
    ) -> None:
        super().__init__(clock=clock, control_token=control_token, seed=seed)
        self._user, self.password, self.database = user, password, database
        self.settings: dict[str, str] = {}
        self.readable: set[tuple[str, str]] = set()  # (table, column) whose newest value the user may ask for
        self._gate = asyncio.Event()
        self._gate.set()
        self._numbers = itertools.count(16384)
        self.catalogue = Catalogue({
            "current_user": (0, lambda: self.user), "current_database": (0, lambda: self.database),
            "version": (0, lambda: "PostgreSQL 15.18 (simulated)"),
            "current_setting": (1, lambda name: (wire.SETTINGS | self.settings)[name]),
            "format_type": (2, self._type_name), "pg_get_expr": (2, lambda text, _: text),
            "pg_get_viewdef": (1, lambda oid: self._text("SELECT definition FROM pg_catalog.views WHERE oid = ?", oid)),
            "pg_get_constraintdef": (1, lambda oid: self._text(
                "SELECT definition FROM pg_catalog.pg_constraint WHERE oid = ?", oid)),
            "pg_get_triggerdef": (1, lambda oid: self._text(
                "SELECT definition FROM pg_catalog.pg_trigger WHERE oid = ?", oid)),
            "pg_get_functiondef": (1, lambda oid: self._text(
                "SELECT prosrc FROM pg_catalog.pg_proc WHERE oid = ?", oid)),
            "oidvectortypes": (1, lambda oids: ", ".join(self._type_name(int(oid), -1) or "-" for oid in oids.split())),
        })  # fmt: skip
        self.catalogue.insert("pg_language", oid=PLPGSQL, lanname="plpgsql")
        for oid, (name, _) in BUILT_IN.items():
            self.catalogue.insert("pg_type", oid=oid, typname=name, typtype="b", typelem=0, typnotnull=0, typbasetype=0)
        self.role_row("postgres", oid=OWNER, rolcanlogin=1, rolsuper=1, rolcreaterole=1, rolcreatedb=1,
                      rolreplication=1, rolbypassrls=1)  # fmt: skip
        self.role_row("pg_monitor")
        self.role_row(user, rolcanlogin=1)
        self.catalogue.insert("pg_database", oid=self.number(), datname=database, datdba=OWNER, datcollate="C.UTF-8",
                              datacl=f"{{=T/postgres,postgres=CTc/postgres,{user}=c/postgres}}")  # fmt: skip
        self.catalogue.insert("pg_namespace", oid=11, nspname="pg_catalog", nspowner=OWNER)
        self.catalogue.insert("pg_extension", oid=PLPGSQL + 1, extname="plpgsql", extversion="1.0", extnamespace=11)

    @property
    def user(self) -> str:
        """Who may sign in."""
        return self._user

    @user.setter
    def user(self, name: str) -> None:
        self.catalogue.db.execute("UPDATE pg_catalog.pg_roles SET rolname = ? WHERE rolname = ?", (name, self._user))
        self._user = name

    def number(self) -> int:
        return next(self._numbers)

    def role_row(self, name: str, **columns: Any) -> None:
        powers = dict.fromkeys(("rolsuper", "rolcreaterole", "rolcreatedb", "rolcanlogin", "rolreplication",
                                "rolbypassrls"), 0)  # fmt: skip
        row = {"oid": self.number(), "rolconnlimit": -1, "rolinherit": 1, **powers, **columns}
        self.catalogue.insert("pg_roles", rolname=name, **row)

    def _text(self, sql: str, *values: Any) -> str | None:
        found = self.catalogue.many(sql, *values)
        return found[0][0] if found else None

    def _type_name(self, oid: int | None, modifier: int | None) -> str | None:
        if oid is None:
            return None
        return BUILT_IN[oid][1] if oid in BUILT_IN else self._text(
            "SELECT n.nspname || '.' || t.typname FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n"
            " ON n.oid = t.typnamespace WHERE t.oid = ?", oid)  # fmt: skip

    # signing in and answering

    def refuses(self, user: str, password: str, database: str) -> tuple[str, str] | None:
        """Why somebody may not come in."""
        if self._limited > 0:
            self._limited -= 1
            return "53300", "sorry, too many clients already"
        if (user, password) != (self.user, self.password):
            return "28P01", f'password authentication failed for user "{user}"'
        if database != self.database:
            return "3D000", f'database "{database}" does not exist'
        return None

    def limited(self) -> Reply:
        raise AssertionError("too many clients are refused at sign-in")

    async def held(self) -> None:
        """Waits while the warehouse hangs."""
        await self._gate.wait()

    def answer(self, request: Request) -> Reply:
        sql, *values = request.body.decode().split("\0")
        try:
            self._allowed(sql)
            columns = self.catalogue.columns(sql)
            rows = self.mixed(self.catalogue.select(sql, values if "$1" in sql else []))
        except Refused as error:
            return Reply(400, wire.error(error.state, error.said), {"sqlstate": error.state})
        content = wire.described(columns) if request.query["described"] else b""
        content += b"".join(wire.row(row, columns) for row in rows) + wire.done(f"SELECT {len(rows)}")
        return Reply(200, content, {"whole": str(len(content))})

    def _allowed(self, sql: str) -> None:
        """A statement over a table of data takes a right on the column; the catalogue is everybody's."""
        found = re.search(r'max\("(\w+)"\).* FROM "(\w+)"\."(\w+)"', sql)
        if found and (f"{found[2]}.{found[3]}", found[1]) not in self.readable:
            raise Refused("42501", f"permission denied for table {found[3]}")

    def stamp(self, at: float | None = None) -> str:
        """As the server writes a timestamptz."""
        when = datetime.fromtimestamp(self.clock.now() if at is None else at, UTC)
        return when.strftime("%Y-%m-%d %H:%M:%S+00")

    def table(self, name: str) -> int:
        """The number of "schema.table"; KeyError where there is none."""
        schema, _, table = name.partition(".")
        sql = ("SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
               " WHERE n.nspname = ? AND c.relname = ?")  # fmt: skip
        return int(self.catalogue.one(sql, schema, table))

    def fields(self, table: str) -> Sequence[tuple[Any, ...]]:
        sql = "SELECT attname, attnum FROM pg_catalog.pg_attribute WHERE attrelid = ? AND NOT attisdropped"
        return self.catalogue.many(sql, self.table(table))
