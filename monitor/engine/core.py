"""The engine: what the daemon, the pages and the terminal use. It owns the ledger in memory; all writes go through the
use cases observe, decide, rebase, reconfigure and tick, each one store transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from monitor.adapters.baselines import Baselines, BaselinesError
from monitor.adapters.baselines_tree import Entry
from monitor.adapters.catalogue import Catalogue
from monitor.adapters.committer import Committer
from monitor.adapters.git import GitError
from monitor.adapters.lease import GIT, Leases
from monitor.adapters.people import People
from monitor.adapters.poller import Poller, vendor_for
from monitor.adapters.proposer import Waiting
from monitor.adapters.records import Decision
from monitor.adapters.scheduler import Job, Outcome, Scheduler
from monitor.adapters.secrets import SecretError, Secrets
from monitor.adapters.store import Store
from monitor.adapters.tokens import Tokens
from monitor.config import Config
from monitor.config.reload import Reloader
from monitor.core import body as bodies
from monitor.core import ignores
from monitor.core import ledger as ledgers
from monitor.core.ignores import Use
from monitor.core.judge import Context
from monitor.core.model import Body, Evaluation, Event, Phase
from probes.kit.clock import Clock
from probes.kit.contract import Expired, Ref
from probes.kit.limiter import Limiters

from . import attesting, crossing, ignoring, inforce, leasing, polling, proposals, reconfigure, reloading
from .alerting import Alerting
from .context import context, limits
from .decide import decide
from .demand import Demand
from .fleet import Fleet
from .judging import Known, judged
from .live import Live, Recall
from .news import News
from .night import FLOOR, Tidied
from .notifying import Notifying
from .observe import Observed
from .rebase import rebase
from .register import Register
from .request import Decide

Index = Mapping[Ref, Entry]


class Engine:
    """Opened by `opening.open_engine`, which wires it. `state` is loading, ready or draining."""

    def __init__(
        self,
        *,
        config: Config,
        store: Store,
        leases: Leases,
        baselines: Baselines,
        committer: Committer,
        people: People,
        secrets: Secrets,
        tokens: Tokens,
        clock: Clock,
    ) -> None:
        self.config, self.clock = config, clock
        self.store, self.baselines, self.committer, self.people = store, baselines, committer, people
        self.secrets, self.tokens, self.leases = secrets, tokens, leases
        self.limiters, self.catalogue = Limiters(clock), Catalogue(store.folder)
        self.ledger, self.register, self.news = ledgers.Ledger(), Register(), News()
        self.started_at, self.state = clock.now(), "loading"
        self.integrations: dict[str, Live] = {}
        self.pollers: dict[str, Poller] = {}
        self.wake, self.unpushed = asyncio.Event(), asyncio.Event()  # a decision waits for git, a commit for the remote
        self.reloader = Reloader(config, lambda new: reconfigure.reconfigure(self, new), clock)
        self.push_fault, self.followed_at = "", 0.0  # the latter: when ended readings were last taken up for figures
        self.uses: dict[str, Use] = {}  # what came of each ignore
        self.waiting: dict[str, Decision] = {}  # for a second person, by uuid
        self.pushed: dict[str, float] = {}  # files of the branch that are not in force, and since when that is known
        self.scheduler: Scheduler | None = None
        self.removed: dict[str, float] = {}  # names with a state kept here that are not configured, and since when
        self._retiring: set[asyncio.Task[None]] = set()
        self._index: dict[str, Index] = {}
        self._contexts: dict[str, Context] = {}
        self._written = (baselines.standing, baselines.announced)  # what verdicts were last made with
        self.plain, self.described = config, baselines.described  # what `config` was made of
        self.demand, self.tidied, self.fleet = Demand(self), Tidied(), Fleet()
        self.alerting, self.notifying = Alerting(self), Notifying(self)
        self.crossing = crossing.Crossing()
        self.git = committer.lock  # whoever writes the branch, or compares with it, does so alone

    @property
    def config_problems(self) -> tuple[str, ...]:
        """Why the configuration on disk is not the one in use; empty when it is."""
        return tuple(str(problem) for problem in self.reloader.last.problems)

    @property
    def config_at(self) -> float:
        return self.reloader.succeeded_at

    def view(self, integration: str) -> Baselines:
        """What is approved of an integration, and what is proposed on top: a decision is made on it."""
        return self.committer.proposer.view(integration) if self.committer.proposer else self.baselines

    @property
    def in_pulls(self) -> Mapping[str, Waiting]:
        """What waits for its merge at the forge, by finding."""
        return self.committer.proposer.waiting if self.committer.proposer else {}

    # -- what the parts of the engine share ---------------------------------------------------------------------------

    def index(self, integration: str) -> Index:
        """The approved scopes of an integration that the ledger was last compared with."""
        return self._index.get(integration, {})

    async def body(self, mark: bytes) -> Body:
        """Content by its digest. Raises LookupError when the store does not have it (it was pruned, or lost)."""
        raw = await self.store.content(mark)
        if raw is None:
            raise LookupError(f"content {mark.hex()} is not in the store; poll the integration again")
        return bodies.recall(raw)

    def context(self, live: Live) -> Context:
        if live.name not in self._contexts:
            self._contexts[live.name] = context(self, live)
        return self._contexts[live.name]

    def forget_contexts(self) -> None:
        """Configuration, baselines or identities changed: verdicts are made with the new ones."""
        self._contexts.clear()

    def forget_context(self, live: Live) -> None:
        self._contexts.pop(live.name, None)

    async def fold(self, live: Live, evaluations: Sequence[Evaluation], now: float) -> list[Event]:
        """Judge and fold; the ledger in memory has the events applied when this returns."""
        return await self.fold_for(lambda: self.context(live), (live.name,), evaluations, now)

    async def fold_for(
        self, known: Known, around: Sequence[str], told: Sequence[Evaluation], now: float
    ) -> list[Event]:
        """The same under a context of its own; causes are looked for in what stands of the subjects `around`."""
        found: list[Event] = []
        for evaluation in told:
            claims = evaluation.claims
            if claims:  # where nothing is claimed, nothing is to be hung under what stands
                others = [one.claim for name in around for one in self.ledger.of(name) if one.phase is Phase.OPEN]
                claims = await judged(self, self.integrations.get(around[0]), claims, others, known, now)
            events = ledgers.fold(self.ledger, replace(evaluation, claims=claims), now, limits(self.config))
            found += self.apply(ignores.hush(self.ledger, events, ignoring.standing(self, around[0]), now))
        touched = [self.ledger.findings[id] for id in {e.finding: None for e in found} if id in self.ledger.findings]
        return found + self.apply(ignores.settle(touched, ignoring.standing(self, around[0]), now))

    def apply(self, events: Iterable[Event]) -> list[Event]:
        done = list(events)
        for event in done:
            ledgers.apply(self.ledger, event)
        return done

    async def reload_ledger(self) -> None:
        """The ledger as the store has it: at the start, and after a transaction that failed."""
        self.ledger = ledgers.Ledger.load(await self.store.findings(), int(await self.store.flag(FLOOR) or 0))
        self.uses = await ignoring.uses(self.store)

    @staticmethod
    def day(now: float) -> str:
        return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")

    # -- reading ------------------------------------------------------------------------------------------------------

    async def poll(
        self, name: str, listings: Collection[str] | None = None, ids: Collection[str] = (), fresh: bool = False
    ) -> Observed:
        """See polling.py. Raises Refused."""
        return await polling.poll(self, name, listings, ids, fresh)

    async def run_job(self, job: Job) -> Outcome:
        """What the scheduler calls."""
        return await polling.run_job(self, job)

    # -- deciding -----------------------------------------------------------------------------------------------------

    async def decide(self, request: Decide, by: str, via: str) -> Decision:
        """See decide.py. Raises Refused."""
        return await decide(self, request, by, via)

    async def commit_decisions(self) -> tuple[Event, ...]:
        """Bring queued decisions into git, then compare again: findings close without a call to the vendor. Whoever
        has the lease on git does it."""
        self.wake.clear()
        if not self.leases.holds(GIT):
            return ()
        async with self.git:
            await self.committer.run_once()
            self.unpushed.set()
            return await self._refresh()

    async def push(self) -> None:
        """Send what was committed; no decision waits for it. What fails is told as upkeep and sent again later."""
        self.unpushed.clear()
        if self.config.service.baselines.push and self.leases.holds(GIT):
            if await proposals.take_out(self):
                await self.commit_decisions()
            await self.committer.push()
            self.push_fault = self.committer.push_fault
            await self.refresh_baselines()  # a remote that had moved on was merged on the way
            await proposals.ask_again(self)

    async def fetch(self) -> tuple[Event, ...]:
        """What people pushed is brought in. A remote that cannot be reached is told as upkeep; nothing waits for it."""
        if not self.leases.holds(GIT):
            return ()
        baseless = self.committer.baseless
        try:
            await self.committer.fetch()
        except (GitError, BaselinesError) as error:
            self.push_fault = str(error)
            return ()
        self.push_fault = self.committer.push_fault
        if self.push_fault:
            self.unpushed.set()  # the remote answers again: send what it has not got
        if baseless and not self.committer.baseless:
            self.wake.set()  # what was decided waited for a first commit
        if self.committer.proposer is not None:
            self.unpushed.set()  # and hear from the forge what became of what was proposed
        return await self.refresh_baselines()

    async def refresh_baselines(self) -> tuple[Event, ...]:
        """Look at the branch: where it moved, compare the last readings again. Returns what that led to."""
        async with self.git:
            return await self._refresh()

    async def _refresh(self) -> tuple[Event, ...]:
        await self.baselines.refresh()
        await inforce.settle(self)
        events: list[Event] = []
        for live in list(self.integrations.values()):
            events += await self.take_baselines(live)
        if (written := (self.baselines.standing, self.baselines.announced)) != self._written:
            self._written = written
            events += await reconfigure.rejudge(self, self.clock.now())
        if self.baselines.described != self.described:
            events += await reconfigure.redescribe(self, self.clock.now())
        events += await crossing.settle(self)
        return tuple(events)

    async def take_baselines(self, live: Live) -> tuple[Event, ...]:
        """Compare an integration with the baselines as they were read last. The caller holds `git`."""
        async with live.lock:
            before, after = self.index(live.name), self.baselines.entries(live.name)
            approved, hidden = await self.baselines.sight(live.name), ignoring.standing(self, live.name)
            if dict(before) == dict(after) and approved == live.approved and hidden == live.hidden:
                return ()
            live.hidden = hidden
            self._index[live.name] = after
            live.approved = approved
            self.forget_context(live)
            return await rebase(self, live, before, after) if leasing.ours(self, live) else ()

    async def finding_bodies(self, id: str) -> tuple[Any, Any]:
        """The whole value of a drifted fact, in the baseline and as read last; None where there is none."""
        address = self.ledger.findings[id].address
        live = self.integrations.get(address.subject)
        last = live.known.get(address.ref) if live is not None else None
        approved = await self.baselines.body(address.subject, address.ref)
        now = await self.body(last.digest) if last is not None and last.digest else None
        fact = address.fact.partition(".")[0] if address.item else address.fact
        return bodies.value_of(approved, address.key, fact), bodies.value_of(now, address.key, fact)

    # -- configuration ------------------------------------------------------------------------------------------------

    def bind(self, scheduler: Scheduler) -> None:
        """From now on readings are scheduled."""
        self.scheduler = scheduler
        for live in self.integrations.values():
            self.plan(live)

    def plan(self, live: Live) -> None:
        if self.scheduler is not None:
            every = self.config.service.poll.every
            listings = polling.intervals(live.config, self.pollers[live.name].vendor.listings, every)
            self.scheduler.put(live.name, listings)
            live.next_due_at = self.scheduler.next_due_at(live.name)

    async def repoll(self, live: Live) -> None:
        """A poller for the integration as it is configured now; a reading under way ends with the one it began with."""
        own = live.config
        vendor = vendor_for(own)

        def secret(field: str) -> str:
            try:
                return self.secrets.resolve(own.credentials.fields[field])
            except SecretError as error:
                raise Expired(str(error), code="secret") from error

        poller = Poller(
            own, vendor, secret=secret, memory=Recall(self.store, live), person=self.people.pseudonym,
            clock=self.clock, limiters=self.limiters, tokens=self.tokens, transport=attesting.transport(self, live),
            used=await self.store.quota(live.name, self.day(self.clock.now())),
        )  # fmt: skip
        self._retire(live, self.pollers.get(live.name))
        self.pollers[live.name] = poller
        self.plan(live)

    def stop_polling(self, live: Live) -> None:
        """No reading of it begins any more; one that the schedule began is cancelled."""
        poller = self.pollers.pop(live.name, None)
        if poller is not None and self.scheduler is not None:
            self.scheduler.remove(live.name)
        self._retire(live, poller)

    def _retire(self, live: Live, poller: Poller | None) -> None:
        """Closes it once nobody reads with it."""
        if poller is None:
            return

        async def close() -> None:
            await self.demand.stop(live.name)
            async with live.lock:
                await poller.close()

        task = asyncio.create_task(close(), name=f"close the connections of {live.name}")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def reload(self, by: str = "driftline", via: str = "") -> tuple[str, ...]:
        """Read the configuration again, whoever asked. With a mistake the running one stays. Gives what is wrong."""
        return await reloading.reload(self, by, via)

    def drain(self) -> None:
        """Nothing new is begun, and who waits for news goes."""
        self.state = "draining"
        self.news.end()

    async def close(self) -> None:
        self.drain()
        await self.demand.stop()
        await asyncio.gather(self.alerting.close(), self.notifying.close())
        for name in list(self.pollers):
            await self.pollers.pop(name).close()
        await asyncio.gather(*self._retiring)
        await self.catalogue.close()
