"""Formulas of validation rules: asked for when a rule moved, by composite, and never taken for absent ones."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from probes.kit.contract import Kind, Ref, State
from probes.salesforce.calls import COMPOSITE
from tests.probes.kit.world import js
from tests.probes.test_salesforce import Org

LEAD, CASE = (Ref(Kind.AUTOMATION, f"{name}.validation-rules") for name in ("Lead", "Case"))


def rule(object: str, name: str, at: str = "2026-11-01T08:00:00.000+0000", **more: Any) -> dict[str, Any]:
    return {"Id": f"03d{object}{name}", "EntityDefinition": {"QualifiedApiName": object}, "ValidationName": name,
            "NamespacePrefix": None, "Active": True, "ErrorMessage": "no", "LastModifiedDate": at, **more}  # fmt: skip


class Ruled(Org):
    """`formulas`: by id; None is refused as the vendor refuses what is not there. `bare` come without Metadata,
    and `silent` not at all."""

    def __init__(self, *rules: dict[str, Any]) -> None:
        super().__init__("Lead", "Case")
        self.tables["ValidationRule"] = list(rules)
        self.formulas: dict[str, str | None] = {}
        self.bare: set[str] = set()
        self.silent: set[str] = set()
        self.asked: list[int] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != COMPOSITE:
            return super().handle(request)
        asked = json.loads(request.content)["compositeRequest"]
        self.asked.append(len(asked))
        told = [sub for sub in asked if sub["url"].rpartition("/")[2] not in self.silent]
        return js({"compositeResponse": [self.record(sub) for sub in told]})

    def record(self, sub: dict[str, Any]) -> dict[str, Any]:
        id = sub["url"].rpartition("/")[2]
        formula = self.formulas.get(id, f"ISBLANK({id})")
        if formula is None:
            body: Any = [{"errorCode": "NOT_FOUND", "message": "no"}]
            return {"httpStatusCode": 404, "referenceId": sub["referenceId"], "body": body, "httpHeaders": {}}
        meta = None if id in self.bare else {"active": True, "errorConditionFormula": formula}
        body = {"Id": id, "Metadata": meta}
        return {"httpStatusCode": 200, "referenceId": sub["referenceId"], "body": body, "httpHeaders": {}}


def facts(scopes: Any, ref: Ref) -> dict[str, Any]:
    return {one.key: one.facts for one in scopes[ref].resources}


async def test_formulas_go_25_to_a_call_and_are_asked_for_again_only_where_a_rule_moved() -> None:
    org = Ruled(*(rule("Lead", f"R{n}") for n in range(30)), rule("Case", "Open"))
    world = org.world()
    _, scopes, _ = await world.poll(listings=["validation-rules"])
    assert org.asked == [25, 6]
    assert facts(scopes, LEAD)["R7"] == {"active": True, "formula": "ISBLANK(03dLeadR7)"}
    _, _, reads = await world.poll(listings=["validation-rules"])
    assert org.asked == [25, 6] and reads["validation-rules/Lead"].coverage.complete
    org.tables["ValidationRule"][-1] = rule("Case", "Open", at="2026-11-02T08:00:00.000+0000")
    org.formulas["03dCaseOpen"] = "TRUE"
    _, scopes, _ = await world.poll(listings=["validation-rules"])
    assert org.asked == [25, 6, 1] and facts(scopes, CASE)["Open"]["formula"] == "TRUE"


async def test_a_rule_without_its_record_fails_its_object_alone() -> None:
    org = Ruled(rule("Lead", "Gone"), rule("Case", "Open"))
    org.formulas["03dLeadGone"] = None
    _, scopes, reads = await org.world().poll(listings=["validation-rules"])
    assert reads["validation-rules/Lead"].coverage.state is State.DENIED
    assert facts(scopes, CASE)["Open"]["formula"] == "ISBLANK(03dCaseOpen)"


async def test_a_packaged_rule_is_never_asked_for_its_formula() -> None:
    """Else what one credential sees of it, and a weaker one does not, would be a formula that went away."""
    org = Ruled(rule("Lead", "Kept", NamespacePrefix="acme"), rule("Lead", "Own"))
    _, scopes, reads = await org.world().poll(listings=["validation-rules"])
    assert facts(scopes, LEAD)["acme__Kept"] == {"active": True, "opaque": True}
    assert org.asked == [1] and reads["validation-rules/Lead"].coverage.complete


@pytest.mark.parametrize("how", ["bare", "silent"])
async def test_a_rule_that_comes_without_its_formula_is_no_rule_that_lost_it(how: str) -> None:
    """Without its Metadata, or left out of the composite's answer."""
    org = Ruled(rule("Lead", "Bare"), rule("Case", "Open"))
    world = org.world()
    await world.poll(listings=["validation-rules"])
    org.tables["ValidationRule"][0] = rule("Lead", "Bare", at="2026-11-02T08:00:00.000+0000")
    getattr(org, how).add("03dLeadBare")
    _, scopes, reads = await world.poll(listings=["validation-rules"])
    coverage = reads["validation-rules/Lead"].coverage
    assert coverage.state is State.FAILED and "Bare came without its formula" in coverage.reason
    assert LEAD not in scopes or not scopes[LEAD].coverage.complete
    assert reads["validation-rules/Case"].coverage.complete
