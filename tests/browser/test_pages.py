"""Every page there is, as the application itself lists them, in every state that it has: nothing that axe-core calls
serious, light and dark, wide and 360 px; nothing that the browser complains of; one title, heading and landmarks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from playwright.sync_api import Page, expect

from monitor import runbooks
from monitor.web.app import create_app
from monitor.web.settings import Settings

from .axe import ALL, CONTRAST, grave
from .conftest import Opening
from .living import Demo

WIDE, NARROW = {"width": 1280, "height": 720}, {"width": 360, "height": 740}
NO_PAGE = {
    "/trail/report": "a file to keep",
    "/catalogue/{integration}/dictionary.csv": "a file to keep",
    "/sign-in/{token}": "visited by who is signed out",
    "/answer/{secret}": "visited by who was asked, with an address of their own",
    "/sign-in/begin": "leads to the provider of identities",
    "/sign-in/callback": "is where the provider leads back to",
    "/signed-out": "there where somebody else signs people in",
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


def routes() -> list[str]:
    nothing: Any = SimpleNamespace(store=None, clock=None, config=None)
    app = create_app(nothing, given=Settings())
    paths = {str(one.path) for one in iter_route_contexts(app.routes) if "GET" in (one.methods or ())}
    return sorted(path for path in paths if not path.startswith(("/api/", "/static", "/-/")) and path not in NO_PAGE)


@pytest.fixture(scope="package")
def told(plain: Demo) -> dict[str, str]:
    """The demo with something on every page; gives what stands for the parameters of addresses."""
    for line in ("3", "5", "6", "11", "14"):
        plain.do(line)
    field = plain.found("Region__c", "required")
    plain.decide("ignore", field, until="2099-12-31", reason="While it is mended")
    return {"prefix": field["id"], "runbook": sorted(runbooks.titles())[0]}


def sound(page: Page) -> None:
    """Looks at one page in four ways without loading it again."""
    expect(page.locator("main")).to_be_visible()
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")  # no colour is measured on its way to another
    seen = page.evaluate(SEEN)
    assert (seen["lang"], seen["heads"], seen["mains"], seen["banners"], seen["unnamed"]) == ("en", 1, 1, 1, 0), seen
    assert seen["title"].endswith("Driftline") and len(seen["title"]) > len("Driftline"), seen
    assert seen["outside"] == 0, "the page goes over the side of a wide screen"
    found = [f"light, wide: {one}" for one in grave(page, ALL)]
    page.emulate_media(color_scheme="dark")
    found += [f"dark, wide: {one}" for one in grave(page, CONTRAST)]
    page.set_viewport_size(NARROW)
    found += [f"dark, 360 px: {one}" for one in grave(page, ALL)]
    assert not found, "\n".join(found)
    assert page.evaluate(SEEN)["outside"] == 0, "the page goes over the side at 360 px"


@pytest.mark.parametrize("path", routes())
def test_every_page_is_sound(path: str, plain: Demo, told: dict[str, str], opening: Opening) -> None:
    visitor = opening(plain.url)
    sound(visitor.page(PLACES.get(path, path).format_map(told)))
