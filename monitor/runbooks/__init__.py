"""What to do: a page for each alert and each family of rules, in Markdown. People read it here, or on the pages."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def titles() -> dict[str, str]:
    """Name of a page -> its title, alerts first."""
    files = [one for one in resources.files(__name__).iterdir() if one.name.endswith(".md")]
    return {one.name.removesuffix(".md"): _title(one.read_text("utf-8")) for one in sorted(files, key=lambda f: f.name)}


def text(name: str) -> str:
    """The page's Markdown. Raises KeyError for one that there is not."""
    if name not in titles():
        raise KeyError(name)
    return resources.files(__name__).joinpath(f"{name}.md").read_text("utf-8")


def _title(markdown: str) -> str:
    return markdown.partition("\n")[0].removeprefix("# ")
