"""How a list goes on, and what proves that it ended."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .values import Model


class Paging(Model):
    """One class, `style` picks. An end that nobody proved is never complete.

    - none: one answer. `total` (dotted path), where given, must equal the rows.
    - cursor: `next` is the dotted path of the cursor, put `into` a parameter (or `body.a.b`); absent means the end.
      `more`: dotted path of a boolean; false means the end. `while_there`: dotted path of what an answer has only while
      there is more, such as an address of the next page that is not to be followed, since it has the token in it.
    - next: `next` is the dotted path of the next address; it is held to the host that was asked.
    - link: the Link header's rel="next".
    - offset, page: `into` counts rows, or pages from `first`. The end is an empty page, `total` reached, or `more`
      false; with `short`, also a page of fewer than `size` rows (only where the vendor documents it: a vendor that caps
      the page size below ours would otherwise end the list early). `bare`: the first request goes without `into`, where
      the vendor refuses an offset of 0.
    - graphql: `next` is the dotted path of the connection's pageInfo; endCursor goes `into` body.variables.after.
    `size` goes into the parameter `size_into`. More than `most` pages is partial.
    """

    style: Literal["none", "cursor", "next", "link", "offset", "page", "graphql"] = "none"
    next: str = ""
    more: str = ""
    while_there: str = ""
    into: str = ""
    size: int = Field(default=0, ge=0)
    size_into: str = ""
    first: int = 1
    short: bool = False
    bare: bool = False
    total: str = ""
    most: int = Field(default=1000, gt=0)
