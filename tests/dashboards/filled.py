"""What Grafana fills into a query or a link before it is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping

INTEGRATION = "salesforce-prod"


def filled(expr: str, stack: str = "example") -> str:
    found = expr.replace("$stack", stack).replace("$integration", INTEGRATION).replace("$__rate_interval", "1m")
    assert "$" not in found, f"a variable that nobody fills in: {found}"
    return found


def page(link: str, labels: Mapping[str, str]) -> str:
    """The path of a link, of the number with these labels."""
    path = re.sub(r"\$\{__field\.labels\.(\w+)\}", lambda one: labels[one[1]], link.removeprefix("${url:raw}"))
    return filled(path)
