"""What every way to tell somebody has in common: the message, what it was answered, and why it was not taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

DEADLINE: Final = 30.0  # seconds for one message
SAID: Final = 200  # characters of what the other end said


class File(msgspec.Struct, frozen=True):
    """Sent along where that is possible. `media`: its type."""

    name: str
    media: str
    content: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message, as a webhook gets it; texts are plain, in lines, and went through `alert_text.said`. `id`: what
    happened, the same each time that it is sent; `type`: such as finding.opened, digest.daily, report.weekly, test;
    `at`: epoch seconds UTC; `urgency`: page, ticket or digest; `finding`: its id, with its `labels` as alerts have
    them; `files` go along where a target takes some."""

    id: str
    type: str
    stack: str
    at: float
    urgency: str
    title: str
    text: str
    link: str = ""
    finding: str = ""
    labels: Mapping[str, str] = {}
    data: Mapping[str, Any] = {}
    files: tuple[File, ...] = ()


class NotifyError(Exception):
    """It was not taken. The message says where, what, and what to do, without any secret. `wait`: seconds for which the
    other end wants nothing more; `alone`: it refused this message, and may take another one."""

    def __init__(self, words: str, *, wait: float = 0.0, alone: bool = False) -> None:
        super().__init__(words)
        self.wait, self.alone = wait, alone
