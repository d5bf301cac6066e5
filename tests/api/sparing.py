"""A hook of schemathesis: the run does not revoke its own token, or all that comes after would test 401 alone."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    if case.operation.method == "delete" and case.path_parameters.get("name") == "tester":
        case.path_parameters["name"] = "spare"
