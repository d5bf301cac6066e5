"""Adobe Marketo Engage in memory: Lead Database, Asset, Usage and User Management APIs, and the identity service."""

from .account import Account

__all__ = ["Account"]
