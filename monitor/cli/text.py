"""The sink for text that vendors and people wrote, on its way to a terminal.

An escape sequence in a field's label could repaint the line a reviewer decides on; here it is shown instead of obeyed.
What leaves this function is put into `rich.text.Text` as it is, so no markup of Rich's is ever read out of it.
"""

from __future__ import annotations

from monitor.web.text import pair, visible


def seen(text: object) -> str:
    """One line in which every character can be seen: control, bidirectional and zero-width ones as escapes."""
    return _flat(visible(str(text)))


def sides(before: str, after: str) -> tuple[str, str]:
    """Two values to compare. Where they differ but look the same, what is not ASCII is shown as escapes."""
    left, right = pair(before, after)
    return _flat(left), _flat(right)


def _flat(text: str) -> str:
    return text.replace("\n", "\\n").replace("\t", "\\t")
