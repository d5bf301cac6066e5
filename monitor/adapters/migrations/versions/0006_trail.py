"""The trail is hashed over pseudonyms, and an entry is found by its decision. What stands there is written anew once:
no commit names an entry of it yet."""

from __future__ import annotations

import secrets

import msgspec
import sqlalchemy as sa
from alembic import op

from monitor.adapters.chain import START, trail_hash
from monitor.adapters.pseudonyms import KEY, Pseudonyms
from monitor.adapters.records import TrailEntry
from probes.kit.contract import canonical

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("trail", sa.Column("decision", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_index("trail_by_decision", "trail", ["decision", "seq"])
    op.create_index("trail_by_at", "trail", ["at"])
    connection = op.get_bind()
    columns = ("seq", "at", "who", "what", "subject", "data", "decision", "before_hash", "hash")
    trail = sa.table("trail", *(sa.column(name) for name in columns))
    meta = sa.table("meta", sa.column("name"), sa.column("value"))
    person = sa.table("person", sa.column("pseudonym"), sa.column("name"))
    key = connection.scalar(sa.select(meta.c.value).where(meta.c.name == KEY))
    if key is None:
        key = secrets.token_bytes(32)
        connection.execute(sa.insert(meta).values(name=KEY, value=key))
    people, before = Pseudonyms(key), START
    for row in connection.execute(sa.select(trail).order_by(trail.c.seq)).mappings().all():
        data = people.within(msgspec.json.decode(row["data"]))
        of_token = "token" in row["what"] or "sign-in" in row["what"]
        subject = people.of(row["subject"].removeprefix("link:").partition(":")[0]) if of_token else row["subject"]
        who = people.actor(row["who"])
        now = TrailEntry(at=row["at"], who=who, what=row["what"], subject=subject, data=data)
        after = trail_hash(before, now)
        values = {"who": who, "subject": subject, "data": canonical(data), "decision": str(data.get("decision", "")),
                  "before_hash": before, "hash": after}  # fmt: skip
        connection.execute(sa.update(trail).where(trail.c.seq == row["seq"]).values(**values))
        before = after
    known = set(connection.scalars(sa.select(person.c.pseudonym)))
    new = [{"pseudonym": made, "name": name} for made, name in people.names.items() if made not in known]
    if new:
        connection.execute(sa.insert(person), new)
