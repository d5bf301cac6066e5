"""Deliveries that vendors pushed: the same one brings nothing a second time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("mark", sa.LargeBinary(), primary_key=True),
        sa.Column("at", sa.Float(), nullable=False),
    )
