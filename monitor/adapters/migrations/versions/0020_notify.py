"""Messages to people wait in an outbox of their own shape, beside what was told of each finding. Two tables that
nothing used are gone: the outbox before, and slots of the schedule."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.drop_table("schedule")
    op.drop_table("outbox")
    op.create_table(
        "outbox",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_index("outbox_by_due", "outbox", ["state", "due"], unique=False)
    op.create_table(
        "told", sa.Column("finding", sa.Text(), primary_key=True), sa.Column("data", sa.LargeBinary(), nullable=False)
    )
