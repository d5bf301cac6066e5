"""A layered drawing of a graph: sources left, edges to the right where no circle forbids it. Pure; always the same.

After Sugiyama, Tagawa and Toda (1981): break circles, give each node the layer of its longest way from a source, let
long edges pass every layer between, order each layer by the middles of its neighbours, and only then give places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

N = TypeVar("N", bound=Hashable)

WIDTH: Final = 184  # of a node
PORT: Final = 18  # between two edges at one side of a node
HEIGHT: Final = 44  # of a node with few edges
BETWEEN: Final = 24  # nodes of one layer
ACROSS: Final = 120  # from one layer to the next
PASSING: Final = 14  # room that an edge takes where it passes a layer
MARGIN: Final = 16
_SWEEPS: Final = 8


class Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float


class Line(NamedTuple):
    """Where an edge goes, from its source to its target; the arrow is at the end."""

    points: tuple[tuple[float, float], ...]


class Drawing(NamedTuple, Generic[N]):
    """`lines` in the order of the edges that were given."""

    width: float
    height: float
    boxes: Mapping[N, Box]
    lines: tuple[Line, ...]


class _Way(NamedTuple):
    """An edge as it is laid out: its stations from left to right, one in each layer; `back`: against its direction."""

    stations: tuple[Hashable, ...]
    back: bool


def draw(nodes: Sequence[N], edges: Sequence[tuple[N, N]]) -> Drawing[N]:
    """Nodes in an order that does not depend on chance; there may be circles, and several edges between two nodes."""
    layer = _layers(nodes, edges)
    ways = [_way(number, edge, layer) for number, edge in enumerate(edges)]
    order = _ordered(nodes, layer, ways)
    tall = _heights(nodes, edges)
    tops = _tops(order, ways, tall)
    boxes = {node: Box(MARGIN + layer[node] * (WIDTH + ACROSS), tops[node], WIDTH, tall[node]) for node in nodes}
    lines = _lines(edges, ways, boxes, tops)
    deepest = max((box.y + box.height for box in boxes.values()), default=0.0)
    lowest = max((y for line in lines for _, y in line.points), default=0.0)
    widest = max((box.x + box.width for box in boxes.values()), default=0.0)
    return Drawing(widest + MARGIN + (PORT * 2 if any(a == b for a, b in edges) else 0),
                   max(deepest, lowest) + MARGIN, boxes, lines)  # fmt: skip


def _layers(nodes: Sequence[N], edges: Sequence[tuple[N, N]]) -> dict[N, int]:
    """The longest way from a source, not counting edges that would close a circle."""
    after: dict[N, list[N]] = defaultdict(list)
    for source, target in edges:
        if source != target:
            after[source].append(target)
    fed = {target for source, target in edges if source != target}
    done: list[N] = []
    state: dict[N, int] = {}  # 1: on the way, 2: done
    ahead: dict[N, list[N]] = defaultdict(list)
    for root in sorted(nodes, key=lambda one: one in fed):  # sources first, and else as they were given
        stack = [(root, iter(after[root]))] if root not in state else []
        if stack:
            state[root] = 1
        while stack:
            node, rest = stack[-1]
            for other in rest:
                if state.get(other) == 1:
                    continue  # this one closes a circle
                ahead[node].append(other)
                if other not in state:
                    state[other] = 1
                    stack.append((other, iter(after[other])))
                    break
            else:
                state[node] = 2
                done.append(node)
                stack.pop()
    layer = dict.fromkeys(nodes, 0)
    for node in reversed(done):
        for other in ahead[node]:
            layer[other] = max(layer[other], layer[node] + 1)
    return layer


def _way(number: int, edge: tuple[N, N], layer: Mapping[N, int]) -> _Way:
    source, target = edge
    back = layer[source] > layer[target]
    left, right = (target, source) if back else (source, target)
    passed = [("passing", number, at) for at in range(layer[left] + 1, layer[right])]
    return _Way((left, *passed, right), back)


def _ordered(nodes: Sequence[N], layer: Mapping[N, int], ways: Sequence[_Way]) -> list[list[Hashable]]:
    """Each layer from top to bottom."""
    order: list[list[Hashable]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for node in nodes:
        order[layer[node]].append(node)
    beside: dict[Hashable, dict[int, list[Hashable]]] = defaultdict(lambda: defaultdict(list))
    for way in ways:
        first = layer[way.stations[0]]  # type: ignore[index]  # the ends of a way are nodes
        for at, station in enumerate(way.stations[1:-1], 1):
            order[first + at].append(station)
        for one, other in zip(way.stations, way.stations[1:], strict=False):
            beside[one][1].append(other)
            beside[other][-1].append(one)
    for sweep in range(_SWEEPS):
        towards = -1 if sweep % 2 == 0 else 1
        for here in order if towards < 0 else reversed(order):
            places = {one: at for row in order for at, one in enumerate(row)}
            middles = {
                one: (sum(map(places.__getitem__, found)) / len(found))
                if (found := beside[one][towards])
                else places[one]
                for one in here
            }
            here.sort(key=lambda one: (middles[one], places[one]))
    return order


def _heights(nodes: Sequence[N], edges: Sequence[tuple[N, N]]) -> dict[N, float]:
    """Room for the edges of the busier side."""
    sides: dict[N, list[int]] = {node: [0, 0] for node in nodes}
    for source, target in edges:
        sides[source][0] += 1
        sides[target][1] += 1
    return {node: max(HEIGHT, PORT * (sum(counts) + 1)) for node, counts in sides.items()}


def _tops(order: Sequence[Sequence[Hashable]], ways: Sequence[_Way], tall: Mapping[N, float]) -> dict[Hashable, float]:
    """From left to right: each as near to the middle of those that feed it as the ones above it leave room for."""
    before: dict[Hashable, list[Hashable]] = defaultdict(list)
    for way in ways:
        for one, other in zip(way.stations, way.stations[1:], strict=False):
            before[other].append(one)
    heights = dict[Hashable, float](tall.items())
    tops: dict[Hashable, float] = {}
    for row in order:
        lowest = float(MARGIN)
        for one in row:
            height = heights.setdefault(one, PASSING)
            feeding = [tops[other] + heights[other] / 2 for other in before[one] if other in tops and other != one]
            wanted = sum(feeding) / len(feeding) - height / 2 if feeding else lowest
            tops[one] = max(lowest, wanted)
            lowest = tops[one] + height + BETWEEN
    return tops


def _lines(
    edges: Sequence[tuple[N, N]], ways: Sequence[_Way], boxes: Mapping[N, Box], tops: Mapping[Hashable, float]
) -> tuple[Line, ...]:
    """Edges leave and enter a side one beside the other, in the order of where they go: none lies on another."""
    ends: dict[tuple[N, str], list[tuple[float, int, int]]] = defaultdict(list)
    for number, ((source, target), way) in enumerate(zip(edges, ways, strict=True)):
        out, into = ("left", "right") if way.back else ("right", "left")
        near = way.stations[1:-1]
        leads, comes = (near[-1], near[0]) if way.back and near else (near[0], near[-1]) if near else (target, source)
        ends[source, "right" if source == target else out].append((tops[leads], number, 0))
        ends[target, "right" if source == target else into].append((tops[comes], number, 1))
    ports: dict[tuple[int, int], tuple[float, float]] = {}
    for (node, side), some in ends.items():
        box, step = boxes[node], boxes[node].height / (len(some) + 1)
        for at, (_, number, end) in enumerate(sorted(some), 1):
            ports[number, end] = (box.x + (box.width if side == "right" else 0), box.y + step * at)
    out_: list[Line] = []
    for number, way in enumerate(ways):
        between = []
        for station in way.stations[1:-1]:
            x = MARGIN + station[2] * (WIDTH + ACROSS)  # type: ignore[index]  # ("passing", edge, layer)
            y = tops[station] + PASSING / 2
            between += [(x, y), (x + WIDTH, y)]
        if way.back:
            between.reverse()
        out_.append(Line((ports[number, 0], *between, ports[number, 1])))
    return tuple(out_)
