"""Alembic's scripts for the state store. `monitor.adapters.migrate` runs them; nobody needs Alembic's own command."""
