"""A stack whose account a test changes as it likes: `driftline serve`, a bare repository, a HubSpot in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from probes.kit.clock import SystemClock
from probes.simulated import hubspot
from tests.e2e.serving import Serving, Stack, account, until

NAME: Final = "hubspot-prod"
LISTS: Final = ("tier", "topic", "segment", "channel", "stage", "grade", "plan", "source")  # four options each
LONG: Final = "catalogue"  # of this many options
OPTIONS: Final = 3000


class Desk:
    """`url` is where people reach it."""

    def __init__(self, stack: Stack, serving: Serving, hub: hubspot.Account) -> None:
        self.stack, self.serving, self.hub, self.url = stack, serving, hub, stack.url

    def relabel(self, name: str, *options: int, word: str = "new") -> list[Any]:
        """Other labels for these options of a list, as one act of one person, and a reading. Gives the findings."""
        rows = self.hub.options(type="contacts", name=name)
        for number in options:
            rows[number] = {**rows[number], "label": f"{rows[number]['label']} {word}"}
        self.hub.set_options(type="contacts", name=name, options=rows)
        self.serving.poll(NAME)
        return self.open(name)

    def open(self, name: str) -> list[Any]:
        """Open findings of one list, by option."""
        found = [one for one in self.serving.findings() if one["key"] == name]
        return sorted(found, key=lambda one: str(one["item"]))

    def commits(self) -> list[str]:
        """Of decisions, in the repository that people clone; oldest first."""
        return [sha for sha, _ in self.stack.log()]

    def pushed(self, before: Sequence[str], count: int = 1) -> str:
        """Waits for the commits that came since; gives what they changed."""
        until(lambda: len(self.commits()) >= len(before) + count, 20, "the decision is pushed")
        came = self.commits()[len(before) :]
        assert len(came) == count, came
        return "\n".join(self.git("show", "--unified=0", sha) for sha in came)

    def git(self, *arguments: str) -> str:
        return self.stack.git("-C", str(self.stack.hub), *arguments)

    def tidy(self) -> None:
        """Nothing is left open for the next test."""
        if left := self.serving.findings() + self.serving.findings("ignored"):
            self.serving.decide("approve", *left)


@contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    hub = hubspot.Account(clock=SystemClock())
    for name, count in ((LONG, OPTIONS), *((name, 4) for name in LISTS)):
        hub.add_property(type="contacts", line=f"{name} enumeration/select own")
        hub.set_options(type="contacts", name=name, options=options(name, count))
    with account(hub.app) as base:
        stack = Stack(folder / "stack")
        stack.integration(NAME, "hubspot", base, {"scheme": "token", "token": stack.secret("hub", hub.token)})
        with Serving(stack) as serving:
            serving.capture(NAME)
            yield Desk(stack, serving, hub)


def options(name: str, count: int) -> list[dict[str, Any]]:
    """As the vendor's API takes them."""
    return [
        {"value": f"{name}-{i:04}", "label": f"{name.title()} {i}", "displayOrder": i, "hidden": False}
        for i in range(count)
    ]
