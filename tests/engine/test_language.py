"""Labels come in the language of the user that reads: another language is one finding, not one for every label."""

from __future__ import annotations

from monitor.core.model import Phase

from .conftest import World

GERMAN = {"Status": "Stand", "Lead": "Interessent", "Open": "Offen", "Email": "E-Mail", "Phone": "Telefon"}


async def test_another_language_of_the_reader_is_one_finding(world: World) -> None:
    world.salesforce.translate(language="de", **GERMAN)
    await world.engine.poll("salesforce-prod")
    assert world.open() == [], "a translation that the reader is not shown"
    world.salesforce.speak(username="driftline-monitor@example.com", language="de")
    await world.player.round()
    found = [one for one in world.open() if not one.cause]
    assert [(one.address.scope, one.address.fact, one.level.word) for one in found] == [("vantage", "locale", "info")]
    labels = {(one.address.scope, one.address.key, one.address.item) for one in world.open() if one.cause}
    assert {("Lead", "Status", ""), ("Lead", "Status", "Open"), ("objects", "Lead", "")} <= labels
    world.salesforce.speak(username="driftline-monitor@example.com", language="en_US")
    await world.player.round()
    assert world.open() == [] and world.standing(Phase.SUSPECTED) == []
