"""The table of sinks: each names a test that there is, and each way out of the code stands in it."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from .sinks import LEAVES, SINKS

ROOT = Path(__file__).resolve().parents[2] / "monitor"


def test_every_sink_has_a_test_that_is_there() -> None:
    for sink, where in SINKS.items():
        module, _, name = where.partition(".")
        found = import_module(f"tests.hostile.{module}")
        assert callable(getattr(found, name, None)), f"{sink}: {where} is no test"


def test_every_way_out_is_known() -> None:
    texts = {str(file.relative_to(ROOT)): file.read_text() for file in sorted(ROOT.rglob("*.py"))}
    texts |= {str(file.relative_to(ROOT)): file.read_text() for file in sorted(ROOT.rglob("*.html"))}
    for pattern, known in LEAVES.items():
        found = tuple(sorted(name for name, text in texts.items() if re.search(pattern, text)))
        hint = "say in tests/hostile/sinks.py which test runs hostile labels through it"
        assert found == tuple(sorted(known)), f"{pattern}: {set(found) ^ set(known)}: {hint}"
