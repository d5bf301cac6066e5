"""A hook of schemathesis, for what would make every later request the same.

The run does not revoke its own token, or all that comes after would test 401 alone. Headers that tie one request to
another (an Idempotency-Key that was used, an ETag of what was looked at) are drawn at random, and such a request is
rightly refused: they have tests of their own (tests/web/test_once.py, test_versions.py).
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import schemathesis

TIES = frozenset({"idempotency-key", "if-match"})


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    if case.operation.method == "delete" and case.path_parameters.get("name") == "tester":
        case.path_parameters["name"] = "spare"
    if case.meta is not None and case.meta.generation.mode.is_negative:
        return  # a header that is changed here makes it one that is well formed, and its refusal a surprise
    headers = case.headers or {}
    for name in [name for name in headers if name.lower() in TIES]:
        if name.lower() == "if-match":
            del headers[name]
        else:
            headers[name] = uuid4().hex
