"""The bytes of a scope: what the store keeps is, byte for byte, the baseline file."""

from __future__ import annotations

import msgspec
import orjson
import pytest
from hypothesis import given

from monitor.core.body import BodyError, decode, encode
from monitor.core.model import Body
from probes.kit.contract import Parent

from .shapes import OBJECTS, bodies


@given(bodies())
def test_a_body_survives_its_bytes(one: Body) -> None:
    whole = msgspec.structs.replace(one, parent=Parent(OBJECTS, "Lead"), api_version="v1")
    for body in (one, whole):
        assert decode(encode(body)) == body
        assert encode(decode(encode(body))) == encode(body)


GOOD = {
    "driftline": 1,
    "scope": {"kind": "field", "name": "Lead"},
    "read": "fields/Lead",
    "parent": None,
    "api_version": "",
    "facts": ["label"],
    "resources": {"a": {"label": "x"}},
}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"{\n  <<<", "line 2: not JSON"),
        (b"[]", '"driftline": expected 1'),
        (orjson.dumps({**GOOD, "driftline": 2}), '"driftline": expected 1'),
        (orjson.dumps({**GOOD, "resources": {"a": 1}}), "resources.a: expected an object of facts"),
        (orjson.dumps({**GOOD, "resources": {"a": {"@id": 1}}}), "resources.a.@id: expected text"),
        (orjson.dumps({**GOOD, "scope": {}}), "not a baseline file: KeyError"),
        (orjson.dumps({**GOOD, "facts": "label"}), "not a baseline file: ValidationError"),
        (orjson.dumps({**GOOD, "resources": []}), "not a baseline file: AttributeError"),
    ],
)
def test_a_file_that_is_no_baseline_says_what_is_wrong(raw: bytes, says: str) -> None:
    with pytest.raises(BodyError) as error:
        decode(raw)
    assert says in str(error.value)
