"""Forms of JMESPath that are compiled to plain Python say what JMESPath says."""

from __future__ import annotations

from itertools import product
from typing import Any

import jmespath
import pytest

from probes.kit.values import Every, search

VALUES: list[Any] = [None, False, True, 0, 1, 0.0, "", "x", [], [0], {}, {"c": 1}]


FORMS = ("!a", "a && b", "!a && !b", "a && !b", "!a && b && !c", "a.c && b", "!b && a.c")


@pytest.mark.parametrize("expression", FORMS)
def test_and_and_not_of_names_mean_what_jmespath_means(expression: str) -> None:
    ours, theirs = search(expression), jmespath.compile(expression)
    assert isinstance(getattr(ours, "__self__", None), Every)
    for a, b, c in product(VALUES, VALUES, VALUES[:4]):
        row = {"a": a, "b": b, "c": c}
        mine, meant = ours(row), theirs.search(row)
        assert (type(mine), mine) == (type(meant), meant), row
    assert ours({}) == theirs.search({})


@pytest.mark.parametrize("expression", ["!(a && b)", "!a.c", "!a.c && b", "a && 'x'", "!a || b", "a && [0]"])
def test_what_is_more_than_names_is_left_to_jmespath(expression: str) -> None:
    assert not hasattr(search(expression), "__self__")
    assert search(expression)({"a": 1, "b": 2}) == jmespath.search(expression, {"a": 1, "b": 2})
