"""What the log says of an integration: once that something of it cannot be read, and once that it can be again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import structlog

from probes.kit.contract import State

from .live import Live

log = structlog.get_logger()
FINE: Final = (State.COMPLETE, State.UNSUPPORTED)  # what a vendor's plan does not have is no failure
SHOWN: Final = 10  # names in one line
ACCOUNT: Final = "account"  # beside the names of reads


def failing(live: Live) -> Mapping[str, str]:
    """What of it cannot be read as it was told last, each with the reason."""
    bad = {read: cover for read, (cover, _) in live.reads.items() if cover.state not in FINE}
    found = {read: cover.reason or str(cover.state) for read, cover in bad.items()}
    if live.look is not None and live.look.wrong_account:
        found[ACCOUNT] = "the credential belongs to another account than the approved one"
    return found


def say(live: Live, now: float) -> None:
    """After a reading was kept. What fails on is not said again; what fails in addition is."""
    bad = failing(live)
    new = sorted(bad.keys() - live.failing.keys())
    well = sorted(live.failing.keys() - bad.keys())
    if new:
        log.error(
            "this integration cannot be read as it should be; the next poll tries again", reads=new[:SHOWN],
            count=len(new), why=sorted({bad[name] for name in new})[:SHOWN],
        )  # fmt: skip
    if well:
        since = min(live.failing[name] for name in well)
        log.info(
            "it can be read again", reads=well[:SHOWN], count=len(well), after=round(now - since, 1), left=len(bad)
        )
    live.failing = {name: live.failing.get(name, now) for name in bad}
