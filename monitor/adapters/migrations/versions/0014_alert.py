"""Alerts that were pushed, until those who were told that they fire are told that they are over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "alert", sa.Column("key", sa.Text(), primary_key=True), sa.Column("data", sa.LargeBinary(), nullable=False)
    )
