"""The recipes of the docs: each can be loaded, says that it is unproven, and is no vendor."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from probes.kit.registry import vendors
from probes.rest import build

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "recipes"
RECIPES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")


def block(page: Path) -> str:
    (found,) = re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    return str(found)


@pytest.mark.parametrize("page", RECIPES, ids=lambda page: page.stem)
def test_a_recipe_can_be_loaded_and_promises_nothing(page: Path) -> None:
    made = build(yaml.safe_load(block(page)))
    text = page.read_text("utf-8")
    assert made.listings and made.base.startswith("https://") and not made.verified.proven
    assert "Unproven." in text and "\nFrom: " in text
    assert page.stem not in vendors() and made.title not in {one.title for one in vendors().values()}


def test_every_recipe_stands_in_the_list() -> None:
    listed = (FOLDER / "README.md").read_text("utf-8")
    assert RECIPES and all(f"({page.name})" in listed for page in RECIPES)
