"""Flows as a picture: what the layout gave, with words, states and addresses, for the template to write as SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from monitor.core.graph import End, Flow
from monitor.engine.flowlist import BROKEN, DRIFTED, FITS, UNKNOWN, FlowRow

from .layered import WIDTH, Line, draw
from .text import drawn

EM: Final = 14  # units to the height of a letter, so that the picture grows with the text around it
ROOM: Final = (WIDTH - 20) // 8  # characters of a name that fit into a node, within its margins
SIGNS: Final = {FITS: "", DRIFTED: "◆", BROKEN: "✕", UNKNOWN: "?"}
_BEND: Final = 56  # how far an edge goes straight before it turns
_LOOP: Final = 30


class Node(msgspec.Struct, frozen=True, kw_only=True):
    x: float
    y: float
    width: float
    height: float
    system: str
    scope: str
    title: str
    href: str


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """`sign` and `count`: what says its state beside the colour, at (`x`, `y`)."""

    id: str
    path: str
    state: str
    sign: str
    count: int
    x: float
    y: float
    title: str


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """`wide` and `tall` in the unit of the text around it."""

    width: float
    height: float
    wide: str
    tall: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    says: str


def picture(flows: Sequence[Flow], rows: Sequence[FlowRow], href: Callable[[End], str]) -> Picture:
    """`rows`: how each of the flows stands. `href`: where an end is told of, or nothing."""
    nodes = sorted({end for flow in flows for end in (flow.source, flow.target)})
    drawing = draw(nodes, [(flow.source, flow.target) for flow in flows])
    edges = [_edge(row, line) for row, line in zip(rows, drawing.lines, strict=True)]
    counts = {state: sum(row.state == state for row in rows) for state in SIGNS}
    said = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return Picture(
        width=drawing.width, height=drawing.height, wide=f"{drawing.width / EM:.2f}em",
        tall=f"{drawing.height / EM:.2f}em", edges=tuple(edges),
        nodes=tuple(
            Node(
                x=box.x, y=box.y, width=box.width, height=box.height, system=drawn(end.integration, ROOM),
                scope=drawn(end.scope or "not monitored", ROOM), href=href(end),
                title=f"{end.integration} {end.scope}".strip(),
            )
            for end, box in drawing.boxes.items()
        ),
        says=f"{len(rows)} flows between {len(nodes)} places: {said}. The table below says the same.",
    )  # fmt: skip


def _edge(row: FlowRow, line: Line) -> Edge:
    points, count = line.points, len(row.findings)
    (ax, ay), (bx, by) = points[0], points[1]
    parts = [f"M{ax:.1f} {ay:.1f}"]
    for (px, py), (qx, qy) in pairwise(points):
        if px == qx:  # an edge from a place to itself
            parts.append(f"C{px + _LOOP:.1f} {py:.1f} {qx + _LOOP:.1f} {qy:.1f} {qx:.1f} {qy:.1f}")
        elif py == qy:
            parts.append(f"L{qx:.1f} {qy:.1f}")
        else:
            bend = _BEND if qx > px else -_BEND
            parts.append(f"C{px + bend:.1f} {py:.1f} {qx - bend:.1f} {qy:.1f} {qx:.1f} {qy:.1f}")
    says = f"{row.id}: {row.source} to {row.target}, {row.fields} fields, {row.state}"
    return Edge(
        id=row.id, path="".join(parts), state=row.state, sign=SIGNS[row.state], count=count,
        x=(ax + bx) / 2 + (_LOOP * 0.75 if ax == bx else 0), y=(ay + by) / 2,
        title=f"{says}, {count} open" if count else says,
    )  # fmt: skip
