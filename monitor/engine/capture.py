"""Capture: what was found becomes the baseline as it is, marked captured and not approved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from monitor.adapters.records import Capture, FileWrite, Work
from monitor.core import body as bodies
from monitor.core.covering import widen
from monitor.core.sight import encode
from probes.kit.contract import Kind, Ref

from .live import Live
from .request import Decide, Refused

if TYPE_CHECKING:
    from .core import Engine


async def captures(engine: Engine, request: Decide) -> Work:
    """The work of a capture: whole new scopes are copied; of a scope that is there already only the facts that the
    baseline never covered are taken, so that open drift is not blessed on the way. Raises Refused."""
    live = engine.integrations.get(request.integration)
    if live is None:
        raise Refused(f"There is no integration {request.integration!r}.")
    wanted = [_ref(text) for text in request.scopes] or sorted(live.proposals)
    problems = [f"{ref.kind}/{ref.name} is no proposal to capture." for ref in wanted if ref not in live.proposals]
    if problems:
        raise Refused(*problems)
    whole: list[Capture] = []
    files: list[FileWrite] = []
    for ref in wanted:
        last = live.known[ref]
        if not last.coverage.complete:
            problems.append(f"{ref.kind}/{ref.name} is {last.coverage.state} now; only complete scopes are captured.")
        elif ref in engine.index(live.name):
            files.append(await _widened(engine, live, ref))
        else:
            whole.append(Capture(ref=ref, digest=last.digest.hex()))
    if problems:
        raise Refused(*problems)
    if live.approved is None or (live.look is not None and live.look.proposal):
        files.append(await vantage_file(engine, live))
    if not whole and not files:
        raise Refused(f"{live.name} has nothing to capture: everything that was read has a baseline.")
    return Work(captures=tuple(whole), files=tuple(files))


def _ref(text: str) -> Ref:
    kind, _, name = text.partition("/")
    try:
        return Ref(Kind(kind), name)
    except ValueError:
        raise Refused(f"{text!r} is no scope: write kind/name, such as field/Lead.") from None


async def _widened(engine: Engine, live: Live, ref: Ref) -> FileWrite:
    """The baseline of a scope with the newly covered facts added to its rows."""
    path = engine.baselines.path_of(live.name, ref)
    text = await engine.baselines.text(path)
    approved = await engine.baselines.body(live.name, ref)
    if text is None or approved is None:
        raise LookupError(f"{path} is in the index and not in the repository")
    now = await engine.body(live.known[ref].digest)
    wider = widen(approved, now)
    fresh = live.compared[ref].fresh if ref in live.compared else ()
    more = {key: now.rows[key] for key in fresh if key in now.rows}
    wider = msgspec.structs.replace(wider, rows={**wider.rows, **more})
    return FileWrite(path=path, before=text, after=bodies.encode(wider).decode())


async def vantage_file(engine: Engine, live: Live) -> FileWrite:
    """The vantage as read last, as a file to approve. Raises Refused when the identity could not be read."""
    if live.vantage is None or not live.vantage.coverage.complete:
        raise Refused(f"Who reads {live.name} could not be read yet, so it cannot be approved. Run driftline doctor.")
    path = engine.baselines.vantage_path(live.name)
    return FileWrite(path=path, before=await engine.baselines.text(path), after=encode(live.vantage).decode())
