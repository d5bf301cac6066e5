"""Logging: console lines for a person, JSON lines for a collector. Once on failure, once on recovery.

The sink for text that vendors wrote, on its way into a log: a line stays one line, and a terminal or a reader finds
nothing in it to obey. JSON escapes by itself.
"""

from __future__ import annotations

import logging
import sys

import structlog

from monitor.core.visible import flat, visible

_DEEPER = "\n    "  # what is said further of a line, a traceback for one, cannot be taken for a line of its own


def logging_to(*, json: bool) -> None:
    """Everything goes to standard error; libraries only from warning up."""
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
            structlog.processors.format_exc_info,
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # the stream of now, whoever replaced it
    )
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(Deep("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[libraries])


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
