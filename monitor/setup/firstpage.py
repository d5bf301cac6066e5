"""The first look as one HTML file: opens anywhere, loads nothing, runs nothing. Styles are those of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader
from markupsafe import Markup

from monitor.engine.shapes import FirstLook, SystemRow
from monitor.web.render import environment


def page(stack: str, view: FirstLook, systems: Sequence[SystemRow]) -> str:
    """All text of vendors is escaped, and what cannot be seen in it is shown."""
    counts = {word: sum(line.level == word for line in view.lines) for word in ("breaking", "warning", "info")}
    style = Markup(files("monitor.web").joinpath("static", "driftline.css").read_text("utf-8"))  # noqa: S704 - our own
    return _environment().get_template("firstpage.html").render(
        stack=stack, view=view, systems=systems, counts=counts, style=style
    )  # fmt: skip


@cache
def _environment() -> Environment:
    return environment().overlay(loader=ChoiceLoader([PackageLoader("monitor.setup"), PackageLoader("monitor.web")]))
