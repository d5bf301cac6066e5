"""What a change of files approves, as Markdown for a pull request or a comment on one. Text from outside goes through
core/visible.py, so that a forge reads no markup, mention or link in it."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.core.model import Level
from monitor.core.visible import code, flat, prose

from .approving import Approved, Told
from .words import Sentence

MOST = 100  # things that are listed; a forge takes 65,536 characters
LONGEST = 60_000  # characters
SIGNS = {"breaking": "✕", "warning": "◆", "info": "•"}


def markdown(told: Told) -> str:
    """Never longer than a forge takes."""
    lines = [summary(told), ""]
    for mistake in told.mistakes:
        lines.append(f"- **cannot be used** {code(f'{mistake.path}:{mistake.line}')}: {code(mistake.what)}")
    for at, one in enumerate(told.items):
        piece = list(_item(one))
        if at >= MOST or sum(map(len, lines)) + sum(map(len, piece)) > LONGEST:
            lines.append(f"- and {len(told.items) - at} more, in the changed files")
            break
        lines += piece
    return "\n".join(lines).strip() + "\n"


def summary(told: Told) -> str:
    """One sentence."""
    if not told.files:
        return (
            "Merging this approves nothing: no baseline, vantage, ignore, planned change or standing approval changes."
        )
    counts = [f"{count} {level.word}" for level in reversed(Level) if (count := told.count(level))]
    rest = len(told.items) - sum(told.count(level) for level in Level)
    if rest:
        counts.append(f"{rest} that no level is given to")
    files = f"{told.files} file" + ("s" if told.files != 1 else "")
    bad = f" {len(told.mistakes)} of them cannot be used as they stand." if told.mistakes else ""
    return f"Merging this approves {', '.join(counts) or 'nothing that is compared'}, in {files}.{bad}"


def said(sentence: Sentence) -> str:
    return "".join(code(part.text) if part.strong else prose(part.text) for part in sentence)


def _item(one: Approved) -> Iterator[str]:
    level = f"**{SIGNS[one.level]} {one.level}** " if one.level else ""
    of = f"{code(one.integration)} " if one.integration else ""
    yield f"- {level}{of}{said(one.says)}"
    where = f"{one.path}:{one.line}" if one.line else one.path
    why = " ".join(prose(flat(words)) for words in one.why)
    yield f"  {why + ' ' if why else ''}({code(where)})"
    if one.question:
        yield f"  {prose(one.question)}"
