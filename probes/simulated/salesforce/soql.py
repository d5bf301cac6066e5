"""A small honest subset of SOQL: what monitors send, refused in the vendor's words where it is wrong.

Understood: SELECT of columns and paths over relationships, COUNT(), FROM, WHERE with AND, OR, NOT, parentheses,
= != < > <= >= LIKE IN NOT IN, lists and semi-joins, COUNT, MIN and MAX of a column by GROUP BY, ORDER BY, LIMIT,
OFFSET; strings, numbers, booleans, null, dates, instants, TODAY, LAST_N_DAYS:n. Everything else is MALFORMED_QUERY,
never a guess.
Source: SOQL and SOSL reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

Row = Mapping[str, Any]
Test = Callable[[Row], bool]

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<string>'(?:[^'\\]|\\.)*')|(?P<date>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d))?)"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][\w.]*(?::\d+)?)|(?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,))"
)
_STOP: Final = frozenset({"FROM", "WHERE", "ORDER", "LIMIT", "OFFSET", "GROUP", "HAVING", "FOR", "WITH", "USING"})


class Refused(Exception):
    """The query is wrong: `code` is the vendor's errorCode."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Total(msgspec.Struct):
    """COUNT(column) name: what a group of rows adds up to, and what the answer calls it."""

    name: str
    how: str
    column: str


class Query(msgspec.Struct):
    """A parsed query. `columns` empty with `count` set is SELECT COUNT(). `signs`: by what it compares. `pins`: values
    that a column is said to be one of, whatever else the condition says around it."""

    table: str
    columns: tuple[str, ...]
    count: bool
    where: Test | None
    named: tuple[str, ...]  # every column the query mentions outside of SELECT
    order: tuple[tuple[str, bool], ...]  # column, descending
    limit: int | None
    offset: int
    totals: tuple[Total, ...] = ()
    signs: frozenset[str] = frozenset()
    pins: Mapping[str, Sequence[Any]] = {}


def reach(row: Row, path: str) -> Any:
    """The value at a dotted path of a joined row; None where a relationship is empty."""
    name, _, rest = path.partition(".")
    value: Any = row.get(name)
    for part in rest.split(".") if rest else ():
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def parse(text: str, run: Callable[[Query], list[Row]], now: float) -> Query:
    """Reads a query. `run` answers semi-joins; raises Refused."""
    return _Parser(text, run, now).query()


class _Parser:
    def __init__(self, text: str, run: Callable[[Query], list[Row]], now: float) -> None:
        self.run, self.now, self.at = run, now, 0
        self.named: list[str] = []
        self.pins: dict[str, Sequence[Any]] = {}
        self.signs: set[str] = set()
        self.tokens: list[tuple[str, str]] = []
        place, text = 0, text.strip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise Refused("MALFORMED_QUERY", f"unexpected token: '{text[place : place + 12].strip()}'")
            self.tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
            place = found.end()

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        word = self.peek()
        if not word:
            raise Refused("MALFORMED_QUERY", "unexpected token: '<EOF>'")
        self.at += 1
        return word

    def accept(self, *words: str) -> bool:
        if self.peek().upper() in words:
            self.at += 1
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise Refused("MALFORMED_QUERY", f"unexpected token: '{self.peek() or '<EOF>'}'")

    def column(self) -> str:
        kind = self.tokens[self.at][0] if self.at < len(self.tokens) else ""
        word = self.take()
        if kind != "word" or word.upper() in _STOP:
            raise Refused("MALFORMED_QUERY", f"unexpected token: '{word}'")
        return word

    def query(self, nested: bool = False) -> Query:
        outer, self.named, pinned, self.pins = self.named, [], self.pins, {}
        self.expect("SELECT")
        columns: list[str] = []
        totals: list[Total] = []
        count = False
        while True:
            name = self.column()
            if not self.accept("("):
                columns.append(name)
            elif name.upper() == "COUNT" and not columns and self.accept(")"):
                count = True
            else:
                totals.append(self.total(name, len(totals)))
            if not self.accept(","):
                break
        self.expect("FROM")
        table = self.column()
        where = self.either() if self.accept("WHERE") else None
        groups: list[str] = []
        if totals and self.accept("GROUP"):
            self.expect("BY")
            groups.append(self.column())
            while self.accept(","):
                groups.append(self.column())
        if totals and set(columns) - set(groups):
            raise Refused("MALFORMED_QUERY", f"Field must be grouped or aggregated: {columns[0]}")
        order: list[tuple[str, bool]] = []
        if self.accept("ORDER"):
            self.expect("BY")
            while True:
                name = self.column()
                self.named.append(name)
                order.append((name, self.accept("DESC") or (self.accept("ASC") and False)))
                if self.accept("NULLS") and not self.accept("FIRST", "LAST"):
                    raise Refused("MALFORMED_QUERY", f"unexpected token: '{self.peek()}'")
                if not self.accept(","):
                    break
        limit = int(self.take()) if self.accept("LIMIT") else None
        offset = int(self.take()) if self.accept("OFFSET") else 0
        if not nested and self.peek():
            raise Refused("MALFORMED_QUERY", f"unexpected token: '{self.peek()}'")
        named, self.named, pins, self.pins = self.named, outer, self.pins, pinned
        named += [total.column for total in totals]
        signs = frozenset(self.signs)
        return Query(
            table, tuple(columns), count, where, tuple(named), tuple(order), limit, offset, tuple(totals), signs, pins
        )

    def total(self, how: str, number: int) -> Total:
        """The rest of COUNT(Id) many; without a name of its own it is expr0."""
        if how.upper() not in ("COUNT", "MIN", "MAX"):
            raise Refused("MALFORMED_QUERY", f"unexpected token: '{how}('")
        column = self.column()
        self.expect(")")
        name = self.take() if self.peek() not in (",", "") and self.peek().upper() not in _STOP else f"expr{number}"
        return Total(name, how.upper(), column)

    def either(self) -> Test:
        tests = [self.both()]
        while self.accept("OR"):
            self.signs.add("OR")
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def both(self) -> Test:
        tests = [self.one()]
        while self.accept("AND"):
            tests.append(self.one())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def one(self) -> Test:
        if self.accept("NOT"):
            self.signs.add("NOT")
            test = self.one()
            return lambda row: not test(row)
        if self.accept("("):
            test = self.either()
            self.expect(")")
            return test
        name = self.column()
        self.named.append(name)
        if self.accept("NOT"):
            self.expect("IN")
            members = self.members()
            return lambda row: reach(row, name) not in members
        if self.accept("IN"):
            members = self.pins[name] = self.members()
            return lambda row: reach(row, name) in members
        sign = self.take().upper()
        self.signs.add(sign)
        value = self.literal()
        if sign == "=":
            self.pins[name] = [value]
        return _compare(name, sign, value)

    def members(self) -> list[Any]:
        self.expect("(")
        if self.peek().upper() == "SELECT":
            inner = self.query(nested=True)
            values = [reach(row, inner.columns[0]) for row in self.run(inner)]
        else:
            values = [self.literal()]
            while self.accept(","):
                values.append(self.literal())
        self.expect(")")
        return values

    def literal(self) -> Any:
        kind = self.tokens[self.at][0] if self.at < len(self.tokens) else ""
        word = self.take()
        if kind == "string":
            return re.sub(r"\\(.)", r"\1", word[1:-1])
        if kind == "number":
            return float(word)
        if kind == "date":
            return instant(word)
        name, _, number = word.upper().partition(":")
        if name in ("TRUE", "FALSE"):
            return name == "TRUE"
        if name == "NULL":
            return None
        if name in ("TODAY", "LAST_N_DAYS"):
            today = self.now // 86400 * 86400
            return _Instant(today - 86400 * int(number or 0), today + 86400)
        raise Refused("MALFORMED_QUERY", f"unexpected token: '{word}'")


class _Instant(float):
    """An instant in a query, compared with the vendor's text for instants. A date literal is a span up to `until`."""

    until: float | None

    def __new__(cls, at: float, until: float | None = None) -> _Instant:
        out = super().__new__(cls, at)
        out.until = until
        return out

    def holds(self, found: Any) -> bool:
        return bool(found == self) if self.until is None else found is not None and self <= found < self.until


def instant(text: str) -> _Instant:
    """Epoch seconds of a date or an instant as Salesforce and SOQL write it."""
    moment = datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text.replace("Z", "+00:00")))
    return _Instant((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _compare(name: str, sign: str, value: Any) -> Test:
    def side(row: Row) -> Any:
        found = reach(row, name)
        return instant(found) if isinstance(value, _Instant) and isinstance(found, str) else found

    if isinstance(value, _Instant) and sign in ("=", "!=", "<>"):
        return lambda row: value.holds(side(row)) is (sign == "=")
    if sign == "=":
        return lambda row: bool(side(row) == value)
    if sign in ("!=", "<>"):
        return lambda row: bool(side(row) != value)
    if sign == "LIKE" and isinstance(value, str):
        pattern = re.compile(re.escape(value).replace("%", ".*").replace("_", "."), re.IGNORECASE)
        return lambda row: pattern.fullmatch(str(side(row) or "")) is not None
    tests: dict[str, Callable[[Any], bool]] = {
        "<": lambda found: bool(found < value), ">": lambda found: bool(found > value),
        "<=": lambda found: bool(found <= value), ">=": lambda found: bool(found >= value),
    }  # fmt: skip
    if sign not in tests or value is None:
        raise Refused("MALFORMED_QUERY", f"unexpected token: '{sign}'")
    return lambda row: side(row) is not None and tests[sign](side(row))
