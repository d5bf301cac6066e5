"""The newest commit of a baseline is at the end of an index, however many facts were approved by then."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_index("origin_by_at", "origin", ["integration", "at"])
