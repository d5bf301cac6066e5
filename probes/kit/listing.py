"""The vocabulary of a vendor file: a request with the views of its answer (view.py), and the vendor itself.

The same `Listing` read from YAML makes the `rest` vendor. Everything that can be checked is checked here, at import.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, Self, TypeAlias

import msgspec
from pydantic import Field, model_validator

from .api import Answer, Ask, Client
from .auth import Scheme
from .contract import Absent, Fault, Kind, Ref, Sought, Vantage, canonical, digest
from .errors import Errors
from .hooks import SCHEMES
from .limiter import Limit, Quota
from .paging import Paging
from .statements import refuse_wrong
from .values import Model, fill, places, search
from .verified import Verified
from .view import View as View  # vendor files have all their words from here

Row: TypeAlias = Mapping[str, Any]
Fetch: TypeAlias = Callable[
    [Client, Sequence[Row], Sequence[Mapping[str, str]]], AsyncIterator[tuple[Row, Answer | Fault]]
]


def keep(*names: str, **renamed: str) -> dict[str, str]:
    """The allow-list of facts: `keep("label type", precision="scale || precision")`. Left the fact's name in facts.py
    (or `x_…`), right a JMESPath over the row; `values.Ours` has what we add to it for addresses and long texts."""
    return {name: name for group in names for name in group.split()} | renamed


class Listing(View):
    """A view with its request.

    - `spends`: what one request takes of the vendor's daily allowance, in its unit (`Quota.unit`).
    - `for_each`: another listing's name, or "options.<name>" for a configured list; then `path`, `params`, `body` and
      `headers` (one that comes out empty is not sent) may use {parent.key}, {parent.id} and {parent.<fact>}. `only`:
      JMESPath over the parent row. `child`: what the read is called beside the listing: read id "<name>/<child>".
    - `also`: other views of the same answer, at no extra call.
    - `conditional`: which validator the vendor honours. `every`: default interval in seconds; None is the
      integration's.
    - `fetch`, `batch`: coded: `@each` or `@once` makes one out of a function (coded.py). Written out it is
      `fetch(api, parents, validators)` and gives `(parent, Answer | Fault)` for up to `batch` parents; yield the very
      parent objects you got. Without `for_each` there is one parent, an empty mapping.
      `per_fetch`: requests per batch, for the cost estimate.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    path: str = ""
    params: dict[str, Any] = Field(default_factory=dict)
    body: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    paging: Paging = Paging()
    limit: str = "default"
    spends: int = Field(default=1, gt=0)
    for_each: str = ""
    child: str = "{parent.key}"
    only: str = ""
    batch: int = Field(default=1, gt=0)
    per_fetch: int = Field(default=1, gt=0)
    conditional: Literal["", "etag", "last-modified"] = ""
    every: float | None = None
    also: tuple[View, ...] = ()
    fetch: Fetch | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.path and self.fetch is None:
            raise ValueError(f"listing {self.name!r} has neither a path nor a fetch")
        if self.only:
            search(self.only)
        if self.batch > 1 and self.fetch is None:
            raise ValueError(f"listing {self.name!r} has a batch but no fetch that could use it")
        return self

    @cached_property
    def views(self) -> tuple[View, ...]:
        return (self, *self.also)

    @cached_property
    def projection(self) -> bytes:
        """Changes whenever this declaration does: memos of another one are void."""
        return digest(canonical(self.model_dump(mode="json", exclude={"fetch", "every"})))

    def cost(self, parents: int, pages: int = 1) -> int:
        """What one run over so many parents takes of the vendor's allowance: requests, where it counts them."""
        batches = -(-parents // self.batch) if self.for_each else 1
        return batches * (self.per_fetch if self.fetch else pages) * self.spends

    def read_id(self, parent: Row) -> str:
        return f"{self.name}/{fill(self.child, {'parent': parent})}" if self.for_each else self.name

    def ask(self, parent: Row, options: Row) -> Ask:
        """Raises KeyError with a sentence for a place of a template that has no value."""
        context = {"parent": parent, "options": options}
        return Ask(
            fill(self.path, context, quoted=True),
            fill(self.params, context) if self.params else self.params,
            fill(self.body, context) if self.body is not None else None,
            headers={name: value for name, value in fill(self.headers, context).items() if value},
            limit=self.limit,
            spends=self.spends,
        )

    def ref(self, view: View, parent: Row, options: Row) -> Ref:
        """The scope of a view without `scope_by`."""
        name = view.scope or ("{parent.key}" if self.for_each else self.name)
        return Ref(view.kind, str(fill(name, {"parent": parent, "options": options})))


class Found(msgspec.Struct, frozen=True):
    """What a vendor file's `look` found: the row as the listing called `listing` would have it, and its parent."""

    listing: str
    row: Any
    parent: Row = {}


Told: TypeAlias = Mapping[str, Any] | Fault  # what a vendor file's `who` knows of one change


class OptionSpec(Model):
    """An option of a vendor: a value from the integration's YAML, `{options.x}` in templates. `ids`: an entry of a list
    that a listing goes through -> its `{parent.id}`, which is the entry itself where none is named. `by_host`: host of
    the base address -> the default there, such as the address of the region's pages."""

    default: Any = None
    says: str
    by_host: dict[str, str] = Field(default_factory=dict)
    ids: dict[str, str] = Field(default_factory=dict)


class Vendor(Model):
    """A vendor file's one object: `VENDOR = Vendor(...)`.

    - `base`: template over {options.x}; the integration's `base` replaces it. `hosts`: suffixes of hosts we may talk
      to; "{base}" is the base address itself (self-hosted products).
    - `schemes`: name -> Scheme. `limits`: name -> Limit, "default" always. `pace`: seconds to pause, from an answer.
      `headers`: sent with each request, such as the version that this file is written for; names in lower case.
    - `reads`: paths that are POST and only read; exact, `*` stands for one path segment.
    - `statements`: name -> SELECT of the catalogue of a database (see statements.py), which is then what is read: a
      listing's path is such a name, its params are the values.
    - `identity`: async (api) -> Vantage; grants are the credential's own roles and scopes, never monitored things.
    - `look`: async (api, ref, key) -> Found | Absent, or a Fault: one thing on demand. `absent`: how the vendor tells
      "it does not exist" from "you may not see it", with where that stands. Empty where it does not: then `look` may
      not say Absent, and a second complete listing is the only proof that something is gone.
    - `who`: async (api, all that is sought) -> as many answers, in their order; what they share is asked for once. An
      answer is a Fault, or evidence: `by` (a person), `at` (a time), `action` (the vendor's word, no free text), `how`:
      "named" where the vendor's trail names the thing, "last" where it is the thing's own mark of its last change,
      "alone" where nobody else changed anything in that time. Empty: nobody knows.
    - `grants`: grant -> how a person gives it. `grants_told`: False where no answer tells what the credential may do:
      that a grant lacks is then known by a refusal alone, and `weaker` says why it makes no list shorter of a kind that
      `Vantage.silent` does not name. `sunset`: API version -> ISO date of its end.
    - `unseen`: kind -> why the vendor's API does not show it: said as "not observable", never left out in silence.
      `hides`: the same of a kind that a listing reads: what of it stays out of sight, and may use fields too.
      `lacks`: kind -> why there is none of it in the product, so that nothing is hidden there.
    - `quiet`: (kind, scope pattern, why) that `init` proposes as `off`. `notes`: what one should know, for the docs.
    - `hook`: how it signs what it pushes, a name of `hooks.SCHEMES`; empty where it signs nothing.
    - `exempt`: rule of the contract suite -> reason why it does not hold for this vendor. `verified`: against what the
      file was checked, `Verified("docs", "2026-11-22")`; a test asks for the evidence.
    """

    name: str
    title: str
    docs: str
    base: str
    schemes: dict[str, Scheme]
    hosts: tuple[str, ...]
    headers: dict[str, str] = Field(default_factory=dict)
    errors: Errors = Errors()
    limits: dict[str, Limit] = Field(default_factory=lambda: {"default": Limit()})
    quota: Quota | None = None
    pace: Callable[[Answer], float] | None = None
    reads: tuple[str, ...] = ()
    statements: dict[str, str] = Field(default_factory=dict)
    identity: Callable[[Client], Awaitable[Vantage]] | None = None
    look: Callable[[Client, Ref, str], Awaitable[Found | Absent]] | None = None
    absent: str = ""
    who: Callable[[Client, Sequence[Sought]], Awaitable[Sequence[Told]]] | None = None
    listings: tuple[Listing, ...]
    quiet: tuple[tuple[Kind, str, str], ...] = ()
    options: dict[str, OptionSpec] = Field(default_factory=dict)
    sunset: dict[str, str] = Field(default_factory=dict)
    grants: dict[str, str] = Field(default_factory=dict)
    grants_told: bool = True
    weaker: str = ""
    unseen: dict[Kind, str] = Field(default_factory=dict)
    hides: dict[Kind, str] = Field(default_factory=dict)
    lacks: dict[Kind, str] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    hook: str = ""
    exempt: dict[str, str] = Field(default_factory=dict)
    verified: Verified = Verified()

    @model_validator(mode="after")
    def _joined(self) -> Self:
        names = [listing.name for listing in self.listings]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two listings are called {', '.join(sorted(twice))}")
        for listing in self.listings:
            up, _, option = listing.for_each.partition(".")
            if option and (up != "options" or option not in self.options):
                raise ValueError(f"{listing.name}: for_each {listing.for_each!r} is no declared option")
            if up and not option and up not in names[: names.index(listing.name)]:
                raise ValueError(f"{listing.name}: for_each {up!r} is no listing declared before it")
            if listing.limit not in self.limits:
                raise ValueError(f"{listing.name}: limit {listing.limit!r} is not in limits")
            self._filled(listing)
        refuse_wrong(self.statements)
        if "default" not in self.limits:
            raise ValueError('limits has no "default"')
        if self.hook and self.hook not in SCHEMES:
            raise ValueError(f"hook {self.hook!r} is none of {', '.join(SCHEMES)}")
        read = {view.kind for listing in self.listings for view in listing.views}
        for word, named, else_ in (("unseen", self.unseen, read), ("lacks", self.lacks, read | self.unseen.keys())):
            if both := named.keys() & else_:
                raise ValueError(f"{word} names {', '.join(sorted(both))}, which a listing reads or `unseen` names")
        if self.quota and self.quota.plans and "plan" not in self.options:
            raise ValueError("quota has plans, and there is no option `plan` that says which")
        if self.quota and self.quota.seated and "seats" not in self.options:
            raise ValueError("quota is by seats, and there is no option `seats` that says how many")
        if self.absent and self.look is None:
            raise ValueError("absent says how `look` knows that a thing is gone, and there is no `look`")
        return self

    def _filled(self, listing: Listing) -> None:
        """Every place of a template can be filled. A name needs what every parent has; a request may use its facts, and
        so may a link, which is none where they are not there."""
        child = listing.child if listing.for_each else ""
        own = [part for view in listing.views for part in (view.scope, view.under, *view.needs)]
        named = places([child, *own])
        links = [view.link for view in listing.views]
        asked = places([listing.path, listing.params, listing.body, listing.headers, links])
        bare = listing.for_each.startswith("options.") and not self.options[listing.for_each[8:]].ids
        parent = {"key"} if bare else {"key", "id"} if listing.for_each else set()
        facts = {fact for up in self.listings if up.name == listing.for_each for fact in up.compared}
        for name, attribute in named | asked:
            known = parent if (name, attribute) in named else parent | facts
            if name == "parent" and attribute not in known:
                raise ValueError(f"{listing.name}: {{parent.{attribute}}} is nothing that its parent always has")
            if name == "options" and attribute not in self.options:
                raise ValueError(f"{listing.name}: {{options.{attribute}}} is no declared option")

    def listing(self, name: str) -> Listing:
        """Raises KeyError with a sentence that names those there are."""
        for listing in self.listings:
            if listing.name == name:
                return listing
        known = ", ".join(listing.name for listing in self.listings)
        raise KeyError(f"{self.name} has no listing {name!r}; it has {known}")
