"""Looking one fact up in a body."""

from __future__ import annotations

from monitor.core.body import value_of
from monitor.core.model import Body
from monitor.core.row import Row
from probes.kit.contract import Kind, Ref


def test_a_fact_a_whole_row_and_what_is_not_there() -> None:
    body = Body(Ref(Kind.FIELD, "Lead"), "fields/Lead", ("label",), {"Score__c": Row({"label": "Score"})})
    assert value_of(body, "Score__c", "label") == "Score"
    assert value_of(body, "Score__c", "") == {"label": "Score"}
    assert value_of(body, "Score__c", "length") is None
    assert value_of(body, "Gone__c", "label") is None
    assert value_of(None, "Score__c", "label") is None
