"""The base of accounts that are tables of rows behind routes: most vendors' APIs are no more than that.

An account on a desk says in its own file what its vendor published: the routes with the grant each needs, how it
refuses, how it pages, and the rows it starts with, in the vendor's own shape. Here is what is the same for all of them:
finding the route, asking for the grant, keeping the rows, and changing them from outside as an administrator would.
"""

from __future__ import annotations

import copy
import re
from abc import abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import msgspec

from .control import Clock, Reply, Request, Simulated, controlled

Wire = dict[str, Any]
START: Final = 90 * 86_400.0  # seconds that an account is old when it is made
HOUR: Final = 3600.0
LONG_AGO, FAR_AHEAD = 1.5e9, 4e9  # epoch seconds, between which a number is taken for a moment
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")


class Denial(Exception):
    """An answer that is an error: raised where a handler cannot go on."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class Route(msgspec.Struct, frozen=True):
    """One operation: `path` with `{places}`, the name of the method that answers it, the grant it takes ("": none), and
    whether it answers without a credential. A place takes one segment of a path, `{place*}` any number of them."""

    method: str
    path: str
    handler: str
    needs: str = ""
    open: bool = False

    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"(\{\w+\*?\})", self.path)
        return re.compile("".join(_segment(part) for part in parts))


def _segment(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name = part.strip("{}")
    return f"(?P<{name[:-1]}>.+)" if name.endswith("*") else f"(?P<{name}>[^/]+)"


class Edit(msgspec.Struct, frozen=True):
    """One change as an audit trail of the vendor would know it."""

    at: float
    by: str
    action: str
    table: str
    key: str
    before: Wire | None
    after: Wire | None


class Desk(Simulated):
    """`routes`: what the vendor's API offers. `keys`: table -> dotted path of a row's key ("id" where not named).

    `running`: tables whose runs go on by themselves in an account that is `alive`: every moment in them moves on with
    the clock, by whole hours, so that what went well goes on well and what fails goes on failing.

    `token`, `grants`, `account` and `actor` (the mailbox that makes the changes) may be set from outside. `edits` is
    what a vendor's audit trail would hold. Handlers take the request and the places of their path, and return a Reply
    or the body of a 200.
    """

    routes: ClassVar[tuple[Route, ...]] = ()
    keys: ClassVar[dict[str, str]] = {}
    scheme: ClassVar[str] = "Bearer "  # before the token in the Authorization header
    running: ClassVar[tuple[str, ...]] = ()
    alive = False

    def __init__(
        self, *, clock: Clock, token: str = "simulated", grants: Iterable[str] | None = None, page: int = 100,  # noqa: S107
        actor: str = "admin-01@example.com", control_token: str = "", latency: float = 0.0, seed: int = 7,
    ) -> None:  # fmt: skip
        super().__init__(clock=clock, control_token=control_token, latency=latency, seed=seed)
        self.token = token
        self.grants = set(self.every_grant() if grants is None else grants)
        self.page = page
        self.actor = actor
        self.account = "example"
        self.born = clock.now() - START
        self._moved = clock.now()
        self.tables: dict[str, list[Wire]] = {}
        self.edits: list[Edit] = []
        self._handlers = [(route, route.pattern(), getattr(self, route.handler)) for route in type(self).routes]
        self.fill()

    # what an account's own file says

    @abstractmethod
    def fill(self) -> None:
        """Puts the rows that the account starts with into `tables`."""

    @abstractmethod
    def denied(self, request: Request, grant: str) -> Reply:
        """How the vendor refuses what the credential has no right to."""

    @abstractmethod
    def refused(self, request: Request) -> Reply:
        """How the vendor refuses a credential that is wrong or has ended."""

    @abstractmethod
    def missing(self, request: Request) -> Reply:
        """How the vendor says that there is no such path or thing."""

    def signed(self, request: Request) -> bool:
        """Whether the request carries the credential."""
        return request.headers.get("authorization", "") == self.scheme + self.token

    def headers(self, request: Request) -> dict[str, str]:
        """What every answer of the vendor has in its head, such as what is left of the quota."""
        return {}

    def touched(self, table: str, row: Wire) -> None:
        """Marks a row as changed now by `actor`, where the vendor's rows tell that."""

    def well(self) -> None:
        """Puts right what is ill in the account as it starts: an example stack begins without."""

    # answering

    @classmethod
    def every_grant(cls) -> set[str]:
        return {route.needs for route in cls.routes if route.needs}

    def answer(self, request: Request) -> Reply:
        if self.alive:
            self._go_on(HOUR)
        try:
            reply = self._routed(request)
        except Denial as denial:
            reply = denial.reply
        body = self.jumbled(reply.body) if not isinstance(reply.body, bytes) else reply.body
        return Reply(reply.status, body, {**self.headers(request), **reply.headers})

    def _routed(self, request: Request) -> Reply:
        found: tuple[Route, re.Match[str], Callable[..., Any]] | None = None
        for route, pattern, handler in self._handlers:
            match = pattern.fullmatch(request.path)
            if match and route.method == request.method:
                found = route, match, handler
                break
        if not (found and found[0].open) and not self.signed(request):
            return self.refused(request)
        if found is None:
            return self.missing(request)
        route, match, handler = found
        self.need(request, route.needs)
        given = handler(request, **match.groupdict())
        return given if isinstance(given, Reply) else Reply(200, given)

    def _go_on(self, step: float) -> None:
        by = (self.clock.now() - self._moved) // step * step
        if by > 0:
            self._moved += by
            for table in self.running:
                self.tables[table] = [later(row, by) for row in self.tables.get(table, [])]

    def need(self, request: Request, grant: str) -> None:
        """Raises the vendor's refusal where the credential lacks the grant."""
        if grant and grant not in self.grants:
            raise Denial(self.denied(request, grant))

    def rows(self, table: str) -> list[Wire]:
        """A table's rows as they are listed: in another order while shuffling. An unknown table is empty."""
        return self.mixed(self.tables.get(table, []))

    def find(self, table: str, key: str) -> Wire | None:
        path = self.keys.get(table, "id")
        return next((row for row in self.tables.get(table, []) if str(place(row, path)) == key), None)

    def part(self, rows: list[Wire], start: int, size: int | None = None) -> tuple[list[Wire], int | None]:
        """A page of rows from `start` on, and where the next one begins (None: it was the last)."""
        end = start + min(size or self.page, self.page)
        return rows[start:end], end if end < len(rows) else None

    # changing, from outside

    def note(self, method: str, **what: Any) -> None:
        if self.alive:
            self._go_on(1.0)  # what happens now must not be moved on with what went before it
        super().note(method, **what)

    def _kept(self, table: str, key: str) -> Wire:
        row = self.find(table, key)
        if row is None:
            known = ", ".join(str(place(one, self.keys.get(table, "id"))) for one in self.tables.get(table, []))
            raise KeyError(f"{table} has no {key}; it has {known or 'nothing'}")
        return row

    def _edited(self, action: str, table: str, key: str, before: Wire | None, after: Wire | None) -> None:
        self.edits.append(Edit(self.clock.now(), self.actor, action, table, key, before, copy.deepcopy(after)))

    @controlled
    def put(self, table: str, row: Wire) -> None:
        """A new row, in the vendor's shape."""
        key = str(place(row, self.keys.get(table, "id")))
        if self.find(table, key) is not None:
            raise ValueError(f"{table} has {key} already")
        self.note("put", table=table, key=key)
        new = copy.deepcopy(row)
        self.touched(table, new)
        self.tables.setdefault(table, []).append(new)
        self._edited("created", table, key, None, new)

    @controlled
    def drop(self, table: str, key: str) -> Wire:
        """Takes a row away; gives it, so that it can be put back."""
        row = self._kept(table, key)
        self.note("drop", table=table, key=key)
        self.tables[table].remove(row)
        self._edited("deleted", table, key, copy.deepcopy(row), None)
        return row

    @controlled
    def alter(self, table: str, key: str, what: Wire) -> Wire:
        """Sets places of a row, by dotted path; gives what stood there before, which `alter` takes to put it back."""
        row = self._kept(table, key)
        before = copy.deepcopy(row)
        old = {path: copy.deepcopy(place(row, path)) for path in what}
        self.note("alter", table=table, key=key, what=sorted(what))
        for path, value in what.items():
            *way, last = path.split(".")
            at: Any = row
            for step in way:
                at = at[int(step)] if isinstance(at, list) else at[step]
            at[int(last) if isinstance(at, list) else last] = copy.deepcopy(value)
        self.touched(table, row)
        self._edited("updated", table, key, before, row)
        return old

    @controlled
    def grant(self, name: str) -> None:
        """The credential gets a right."""
        self.note("grant", name=name)
        self.grants.add(name)

    @controlled
    def revoke(self, name: str) -> None:
        """The credential loses a right."""
        self.note("revoke", name=name)
        self.grants.discard(name)

    @controlled
    def set_token(self, token: str) -> None:
        """The credential is replaced: the old one is refused from now on."""
        self.note("set_token")
        self.token = token

    @controlled
    def set_account(self, account: str) -> None:
        """The credential leads to another account now."""
        self.note("set_account", account=account)
        self.account = account


def later(value: Any, by: float, name: str = "") -> Any:
    """The same value with every moment in it, ISO 8601 or epoch in seconds or milliseconds, so many seconds later."""
    match value:
        case dict():
            return {key: later(inner, by, key) for key, inner in value.items()}
        case list():
            return [later(inner, by, name) for inner in value]
        case str() if _MOMENT.fullmatch(value):
            return (datetime.fromisoformat(value[:19]) + timedelta(seconds=by)).isoformat() + value[19:]
        case int() | float() if not name.lower().endswith("id"):
            for unit in (1, 1000):
                if LONG_AGO * unit < value < FAR_AHEAD * unit:
                    return value + int(by) * unit
    return value


def place(row: Any, path: str) -> Any:
    """What stands at a dotted path of a row; None where nothing does. Numbers are positions of lists."""
    at = row
    for step in path.split("."):
        if isinstance(at, list):
            at = at[int(step)] if step.isdigit() and int(step) < len(at) else None
        else:
            at = at.get(step) if isinstance(at, dict) else None
    return at
