"""One finding as a page of text: what the web page of the finding shows, in the same words and the same order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from .lists import grid, said, since, tags
from .out import ago, level, many, stamp, text
from .text import seen, sides

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from monitor.engine.shapes import Choice, Detail, Happened

SIGNS: Final = {"-": ("−", " "), "+": (" ", "+"), "~": ("−", "+"), "=": (" ", " "), "…": (" ", " ")}
CLOSED: Final = {
    "agreed": "the vendor was put back",
    "approved": "the baseline has it",
    "withdrawn": "no longer monitored or believed",
    "superseded": "another finding took it over",
}
NEEDS: Final = {"ignore": " --until DAY", "assign": " --to TEAM", "correct": " --as noise|worse"}


def page(view: Detail, now: float) -> Iterator[RenderableType]:
    row = view.row
    yield text(" › ".join(part for part in (row.title, row.scope, row.key) if part))
    opened = f"open {ago(row.opened_at, now)} · " if row.stand == "open" else ""
    seen_at = f"first seen {ago(row.first_seen_at, now)} ago ({stamp(row.first_seen_at)})"
    yield text(level(row.level), *(f" [{tag}]" for tag in tags(row)), f"  {opened}{seen_at}  ", (row.id, "cyan"))
    yield ""
    yield said(row)
    yield text((row.technical, "dim"))
    if view.parent is not None:
        yield text(f"Part of a larger finding ({row.because}): ", (view.parent.id, "cyan"), f" {view.parent.says}")
    yield ""
    if view.diff:
        yield _difference(view, now)
        yield ""
    facts = list(_facts(view, now))
    if facts:
        yield _named(facts)
    if view.link.startswith(("https://", "http://")):
        yield f"{'At the vendor':<16}{seen(view.link)}"
    yield ""
    if view.children:
        yield text((f"{many(row.children, 'effect')} folded under it", "bold"))
        yield grid(
            (text(level(one.level)), text((one.id, "cyan")), said(one), text((since(one, now), "dim")))
            for one in view.children
        )
        if row.children > len(view.children):
            yield text((f"The first {len(view.children)} are shown.", "dim"))
        yield ""
    yield from _decide(view, now)
    yield text(("History", "bold"))
    yield _named((f"{ago(one.at, now)} ago", text(_event(one))) for one in view.history)


def _difference(view: Detail, now: float) -> RenderableType:
    from rich.table import Table

    origin, read = view.origin, view.read_from
    how = ""
    if origin is not None:
        when = f" {ago(origin.at, now)} ago" if origin.at else ""
        how = f" ({origin.how}{when}{f' in {origin.sha[:7]}' if origin.sha else ''})"
    shown = Table.grid(padding=(0, 1), expand=True)
    for ratio in (None, 1, None, 1):
        shown.add_column(ratio=ratio, width=None if ratio else 1, overflow="fold")
    at = f" (read {ago(read.read_at, now)} ago)" if read is not None else ""
    shown.add_row("", text((f"Baseline{how}", "bold")), "", text((f"Now{at}", "bold")))
    for row in view.diff:
        if row.sign == "…":
            shown.add_row("", text((f"… {row.before}", "dim")), "", "")
            continue
        before, after = sides(row.before, row.after)
        left, right = SIGNS[row.sign]
        weight = " bold" if row.hit else ""
        shown.add_row(
            text((left, "red")), text((before, f"red{weight}" if left != " " else "")),
            text((right, "green")), text((after, f"green{weight}" if right != " " else "")),
        )  # fmt: skip
    return shown


def _facts(view: Detail, now: float) -> Iterator[tuple[str, Text]]:
    row, read, origin = view.row, view.read_from, view.origin
    for n, step in enumerate(view.chain):
        yield (
            f"Why {row.level}" if n == 0 else "",
            text(f"{step.words} ", (f"({step.step}) ", "dim"), level(step.level)),
        )
    for n, hurt in enumerate(view.reach):
        words = f" {hurt.words}" if hurt.words else ""
        yield "Who is hurt" if n == 0 else "", text((hurt.target, "bold"), words, (f" via {hurt.via}", "dim"))
    if view.who is not None and view.who.unknown:
        yield "Who did it", text((view.who.unknown, "dim"))
    elif view.who is not None:
        what = f" {view.who.action}" if view.who.action else ""
        when = f" {ago(view.who.at, now)} ago" if view.who.at is not None else ""
        yield "Who did it", text((view.who.by, "bold"), f"{what}{when} ", (f"({view.who.sure})", "dim"))
    for n, one in enumerate(view.silenced):
        yield "Silenced" if n == 0 else "", text(one.words)
    for n, (name, words) in enumerate(view.evidence.items()):
        yield "Evidence" if n == 0 else "", text((f"{name.replace('_', ' ')} ", "dim"), words)
    if read is not None:
        much = f", {many(read.pages, 'page')}" if read.pages else ""
        much += f", {many(read.rows, 'row')}" if read.rows else ""
        why = f": {read.reason}" if read.reason else ""
        yield "Read from", text(f"{read.read} {read.words}{much}{why}")
    if origin is not None and origin.how == "captured":
        yield "We assume", text("that the baseline is right, though it was only captured as found, never reviewed")
    elif origin is not None:
        by = f" by {origin.by}" if origin.by else ""
        yield "We assume", text(f"that what was {origin.how}{by} is still wanted")
    if row.rule:
        yield "Rule", text(row.rule, f" · decided by {row.owner}" if row.owner else "")


def _decide(view: Detail, now: float) -> Iterator[RenderableType]:
    row = view.row
    if not view.choices:
        why = CLOSED.get(row.closing, row.closing)
        yield text(f"Closed {ago(row.closed_at, now)} ago: {why}.")
        yield ""
        return
    yield text((view.question or "What is to be done?", "bold"))
    effects = sum(child.source == "drift" and child.stand == "open" for child in view.children)
    yield _named(pair for choice in view.choices for pair in _choice(choice, row.id, effects))
    if view.steps:
        yield text(("How to put it back", "bold"))
        yield from (text(f"  {n}. {step}") for n, step in enumerate(view.steps, 1))
    yield ""


def _choice(choice: Choice, id: str, effects: int) -> Iterator[tuple[str, Text]]:
    yield choice.title, text(choice.will)
    yield "", text((command(choice, id), "cyan"))
    if choice.kind == "approve" and effects:
        more = f"  with its {many(effects, 'effect')} in the same commit"
        yield "", text((f"{command(choice, id)} --effects", "cyan"), (more, "dim"))


def command(choice: Choice, id: str) -> str:
    """What to type for it."""
    reason = ' --reason "…"' if choice.needs_reason else ""
    ticket = ' --ticket "…"' if choice.needs_ticket else ""
    return f"driftline {choice.kind} {id}{NEEDS.get(choice.kind, '')}{reason}{ticket}"


def _event(one: Happened) -> str:
    closing = f" ({one.closing})" if one.closing else ""
    by = f" by {one.by}" if one.by else ""
    return f"{one.type}{closing}{by}{f': {one.words}' if one.words else ''}"


def _named(rows: Iterable[tuple[str, Text]]) -> RenderableType:
    """Names on the left, what they say on the right."""
    from rich.table import Table

    shown = Table.grid(padding=(0, 2), expand=True)
    shown.add_column(width=14, overflow="fold")
    shown.add_column(ratio=1, overflow="fold")
    for name, words in rows:
        shown.add_row(text((name, "dim")), words)
    return shown
