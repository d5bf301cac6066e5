"""Every page there is, as the application itself lists them, in every state that it has: nothing that axe-core calls
serious, light and dark, wide and 360 px; nothing that the browser complains of; one title, heading and landmarks."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from playwright.sync_api import Browser, Page, expect

from monitor.web.app import create_app
from monitor.web.settings import Settings

from .axe import ALL, CONTRAST, grave
from .eyes import Watched
from .living import Demo

WIDE, NARROW = {"width": 1280, "height": 720}, {"width": 360, "height": 740}
NO_PAGE = {
    "/report": "a file to keep",
    "/trail/report": "a file to keep",
    "/catalogue/{integration}/dictionary.csv": "a file to keep",
    "/sign-in/{token}": "visited by who is signed out",
    "/answer/{secret}": "visited by who was asked, in test_doors",
    "/sign-in/begin": "leads to the provider of identities",
    "/sign-in/callback": "visited with what fits no sign-in, in test_doors",
    "/signed-out": "visited where somebody else signs people in, in test_doors",
}
PLACES = {  # what stands for an address with a part of its own; `told` has the rest
    "/catalogue": "/catalogue?q=qualified",
    "/catalogue/{integration}": "/catalogue/salesforce-prod",
    "/catalogue/{integration}/{kind}": "/catalogue/salesforce-prod/field",
    "/catalogue/{integration}/{kind}/{rest:path}": "/catalogue/salesforce-prod/field/Lead/Status",
    "/flows/{name}": "/flows/contact-to-lead",
    "/planned/{id_}": "/planned/lead-campaign-taxonomy",
    "/runbooks/{name}": "/runbooks/{runbook}",
    "/systems/{name}": "/systems/hubspot-prod",
}
MORE = ("/runbooks/mapping",)  # of a family of rules, where the other is of an alert: with a table of the rules
SEEN = """() => ({
  lang: document.documentElement.lang,
  title: document.title,
  heads: [...document.querySelectorAll("h1")].filter(one => one.checkVisibility()).length,
  mains: document.querySelectorAll("main").length,
  banners: document.querySelectorAll("body > header").length,
  unnamed: [...document.querySelectorAll("nav, section, aside, form[role]")]
    .filter(one => one.matches("nav, aside") && !one.ariaLabel && !one.getAttribute("aria-labelledby")).length,
  outside: Math.max(document.documentElement.scrollWidth - innerWidth, 0),
})"""

NOTE = """width => {
  for (const one of document.querySelectorAll("main *, body > header *"))
    if (one.checkVisibility()) one.setAttribute(`data-${width}`, "");
}"""


def routes() -> list[str]:
    nothing: Any = SimpleNamespace(store=None, clock=None, config=None)
    app = create_app(nothing, given=Settings())
    paths = {str(one.path) for one in iter_route_contexts(app.routes) if "GET" in (one.methods or ())}
    return sorted(path for path in paths if not path.startswith(("/api/", "/static", "/-/")) and path not in NO_PAGE)


def sound(page: Page) -> None:
    """Looks at one page in four ways without loading it again. All rules run where it is light and wide and where it is
    dark and narrow; a colour of the other two is looked at where its element is there in one width alone."""
    expect(page.locator("main")).to_be_visible()
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")  # no colour is measured on its way to another
    seen = page.evaluate(SEEN)
    assert (seen["lang"], seen["heads"], seen["mains"], seen["banners"], seen["unnamed"]) == ("en", 1, 1, 1, 0), seen
    assert seen["title"].endswith("Driftline") and len(seen["title"]) > len("Driftline"), seen
    assert seen["outside"] == 0, "the page goes over the side of a wide screen"
    found = [f"light, wide: {one}" for one in grave(page, ALL)]
    page.evaluate(NOTE, "wide")
    page.set_viewport_size(NARROW)
    assert page.evaluate(SEEN)["outside"] == 0, "the page goes over the side at 360 px"
    page.evaluate(NOTE, "narrow")
    found += [f"light, 360 px: {one}" for one in grave(page, CONTRAST, only="[data-narrow]:not([data-wide])")]
    page.emulate_media(color_scheme="dark")
    found += [f"dark, 360 px: {one}" for one in grave(page, ALL)]
    page.set_viewport_size(WIDE)
    found += [f"dark, wide: {one}" for one in grave(page, CONTRAST, only="[data-wide]:not([data-narrow])")]
    assert not found, "\n".join(found)


def glance(page: Page) -> None:
    """Another state of a page that `sound` looks at elsewhere: once, where most goes wrong."""
    expect(page.locator("main")).to_be_visible()
    page.set_viewport_size(NARROW)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found = grave(page, ALL)
    assert not found, "\n".join(found)
    assert page.evaluate(SEEN)["outside"] == 0, "the page goes over the side at 360 px"
    page.set_viewport_size(WIDE)


@pytest.fixture(scope="module")
def visitor(chromium: Browser, plain: Demo) -> Iterator[Watched]:
    """One for all pages: styles and scripts are fetched once."""
    made = Watched(chromium.new_context(), plain.url)
    yield made
    made.context.close()


@pytest.mark.parametrize("path", [*routes(), *MORE])
def test_every_page_is_sound(path: str, visitor: Watched, told: dict[str, str]) -> None:
    page = visitor.page(PLACES.get(path, path).format_map(told))
    sound(page)
    page.close()
    visitor.checked()
