"""A simulated HubSpot account: an ASGI application that speaks the API, and the account behind it to change.

Where the shapes are from stands in `wire` and `service`. This package and the vendor file know nothing of each other.
"""

from __future__ import annotations

from .account import Account

__all__ = ["Account"]
