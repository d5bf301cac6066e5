"""People whom a provider of sign-ins or a proxy names, and which of their sessions and tokens end with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "member",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("first", sa.Float(), nullable=False),
        sa.Column("last", sa.Float(), nullable=False),
        sa.Column("groups", sa.LargeBinary(), nullable=False),
    )
    op.add_column("api_token", sa.Column("member", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("api_token", sa.Column("sealed", sa.LargeBinary(), nullable=True))
