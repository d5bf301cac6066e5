"""Events can be narrowed by system, kind, source and owner; the times in which findings were open, and those in which
systems were read, have tables of their own. What is there is filled in once, from the events; readings are taken up
when the service next looks."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa
from alembic import op

from monitor.adapters.store_openings import facets, told
from monitor.core.model import Event

revision = "0013"
down_revision = "0010"


def upgrade() -> None:
    for name in ("integration", "kind", "source", "owner"):
        op.add_column("event", sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_table(
        "opening",
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Float(), nullable=False),
        sa.Column("integration", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("root", sa.Boolean(), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Float(), nullable=True),
        sa.Column("changed_at", sa.Float(), nullable=True),
        sa.Column("answered_at", sa.Float(), nullable=True),
        sa.Column("closed_at", sa.Float(), nullable=True),
        sa.Column("closing", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("finding", "opened_at"),
    )
    op.create_table(
        "watched",
        sa.Column("integration", sa.Text(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("seen", sa.Float(), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("integration", "since"),
    )
    _fill(op.get_bind())
    op.create_index("event_by_integration", "event", ["integration", "at"])
    op.create_index("event_by_owner", "event", ["owner", "at"])
    op.create_index("event_by_type", "event", ["type", "at"])
    op.create_index("opening_by_opened", "opening", ["opened_at"])
    op.create_index("opening_by_closed", "opening", ["closed_at"])
    op.create_index("decision_by_at", "decision", ["at"])
    op.create_index("reading_by_end", "reading", ["integration", "ended_at"])


def _fill(connection: sa.Connection) -> None:
    names = ("integration", "kind", "source", "owner")
    event = sa.table("event", *(sa.column(name) for name in ("seq", "data", *names)))
    said: dict[str, sa.BindParameter[str]] = {name: sa.bindparam(f"to_{name}") for name in names}
    narrowed = sa.update(event).where(event.c.seq == sa.bindparam("of")).values(said)
    owners: dict[str, str] = {}
    last = 0
    while rows := connection.execute(
        sa.select(event.c.seq, event.c.data).where(event.c.seq > last).order_by(event.c.seq).limit(1000)
    ).all():
        values = []
        for seq, data in rows:
            one = msgspec.json.decode(data, type=Event)
            found = facets(one)
            found["owner"] = owners.setdefault(one.finding, "") if found["owner"] is None else found["owner"]
            owners[one.finding] = found["owner"]
            values.append({"of": seq, **{f"to_{name}": found[name] for name in names}})
            for statement, given in told(one):
                connection.execute(statement, given)
        connection.execute(narrowed, values)
        last = rows[-1][0]
