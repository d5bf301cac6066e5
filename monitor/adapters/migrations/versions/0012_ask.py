"""Whoever made a change can be asked by a link. Events of one kind or source are found by an index too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "ask",
        sa.Column("finding", sa.Text(), primary_key=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("expires", sa.Float(), nullable=False),
    )
    op.create_index("ask_by_hash", "ask", ["hash"])
    op.create_index("event_by_kind", "event", ["kind", "at"])
    op.create_index("event_by_source", "event", ["source", "at"])
