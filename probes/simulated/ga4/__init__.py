"""An account of Google Analytics 4 in memory, which speaks its Admin and Data APIs."""

from .account import EDIT, USERS, Account
from .content import OLD, STREAM, WEB

__all__ = ["EDIT", "OLD", "STREAM", "USERS", "WEB", "Account"]
