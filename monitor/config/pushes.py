"""What comes in beside polling: what an integration's file says of pushes from its vendor."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .types import Duration, Model, Reference, Text, Url


class Hook(Model):
    """Pushes that the vendor signs, taken at <external_url>/hooks/<name>: each brings the next reading forward, and
    nothing in it is believed. `secret`: what they are signed with; `scheme`: how they are signed, where the vendor file
    does not say (docs/pushes-in.md lists them)."""

    secret: Reference
    scheme: Text | None = None


class Status(Model):
    """What the vendor says of itself in public. `page`: a status page by Statuspage, without a path; `instance`: in
    its place, an instance of Salesforce, as Salesforce Trust calls it; `components`: parts of the page, by name or id,
    none for all of it; `every`: the time between two looks; `allow_private`: the page may be on a private network, or
    without TLS."""

    page: Url | None = None
    instance: Text | None = None
    components: tuple[Text, ...] = ()
    every: Annotated[Duration, Field(ge=120, le=3600)] = 300.0
    allow_private: bool = False
