"""Flows, definitions and owners that the pages write: files beside the baselines, in force together with flows.yaml.

What a person wrote by hand is never rewritten, and a flow or a definition that stands there wins over a file of the
same name; that is told with both places. An owner in a file wins over that of the integration's own YAML, which has to
name one: the page's word is the later one. docs/adr/0018.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from monitor.adapters import described
from monitor.adapters.described import DEFINITIONS, FLOWS, OWNERS, Described, Owner
from monitor.adapters.layout import LayoutError
from monitor.adapters.records import Decision, FileWrite, Work
from monitor.config import Config
from monitor.core.graph import Definition, FieldMap, Flow
from monitor.core.proposing import Proposed

from .filing import decision, file
from .repeated import earlier, in_turn, mark
from .request import Refused

if TYPE_CHECKING:
    from .core import Engine
    from .surface import Engine as Surface

NOUNS: Final = {FLOWS: "flow", DEFINITIONS: "definition", OWNERS: "owner"}


class Describe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody writes: `entry` in the words of flows.yaml, or `integration` and `owner`. `expected`: the text of
    the file as it was on the page, so that nothing that came since is written over; "" for none. `uuid` is made by the
    client, so that asking twice writes once."""

    uuid: str
    entry: dict[str, Any]
    reason: str = ""
    expected: str | None = None


class Forget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`reason`: why the file goes."""

    uuid: str
    reason: str


def effective(config: Config, files: Sequence[Described]) -> tuple[Config, tuple[str, ...]]:
    """What is in force, and what of the files is not, in sentences."""
    if not files:
        return config, ()
    problems: list[str] = []
    flows, definitions, integrations = list(config.flows), list(config.definitions), dict(config.integrations)
    for one in files:
        folder, id = described.key(one)
        if found := list(_unfit(config, one)):
            problems += [f"{described.path(folder, id)}: {words}; it is not used" for words in found]
        elif isinstance(one, Flow):
            flows.append(one)
        elif isinstance(one, Definition):
            definitions.append(one)
        else:
            integrations[id] = integrations[id].model_copy(update={"owner": one.owner})
    made = msgspec.structs.replace(
        config, flows=tuple(flows), definitions=tuple(definitions), integrations=integrations
    )
    return made, tuple(problems)


def _unfit(config: Config, one: Described) -> Iterator[str]:
    """Why a file cannot be in force under this configuration."""
    folder, id = described.key(one)
    by_hand = config.written.get(f"{NOUNS[folder]}/{id}", "")
    teams = config.people.teams
    if isinstance(one, Owner):
        if id not in config.integrations:
            yield f"integration: expected one that is configured, found {id!r}"
        if one.owner not in teams:
            yield f"owner: expected one of {', '.join(sorted(teams))}, found {one.owner!r}"
        return
    if by_hand:
        yield f"{id} stands in {by_hand} too, and what is written by hand counts; remove it in one of the two"
    known = {*config.integrations, *config.elsewhere}
    places = [(one.source, "from"), (one.target, "to")] if isinstance(one, Flow) else [(k, "kept") for k in one.kept]
    for end, where in places:
        if end.integration not in known:
            yield f"{where}: expected an integration (or a system of elsewhere), found {end.integration!r}"
    if isinstance(one, Flow):
        if one.owner not in teams:
            yield f"owner: expected one of {', '.join(sorted(teams))}, found {one.owner!r}"
        if id in config.integrations:
            yield f"id: expected a name that no system has, found {id!r}: findings are told apart by it"
        if one.target.integration in config.integrations and not all(
            (one.target.scope, *(f.target for f in one.fields))
        ):
            yield "to: expected an object and fields of a system that is read here, found a place without a name"


def problems(engine: Surface) -> tuple[str, ...]:
    """Files that are not in force, each with why."""
    return effective(engine.plain, engine.described)[1]


def by_hand(engine: Surface, folder: str, id: str) -> str:
    """Where it is written by hand, as file:line; "" where it is not."""
    found: str = engine.plain.written.get(f"{NOUNS[folder]}/{id}", "")
    return found


async def text(engine: Surface, folder: str, id: str) -> str | None:
    """The file as it is; None for none."""
    found: str | None = await engine.baselines.text(described.path(folder, id))
    return found


async def listed(engine: Surface) -> tuple[tuple[str, str, str], ...]:
    """Folder, name and text of each file that can be read."""
    keys = sorted(map(described.key, engine.described))
    return tuple([(folder, id, await text(engine, folder, id) or "") for folder, id in keys])


def confirmed(engine: Surface, found: Proposed, fields: tuple[FieldMap, ...]) -> Flow:
    """The flow with these pairs of what is proposed: beside those of its file where it has one."""
    for one in engine.described:
        if isinstance(one, Flow) and one.id == found.id:
            there = {(pair.source, pair.target) for pair in one.fields}
            more = (pair for pair in fields if (pair.source, pair.target) not in there)
            return msgspec.structs.replace(one, fields=(*one.fields, *more))
    return Flow(
        found.id, found.source, found.target, fields, found.owner, purpose=f"Confirmed: {'; '.join(found.evidence)}",
        writer=found.writer, reader=found.reader, creates=found.creates,
    )  # fmt: skip


@in_turn
async def write(engine: Engine, folder: str, asked: Describe, by: str, via: str) -> Decision:
    """Make one, or change the one of that name. Raises Refused with every problem."""
    said = mark(asked, folder)
    if (first := await earlier(engine, asked.uuid, said)) is not None:
        return first
    made = _made(folder, asked)
    _, id = described.key(made)
    if problems := list(_unfit(engine.plain, made)):
        raise Refused(*problems)
    path = described.path(folder, id)
    before, after = await engine.baselines.text(path), described.encode(made).decode()
    if asked.expected is not None and (before or "") != asked.expected:
        raise Refused(f"{path} changed since you looked at it; reload and write what is to change again.")
    if before == after:
        raise Refused(f"{path} says so already.")
    verb = "Change" if before is not None else "Describe" if folder != OWNERS else "Name"
    title = f"{verb} the {NOUNS[folder]} {'of ' if folder == OWNERS else ''}{id}"[:120]
    return await _file(engine, asked.uuid, made, path, before, after, title, asked.reason, by, via, said)


@in_turn
async def end(engine: Engine, folder: str, id: str, asked: Forget, by: str, via: str) -> Decision:
    """Its file goes; what stood about it is withdrawn. Raises Refused."""
    said = mark(asked, folder, id)
    if (first := await earlier(engine, asked.uuid, said)) is not None:
        return first
    there = next((one for one in engine.baselines.described if described.key(one) == (folder, id)), None)
    if there is None:
        place = by_hand(engine, folder, id)
        where = f"it is written by hand in {place}; take it out there" if place else "no file describes it"
        raise Refused(f"The {NOUNS[folder]} {id} cannot be removed here: {where}.")
    if not asked.reason.strip():
        raise Refused(f"Say why: removing a {NOUNS[folder]} needs a reason.")
    path = described.path(folder, id)
    title = f"Remove the {NOUNS[folder]} {'of ' if folder == OWNERS else ''}{id}"[:120]
    before = await engine.baselines.text(path)
    return await _file(engine, asked.uuid, there, path, before, None, title, asked.reason, by, via, said)


def _made(folder: str, asked: Describe) -> Described:
    """Held to the model of flows.yaml. Raises Refused."""
    try:
        return described.decode(folder, msgspec.json.encode({"driftline": 1, **asked.entry}))
    except LayoutError as error:
        raise Refused(str(error)) from error


async def _file(
    engine: Engine, uuid: str, one: Described, path: str, before: str | None, after: str | None, title: str,
    reason: str, by: str, via: str, said: str,
) -> Decision:  # fmt: skip
    folder, id = described.key(one)
    work = Work(files=(FileWrite(path=path, before=before, after=after),))
    kind = NOUNS[folder] if after is not None else f"no {NOUNS[folder]}"
    about = id if folder == OWNERS else ""
    made = decision(engine, uuid, kind, about, work, by, via, reason, title, said)
    return await file(engine, made, {NOUNS[folder]: id, "path": path})
