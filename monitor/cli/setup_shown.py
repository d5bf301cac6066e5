"""What `driftline init` shows of an account that was proven, on the screen and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .out import many, note, say, table, watched

if TYPE_CHECKING:
    from monitor.setup.cost import Cost
    from monitor.setup.draft import Draft
    from monitor.setup.proof import Proof
    from monitor.setup.propose import Proposed

SHOWN = 60


def show_seen(proof: Proof) -> None:
    rows = []
    for seen in proof.seen:
        said = {"complete": "ok", "unasked": "not asked"}.get(seen.state, seen.state)
        some = f" ({seen.asked} of {seen.parents} asked)" if 0 < seen.asked < seen.parents else ""
        words = f"{many(seen.rows, 'row')}{some}" if seen.state == "complete" else seen.reason
        give = "; ".join(f"missing {grant}: {seen.give.get(grant, '')}".rstrip(": ") for grant in seen.missing)
        rows.append((seen.listing, "/".join(seen.kinds), said, f"{words}{'; ' if give else ''}{give}"))
    table(("Listing", "Kind", "Seen", ""), rows, empty="Nothing can be seen.")
    for seen in proof.seen:
        if seen.state == "denied":
            note(f"driftline: {seen.listing} is denied; without it nothing of it is watched")
    for grant, how in proof.unheld.items():  # also where nothing was denied: a list may be shorter for want of it
        note(f"driftline: {grant} is not held: {how}")


def show_objects(proposed: Proposed, spent: Cost) -> None:
    every = proposed.objects
    listed = every if not watched() else every[:SHOWN]
    table(
        ("Object", "Fields", "Yours", f"{spent.unit.capitalize()} a day", "Watch", "Because"),
        [(one.name, "" if one.fields is None else str(one.fields), "" if one.own is None else str(one.own),
          f"{one.cost:.0f}", one.level, one.why) for one in listed],
        empty="No objects with fields were read.",
    )  # fmt: skip
    if len(listed) < len(every):
        say(f"… and {many(len(every) - len(listed), 'more object')}; --json lists all")
    counts = {level: sum(one.level == level for one in every) for level in ("review", "record", "off")}
    say(f"{many(len(every), 'object')}: {counts['review']} review, {counts['record']} record, {counts['off']} off")
    of = f" of {spent.limit:,.0f} that the plan allows ({spent.total / spent.limit:.1%})" if spent.limit else ""
    used = f"; {spent.used:,.0f} of them are used today" if spent.used is not None else ""
    say(f"About {spent.total:,.0f} {spent.unit} a day every {spelled(spent.every)}{of}{used}")


def spelled(seconds: float | None) -> str:
    from monitor.config.types import spelled

    return spelled(seconds or 0)


def document(path: Path, draft: Draft, proof: Proof, proposed: Proposed, spent: Cost) -> dict[str, Any]:
    vantage = proof.vantage
    return {
        "written": str(path), "name": draft.name, "vendor": draft.vendor,
        "account": {"id": vantage.account, "name": vantage.account_name, "subject": vantage.subject,
                    "grants": sorted(vantage.grants), "api_version": vantage.api_version},
        "listings": proof.seen, "unheld": proof.unheld, "objects": proposed.objects, "watch": proposed.rules,
        "requests": {"proof": proof.requests, "per_day": spent.total, "listings": spent.listings, "limit": spent.limit,
                     "share": spent.share, "unit": spent.unit, "used": spent.used, "every": spent.every},
    }  # fmt: skip
