"""Step 3 of a decision: one transaction with its state, its line of the trail, and where its facts now come from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec

from probes.kit.clock import Clock
from probes.kit.contract import Ref

from .failpoints import reach
from .lease import GIT, Leases
from .pseudonyms import Pseudonyms
from .records import Decision, DecisionState, Origin, TrailEntry, Work
from .store import Store

Place = tuple[Ref, str, str]
AGREED = "baselines.agreed/"  # flags: decisions that were carried out and are not in force yet, by uuid: when/which
IN_FORCE = (DecisionState.COMMITTED, DecisionState.PUSHED)


class Recorder:
    """Records what became of decisions, under the lease on git alone. `holds`: whether the branch alone does not say
    what is in force, so that what was decided here is noted for who brings it in force."""

    def __init__(self, store: Store, leases: Leases, clock: Clock, holds: Callable[[], bool]) -> None:
        self._store, self._leases, self._clock, self._holds = store, leases, clock, holds
        self._count = 0

    async def record(
        self,
        decision: Decision,
        state: DecisionState,
        sha: str = "",
        note: str = "",
        *,
        what: str = "",
        about: dict[str, Any] | None = None,
        **more: Any,
    ) -> Decision:
        """`what` is the trail's word, the state's own unless given; `about` is further data of the entry, `more` are
        fields of the decision. What is on a branch of ours alone is not in force: its facts are from where they were.
        """
        now = self._clock.now()
        done = msgspec.structs.replace(decision, state=state, sha=sha, note=note, **more)
        agreed = state is DecisionState.ALREADY and decision.waits is not None
        in_force = agreed or state is DecisionState.PUSHED or (state is DecisionState.COMMITTED and not done.branch)
        places = _places(decision) if in_force else ()
        undone = await self._store.decision(decision.undoes) if decision.undoes else None
        if places:
            had = await self._store.origins(decision.integration)
            done = msgspec.structs.replace(done, replaced=tuple(one for one in had if _under(one, places)))
        async with self._leases.keeping(GIT) as tx:
            await tx.set_decision(done)
            if self._holds() and (in_force or state is DecisionState.ALREADY) and decision.work != Work():
                self._count += 1  # some are carried out at one time, and a later one may take an earlier one back
                await tx.set_flag(AGREED + decision.uuid, f"{now}/{self._count}")
            data = {"decision": decision.uuid, "sha": sha, "note": note, **(about or {})}
            await tx.add_trail(
                TrailEntry(at=now, who=decision.by, what=what or state.value, subject=decision.integration, data=data)
            )
            if undone is not None:
                if undone.state in IN_FORCE:
                    await tx.drop_origin(decision.integration, places)
                    await tx.set_origin(*(one for one in undone.replaced if _under(one, places)))
            else:
                await tx.set_origin(*(_origin(done, *place, now) for place in places))
        reach("record.after")
        return done

    async def person(self, name: str) -> str:
        """The pseudonym of somebody whom the forge names."""
        async with self._leases.keeping(GIT) as tx:
            people = Pseudonyms(await tx.people_key())
            made = people.of(name)
            await tx.put_person(people.names)
        return made


def carried_out(flags: Mapping[str, str]) -> list[str]:
    """Decisions of such flags, in the order in which they were carried out."""

    def place(uuid: str) -> tuple[float, int]:
        when, _, which = flags[uuid].partition("/")
        return float(when), int(which or 0)

    return sorted(flags, key=place)


def _places(decision: Decision) -> tuple[Place, ...]:
    """Scope, key and fact of what it writes, as fine as it was decided: a captured scope, or an edit."""
    captured = [(capture.ref, "", "") for capture in decision.work.captures]
    return (*captured, *((edit.ref, edit.rename_to or edit.key, edit.fact) for edit in decision.work.edits))


def _under(origin: Origin, places: Collection[Place]) -> bool:
    """Whether it is of something that is written there, or of a part of it."""
    at = (origin.ref, origin.key, origin.fact)
    return not {at, (origin.ref, origin.key, ""), (origin.ref, "", "")}.isdisjoint(places)


def _origin(decision: Decision, ref: Ref, key: str, fact: str, now: float) -> Origin:
    return Origin(
        integration=decision.integration, ref=ref, key=key, fact=fact, how=decision.how, sha=decision.sha,
        by=decision.by, at=now,
    )  # fmt: skip
