"""A page as a person's browser shows it, and everything that the browser itself complains of on the way.

Nothing may be complained of: no error in the console, no breach of the Content-Security-Policy, no script that threw,
no request that failed, and none to another host. What a test provokes by intention it names in `expects`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

from .living import origin

PATIENCE = 15_000  # milliseconds that an action or an expectation may take before it counts as failed
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Watched:
    """One browser context on one site. `expects`: statuses that the test means to get."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.expects: set[int] = set()
        self.complaints: list[str] = []
        context.set_default_timeout(PATIENCE)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def page(self, path: str = "") -> Page:
        """A new tab. `path` is opened in it."""
        made = self.context.new_page()
        if path:
            made.goto(f"{self.url}{path}")
        return made

    def checked(self) -> None:
        """Of what was seen since this was asked last."""
        found, self.complaints = self.complaints, []
        assert not found, "\n".join(found)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            # An answer that the test expects is told by its status; the browser repeats it here without one.
            if message.text.startswith("Failed to load resource") and self.expects:
                return
            self.complaints.append(f"console, {message.location.get('url')}: {message.text}")

    def _request(self, request: Request) -> None:
        if request.url.startswith("http") and not f"{request.url}/".startswith(f"{self.url}/"):
            self.complaints.append(f"a request that leaves {self.url}: {request.url}")

    def _failed(self, request: Request) -> None:
        stream = urlsplit(request.url).path.endswith("/api/v1/stream")  # ends with its page
        if not stream and request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expects:
            self.complaints.append(f"{response.status}: {response.url}")


class Clicks:
    """Counts what a person does with the mouse: nothing else moves a page in a test that is given one."""

    def __init__(self, page: Page) -> None:
        self.page, self.made = page, 0

    def follow(self, link: str) -> None:
        """A link in a message: the click that opens the page."""
        self.made += 1
        self.page.goto(link)

    def on(self, target: Any) -> None:
        self.made += 1
        target.click()


__all__ = ["FLAGS", "PATIENCE", "Clicks", "Watched", "origin"]
