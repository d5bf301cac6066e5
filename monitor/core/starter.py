"""The standing approvals that a new stack begins with: what a week brings by the hundred and nobody needs to see."""

from __future__ import annotations

from probes.kit.contract import Kind

from .standing import Standing

CAP = 100  # changes of one integration on one day


def starter(owner: str, until: float) -> tuple[Standing, ...]:
    """For the team that keeps the stack; all end at `until` (epoch seconds) unless they are renewed."""

    def one(id: str, reason: str, *rules: str, **more: object) -> Standing:
        return Standing(id=id, owner=owner, reason=reason, until=until, cap=CAP, rules=rules, **more)  # type: ignore[arg-type]

    return (
        one(
            "vendor-fields", "The vendor ships fields of its own every week; nothing here uses them yet.",
            "field.resource.added", kinds=(Kind.FIELD,), vendor_made=True,
        ),
        one(
            "labels-and-help", "Only what people read on a page is worded anew; names and values are the same.",
            "*.label.changed", "*.plural_label.changed", "*.description.changed", "field.help.changed",
            "field.group.changed", "schema.group.*",
        ),
        one(
            "reorders", "The same values in another order, where no flow reads them.",
            "*.reordered",
        ),
        one(
            "optional-fields", "A new field that nothing uses and nobody must fill takes nothing away.",
            "field.resource.added", kinds=(Kind.FIELD,), vendor_made=False,
        ),
        one(
            "joiners-and-leavers", "People come, go and change teams; what gives strong rights is asked all the same.",
            "permission.resource.added", "permission.active.narrowed", "permission.team.changed",
            "permission.teams.*", "permission.seats.*", kinds=(Kind.PERMISSION,), levels=("info", "warning"),
            patterns=("*/permission/users/*",),
        ),
    )  # fmt: skip
