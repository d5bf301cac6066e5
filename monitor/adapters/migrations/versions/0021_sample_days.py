"""Hours of samples lie by the day, packed. What is there is laid together, a sync at a time."""

from __future__ import annotations

from itertools import groupby

import msgspec
import sqlalchemy as sa
from alembic import op

from monitor.adapters.packing import Packed

revision = "0021"
down_revision = "0020"
DAY = 86_400.0


def upgrade() -> None:
    parts = ("integration", "scope", "key")
    days = op.create_table(
        "sample_day",
        *(sa.Column(part, sa.Text(), nullable=False) for part in parts),
        sa.Column("day", sa.Float(), nullable=False),
        sa.Column("hours", Packed(), nullable=False),
        sa.PrimaryKeyConstraint(*parts, "day"),
    )
    hours = sa.table("sample_hour", *(sa.column(name) for name in (*parts, "hour", "data")))
    connection = op.get_bind()
    for sync in connection.execute(sa.select(*(hours.c[part] for part in parts)).distinct()).mappings().all():
        here = sa.and_(*(hours.c[part] == sync[part] for part in parts))
        rows = connection.execute(sa.select(hours.c.hour, hours.c.data).where(here).order_by(hours.c.hour)).all()
        made = [
            {**sync, "day": day, "hours": msgspec.json.encode([msgspec.Raw(data) for _, data in group])}
            for day, group in groupby(rows, lambda row: row[0] // DAY * DAY)
        ]
        connection.execute(days.insert(), made)
    op.drop_table("sample_hour")
