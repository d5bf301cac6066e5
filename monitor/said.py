"""What goes wrong is said once in the log, and once more when it works again: not at each try in between."""

from __future__ import annotations

import time
from typing import Any

import structlog

log = structlog.get_logger()


class Said:
    """Of parts of the process that are tried again and again, by what they do. What fails in another way is said too:
    it is other news."""

    def __init__(self) -> None:
        self._failing: dict[str, tuple[str, float, int]] = {}  # how, since when by the monotonic clock, tries since

    def failed(self, work: str, error: BaseException | str, **more: Any) -> None:
        """`error`: a sentence where it was foreseen, else the exception, which is told with its trace."""
        how = "" if isinstance(error, str) else type(error).__name__
        before = self._failing.get(work)
        if before is not None and before[0] == how:
            self._failing[work] = (how, before[1], before[2] + 1)
            return
        self._failing[work] = (how, before[1] if before is not None else time.monotonic(), 1)
        told = {"why" if isinstance(error, str) else "exc_info": error}
        log.error("this fails; it is tried again, and said when it works", work=work, **more, **told)

    def works(self, work: str, **more: Any) -> None:
        before = self._failing.pop(work, None)
        if before is not None:
            _, since, tries = before
            log.info("this works again", work=work, after=round(time.monotonic() - since, 1), tries=tries, **more)
