"""Logging: console lines for a person, JSON lines for a collector. Once on failure, once on recovery.

The sink for text that vendors wrote, on its way into a log: a line stays one line, and a terminal or a reader finds
nothing in it to obey. JSON escapes by itself.
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from typing import Any, Final

import structlog

from monitor import redact
from monitor.core.visible import flat, visible

KEPT: Final = 1000  # of the newest lines, for a bug report
NAMED: Final = 40  # names of one line
_PLAIN: Final = ("timestamp", "level", "correlation", "reading")
newest: Final[deque[dict[str, Any]]] = deque(maxlen=KEPT)
_DEEPER = "\n    "  # what is said further of a line, a traceback for one, cannot be taken for a line of its own


def logging_to(*, json: bool, least: int = logging.INFO) -> None:
    """Everything from level `least` up goes to standard error; libraries only from warning up."""
    renderers: list[structlog.typing.Processor] = (
        [structlog.processors.JSONRenderer()]
        if json
        else [_shown, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _kept,
            structlog.processors.format_exc_info,
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # the stream of now, whoever replaced it
    )
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(Deep("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[libraries])


def _kept(
    _logger: structlog.typing.WrappedLogger, _method: str, said: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Keeps the line without what it tells: words that stand in the code that said it, numbers, and what failed where.
    Names of integrations are kept as they are, and become marks where they leave."""
    newest.append(_line(said))
    return said


def _line(said: structlog.typing.EventDict) -> dict[str, Any]:
    ours = _constants(sys._getframe(2))
    line: dict[str, Any] = {}
    for name, value in [*said.items()][:NAMED]:
        name = name if name.isidentifier() else redact.shape(name)
        if name in _PLAIN or (name == "integration" and isinstance(value, str)):
            line[name] = value
        elif isinstance(value, BaseException):
            line[name] = redact.where(value)
        elif isinstance(value, str):
            line[name] = value if value in ours else redact.own(value)
        elif value is None or isinstance(value, bool | int | float):
            line[name] = value
        else:
            line[name] = f"({type(value).__name__} of {len(value)})" if hasattr(value, "__len__") else "(a value)"
    return line


def _constants(frame: Any) -> frozenset[Any]:
    """The texts that stand in the code of whoever logs, and in that of whoever called it."""
    found: set[Any] = set()
    depth = 0
    while frame is not None and depth < 2:
        if not frame.f_globals.get("__name__", "").startswith("structlog"):
            found.update(one for one in frame.f_code.co_consts if isinstance(one, str))
            found.update(one for one in frame.f_globals.values() if isinstance(one, str))
            depth += 1
        frame = frame.f_back
    return frozenset(found)


class Deep(logging.Formatter):
    """What libraries say, which may quote what a vendor answered."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record)).replace("\n", _DEEPER)


def _shown(
    _logger: structlog.typing.WrappedLogger, _method: str, said: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Before the lines of a console are made. What is no text is written there by repr, which escapes too."""
    trace = said.pop("exception", None)
    shown = {flat(name): flat(value) if isinstance(value, str) else value for name, value in said.items()}
    if trace is not None:
        shown["exception"] = _DEEPER.join(["", *visible(trace).split("\n")]).lstrip("\n")
    return shown
