"""What programs read as it comes: events, metrics, readiness, alerts; and under which names people may come at all."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
import yaml

from monitor.adapters import apprised, webhook
from monitor.engine import alert_facts, digests, messages
from monitor.engine.measure import Measure
from monitor.engine.members import name_of
from monitor.engine.shapes import Filter
from monitor.mixin.render import files
from monitor.web import stream

from . import held
from .conftest import Hostile
from .corpus import LABELS

pytestmark = pytest.mark.asyncio(loop_scope="package")
# Labels that may stand in an alert's words: names from the configuration, closed words, and of a sync's scope a name
# that a file could have.
QUOTED = frozenset({
    "stack", "integration", "vendor", "owner", "kind", "class", "environment", "flow", "rule", "tier", "scope",
    "level", "severity", "state", "read", "listing", "credential", "target", "objective", "instance",
})  # fmt: skip


async def test_a_message_of_the_stream_is_one_message(world: Hostile) -> None:
    for label in LABELS[::3]:
        lines = stream._told(world.engine, Filter(text=label[:200], children=True), 0, None)
        retry, message = await anext(lines), await anext(lines)
        await lines.aclose()
        assert retry == b"retry: 5000\n\n"
        found = re.fullmatch(rb"id: (\d+)\ndata: ([^\r\n]+)\n\n", message)
        assert found, message
        told = json.loads(found[2])
        assert told["event"] == int(found[1]) and set(map(type, told.values())) == {int}, told
    whole = stream._told(world.engine, Filter(children=True), 0, None)
    _, message = await anext(whole), await anext(whole)
    await whole.aclose()
    assert json.loads(message.split(b"data: ")[1])["new"] > len(LABELS)


async def test_metrics_name_no_field_and_no_word_of_a_vendor(world: Hostile) -> None:
    measure = Measure()
    await measure.start(world.engine)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(measure.app), base_url="http://127.0.0.1") as client:
        answer = await client.get("/metrics")
        assert answer.status_code == 200
        held.metrics(answer.text)
        assert 'integration="house"' in answer.text
        for path in ("/healthz", "/readyz"):
            ready = await client.get(path)
            assert len(ready.text.splitlines()) == 1


async def test_alerts_quote_no_label_that_a_vendor_writes() -> None:
    for name, text in files().items():
        for group in yaml.safe_load(text).get("groups", ()):
            for rule in group["rules"]:
                words = " ".join([*rule.get("annotations", {}).values(), *rule.get("labels", {}).values()])
                quoted = set(re.findall(r"\$labels\.(\w+)", words))
                assert quoted <= QUOTED, (name, rule.get("alert"), quoted - QUOTED)


async def test_an_alert_that_is_pushed_is_short_and_plain(world: Hostile) -> None:
    roots, _ = alert_facts.roots(world.engine)
    assert roots
    for root in roots:
        alert = alert_facts.of(world.engine, root, {})
        assert all(value.isprintable() for value in alert.labels.values()), alert.labels
        for value in alert.annotations.values():
            held.terminal(value)
            assert len(value) <= 900 and "<" not in value, value  # which a chat would take for markup
        assert alert.link.startswith("http://127.0.0.1")


async def test_a_message_to_people_is_short_and_plain(world: Hostile) -> None:
    roots, _ = alert_facts.roots(world.engine)
    told = [
        messages.stated(world.engine, root, what, f"{root.id}.1", "page", {})
        for root in roots
        for what in messages.WORDS
    ]
    told.append(messages.many(world.engine, told[:30], "many"))
    told += [
        made
        for owner in digests.owners(world.engine)
        for every in ("daily", "weekly")
        if (made := await digests.written(world.engine, owner, every, 0.0, "id")) is not None
    ]
    assert len(told) > len(roots)
    for one in told:
        for value in (one.title, *one.text.split("\n")):
            held.terminal(value)
            assert "<" not in value and "`" not in value.replace("`driftline", ""), value
        page = apprised.html(one.text)
        assert not re.search(r"<(?!br/>|a href=\"http://127\.0\.0\.1|/a>)", page), page
        assert set(re.findall(r"https?://([^/\s]+)", one.text)) <= {urlsplit(one.link).netloc}, one.text
        assert len(one.text) <= 1100 or one.type.startswith(("digest", "findings"))
        assert msgspec.json.decode(webhook.encoded(one))["text"] == one.text


async def test_who_signs_in_under_such_a_name_is_refused_or_plain() -> None:
    names = [name_of(label) for label in LABELS]
    assert names.count(None) > 5
    for name in names:
        assert name is None or (name.isprintable() and not held.HIDDEN.search(name) and len(name) < 300)
