"""What Alembic runs for each upgrade: all pending migrations, in the one transaction of the connection handed over."""

from __future__ import annotations

from alembic import context

from monitor.adapters.columns import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
