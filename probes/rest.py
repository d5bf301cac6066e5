"""Any JSON API, from the `rest:` block of an integration's YAML: an in-house system is watched without code.

    rest:
      auth: {style: header, headers: {Authorization: "Bearer {token}"}}
      identity: {path: /me, account: org.id, subject: login, grants: scopes}
      listings:
        - {name: objects, kind: schema, path: /objects, records: data, key: name, facts: [label]}
        - {name: fields, kind: field, for_each: objects, path: "/objects/{parent.key}/fields", records: data,
           key: name, facts: {type: kind, required: mandatory}, words: {type: {str: text, "*": any}}}

A listing here is the same declaration as in a vendor file (`probes/kit/listing.py`), without `fetch`. `build` gives the
Vendor, or says all that is wrong at once, each with its key path. Values never stand in a problem: somebody may have
pasted a secret there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from .kit.api import Ask, Client
from .kit.auth import Auth, Basic, ClientCredentials, Credentials, Header, Scheme
from .kit.contract import Kind, Malformed, Vantage
from .kit.errors import Errors
from .kit.limiter import Limit, Quota
from .kit.listing import Listing, OptionSpec, Vendor
from .kit.mistakes import sentences
from .kit.values import Model, instant, search

DOCS: Final = "docs/vendors/rest.md"
CODED: Final = frozenset({"fetch", "batch", "per_fetch"})


class RestInvalid(ValueError):
    """A `rest:` block that cannot be read. `problems`: one sentence each, as "rest.listings[0].key: …"."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class AuthSpec(Model):
    """How to sign in. header: `headers`, templates over the credential's fields. basic: the fields user and password.
    client_credentials: the fields client_id and client_secret at `token_path`, as `client` says. none: nothing."""

    style: Literal["none", "header", "basic", "client_credentials"] = "none"
    headers: dict[str, str] = Field(default_factory=dict)
    token_path: str = ""
    client: Literal["body", "basic"] = "basic"
    extra: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> AuthSpec:
        if (self.style == "header") != bool(self.headers):
            raise ValueError("style header needs headers, and no other style has them")
        if (self.style == "client_credentials") != bool(self.token_path):
            raise ValueError("style client_credentials needs a token_path, and no other style has one")
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """The credential fields that a person has to give."""
        if self.style == "basic":
            return ("user", "password")
        if self.style == "client_credentials":
            return ("client_id", "client_secret")
        return tuple(dict.fromkeys(name for text in self.headers.values() for name in re.findall(r"\{(\w+)\}", text)))

    def build(self, credentials: Credentials) -> Auth:
        if self.style == "basic":
            return Basic(credentials)
        if self.style == "client_credentials":
            return ClientCredentials(credentials, self.token_path, style=self.client, extra=self.extra)
        return Header(credentials, **{name.replace("-", "_"): text for name, text in self.headers.items()})


class IdentitySpec(Model):
    """Who the credential is: JMESPath over the answer at `path`. `account` tells one account from another; `grants` is
    a list, or one text with spaces between. Without an identity no removal is explained by a lost right. `silent`:
    kinds of which a weaker credential gets shorter lists, with a 200: what leaves them waits for a person."""

    path: str
    account: str
    subject: str = ""
    grants: str = ""
    account_name: str = ""
    api_version: str = ""
    locale: str = ""
    expires_at: str = ""
    silent: frozenset[Kind] = frozenset()

    @field_validator("account", "subject", "grants", "account_name", "api_version", "locale", "expires_at")
    @classmethod
    def _compiles(cls, value: str) -> str:
        if value:
            search(value)
        return value

    async def read(self, api: Client) -> Vantage:
        answer = (await api.ask(Ask(self.path))).value()

        def said(expression: str) -> str:
            found = search(expression)(answer) if expression else None
            return "" if found is None else str(found)

        account = said(self.account)
        if not account:
            raise Malformed(f"{self.path} has no {self.account}")
        grants = search(self.grants)(answer) if self.grants else []
        if isinstance(grants, str):
            grants = grants.split()
        if not isinstance(grants, list):
            raise Malformed(f"{self.grants} is neither a list nor a text")
        ends = instant(search(self.expires_at)(answer)) if self.expires_at else None
        return Vantage(
            account, said(self.subject), frozenset(str(grant) for grant in grants), said(self.account_name),
            said(self.api_version), said(self.locale), credential_expires_at=ends, silent=self.silent,
        )  # fmt: skip


class RestSpec(Model):
    """The `rest:` block. `base` may stand here or as the integration's; `hosts` are further hosts that answers may
    lead to. `options` are lists or values for `{options.x}` and for_each. `reads`: POST paths that only read."""

    base: str = ""
    title: str = "REST API"
    docs: str = DOCS
    hosts: tuple[str, ...] = ()
    auth: AuthSpec = AuthSpec()
    errors: Errors = Errors()
    limit: Limit = Limit(key="{host}")
    quota: Quota | None = None
    identity: IdentitySpec | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    reads: tuple[str, ...] = ()
    sunset: dict[str, str] = Field(default_factory=dict)
    grants: dict[str, str] = Field(default_factory=dict)
    listings: tuple[Listing, ...] = Field(min_length=1)


def build(spec: Mapping[str, Any]) -> Vendor:
    """The vendor that a `rest:` block declares. Raises RestInvalid."""
    plain, problems = _without_code(spec)
    try:
        found = RestSpec.model_validate(plain)
        vendor = Vendor(
            name="rest",
            title=found.title,
            docs=found.docs,
            base=found.base,
            hosts=("{base}", *found.hosts),
            schemes={found.auth.style: Scheme(fields=found.auth.fields, build=found.auth.build)},
            errors=found.errors,
            limits={"default": found.limit},
            quota=found.quota,
            reads=found.reads,
            identity=found.identity.read if found.identity else None,
            listings=found.listings,
            options={name: OptionSpec(default=value, says="") for name, value in found.options.items()},
            sunset=found.sunset,
            grants=found.grants,
        )
    except ValidationError as error:
        problems += sentences("rest", error)
    if problems:
        raise RestInvalid(tuple(problems))
    return vendor


def _without_code(spec: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The block without those words of a listing that only a vendor file can use, and what to say of them."""
    problems: list[str] = []
    listings = spec.get("listings")
    if not isinstance(listings, list):
        return dict(spec), problems
    plain: list[Any] = []
    for number, entry in enumerate(listings):
        if isinstance(entry, Mapping):
            problems += [
                f"rest.listings[{number}].{name}: needs code; write a vendor file for that"
                for name in CODED & set(entry)
            ]
            entry = {name: value for name, value in entry.items() if name not in CODED}
        plain.append(entry)
    return {**spec, "listings": plain}, problems
