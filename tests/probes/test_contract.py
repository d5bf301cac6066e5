"""One suite over all vendor files: what every one of them must do, whatever its vendor answers."""

from __future__ import annotations

import pytest

from probes.kit.listing import Vendor
from probes.testing import contract
from probes.testing.contract import BASE
from probes.testing.rules import CHECKS

from .accounts import account, has_account, options
from .kit.world import vendor
from .rules import NEVER, RULES, everyone, pairs, problems

ALL = everyone()
__all__ = ["BASE", "Contract"]


class Contract(contract.Contract):
    """One of our vendors with its account."""

    def __init__(self, vendor: Vendor) -> None:
        super().__init__(vendor, account, options(vendor.name))


@pytest.mark.parametrize(("name", "held"), pairs(tuple(RULES), ALL))
async def test_a_vendor_file_keeps_the_rule(name: str, held: str) -> None:
    async with Contract(ALL[name]) as made:
        await CHECKS[held](made, held)


def test_every_vendor_file_has_an_account_to_be_tested_against() -> None:
    assert {name for name, vendor in ALL.items() if not has_account(vendor)} == set()


def test_every_rule_is_held_by_a_check() -> None:
    assert sorted(CHECKS) == sorted(RULES) and RULES.keys() >= NEVER


@pytest.mark.parametrize("made", ALL.values(), ids=ALL)
def test_nobody_is_exempt_without_a_reason_too_often_or_from_what_may_not_be_missing(made: Vendor) -> None:
    assert problems(made) == []


def test_an_exemption_leaves_out_its_rule_and_nothing_else() -> None:
    exempt = vendor(exempt={"cursor": "its lists have no pages at all"})
    assert problems(exempt) == []
    chosen = pairs(("cursor", "html"), {"acme": exempt, "other": vendor()})
    assert chosen == [("acme", "html"), ("other", "cursor"), ("other", "html")]


@pytest.mark.parametrize(
    ("exempt", "words"),
    [
        ({"curser": "its lists have no pages"}, "is no rule"),
        ({"cursor": "never"}, "reason"),
        ({"cursor": ""}, "reason"),
        ({"html": "it answers in HTML only"}, "nobody"),
        ({"403": "it knows no rights"}, "nobody"),
        ({"canary": "it echoes what it gets"}, "nobody"),
        ({"cut-anywhere": "it is often cut"}, "nobody"),
        ({"cursor": "it has no pages", "order": "rows come as they like", "302": "it moves often"}, "at most 2"),
    ],
)
def test_a_wrong_exemption_is_told(exempt: dict[str, str], words: str) -> None:
    assert any(words in problem for problem in problems(vendor(exempt=exempt)))
