"""A simulated Salesforce org: an ASGI application that speaks the REST API, v68.0, and an account behind it to change.

Where the shapes are from stands in `wire` (describes), `tables` (setup objects), `soql` and `service` (the rest).
This package and the vendor file know nothing of each other.
"""

from __future__ import annotations

from .account import Account

__all__ = ["Account"]
