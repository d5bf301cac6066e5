"""The campaigns of a simulated Klaviyo account, and the filters that lists of the vendor take.

The rows are of the shape of its OpenAPI of 2026-07-15. Filters are joined by commas; strings stand in quotes, times and
booleans do not (the vendor's page on filtering).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from probes.simulated.desk import Wire

_ONE: Final = re.compile(r"([a-z-]+)\(([\w.]+),(\[[^\]]*\]|[^)\[]*)\)(?:,|$)")


def rows(dated: Wire, sent: str, soon: str) -> Iterator[tuple[str, str, Wire]]:
    """Id, channel and attributes of each."""
    later = {"method": "static", "datetime": soon, "options": {"is_local": False}}
    for id, channel, name, status, archived, strategy, when in (
        ("C1", "email", "Spring launch", "Sent", False, {"method": "immediate"}, sent),
        ("C2", "email", "Summer launch", "Scheduled", False, later, soon),
        ("C3", "email", "Autumn launch", "Draft", False, {"method": "ab_test_campaign"}, None),
        ("C4", "email", "Old launch", "Cancelled: Billing Limit", True, {"method": "immediate"}, None),
        ("C5", "sms", "Reminder", "Sent", False, {"method": "immediate"}, sent),
    ):
        tracking = {"add_tracking_params": True, "custom_tracking_params": [
            {"type": "static", "name": "utm_medium", "value": channel}]}  # fmt: skip
        opens = {"is_tracking_clicks": True, "is_tracking_opens": True} if channel == "email" else {}
        yield id, channel, {
            "name": name, "status": status, "archived": archived, "send_options": {"use_smart_sending": True},
            "audiences": {"included": ["SG1", "LA1"], "excluded": ["LB2"] if id == "C2" else None},
            "tracking_options": tracking | opens, "send_strategy": strategy, "send_time": when,
            "scheduled_at": when if status == "Scheduled" else None, **dated,
        }  # fmt: skip


def wanted(written: str) -> Callable[[Wire], bool]:
    """Whether a row is what a filter asks for. Raises ValueError for a filter that is none."""
    tests = _ONE.findall(written)
    if "".join(f"{operator}({field},{value})," for operator, field, value in tests) != written + "," * bool(written):
        raise ValueError(written)
    return lambda row: all(_is(operator, _at(row, field), value) for operator, field, value in tests)


def _at(row: Wire, field: str) -> Any:
    if field == "messages.channel":
        return row["of"]
    return row["id"] if field == "id" else row["attributes"][field]


def _is(operator: str, have: Any, value: str) -> bool:
    given = json.loads(value.replace("'", '"')) if value[0] in "'\"[tf" else value
    if operator == "any":
        return have in given
    return bool(have == given) if operator == "equals" else str(have) >= given[:19]
