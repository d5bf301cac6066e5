"""Keep content packed. What is there is packed in place, a row at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.adapters.packing import Packed

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    plain = sa.table("content", sa.column("digest", sa.LargeBinary), sa.column("bytes", sa.LargeBinary))
    packed = sa.table("content", sa.column("digest", sa.LargeBinary), sa.column("bytes", Packed))
    connection = op.get_bind()
    for digest in connection.scalars(sa.select(plain.c.digest)).all():
        body = connection.scalar(sa.select(plain.c.bytes).where(plain.c.digest == digest))
        connection.execute(sa.update(packed).where(packed.c.digest == digest).values(bytes=body))
