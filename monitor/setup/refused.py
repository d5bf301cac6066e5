"""What to do when a credential does not sign in: where to get one, which rights it lacks, which address is wrong."""

from __future__ import annotations

from probes.kit.listing import Vendor

NAMED = 6  # grants that are named; `driftline vendors` has them all


def advice(vendor: Vendor, scheme: str, base: str, reason: str) -> str:
    """A sentence after `reason`, which begins with the Fault's name; empty where waiting is all there is to do."""
    fault = reason.partition(":")[0]
    how = f"; `driftline vendors {vendor.name}` says how" if vendor.name != "rest" else ""
    if fault == "Expired":
        note = vendor.schemes[scheme].note
        where = f"Where it comes from: {note}" if note else f"It is a {scheme}{how}"
        return f"is the credential whole, still valid and of this account? {where}"
    if fault in ("Denied", "Unsupported"):
        named = [*vendor.grants][:NAMED]
        more = f" and {len(vendor.grants) - NAMED} more" if len(vendor.grants) > NAMED else ""
        return (
            f"its rights are too few; it needs {', '.join(named)}{more}{how}"
            if named
            else f"its rights are too few{how}"
        )
    if fault in ("Unreachable", "Malformed", "Rejected", "Retired"):
        return f"is {base} the address of its API? --base names another, and --option what stands in it"
    return ""
