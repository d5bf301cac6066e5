"""One Alertmanager, by its API v2 (its own api/v2/openapi.yaml): alerts go in, its age and its silences come back.

Secrets are asked for at each request and kept nowhere. What goes out goes through the same checked transport as
readings do.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import msgspec

from monitor.config.alerting import Alertmanager as Settings
from monitor.config.types import Reference
from probes.kit.api import Answer, Ask
from probes.kit.contract import Fault
from probes.kit.transport import Transport, context

DEADLINE: Final = 10.0  # seconds for one request
CLOCKS: Final = 3.0  # seconds by which two clocks may differ before it is minded
CAP: Final = 32 << 20  # bytes of an answer: all that is silenced
WAIT: Final = 30.0  # group_wait where a route names none (Alertmanager's documentation, configuration, route)
_WAITS: Final = re.compile(r"(?m)^[\s-]*group_wait:\s*[\"']?([0-9a-z]+)")
_SPAN: Final = re.compile(r"([0-9]+)(ms|[smhdwy])")
_UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_SAID: Final = 200  # characters of its own words


class AlertmanagerError(Exception):
    """It does not answer, or refuses. The message says where, what, and what to do."""


class Status(msgspec.Struct, frozen=True):
    """`started_at`: by our clock; `wait`: the longest time that one of its routes waits before it tells of a new
    group, in seconds; `ahead`: how far our clock is ahead of its own."""

    started_at: float
    wait: float
    ahead: float = 0.0


class Silence(msgspec.Struct, frozen=True):
    """One that is in force. `until`: epoch seconds UTC; `by` and `comment` are what somebody typed."""

    id: str
    until: float
    by: str
    comment: str


class Known(msgspec.Struct, frozen=True):
    """An alert as it has it: names of receivers that it tells, and what holds that back, in words."""

    annotations: Mapping[str, str]
    receivers: tuple[str, ...]
    held: str


class _Receiver(msgspec.Struct):
    name: str


class _State(msgspec.Struct):
    silencedBy: tuple[str, ...] = ()
    inhibitedBy: tuple[str, ...] = ()


class _Alert(msgspec.Struct):
    labels: dict[str, str]
    status: _State
    annotations: dict[str, str] = {}
    receivers: tuple[_Receiver, ...] = ()


class _Silence(msgspec.Struct):
    id: str
    endsAt: str
    createdBy: str = ""
    comment: str = ""


class _Config(msgspec.Struct):
    original: str = ""


class _Status(msgspec.Struct):
    uptime: str
    config: _Config = msgspec.field(default_factory=_Config)


class Alertmanager:
    """`url` without the API's own path; `root`: what relative paths of files count from; `secret` reads a reference and
    raises AlertmanagerError; `now` gives epoch seconds. Raises AlertmanagerError for files that cannot be read."""

    def __init__(
        self,
        url: str,
        settings: Settings,
        root: Path,
        secret: Callable[[Reference], Awaitable[str]],
        now: Callable[[], float],
    ) -> None:
        self.url, self._settings, self._secret, self._now = url, settings, secret, now
        ca_file = None if settings.ca_file is None else str(root / settings.ca_file)
        try:
            self._http = Transport(
                allow_private=settings.allow_private, proxy=None, ca_file=ca_file, cap=CAP,
                transport=_signed(settings, root, ca_file),
            )  # fmt: skip
        except Fault as fault:
            raise AlertmanagerError(f"{url}: {fault.message}") from None

    async def close(self) -> None:
        await self._http.close()

    async def post(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        """All of them are taken in, or AlertmanagerError is raised."""
        await self._ask(Ask("api/v2/alerts", body=list(alerts)))

    async def status(self) -> Status:
        answer = await self._ask(Ask("api/v2/status"))
        found = self._decoded(answer, _Status)
        waits = [_seconds(text) for text in _WAITS.findall(found.config.original)]
        ahead = self._ahead(answer)
        return Status(self._at(found.uptime) + ahead, max(waits, default=WAIT), ahead)

    async def silenced(self, **labels: str) -> tuple[tuple[dict[str, str], tuple[Silence, ...]], ...]:
        """Of the alerts with these labels, those that are silenced: their labels, and by what. Nothing is asked a
        second time where none is."""
        shown = {"active": "false", "inhibited": "false", "unprocessed": "false", "silenced": "true"}
        found = await self._alerts(shown, labels)
        if not any(one.status.silencedBy for one in found):
            return ()
        told = self._decoded(await self._ask(Ask("api/v2/silences")), list[_Silence])
        known = {one.id: Silence(one.id, self._at(one.endsAt), one.createdBy, one.comment) for one in told}
        return tuple((one.labels, tuple(known[id] for id in one.status.silencedBy if id in known)) for one in found)

    async def known(self, **labels: str) -> tuple[Known, ...]:
        """The alerts with these labels that fire, told or held back."""
        return tuple(
            Known(one.annotations, tuple(to.name for to in one.receivers), _held(one.status))
            for one in await self._alerts({}, labels)
        )

    async def _alerts(self, shown: Mapping[str, str], labels: Mapping[str, str]) -> list[_Alert]:
        filters = [("filter", f"{name}={msgspec.json.encode(value).decode()}") for name, value in labels.items()]
        answer = await self._ask(Ask(f"api/v2/alerts?{urlencode([*shown.items(), *filters])}"))
        found: list[_Alert] = self._decoded(answer, list[_Alert])
        return found

    async def _ask(self, ask: Ask) -> Answer:
        headers = {name: await self._secret(value) for name, value in self._settings.headers.items()}
        if self._settings.token is not None:
            headers["authorization"] = f"Bearer {await self._secret(self._settings.token)}"
        elif self._settings.user is not None and self._settings.password is not None:
            pair = f"{self._settings.user}:{await self._secret(self._settings.password)}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        try:
            answer = await self._http.send(ask, f"{self.url}/{ask.path}", headers, DEADLINE)
        except Fault as fault:
            raise AlertmanagerError(f"{self.url} does not answer: {fault.message}") from None
        if answer.status != 200:
            todo = {401: "; look at its user, password or token", 404: "; look at the path of its address"}
            said = answer.raw[:_SAID].decode(errors="replace").strip()
            raise AlertmanagerError(
                f"{self.url} refused with HTTP {answer.status}: {said or 'nothing said'}{todo.get(answer.status, '')}"
            )
        return answer

    def _decoded(self, answer: Answer, form: Any) -> Any:
        try:
            return msgspec.json.decode(answer.raw, type=form)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise AlertmanagerError(f"{self.url} answered something else than its API v2 does") from None

    def _at(self, text: str) -> float:
        """RFC 3339, which Go writes with up to nine digits behind the second."""
        try:
            return datetime.fromisoformat(re.sub(r"\.(\d{1,6})\d*", r".\1", text)).timestamp()
        except ValueError:
            raise AlertmanagerError(f"{self.url} gave a time that is none: {text[:40]!r}") from None

    def _ahead(self, answer: Answer) -> float:
        """By the answer's own date, to the second; what it leaves open is no difference."""
        try:
            ahead = self._now() - parsedate_to_datetime(answer.headers["date"]).timestamp()
        except (KeyError, ValueError):
            return 0.0
        return ahead if abs(ahead) > CLOCKS else 0.0


def _held(state: _State) -> str:
    if state.silencedBy:
        return "a silence"
    return "another alert that inhibits it" if state.inhibitedBy else ""


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _seconds(text: str) -> float:
    return sum(int(number) * _UNITS[unit] for number, unit in _SPAN.findall(text))


def _signed(settings: Settings, root: Path, ca_file: str | None) -> httpx.AsyncHTTPTransport | None:
    """With a client certificate; its context is its own, since the one of the kit is shared."""
    if settings.cert_file is None or settings.key_file is None:
        return None
    own = context.__wrapped__(ca_file)
    try:
        own.load_cert_chain(root / settings.cert_file, root / settings.key_file)
    except OSError as error:
        raise AlertmanagerError(
            f"cert_file {settings.cert_file} and key_file {settings.key_file} cannot be read as a PEM certificate and "
            f"its key ({type(error).__name__})"
        ) from None
    return httpx.AsyncHTTPTransport(verify=own)
