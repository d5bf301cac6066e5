"""The picture of the flows: nothing lies on anything, everything is there, and no label can break it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import combinations

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.graph import End, FieldMap, Flow
from monitor.engine.live import Live
from monitor.web.layered import Box, draw
from monitor.web.text import drawn

from .standin import StandIn

SVG = "{http://www.w3.org/2000/svg}"

graphs = st.integers(1, 14).flatmap(
    lambda n: st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=30).map(
        lambda edges: (list(range(n)), edges)
    )
)


def apart(one: Box, other: Box) -> bool:
    across = one.x + one.width <= other.x or other.x + other.width <= one.x
    return across or one.y + one.height <= other.y or other.y + other.height <= one.y


@given(graphs)
@settings(deadline=None)
def test_no_two_places_lie_on_each_other_and_every_edge_joins_its_own(
    graph: tuple[list[int], list[tuple[int, int]]],
) -> None:
    nodes, edges = graph
    drawing = draw(nodes, edges)
    assert set(drawing.boxes) == set(nodes) and len(drawing.lines) == len(edges)
    assert all(apart(a, b) for a, b in combinations(drawing.boxes.values(), 2))
    for (source, target), line in zip(edges, drawing.lines, strict=True):
        for node, (x, y) in ((source, line.points[0]), (target, line.points[-1])):
            box = drawing.boxes[node]
            assert x in (box.x, box.x + box.width) and box.y < y < box.y + box.height
    ends = [point for line in drawing.lines for point in (line.points[0], line.points[-1])]
    assert len(ends) == len(set(ends))
    assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for line in drawing.lines for x, y in line.points)
    assert draw(nodes, edges) == drawing


def test_without_circles_every_edge_goes_to_the_right() -> None:
    drawing = draw(list("abcd"), [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")])
    assert [drawing.boxes[node].x for node in "abcd"] == sorted(box.x for box in drawing.boxes.values())
    for line in drawing.lines:
        assert [x for x, _ in line.points] == sorted(x for x, _ in line.points)


def test_a_long_edge_passes_no_place_of_the_layers_between() -> None:
    drawing = draw(list("abc"), [("a", "b"), ("b", "c"), ("a", "c")])
    middle = drawing.boxes["b"]
    for x, y in drawing.lines[2].points[1:-1]:
        assert not (middle.x < x < middle.x + middle.width and middle.y <= y <= middle.y + middle.height)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("short", "short"), ("a\nb", "a\\u000ab"), ("a\u202eb", "a\\u202eb"), ("x" * 30, "x" * 22 + "…")],
)
def test_text_in_a_picture_is_one_line_with_nothing_hidden(text: str, shown: str) -> None:
    assert drawn(text, 23) == shown


HOSTILE = ("<script>alert(1)</script>", 'x" onload="alert(1)', "a&b]]>", "javascript:alert(1)", "a\u202eb", "é" * 80)


async def test_the_picture_has_every_flow_with_its_state_and_survives_any_label(
    engine: StandIn, client: httpx.AsyncClient
) -> None:
    flows = tuple(
        Flow(f"f{n}", End("hubspot-prod", name), End("salesforce-prod", "Lead"), (FieldMap("a", "b"),), owner=name)
        for n, name in enumerate(HOSTILE)
    )
    back = Flow("back", End("salesforce-prod", "Lead"), End("hubspot-prod", HOSTILE[0]), (FieldMap("b", "a"),))
    own = Flow("own", End("salesforce-prod", "Lead"), End("salesforce-prod", "Lead"), (FieldMap("b", "a"),))
    away = Flow("away", End("salesforce-prod", "Lead"), End("elsewhere", ""), (FieldMap("b", ""),))
    engine.config.flows = (*flows, back, own, away)
    shown = (await client.get("/flows")).text
    drawing = shown[shown.index('<svg class="flowing"') : shown.index("</svg>", shown.index('class="flowing"')) + 6]
    root = ET.fromstring(drawing.replace("<svg ", f'<svg xmlns="{SVG[1:-1]}" ', 1))  # noqa: S314 - our own
    edges = [one for one in root.iter(f"{SVG}a") if "edge" in one.attrib["class"].split()]
    assert [one.attrib["href"] for one in edges] == [f"/flows/{one.id}" for one in engine.config.flows]
    assert all("unknown" in one.attrib["class"] for one in edges)
    nodes = [one for one in root.iter() if "node" in one.attrib.get("class", "").split()]
    assert len(nodes) == len(HOSTILE) + 2
    assert sum(one.tag == f"{SVG}g" for one in nodes) == 1
    assert all(one.attrib["href"].startswith("/catalogue/") for one in nodes if one.tag == f"{SVG}a")
    assert not list(root.iter(f"{SVG}script")) and not any(
        name.startswith("on") for e in root.iter() for name in e.attrib
    )
    assert "style=" not in drawing and "\u202e" not in shown
    assert (await client.get("/flows")).text[: len(drawing)] == shown[: len(drawing)]


async def test_a_flow_has_a_page_of_its_pairs(engine: StandIn, asking: Callable[..., httpx.AsyncClient]) -> None:
    pair = FieldMap("lifecyclestage", "Status", {"salesqualifiedlead": "Qualified"}, ("lead",))
    engine.config.flows = (Flow("up", End("hubspot-prod", "contacts"), End("salesforce-prod", "Lead"), (pair,)),)
    assert isinstance(engine.integrations["hubspot-prod"], Live)
    client = asking()
    page = (await client.get("/flows/up")).text
    assert "salesqualifiedlead → Qualified" in page and "left out: lead" in page
    assert 'href="/catalogue/salesforce-prod/field/Lead/Status"' in page
    told = (await client.get("/api/v1/flows/up")).json()
    assert told["pairs"][0]["source"] == "lifecyclestage" and told["row"]["state"] == "unknown"
    assert (await client.get("/flows/none")).status_code == 404
