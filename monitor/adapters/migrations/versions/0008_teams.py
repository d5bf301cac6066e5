"""Whom a token acts for, and who made it: so that a right to decide can follow a team, and a second person can be told
from a first one who made a token more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"


def upgrade() -> None:
    for name in ("teams", "made_by"):
        op.add_column("api_token", sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
