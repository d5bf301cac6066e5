"""Findings as lists for people: the same rows, words and order as the list of the pages, in 100 columns. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from .comparison import Comparison, Drift
from .formats import alike, changed, headline
from .out import SHAPES, STYLES, ago, level, many, text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from monitor.engine.shapes import Detail, FindingRow, Listed

TITLES: Final = {
    "open": "Open findings",
    "closed": "Closed findings",
    "suspected": "Waiting for a second look",
    "held": "Held for a person",
    "ignored": "Ignored for now",
    "all": "All findings",
}
SHORT: Final = 12  # lines of a diff in a list
MOST: Final = 500  # findings of a list: nobody reads more, and to lay out tens of thousands takes minutes


def tags(row: FindingRow) -> list[str]:
    """What else is to be known of a finding, in few words, as the pages say it."""
    out = ["security"] if row.security else []
    out += ["flapping"] if row.flapping else []
    out += [f"maker: {', '.join(part for part in (row.answer, row.answer_ticket) if part)}"] if row.answer else []
    out += [f"planned: {row.planned}"] if row.planned else []
    out += [f"{row.policy} approves it"] if row.policy else []
    out += [row.source] if row.source != "drift" else []
    out += [f"acknowledged by {row.acknowledged_by}"] if row.acknowledged_by else []
    out += ["to be put back"] if row.rejected_by else []
    if row.stand == "ignored":
        out.append(f"ignored until {row.ignored_day}")
    elif row.stand in ("suspected", "held", "closed"):
        out.append(f"{row.stand}: {row.closing}" if row.closing else row.stand)
    return out


def since(row: FindingRow, now: float) -> str:
    return ago(row.closed_at if row.stand == "closed" else row.opened_at or row.first_seen_at, now)


def said(row: FindingRow) -> Text:
    """The sentence, with its strong parts strong."""
    return text(*((part.text, "bold") if part.strong else part.text for part in row.parts))


def grouped(rows: Iterable[FindingRow]) -> dict[str, list[FindingRow]]:
    """By integration, in the order in which each first appears."""
    out: dict[str, list[FindingRow]] = {}
    for row in rows:
        out.setdefault(row.integration, []).append(row)
    return out


def findings(rows: Sequence[FindingRow], now: float) -> Iterator[RenderableType]:
    """Two lines or more for each: level, id, sentence, age; beneath, where it is and whose."""
    counts = Counter(row.integration for row in rows)
    for name, group in grouped(rows[:MOST]).items():
        yield text((group[0].title, "bold"), f" ({name})  {counts[name]}")
        yield grid(line for row in group for line in _lines(row, now))
        yield ""
    yield from _left(len(rows))


def _left(there: int) -> Iterator[RenderableType]:
    """What is not listed, and how one comes by it."""
    if there > MOST:
        yield text((f"… and {there - MOST:,} more, none of them graver: ask for less, or --json for all", "bold"))
        yield ""


def _lines(row: FindingRow, now: float) -> Iterator[tuple[Text, ...]]:
    yield text(level(row.level)), text((row.id, "cyan")), said(row), text((since(row, now), "dim"))
    folded = [f"{many(row.children, 'effect')} folded"] if row.children else []
    beneath = [part for part in (row.scope, row.owner, *folded, *tags(row)) if part]
    yield text(""), text(""), text((" · ".join(beneath), "dim")), text("")


def grid(rows: Iterable[Sequence[Text]]) -> RenderableType:
    """Level, id, words, age."""
    from rich.table import Table

    shown = Table.grid(padding=(0, 1), expand=True)
    for width, right in ((11, False), (10, False), (None, False), (5, True)):
        shown.add_column(
            width=width, ratio=None if width else 1, justify="right" if right else "left", overflow="fold",
            no_wrap=bool(width),
        )  # fmt: skip
    for row in rows:
        shown.add_row(*row)
    return shown


def comparison(view: Comparison) -> Iterator[RenderableType]:
    """`driftline diff` for people: every root with what differs, its effects folded to a line each."""
    from rich.padding import Padding

    yield text(("Drift in ", "bold"), (view.stack, "bold"), f": {headline(view)}")
    yield ""
    roots, drifts = view.roots(), {drift.row.id: drift for drift in view.drifts}
    for name, group in grouped(drift.row for drift in roots[:MOST]).items():
        yield text((group[0].title, "bold"), f" ({name})")
        for row in group:
            yield grid(_lines(row, view.at))
            yield Padding(difference(drifts[row.id], drifts[row.id].children), (0, 0, 0, 12))
        yield ""
    yield from _left(len(roots))
    yield from blind(view.incomplete)


def difference(drift: Drift | Detail, children: Sequence[FindingRow] = ()) -> Text:
    """The technical path, the lines that differ, and a line for each effect."""
    lines = [(drift.row.technical, "dim"), *((line, _colour(line)) for line in changed(drift.diff, SHORT))]
    lines += [(f"{SHAPES[one.level]} {one.id} {one.says}", STYLES[one.level]) for one in children[:SHORT]]
    if len(children) > SHORT:
        lines.append((f"… {len(children) - SHORT} more; driftline show {drift.row.id}", "dim"))
    whole = text(lines[0])
    for line in lines[1:]:
        whole.append("\n").append_text(text(line))
    return whole


def _colour(line: str) -> str:
    return {"-": "red", "+": "green"}.get(line[:1], "dim")


def blind(reads: Sequence[Listed]) -> Iterator[RenderableType]:
    """What hides drift, said wherever drift is listed."""
    if reads:
        yield text(("Not read completely", "bold"))
    for one, which in alike(reads):
        yield text(
            (f"{SHAPES['blind']} {one.words or one.state}", STYLES["blind"]),
            f"  {one.integration}: {one.reason}. {which}",
        )


def fresh(counts: Mapping[str, int]) -> Iterator[RenderableType]:
    """New objects that nobody said how to watch; they are no drift."""
    if counts:
        where = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        yield text(
            (f"not watched: {sum(counts.values())} new", "bold"), f" ({where}); name them under watch, or capture them"
        )
