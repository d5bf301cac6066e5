"""Pushes an alert for each open root to Alertmanager, again each minute, and says when it is over.

What fires ends by itself six hours after the last word of ours: a monitor that stops, or is killed, resolves nothing.
That something is over is said for a quarter of an hour. An Alertmanager keeps alerts in memory alone: one that is
younger than what it was last sent knows of nothing that could be over, so it is told that it fires, and that it is over
once it has had the time to pass that on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog
import xxhash

from monitor.adapters.alertmanager import Alertmanager, AlertmanagerError, Silence, Status, stamp
from monitor.adapters.secrets import SecretError
from monitor.adapters.store_alerts import Pushed, alerts, drop_alerts, put_alerts
from monitor.config.alerting import Alertmanager as Settings
from monitor.config.types import Reference
from monitor.said import Said
from probes.kit.contract import canonical

from . import alert_facts, leasing, statuses
from .alert_facts import Alert
from .drill import Drills
from .news import either

if TYPE_CHECKING:
    from .core import Engine

log = structlog.get_logger()
AGAIN: Final = 60.0  # seconds between two times that everything is sent
SOON: Final = 15.0  # the same while an Alertmanager does not take it
PAUSE: Final = 1.0  # seconds at least between two looks at what happened
ENDS: Final = 6 * 3600.0  # seconds for which an alert fires without another word
REPEATED: Final = 900.0  # seconds for which it is said that something is over
SLACK: Final = 5.0  # seconds that an Alertmanager gets beside its group_wait
FLAG: Final = "alertmanager/"  # of the store: when each Alertmanager was last sent what fires, by its address


class _Ending(msgspec.Struct):
    """How far one Alertmanager is with one alert that is over."""

    fired_at: float | None = None  # when it was told once more that it fires
    told_at: float | None = None  # when it was first told that it is over


class Alerting:
    """`failing_since`: since when no Alertmanager takes alerts; None while one does, or none is configured. `silences`:
    by finding, as they were read back last. `pushes`: how often alerts were sent, by what came of it. `clients`: by
    address. `drills`: what is made up, and told beside what was found."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.failing_since: float | None = None
        self.left_out = 0
        self.pushes: Counter[str] = Counter()
        self.silences: Mapping[str, tuple[Silence, ...]] = {}
        self._rows: dict[str, Pushed] | None = None
        self._posted: dict[str, float] = {}
        self._endings: dict[tuple[str, str], _Ending] = {}
        self._faults: dict[str, str] = {}
        self.clients: Mapping[str, Alertmanager] = {}
        self.drills = Drills(engine)
        self._said = Said()
        self._settings: Settings | None = None
        self._whole_at = float("-inf")

    @property
    def on(self) -> bool:
        return self._engine.config.service.alerts.alertmanager is not None

    @property
    def works(self) -> bool:
        """Whether alerts reach an Alertmanager: then the metric rules for the same facts say nothing."""
        return self.on and self.failing_since is None and bool(self._posted)

    @property
    def faults(self) -> Mapping[str, str]:
        """Why an Alertmanager did not take what it was sent last, by its address."""
        return self._faults

    async def serve(self) -> None:
        """Until cancelled: at once when something happened, else when it is time to say all again."""
        clock = self._engine.clock
        while True:
            coming = self._engine.news.coming()
            try:
                await self.push()
            except AlertmanagerError as error:  # a file of its settings
                self._said.failed("push alerts", str(error))
                self._fails()
            except Exception as error:  # a full disk, a lease that was lost: said, and done again
                self._said.failed("push alerts", error)
                self._fails()
            else:
                self._said.works("push alerts")
            await either(coming, clock.sleep(SOON if self._faults else AGAIN))
            await clock.sleep(PAUSE)

    async def close(self) -> None:
        await self.drills.close()
        await self._disconnect()

    async def _disconnect(self) -> None:
        for client in self.clients.values():
            await client.close()

    async def push(self) -> None:
        """One look: what fires and was not told, what is over, and each minute everything."""
        engine = self._engine
        if not engine.leases.holds(leasing.NOTIFY):
            return
        settings = engine.config.service.alerts.alertmanager
        await self._connect(settings)
        if settings is None:
            self.failing_since, self.silences = None, {}
            return
        now = engine.clock.now()
        rows = await self._known()
        roots, self.left_out = alert_facts.roots(engine)
        labelled = {_key(labels): (root, labels) for root in roots for labels in (alert_facts.labels(engine, root),)}
        made_up = {_key(one.labels): one for one in self.drills.alerts()}
        firing = {*labelled, *made_up}
        new = {key for key in firing if key not in rows or rows[key].resolved_at is not None}
        over = {key for key, row in rows.items() if row.resolved_at is None and key not in firing}
        whole = bool(self._faults) or now - self._whole_at >= AGAIN - PAUSE
        if not (new or over or whole):
            return
        vendors = statuses.told(engine)
        told = {
            key: made_up[key] if key in made_up else alert_facts.of(engine, labelled[key][0], vendors)
            for key in (firing if whole else new)
        }
        done = {key for key, row in rows.items() if key not in new and self._done(row, now)}
        changed = [_pushed(key, told[key], now) for key in new]
        changed += [msgspec.structs.replace(rows[key], resolved_at=now, posted=dict(self._posted)) for key in over]
        async with engine.leases.keeping(leasing.NOTIFY) as tx:
            await put_alerts(tx, changed)
            if done:
                await drop_alerts(tx, done)
            for url in self.clients:  # before it is sent: who is killed in between has sent it, for all we know
                await tx.set_flag(FLAG + url, str(now))
        rows.update({row.key: row for row in changed})
        for key in done:
            del rows[key]
        self._endings = {at: one for at, one in self._endings.items() if at[1] in rows and at[1] not in new}
        fires = [(alert, rows[key].starts_at) for key, alert in told.items()]
        ending = [row for row in rows.values() if row.resolved_at is not None]
        taken = await asyncio.gather(*(self._send(one, fires, ending, now) for one in self.clients.values()))
        if whole:
            self._whole_at = now
            await self._read_back()
        if any(taken):
            self.failing_since = None
        else:
            self._fails()

    def _fails(self) -> None:
        if self.failing_since is None:
            self.failing_since = self._engine.clock.now()

    async def _send(
        self, client: Alertmanager, fires: Sequence[tuple[Alert, float]], ending: Iterable[Pushed], now: float
    ) -> bool:
        try:
            status = await client.status()
            again: list[Pushed] = []
            over: list[Pushed] = []
            for row in ending:
                if row.posted.get(client.url, 0.0) < row.since:
                    continue  # it never heard of it
                (over if self._may_end(client.url, row, status, now) else again).append(row)
            ends = now + ENDS
            batch = [_posting(alert, at, min(alert.ends_at or ends, ends), status.ahead) for alert, at in fires]
            batch += [_posting(row, row.starts_at, ends, status.ahead) for row in again]
            batch += [_posting(row, row.starts_at, row.resolved_at or now, status.ahead) for row in over]
            if batch:
                await client.post(batch)
        except AlertmanagerError as error:
            self.pushes["failed"] += 1
            if client.url not in self._faults:
                log.error("alerts are not taken in; they are sent again until they are", why=str(error))
            self._faults[client.url] = str(error)
            return False
        self.pushes["ok"] += 1
        if self._faults.pop(client.url, None) is not None:
            log.info("alerts are taken in again", by=client.url)
        self._posted[client.url] = now
        for row in again:
            one = self._ending(client.url, row)
            one.fired_at = one.fired_at if one.fired_at is not None else now
        for row in over:
            one = self._ending(client.url, row)
            one.told_at = one.told_at if one.told_at is not None else now
        return True

    def _may_end(self, url: str, row: Pushed, status: Status, now: float) -> bool:
        """Whether it knows that this fires, and has had the time to say so."""
        one = self._ending(url, row)
        if one.told_at is not None or "drill" in row.labels:  # what was made up fires no second time
            return True
        if one.fired_at is None:
            return status.started_at <= row.posted[url]
        return now - one.fired_at >= status.wait + SLACK

    def _ending(self, url: str, row: Pushed) -> _Ending:
        return self._endings.setdefault((url, row.key), _Ending())

    def _done(self, row: Pushed, now: float) -> bool:
        """Whether all heard for long enough that it is over; or it ended by itself everywhere."""
        if row.resolved_at is None:
            return False
        if now - row.resolved_at > ENDS + REPEATED:
            return True
        heard = [url for url in self.clients if row.posted.get(url, 0.0) >= row.since]
        told = [self._ending(url, row).told_at for url in heard]
        return all(at is not None and now - at >= REPEATED for at in told)

    async def _known(self) -> dict[str, Pushed]:
        if self._rows is None:
            store = self._engine.store
            self._posted = {url: float(at) for url, at in (await store.flags(FLAG)).items()}
            self._rows = {row.key: row for row in await alerts(store)}
        return self._rows

    async def _read_back(self) -> None:
        """Silences, from the first that answers: a cluster shares them. While none does, what was read last stands."""
        of = {row.key: row.finding for row in (self._rows or {}).values()}
        for client in self.clients.values():
            if client.url in self._faults:
                continue
            try:
                told = await client.silenced(stack=self._engine.config.stack)
            except AlertmanagerError as error:
                self._said.failed(f"read silences of {client.url}", str(error))
                continue
            self._said.works(f"read silences of {client.url}")
            self.silences = {of[key]: by for labels, by in told if (key := _key(labels)) in of}
            return

    async def _connect(self, settings: Settings | None) -> None:
        if settings == self._settings:
            return
        await self._disconnect()
        self.clients, self._faults, self._settings = {}, {}, settings
        if settings is not None:
            root, now = self._engine.config.root, self._engine.clock.now
            self.clients = {url: Alertmanager(url, settings, root, self._secret, now) for url in settings.urls}

    async def _secret(self, reference: Reference) -> str:
        try:
            return await self._engine.secrets.resolve_later(reference)
        except SecretError as error:
            raise AlertmanagerError(str(error)) from error


def _key(labels: Mapping[str, str]) -> str:
    return str(xxhash.xxh3_64_hexdigest(canonical(sorted(labels.items()))))


def _pushed(key: str, alert: Alert, now: float) -> Pushed:
    return Pushed(
        key=key, finding=alert.finding, since=now, starts_at=alert.starts_at, labels=alert.labels,
        annotations=alert.annotations, link=alert.link,
    )  # fmt: skip


def _posting(one: Pushed | Alert, starts_at: float, ends_at: float, ahead: float) -> dict[str, Any]:
    """As the API takes it (postableAlert), in the time of whom it is for: what ends in its future fires until then."""
    return {
        "labels": dict(one.labels), "annotations": dict(one.annotations), "generatorURL": one.link,
        "startsAt": stamp(min(starts_at, ends_at) - ahead), "endsAt": stamp(ends_at - ahead),
    }  # fmt: skip
