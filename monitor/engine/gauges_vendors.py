"""What vendors say of themselves, for the metrics' snapshot."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.adapters.metrics import BASE, Labels, Series
from monitor.core.vendor_status import STATES

from .gauges import base
from .statuses import status_of
from .surface import Engine


def vendors(engine: Engine) -> Iterator[Series]:
    states: dict[Labels, float] = {}
    for name in engine.integrations:
        found = status_of(engine, name)
        if found is not None:
            states |= {(*base(engine, name), state): float(found.state == state) for state in STATES}
    yield Series(
        "driftline_vendor_status",
        "What the vendor's own status page says: 1 at its state; unknown where it cannot be read.",
        (*BASE, "state"),
        states,
    )
