"""Who hears of findings: the `alerts:` part of driftline.yaml."""

from __future__ import annotations

from .types import Model, Text


class Severities(Model):
    """What the label `severity` says of each level, as your routes know it. `breaking`: for breaking; `warning`: for
    warning; `info`: for info."""

    breaking: Text = "critical"
    warning: Text = "warning"
    info: Text = "info"


class Alerts(Model):
    """Who hears of findings. `severity`: the label of that name on alerts, by level."""

    severity: Severities = Severities()
