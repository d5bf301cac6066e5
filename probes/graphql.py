"""Any GraphQL API, by introspection. https://spec.graphql.org/October2021/#sec-Introspection

Least grants: to introspect, which some servers allow to any credential and some to none in production.

Where the facts are from: `__schema`, as the specification names it. What is sent (arguments, input fields) and what is
answered (fields) are told apart by the key, "request/…" and "response/…", since what narrows hurts the one and what
widens the other; values of an enum stand under each way in which the enum goes ("request-value/…", "response-value/…"),
members of a union under the second. One fixed query is ever sent, by POST. Servers older than the deprecation of input
values refuse the part of it that asks for them by name, and are asked without it. Directives are not watched.

No `look`: a type could be asked for by its name (`__type`), and null is said of one that is gone and of one that a role
does not see. No `who` and no links: a schema names neither who changed it nor a page; the endpoint itself shows none.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import Basic, Credentials, Header, Scheme, bearer
from probes.kit.coded import made, once
from probes.kit.contract import Fault, Kind, Malformed, Rejected
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Row, Vendor, keep
from probes.kit.verified import Verified

REASON: Final = "No longer supported"  # what the specification has for a deprecation without a reason
DEEP: Final = 8  # wrappers around a type's name that are asked for: [[T!]!]! has five
BATCH: Final = 100_000  # all types come in one answer
_TYPE: Final = "kind name " + "ofType { kind name " * DEEP + "}" * DEEP
_DEPRECATED: Final = "isDeprecated deprecationReason"


class Named(Header):
    """A header whose name is a field of the credential."""

    def __init__(self, credentials: Credentials) -> None:
        super().__init__(credentials)
        self._own = credentials

    async def apply(self, api: Client) -> Mapping[str, str]:
        self._last = {await self._own.get("name"): await self._own.get("value")}
        return self._last


def query(inputs: bool) -> str:
    """The introspection. `inputs`: with what is deprecated among arguments and input fields."""
    argument, told = ("(includeDeprecated: true)", _DEPRECATED) if inputs else ("", "")
    value = f"{{ name defaultValue {told} type {{ {_TYPE} }} }}"
    return (
        "query Introspection { __schema { queryType { name } mutationType { name } subscriptionType { name } "
        "types { kind name "
        f"fields(includeDeprecated: true) {{ name {_DEPRECATED} args{argument} {value} type {{ {_TYPE} }} }} "
        f"inputFields{argument} {value} interfaces {{ name }} "
        f"enumValues(includeDeprecated: true) {{ name {_DEPRECATED} }} possibleTypes {{ name }} }} }} }}"
    )


async def _schema(api: Client) -> Schema:
    path = str(api.options["path"])
    try:
        answer = await api.ask(Ask(path, body={"query": query(inputs=True)}))
    except (Malformed, Rejected) as fault:
        if "includeDeprecated" not in fault.message and "isDeprecated" not in fault.message:
            raise
        answer = await api.ask(Ask(path, body={"query": query(inputs=False)}))
    return await asyncio.to_thread(lambda: Schema(answer.value("data.__schema")))


class Schema:
    """An introspected schema as rows. Raises Malformed where it is not what the specification says."""

    def __init__(self, told: Any) -> None:
        types = told.get("types") if isinstance(told, dict) else None
        if not isinstance(types, list) or not types:
            raise Malformed("the answer has no data.__schema.types: introspection is off, or this is no GraphQL server")
        try:
            self.types = {one["name"]: one for one in types if not one["name"].startswith("__")}
            self._fields = {name: one.get("fields") or [] for name, one in self.types.items()}
            inputs = [value for one in self.types.values() for value in one.get("inputFields") or []]
            inputs += [value for fields in self._fields.values() for field in fields for value in field["args"]]
            self._sent = {_name(value["type"]) for value in inputs}
            self._answered = {_name(field["type"]) for fields in self._fields.values() for field in fields}
            self.rows = {name: list(self._rows(one)) for name, one in self.types.items()}
        except (KeyError, TypeError, AttributeError) as error:
            raise Malformed(f"the schema is not as GraphQL says: {type(error).__name__} {error}"[:120]) from None

    def _rows(self, one: Mapping[str, Any]) -> Iterator[Row]:
        name, kind = one["name"], one["kind"]
        answered = kind != "INPUT_OBJECT" and (name in self._answered or name not in self._sent)
        yield {"key": "(kind)", "wire": kind}
        for field in self._fields[name]:
            text = _text(field["type"])
            given = [_value(f"request/{field['name']}({value['name']})", value) for value in field["args"]]
            must = [value["name"] for value, row in zip(field["args"], given, strict=True) if row.pop("required")]
            yield {"key": f"response/{field['name']}", "wire": text.removesuffix("!"), **_deprecated(field),
                   "nullable": not text.endswith("!") or None, "must": must}  # fmt: skip
            yield from given  # which of them must be given stands at the field: of a new one, nobody has called it yet
        for value in one.get("inputFields") or ():
            yield _value(f"request/{value['name']}", value)
        for interface in one.get("interfaces") or ():
            yield {"key": f"response/implements {interface['name']}"}
        for value in one.get("enumValues") or ():
            if answered:
                yield {"key": f"response-value/{value['name']}", **_deprecated(value)}
            if name in self._sent:
                yield {"key": f"request-value/{value['name']}", **_deprecated(value)}
        for member in (one.get("possibleTypes") or ()) if kind == "UNION" else ():
            yield {"key": f"response-value/{member['name']}"}


def _value(key: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent: it must be given where its type is never empty and nothing else is taken for it."""
    text, default = _text(value["type"]), value.get("defaultValue")
    required = text.endswith("!") and default is None
    return {"key": key, "wire": text.removesuffix("!") if required else text, "required": required or None,
            "default": default, **_deprecated(value)}  # fmt: skip


def _deprecated(one: Mapping[str, Any]) -> Row:
    return {"deprecation": one.get("deprecationReason") or REASON} if one.get("isDeprecated") is True else {}


def _text(told: Mapping[str, Any]) -> str:
    """A type as it is written: [Card!]!"""
    if told["kind"] == "NON_NULL":
        return f"{_text(told['ofType'])}!"
    return f"[{_text(told['ofType'])}]" if told["kind"] == "LIST" else str(told["name"])


def _name(told: Mapping[str, Any]) -> str:
    return _text(told).replace("[", "").replace("]", "").replace("!", "")


@once
async def types(api: Client) -> Answer:
    """All types, without what is in them."""
    schema = await _schema(api)
    rows = [{"key": name, "kind": str(one["kind"]).lower().replace("_", " ")} for name, one in schema.types.items()]
    return made({"types": rows})


async def fields(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """What is in each type."""
    schema = await _schema(api)
    for parent in parents:
        rows = schema.rows.get(str(parent["key"]))
        gone = Malformed("the schema no longer has it: it changed between two requests", code="moved")
        yield parent, gone if rows is None else made({"rows": rows})


VENDOR = Vendor(
    name="graphql",
    title="GraphQL API",
    docs="https://spec.graphql.org/October2021/#sec-Introspection",
    verified=Verified("spec", "2026-11-22"),
    base="https://{options.host}",
    hosts=("{base}",),
    schemes={
        "token": bearer("A token that may introspect, sent as Authorization: Bearer."),
        "header": Scheme(fields=("name", "value"), build=Named,
                         note="A header of the API's own: its name, such as X-Shopify-Access-Token, and its value."),
        "basic": Scheme(fields=("user", "password"), build=Basic, note="A user that may introspect."),
        "none": Scheme(fields=(), build=Header, note="Where anybody may introspect."),
    },
    errors=Errors(
        failed="errors", code="errors[0].extensions.code", message="errors[0].message",
        faults={"UNAUTHENTICATED": "expired", "FORBIDDEN": "denied", "UNAUTHORIZED": "denied",
                "ACCESS_DENIED": "denied", "INTROSPECTION_DISABLED": "denied", "THROTTLED": "throttled 2",
                "RATE_LIMITED": "throttled"},
    ),
    limits={"default": Limit(rate=1, key="{host}")},
    reads=tuple("/*" * deep for deep in range(1, 7)),
    listings=(
        Listing(name="types", kind=Kind.SCHEMA, scope="api", records="types", key="key", facts={},
                evidence={"what": "kind"}, needs=(), fetch=types),
        Listing(name="fields", kind=Kind.FIELD, for_each="types", scope="api:{parent.key}", records="rows", key="key",
                facts=keep("nullable required default deprecation", wire_type="wire", required_arguments="must"),
                always=("wire_type",), needs=(), fetch=fields, batch=BATCH),
    ),
    options={
        "host": OptionSpec(says="the host of the API, such as shop.example.com"),
        "path": OptionSpec(default="/graphql", says="the path of its endpoint, of at most six parts"),
    },
    grants_told=False,
    weaker="Introspection is answered whole or refused; where a server shows each role a schema of its own, "
    "keep to one role.",
    unseen={
        Kind.PERMISSION: "A schema does not say who may use what of it.",
        **dict.fromkeys((Kind.SYNC, Kind.AUTOMATION, Kind.TEMPLATE, Kind.PLATFORM), "It tells types and nothing else."),
    },
    exempt={"cursor": "an introspection is one answer and has no pages"},
)  # fmt: skip
