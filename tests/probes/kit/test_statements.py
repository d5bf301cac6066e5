"""What may be sent to a database, and how values and names get into it."""

from __future__ import annotations

import pytest

from probes.kit.contract import Rejected
from probes.kit.statements import bound, wrong
from probes.sql.catalogue import STATEMENTS

from .world import vendor

TABLES = "SELECT c.oid AS id FROM pg_catalog.pg_class c"


@pytest.mark.parametrize("sql", [*STATEMENTS.values(), TABLES, "SELECT version() AS said",
                                 "SELECT a FROM information_schema.columns x JOIN pg_catalog.pg_class y ON y.a = x.a",
                                 "SELECT 'a;b' AS x FROM pg_catalog.pg_class"])  # fmt: skip
def test_selects_of_the_catalogue_may_be_sent(sql: str) -> None:
    assert wrong(sql) == ""


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("DELETE FROM pg_catalog.pg_class", "one SELECT"),
        ("", "one SELECT"),
        (f"{TABLES} UNION SELECT 1 AS x", "one SELECT"),
        ("WITH x AS (DELETE FROM y) SELECT 1 AS z", "one SELECT"),
        ("SELECT a FROM pg_catalog.pg_class WHERE a IN (SELECT b FROM people)", "one SELECT"),
        ("SELECT extract(year from a) AS x FROM pg_catalog.pg_class", "one SELECT"),
        (f"{TABLES}; DROP TABLE people", "';'"),
        (f"{TABLES} -- people", "'--'"),
        (f"{TABLES} /* people */", "'/*'"),
        (f"{TABLES} WHERE a LIKE 'x' ESCAPE E'\\\\'' OR $$a$$", "'$'"),
        ('SELECT a FROM "people"', "'\"'"),
        ("SELECT a FROM pg_catalog.pg_class WHERE a % 2 = 1", "'%'"),
        ("SELECT a INTO x FROM pg_catalog.pg_class", "into"),
        (f"{TABLES} FOR UPDATE", "for"),
        ("SELECT pg_sleep(9) AS x", "pg_sleep"),
        ("SELECT pg_read_file('/etc/passwd') AS x", "pg_read_file"),
        ("SELECT nextval ('a') AS x", "nextval"),
        ("SELECT a FROM people", "people, which is not of the catalogue"),
        ("SELECT a FROM public.people", "public.people"),
        ("SELECT a FROM pg_catalog.pg_class c, people p", "comma"),
        ("SELECT a FROM pg_catalog.pg_class c JOIN people p ON p.a = c.a", "people"),
        ("SELECT a\nFROM pg_catalog.pg_class c\nLEFT JOIN\npeople p ON p.a = c.a", "people"),
        ("SELECT a FROM pg_catalog.pg_class c CROSS JOIN (people) x", "calls join"),
    ],
)
def test_nothing_else_may(sql: str, words: str) -> None:
    assert words in wrong(sql)
    with pytest.raises(ValueError, match="statements: bad"):
        vendor(statements={"good": TABLES, "bad": sql})


def test_values_are_bound_and_names_are_quoted() -> None:
    assert bound(TABLES, {"more": 1}) == (TABLES, [])
    sql = "SELECT a FROM pg_catalog.pg_class WHERE a IN :ids AND b = :name"
    assert bound(sql, {"ids": [1, 2], "name": "x' OR 1 = 1"}) == (
        "SELECT a FROM pg_catalog.pg_class WHERE a IN (%s, %s) AND b = %s", [1, 2, "x' OR 1 = 1"],
    )  # fmt: skip
    newest = STATEMENTS["newest"]
    assert bound(newest, {"table": 'a"b.c.d', "column": 'x" FROM people; --'})[0] == (
        'SELECT max("x"" FROM people; --") AS newest FROM "a""b"."c.d"'
    )


@pytest.mark.parametrize("given", [{}, {"column": "x"}, {"table": "", "column": "x"}, {"table": "a.b", "column": None},
                                   {"table": "a.", "column": "x"}, {"table": 7, "column": "x"},
                                   {"table": "a.b\0", "column": "x"}])  # fmt: skip
def test_a_name_that_is_none_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(Rejected, match="expected a name"):
        bound(STATEMENTS["newest"], given)


def test_a_place_without_a_value_is_refused() -> None:
    with pytest.raises(Rejected, match="without a value"):
        bound("SELECT a FROM pg_catalog.pg_class WHERE a = :b", {})
