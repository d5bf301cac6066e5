"""The story of the whole department: the lines of the spine, and those that need its other systems."""

from __future__ import annotations

from typing import Final

from .story import STORY
from .telling import Step

MORE: Final[tuple[Step, ...]] = ()
WHOLE: Final = tuple(sorted((*STORY, *MORE), key=lambda step: int(step.number)))

__all__ = ["MORE", "WHOLE"]
