"""Keep events, findings and decisions packed. What is there is packed in place."""

from __future__ import annotations

from alembic import op

from monitor.adapters.packing import speak

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    speak(op.get_bind().connection.driver_connection)
    for table in ("event", "finding", "decision"):
        op.execute(f"UPDATE {table} SET data = packed(data)")  # noqa: S608 - names of ours
