"""Hooks of schemathesis: what would make every later request the same, what never gets to the API, and what is one
probe many times over.

The run does not revoke its own token, or all that comes after would test 401 alone. Headers that tie one request to
another (an Idempotency-Key that was used, an ETag of what was looked at) are drawn at random, and such a request is
rightly refused: they have tests of their own (tests/web/test_once.py, test_versions.py).

A request line of more than 64 KiB is refused by the listener, before anything of the API is asked.

The coverage phase writes every case that a schema defines, and has no bound of its own. With ONE_OF_EACH in the
environment each operation gets each kind of probe once for each of its parameters and each property of its body; of
further values of the same kind (another wrong type, another word of the same enum) and of further verbs that an address
does not take, one. All of them are sent where it is not set.
"""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import schemathesis

TIES = frozenset({"idempotency-key", "if-match"})
ONE_OF_EACH = "ONE_OF_EACH"
LINE = 60_000  # characters of an address, as it is sent
VERBS = "unspecified_http_method"
PROPERTY = re.compile(r"([\w-]+)[: ]|Object with valid '([\w-]+)'|Missing required property: ([\w-]+)")
sent: set[tuple[str, ...]] = set()


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


@schemathesis.hook
def filter_query(context: Any, query: Any) -> bool:
    return len(urlencode(query or {}, doseq=True)) < LINE


if ONE_OF_EACH in os.environ:

    @schemathesis.hook
    def filter_case(context: Any, case: Any) -> bool:
        kind = probe(case)
        if kind is None or kind not in sent:
            sent.add(kind or ())
            return True
        return False


def probe(case: Any) -> tuple[str, ...] | None:
    """What a case of the coverage phase tries; None for a case of another phase."""
    data = None if case.meta is None else case.meta.phase.data
    if (scenario := getattr(data, "scenario", None)) is None:
        return None
    label = case.operation.label
    if scenario == VERBS:
        return label, scenario
    where = data.parameter_location.value if data.parameter_location is not None else ""
    found = PROPERTY.match(data.description or "") if where == "body" else None
    part = next((one for one in found.groups() if one), "") if found else ""
    return label, scenario.value, where, str(data.parameter), part
