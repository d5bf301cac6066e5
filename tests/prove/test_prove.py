"""A tenth of the proof: every key of the answers is classified, what matters is found, and nothing else is said."""

from __future__ import annotations

import json

import pytest

from .edits import Found, put_in
from .mutate import Pool
from .run import prove
from .sheet import At, Spec, expected, find, specs, unclassified

SEED = 20_261_122
CHANGES = 2_000


async def test_what_matters_is_found_and_nothing_else_is_said() -> None:
    result = await prove(SEED, CHANGES)
    assert not result.unclassified, "keys that nobody has classified: add them to tests/prove/keys"
    assert not result.misses
    assert not result.false
    assert result.changes >= CHANGES
    assert result.findings > result.meaningful > CHANGES // 3


def _spec(name: str) -> Spec:
    return next(spec for spec in specs() if spec.name == name)


def test_a_key_that_nobody_has_classified_is_told() -> None:
    limits = {"DailyApiRequests": {"Max": 1, "Remaining": 1, "Shared": True}}
    assert unclassified(_spec("limits"), limits) == {"DailyApiRequests.Shared"}


def test_a_pattern_stands_for_one_name_and_the_longest_wins() -> None:
    found = expected(_spec("permission-sets"), "records[].PermissionsViewAllData")
    assert found is not None
    assert found[1]["fact"] == "view_all"
    power = expected(_spec("permission-sets"), "records[].PermissionsDataExport")
    assert power is not None
    assert (power[1]["fact"], power[2]) == ("powers", "DataExport")
    assert expected(_spec("limits"), "A.B.Max") is None


def test_an_address_has_one_sheet_and_what_it_names() -> None:
    found = find(specs(), "salesforce", "/services/data/v68.0/sobjects/Lead/describe")
    assert found is not None
    assert (found[0].name, found[1]) == ("describe", {"object": "Lead"})
    asked = find(specs(), "salesforce", "/services/data/v68.0/query?q=SELECT Id FROM UserRole")
    assert asked is None, "a name ends where it ends"


@pytest.mark.parametrize("entry", [(spec.name, key) for spec in specs() for key in spec.keys if spec.name == "limits"])
def test_a_change_is_another_value(entry: tuple[str, str]) -> None:
    import random

    body = {"DailyApiRequests": {"Max": 10, "Remaining": 4}}
    pool = Pool([(_spec("limits"), {}, body)], lambda name: name)
    made = pool.draw(random.Random(1), entry)
    assert made is not None
    after = json.loads(json.dumps(body))
    made.edit(after)
    assert after != body


def test_a_found_key_knows_its_document() -> None:
    at = At("label", ("label",), "x", {})
    assert Found(_spec("describe"), {"object": "Lead"}, at, "").document == ("describe", "Lead")


def test_a_composite_that_asks_for_fewer_does_not_hold_what_was_altered() -> None:
    parts = [{"referenceId": "r0", "httpStatusCode": 200}, {"referenceId": "r1", "httpStatusCode": 200}]
    at = At("compositeResponse[].referenceId", ("compositeResponse", 1, "referenceId"), "r1", {})
    edit = put_in(Found(_spec("composite"), {}, at, ""), "other")
    whole, fewer = {"compositeResponse": json.loads(json.dumps(parts))}, {"compositeResponse": parts[:1]}
    edit(whole)
    assert whole["compositeResponse"][1]["referenceId"] == "other"
    edit(fewer)
    assert fewer == {"compositeResponse": parts[:1]}
