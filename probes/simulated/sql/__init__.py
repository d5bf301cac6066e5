"""A simulated warehouse: a server that speaks PostgreSQL's protocol, and the account behind it to change.

Where the shapes are from stands in `wire` and `catalogue`. This package and the vendor file know nothing of each other.
"""

from __future__ import annotations

from .account import Account

__all__ = ["Account"]
