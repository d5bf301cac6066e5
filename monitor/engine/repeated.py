"""Asked twice, done once: a request that comes again gives the decision it led to. Under the uuid of another request
nothing is done, and that is said: else somebody would be told that something was done which nobody did."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from weakref import WeakValueDictionary

import msgspec

from monitor.adapters.records import Decision
from probes.kit.contract import canonical, digest

from .request import Refused

if TYPE_CHECKING:
    from .core import Engine


P = ParamSpec("P")
T = TypeVar("T")
_UNDER_WAY: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


def in_turn(use_case: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Requests of one uuid wait for each other: the second of a double click would find, at the same instant, that
    there is no decision of it yet. The uuid is that of the request among the arguments, or their second one."""

    @wraps(use_case)
    async def one_by_one(*args: P.args, **kwargs: P.kwargs) -> T:
        request: Any = next((one for one in args if isinstance(one, msgspec.Struct)), None)
        uuid = str(args[1] if request is None else request.uuid)
        async with _UNDER_WAY.setdefault(uuid, asyncio.Lock()):
            return await use_case(*args, **kwargs)

    return one_by_one


def mark(asked: msgspec.Struct, *about: str) -> str:
    """What a request asks for, as a digest: all but its uuid and what it leaves as it is without a word. `about` is
    what its address says."""
    given: dict[str, Any] = {}
    for field in msgspec.structs.fields(asked):
        value, made = getattr(asked, field.name), field.default_factory
        if field.name != "uuid" and value != (field.default if made is msgspec.NODEFAULT else made()):
            given[field.name] = msgspec.to_builtins(value)
    return digest(canonical([type(asked).__name__, *about, given])).hex()


async def earlier(engine: Engine, uuid: str, asked: str) -> Decision | None:
    """The decision of that uuid, where it was made of the same request; None where there is none yet. Raises Refused.
    `asked`: see `mark`; decisions of the service's own, and of versions before this was kept, have none."""
    found: Decision | None = await engine.store.decision(uuid) if uuid else None
    if found is not None and found.asked not in ("", asked):
        raise Refused(
            f"The uuid {uuid} was sent before, with another request: that one stands ({found.kind}, {found.state}), "
            "and nothing was done now. Load the page again, or give each request a uuid of its own."
        )
    return found
