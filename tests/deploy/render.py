"""Renders the chart by Helm's own library, in a process of its own: the library brings Go's runtime with it.

`python -m tests.deploy.render VALUES` prints what came of it as JSON: file -> text, or why it was refused.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

CHART: Final = Path(__file__).resolve().parents[2] / "deploy" / "helm" / "driftline"

if __name__ == "__main__":
    import helm_python

    with helm_python.Chart.load(str(CHART)) as chart:
        try:
            made = chart.render(json.loads(sys.argv[1]), name="drift", namespace="marketing")
        except helm_python.HelmError as error:
            made = {"refused": str(error)}
    print(json.dumps(made))
