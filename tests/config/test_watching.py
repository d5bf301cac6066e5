"""The watch of an integration: the first rule that matches, found without trying them all."""

from __future__ import annotations

import json
import random
from fnmatch import fnmatchcase

from monitor.config.models import Integration
from monitor.config.watching import Watching


def test_it_answers_as_trying_every_rule_in_order_would() -> None:
    chance = random.Random(7)
    parts = ["Lead", "Le*", "*", "*History", "L?ad", "[LA]*", "Account", "Acc*nt", "*c*", "contacts.*"]
    kinds = ["*", "field", "schema"]
    for _ in range(300):
        rules = [
            (chance.choice(kinds), chance.choice(parts), chance.choice(["review", "record", "off"])) for _ in range(6)
        ]
        watching = Watching(rules)
        for kind in ("field", "schema", "sync"):
            for scope in ("Lead", "LeadHistory", "Account", "contacts.pipelines", "", "accc"):
                hits = (level for of, pattern, level in rules if of in ("*", kind) and fnmatchcase(scope, pattern))
                expected = next(hits, "review")
                assert watching.level(kind, scope) == watching.level(kind, scope) == expected


def test_thousands_of_rules_are_not_tried_for_each_of_thousands_of_scopes() -> None:
    watching = Watching([("field", f"Object_{n:04}__c", "off") for n in range(3000)] + [("*", "*History", "off")])
    for n in range(3000):
        assert watching.level("field", f"Object_{n:04}__c") == "off"
    assert watching.tried <= 2 * 3000


def test_asking_does_not_make_an_integration_another_one() -> None:
    given = {"name": "crm", "vendor": "hubspot", "owner": "ops", "credentials": {"scheme": "token"},
             "watch": [{"scope": "tickets", "level": "off"}]}  # fmt: skip
    asked, fresh = (Integration.model_validate_json(json.dumps(given)) for _ in range(2))
    assert asked.level("field", "tickets") == "off"
    assert asked == fresh
