"""A Segment workspace in memory, which speaks the Public API v1."""

from .account import Account

__all__ = ["Account"]
