"""A Shopify shop in memory, which speaks the GraphQL Admin API."""

from .account import Account

__all__ = ["Account"]
