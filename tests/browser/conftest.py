"""One real Chromium for these tests, a context of its own for each, and the sites that they visit.

Where Chromium or nginx cannot be had the tests are skipped by name; where CI is set they fail instead.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from monitor import runbooks

from .desk import Desk
from .desk import desk as desk_
from .eyes import FLAGS, PATIENCE, Watched
from .living import Demo, Missing, demo, demo_below, program

Opening = Callable[..., Watched]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's own: nothing is downloaded. Ended with this folder's tests, since its loop would be in others' way."""
    try:
        path = program("chromium")
    except Missing as error:
        _missing(error)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def opening(chromium: Browser) -> Iterator[Opening]:
    """Makes browsers of a person: `opening(url, **options of a Playwright context)`."""
    made: list[Watched] = []

    def open_(url: str, **options: Any) -> Watched:
        made.append(Watched(chromium.new_context(**options), url))
        return made[-1]

    yield open_
    for one in made:
        one.context.close()
        one.checked()


@pytest.fixture(scope="package")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo as `make run` has it."""
    with demo(tmp_path_factory.mktemp("plain")) as one:
        yield one


@pytest.fixture(scope="package")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo under a path, behind nginx."""
    try:
        with demo_below(tmp_path_factory.mktemp("below"), "/tools/drift") as one:
            yield one
    except Missing as error:
        _missing(error)


@pytest.fixture(scope="package")
def told(plain: Demo) -> dict[str, str]:
    """The demo with something on every page; gives what stands for the parameters of addresses."""
    for line in ("3", "5", "6", "11", "14"):
        plain.do(line)
    field = plain.found("Region__c", "required")
    plain.decide("ignore", field, until="2099-12-31", reason="While it is mended")
    return {"prefix": field["id"], "runbook": sorted(runbooks.titles())[0]}


@pytest.fixture(params=["plain", "below"])
def site(request: pytest.FixtureRequest) -> Demo:
    """Both, one after the other."""
    found: Demo = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="package")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_(tmp_path_factory.mktemp("office")) as one:
        yield one


@pytest.fixture
def desk(office: Desk) -> Iterator[Desk]:
    """Shared; what a test leaves open is approved after it, so that none sees another's."""
    yield office
    office.tidy()


def _missing(error: Missing) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"these may not be skipped here: {error}", pytrace=False)
    pytest.skip(str(error))
