"""The value types of the configuration: durations, names, addresses, references to secrets.

Each refuses with an `expected` error whose words finish the sentence "expected …".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

DURATION: Final = r"^(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m(?!s))?([0-9]+s)?([0-9]+ms)?$"
NAME: Final = r"^[a-z0-9][a-z0-9-]{0,62}$"
REFERENCE: Final = r"^\$\{(env|file|cmd):[^\s{}][^{}\r\n]*\}$"
LETTERS: Final = 40  # what is longer is no duration that a person wrote
CENTURY: Final = 36_525 * 86_400.0  # more would overflow where times are added
_SECONDS: Final = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}


class Model(BaseModel):
    """Strict, closed, frozen. Errors never carry the input: what was found is shown by the loader, or not at all."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


def expected(words: str) -> PydanticCustomError:
    return PydanticCustomError("expected", "{words}", {"words": words})


def seconds(text: object) -> float:
    """Seconds of `45s`, `5m`, `1h30m`, `14d`, `500ms`. Raises for anything else, and for nothing at all."""
    if not isinstance(text, str) or len(text) > LETTERS or not re.fullmatch(DURATION, text):
        raise expected("a duration such as 45s, 5m, 1h30m or 14d")
    total = sum(int(number) * _SECONDS[unit] for number, unit in re.findall(r"([0-9]+)(ms|[dhms])", text))
    if not total:
        raise expected("a duration longer than nothing")
    if total > CENTURY:
        raise expected("a duration of at most a hundred years")
    return float(total)


def spelled(total: float) -> str:
    """The shortest spelling, to the millisecond: `1h30m` for 5400."""
    text, rest = "", round(total * 1000)
    for unit, length in _SECONDS.items():
        number, rest = divmod(rest, round(length * 1000))
        text += f"{number}{unit}" if number else ""
    return text


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    WithJsonSchema({"type": "string", "pattern": DURATION, "examples": ["45s", "5m", "1h30m", "14d"]}),
]


def _name(text: object) -> object:
    if not isinstance(text, str) or not re.fullmatch(NAME, text):
        raise expected("a name of lower-case letters, digits and dashes, at most 63 long")
    return text


Name = Annotated[str, BeforeValidator(_name), WithJsonSchema({"type": "string", "pattern": NAME})]


def _text(text: object) -> object:
    if not isinstance(text, str) or not text.strip():
        raise expected("text that is not empty")
    return text


Text = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": "string", "minLength": 1})]


def zone_of(name: str) -> tzinfo:
    """A time zone by its name in the tz database, or UTC. Raises LookupError where the machine has no such zone."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise LookupError(f"there is no time zone {name!r} here") from error


def _zone(text: object) -> object:
    try:
        zone_of(text if isinstance(text, str) else "")
    except LookupError:
        raise expected("a time zone that this machine knows, such as Europe/Berlin or UTC") from None
    return text


Zone = Annotated[str, BeforeValidator(_zone), WithJsonSchema({"type": "string", "examples": ["UTC", "Europe/Berlin"]})]


WEB: Final = ("http", "https")
DATABASES: Final = ("postgresql", "postgresql+plain")  # as the kit reads them: over a network, never a file


def _url(text: object, schemes: Sequence[str] = WEB, wanted: str = "an address such as https://example.com") -> object:
    if not isinstance(text, str):
        raise expected(wanted)
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        raise expected(wanted) from None
    if parts.scheme not in schemes or not parts.hostname or re.search(r"\s", text):
        raise expected(wanted)
    if parts.username is not None or parts.password is not None:
        raise expected("an address without a user or password in it (secrets go into credentials, by reference)")
    if parts.query or parts.fragment:
        raise expected("an address without ?query or #fragment")
    return text.rstrip("/")


def _address(text: object) -> object:
    words = "an address such as https://example.com or postgresql://warehouse.example.com:5432/analytics (never a file)"
    return _url(text, (*WEB, *DATABASES), words)


Url = Annotated[str, BeforeValidator(_url), WithJsonSchema({"type": "string", "pattern": "^https?://"})]
Address = Annotated[
    str,
    BeforeValidator(_address),
    WithJsonSchema({"type": "string", "pattern": r"^(https?|postgresql(\+plain)?)://"}),
]


class Listen(msgspec.Struct, frozen=True):
    """Where to listen. `loopback`: nobody but this machine can reach it."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        if self.host == "localhost":
            return True
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def here(self) -> str:
        """What a browser on this machine opens."""
        everywhere = self.host != "localhost" and ipaddress.ip_address(self.host).is_unspecified
        return f"http://{Listen('127.0.0.1', self.port) if everywhere else self}"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: object) -> Listen:
        if isinstance(text, Listen):
            return text
        found = re.fullmatch(r"\[?([^\[\]\s]+?)\]?:([0-9]{1,5})", text) if isinstance(text, str) else None
        if not found or int(found[2]) > 65535:
            raise expected("an address and port such as 127.0.0.1:9731 or [::1]:9731")
        if found[1] != "localhost":
            try:
                ipaddress.ip_address(found[1])
            except ValueError:
                raise expected("a numeric address (or localhost) and port, such as 0.0.0.0:9731") from None
        return cls(found[1], int(found[2]))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.parse, serialization=core_schema.to_string_ser_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "examples": ["127.0.0.1:9731", "[::1]:9731"]}


class Reference(msgspec.Struct, frozen=True):
    """Where a secret is, never the secret: `source` is env, file or cmd; `target` its name, path or command line."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"${{{self.source}:{self.target}}}"

    @classmethod
    def parse(cls, text: object) -> Reference:
        """Raises without the text: a literal secret must not reach a log."""
        if isinstance(text, Reference):
            return text
        if not isinstance(text, str) or not re.fullmatch(REFERENCE, text):
            words = "a reference such as ${env:NAME}, ${file:/path} or ${cmd:program argument}, never the secret itself"
            raise PydanticCustomError("secret", "{words}", {"words": words})
        source, _, target = text[2:-1].partition(":")
        return cls(source, target)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.parse, serialization=core_schema.to_string_ser_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": REFERENCE, "examples": ["${env:NAME}", "${file:/run/secrets/name}"]}
