"""A PostgreSQL database or warehouse, by its catalogue. https://www.postgresql.org/docs/15/catalogs.html

Least grants: a role that may connect, and nothing more: CREATE ROLE driftline LOGIN PASSWORD '…'; GRANT CONNECT ON
DATABASE … TO driftline. For the newest row of a configured table also USAGE on its schema and SELECT on that one
column: GRANT SELECT (loaded_at) ON analytics.leads TO driftline.

Where the facts are from: pg_catalog, and not information_schema. information_schema shows a role only what it owns or
has some privilege on, with no word about the rest, so that a right that was taken away looks like a table that was
dropped; pg_catalog shows every role all there is, whatever its grants (tests/real/test_sql_probe.py holds both against
a real PostgreSQL 15). So no listing needs a grant, and a lost one explains no removal. Where an administrator has taken
the catalogue itself away, the answer is 42501 and the read is denied.

Row-level security would leave rows out of the newest time without a word: it is switched off for our transaction, so
that PostgreSQL refuses instead. View definitions leave this file as a digest: their text may hold values.

PostgreSQL 13 and later. What speaks its protocol and is something else (Redshift, CockroachDB, YugabyteDB, Greenplum)
is refused, and so is any other database: their catalogues were tried by nobody here. Partitions are left out beside
their parent. Triggers and routines are read, their text as digests: pg_proc shows every role the text of all of them
(information_schema.routines shows it to the owner alone). What an extension brought along is left out. Logical
replication: moved.py. One thing alone, and why nobody is named who changed it: tables.py. A database has no page of its
own, so nothing has a link. Not read: who may call a routine, rules, sequences, default privileges, the columns and rows
that a publication of version 15 may leave out. The end of a version stands on no server
(https://www.postgresql.org/support/versioning/).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from probes.kit.api import Answer, Client
from probes.kit.auth import Basic, Scheme
from probes.kit.coded import made, once
from probes.kit.contract import Fault, Kind, Rejected, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Row, Vendor, View, keep
from probes.kit.values import instant
from probes.kit.verified import Verified

from .catalogue import STATEMENTS
from .code import event_trigger, routine, trigger
from .moved import publications, slots, subscriptions
from .rows import gone, rows
from .tables import columns, look, tables
from .told import closure, listed, qualified, rights, span

BATCH: Final = 500  # tables whose columns are asked for at once
ALL: Final = 10_000


async def _known(api: Client) -> dict[str, Row]:
    """All roles by name: which may sign in, and what pairs one that is renamed."""
    return {row["name"]: row for row in await rows(api, "roles")}


async def identity(api: Client) -> Vantage:
    """The roles of the user. Grants on single tables are monitored things; none of them changes what we see."""
    me = (await rows(api, "whoami"))[0]
    own = next(row for row in await rows(api, "roles") if row["name"] == me["who"])
    held = closure(me["who"], await rows(api, "members"))
    grants = {"CONNECT", *(f"role:{name}" for name in held), *(("superuser",) if own["super"] else ())}
    until = instant(own["until"]) if own["until"] not in (None, "infinity") else None
    return Vantage(
        account=f"{urlsplit(api.base).netloc}/{me['name']}",
        account_name=str(me["name"]),
        subject=str(me["who"]),
        grants=frozenset(grants),
        api_version=str(me["version"]).partition(" ")[0],
        credential_expires_at=until,
    )


async def triggers(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Triggers on the tables and views of each schema."""
    async for found in _within(api, "triggers", trigger, parents):
        yield found


async def routines(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Functions and procedures of each schema."""
    async for found in _within(api, "routines", routine, parents):
        yield found


@once
async def event_triggers(api: Client) -> Answer:
    """Triggers on commands that change the database itself."""
    return made({"rows": [event_trigger(row) for row in await rows(api, "event_triggers")]})


async def _within(
    api: Client, statement: str, told: Callable[[Row], Row], parents: Sequence[Row]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in await rows(api, statement, schemas=[int(parent["id"]) for parent in parents]):
        found[row["schema"]].append(told(row))
    for parent in parents:
        yield parent, made({"rows": found[int(parent["id"])]})


@once
async def roles(api: Client) -> Answer:
    """Roles with those they are members of. Those that come with PostgreSQL (pg_…) are not anybody's."""
    up: dict[str, list[str]] = defaultdict(list)
    for pair in await rows(api, "members"):
        up[pair["member"]].append(pair["role"])
    powers = {"maker": "create roles", "creator": "create databases", "replicates": "replication",
              "bypass": "bypass row-level security"}  # fmt: skip
    found = []
    for row in await rows(api, "roles"):
        if not row["name"].startswith("pg_"):
            held = [word for name, word in powers.items() if row[name]]
            found.append({**row, "roles": up[row["name"]], "powers": held})
    return made({"rows": found})


async def grants(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Who may do what with each table or view and its columns."""
    ids = [int(parent["id"]) for parent in parents]
    known, fields = await _known(api), defaultdict[int, list[Row]](list)
    for row in await rows(api, "column_grants", tables=ids):
        fields[row["relation"]].append(row)
    found = {row["relation"]: row for row in await rows(api, "grants", tables=ids)}
    for id, parent in zip(ids, parents, strict=True):
        yield parent, made({"rows": list(rights(found[id], fields[id], known))}) if id in found else gone()


async def schema_grants(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Who may use each schema, and create in it."""
    known = await _known(api)
    found = {row["oid"]: row for row in await rows(api, "schemas")}
    for parent in parents:
        row = found.get(int(parent["id"]))
        yield parent, made({"rows": list(rights(row, (), known))}) if row else gone()


@once
async def database(api: Client) -> Answer:
    """The database itself, and who may connect to it."""
    row = (await rows(api, "whoami"))[0]
    standard = f"{{=Tc/{row['owner']}}}"  # without a list of its own: everybody may connect and make temporary tables
    held = rights({**row, "acl": row["acl"] or standard}, (), await _known(api))
    about = {**row, "version": row["version"].partition(" ")[0]}
    return made({"rows": list(held), "about": [about]})


@once
async def policies(api: Client) -> Answer:
    """Which rows row-level security shows to whom."""
    found = await rows(api, "policies")
    return made({"rows": [
        {**row, "on": qualified(row["schema"], row["name"]), "roles": listed(row["roles"])} for row in found
    ]})  # fmt: skip


async def freshness(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """The newest time in the column that is named for a table."""
    table = str(parents[0]["key"])
    said = str(api.options["freshness"][table] or "").split()
    within = span(said[1]) if len(said) == 2 else None
    if "." not in table or len(said) not in (1, 2) or (said[1:] and within is None):
        raise Rejected(f"options.freshness: {table}: expected schema.table: column, or schema.table: column 6h")
    newest = instant((await rows(api, "newest", table=table, column=said[0]))[0]["newest"])
    row: dict[str, Any] = {"table": table, "column": said[0], "newest": newest, "state": "unknown"}
    if newest is not None:
        row |= {"state": "ok", "shown": datetime.fromtimestamp(newest, UTC).isoformat()}
        if within is not None:
            row |= {"due": newest + within, "lag": max(0.0, api.clock.now() - newest - within)}
    yield parents[0], made({"rows": [row | {"within": " ".join(said[1:])}]})


PERMISSION: Final = keep("read create edit delete fields", grants="rest")
HELD: Final[Mapping[str, Any]] = {"kind": Kind.PERMISSION, "records": "rows", "key": "grantee", "id": "oid",
                                  "person": "login", "facts": PERMISSION, "needs": ()}  # fmt: skip

VENDOR = Vendor(
    name="sql",
    title="SQL database or warehouse (PostgreSQL)",
    verified=Verified("real", "2026-11-23"),
    docs="https://www.postgresql.org/docs/15/catalogs.html",
    base="",
    hosts=("{base}",),
    schemes={
        "basic": Scheme(
            fields=("user", "password"), build=Basic,
            note="CREATE ROLE driftline LOGIN PASSWORD '…'; GRANT CONNECT ON DATABASE … TO driftline;",
        ),
    },
    errors=Errors(
        code="sqlstate", message="message",
        faults={"53300": "throttled 30", "53400": "throttled 30", "3D000": "rejected", "42P01": "rejected",
                "57014": "unreachable"},
    ),
    limits={"default": Limit(rate=20, key="{host}", concurrency=4)},
    statements=STATEMENTS,
    identity=identity,
    look=look,
    absent="pg_catalog shows every role all there is: what is not in it is not there",
    listings=(
        Listing(name="schemas", kind=Kind.SCHEMA, path="/schemas", records="rows", key="name",
                id="oid", needs=(), facts=keep("description", x_owner="owner"), always=("x_owner",)),
        Listing(name="tables", kind=Kind.SCHEMA, for_each="schemas", scope="{parent.key}.tables", records="rows",
                key="key", id="oid", needs=(),
                facts=keep("description", native_type="kind", x_owner="owner", x_row_security="guarded",
                           x_definition="definition"),
                always=("native_type",), fetch=tables, batch=ALL),
        Listing(name="columns", kind=Kind.FIELD, for_each="tables", records="rows", key="name", id="id", needs=(),
                facts=keep("type description length precision scale nullable required unique default formula calculated"
                           " options references", native_type="native", auto_number="automatic", x_primary_key="key",
                           validation="checks"),
                always=("type",), evidence={"position": "number"}, fetch=columns, batch=BATCH, per_fetch=3),
        Listing(name="triggers", kind=Kind.AUTOMATION, for_each="schemas", scope="{parent.key}.triggers",
                records="rows", key="[on, name]", id="oid", needs=(),
                facts=keep("description active reads", object="on", trigger="event", native_type="sort",
                           actions="calls", x_each="each", x_fires="fires", x_options="options",
                           x_condition="condition", x_arguments="arguments"),
                always=("object", "trigger", "active"), fetch=triggers, batch=ALL),
        Listing(name="routines", kind=Kind.AUTOMATION, for_each="schemas", scope="{parent.key}.routines",
                records="rows", key="key", id="oid", needs=(),
                facts=keep("description owner opaque", native_type="kind", x_language="language", x_gives="gives",
                           x_rights="rights", x_settings="settings", x_definition="body"),
                always=("native_type", "opaque"), fetch=routines, batch=ALL),
        Listing(name="event-triggers", kind=Kind.AUTOMATION, records="rows", key="name", id="oid", needs=(),
                facts=keep("active owner", trigger="event", actions="calls", x_fires="fires", x_commands="tags"),
                unordered=("x_commands",), always=("trigger", "active"), fetch=event_triggers),
        Listing(name="extensions", kind=Kind.PLATFORM, path="/extensions", records="rows", key="name", id="oid",
                needs=(), facts=keep("version", x_schema="schema"), always=("version",)),
        Listing(name="roles", kind=Kind.PERMISSION, scope="users", records="rows", key="name", id="oid", person="login",
                facts=keep("powers roles", active="login", admin="super", expires_on="until",
                           x_connection_limit="connections"),
                always=("active", "admin"), needs=(), fetch=roles, per_fetch=2),
        Listing(name="grants", for_each="tables", scope="{parent.key}.grants", fetch=grants, batch=BATCH, per_fetch=3,
                **HELD),
        Listing(name="schema-grants", for_each="schemas", scope="{parent.key}.schema-grants", fetch=schema_grants,
                batch=ALL, per_fetch=2, **HELD),
        Listing(name="database", scope="database-grants", fetch=database, per_fetch=2, **HELD,
                also=(View(kind=Kind.PLATFORM, scope="database", records="about", key="name", needs=(),
                           facts=keep("version", x_owner="owner", x_collation="collation"), always=("version",)),)),
        Listing(name="policies", kind=Kind.PERMISSION, records="rows", key="[on, policy]", needs=(),
                facts=keep("roles", row_filter="filter", x_command="command", x_permissive="permissive",
                           x_check="checked"),
                fetch=policies),
        Listing(name="publications", kind=Kind.SYNC, records="rows", key="name", id="oid", needs=(),
                facts=keep(operation="acts", owner="owner", x_whole="whole", x_tables="tables"),
                unordered=("x_tables",), always=("operation", "x_whole"), fetch=publications, per_fetch=2),
        Listing(name="slots", kind=Kind.SYNC, records="rows", key="name", needs=(),
                facts=keep(native_type="plugin"), always=("native_type",), fetch=slots,
                health={"state": "state"}, states={"reserved": "ok", "extended": "ok", "unreserved": "failing",
                                                   "lost": "failing", "unknown": "unknown"}),
        Listing(name="subscriptions", kind=Kind.SYNC, records="rows", key="name", needs=(),
                facts=keep("enabled owner", x_publications="publications", x_slot="slot"),
                unordered=("x_publications",), always=("enabled",), fetch=subscriptions, per_fetch=2,
                health={"state": "state", "succeeded_at": "heard"},
                states={"ok": "ok", "failing": "failing", "disabled": "disabled"}),
        Listing(name="freshness", kind=Kind.SYNC, for_each="options.freshness", records="rows", key="table", needs=(),
                facts=keep(target="table", x_column="column", schedule="within"), always=("target",),
                health={"state": "state", "succeeded_at": "newest", "due_at": "due", "lag": "lag"},
                states={"ok": "ok"}, evidence={"newest": "shown"}, fetch=freshness, every=900),
    ),
    options={
        "freshness": OptionSpec(default={}, says="schema.table: a column of times, and how old its newest may get"),
    },
    grants={"CONNECT": "GRANT CONNECT ON DATABASE … TO driftline"},
    lacks={Kind.TEMPLATE: "a database has none"},
    notes=(
        "Any role sees the whole of pg_catalog: no grant on a table is needed, and none is worth giving.",
        "Freshness reads max(column) of a configured table: index the column of a large one.",
    ),
    exempt={"cursor": "a statement answers all its rows at once and has no pages"},
)  # fmt: skip
