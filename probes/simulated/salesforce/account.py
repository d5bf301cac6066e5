"""A simulated Salesforce org that can be changed as an administrator changes one."""

from __future__ import annotations

from probes.simulated.control import controlled

from .rights import Rights
from .schema import Schema
from .setup import Setup
from .work import Work


class Account(Schema, Rights, Setup, Work):
    """The org of salesforce-prod; its arguments are those of `Core`."""

    @controlled
    def expire_tokens(self) -> None:
        """Every session ends; signing in again works."""
        self.note("expire_tokens")
        self.service.signin.sessions.clear()

    @controlled
    def rotate_secret(self, secret: str) -> None:
        """The client secret changes and every session ends."""
        self.note("rotate_secret")
        self.client_secret = secret
        self.service.signin.sessions.clear()

    @controlled
    def use_quota(self, used: int) -> None:
        """How many calls of the day are spent."""
        self.note("use_quota", used=used)
        self.used = used

    @controlled
    def shuffle(self, on: bool = True) -> None:
        """Answers are shuffled from now on; Last-Modified moves, which the vendor does without any change too."""
        super().shuffle(on)
        for name in self.org.objects:
            self.org.modified[name] = max(self.clock.now(), self.org.modified[name] + 1)
        self.org.everything = max(self.clock.now(), self.org.everything + 1)
