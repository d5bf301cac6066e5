"""What the configuration files may say: one strict model per file. Durations are seconds once read.

The docstrings also stand in the JSON Schemas and are read in editors.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self, cast

from pydantic import ConfigDict, Field, model_validator

from .alerting import Alerts
from .egress import Egress
from .fleet import Fleet
from .git import Git
from .notifying import Notify, Report
from .pushes import Attested, Hook, Status
from .reviewing import Review
from .sign_in import Auth
from .types import Address, Duration, Listen, Model, Name, Reference, Text, Url, Zone
from .watching import Watching

Class = Literal["production", "laboratory", "sunset", "restricted"]
Level = Literal["review", "record", "off"]
Severity = Literal["breaking", "warning", "info"]
Kinds = Literal["schema", "field", "permission", "sync", "automation", "template", "platform", "*"]
Tier = Annotated[int, Field(ge=1, le=3)]


class Stack(Model):
    """What belongs to one client: one process, one store, one baselines repository. `name`: on every metric, report and
    page title; `timezone`: where its days begin and end, such as the last day of an ignore,
    and which hour it is there."""

    name: Name
    timezone: Zone = "UTC"


LISTEN: Final = Listen("127.0.0.1", 9731)


class Server(Model):
    """The two listeners. `listen`: pages and API; `metrics`: /metrics, /healthz and /readyz; `metrics_token`: what
    /metrics asks for, as a bearer token; `metrics_auth`: with `tokens` it asks for one too and takes those of the role
    scrape (`driftline token create NAME --role scrape`); `external_url`: the address that links are made with, with a
    path where a proxy puts one before it, and that of listen where it is left out; `hosts`: further Host names that
    are answered, beside those of listen and external_url."""

    listen: Listen = LISTEN
    metrics: Listen = Listen("127.0.0.1", 9732)
    metrics_token: Reference | None = None
    metrics_auth: Literal["none", "tokens"] = "none"
    external_url: Url = LISTEN.here
    hosts: tuple[Text, ...] = ()
    auth: Auth = Auth()

    @model_validator(mode="after")
    def _linked(self) -> Self:
        """Links lead to where the pages are, unless another address is named."""
        if "external_url" not in self.model_fields_set:
            object.__setattr__(self, "external_url", self.listen.here)  # as a field's own default is set
        return self


class Baselines(Model):
    """Where approved facts are kept. `repository`: a path (relative to the stack's folder) or a git address; `branch`:
    the branch that counts; `path`: the folder inside it; `push`: whether commits are pushed there."""

    repository: Text = "."
    branch: Text = "main"
    path: Text = "baselines"
    push: bool = True


class Poll(Model):
    """When systems are read. `every`: the time between two polls, unless an integration says otherwise; `jitter`: the
    share of an interval over which the starts of integrations are spread; `width`: how many integrations are read at
    once; `confirm_after`: the time between the two looks that make a removal believed, 30s to 60s."""

    every: Duration = 900.0
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.1
    confirm_after: Annotated[Duration, Field(ge=30, le=60)] = 45.0
    width: Annotated[int, Field(ge=1, le=256)] = 16


class Brake(Model):
    """When a mass removal is held until a person releases it: both must be reached. `share`: of a scope; `count`: of
    things."""

    share: Annotated[float, Field(gt=0, le=1)] = 0.25
    count: Annotated[int, Field(ge=1)] = 10


class Policy(Model):
    """When what needs nobody is brought into the baselines: what is watched at the level record, and what standing
    approvals take. `hour`: of the day in the stack's time zone, 0 to 23; one commit for each integration."""

    hour: Annotated[int, Field(ge=0, le=23)] = 4


class Retention(Model):
    """How long each thing is kept; decisions, the trail and what is open are never pruned. `samples`: health readings
    as they came; `sample_hours`: the same by the hour; `runs`: of syncs, at least five weeks, with which a run is
    compared; `readings`: that a poll took place, and how it went; `events`: closed findings, what happened to them, and
    the figures made of it, at least five weeks; `content`: what was read and nothing refers to any more;
    `removed_integrations`: the state of an integration that is no longer configured."""

    samples: Annotated[Duration, Field(ge=86_400)] = 14 * 86400.0
    sample_hours: Duration = 365 * 86400.0
    runs: Annotated[Duration, Field(ge=36 * 86_400)] = 45 * 86400.0
    readings: Annotated[Duration, Field(ge=86_400)] = 90 * 86400.0
    events: Annotated[Duration, Field(ge=35 * 86_400)] = 730 * 86400.0
    content: Duration = 7 * 86400.0
    removed_integrations: Duration = 30 * 86400.0


class Service(Model):
    """driftline.yaml. `state`: the folder of the store, relative to the one that holds config/; `profile`: `strict`
    takes a rule's own level as the least, whatever is known of use; `quiet` takes what no flow, definition or reference
    names for unused; `reports`: what `driftline report` makes, on a schedule; `token_keys`: Fernet keys, newest first,
    that encrypt rotating tokens in the store."""

    stack: Stack
    server: Server = Server()
    egress: Egress = Egress()
    state: Text = "var"
    baselines: Baselines = Baselines()
    git: Git = Git()
    review: Review = Review()
    profile: Literal["strict", "standard", "quiet"] = "standard"
    poll: Poll = Poll()
    brake: Brake = Brake()
    policy: Policy = Policy()
    retention: Retention = Retention()
    alerts: Alerts = Alerts()
    notify: Notify = Notify()
    reports: tuple[Report, ...] = ()
    fleet: Fleet = Fleet()
    token_keys: tuple[Reference, ...] = ()


class Credentials(Model):
    """How to sign in; the fields that the scheme asks for are references beside it. `scheme`: one that the vendor file
    declares (`driftline vendors NAME` lists them)."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Reference]

    scheme: Text

    @property
    def fields(self) -> dict[str, Reference]:
        return dict(self.__pydantic_extra__)


class Schedule(Model):
    """When it is read. `every`: the time between two polls; `listings`: other times for single listings of the vendor
    file."""

    every: Duration | None = None
    listings: dict[str, Duration] = Field(default_factory=dict)


class Watch(Model):
    """How closely scopes are watched; the first entry that matches counts, and what none matches is reviewed. `kind`:
    of what is read; `scope`: a pattern, * for any text, ? for one character; `level`: `review` asks for a decision,
    `record` keeps drift in the history and approves it once a day by policy, `off` does not fetch it."""

    kind: Kinds = "*"
    scope: Text = "*"
    level: Level


class Integration(Model):
    """integrations/<name>.yaml: one account of a vendor.

    `name`: the file's name when not given; `vendor`: a vendor file, or `rest`; `title`: what people call it;
    `environment`: a label of metrics and reports; `class`: a `laboratory` lowers levels, `restricted` raises gained
    powers, what a `sunset` one is still written into is told; `owner`: the team that decides; `tier`: 1 is what must
    not stand still; `base`: another address than the vendor's own; `account`: the vendor's id of the account, which
    `driftline doctor` holds against the credential's; `options`: what the vendor file asks for (`driftline vendors
    NAME`); `allow_private`: the address may be on a private network, or without TLS; `proxy`: an egress proxy, or
    `direct` where `egress` names one that is not for it; `ca_file`: a private CA, as PEM; `deadline`: the time that one
    request may take with its retries, until its whole answer is there; `renamed_from`: the name until now, whose
    history is carried over; `allowed_admins`: who may have administrator's rights, as the vendor spells them; `watch`:
    how closely its parts are watched; `schedule`: when it is read; `rest`: any JSON API, described in place of a vendor
    file; `hook`: what the vendor pushes; `status`: what it says of itself in public; `attested`: what is said of a
    system without an API, in place of a vendor file.
    """

    name: Name
    vendor: Text
    title: str = ""
    environment: Name = "production"
    class_: Class = Field("production", alias="class")
    owner: Name
    tier: Tier = 2
    base: Address = ""
    account: str = ""
    credentials: Credentials
    options: dict[str, Any] = Field(default_factory=dict)
    schedule: Schedule = Schedule()
    watch: tuple[Watch, ...] = ()
    allow_private: bool = False
    proxy: Url | Literal["direct"] | None = None
    ca_file: str | None = None
    deadline: Annotated[Duration, Field(le=600)] = 60.0
    renamed_from: Name | None = None
    allowed_admins: tuple[Text, ...] = ()
    rest: dict[str, Any] | None = None
    hook: Hook | None = None
    status: Status | None = None
    attested: Attested | None = None

    def level(self, kind: str, scope: str) -> Level:
        """How a scope is watched: the first rule that matches, else `review`."""
        return cast(Level, self.watching.level(kind, scope))

    @cached_property
    def watching(self) -> Watching:
        return Watching((rule.kind, rule.scope, rule.level) for rule in self.watch)


class Team(Model):
    """One team. `contact`: a mailbox, chat channel or page of the team; `escalation`: the team that hears next of what
    nobody of this one acknowledges, by the steps without `to` of a route in driftline.yaml (`notify`)."""

    contact: Text
    escalation: Name | None = None


class People(Model):
    """people.yaml. `teams`: owners are teams; every integration and flow names one."""

    teams: dict[Name, Team] = Field(default_factory=dict)

    def next(self, team: str, nth: int = 1) -> str:
        """Who hears of it after that team, and after that; "" where nobody does, or whoever heard already."""
        heard = [team]
        for _ in range(nth):
            known = self.teams.get(heard[-1])
            if known is None or not known.escalation or known.escalation in heard:
                return ""
            heard.append(known.escalation)
        return heard[-1]


class OverrideEntry(Model):
    """One level of your own. `rule`: an id, or a pattern of ids; `pattern`: matched against
    integration/kind/scope/key/fact, * stands for any text; `level`: what it becomes; `reason`: shown wherever the level
    is."""

    rule: Text = "*"
    pattern: Text
    level: Severity
    reason: Text


class Rules(Model):
    """rules.yaml. `overrides`: levels of your own, tried last."""

    overrides: tuple[OverrideEntry, ...] = ()


class EndEntry(Model):
    """An end of a flow. `integration`: its name, or one of `elsewhere`; `scope`: an object there, such as Lead."""

    integration: Name
    scope: Text


class FarEntry(EndEntry):
    """Where a flow goes. `integration`: its name, or one of `elsewhere`; `scope`: an object there, such as Lead; it may
    be left out for a system of `elsewhere`, where it is not known."""

    scope: Text = ""


class FieldEntry(Model):
    """One field that feeds another. `from`: its key at the source; `to`: its key at the target, which may be left out
    for a system of `elsewhere`, where it is not known; `values`: what each value of the source becomes in the target;
    where it is given, no other value is carried; `left_out`: values of the source that are not carried on purpose, "*"
    for all that `values` does not name."""

    source: Text = Field(alias="from")
    target: Text = Field("", alias="to")
    values: dict[str, str] = Field(default_factory=dict)
    left_out: tuple[Text, ...] = ()


class FlowEntry(Model):
    """One flow. `id`: its name; `from`: where the values come from; `to`: where they go; `owner`: the team that keeps
    it; `tier`: 1 is what must not stand still; `purpose`: what it is for, in a few words; `writer`: the user or
    permission set by which the flow writes into its target, as the target's vendor names it; `reader`: the same at the
    source; `creates`: whether it makes new records at the target, so that all that is required there must be filled;
    `fields`: which fields feed which."""

    id: Name
    source: EndEntry = Field(alias="from")
    target: FarEntry = Field(alias="to")
    owner: Name
    tier: Tier = 2
    purpose: str = ""
    writer: str = ""
    reader: str = ""
    creates: bool = True
    fields: tuple[FieldEntry, ...] = ()


class KeptEntry(Model):
    """One place where a meaning is kept. `integration`: its name; `scope`: an object there; `field`: its key; `value`:
    the value that stands for the meaning, where it is one value; `values`: what canonical values are called here, where
    that differs."""

    integration: Name
    scope: Text
    field: Text
    value: str = ""
    values: dict[str, str] = Field(default_factory=dict)


class DefinitionEntry(Model):
    """One meaning. `name`: what it is called; `meaning`: in a sentence; `values`: its canonical values, where it has
    some; `kept`: where each system keeps it."""

    name: Text
    meaning: Text
    values: tuple[Text, ...] = ()
    kept: tuple[KeptEntry, ...] = ()


class Flows(Model):
    """flows.yaml, and flows-confirmed.yaml, which Driftline writes. `elsewhere`: systems that flows reach and nobody
    monitors here, by name, with what they are; `flows`: which fields feed which; `definitions`: what shared names mean;
    `complete`: integrations of which all that other systems read or write stands here, so that what nothing names there
    is known to be unused."""

    elsewhere: dict[Name, Text] = Field(default_factory=dict)
    flows: tuple[FlowEntry, ...] = ()
    definitions: tuple[DefinitionEntry, ...] = ()
    complete: tuple[Name, ...] = ()
