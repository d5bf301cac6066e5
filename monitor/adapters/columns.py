"""What columns of the state store's tables are made of. Instants are epoch seconds UTC, documents JSON."""

from __future__ import annotations

from sqlalchemy import Column, Float, Integer, LargeBinary, MetaData, Text, text

metadata = MetaData()


def words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def at(name: str) -> Column[float]:
    return Column(name, Float, nullable=False)


def maybe_at(name: str) -> Column[float | None]:
    return Column(name, Float, nullable=True)


def doc(name: str = "data") -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def facet(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text("''"))
