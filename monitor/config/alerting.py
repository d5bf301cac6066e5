"""Who hears of findings: the `alerts:` part of driftline.yaml."""

from __future__ import annotations

from pydantic import Field

from .types import Model, Reference, Text, Url


class Severities(Model):
    """What the label `severity` says of each level, as your routes know it. `breaking`: for breaking; `warning`: for
    warning; `info`: for info."""

    breaking: Text = "critical"
    warning: Text = "warning"
    info: Text = "info"


class Alertmanager(Model):
    """Where alerts of findings are pushed, by its API v2. `urls`: the address of each Alertmanager, with a path where
    it has one; each of them gets every alert, as a cluster of them needs it; `user` and `password`: for basic
    authentication; `token`: for a bearer token instead; `headers`: further headers, such as X-Scope-OrgID, each a
    reference to its value; `allow_private`: the addresses may be on a private network, or without TLS; `ca_file`: a
    private CA, as PEM; `cert_file` and `key_file`: a client certificate and its key, as PEM; relative to the folder
    that holds config/."""

    urls: tuple[Url, ...] = Field(min_length=1)
    user: Text | None = None
    password: Reference | None = None
    token: Reference | None = None
    headers: dict[Text, Reference] = Field(default_factory=dict)
    allow_private: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None


class Alerts(Model):
    """Who hears of findings. `severity`: the label of that name, by level; `alertmanager`: where they are pushed; left
    out, Prometheus alerts by the metrics alone."""

    severity: Severities = Severities()
    alertmanager: Alertmanager | None = None
