"""What changed about the eye, before anything is said of the things seen. Pure.

The approved vantage is kept in git beside the baseline (vantage.json). Reading with other rights, as another user, or
through another API version makes differences that nobody made at the vendor.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import orjson

from probes.kit.contract import Kind, Vantage

from .body import FORMAT
from .model import Sight

SCOPE: Final = "vantage"  # the scope name under which the vantage is found, approved and drifts
KEY: Final = "self"
_MOVES: Final = ("subject", "api_version", "locale")
_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


class Look(msgspec.Struct, frozen=True):
    """The approved vantage against the one just read.

    `blind`: who reads could not be read, so nothing is known of grants. `moved`: (what, before, after). `proposal`:
    the vantage is worth capturing, since nothing was approved yet or there is more to see than was approved. `silent`:
    kinds of which a row that is not seen any more may be there still.
    """

    wrong_account: bool = False
    lost: frozenset[str] = frozenset()
    gained: frozenset[str] = frozenset()
    moved: tuple[tuple[str, str, str], ...] = ()
    blind: bool = False
    proposal: bool = False
    account: str = ""  # as read
    approved_account: str = ""
    silent: frozenset[Kind] = frozenset()


def look(approved: Sight | None, now: Vantage) -> Look:
    if not now.coverage.complete:
        return Look(blind=True, approved_account=approved.account if approved else "")
    if approved is None:
        return Look(proposal=True, account=now.account, silent=now.silent)
    if approved.account != now.account:
        return Look(wrong_account=True, account=now.account, approved_account=approved.account)
    pairs = ((name, getattr(approved, name), getattr(now, name)) for name in _MOVES)
    gained = now.grants - approved.grants
    return Look(
        lost=approved.grants - now.grants,
        gained=gained,
        # A vendor that stops telling its API version or locale has not changed it.
        moved=tuple((name, before, after) for name, before, after in pairs if after and before != after),
        proposal=bool(gained),
        account=now.account,
        approved_account=approved.account,
        silent=now.silent,
    )


def sight(now: Vantage) -> Sight:
    """A vantage as it would be approved."""
    return Sight(
        account=now.account,
        subject=now.subject,
        grants=now.grants,
        account_name=now.account_name,
        api_version=now.api_version,
        locale=now.locale,
    )


def encode(now: Vantage | Sight) -> bytes:
    """vantage.json, byte for byte: pretty, sorted, one grant per line."""
    seen = sight(now) if isinstance(now, Vantage) else now
    value: dict[str, Any] = {"driftline": FORMAT, **msgspec.to_builtins(seen), "grants": sorted(seen.grants)}
    return orjson.dumps(value, option=_OPTIONS)
