"""Keep which listings a poll read, so that "in most polls" can be said of a fact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("reading", sa.Column("listings", sa.Text(), nullable=False, server_default=sa.text("''")))
