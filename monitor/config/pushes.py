"""What comes in beside polling: what an integration's file says of pushes from its vendor."""

from __future__ import annotations

from typing import Annotated, Any

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


class Attested(Model):
    """A system without an API, in place of a vendor that is asked: what people or programs say of it, with
    `vendor: attested`. `within`: the time after which what was attested is no news any more; `lists`: what they say,
    each list with `name`, `kind`, `key`, `facts`, and where wanted `always` and `words` (docs/pushes-in.md)."""

    within: Annotated[Duration, Field(ge=60)] = 7 * 86400.0
    lists: tuple[dict[str, Any], ...] = Field(min_length=1)
