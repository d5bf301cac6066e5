"""The story of the whole department: the lines of the spine, and those that need its other systems."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from .story import STORY
from .telling import Accounts, Expect, Step

SEGMENT: Final = "segment-prod"
CONTENTFUL: Final = "contentful-web"
CENSUS: Final = "census-old"
MARKETO: Final = "marketo-legacy"
HIGHTOUCH: Final = "hightouch"
ELOQUA: Final = "eloqua-emea"
LEADS: Final = "qualified-leads-to-google-ads"  # the sync of line 9
REFUSED: Final = 480  # rows
CALLER: Final = "census-sync@example.com"
TRANSLATORS: Final = "role03"


def _tear(accounts: Accounts) -> None:
    accounts[SEGMENT].tear(path="/sources")


def _refuse(accounts: Accounts) -> None:
    accounts[HIGHTOUCH].run(
        sync=LEADS, status="failed", rows=1200, failed=REFUSED, error="INVALID_CONVERSION_ACTION: mql is not enabled"
    )


def _may_model(accounts: Accounts, on: bool) -> None:
    """Whether translators may change content types."""
    accounts[CONTENTFUL].alter(
        table="roles", key=TRANSLATORS, what={"permissions.ContentModel": "all" if on else ["read"]}
    )


def _give(accounts: Accounts) -> None:
    _may_model(accounts, True)


def _take(accounts: Accounts) -> None:
    _may_model(accounts, False)


def _do_10(accounts: Accounts) -> None:
    accounts.configure(ELOQUA, "credential_ends", _day(accounts, 2))


def _day(accounts: Accounts, days: int) -> str:
    return (datetime.fromtimestamp(accounts[ELOQUA].clock.now(), UTC) + timedelta(days=days)).date().isoformat()


MORE: Final[tuple[Step, ...]] = (
    Step(
        "8",
        "A list comes in half",
        "Segment's list of sources breaks off in its second page: what was not read is not gone, and that it cannot be"
        " read is told once it lasts.",
        _tear,
        lambda accounts: accounts[SEGMENT].tear(path=""),
        (
            Expect(SEGMENT, silent=True),
            Expect(SEGMENT, "*", "sources", "sources", "read", action="narrowed", source="fault"),
        ),
        may=(Expect(SEGMENT, "*", "enforcement", "*", "read", source="fault"),),
        turns=(_tear, _tear),
    ),
    Step(
        "9",
        "A sync fails again and again",
        "Hightouch's qualified leads fail for the third time: Google Ads refused 480 of them, and says why in words"
        " that it never used before.",
        _refuse,
        lambda accounts: accounts[HIGHTOUCH].run(sync=LEADS, rows=1200),
        (
            Expect(
                HIGHTOUCH, "sync", f"{LEADS}.runs", LEADS, "state", action="narrowed", level="breaking",
                source="health",
            ),
        ),
        may=(Expect(HIGHTOUCH, "sync", f"{LEADS}.runs", LEADS, "*", "*", source="health"),),
        turns=(_refuse, _refuse),
    ),
    Step(
        "10",
        "A credential runs out",
        "The token that Eloqua is read with ends in two days.",
        _do_10,
        lambda accounts: accounts.configure(ELOQUA, "credential_ends", _day(accounts, 360)),
        (
            Expect(
                ELOQUA, "platform", "credential", "self", "expires", action="narrowed", level="breaking",
                source="upkeep",
            ),
        ),
        configures=True,
    ),
    Step(
        "13",
        "A role goes to and fro",
        "Contentful's translators may change the content model, and may not, and may again, within hours: one drift"
        " that flaps.",
        _give,
        _take,
        (
            Expect(CONTENTFUL, "permission", "roles", "Translator", "customize", action="widened", words=("flapping",)),
        ),
        may=(Expect(CONTENTFUL, "permission", "roles", "Translator", "*"),),
        turns=(_take, _give, _take, _give),
    ),
    Step(
        "14b",
        "A system on its way out is written into",
        "Marketo takes no more writes since Eloqua took over, and something still writes into it.",
        lambda accounts: accounts[MARKETO].write(by=CALLER),
        lambda accounts: accounts[MARKETO].drop(table="usage", key=CALLER),
        (
            Expect(MARKETO, "sync", "*", "*", "writes", level="warning", source="policy", words=("on its way out",)),
        ),
        may=(Expect(MARKETO, "sync", "callers", CALLER, person=True),),
        fades=8 * 86_400.0,
    ),
    Step(
        "14c",
        "An address announces its end",
        "Census' answers say that their address is switched off in 40 days.",
        lambda accounts: accounts[CENSUS].announce(days=40),
        lambda accounts: accounts[CENSUS].announce(days=0),
        (
            Expect(CENSUS, "platform", "api", "20*", "sunset_on", action="changed", level="warning", source="upkeep"),
        ),
    ),
)  # fmt: skip
WHOLE: Final = tuple(sorted((*STORY, *MORE), key=lambda step: step.place))

__all__ = ["MORE", "WHOLE"]
