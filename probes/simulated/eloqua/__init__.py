"""Oracle Eloqua in memory: its Application API (REST 1.0 and 2.0), its Bulk API 2.0 and its login host."""

from .account import Account

__all__ = ["Account"]
