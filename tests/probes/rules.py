"""The vendors that the rules of the contract suite are held against here: all of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

from probes.kit.listing import Vendor
from probes.kit.registry import vendors
from probes.rest import build
from probes.testing.rules import NEVER, RULES, pairs, problems

REST: Final = Path(__file__).parent / "replies" / "rest.yaml"
__all__ = ["NEVER", "REST", "RULES", "everyone", "pairs", "problems"]


def everyone() -> dict[str, Vendor]:
    """All vendor files, and the `rest` vendor with a small listing from YAML."""
    return {**vendors(), "rest": build(yaml.safe_load(REST.read_text("utf-8")))}
