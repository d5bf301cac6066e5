"""A Dataverse environment in memory, which speaks the Web API."""

from .account import Account

__all__ = ["Account"]
