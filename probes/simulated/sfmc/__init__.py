"""Salesforce Marketing Cloud Engagement in memory: its token service, its SOAP service and its REST API."""

from .account import Account

__all__ = ["Account"]
