"""The doctor's findings: what a proof says about an integration, as checks with a state, a sentence and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from monitor.config import Integration
from monitor.config.types import spelled
from monitor.core.model import Sight
from monitor.core.sight import look
from monitor.engine.shapes import Listed, SystemRow
from probes.kit.contract import State
from probes.kit.listing import Vendor

from .cost import Cost
from .proof import UNASKED, Proof, Seen

Mark = Literal["ok", "note", "blind", "bad"]
DAY: Final = 86_400.0
SOON: Final = 30 * DAY
SUNSET: Final = 365 * DAY
RIGHT: Final = "Put the right credential there; nothing is compared meanwhile."


class Check(msgspec.Struct, frozen=True):
    """`state`: ok; note (worth knowing); blind (something cannot be seen); bad (nothing works until it is mended)."""

    what: str
    state: Mark
    words: str
    action: str = ""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One integration. `per_day`: what a day takes as configured, in the unit of the vendor's
    allowance; `through`: the daemon's reads where one runs."""

    integration: str
    vendor: str
    account: str = ""
    account_name: str = ""
    checks: tuple[Check, ...] = ()
    per_day: float | None = None
    through: str = "here"

    def any(self, state: Mark) -> bool:
        return any(check.state == state for check in self.checks)


def checkup(
    own: Integration, vendor: Vendor, proof: Proof, spent: Cost, approved: Sight | None, now: float,
    best: float | None = None,
) -> Checked:  # fmt: skip
    """What a proof of a configured integration says. `best`: the shortest interval whose cost the plan allows."""
    checks = [*_signed(own, proof, approved)]
    if proof.signed_in:
        checks += [_listing(seen) for seen in proof.seen]
        checks += _grants(proof)
        checks += _ends(vendor, proof, now)
        checks += _spending(spent, best)
    vantage = proof.vantage
    return Checked(
        integration=own.name, vendor=own.vendor, account=vantage.account, account_name=vantage.account_name,
        checks=tuple(checks), per_day=spent.total if proof.signed_in else None,
    )  # fmt: skip


def _signed(own: Integration, proof: Proof, approved: Sight | None) -> Iterator[Check]:
    vantage = proof.vantage
    cover = vantage.coverage
    if cover.code == "secret":
        yield Check("credential", "bad", cover.reason, f"See credentials in integrations/{own.name}.yaml.")
        return
    if not cover.complete:
        yield Check("sign-in", "blind", cover.reason, "Nothing is read and nothing is compared until this is mended.")
        return
    who = f"{vantage.account_name} ({vantage.account})" if vantage.account_name else vantage.account
    yield Check("sign-in", "ok", f"as {vantage.subject or 'an unnamed credential'}, account {who}")
    if own.account and own.account != vantage.account:
        words = f"the file says account {own.account}, the credential belongs to {vantage.account}"
        yield Check("account", "bad", words, RIGHT)
    if approved is None:
        yield Check("approved account", "note", "none yet", f"driftline capture {own.name} takes the first baseline.")
        return
    seen = look(approved, vantage)
    if seen.wrong_account:
        words = f"the baseline is of account {approved.account}, the credential belongs to {vantage.account}"
        yield Check("approved account", "bad", words, RIGHT)
    elif seen.lost:
        yield Check("approved account", "blind", f"grants that were approved are gone: {', '.join(sorted(seen.lost))}",
                    "Give them back at the vendor, or approve the smaller view.")  # fmt: skip
    else:
        more = f"; also held now: {', '.join(sorted(seen.gained))}" if seen.gained else ""
        yield Check("approved account", "ok", f"the one that was approved{more}")


def _listing(seen: Seen) -> Check:
    name = f"{'/'.join(seen.kinds)} · {seen.listing}"
    if seen.state == State.COMPLETE:
        some = f", asked for {seen.asked} of {seen.parents}" if seen.asked < seen.parents else ""
        return Check(name, "ok", f"{seen.rows} {'row' if seen.rows == 1 else 'rows'}{some}")
    if seen.state == UNASKED:
        return Check(name, "note", f"not asked for: {seen.reason}")
    if seen.state == State.UNSUPPORTED:
        return Check(name, "note", f"not in this plan: {seen.reason}", "Set its watch to off to be told no more.")
    give = "; ".join(f"{grant}: {seen.give.get(grant, 'see driftline vendors')}" for grant in seen.missing)
    action = f"Missing {give}" if give else "" if seen.state != State.DENIED else "Give the credential this right."
    return Check(name, "blind", f"{seen.state}: {seen.reason}", action)


def _grants(proof: Proof) -> Iterator[Check]:
    told = {grant for seen in proof.seen for grant in seen.missing}
    for grant, how in proof.unheld.items():
        if grant not in told:
            yield Check("grant", "note", f"{grant} is not held", how)


def _ends(vendor: Vendor, proof: Proof, now: float) -> Iterator[Check]:
    version = proof.vantage.api_version
    ends = proof.vantage.credential_expires_at
    if ends is not None:
        state: Mark = "bad" if ends <= now else "note" if ends - now < SOON else "ok"
        yield Check("credential", state, f"good until {_day(ends)}", "Renew it." if state != "ok" else "")
    found = sorted((at, what) for what, at in proof.signals.sunset.items())
    late = [f"{what} ends on {_day(at)}" for at, what in found if at - now < SUNSET]
    said = f"version {version}" if version else "no version is told"
    if late:
        yield Check("API", "note", f"{said}; {'; '.join(late)}", "A newer Driftline reads a newer version.")
    else:
        coming = f"next end {_day(found[0][0])} ({found[0][1]})" if found else "no announced end"
        yield Check("API", "ok", f"{said}; {coming}")


def _spending(spent: Cost, best: float | None) -> Iterator[Check]:
    """The vendor's quota, and what the configured watch takes of it."""
    words, every = f"about {spent.total:,.0f} {spent.unit} a day", f", read every {spelled(spent.every)}"
    if spent.limit is None or spent.cap is None:
        yield Check("cost", "ok", f"{words}{every}; this vendor tells no daily quota")
        return
    ours = f"our share is at most {spent.share:.0%}"
    of = f"{words} of {spent.limit:,.0f} ({spent.total / spent.limit:.1%}){every}; {ours}"
    used = f"; {spent.used:,.0f} used today, by everybody" if spent.used is not None else ""
    if spent.fits:
        yield Check("cost", "ok", of + used)
    else:
        slower = f"schedule.every {spelled(best)} would fit" if best else "no usual interval fits"
        yield Check("cost", "bad", of + used, f"Poll less often ({slower}), or set more of the watch to off.")


def through_daemon(
    own: Integration, system: SystemRow, reads: Sequence[Listed], outcome: str, why: str, spent: Cost
) -> Checked:
    """The same from what a running daemon has just read."""
    checks = []
    if outcome == "failed":
        checks.append(Check("sign-in", "blind", why or system.problem or "the reading failed", "See its log."))
    else:
        name = f"{system.account_name} ({system.account})" if system.account_name else system.account
        checks.append(Check("sign-in", "ok", f"account {name}"))
    by_listing: dict[str, list[Listed]] = {}
    for read in reads:
        by_listing.setdefault(read.read.partition("/")[0], []).append(read)
    for listing, found in sorted(by_listing.items()):
        bad = [read for read in found if read.state not in (State.COMPLETE, State.UNSUPPORTED)]
        if bad:
            words = f"{len(bad)} of {len(found)} {bad[0].state}: {bad[0].reason}"
            checks.append(Check(listing, "blind", words, "Stop the daemon and run this again to see which grant."))
        else:
            checks.append(Check(listing, "ok", f"{len(found)} of {len(found)} read completely"))
    if system.budget is not None:
        checks.append(Check("quota", "ok" if system.budget < 1 else "blind", f"{system.budget:.0%} of the day is used"))
    if spent.limit is None and system.budget is not None:  # the vendor's answers tell the limit, and no page has it
        checks.append(
            Check("cost", "ok", f"about {spent.total:,.0f} {spent.unit} a day, read every {spelled(spent.every)}")
        )
    else:
        checks += _spending(spent, None)
    return Checked(
        integration=own.name, vendor=own.vendor, account=system.account, account_name=system.account_name,
        checks=tuple(checks), per_day=spent.total, through="daemon",
    )  # fmt: skip


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
