"""What coded listings have in common, so that a vendor file says of each only how its answer comes to be.

A `fetch` is a loop over parents that yields what became of each. Nearly all of them ask for one parent at a time, or
hang on none: these are plain functions of one answer, `@each` and `@once`. One that asks for many parents at a time, or
compares with what it read before, is written out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import msgspec

from .api import Answer, Client
from .contract import Fault
from .listing import Fetch, Row


def made(told: Any, lacks: Fault | None = None) -> Answer:
    """An answer that is put together out of others. `lacks`: why rows are not in it, where not all of those came."""
    return Answer(200, {}, msgspec.json.encode(told), lacks=lacks)


def once(whole: Callable[[Client], Awaitable[Answer]]) -> Fetch:
    """The `fetch` of a listing that hangs on nothing, out of what makes its one answer."""

    @wraps(whole)
    async def fetch(
        api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
    ) -> AsyncIterator[tuple[Row, Answer | Fault]]:
        yield parents[0], await whole(api)

    return fetch


def each(one: Callable[[Client, Row], Awaitable[Answer]]) -> Fetch:
    """The `fetch` of a listing that asks for one parent at a time, out of what makes the answer for one. A Fault that
    it raises is of that parent alone."""

    @wraps(one)
    async def fetch(
        api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
    ) -> AsyncIterator[tuple[Row, Answer | Fault]]:
        for parent in parents:
            try:
                answer: Answer | Fault = await one(api, parent)
            except Fault as fault:
                answer = fault
            yield parent, answer

    return fetch
