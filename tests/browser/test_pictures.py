"""The pictures of the README and the docs: there, small, described, used, and made by `make screenshots`."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from .pictures import FOLDER, PICTURES, SCALE

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 150_000  # bytes
FIRST_SCREEN = 20  # lines of the README that are seen before anybody scrolls
SHOWN = re.compile(r"!\[([^\]]*)\]\(([^)]*pictures/([\w-]+)\.png)\)")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_folder_holds_what_the_target_makes_and_nothing_else() -> None:
    assert {file.name for file in FOLDER.iterdir()} == {f"{name}.png" for name in PICTURES}
    recipe = (ROOT / "Makefile").read_text().partition("\nscreenshots:")[2].partition("\n\n")[0]
    assert "python -m tests.browser.pictures" in recipe


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_small_and_as_large_as_it_is_asked_for(name: str) -> None:
    content = (FOLDER / f"{name}.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) < LARGEST
    width, height = struct.unpack(">II", content[16:24])
    assert (width, height) == tuple(side * SCALE for side in PICTURES[name].size)


def test_the_first_screen_of_the_readme_shows_the_review_page() -> None:
    first = "\n".join((ROOT / "README.md").read_text().splitlines()[:FIRST_SCREEN])
    assert [name for _, _, name in SHOWN.findall(first)] == ["review"]


def test_every_picture_is_used_and_says_in_words_what_it_shows() -> None:
    used = set()
    for page in PAGES:
        for words, path, name in SHOWN.findall(page.read_text()):
            assert (page.parent / path).resolve() == FOLDER / f"{name}.png", f"{page.name}: {path}"
            assert len(words.split()) >= 5, f"{page.name}: {name}: say what it shows to who cannot see it"
            used.add(name)
    assert used == set(PICTURES)
