"""Keep the rows of a memo apart from it. Memos of the release before are void, so no rows of them are needed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("memo", sa.Column("rows", sa.LargeBinary(), nullable=False, server_default=sa.text("x''")))
