"""The contract suite for a vendor file of one's own, in one line of a test file:

    from probes.testing import suite

    TestAcme = suite("vendors/acme.py")

or `suite("acme")` for one that an installed package names under the entry point `driftline.vendors`. Answers stand in
`replies/acme/` beside the vendor file (probes/testing/accounts.py says how), or `account=` makes a simulated one. Needs
pytest, and nothing else that Driftline itself does not bring.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

try:
    import pytest
except ImportError as error:
    raise ImportError("probes.testing is for tests and needs pytest: pip install pytest") from error

from probes.kit import registry
from probes.kit.listing import Vendor

pytest.register_assert_rewrite("probes.testing.contract", "probes.testing.links", "probes.testing.lists")

from . import contract, links, lists  # noqa: E402, F401  after their asserts were made to tell; those two mark rules
from .accounts import Wire, Written, options  # noqa: E402
from .rules import CHECKS, RULES, problems  # noqa: E402

__all__ = ["suite"]


def suite(
    vendor: str | Path | Vendor, *, replies: str | Path | None = None, account: Callable[..., Any] | None = None
) -> type:
    """A class of tests, to be bound to a name that begins with Test. `vendor`: the vendor file, the name of one that is
    installed, or the object. `replies`: the folder of its answers. `account`: makes a simulated account in the place of
    these, an ASGI application under `app` that can be shuffled; takes `clock` and `page`."""
    made, beside = _found(vendor)
    folder = Path(replies) if replies is not None else beside / "replies" / made.name if beside else None
    if account is None and (folder is None or not folder.is_dir()):
        raise FileNotFoundError(
            f"{made.name}: expected its answers in {folder or 'a folder'}; put files there as "
            "probes/testing/accounts.py says, or name another folder with replies=, or make an account with account="
        )

    def make(one: Vendor, clock: Any, secrets: dict[str, str]) -> tuple[Any, Wire]:
        if account is None:
            assert folder is not None
            said = Written(folder, made.base)
            return said, Wire(said)
        return contract.simulated(account(clock=clock, page=2), secrets)

    async def held(rule: str) -> None:
        given = options(folder) if folder is not None and folder.is_dir() else {}
        async with contract.Contract(made, make, given) as one:
            await CHECKS[rule](one, rule)

    class Suite:
        """Every rule that the vendor file is not exempt from."""

        @pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in made.exempt])
        def test_rule(self, rule: str) -> None:
            asyncio.run(held(rule))

        def test_exemptions(self) -> None:
            wrong = problems(made)
            assert not wrong, "; ".join(wrong)

    return Suite


def _found(vendor: str | Path | Vendor) -> tuple[Vendor, Path | None]:
    """The vendor, and the folder that its file is in."""
    if isinstance(vendor, Vendor):
        return vendor, None
    file = Path(vendor)
    if file.suffix == ".py" or file.is_dir():
        try:
            return registry.checked(file), file.resolve().parent
        except ValueError as error:
            wrong = str(error)
        pytest.fail(wrong, pytrace=False)
    made = registry.vendor(str(vendor))
    point = next((point for point in entry_points(group=registry.GROUP) if point.name == made.name), None)
    module = sys.modules.get(point.module) if point else None
    return made, Path(module.__file__).parent if module is not None and module.__file__ else None
