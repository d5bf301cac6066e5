"""What the configuration files may say: one strict model per file. Durations are seconds once read.

The docstrings also stand in the JSON Schemas and are read in editors.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from .types import Duration, Listen, Model, Name, Reference, Text, Url

Class = Literal["production", "laboratory", "sunset", "restricted"]
Level = Literal["review", "record", "off"]
Severity = Literal["breaking", "warning", "info"]
Kinds = Literal["schema", "field", "permission", "sync", "automation", "template", "platform", "*"]
Tier = Annotated[int, Field(ge=1, le=3)]


class Stack(Model):
    name: Name


class Auth(Model):
    """`none` only where nobody but this machine can connect."""

    mode: Literal["none", "tokens"] = "none"


class Server(Model):
    listen: Listen = Listen("127.0.0.1", 9731)
    metrics: Listen = Listen("127.0.0.1", 9732)
    external_url: Url = "http://127.0.0.1:9731"
    hosts: tuple[Text, ...] = ()  # further Host names that are answered, beside those of listen and external_url
    auth: Auth = Auth()


class Baselines(Model):
    """`repository`: a path (relative to the stack's folder) or a git address; `path`: the folder inside it."""

    repository: Text = "."
    branch: Text = "main"
    path: Text = "baselines"
    push: bool = True


class Poll(Model):
    """`jitter`: the share of an interval over which the starts of integrations are spread. `width`: how many
    integrations are read at once. `confirm_after`: the time between the two looks that make a removal believed."""

    every: Duration = 900.0
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.1
    confirm_after: Annotated[Duration, Field(ge=30, le=60)] = 45.0
    width: Annotated[int, Field(ge=1, le=256)] = 16


class Brake(Model):
    """A removal of at least `share` of a scope and at least `count` things is held until a person releases it."""

    share: Annotated[float, Field(gt=0, le=1)] = 0.25
    count: Annotated[int, Field(ge=1)] = 10


class Retention(Model):
    """How long each thing is kept. Decisions and the trail are never pruned."""

    samples: Duration = 14 * 86400.0
    sample_hours: Duration = 365 * 86400.0
    readings: Duration = 90 * 86400.0
    events: Duration = 730 * 86400.0
    content: Duration = 7 * 86400.0
    removed_integrations: Duration = 30 * 86400.0


class Service(Model):
    """driftline.yaml. `token_keys`: Fernet keys, newest first, that encrypt rotating tokens in the store."""

    stack: Stack
    server: Server = Server()
    state: Text = "var"
    baselines: Baselines = Baselines()
    profile: Literal["standard", "strict"] = "standard"
    poll: Poll = Poll()
    brake: Brake = Brake()
    retention: Retention = Retention()
    token_keys: tuple[Reference, ...] = ()


class Credentials(Model):
    """`scheme` is one the vendor file declares; the fields it asks for are references beside it."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Reference]

    scheme: Text

    @property
    def fields(self) -> dict[str, Reference]:
        return dict(self.__pydantic_extra__)


class Schedule(Model):
    """`every`: the time between two polls; `listings`: other times for single listings of the vendor file."""

    every: Duration | None = None
    listings: dict[str, Duration] = Field(default_factory=dict)


class Watch(Model):
    """How closely scopes of a kind are watched. `scope` is a pattern: * any text, ? one character."""

    kind: Kinds = "*"
    scope: Text = "*"
    level: Level


class Integration(Model):
    """integrations/<name>.yaml: one account of a vendor. The file's name is the integration's, unless `name` says."""

    name: Name
    vendor: Text
    title: str = ""
    environment: Name = "production"
    class_: Class = Field("production", alias="class")
    owner: Name
    tier: Tier = 2
    base: Url = ""
    account: str = ""
    credentials: Credentials
    options: dict[str, Any] = Field(default_factory=dict)
    schedule: Schedule = Schedule()
    watch: tuple[Watch, ...] = ()
    allow_private: bool = False
    proxy: Url | None = None
    ca_file: str | None = None
    renamed_from: Name | None = None
    allowed_admins: tuple[Text, ...] = ()
    rest: dict[str, Any] | None = None

    def level(self, kind: str, scope: str) -> Level:
        """How a scope is watched: the first rule that matches, else `review`."""
        for rule in self.watch:
            if rule.kind in ("*", kind) and fnmatchcase(scope, rule.scope):
                return rule.level
        return "review"


class Team(Model):
    """`contact`: a mailbox, chat channel or page of the team; `escalation`: the team that hears of it next."""

    contact: Text
    escalation: Name | None = None


class People(Model):
    """people.yaml."""

    teams: dict[Name, Team] = Field(default_factory=dict)


class OverrideEntry(Model):
    """`pattern` is matched against integration/kind/scope/key/fact; * stands for any text."""

    rule: Text = "*"
    pattern: Text
    level: Severity
    reason: Text


class Rules(Model):
    """rules.yaml."""

    overrides: tuple[OverrideEntry, ...] = ()


class EndEntry(Model):
    integration: Name
    scope: Text


class FieldEntry(Model):
    source: Text = Field(alias="from")
    target: Text = Field(alias="to")
    values: dict[str, str] = Field(default_factory=dict)


class FlowEntry(Model):
    """`writer`: the user by whom the flow writes into its target, as the target's vendor names it."""

    id: Name
    source: EndEntry = Field(alias="from")
    target: EndEntry = Field(alias="to")
    owner: Name
    tier: Tier = 2
    purpose: str = ""
    writer: str = ""
    fields: tuple[FieldEntry, ...] = ()


class KeptEntry(Model):
    integration: Name
    scope: Text
    field: Text
    value: str = ""


class DefinitionEntry(Model):
    name: Text
    meaning: Text
    kept: tuple[KeptEntry, ...] = ()


class Flows(Model):
    """flows.yaml. `elsewhere`: systems that flows reach and nobody monitors here, by name, with what they are."""

    elsewhere: dict[Name, Text] = {}
    flows: tuple[FlowEntry, ...] = ()
    definitions: tuple[DefinitionEntry, ...] = ()
