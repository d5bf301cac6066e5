"""driftline catalogue: the same from an engine here and from a daemon."""

from __future__ import annotations

import json

from .conftest import Run, Stage


def test_what_is_found_is_told_with_how_it_fits(stage: Stage, run: Run) -> None:
    found = json.loads(run("catalogue", "region", "--json").out)
    assert found["total"] == 2 and [hit["key"] for hit in found["groups"][0]["items"]] == ["a", "b"]
    said = " ".join(run("catalogue", "region").out.split())
    assert "hubspot-prod" in said and "labelled so" in said
    assert "a Region" in " ".join(run("catalogue", "region", "--integration", "hubspot-prod").out.split())
    assert run("catalogue", "nowhere at all").out == ""


def test_what_cannot_be_looked_for_is_said(stage: Stage, run: Run) -> None:
    short = run("catalogue", "x")
    assert short.code == 2 and "at least 2 characters" in short.err
    unknown = run("catalogue", "region", "--integration", "nowhere")
    assert unknown.code == 2 and "nowhere" in unknown.err
