"""A Klaviyo account in memory, see account.py."""

from .account import Account

__all__ = ["Account"]
