"""What comes in beside polling: what an integration's file says of pushes from its vendor."""

from __future__ import annotations

from .types import Model, Reference, Text


class Hook(Model):
    """Pushes that the vendor signs, taken at <external_url>/hooks/<name>: each brings the next reading forward, and
    nothing in it is believed. `secret`: what they are signed with; `scheme`: how they are signed, where the vendor file
    does not say (docs/pushes-in.md lists them)."""

    secret: Reference
    scheme: Text | None = None
