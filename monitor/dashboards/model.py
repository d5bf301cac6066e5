"""What a dashboard is made of. Only what Grafana's classic JSON model knows, which each release from 10 on reads."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

STACK: Final = 'stack="$stack"'
ONE: Final = 'stack="$stack", integration="$integration"'
# Series without a label `stack`, such as those of the process: of the daemon that serves this stack.
SERVING: Final = f"and on (job, instance) driftline_build_info{{{STACK}}}"

Kind = Literal["stat", "bargauge", "timeseries"]
Steps = tuple[tuple[float | None, str], ...]  # from this value on in this colour; the first one below all values

HURTS: Final[Steps] = ((None, "green"), (1, "red"))
WARNS: Final[Steps] = ((None, "green"), (1, "orange"))
PLAIN: Final[Steps] = ((None, "text"),)
SHARE: Final[Steps] = ((None, "green"), (0.8, "orange"), (0.95, "red"))  # of what is better not used up
SEEN: Final[Steps] = ((None, "red"), (0.95, "orange"), (0.99, "green"))  # of what is to be whole
LEFT: Final[Steps] = ((None, "red"), (3 * 86_400, "orange"), (14 * 86_400, "green"))  # seconds until something ends
FLAG: Final = {"1": ("yes", "green"), "0": ("no", "red")}
CALM_FLAG: Final = {"1": ("yes", "green"), "0": ("no", "text")}


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One question and its number, or numbers. `link`: the page of Driftline behind each number, from the root of its
    address; `{label}` in it is the number's own label. `legend`: the label that tells the numbers apart; `words`: value
    -> (word, colour); `width` and `height` in units of Grafana's grid, which is 24 wide."""

    title: str
    says: str
    expr: str
    link: str
    kind: Kind = "stat"
    legend: str = ""
    unit: str = "short"
    steps: Steps = PLAIN
    words: dict[str, tuple[str, str]] = {}
    width: int = 4
    height: int = 4


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: of its file and uid; `one`: whether it is about the integration that `$integration` chooses."""

    name: str
    title: str
    says: str
    panels: tuple[Panel, ...]
    one: bool = False


def bars(title: str, says: str, expr: str, legend: str, link: str, unit: str = "short", steps: Steps = PLAIN) -> Panel:
    """A bar for each value of a label."""
    return Panel(
        title=title, says=says, expr=expr, legend=legend, link=link, unit=unit, steps=steps, kind="bargauge",
        width=8, height=8,
    )  # fmt: skip


def lines(title: str, says: str, expr: str, legend: str, link: str, unit: str = "short") -> Panel:
    """A line for each value of a label, over the time that is looked at."""
    return Panel(
        title=title, says=says, expr=expr, legend=legend, link=link, unit=unit, kind="timeseries", width=12, height=8
    )
