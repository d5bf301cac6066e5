"""Other stacks that this one looks at: the `fleet:` part of driftline.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, StringConstraints

from .document import Document, KeyPath
from .types import Duration, Model, Reference, Url

MOST = 200  # stacks, each of which is asked


class Member(Model):
    """Another Driftline. `name`: what it is called here; `url`: the address of its pages; `token`: a token of somebody
    who may look there (role viewer); `proxy`: the way to it, where it is another than that of `egress`; `ca_file`: a
    private CA, likewise; `allow_private`: it may be on a private network, or without TLS."""

    name: Annotated[str, StringConstraints(pattern=r"^\w[\w .&()-]{0,59}$")]
    url: Url
    token: Reference
    proxy: Url | None = None
    ca_file: str | None = None
    allow_private: bool = False


class Fleet(Model):
    """Stacks whose counts stand on the page /fleet. `stacks`: each with name, url and token; `every`: the time between
    two looks at all of them."""

    stacks: Annotated[tuple[Member, ...], Field(max_length=MOST)] = ()
    every: Annotated[Duration, Field(ge=15, le=3600)] = 60.0


def fleet(service: Document) -> None:
    """Adds what is wrong to the document: each stack has a name of its own, and a token goes over TLS."""
    for path, words in _wrong(service):
        service.add(path, words)


def _wrong(service: Document) -> Iterator[tuple[KeyPath, str]]:
    seen: dict[str, KeyPath] = {}
    for path, name in service.texts("fleet", "stacks", "*", "name"):
        if name in seen:
            yield path, f"expected a name of its own, found {name!r} again (first on line {service.line(seen[name])})"
        seen.setdefault(name, path)
    for path, url in service.texts("fleet", "stacks", "*", "url"):
        private = any(value is True for _, value in service.find(*path[:-1], "allow_private"))
        if re.match("http://", url, re.I) and not private:
            yield path, "expected https://, or allow_private: true beside it, since a token is sent there"
