"""Which facts take two people, and who may decide at all: the part of driftline.yaml called `review`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .types import Duration, Model, Text


class FourEyes(Model):
    """Facts that take two people: those for which all of this is so. `integration`: its name, or a pattern of names;
    `kind`: of what is read; `scope`: an object there, or a pattern; * stands for any text; `level`: findings of at
    least this level; `security`: only what a security rule rates."""

    integration: Text = "*"
    kind: Literal["schema", "field", "permission", "sync", "automation", "template", "platform", "*"] = "*"
    scope: Text = "*"
    level: Literal["breaking", "warning", "info"] = "info"
    security: bool = False


class Review(Model):
    """Who decides. `four_eyes`: facts that two different people have to agree on, by any entry of the list;
    `owners_decide`: only members of the team that owns an integration decide about it, admins of other teams not
    either; `lapse`: how long a decision waits for its second person, 1h to 90d."""

    four_eyes: tuple[FourEyes, ...] = ()
    owners_decide: bool = False
    lapse: Annotated[Duration, Field(ge=3600, le=90 * 86400)] = 7 * 86400.0
